//! The report of a comparison as one HTML file: figures, then the worst pages, each with its picture, the truth and what was
//! read, differences marked. Vietnamese first, English beside it. Nothing is loaded from elsewhere and nothing runs in it; it is
//! well-formed XML too, so that other programs can take it apart.

use super::score::TextErrors;
use super::{Evaluation, SetScore, Side, WorstPage};
use record::{Lang, Timestamp};
use std::fmt::Write;
use vitext::align::Step;
use vitext::cer::ErrorCount;

/// Longer texts are cut in the report: a page of print has three to five thousand characters.
const MAX_SHOWN_STEPS: usize = 20_000;

/// What the report says of itself.
#[derive(Debug, Clone, Copy)]
pub struct ReportHead<'a> {
    /// Where the truth came from.
    pub truth: &'a str,
    /// Where the readings came from.
    pub hypothesis: &'a str,
    /// When it was made.
    pub made: Timestamp,
}

/// Writes the report. `pictures` belong to [`Evaluation::worst`] in order, JPEG; missing ones are left out.
pub fn write(evaluation: &Evaluation, pictures: &[Option<Vec<u8>>], head: &ReportHead<'_>) -> String {
    let mut out = String::new();
    out += "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"vi\">\n<head>\n<meta charset=\"utf-8\"/>\n";
    out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n";
    out += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"/>\n";
    let _ = write!(out, "<title>Đánh giá nhận dạng chữ – {}</title>\n<style>\n", escaped(head.hypothesis));
    out += include_str!("report.css");
    out += "</style>\n</head>\n<body>\n";
    let _ = writeln!(out, "<h1>{}</h1>", both("Đánh giá nhận dạng chữ", "Text recognition evaluation"));
    out += "<dl>\n";
    for (vi, en, value) in [
        ("Dữ liệu chuẩn", "truth", head.truth),
        ("Kết quả đọc", "what was read", head.hypothesis),
        ("Lập lúc", "made", &head.made.to_string()),
        ("Chương trình", "program", crate::pack::SOFTWARE),
    ] {
        let _ = writeln!(out, "<dt>{}</dt><dd>{}</dd>", both(vi, en), escaped(value));
    }
    out += "</dl>\n";
    figures(&mut out, evaluation);
    fields(&mut out, evaluation);
    lacking(&mut out, evaluation);
    worst(&mut out, evaluation, pictures);
    out += "</body>\n</html>\n";
    out
}

fn figures(out: &mut String, evaluation: &Evaluation) {
    let _ = writeln!(out, "<h2>{}</h2>\n<div class=\"wide\"><table>\n<tr>", both("Sai số", "Error rates"));
    for (vi, en) in [
        ("Bộ", "set"),
        ("Trang", "pages"),
        ("CER", "every mark counts"),
        ("CER bỏ thanh", "without tones"),
        ("CER bỏ dấu", "without marks"),
        ("WER", "every mark counts"),
        ("WER bỏ dấu", "without marks"),
        ("Dấu đúng", "diacritic accuracy"),
        ("Thiếu trang", "pages not read"),
        ("Thừa trang", "pages not in the truth"),
    ] {
        let _ = write!(out, "<th>{}</th>", both(vi, en));
    }
    *out += "</tr>\n";
    for set in &evaluation.sets {
        row(out, "tr", &escaped(&set.set), set);
    }
    row(out, "tr class=\"total\"", &both("Tất cả", "all"), &evaluation.total);
    *out += "</table></div>\n";
}

fn row(out: &mut String, tag: &str, name: &str, set: &SetScore) {
    let errors = &set.errors;
    let _ = write!(out, "<{tag}><td>{name}</td><td>{}</td>", set.pages);
    for count in [errors.cer, errors.cer_tone, errors.cer_ascii, errors.wer, errors.wer_ascii] {
        let _ = write!(out, "<td>{}</td>", percent(count.rate()));
    }
    let accuracy = errors.diacritic_accuracy().map_or("–".to_owned(), percent);
    let _ =
        writeln!(out, "<td>{accuracy}</td><td>{}</td><td>{}</td></tr>", set.unread_pages, set.surplus_pages);
}

fn fields(out: &mut String, evaluation: &Evaluation) {
    if evaluation.total.fields.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<h2>{}</h2>\n<div class=\"wide\"><table>\n<tr>",
        both("Trường thông tin", "Header fields")
    );
    for (vi, en) in [
        ("Trường", "field"),
        ("Đúng", "right"),
        ("Sai", "wrong"),
        ("Chưa đọc được", "left open"),
        ("Không có mà đọc ra", "invented"),
        ("Đúng trên số đã đọc", "right of those both have"),
    ] {
        let _ = write!(out, "<th>{}</th>", both(vi, en));
    }
    *out += "</tr>\n";
    for (field, count) in &evaluation.total.fields {
        let exact = count.exact().map_or("–".to_owned(), percent);
        let name = both(field.name(Lang::Vi), field.name(Lang::En));
        let (right, wrong, unread, invented) = (count.right, count.wrong, count.unread, count.invented);
        let _ = writeln!(
            out,
            "<tr><td>{name}</td><td>{right}</td><td>{wrong}</td><td>{unread}</td><td>{invented}</td><td>{exact}</td></tr>"
        );
    }
    *out += "</table></div>\n";
}

