//! A question said back in words, so that a person sees how it was understood.

use super::{Asked, Clause, Manner, Node, Query};
use record::Lang;

/// A part of a question as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// A stable word: `all`, `any`, `not`, `words`, `phrase`, `filter`.
    pub kind: &'static str,
    /// For people.
    pub text: String,
    /// What was typed for it: of words and phrases what must stand together, each on its own; of a filter the values.
    pub typed: Vec<String>,
    /// What it is made of.
    pub parts: Vec<Outline>,
}

impl Outline {
    /// How many phrases and runs of loose words are wanted: each may stand at a place of its own.
    pub fn wanted_clauses(&self) -> usize {
        match self.kind {
            "words" | "phrase" => 1,
            "not" => 0,
            _ => self.parts.iter().map(Self::wanted_clauses).sum(),
        }
    }
}

impl Query {
    /// How the question was understood.
    pub fn outline(&self, lang: Lang) -> Outline {
        self.outline_of(&self.root, lang)
    }

    fn outline_of(&self, node: &Node, lang: Lang) -> Outline {
        let group = |kind, text: &str, nodes: &[Node]| Outline {
            kind,
            text: text.to_owned(),
            typed: Vec::new(),
            parts: nodes.iter().map(|node| self.outline_of(node, lang)).collect(),
        };
        match node {
            Node::All(parts) => group("all", lang.pick("tất cả những điều sau", "all of these"), parts),
            Node::Any(parts) => {
                group("any", lang.pick("ít nhất một điều sau", "at least one of these"), parts)
            }
            Node::Not(part) => group("not", lang.pick("không có", "not"), std::slice::from_ref(part)),
            Node::Words(clause) => self.outline_of_words(clause, lang),
            Node::Filter(idx) => {
                let group = &self.filters[*idx];
                let typed = group.iter().map(|asked| asked.value.clone()).collect();
                Outline { kind: "filter", text: said(group, lang), typed, parts: Vec::new() }
            }
        }
    }

    fn outline_of_words(&self, clause: &Clause, lang: Lang) -> Outline {
        let as_typed = |unit: &Vec<usize>| {
            unit.iter().map(|slot| self.words[*slot].typed.as_str()).collect::<Vec<_>>().join(" ")
        };
        let typed: Vec<String> = clause.units.iter().map(as_typed).collect();
        let units: Vec<String> = typed.iter().map(|unit| format!("“{unit}”")).collect();
        let mut text = match (clause.quoted, units.len()) {
            (true, _) => lang.pick("cụm từ", "phrase"),
            (false, 1) => lang.pick("từ", "word"),
            (false, _) => lang.pick(
                "các từ (ở đâu trên trang cũng được, càng gần nhau càng xếp trước)",
                "words (anywhere on the page, the closer together the earlier)",
            ),
        }
        .to_owned();
        text += &format!(": {}", units.join(", "));
        if clause.slop > 0 {
            text += &lang.pick(
                format!("; xen tối đa {} từ khác", clause.slop),
                format!("; up to {} other words between", clause.slop),
            );
        }
        for slot in clause.slots() {
            let word = &self.words[slot];
            let note = match word.manner {
                Manner::Plain => None,
                Manner::Exact => Some(lang.pick("đúng dấu như đã gõ", "with the marks typed")),
                Manner::Tolerant => Some(lang.pick("kể cả chữ nhận dạng sai", "misread ones too")),
            };
            let beginning = word.is_prefix.then(|| lang.pick("phần đầu của từ", "beginning of a word"));
            let restored = (!word.restored.is_empty()).then(|| {
                let words: Vec<String> =
                    word.restored.iter().map(|other| format!("“{}”", other.written)).collect();
                lang.pick(
                    format!("trang có {} xếp trước (máy đoán dấu)", words.join(", ")),
                    format!("pages that have {} come first (marks guessed)", words.join(", ")),
                )
            });
            let notes = note.into_iter().chain(beginning).map(str::to_owned);
            let notes: Vec<String> = notes.chain(restored).collect();
            if !notes.is_empty() {
                text += &format!("; {} = {}", word.typed, notes.join(", "));
            }
        }
        Outline { kind: if clause.quoted { "phrase" } else { "words" }, text, typed, parts: Vec::new() }
    }
}

fn said(group: &[Asked], lang: Lang) -> String {
    let values: Vec<&str> = group.iter().map(|asked| asked.value.as_str()).collect();
    let title = group.first().map_or("", |asked| asked.field.title(lang));
    format!("{title}: {}", values.join(lang.pick(" hoặc ", " or ")))
}
