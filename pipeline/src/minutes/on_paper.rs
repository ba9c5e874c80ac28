//! Minutes for paper, in the usual form of a biên bản: state and motto beside the agency, room for place, day and the people
//! present, what the report says as a table, room for signatures. What nobody but those who sign can know is left to be
//! written by hand. The form is ours, and every sheet says so: that of Thông tư 05/2025/TT-BNV, annex VII, was not at hand.

use super::sheet::{Minutes, Part};
use crate::paper::{self, LEADING, MARGIN, PAGE, ReportPdfError, SIZE, Sheets};
use std::fmt::Write;

/// Where the table's values begin.
const VALUES: f32 = 200.0;
/// Lines of paper for a signature.
const ROOM_TO_SIGN: f32 = 5.0;

/// What stands around the table.
struct Words {
    number: &'static str,
    place_and_day: &'static str,
    begun: &'static str,
    person: &'static str,
    states: &'static str,
    ended: &'static str,
    form: &'static str,
}

impl Minutes {
    fn words(&self) -> Words {
        let pick = |vi, en| self.lang.pick(vi, en);
        Words {
            number: pick("Số: ........../BB", "No.: .........."),
            place_and_day: pick(
                "........................, ngày ...... tháng ...... năm ..........",
                "........................, (day) ...... (month) ...... (year) ..........",
            ),
            begun: pick(
                "Hôm nay, hồi ...... giờ ...... phút, ngày ...... tháng ...... năm .........., tại ......................................, chúng tôi gồm:",
                "Today, at ...... hours ...... minutes, in ......................................, we who are present:",
            ),
            person: pick(
                "Ông (bà): ............................................... Chức vụ: ...............................................",
                "Name: ............................................... Office: ...............................................",
            ),
            states: pick("lập biên bản với nội dung sau:", "state the following:"),
            ended: pick(
                "Biên bản lập xong hồi ...... giờ ...... phút cùng ngày, thành ...... bản có giá trị như nhau; đã đọc lại cho những người có tên trên nghe và cùng ký tên.",
                "Ended at ...... hours ...... minutes of the same day, in ...... copies of equal worth; read out to the people named above, who sign.",
            ),
            form: pick(
                "Mẫu biên bản của chương trình hoso, không phải mẫu tại Phụ lục VII Thông tư 05/2025/TT-BNV.",
                "A form of the program hoso, not the one of Thông tư 05/2025/TT-BNV, annex VII.",
            ),
        }
    }

    /// A PDF of A4 sheets.
    pub fn to_pdf(&self) -> Result<Vec<u8>, ReportPdfError> {
        paper::sheets(&self.title, |sheets| {
            self.head(sheets);
            self.present(sheets);
            self.parts.iter().for_each(|part| put(sheets, part));
            self.signatures(sheets);
            sheets.turn();
        })
    }

    /// The agency on the left, state and motto on the right; below them number and place with day.
    fn head(&self, sheets: &mut Sheets<'_>) {
        let half = (PAGE.0 - 2.0 * MARGIN) / 2.0;
        let (left, right) = ((MARGIN, half - 10.0), (MARGIN + half, half));
        let words = self.words();
        let top = sheets.y;
        for line in sheets.lines(&self.agency.to_uppercase(), left.1) {
            sheets.centred_in(&line, left, SIZE, true);
        }
        sheets.short_rule(left, 0.3);
        sheets.centred_in(words.number, left, SIZE, false);
        let bottom = sheets.y;
        sheets.y = top;
        sheets.centred_in(self.state(), right, SIZE, true);
        sheets.centred_in(self.motto(), right, SIZE, true);
        sheets.short_rule(right, 0.6);
        sheets.centred_in(words.place_and_day, right, SIZE, false);
        sheets.y = sheets.y.min(bottom) - LEADING;
        sheets.centred(&self.title, 14.0, true);
        sheets.y -= LEADING / 2.0;
    }

    fn present(&self, sheets: &mut Sheets<'_>) {
        let words = self.words();
        sheets.paragraph(words.begun, 0.0, false);
        for (no, role) in self.signed_by.iter().enumerate() {
            sheets.paragraph(&format!("{}. {} ({})", no + 1, words.person, role.to_lowercase()), 0.0, false);
        }
        sheets.paragraph(words.states, 0.0, false);
        sheets.y -= LEADING / 2.0;
        sheets.rule();
    }

