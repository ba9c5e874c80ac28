//! The body of pages from ALTO as `hoso` writes it. Read by code of its own, so that a fault in how the program reads
//! its files back cannot flatter it.

use anyhow::{Context, Result};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// What was read on one page.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct PageBody {
    /// Lines joined by line breaks, without marks.
    pub body: String,
    /// Text of marks, for a look.
    pub marks: String,
    /// Names that its marks refer to.
    pub tags: Vec<String>,
    /// `text`, `blank` or `unrecognised`, as the file says.
    pub outcome: String,
    /// Words of the body in order, with their confidence.
    pub words: Vec<ReadWord>,
}

/// A word with its confidence, 0–100.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReadWord {
    pub text: String,
    pub confidence: u8,
}

/// The pages of a file that holds one ALTO document after another.
pub(crate) fn pages(text: &str) -> Result<Vec<PageBody>> {
    const START: &str = "<?xml ";
    text.split(START).skip(1).map(|document| page(&format!("{START}{document}"))).collect()
}

fn page(document: &str) -> Result<PageBody> {
    let mut reader = Reader::from_str(document);
    let mut page = PageBody::default();
    let (mut in_mark, mut in_step) = (false, false);
    loop {
        match reader.read_event().context("not well-formed ALTO")? {
            Event::Start(tag) | Event::Empty(tag) => match tag.name().as_ref() {
                "TextBlock" => {
                    let tags = attribute(&tag, "TAGREFS")?.unwrap_or_default();
                    page.tags.extend(tags.split(' ').filter(|t| !t.is_empty()).map(str::to_owned));
                    in_mark = tags.split(' ').any(|tag| tag == "mark");
                }
                "TextLine" => target(&mut page, in_mark).push('\n'),
                "SP" => target(&mut page, in_mark).push(' '),
                "String" => {
                    let content = attribute(&tag, "CONTENT")?.context("a String without CONTENT")?;
                    target(&mut page, in_mark).push_str(&content);
                    if !in_mark {
                        let share: f64 =
                            attribute(&tag, "WC")?.context("a String without WC")?.parse().context("WC")?;
                        // ALTO has hundredths, 0 to 1.
                        let confidence = (share * 100.0).round().clamp(0.0, 100.0) as u8;
                        page.words.push(ReadWord { text: content, confidence });
                    }
                }
                "processingStepDescription" => in_step = true,
                _ => {}
            },
            Event::Text(text) if in_step => {
                if let Some(outcome) = text.strip_prefix("outcome=") {
                    page.outcome = outcome.to_owned();
                }
            }
            Event::End(_) => in_step = false,
            Event::Eof => return Ok(page),
            _ => {}
        }
    }
}

fn target(page: &mut PageBody, in_mark: bool) -> &mut String {
    if in_mark { &mut page.marks } else { &mut page.body }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>> {
    let found = tag.try_get_attribute(name).context("a broken attribute")?;
    found.map(|a| Ok(a.normalized_value(quick_xml::XmlVersion::Explicit1_0)?.into_owned())).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pages_and_a_mark() {
        let one = r#"<?xml version="1.0" encoding="UTF-8"?>
<alto><Description><Processing><processingStepDescription>outcome=text</processingStepDescription></Processing></Description>
<TextBlock ID="b1"><TextLine><String CONTENT="Lê &amp;" WC="0.95"/><SP/><String CONTENT="khai" WC="1.00"/></TextLine><TextLine><String CONTENT="rằng" WC="0.07"/></TextLine></TextBlock>
<TextBlock TAGREFS="mark mark-incoming-stamp"><TextLine><String CONTENT="ĐẾN"/></TextLine></TextBlock></alto>
"#;
        let empty = "<?xml version=\"1.0\"?>\n<alto><processingStepDescription>outcome=blank</processingStepDescription></alto>";
        let read = pages(&format!("{one}{empty}")).expect("well-formed");
        let words = [("Lê &", 95), ("khai", 100), ("rằng", 7)]
            .map(|(text, confidence)| ReadWord { text: text.into(), confidence });
        let text = PageBody {
            body: "\nLê & khai\nrằng".into(),
            marks: "\nĐẾN".into(),
            tags: vec!["mark".into(), "mark-incoming-stamp".into()],
            outcome: "text".into(),
            words: words.into(),
        };
        assert_eq!(read, [text, PageBody { outcome: "blank".into(), ..PageBody::default() }]);
    }
}