fn lacking(out: &mut String, evaluation: &Evaluation) {
    let is_complete = evaluation.lacking.is_empty() && evaluation.not_compared.is_empty();
    if is_complete {
        return;
    }
    let title =
        both("Trang chỉ một bên có, tính là sai hết", "Pages that one side lacks, counted as all wrong");
    if !evaluation.lacking.is_empty() {
        let _ = writeln!(out, "<h2>{title}</h2>\n<ul>");
    }
    for (set, page, side) in &evaluation.lacking {
        let what = match side {
            Side::Hypothesis => both("chưa đọc", "not read"),
            Side::Truth => both("không có trong dữ liệu chuẩn", "not in the truth"),
        };
        let _ = writeln!(out, "<li>{} · {}: {what}</li>", escaped(set), escaped(page));
    }
    if !evaluation.lacking.is_empty() {
        *out += "</ul>\n";
    }
    if !evaluation.not_compared.is_empty() {
        let title =
            both("Không so: dữ liệu chuẩn không nói đến", "Not compared: the truth says nothing of them");
        let _ = writeln!(out, "<p>{title}: {}</p>", escaped(&evaluation.not_compared.join(", ")));
    }
}

fn worst(out: &mut String, evaluation: &Evaluation, pictures: &[Option<Vec<u8>>]) {
    let _ = writeln!(out, "<h2>{}</h2>", both("Những trang kém nhất", "The worst pages"));
    if evaluation.worst.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", both("Không trang nào có lỗi.", "No page has an error."));
        return;
    }
    let legend = [
        ("<mark>ấ</mark>", "đọc thành chữ khác", "replaced"),
        ("<del>ấ</del>", "bị mất", "lost"),
        ("<span class=\"gap\">‸</span>", "chỗ bị mất", "where something was lost"),
        ("<ins>ấ</ins>", "thừa", "added"),
        ("␣", "dấu cách", "space"),
    ];
    *out += "<p class=\"legend\">";
    for (sign, vi, en) in legend {
        let _ = write!(out, "<span>{sign} {}</span>", both(vi, en));
    }
    *out += "</p>\n";
    for (idx, page) in evaluation.worst.iter().enumerate() {
        one_page(out, idx, page, pictures.get(idx).and_then(Option::as_deref));
    }
}

fn one_page(out: &mut String, idx: usize, page: &WorstPage, picture: Option<&[u8]>) {
    let score = &page.score;
    let name = format!("{} · {}", escaped(&score.set), escaped(&score.page));
    let _ = writeln!(out, "<article id=\"p{0}\">\n<h3>{0}. {name}</h3>", idx + 1);
    let _ = writeln!(out, "<p class=\"figures\">{}</p>", figures_of(&score.errors));
    let _ = writeln!(out, "<div class=\"sides{}\">", if picture.is_some() { "" } else { " two" });
    if let Some(jpeg) = picture {
        let title = both("Ảnh trang", "picture");
        let data = base64(jpeg);
        let _ = writeln!(
            out,
            "<div><h4>{title}</h4><img alt=\"{name}\" loading=\"lazy\" src=\"data:image/jpeg;base64,{data}\"/></div>"
        );
    }
    let (truth, read) = marked(page);
    for (title, text, lacking) in [
        (both("Dữ liệu chuẩn", "truth"), truth, score.lacking == Some(Side::Truth)),
        (both("Đọc được", "what was read"), read, score.lacking == Some(Side::Hypothesis)),
    ] {
        let _ = writeln!(out, "<div><h4>{title}</h4>");
        let _ = match (lacking, text.is_empty()) {
            (true, _) => writeln!(
                out,
                "<div class=\"text empty\">{}</div></div>",
                both("không có trang này", "no such page")
            ),
            (_, true) => {
                writeln!(out, "<div class=\"text empty\">{}</div></div>", both("không có chữ", "no text"))
            }
            _ => writeln!(out, "<div class=\"text\">{text}</div></div>"),
        };
    }
    *out += "</div>\n</article>\n";
}

fn figures_of(errors: &TextErrors) -> String {
    let of = |name: &str, count: ErrorCount| {
        format!("{name} {} ({}/{})", percent(count.rate()), count.edits, count.length)
    };
    let accuracy = errors.diacritic_accuracy().map_or("–".to_owned(), percent);
    [
        of("CER", errors.cer),
        of("bỏ thanh", errors.cer_tone),
        of("bỏ dấu", errors.cer_ascii),
        of("WER", errors.wer),
        format!("dấu đúng {accuracy}"),
    ]
    .join(" · ")
}

