//! The report as PDF: sheets of A4.

use super::report::{ReportOn, VerificationReport};
use super::texts::{self, Heading};
use crate::paper::{self, LEADING, MARGIN, PAGE, ReportPdfError, SIZE, Sheets};
use record::Lang;

/// Where the columns of the table begin: check, status, lines.
const COLUMNS: [f32; 3] = [0.0, 120.0, 215.0];

/// A sheet or more for each report.
pub fn to_pdf(reports: &[VerificationReport], lang: Lang) -> Result<Vec<u8>, ReportPdfError> {
    let on = reports.first().map_or(ReportOn::Sealed, |report| report.on);
    paper::sheets(texts::title(on, lang), |sheets| {
        reports.iter().for_each(|report| write(sheets, report, lang));
    })
}

fn write(sheets: &mut Sheets<'_>, report: &VerificationReport, lang: Lang) {
    sheets.y = PAGE.1 - MARGIN;
    let heading = Heading::new(lang);
    sheets.centred(heading.state, SIZE, true);
    sheets.centred(heading.motto, SIZE, false);
    sheets.y -= LEADING;
    sheets.centred(texts::title(report.on, lang), 14.0, true);
    sheets.y -= LEADING / 2.0;
    texts::about(report, lang).iter().for_each(|line| sheets.paragraph(line, 0.0, false));
    sheets.y -= LEADING / 2.0;
    let status = report.status();
    sheets.centred(&format!("{}: {} ({})", heading.whole, status.title(lang), status.code()), 13.0, true);
    sheets.paragraph(texts::meaning(report.on, status, lang), 0.0, false);
    for check in &report.checks {
        sheets.rule();
        let top = sheets.y;
        let mut bottom = top;
        let mut cells = vec![(COLUMNS[0], vec![check.title.to_owned()], false)];
        let reason = check.told_reason().map(str::to_owned);
        cells.push((
            COLUMNS[1],
            [check.status.title(lang).to_owned()].into_iter().chain(reason).collect(),
            true,
        ));
        cells.push((COLUMNS[2], texts::lines_for_paper(check, lang), false));
        let pages = sheets.pages.len();
        for (left, lines, bold) in cells {
            if sheets.pages.len() == pages {
                sheets.y = top;
            }
            let right = COLUMNS
                .iter()
                .find(|column| **column > left)
                .map_or(0.0, |next| PAGE.0 - 2.0 * MARGIN - next);
            lines.iter().for_each(|line| sheets.cell(line, left, right, bold));
            bottom = if sheets.pages.len() == pages { bottom.min(sheets.y) } else { sheets.y };
        }
        sheets.y = bottom;
    }
    sheets.rule();
    texts::trusted(report, lang).iter().for_each(|line| sheets.paragraph(line, 0.0, false));
    sheets.room(6.0 * LEADING);
    sheets.y -= LEADING;
    let half = (PAGE.0 - 2.0 * MARGIN) / 2.0;
    for line in [heading.signed_by, [heading.each; 2]] {
        for (side, text) in line.into_iter().enumerate() {
            let left = MARGIN + half * side as f32 + (half - sheets.width(text, SIZE)) / 2.0;
            sheets.text(text, left, SIZE, line == heading.signed_by);
        }
        sheets.y -= LEADING;
    }
    sheets.turn();
}
