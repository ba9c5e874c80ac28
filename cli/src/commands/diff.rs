//! What `hoso case diff` prints.

use crate::say::Speaker;
use pipeline::{CaseDiff, FieldChange, PageChange, PageState};
use record::Lang;
use serde_json::json;

/// Runs of words shown of one page; `--json` gives all.
const MOST_RUNS: usize = 8;

pub(crate) fn tell(diff: &CaseDiff, versions: [u32; 2], speaker: Speaker) {
    for change in &diff.register {
        if speaker.json {
            speaker.line("register-change", change_json(change));
        } else {
            speaker.data(format_args!("{}: {}", register_name(change.name, speaker.lang), arrow(change)));
        }
    }
    for change in &diff.pages {
        if speaker.json {
            speaker.line("page-change", page_json(change));
        } else {
            page_text(change, speaker);
        }
    }
    let [before, after] = versions;
    if speaker.json {
        let counts = json!({
            "earlier": before, "later": after, "same": diff.is_empty(), "same_pages": diff.same_pages,
            "changed_pages": diff.pages.len(), "register_changes": diff.register.len(),
        });
        speaker.line("diff", counts);
        return;
    }
    let (same, changed) = (diff.same_pages, diff.pages.len());
    speaker.talk(match speaker.lang {
        Lang::Vi => format!("bản {before} → bản {after}: {changed} trang khác, {same} trang giữ nguyên"),
        Lang::En => {
            format!("version {before} → version {after}: {changed} pages differ, {same} are the same")
        }
    });
}

fn arrow(change: &FieldChange) -> String {
    let shown = |value: &str| if value.is_empty() { "–".to_owned() } else { value.to_owned() };
    format!("{} → {}", shown(&change.before), shown(&change.after))
}

fn page_text(change: &PageChange, speaker: Speaker) {
    let folio = change.folio.as_ref().map_or_else(String::new, |folio| format!(" (BL {folio})"));
    let place = match speaker.lang {
        Lang::Vi => format!("trang {}{folio}, văn bản {}", change.page, change.document),
        Lang::En => format!("page {}{folio}, document {}", change.page, change.document),
    };
    let file = &change.received_as;
    match &change.state {
        PageState::Added => {
            speaker.data(format_args!("+ {place}: {} ({file})", speaker.pick("thêm", "added")))
        }
        PageState::Removed => {
            speaker.data(format_args!("- {place}: {} ({file})", speaker.pick("bỏ", "taken away")))
        }
        PageState::Changed { fields, words } => {
            speaker.data(format_args!("~ {place}"));
            for field in fields {
                speaker.data(format_args!("    {}: {}", page_name(field.name, speaker.lang), arrow(field)));
            }
            for (before, after) in words.iter().take(MOST_RUNS) {
                speaker.data(format_args!("    «{before}» → «{after}»"));
            }
            if words.len() > MOST_RUNS {
                let more = words.len() - MOST_RUNS;
                speaker.data(match speaker.lang {
                    Lang::Vi => format!("    … và {more} chỗ khác"),
                    Lang::En => format!("    … and {more} more places"),
                });
            }
        }
    }
}

fn change_json(change: &FieldChange) -> serde_json::Value {
    json!({"name": change.name, "before": change.before, "after": change.after})
}

fn page_json(change: &PageChange) -> serde_json::Value {
    let (state, fields, words) = match &change.state {
        PageState::Added => ("added", Vec::new(), Vec::new()),
        PageState::Removed => ("removed", Vec::new(), Vec::new()),
        PageState::Changed { fields, words } => (
            "changed",
            fields.iter().map(change_json).collect(),
            words.iter().map(|(before, after)| json!({"before": before, "after": after})).collect(),
        ),
    };
    json!({
        "page": change.page.get(), "document": change.document.get(), "folio": change.folio,
        "received_as": change.received_as, "state": state, "fields": fields, "words": words,
    })
}

/// A column of `batch.csv`, as the register calls it.
fn register_name(name: &str, lang: Lang) -> &str {
    match (lang, name) {
        (Lang::En, name) => name,
        (Lang::Vi, "title") => "tiêu đề",
        (Lang::Vi, "unit") => "đơn vị",
        (Lang::Vi, "year") => "năm",
        (Lang::Vi, "retention") => "thời hạn lưu trữ",
        (Lang::Vi, "secrecy") => "độ mật",
        (Lang::Vi, "sheets") => "số tờ",
        (Lang::Vi, "pages") => "số trang",
        (Lang::Vi, "paper_location") => "nơi để bản giấy",
        (Lang::Vi, name) => name,
    }
}

fn page_name(name: &str, lang: Lang) -> &str {
    match (lang, name) {
        (Lang::En, name) => name,
        (Lang::Vi, "page") => "trang số",
        (Lang::Vi, "document") => "văn bản số",
        (Lang::Vi, "folio") => "bút lục",
        (Lang::Vi, "outcome") => "kết quả đọc",
        (Lang::Vi, name) => name,
    }
}