    fn signatures(&self, sheets: &mut Sheets<'_>) {
        let words = self.words();
        sheets.rule();
        sheets.paragraph(words.ended, 0.0, false);
        // Names and signatures stay together on one sheet.
        sheets.room((ROOM_TO_SIGN + 4.0) * LEADING);
        sheets.y -= LEADING;
        let half = (PAGE.0 - 2.0 * MARGIN) / 2.0;
        let top = sheets.y;
        for (side, role) in self.signed_by.iter().enumerate() {
            sheets.y = top;
            let column = (MARGIN + half * side as f32, half);
            sheets.centred_in(role, column, SIZE, true);
            sheets.centred_in(self.name_and_signature(), column, SIZE, false);
        }
        sheets.y -= ROOM_TO_SIGN * LEADING;
        sheets.paragraph(words.form, 0.0, false);
    }

    /// The same as a page of HTML, without scripts or anything that is fetched.
    pub fn to_html(&self) -> String {
        let words = self.words();
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head><body>\n\
             <header><div><b>{}</b><hr>{}</div><div><b>{}</b><br><b>{}</b><hr>{}</div></header><h1>{title}</h1>\n<p>{}</p><ol>",
            self.lang.pick("vi", "en"),
            escaped(&self.agency.to_uppercase()),
            words.number,
            self.state(),
            self.motto(),
            words.place_and_day,
            words.begun,
            title = escaped(&self.title),
        );
        for role in &self.signed_by {
            let _ = write!(html, "<li>{} ({})</li>", words.person, escaped(&role.to_lowercase()));
        }
        let _ = write!(html, "</ol><p>{}</p>\n<table>", words.states);
        for part in &self.parts {
            let _ = match part {
                Part::Row(name, value) => {
                    writeln!(html, "<tr><td>{}</td><td>{}</td></tr>", escaped(name.trim()), escaped(value))
                }
                Part::Line(text) if text.is_empty() => Ok(()),
                Part::Line(text) => {
                    writeln!(html, "<tr><td colspan=\"2\">{}</td></tr>", escaped(text.trim()))
                }
                Part::List(heading, items) => {
                    let items: String =
                        items.iter().map(|item| format!("<li>{}</li>", escaped(item))).collect();
                    writeln!(
                        html,
                        "<tr><td colspan=\"2\"><b>{}</b><ul>{items}</ul></td></tr>",
                        escaped(heading)
                    )
                }
            };
        }
        let each = self.name_and_signature();
        let [left, right] = self.signed_by.each_ref().map(|role| escaped(role));
        let _ = writeln!(
            html,
            "</table><p>{}</p><div class=\"sign\"><div><b>{left}</b><br>{each}</div><div><b>{right}</b><br>{each}</div></div>\
             <p class=\"small\">{}</p></body></html>",
            words.ended, words.form
        );
        html
    }
}

const STYLE: &str = "@page{size:A4;margin:17mm}body{font:11pt/1.4 'Times New Roman','Liberation Serif',serif;max-width:176mm;\
margin:8mm auto;color:#000;background:#fff}header{display:flex;text-align:center}header div{flex:1;padding:0 2mm}\
hr{width:40%;border:0;border-top:.3mm solid #000;margin:1mm auto}h1{font-size:14pt;text-align:center;margin:6mm 0 3mm}\
table{border-collapse:collapse;width:100%;margin:3mm 0}td{border:.3mm solid #555;padding:1mm 1.5mm;vertical-align:top;overflow-wrap:anywhere}\
td:first-child{width:40%}td[colspan]{width:auto}ul{margin:1mm 0 0 5mm;padding:0}.small{font-size:9pt}\
.sign{display:flex;justify-content:space-around;margin-top:6mm;text-align:center;min-height:32mm;break-inside:avoid}";

fn put(sheets: &mut Sheets<'_>, part: &Part) {
    match part {
        Part::Row(name, value) => {
            sheets.room(LEADING);
            let (top, pages) = (sheets.y, sheets.pages.len());
            sheets.cell(name, 0.0, PAGE.0 - 2.0 * MARGIN - VALUES, false);
            let bottom = sheets.y;
            if sheets.pages.len() == pages {
                sheets.y = top;
            }
            let pages = sheets.pages.len();
            sheets.cell(value, VALUES, 0.0, false);
            sheets.y = if sheets.pages.len() == pages { sheets.y.min(bottom) } else { sheets.y };
        }
        Part::Line(text) if text.is_empty() => sheets.y -= LEADING / 2.0,
        Part::Line(text) => sheets.paragraph(text, 0.0, false),
        Part::List(heading, items) => {
            sheets.y -= LEADING / 2.0;
            sheets.paragraph(heading, 0.0, true);
            items.iter().for_each(|item| sheets.paragraph(&format!("– {}", item.trim()), 12.0, false));
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
