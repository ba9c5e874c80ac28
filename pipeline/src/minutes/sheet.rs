//! What all minutes have in common: heading, rows, lists, who signs.

use record::Lang;

/// Minutes (biên bản): as text for a screen, or as sheets for paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minutes {
    pub(super) lang: Lang,
    pub(super) agency: String,
    pub(super) title: String,
    pub(super) parts: Vec<Part>,
    /// Who signs: in which part, left and right.
    pub(super) signed_by: [String; 2],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// What is stated, and its value.
    Row(String, String),
    Line(String),
    /// A heading with its items.
    List(String, Vec<String>),
}

impl Minutes {
    pub(crate) fn new(lang: Lang, agency: &str, vi: &str, en: &str) -> Minutes {
        Minutes {
            lang,
            agency: agency.to_owned(),
            title: lang.pick(vi, en).to_owned(),
            parts: Vec::new(),
            signed_by: Default::default(),
        }
    }

    /// A line; an empty one sets apart what follows.
    pub(crate) fn line(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Line(text.into()));
    }

    pub(crate) fn row(&mut self, vi: &str, en: &str, value: impl std::fmt::Display) {
        self.parts.push(Part::Row(self.lang.pick(vi, en).to_owned(), value.to_string()));
    }

    /// A heading with its items; nothing where there are none.
    pub(crate) fn list(&mut self, vi: &str, en: &str, items: impl IntoIterator<Item = String>) {
        let items: Vec<String> = items.into_iter().collect();
        if !items.is_empty() {
            self.parts.push(Part::List(self.lang.pick(vi, en).to_owned(), items));
        }
    }

    /// Two people sign.
    pub(crate) fn signed_by(mut self, vi: [&str; 2], en: [&str; 2]) -> Minutes {
        self.signed_by = self.lang.pick(vi, en).map(str::to_owned);
        self
    }

    pub(super) fn state(&self) -> &'static str {
        self.lang.pick("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SOCIALIST REPUBLIC OF VIET NAM")
    }

    pub(super) fn motto(&self) -> &'static str {
        self.lang.pick("Độc lập - Tự do - Hạnh phúc", "Independence - Freedom - Happiness")
    }

    pub(super) fn name_and_signature(&self) -> &'static str {
        self.lang.pick("(ký, ghi rõ họ tên)", "(name and signature)")
    }

    /// For a screen: lines of at most 90 letters, or one name of a file.
    pub fn text(&self) -> String {
        let heading = [self.state(), self.motto(), "", &self.title, ""].map(str::to_owned);
        let mut lines = heading.to_vec();
        for part in &self.parts {
            match part {
                Part::Row(name, value) => lines.push(format!("{name}: {value}")),
                Part::Line(text) => lines.push(text.clone()),
                Part::List(heading, items) => {
                    lines.extend([String::new(), heading.clone()]);
                    lines.extend(items.iter().map(|item| format!("  - {item}")));
                }
            }
        }
        let [left, right] = &self.signed_by;
        let each = self.name_and_signature();
        lines.extend([String::new(), format!("{left:<45}{right}"), format!("{each:<45}{each}")]);
        lines.join("\n")
    }
}
