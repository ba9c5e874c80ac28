//! The same searches in the archive and in what was rebuilt.

use super::report::SearchesJson;
use crate::config::Layout;
use crate::{PipelineError, ReadingRoom};
use record::{CaseCode, Clearance};
use std::collections::BTreeSet;

/// Words of a query made from a case file.
const WORDS: usize = 6;
/// Pages compared of one answer.
const PAGES: usize = 100_000;

/// Asks every query of every case file, restricted to it, in both rooms. Compared are the pages found, how well each
/// matches, and what is shown of it.
pub(super) fn compare(
    live: &ReadingRoom,
    rebuilt: &ReadingRoom,
    layout: &Layout,
    codes: &[CaseCode],
    clearance: &Clearance,
) -> Result<SearchesJson, PipelineError> {
    // Ranks go by it, and it is no part of what a copy has to hold.
    rebuilt.use_lexicon_of(live);
    let stored = stored_queries(layout)?;
    let mut searches = SearchesJson {
        source: if stored.is_some() { "drill-queries.txt" } else { "sample" }.to_owned(),
        ..SearchesJson::default()
    };
    let (mut asked, mut unusable) = (BTreeSet::new(), BTreeSet::new());
    for code in codes {
        let queries = match &stored {
            Some(queries) => queries.clone(),
            None => queries_from(rebuilt, code, clearance)?,
        };
        for query in queries {
            let restricted = format!("ho-so:\"{code}\" {query}");
            asked.insert(query.clone());
            match (answer(live, clearance, &restricted), answer(rebuilt, clearance, &restricted)) {
                (Ok(here), Ok(there)) => {
                    searches.runs += 1;
                    searches.hits += here.len() as u64;
                    if here != there {
                        searches.differ.push(restricted);
                    }
                }
                (Err(PipelineError::Query(_)), Err(PipelineError::Query(_))) => {
                    unusable.insert(query);
                }
                (Err(error), _) | (_, Err(error)) => return Err(error),
            }
        }
    }
    searches.queries = asked.len() as u64;
    searches.unusable = unusable.into_iter().collect();
    Ok(searches)
}

/// Page, how well it matches, what is shown of it; what is damaged is part of the answer.
fn answer(
    room: &ReadingRoom,
    clearance: &Clearance,
    query: &str,
) -> Result<BTreeSet<(u32, String, bool)>, PipelineError> {
    let found = room.search(clearance, query, PAGES, 0)?;
    let shown = |hit: &crate::SearchHit| {
        let snippet = hit.snippet.as_ref().map(|snippet| format!("{snippet:?}")).unwrap_or_default();
        (hit.hit.page.get(), format!("{:?} {snippet}", hit.hit.tier), hit.is_withheld)
    };
    Ok(found.hits.iter().map(shown).collect())
}

/// The lines of the archive's own list; those that are empty or begin with `#` are none.
fn stored_queries(layout: &Layout) -> Result<Option<Vec<String>>, PipelineError> {
    let path = layout.drill_queries();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(PipelineError::io(path)(e)),
    };
    let lines = text.lines().map(|line| crate::nfc(line.trim()).into_owned());
    Ok(Some(lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()))
}

/// Where the archive has no list: all pages of the case file, its title, and the first words of the first page that has any,
/// as they stand there.
fn queries_from(
    room: &ReadingRoom,
    code: &CaseCode,
    clearance: &Clearance,
) -> Result<Vec<String>, PipelineError> {
    let mut queries = vec![String::new()];
    let case = match room.open_case(clearance, code) {
        Ok(case) => case,
        // Not for these eyes, or damaged: that it is damaged was found before.
        Err(_) => return Ok(queries),
    };
    queries.extend(words(&case.view().case.header.title));
    for (_, page) in case.view().case.pages() {
        if let Ok(Some(text)) = case.text_of(page.no)
            && let Some(words) = words(&text.body())
        {
            queries.push(format!("\"{words}\""));
            break;
        }
    }
    Ok(queries)
}

/// The first words, without what means something in a query.
fn words(text: &str) -> Option<String> {
    let words =
        text.split_whitespace().take_while(|word| word.chars().all(char::is_alphanumeric)).take(WORDS);
    let words: Vec<&str> = words.collect();
    (!words.is_empty()).then(|| words.join(" "))
}
