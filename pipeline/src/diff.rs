//! What differs between two versions of a case file. Pages are the same where they are the same page of the same master, wherever
//! they stand and whatever their file is called.

use crate::PipelineError;
use crate::opened_case::{CaseView, OpenedCase};
use record::{CaseHeader, DocumentNo, Page, PageNo, PageText, Sha256};
use std::collections::{HashMap, HashSet};
use vitext::align::{Step, steps};

/// What differs.
#[derive(Debug, Default)]
pub struct CaseDiff {
    /// Columns of the register.
    pub register: Vec<FieldChange>,
    /// Pages that were added, taken away or changed, in the order of the later version; what was taken away stands last.
    pub pages: Vec<PageChange>,
    /// Pages that are the same in both in every respect.
    pub same_pages: usize,
}

/// A value that differs; empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// What it is called: a column of `batch.csv`; for a page `document`, `folio`, `outcome`, and `page` where it moved among the others.
    pub name: &'static str,
    /// In the earlier version.
    pub before: String,
    /// In the later version.
    pub after: String,
}

/// A page that differs.
#[derive(Debug)]
pub struct PageChange {
    /// Its number in the later version; in the earlier one where it was taken away.
    pub page: PageNo,
    /// Its document, likewise.
    pub document: DocumentNo,
    /// Its bút lục, likewise.
    pub folio: Option<String>,
    /// The file it came in, likewise.
    pub received_as: String,
    /// How it differs.
    pub state: PageState,
}

/// How a page differs.
#[derive(Debug)]
pub enum PageState {
    /// Only in the later version.
    Added,
    /// Only in the earlier version.
    Removed,
    /// In both.
    Changed {
        /// Where it stands and what is known of it.
        fields: Vec<FieldChange>,
        /// Runs of words that were replaced, added (`before` is empty) or taken out (`after` is empty).
        words: Vec<(String, String)>,
    },
}

impl CaseDiff {
    /// Nothing differs.
    pub fn is_empty(&self) -> bool {
        self.register.is_empty() && self.pages.is_empty()
    }
}

/// Compares two versions of a case file. Texts are compared with their seals on the way; reads every text of both.
pub fn diff(earlier: &OpenedCase<'_>, later: &OpenedCase<'_>) -> Result<CaseDiff, PipelineError> {
    let (old, new) = (earlier.view(), later.view());
    let mut left = by_content(old);
    let mut differences =
        CaseDiff { register: register(&old.case.header, &new.case.header), ..CaseDiff::default() };
    let twins: Vec<Option<(DocumentNo, &Page)>> = new
        .case
        .pages()
        .map(|(_, page)| left.get_mut(&content(new, page)).filter(|t| !t.is_empty()).map(|t| t.remove(0)))
        .collect();
    let moved = moved(&twins.iter().flatten().map(|(_, page)| page.no).collect::<Vec<_>>());
    for ((document, page), twin) in new.case.pages().zip(twins) {
        let change = |state| page_change(new, document.no, page, state);
        let Some((old_document, old_page)) = twin else {
            differences.pages.push(change(PageState::Added));
            continue;
        };
        let mut fields = page_fields((old_document, old_page), (document.no, page));
        fields.retain(|field| field.name != "page" || moved.contains(&old_page.no));
        let words = words(earlier.text_of(old_page.no)?.as_ref(), later.text_of(page.no)?.as_ref());
        match fields.is_empty() && words.is_empty() {
            true => differences.same_pages += 1,
            false => differences.pages.push(change(PageState::Changed { fields, words })),
        }
    }
    let mut removed: Vec<(DocumentNo, &Page)> = left.into_values().flatten().collect();
    removed.sort_by_key(|(_, page)| page.no);
    let removed =
        removed.into_iter().map(|(document, page)| page_change(old, document, page, PageState::Removed));
    differences.pages.extend(removed);
    Ok(differences)
}

/// Which page of which bytes.
fn content(view: &CaseView, page: &Page) -> (Sha256, u32) {
    (view.case.masters[page.master_idx].sha256, page.page_idx)
}

fn by_content(view: &CaseView) -> HashMap<(Sha256, u32), Vec<(DocumentNo, &Page)>> {
    let mut pages: HashMap<_, Vec<_>> = HashMap::new();
    for (document, page) in view.case.pages() {
        pages.entry(content(view, page)).or_default().push((document.no, page));
    }
    pages
}

fn page_change(view: &CaseView, document: DocumentNo, page: &Page, state: PageState) -> PageChange {
    PageChange {
        page: page.no,
        document,
        folio: page.folio.as_ref().map(|folio| folio.label.clone()),
        received_as: view.case.masters[page.master_idx].received_as.clone(),
        state,
    }
}

