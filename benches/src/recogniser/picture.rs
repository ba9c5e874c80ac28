//! Where a page's milliseconds go, as bars: an SVG for the documentation.

use std::fmt::Write;

/// Left edge and width of the longest bar, height of a bar and of its row, in units of the picture.
const LEFT: f64 = 150.0;
const LONGEST: f64 = 560.0;
const BAR: f64 = 34.0;
const ROW: f64 = 62.0;

/// A bar: what read the page, and its parts in milliseconds with a colour for each.
pub(super) struct Bar<'a> {
    pub(super) label: &'a str,
    pub(super) parts: Vec<(&'a str, f64, &'a str)>,
}

/// Bars below each other on one scale; the legend names every part with its milliseconds.
pub(super) fn svg(title: &str, bars: &[Bar<'_>]) -> String {
    let sum = |bar: &Bar<'_>| bar.parts.iter().map(|part| part.1).sum::<f64>();
    let longest = bars.iter().map(sum).fold(1.0, f64::max);
    let height = 50.0 + ROW * bars.len() as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <title>{title}</title>\n<rect width=\"800\" height=\"{height}\" fill=\"#fff\"/>\n<text x=\"10\" y=\"24\" font-size=\"15\">{title}</text>\n"
    );
    for (n, bar) in bars.iter().enumerate() {
        let (mut x, y) = (LEFT, 42.0 + ROW * n as f64);
        writeln!(out, "<text x=\"10\" y=\"{:.0}\">{}</text>", y + 21.0, bar.label)
            .expect("a String takes all");
        for (_, ms, colour) in &bar.parts {
            let width = LONGEST * ms / longest;
            writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y:.0}\" width=\"{width:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>"
            )
            .expect("a String takes all");
            x += width;
        }
        writeln!(out, "<text x=\"{:.1}\" y=\"{:.0}\">{:.0} ms</text>", x + 8.0, y + 21.0, sum(bar))
            .expect("a String takes all");
        let mut at = LEFT;
        for (part, ms, colour) in &bar.parts {
            let said = format!("{part} {ms:.0}");
            writeln!(out, "<text x=\"{at:.0}\" y=\"{:.0}\" font-size=\"11\" fill=\"{colour}\">■</text><text x=\"{:.0}\" y=\"{:.0}\" font-size=\"11\">{said}</text>", y + BAR + 14.0, at + 12.0, y + BAR + 14.0)
                .expect("a String takes all");
            at += 24.0 + 6.2 * said.chars().count() as f64;
        }
    }
    out + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_the_picture_and_every_part_is_named() {
        let bars = [
            Bar { label: "a", parts: vec![("x", 30.0, "#111"), ("y", 10.0, "#222")] },
            Bar { label: "b", parts: vec![("z", 20.0, "#333")] },
        ];
        let svg = svg("T", &bars);
        for there in
            ["width=\"420.0\"", "width=\"140.0\"", "width=\"280.0\"", "x 30", "y 10", "40 ms", "20 ms"]
        {
            assert!(svg.contains(there), "{there}: {svg}");
        }
        let mut reader = quick_xml::Reader::from_str(&svg);
        while reader.read_event().expect("well-formed") != quick_xml::events::Event::Eof {}
    }
}
