//! The report as PDF: sheets of A4 in Liberation Serif, whose whole font file lies in it, so that text can be searched.

use super::report::{ReportOn, VerificationReport};
use super::texts::{self, Heading};
use ab_glyph::{Font, FontRef};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, TextRenderingMode, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use record::Lang;
use std::collections::BTreeMap;
use std::io::Write;

/// Where Debian and others keep the font.
const FONTS: [&str; 3] = [
    "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf",
    "/usr/share/fonts/liberation-serif/LiberationSerif-Regular.ttf",
];
/// A4 and its margin, in points.
const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 48.0;
/// Size of letters and from line to line, in points.
const SIZE: f32 = 10.5;
const LEADING: f32 = 13.5;
/// Where the columns of the table begin: check, status, lines.
const COLUMNS: [f32; 3] = [0.0, 120.0, 215.0];

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum ReportPdfError {
    /// No font is installed.
    #[error("the font Liberation Serif is not installed")]
    NoFont,
    /// The font cannot be used.
    #[error("{0}: not a font that can be used")]
    Font(String),
}

/// Liberation Serif, which is metrically Times New Roman, and where it was found.
pub(crate) fn serif_font() -> Option<(&'static str, Vec<u8>)> {
    FONTS.into_iter().find_map(|path| std::fs::read(path).ok().map(|bytes| (path, bytes)))
}

/// A sheet or more for each report.
pub fn to_pdf(reports: &[VerificationReport], lang: Lang) -> Result<Vec<u8>, ReportPdfError> {
    let (path, bytes) = serif_font().ok_or(ReportPdfError::NoFont)?;
    let wrong = || ReportPdfError::Font(path.to_owned());
    let font = FontRef::try_from_slice(&bytes).map_err(|_| wrong())?;
    let units = font.units_per_em().ok_or_else(wrong)?;
    let mut sheets =
        Sheets { font, units, used: BTreeMap::new(), pages: Vec::new(), content: Content::new(), y: 0.0 };
    for report in reports {
        sheets.write(report, lang);
    }
    Ok(sheets.finish(&bytes, texts::title(reports.first().map_or(ReportOn::Sealed, |report| report.on), lang)))
}

struct Sheets<'a> {
    font: FontRef<'a>,
    units: f32,
    /// Glyphs and the letters that they stand for.
    used: BTreeMap<u16, char>,
    pages: Vec<Vec<u8>>,
    content: Content,
    /// Baseline of the next line.
    y: f32,
}

