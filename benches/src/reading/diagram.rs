//! The reliability diagram: share of right words over confidence, as an SVG file that needs nothing else.

use super::calibration::{Calibration, name};
use std::fmt::Write;

const LEFT: f64 = 64.0;
const TOP: f64 = 56.0;
/// The plot is a square: both axes are per cent.
const SIDE: f64 = 400.0;
const WIDTH: f64 = 496.0;
const HEIGHT: f64 = 520.0;

/// The diagram. Bars: share of right words of each ten, with the number of words; points: where mean confidence stands;
/// broken line: what perfect calibration would be.
pub(super) fn svg(calibration: &Calibration, about: &str) -> String {
    let x = |percent: f64| LEFT + SIDE * percent / 100.0;
    let y = |percent: f64| TOP + SIDE * (1.0 - percent / 100.0);
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").expect("a String takes all");
    line(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12" fill="#222">"##
    ));
    line(format!("<title>Reliability of word confidence: {}</title>", escaped(about)));
    line(format!(r##"<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>"##));
    line(r#"<text x="64" y="22" font-size="15">Reliability of word confidence</text>"#.into());
    line(format!(r##"<text x="64" y="40" fill="#555">{}</text>"##, escaped(about)));
    for percent in (0..=100).step_by(20).map(f64::from) {
        let (at_x, at_y) = (x(percent), y(percent));
        line(format!(r##"<path d="M{LEFT} {at_y}H{}" stroke="#ddd"/>"##, LEFT + SIDE));
        line(format!(
            r#"<text x="{}" y="{}" text-anchor="end">{percent}</text><text x="{at_x}" y="{}" text-anchor="middle">{percent}</text>"#,
            LEFT - 8.0,
            at_y + 4.0,
            TOP + SIDE + 18.0
        ));
    }
    for (n, bin) in calibration.bins.iter().enumerate() {
        let (Some(share), Some(mean)) = (bin.share_right(), bin.mean()) else { continue };
        let (left, top) = (x(n as f64 * 10.0) + 2.0, y(share * 100.0));
        line(format!(
            r##"<rect x="{left}" y="{top:.1}" width="{}" height="{:.1}" fill="#9ec5e8"><title>{}: {} of {} words right</title></rect>"##,
            SIDE / 10.0 - 4.0,
            TOP + SIDE - top,
            name(n),
            bin.right,
            bin.words
        ));
        line(format!(
            r#"<text x="{}" y="{}" text-anchor="middle" font-size="10">{}</text>"#,
            left + SIDE / 20.0 - 2.0,
            top - 8.0,
            bin.words
        ));
        line(format!(r##"<circle cx="{:.1}" cy="{top:.1}" r="4" fill="#1c5d99"/>"##, x(mean)));
    }
    line(format!(
        r##"<path d="M{} {}L{} {}" stroke="#888" stroke-dasharray="5 4"/>"##,
        x(0.0),
        y(0.0),
        x(100.0),
        y(100.0)
    ));
    line(format!(r##"<path d="M{LEFT} {TOP}V{}H{}" fill="none" stroke="#222"/>"##, TOP + SIDE, LEFT + SIDE));
    line(format!(
        r#"<text x="{}" y="{}" text-anchor="middle">confidence of the word; numbers over bars: words read</text>"#,
        LEFT + SIDE / 2.0,
        TOP + SIDE + 40.0
    ));
    line(format!(
        r#"<text transform="translate(18 {}) rotate(-90)" text-anchor="middle">words that are right, per cent</text>"#,
        TOP + SIDE / 2.0
    ));
    line("</svg>".into());
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alto::ReadWord;
    use quick_xml::Reader;
    use quick_xml::events::Event;

    #[test]
    fn a_diagram_is_well_formed_and_has_a_bar_for_every_bin_with_words() {
        let word = |text: &str, confidence| ReadWord { text: text.into(), confidence };
        let read = [word("a", 99), word("b", 12), word("c", 97)];
        let svg = svg(&Calibration::of("a x c", &read), "a & b < c");
        let mut reader = Reader::from_str(&svg);
        reader.config_mut().check_end_names = true;
        let (mut depth, mut bars, mut points, mut said) = (0, 0, 0, String::new());
        loop {
            match reader.read_event().expect("well-formed") {
                Event::Start(tag) => {
                    depth += 1;
                    bars += usize::from(tag.name().as_ref() == "rect");
                }
                Event::Empty(tag) => points += usize::from(tag.name().as_ref() == "circle"),
                Event::End(_) => depth -= 1,
                Event::Text(text) => said.push_str(&text),
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!((depth, bars, points), (0, 2, 2));
        assert!(said.contains("0 of 1 words right") && said.contains("2 of 2 words right"), "{said}");
    }
}
