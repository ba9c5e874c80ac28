//! hOCR 1.2 (<https://kba.github.io/hocr-spec/1.2/>): the text as a web page with boxes, for tools that read
//! nothing else. Written only; what is kept is ALTO.

use crate::paragraphs::paragraphs;
use record::{Block, BlockKind, Line, PageOutcome, PageSize, PxBox, Turn, Word};
use std::fmt::Write;

/// One page of an hOCR document.
#[derive(Debug, Clone, Copy)]
pub struct HocrPage<'a> {
    /// Name of the picture; shown, not opened.
    pub image: &'a str,
    /// The page's text, or why there is none.
    pub outcome: &'a PageOutcome,
}

/// A whole document: XHTML, UTF-8. `software` is program and version. Marks are `ocr_textfloat`, body blocks
/// `ocr_carea` of an `ocr_par` for each paragraph; confidence is `x_wconf`, 0–100. Lines of a page that lies turned have `textangle` (degrees
/// counter-clockwise that the text is turned by) and no `baseline`, which is defined for lines along the page alone.
pub fn write(pages: &[HocrPage<'_>], software: &str) -> String {
    let mut out = String::new();
    out.push_str(concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<!DOCTYPE html>\n",
        "<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"vi\" lang=\"vi\">\n",
        " <head>\n  <title></title>\n",
        "  <meta http-equiv=\"Content-Type\" content=\"text/html;charset=utf-8\"/>\n",
    ));
    put(&mut out, format_args!("  <meta name=\"ocr-system\" content=\"{}\"/>\n", escaped(software)));
    put(&mut out, format_args!("  <meta name=\"ocr-number-of-pages\" content=\"{}\"/>\n", pages.len()));
    out.push_str("  <meta name=\"ocr-langs\" content=\"vi\"/>\n");
    out.push_str("  <meta name=\"ocr-capabilities\" content=\"ocr_page ocr_carea ocr_par ocr_line ocr_textfloat ocrx_word ocrp_wconf\"/>\n");
    out.push_str(" </head>\n <body>\n");
    for (idx, page) in pages.iter().enumerate() {
        write_page(&mut out, idx, page);
    }
    out.push_str(" </body>\n</html>\n");
    out
}

fn write_page(out: &mut String, idx: usize, page: &HocrPage<'_>) {
    let size = match page.outcome {
        PageOutcome::Text(text) => Some(text.size),
        PageOutcome::Blank(size) => Some(*size),
        PageOutcome::Unrecognised { size, .. } => *size,
    };
    // Quotes and backslashes are escaped by a backslash inside a property (hOCR 1.2, 4.2).
    let image = page.image.replace('\\', "\\\\").replace('"', "\\\"");
    let mut title = format!("image \"{image}\"; ");
    if let Some(PageSize { width_px, height_px, dpi }) = size {
        put(&mut title, format_args!("bbox 0 0 {width_px} {height_px}; scan_res {dpi} {dpi}; "));
    }
    put(&mut title, format_args!("ppageno {idx}"));
    let no = idx + 1;
    put(out, format_args!("  <div class=\"ocr_page\" id=\"page_{no}\" title=\"{}\"", escaped(&title)));
    put(out, format_args!(" data-outcome=\"{}\">\n", page.outcome.code()));
    if let Some(text) = page.outcome.text() {
        for (idx, block) in text.blocks.iter().enumerate() {
            write_block(out, &format!("{no}_{}", idx + 1), block, text.turn);
        }
    }
    out.push_str("  </div>\n");
}

fn write_block(out: &mut String, id: &str, block: &Block, turn: Turn) {
    let class = if block.kind == BlockKind::Body { "ocr_carea" } else { "ocr_textfloat" };
    let title = bbox(&block.bbox);
    put(out, format_args!("   <div class=\"{class}\" id=\"block_{id}\" title=\"{title}\">\n"));
    for (no, lines) in (1..).zip(paragraphs(block, turn)) {
        let title = bbox(&PxBox::around(block.lines[lines.clone()].iter().map(|line| &line.bbox)));
        put(out, format_args!("    <p class=\"ocr_par\" id=\"par_{id}_{no}\" title=\"{title}\">\n"));
        for idx in lines {
            write_line(out, &format!("{id}_{}", idx + 1), &block.lines[idx], turn);
        }
        out.push_str("    </p>\n");
    }
    out.push_str("   </div>\n");
}

fn write_line(out: &mut String, id: &str, line: &Line, turn: Turn) {
    let (start, end) = (f64::from(line.baseline.0), f64::from(line.baseline.1));
    let slope = (end - start) / f64::from(line.bbox.width().max(1));
    // Relative to the box's bottom left corner, upwards negative.
    let offset = start - f64::from(line.bbox.bottom);
    let direction = match turn {
        Turn::Upright => format!("baseline {slope:.5} {offset}"),
        turn => format!("textangle {}", turn.degrees()),
    };
    let bbox = bbox(&line.bbox);
    put(out, format_args!("     <span class=\"ocr_line\" id=\"line_{id}\" title=\"{bbox}; {direction}\">\n"));
    for (idx, word) in line.words.iter().enumerate() {
        write_word(out, &format!("{id}_{}", idx + 1), word);
    }
    out.push_str("     </span>\n");
}

fn write_word(out: &mut String, id: &str, word: &Word) {
    let (bbox, confidence, text) = (bbox(&word.bbox), word.confidence, escaped(&word.text));
    put(
        out,
        format_args!(
            "      <span class=\"ocrx_word\" id=\"word_{id}\" title=\"{bbox}; x_wconf {confidence}\">{text}</span>\n"
        ),
    );
}

fn bbox(bbox: &PxBox) -> String {
    format!("bbox {} {} {} {}", bbox.left, bbox.top, bbox.right, bbox.bottom)
}

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    out.write_fmt(what).expect("writing to memory cannot fail");
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {
                out.push(char::REPLACEMENT_CHARACTER)
            }
            c => out.push(c),
        }
    }
    out
}