/// Pages of the earlier version that stand among other pages now; `order`: its pages in the later one's order. What only makes
/// room for an added page has not moved.
fn moved(order: &[PageNo]) -> HashSet<PageNo> {
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    let mut kept = order.iter();
    let steps = steps(&sorted, order).into_iter().filter(|step| *step != Step::Delete);
    steps.filter_map(|step| kept.next().filter(|_| step != Step::Match).copied()).collect()
}

/// Only what differs.
fn changes<const N: usize>(fields: [(&'static str, String, String); N]) -> Vec<FieldChange> {
    let differing = fields.into_iter().filter(|(_, before, after)| before != after);
    differing.map(|(name, before, after)| FieldChange { name, before, after }).collect()
}

fn register(old: &CaseHeader, new: &CaseHeader) -> Vec<FieldChange> {
    let number = |n: Option<u32>| n.map_or_else(String::new, |n| n.to_string());
    changes([
        ("title", old.title.clone(), new.title.clone()),
        ("unit", old.unit.clone(), new.unit.clone()),
        (
            "year",
            old.year.map_or_else(String::new, |y| y.to_string()),
            new.year.map_or_else(String::new, |y| y.to_string()),
        ),
        ("retention", old.retention.clone(), new.retention.clone()),
        ("secrecy", old.secrecy.code().into(), new.secrecy.code().into()),
        ("sheets", number(old.sheets), number(new.sheets)),
        ("pages", number(old.pages), number(new.pages)),
        ("paper_location", old.paper_location.clone(), new.paper_location.clone()),
    ])
}

fn page_fields(old: (DocumentNo, &Page), new: (DocumentNo, &Page)) -> Vec<FieldChange> {
    let folio = |page: &Page| page.folio.as_ref().map_or_else(String::new, |folio| folio.label.clone());
    changes([
        ("page", old.1.no.to_string(), new.1.no.to_string()),
        ("document", old.0.to_string(), new.0.to_string()),
        ("folio", folio(old.1), folio(new.1)),
        ("outcome", old.1.outcome.clone(), new.1.outcome.clone()),
    ])
}

/// Runs of words that differ.
fn words(old: Option<&PageText>, new: Option<&PageText>) -> Vec<(String, String)> {
    let of = |text: Option<&PageText>| -> Vec<String> {
        text.into_iter().flat_map(|text| text.words().map(|word| word.text.clone())).collect()
    };
    let (old, new) = (of(old), of(new));
    let (mut before, mut after) = (old.iter(), new.iter());
    let mut runs: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    let mut is_open = false;
    for step in steps(&old, &new) {
        if step != Step::Match && !is_open {
            runs.push((Vec::new(), Vec::new()));
        }
        is_open = step != Step::Match;
        let taken = (step != Step::Insert).then(|| before.next()).flatten();
        let given = (step != Step::Delete).then(|| after.next()).flatten();
        if let Some((out, into)) = runs.last_mut().filter(|_| is_open) {
            out.extend(taken.map(String::as_str));
            into.extend(given.map(String::as_str));
        }
    }
    runs.into_iter().map(|(out, into)| (out.join(" "), into.join(" "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{Block, BlockKind, Line, PageSize, PxBox, Turn, Word};

    fn text(words: &str) -> PageText {
        let bbox = PxBox { left: 0, top: 0, right: 9, bottom: 9 };
        let words = words.split(' ').map(|word| Word::new(word, bbox, 90)).collect();
        let lines = vec![Line { bbox, baseline: (9, 9), words }];
        PageText {
            size: PageSize { width_px: 9, height_px: 9, dpi: 300 },
            turn: Turn::Upright,
            blocks: vec![Block { kind: BlockKind::Body, bbox, lines }],
        }
    }

    #[test]
    fn what_makes_room_has_not_moved() {
        let pages =
            |numbers: &[u32]| -> Vec<PageNo> { numbers.iter().map(|no| PageNo::new(*no).unwrap()).collect() };
        assert!(moved(&pages(&[1, 2, 5, 9])).is_empty());
        assert_eq!(moved(&pages(&[1, 4, 2, 3, 5])), pages(&[4]).into_iter().collect());
        assert!(moved(&[]).is_empty());
    }

    #[test]
    fn runs_of_words_are_told() {
        let old = text("bị can Nguyễn Văn Ấn phạm tội trộm");
        let new = text("bị cáo Nguyễn Văn Án đã phạm tội");
        let run = |before: &str, after: &str| (before.to_owned(), after.to_owned());
        let expected = [run("can", "cáo"), run("Ấn", "Án đã"), run("trộm", "")];
        assert_eq!(words(Some(&old), Some(&new)), expected);
        assert_eq!(words(None, Some(&text("có chữ"))), [run("", "có chữ")]);
        assert!(words(Some(&old), Some(&old)).is_empty());
    }
}
