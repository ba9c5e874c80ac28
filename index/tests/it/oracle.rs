//! What must be true of any text taken for a question.

use index::{Outline, Query, QueryError, highlight};
use record::{Lang, PageText};

/// Words that are no words of a question: operators, and names of filters.
const OTHERS: &[&str] = &[
    "VÀ", "AND", "HOẶC", "OR", "KHÔNG", "NOT", "bl", "but", "luc", "folio", "ho", "so", "hs", "case", "loai",
    "type", "nam", "year", "hieu", "number", "dieu", "article", "ngay", "date", "don", "vi", "dv", "unit",
    "nguoi", "ten", "person", "giu", "owner", "an", "kind", "chat", "luong", "quality", "do", "mat",
    "secrecy",
];

/// Panics where it is not. Gives what kind of question it is, or of refusal.
pub(crate) fn judge(text: &str, page: &PageText) -> String {
    let composed = vitext::nfc(text);
    let parsed = Query::parse(text);
    assert_eq!(parsed, Query::parse(text), "the same each time");
    match parsed {
        Err(error) => {
            let characters = composed.chars().count();
            assert!(error.at().is_none_or(|at| (1..=characters).contains(&at)), "{text:?}: {error}");
            assert!(!error.to_string().is_empty() && !error.vietnamese().is_empty(), "{text:?}");
            kind_of(&error)
        }
        Ok(query) => {
            let found = highlight(&query, page, None);
            assert_eq!(found.words.len(), found.boxes.len(), "{text:?}");
            let outline = query.outline(Lang::Vi);
            let (mut said, mut kind) = (String::new(), String::new());
            list(&outline, &mut said, &mut kind);
            for token in vitext::tokens(&composed) {
                let is_other = OTHERS.contains(&token.text)
                    || OTHERS.contains(&vitext::fold_ascii(token.text).to_lowercase().as_str())
                    || token.text.bytes().all(|b| b.is_ascii_digit());
                assert!(is_other || said.contains(token.text), "{text:?}: {} is lost in {said}", token.text);
            }
            kind
        }
    }
}

fn kind_of(error: &QueryError) -> String {
    let shown = format!("{error:?}");
    shown.split([' ', '{']).next().unwrap_or_default().to_owned()
}

fn list(outline: &Outline, said: &mut String, kind: &mut String) {
    said.push_str(&outline.text);
    said.push('\n');
    kind.push_str(outline.kind);
    kind.push(if outline.text.contains(';') { ';' } else { '.' });
    kind.push_str(if outline.parts.is_empty() { "" } else { "(" });
    outline.parts.iter().take(4).for_each(|part| list_short(part, said, kind));
    outline.parts.iter().skip(4).for_each(|part| list(part, said, &mut String::new()));
}

fn list_short(part: &Outline, said: &mut String, kind: &mut String) {
    let mut inner = String::new();
    list(part, said, &mut inner);
    kind.push_str(&inner.chars().take(24).collect::<String>());
}

/// A line of the corpus as text: `\u{…}`, `\t`, `\n`, `\r`, `\0`, `\"`, `\'` and `\\` as Rust writes them.
pub(crate) fn unescaped(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('u') => {
                    let code: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                    text.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
                }
                Some('t') => text.push('\t'),
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('0') => text.push('\0'),
                other => text.extend(other),
            },
            c => text.push(c),
        }
    }
    text
}
