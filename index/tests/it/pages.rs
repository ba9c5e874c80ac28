//! Pages for tests: each word has a box of its own, so that what is lit can be told from the box.

use index::{Hit, IndexCase, IndexPage, Indexer, Query, Results, Searcher};
use record::{
    AccessLabel, Alternative, AlternativeSource, Block, BlockKind, CaseCode, Clearance, DocumentNo, Line,
    Mark, PageNo, PageSize, PageText, PxBox, Secrecy, Word,
};

/// Lines of a body; a line that starts with `#` is a mark (stamp) of its own. `read|other|third` is a word with other readings.
pub(crate) fn page_text(text: &str) -> PageText {
    let mut blocks: Vec<Block> = Vec::new();
    for (row, line) in text.lines().enumerate() {
        let (kind, line) = match line.strip_prefix('#') {
            Some(mark) => (BlockKind::Mark(Mark::default()), mark),
            None => (BlockKind::Body, line),
        };
        let words = line.split_whitespace().enumerate();
        let words: Vec<Word> = words.map(|(column, word)| word_at(word, row, column)).collect();
        let bbox = PxBox::around(words.iter().map(|w| &w.bbox));
        let line = Line { bbox, baseline: (bbox.bottom, bbox.bottom), words };
        match blocks.last_mut() {
            Some(block) if kind == BlockKind::Body && block.kind == kind => {
                block.bbox = block.bbox.union(&bbox);
                block.lines.push(line);
            }
            _ => blocks.push(Block { kind, bbox, lines: vec![line] }),
        }
    }
    PageText {
        size: PageSize { width_px: 2480, height_px: 3508, dpi: 300 },
        turn: record::Turn::Upright,
        blocks,
    }
}

fn word_at(text: &str, row: usize, column: usize) -> Word {
    let (left, top) = (100 * column as u32, 50 * row as u32);
    let mut readings = text.split('|');
    let read = readings.next().unwrap_or_default();
    let mut word = Word::new(read, PxBox { left, top, right: left + 90, bottom: top + 40 }, 96);
    word.alternatives = readings
        .map(|text| Alternative { text: text.into(), score: 30, source: AlternativeSource::Recogniser })
        .collect();
    word
}

pub(crate) fn code(code: &str) -> CaseCode {
    CaseCode::new(code).unwrap()
}

pub(crate) fn case(name: &str) -> IndexCase {
    labelled(name, Secrecy::Thuong, "KV7")
}

pub(crate) fn labelled(name: &str, secrecy: Secrecy, unit: &str) -> IndexCase {
    IndexCase {
        code: code(name),
        label: AccessLabel { secrecy, unit: unit.to_owned() },
        year: None,
        kind: None,
    }
}

pub(crate) fn page(no: u32, text: &str) -> IndexPage {
    IndexPage {
        document: DocumentNo::new(1).unwrap(),
        page: PageNo::new(no).unwrap(),
        folio: None,
        doc_type: None,
        date: None,
        number: None,
        units: Vec::new(),
        persons: Vec::new(),
        text: Some(page_text(text)),
    }
}

pub(crate) fn all() -> Clearance {
    Clearance::whole_archive(Secrecy::TuyetMat)
}

/// An index of one case `HS-1`, pages from 1, each a document of its own: nothing runs over from one into the next.
pub(crate) fn index_of(dir: &std::path::Path, texts: &[&str]) -> Searcher {
    let mut indexer = Indexer::open_or_create(dir).unwrap();
    let pages = (1..)
        .zip(texts)
        .map(|(no, text)| IndexPage { document: DocumentNo::new(no).unwrap(), ..page(no, text) });
    indexer.put_case(&case("HS-1"), pages).unwrap();
    indexer.commit().unwrap();
    indexer.searcher().unwrap()
}

pub(crate) fn find(searcher: &Searcher, query: &str) -> Results {
    searcher.search(&all(), &Query::parse(query).unwrap(), 100, 0).unwrap()
}

/// Page and tier of the hits, in order.
pub(crate) fn ranked(searcher: &Searcher, query: &str) -> Vec<(u32, &'static str)> {
    let results = find(searcher, query);
    assert_eq!(results.total, results.hits.len());
    results.hits.iter().map(|h: &Hit| (h.page.get(), h.tier.code())).collect()
}
