//! The report for paper: a page of HTML without scripts or anything that is fetched.

use super::report::{Check, ReportOn, Status, VerificationReport};
use super::texts::{self, Heading};
use record::Lang;
use std::fmt::Write;

const STYLE: &str = "@page{size:A4;margin:15mm}body{font:11pt/1.35 'Times New Roman','Liberation Serif',serif;max-width:180mm;\
margin:8mm auto;color:#000;background:#fff}header{text-align:center}h1{font-size:14pt;margin:5mm 0 2mm;text-align:center}\
section{break-after:page}section:last-of-type{break-after:auto}table{border-collapse:collapse;width:100%;margin:3mm 0}\
td,th{border:.3mm solid #555;padding:1mm 1.5mm;vertical-align:top;text-align:left;overflow-wrap:anywhere}\
td:nth-child(2){width:30mm;font-weight:bold}td:first-child{width:38mm}.TOTAL-FAILED{background:#fbdcdc}.TOTAL-PASSED{background:#e4f3e4}\
.INDETERMINATE{background:#fff3cf}.whole{font-size:13pt;font-weight:bold;padding:2mm;border:.5mm solid #000;text-align:center}\
.small{font-size:9pt}.sign{display:flex;justify-content:space-around;margin-top:8mm;text-align:center;min-height:28mm}";

/// One sheet for each report.
pub fn to_html(reports: &[VerificationReport], lang: Lang) -> String {
    let heading = Heading::new(lang);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title><style>{STYLE}</style></head><body>\n",
        lang.pick("vi", "en"),
        escaped(texts::title(reports.first().map_or(ReportOn::Sealed, |report| report.on), lang))
    );
    reports.iter().for_each(|report| sheet(&mut html, report, &heading, lang));
    html.push_str("</body></html>\n");
    html
}

fn sheet(html: &mut String, report: &VerificationReport, heading: &Heading, lang: Lang) {
    let status = report.status();
    let Heading { state, motto, .. } = heading;
    let title = texts::title(report.on, lang);
    let _ = writeln!(
        html,
        "<section><header><b>{state}</b><br><u>{motto}</u></header><h1>{title}</h1><p>{}</p>\
         <p class=\"whole {}\">{}: {} ({})</p><p>{}</p><table>",
        texts::about(report, lang).iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br>"),
        status.code(),
        heading.whole,
        status.title(lang),
        status.code(),
        escaped(texts::meaning(report.on, status, lang)),
    );
    for check in &report.checks {
        row(html, check, lang);
    }
    let [left, right] = heading.signed_by;
    let _ = writeln!(
        html,
        "</table><p class=\"small\">{}</p><div class=\"sign\"><div><b>{left}</b><br>{each}</div><div><b>{right}</b><br>{each}</div></div></section>",
        texts::trusted(report, lang).iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br>"),
        each = heading.each,
    );
}

fn row(html: &mut String, check: &Check, lang: Lang) {
    let class = if check.status == Status::NotChecked { "" } else { check.status.code() };
    let told = |reason: &str| format!("<br><span class=\"small\">{reason}</span>");
    let reason = check.told_reason().map(told).unwrap_or_default();
    let lines: Vec<String> = texts::lines_for_paper(check, lang).iter().map(|line| escaped(line)).collect();
    let _ = writeln!(
        html,
        "<tr><td>{}</td><td class=\"{class}\">{}{reason}</td><td>{}</td></tr>",
        escaped(check.title),
        check.status.title(lang),
        lines.join("<br>"),
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