/// Both texts with their differences marked.
fn marked(page: &WorstPage) -> (String, String) {
    let (mut truth, mut read) = (Marked::default(), Marked::default());
    let (mut truths, mut reads) = (page.aligned.truth.iter(), page.aligned.read.iter());
    let mut next = |of_truth: bool, of_read: bool| {
        let truth = of_truth.then(|| truths.next().copied()).flatten();
        (truth, of_read.then(|| reads.next().copied()).flatten())
    };
    for step in page.aligned.steps.iter().take(MAX_SHOWN_STEPS) {
        let (old, new) = next(*step != Step::Insert, *step != Step::Delete);
        let (in_truth, in_read) = match step {
            // a page that is not there: the text beside its absence is easier to read unmarked
            _ if page.score.lacking.is_some() => ("", ""),
            Step::Match => ("", ""),
            Step::Replace => ("mark", "mark"),
            Step::Delete => ("del", ""),
            Step::Insert => ("", "ins"),
        };
        if let Some(c) = old {
            truth.push(c, in_truth);
        }
        match new {
            Some(c) => read.push(c, in_read),
            None => read.gap(),
        }
    }
    let left = page.aligned.steps.len().saturating_sub(MAX_SHOWN_STEPS);
    let finish = |mut marked: Marked| {
        marked.close();
        if left > 0 {
            let _ = write!(
                marked.html,
                "\n… {}",
                both(&format!("còn {left} ký tự"), &format!("{left} more characters"))
            );
        }
        marked.html
    };
    (finish(truth), finish(read))
}

/// Text with marks; runs of the same kind share one.
#[derive(Default)]
struct Marked {
    html: String,
    run: String,
    tag: &'static str,
    has_gap: bool,
}

impl Marked {
    fn push(&mut self, c: char, tag: &'static str) {
        self.has_gap = false;
        if self.tag != tag {
            self.close();
            self.tag = tag;
        }
        self.run.push(c);
    }

    fn gap(&mut self) {
        self.close();
        if !self.has_gap {
            self.html += "<span class=\"gap\">‸</span>";
        }
        self.has_gap = true;
    }

    fn close(&mut self) {
        let run = std::mem::take(&mut self.run);
        if run.is_empty() {
            return;
        }
        let text = match self.tag.is_empty() || !run.trim().is_empty() {
            true => escaped(&run),
            // a difference that is nothing but white space has to be seen
            false => run.replace(' ', "␣").replace('\n', "␣\n"),
        };
        let _ = match self.tag {
            "" => write!(self.html, "{text}"),
            tag => write!(self.html, "<{tag}>{text}</{tag}>"),
        };
    }
}

fn percent(share: f64) -> String {
    // a Vietnamese reader's comma; the English half reads it too
    format!("{:.2} %", share * 100.0).replace('.', ",")
}

/// A Vietnamese text and its English twin; both ours, not escaped.
fn both(vi: &str, en: &str) -> String {
    format!("{vi} <span lang=\"en\">{en}</span>")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| escape_into(&mut out, c));
    out
}

/// Page text is foreign: it may hold markup and characters that XML does not allow.
fn escape_into(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        '\n' | '\t' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..
            if !('\u{7F}'..='\u{9F}').contains(&c) =>
        {
            out.push(c);
        }
        _ => out.push('\u{FFFD}'),
    }
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, &b| bits << 8 | u32::from(b)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place)) as usize & 63];
            out.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_the_rfc() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn differences_are_marked_and_page_text_is_escaped() {
        let marked = |truth: &str, read: &str| {
            let (errors, aligned) = crate::eval::score::page(truth, read).unwrap();
            let score = crate::eval::PageScore {
                set: "s".into(),
                page: "1".into(),
                lacking: None,
                errors,
                fields: Default::default(),
            };
            marked(&WorstPage { score, aligned, picture: None })
        };
        assert_eq!(marked("tội", "tôi"), ("t<mark>ộ</mark>i".into(), "t<mark>ô</mark>i".into()));
        assert_eq!(
            marked("một hai", "một ba hai<"),
            ("một hai".into(), "một <ins>ba </ins>hai<ins>&lt;</ins>".into())
        );
        assert_eq!(
            marked("a <b>x</b> c", "a  c"),
            ("a <del>&lt;b&gt;x&lt;/b&gt; </del>c".into(), "a <span class=\"gap\">‸</span>c".into())
        );
        assert_eq!(marked("a b", "ab").0, "a<del>␣</del>b".to_owned());
        assert_eq!(marked("\u{3}\u{86}a", "\u{3}\u{86}a").0, "\u{FFFD}\u{FFFD}a".to_owned());
    }
}
