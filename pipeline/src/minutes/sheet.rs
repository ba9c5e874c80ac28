//! What all minutes have in common: heading, rows, lists, the place for signatures.

use record::Lang;

pub(super) struct Sheet {
    lang: Lang,
    lines: Vec<String>,
}

impl Sheet {
    pub(super) fn new(lang: Lang, vi: &str, en: &str) -> Sheet {
        let mut sheet = Sheet { lang, lines: Vec::new() };
        sheet.line(lang.pick("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SOCIALIST REPUBLIC OF VIET NAM"));
        sheet.line(lang.pick("Độc lập - Tự do - Hạnh phúc", "Independence - Freedom - Happiness"));
        sheet.line("");
        sheet.line(lang.pick(vi, en));
        sheet.line("");
        sheet
    }

    pub(super) fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }

    pub(super) fn row(&mut self, vi: &str, en: &str, value: impl std::fmt::Display) {
        let text = format!("{}: {value}", self.lang.pick(vi, en));
        self.line(text);
    }

    /// A heading with its items; nothing where there are none.
    pub(super) fn list(&mut self, vi: &str, en: &str, items: Vec<String>) {
        if items.is_empty() {
            return;
        }
        self.line("");
        let heading = self.lang.pick(vi, en).to_owned();
        self.line(heading);
        self.lines.extend(items.into_iter().map(|item| format!("  - {item}")));
    }

    /// Ends with two places to sign.
    pub(super) fn signed_by(mut self, vi: [&str; 2], en: [&str; 2]) -> String {
        self.line("");
        let [left, right] = self.lang.pick(vi, en);
        self.line(format!("{left:<45}{right}"));
        let each = self.lang.pick("(ký, ghi rõ họ tên)", "(name and signature)");
        self.line(format!("{each:<45}{each}"));
        self.lines.join("\n")
    }
}