impl Sheets<'_> {
    fn write(&mut self, report: &VerificationReport, lang: Lang) {
        self.y = PAGE.1 - MARGIN;
        let heading = Heading::new(lang);
        self.centred(heading.state, SIZE, true);
        self.centred(heading.motto, SIZE, false);
        self.y -= LEADING;
        self.centred(texts::title(report.on, lang), 14.0, true);
        self.y -= LEADING / 2.0;
        texts::about(report, lang).iter().for_each(|line| self.paragraph(line, 0.0, false));
        self.y -= LEADING / 2.0;
        let status = report.status();
        self.centred(&format!("{}: {} ({})", heading.whole, status.title(lang), status.code()), 13.0, true);
        self.paragraph(texts::meaning(report.on, status, lang), 0.0, false);
        for check in &report.checks {
            self.rule();
            let top = self.y;
            let mut bottom = top;
            let mut cells = vec![(COLUMNS[0], vec![check.title.to_owned()], false)];
            let reason = check.told_reason().map(str::to_owned);
            cells.push((
                COLUMNS[1],
                [check.status.title(lang).to_owned()].into_iter().chain(reason).collect(),
                true,
            ));
            cells.push((COLUMNS[2], texts::lines_for_paper(check, lang), false));
            let pages = self.pages.len();
            for (left, lines, bold) in cells {
                if self.pages.len() == pages {
                    self.y = top;
                }
                let right = COLUMNS
                    .iter()
                    .find(|column| **column > left)
                    .map_or(0.0, |next| PAGE.0 - 2.0 * MARGIN - next);
                lines.iter().for_each(|line| self.cell(line, left, right, bold));
                bottom = if self.pages.len() == pages { bottom.min(self.y) } else { self.y };
            }
            self.y = bottom;
        }
        self.rule();
        texts::trusted(report, lang).iter().for_each(|line| self.paragraph(line, 0.0, false));
        self.room(6.0 * LEADING);
        self.y -= LEADING;
        let half = (PAGE.0 - 2.0 * MARGIN) / 2.0;
        for line in [heading.signed_by, [heading.each; 2]] {
            for (side, text) in line.into_iter().enumerate() {
                let left = MARGIN + half * side as f32 + (half - self.width(text, SIZE)) / 2.0;
                self.text(text, left, SIZE, line == heading.signed_by);
            }
            self.y -= LEADING;
        }
        self.turn();
    }

    fn turn(&mut self) {
        self.pages.push(std::mem::replace(&mut self.content, Content::new()).finish().to_vec());
        self.y = PAGE.1 - MARGIN;
    }

    fn room(&mut self, points: f32) {
        if self.y - points < MARGIN {
            self.turn();
        }
    }

    fn rule(&mut self) {
        self.room(2.0 * LEADING);
        self.y += LEADING - 10.0;
        self.content.set_line_width(0.5).move_to(MARGIN, self.y).line_to(PAGE.0 - MARGIN, self.y).stroke();
        self.y -= LEADING;
    }

    fn centred(&mut self, text: &str, size: f32, bold: bool) {
        let left = (PAGE.0 - self.width(text, size)) / 2.0;
        self.text(text, left, size, bold);
        self.y -= size * 1.3;
    }

    fn paragraph(&mut self, text: &str, left: f32, bold: bool) {
        self.cell(text, left, 0.0, bold);
    }

    /// Text between `left` and `right` (from the right margin), in as many lines as it needs.
    fn cell(&mut self, text: &str, left: f32, right: f32, bold: bool) {
        let width = PAGE.0 - 2.0 * MARGIN - left - right - 6.0;
        let mut line = String::new();
        let words: Vec<String> = text.split(' ').flat_map(|word| self.pieces(word, width)).collect();
        for word in words {
            let longer = if line.is_empty() { word.clone() } else { format!("{line} {word}") };
            if self.width(&longer, SIZE) <= width {
                line = longer;
                continue;
            }
            self.put_line(&std::mem::replace(&mut line, word), left, bold);
        }
        self.put_line(&line, left, bold);
    }

    fn put_line(&mut self, line: &str, left: f32, bold: bool) {
        self.room(0.0);
        self.text(line, MARGIN + left, SIZE, bold);
        self.y -= LEADING;
    }

    /// A word that is wider than its column in pieces that fit.
    fn pieces(&self, word: &str, width: f32) -> Vec<String> {
        let mut pieces = vec![String::new()];
        for letter in word.chars() {
            let longer = format!("{}{letter}", pieces[pieces.len() - 1]);
            match self.width(&longer, SIZE) <= width {
                true => *pieces.last_mut().expect("one was just there") = longer,
                false => pieces.push(letter.to_string()),
            }
        }
        pieces
    }

    fn width(&self, text: &str, size: f32) -> f32 {
        let advance = |letter| self.font.h_advance_unscaled(self.font.glyph_id(letter));
        text.chars().map(advance).sum::<f32>() * size / self.units
    }

    fn text(&mut self, text: &str, left: f32, size: f32, bold: bool) {
        let mut glyphs = Vec::new();
        for letter in text.chars() {
            let glyph = self.font.glyph_id(letter).0;
            self.used.entry(glyph).or_insert(letter);
            glyphs.extend_from_slice(&glyph.to_be_bytes());
        }
        self.content.begin_text().set_font(Name(b"F"), size);
        // One font file serves both: a thin stroke around the letters makes them bold.
        if bold {
            self.content.set_text_rendering_mode(TextRenderingMode::FillStroke).set_line_width(size / 32.0);
        } else {
            self.content.set_text_rendering_mode(TextRenderingMode::Fill);
        }
        self.content.next_line(left, self.y).show(Str(&glyphs)).end_text();
    }

    fn finish(self, font_file: &[u8], title: &str) -> Vec<u8> {
        let [catalog, tree, font, cid, descriptor, program, unicode, info] =
            std::array::from_fn(|idx| Ref::new(idx as i32 + 1));
        let first = 9;
        let page_ref = |idx: usize| Ref::new(first + 2 * idx as i32);
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(tree);
        pdf.document_info(info).title(TextStr(title)).producer(TextStr(crate::pack::SOFTWARE));
        pdf.pages(tree).kids((0..self.pages.len()).map(page_ref)).count(self.pages.len() as i32);
        for (idx, content) in self.pages.iter().enumerate() {
            let stream = Ref::new(page_ref(idx).get() + 1);
            let mut page = pdf.page(page_ref(idx));
            page.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1)).parent(tree).contents(stream);
            page.resources().fonts().pair(Name(b"F"), font);
            page.finish();
            pdf.stream(stream, &packed(content)).filter(Filter::FlateDecode);
        }
        let base = Name(b"LiberationSerif");
        let system = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
        pdf.type0_font(font)
            .base_font(base)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(unicode);
        let mut cid_font = pdf.cid_font(cid);
        cid_font.subtype(CidFontType::Type2).base_font(base).system_info(system).font_descriptor(descriptor);
        cid_font.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = cid_font.widths();
        for glyph in self.used.keys() {
            let advance = self.font.h_advance_unscaled(ab_glyph::GlyphId(*glyph)) * 1000.0 / self.units;
            widths.same(*glyph, *glyph, advance);
        }
        widths.finish();
        cid_font.finish();
        pdf.font_descriptor(descriptor)
            .name(base)
            .flags(FontFlags::SERIF | FontFlags::SYMBOLIC)
            .bbox(Rect::new(-543.0, -303.0, 1278.0, 982.0))
            .italic_angle(0.0)
            .ascent(891.0)
            .descent(-216.0)
            .cap_height(654.0)
            .stem_v(80.0)
            .font_file2(program);
        let length = font_file.len() as i32;
        pdf.stream(program, &packed(font_file)).filter(Filter::FlateDecode).pair(Name(b"Length1"), length);
        let mut cmap = UnicodeCmap::new(Name(b"Letters"), system);
        self.used.iter().for_each(|(glyph, letter)| cmap.pair(*glyph, *letter));
        pdf.cmap(unicode, &cmap.finish());
        pdf.finish()
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}
