//! Two archives, one without the case files that a person may not see, both with one published lexicon: whatever that person asks of the
//! whole program, search, passages, related case files, lists, refusals, every byte that is answered is the same.

use crate::format::case_json::{self, CaseRecord};
use crate::rebuild::make_caches;
use crate::small_archive::{Ticking, archive, store_read};
use crate::{
    Anonymity, Asking, Citation, Damage, FacetEntry, Layout, LitWord, Outline, PipelineError, Query,
    ReadingRoom, SearchAnswer, SearchHit, catalog, publish_lexicon,
};
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use record::{
    Block, BlockKind, CaseCode, Clearance, DocType, Document, DocumentFields, DocumentNo, Field, FolioMark,
    FolioSource, Lang, Line, Page, PageNo, PageSize, PageText, PartialDate, Person, PxBox, Reading, Secrecy,
    Turn, UnitName, Word,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

const UNITS: [&str; 3] = ["KV7", "KV8", "Viện KSND tỉnh Hải Giang"];
const COMMON: &[&str] = &[
    "viện kiểm sát",
    "nhân dân",
    "bị can",
    "bị cáo",
    "tội",
    "tôi",
    "trộm cắp",
    "tài sản",
    "khởi tố",
    "vụ án",
    "ăn",
    "ấn",
    "Nguyễn Văn Hùng",
    "Trần Thị Lan",
    "ngày 12/5/1998",
    "Điều 173 Bộ luật Hình sự",
    "khoản 2 Điều 51 BLHS",
    "BL 45",
    "hồ sơ số HS-03",
    "CCCD 036085012345",
    "số 12/CT-VKS-P1",
    "t0i",
    "ký",
    "lý",
];
/// Stand in case files that may not be seen, and nowhere else.
const FORBIDDEN: &[&str] =
    &["khốc liệt", "khuỵu", "tuyệt mật", "trấm", "tr0m", "Quách Thị Bành", "Điều 110 BLHS", "13/CT-VKS-P1"];
/// Without marks, and misspelt.
const OTHERWISE: &[&str] = &[
    "vien kiem sat",
    "khoi to",
    "trom cap",
    "khoc liet",
    "khuyu",
    "bij can",
    "vuj án",
    "nhaan dân",
    "khoccs",
];
const QUESTIONS: &[&str] = &[
    "Ai là bị can trong vụ án trộm cắp?",
    "Viện kiểm sát khởi tố ngày nào?",
    "Quách Thị Bành ở đâu?",
    "ai, ở đâu?",
];

/// A case file before it is stored.
struct Case {
    record: CaseRecord,
    texts: Vec<PageText>,
}

fn page_text(words: &str) -> PageText {
    let mut lines: Vec<Line> = Vec::new();
    for (idx, word) in (0..).zip(words.split(' ')) {
        let (left, top) = (100 * (idx % 8), 50 * (idx / 8));
        let bbox = PxBox { left, top, right: left + 90, bottom: top + 40 };
        if idx % 8 == 0 {
            lines.push(Line { bbox, baseline: (bbox.bottom, bbox.bottom), words: Vec::new() });
        }
        let line = lines.last_mut().unwrap();
        line.bbox = line.bbox.union(&bbox);
        line.words.push(Word::new(word, bbox, 96));
    }
    let bbox = PxBox::around(lines.iter().map(|line| &line.bbox));
    let size = PageSize { width_px: 2480, height_px: 3508, dpi: 300 };
    PageText { size, turn: Turn::Upright, blocks: vec![Block { kind: BlockKind::Body, bbox, lines }] }
}

fn words(random: &mut ChaCha8Rng, is_forbidden: bool) -> String {
    let words = (0..random.random_range(3..40)).map(|_| {
        let from = if is_forbidden && random.random_bool(0.4) { FORBIDDEN } else { COMMON };
        *from.choose(random).unwrap()
    });
    words.collect::<Vec<_>>().join(" ")
}

fn accepted<T>(value: T) -> Field<T> {
    Field::Accepted(Reading { value, read: None, places: Vec::new(), confidence: 99, rule: "test".into() })
}

fn fields(random: &mut ChaCha8Rng, is_forbidden: bool) -> DocumentFields {
    let name = if is_forbidden { "Quách Thị Bành" } else { "Trần Thị Lan" };
    let names = ["Nguyễn Văn Hùng", "Nguyễn Văn Hưng", name];
    let person = |random: &mut ChaCha8Rng| {
        let name = accepted((*names.choose(random).unwrap()).to_owned());
        Person { role: None, name, born: None, id_number: None, address: None }
    };
    let issuer = UnitName { name: (*UNITS.choose(random).unwrap()).to_owned(), unit: None };
    DocumentFields {
        number: Some(accepted(random.random_range(11..15).to_string())),
        symbol: Some(accepted(
            (*["CT-VKS-P1", "2021/HS-ST", "2021/DS-PT"].choose(random).unwrap()).to_owned(),
        )),
        issuing_body: Some(accepted(issuer)),
        persons: (0..random.random_range(0..3)).map(|_| person(random)).collect(),
        ..DocumentFields::default()
    }
}

fn case(random: &mut ChaCha8Rng, no: usize, clearance: &Clearance, before: &[Case]) -> Case {
    let mut record = case_json::tests::sample();
    let header = &mut record.case.header;
    header.code = CaseCode::new(&format!("HS-{no:02}")).unwrap();
    header.title = format!("Vụ án {no}");
    header.unit = (*UNITS.choose(random).unwrap()).to_owned();
    header.secrecy = *[Secrecy::Thuong, Secrecy::Thuong, Secrecy::Mat].choose(random).unwrap();
    header.year = Some(random.random_range(1997..2001));
    let is_forbidden = !clearance.allows(&header.label());
    let (mut documents, mut texts) = (Vec::new(), Vec::new());
    for no in 1..=random.random_range(1..4) {
        let pages = (0..random.random_range(1..4)).map(|_| {
            // Now and then a page that was there before, in this case file or another.
            let known = before.choose(random).and_then(|case| case.texts.choose(random));
            let known = known.filter(|_| random.random_bool(0.15)).cloned();
            texts.push(known.unwrap_or_else(|| page_text(&words(random, is_forbidden))));
            let label = random.random_range(1..60).to_string();
            Page {
                no: PageNo::new(texts.len() as u32).unwrap(),
                master_idx: 0,
                page_idx: texts.len() as u32 - 1,
                folio: Some(FolioMark { label, source: FolioSource::Stamp, confidence: 91 }),
                outcome: "text".into(),
            }
        });
        let pages = pages.collect();
        documents.push(Document {
            no: DocumentNo::new(no).unwrap(),
            name: format!("{no}.pdf"),
            doc_type: DocType::ALL.choose(random).copied(),
            date: PartialDate::parse(&format!("{}-05", random.random_range(1997..2001))),
            fields: fields(random, is_forbidden),
            pages,
        });
    }
    record.case.header.pages = Some(texts.len() as u32);
    record.alto_paths =
        (1..=texts.len()).map(|no| format!("representations/rep1/data/{no:04}.xml")).collect();
    record.embedded_paths = vec![None; texts.len()];
    record.pdf_paths = vec![None; documents.len()];
    record.case.documents = documents;
    Case { record, texts }
}

fn room<'a>(root: &Path, cases: impl Iterator<Item = &'a Case>) -> Layout {
    archive(root);
    for case in cases {
        let record = case_json::read("test", &case_json::write(&case.record)).unwrap();
        store_read(root, record, case.texts.clone());
    }
    let layout = Layout { root: root.to_owned() };
    let units = "id,name,parent\ntinh,Viện KSND tỉnh Hải Giang,\nkv7,KV7,tinh\nkv8,KV8,tinh\n";
    durable::write_file(&layout.units(), units.as_bytes()).unwrap();
    assert!(make_caches(&layout).unwrap().is_empty());
    layout
}

fn question(random: &mut ChaCha8Rng) -> String {
    let word = |random: &mut ChaCha8Rng| {
        let from = *[FORBIDDEN, COMMON, COMMON, OTHERWISE].choose(random).unwrap();
        (*from.choose(random).unwrap()).to_owned()
    };
    let part = |random: &mut ChaCha8Rng| {
        let one = word(random);
        match random.random_range(0..10) {
            0..3 => one,
            3 | 4 => format!("\"{one}\""),
            5 => format!("~\"{one}\""),
            6 => format!("({one} HOẶC {})", word(random)),
            7 => (*["kh*", "tr*", "khu*", "=tô*"].choose(random).unwrap()).to_owned(),
            8 => {
                let filters = [
                    "nguoi:Quách",
                    "nguoi:\"Nguyễn Văn Hùng\"",
                    "dieu:110",
                    "dieu:173",
                    "so:13",
                    "ngay:1998",
                    "bl:1-30",
                    "nam:1999",
                    "do-mat:mat",
                    "giu:KV8",
                    "don-vi:tinh",
                    "loai-an:dan-su",
                    "ho-so:HS-03",
                    "bl-dan:45",
                    "ho-so-dan:HS-03",
                    "cccd:036085012345",
                ];
                (*filters.choose(random).unwrap()).to_owned()
            }
            _ => (*["-tội", "\"mở", "la:x", "ngay:99", "*x"].choose(random).unwrap()).to_owned(),
        }
    };
    let parts: Vec<String> = (0..random.random_range(1..4)).map(|_| part(random)).collect();
    parts.join([" ", " VÀ ", " HOẶC "].choose(random).unwrap())
}

/// An archive as one person asks it; answers are lines of JSON with what `--json` gives.
struct Asked<'a> {
    room: ReadingRoom,
    layout: Layout,
    clearance: &'a Clearance,
}

impl Asked<'_> {
    fn search(&self, typed: &str, asking: Asking) -> Vec<Value> {
        let answer = match self.room.search_as(self.clearance, typed, asking) {
            Ok(answer) => answer,
            Err(error) => return vec![failure(&error)],
        };
        let mut lines =
            vec![outline(&answer.query.outline(Lang::Vi)), outline(&answer.query.outline(Lang::En))];
        lines.extend(answer.hits.iter().map(hit));
        let entry = |entry: &FacetEntry, facet| {
            let labels = [Lang::Vi, Lang::En].map(|lang| entry.label(facet, lang));
            json!({"value": entry.value, "label": labels, "pages": entry.pages, "depth": entry.depth,
                "abolished": entry.is_abolished, "query": entry.query})
        };
        lines.extend(answer.facets.iter().map(|list| {
            let entries: Vec<Value> = list.entries.iter().map(|one| entry(one, list.facet)).collect();
            json!({"facet": list.facet.code(), "entries": entries})
        }));
        lines.extend(answer.damaged.iter().map(damage));
        // How long it took is no part of it. What an answer gets one day besides is to be compared, too.
        let SearchAnswer {
            total,
            hits: _,
            query: _,
            cases,
            facets: _,
            cut_off,
            suggestion,
            damaged: _,
            took: _,
        } = answer;
        lines.push(json!({"query": typed, "total": total, "cases": cases, "cut_off": cut_off, "suggestion": suggestion}));
        lines
    }

    fn ask(&self, question: &str) -> Vec<Value> {
        match self.room.ask(self.clearance, question, 5) {
            Err(error) => vec![failure(&error)],
            Ok(found) => {
                let mut lines: Vec<Value> = found.citations.iter().map(citation).collect();
                for citation in &found.citations {
                    let standing = self.room.check_citation(self.clearance, citation).unwrap();
                    lines.push(json!({"standing": standing.code()}));
                }
                lines.extend(found.damaged.iter().map(damage));
                lines.push(json!({"words": found.words}));
                lines
            }
        }
    }

    /// A case file: what there is of it, of one of its pages, and which others are related to it.
    fn case(&self, code: &CaseCode) -> Vec<Value> {
        let (room, clearance) = (&self.room, self.clearance);
        let opened = match room.open_case(clearance, code) {
            Ok(opened) => opened,
            Err(error) => {
                let related = room.related(clearance, code).expect_err("it is not there");
                return vec![failure(&error), failure(&related)];
            }
        };
        let view = opened.view();
        let query = Query::parse("tội").unwrap();
        let page = opened.page(PageNo::new(1).unwrap(), Some(&query)).unwrap();
        let related = room.related(clearance, code).unwrap();
        let related = related.iter().map(|other| {
            json!({"case": other.case.as_str(), "persons": other.persons, "numbers": other.numbers,
                "similar_pages": other.similar_pages})
        });
        let shown = json!({"case": code.as_str(), "title": view.case.header.title, "pages": view.pages,
            "lit": lit(&page.lit), "text": page.text.unwrap().map(|text| text.body())});
        std::iter::once(shown).chain(related).collect()
    }

    fn lists(&self) -> Vec<Value> {
        let sheet = self.room.cases(self.clearance, usize::MAX, 0).unwrap();
        let first = self.room.cases(self.clearance, 3, 1).unwrap();
        let codes = |views: &[crate::CaseView]| -> Vec<String> {
            views.iter().map(|view| view.case.header.code.to_string()).collect()
        };
        let mut lines = vec![
            json!({"total": sheet.total, "cases": codes(&sheet.cases), "damaged": sheet.damaged.len()}),
            json!({"total": first.total, "cases": codes(&first.cases)}),
        ];
        let tell = |entry: crate::CatalogEntry| {
            lines.push(json!({"case": entry.code.as_str(), "title": entry.title, "unit": entry.unit,
                "documents": entry.documents, "pages": entry.pages, "version": entry.version}));
        };
        catalog(&self.layout.root, self.clearance, tell).unwrap();
        lines
    }
}

fn failure(error: &PipelineError) -> Value {
    json!({"message": error.to_string()})
}

fn damage(damage: &Damage) -> Value {
    json!({"name": damage.name, "code": damage.code(), "reason": damage.why(Lang::Vi)})
}

fn outline(of: &Outline) -> Value {
    let parts: Vec<Value> = of.parts.iter().map(outline).collect();
    json!({"kind": of.kind, "text": of.text, "parts": parts})
}

fn lit(words: &[LitWord]) -> Vec<[u32; 5]> {
    words
        .iter()
        .map(|LitWord { bbox, confidence }| {
            [bbox.left, bbox.top, bbox.right, bbox.bottom, u32::from(*confidence)]
        })
        .collect()
}

fn hit(found: &SearchHit) -> Value {
    let hit = &found.hit;
    let marked = found
        .snippet
        .as_ref()
        .map(|s| s.marked.iter().map(|range| &s.text[range.clone()]).collect::<Vec<_>>());
    let similar: Vec<String> =
        found.similar.pages.iter().map(|(case, page)| format!("{case}/{page}")).collect();
    json!({
        "case": hit.case.as_str(), "title": found.title, "document": hit.document.get(), "page": hit.page.get(),
        "folio": hit.folio, "doc_type": hit.doc_type.map(|of| of.code()), "date": hit.date.map(|d| d.to_string()),
        "tier": hit.tier.code(), "spread": hit.spread, "in_header": hit.in_header, "words_on_page": hit.length,
        "snippet": found.snippet.as_ref().map(|s| &s.text), "marked": marked, "lit": lit(&found.lit),
        "withheld": found.is_withheld, "of_case": hit.of_case, "similar": similar,
        "similar_total": found.similar.total,
        // Whatever else is added to a hit one day.
        "all": format!("{found:?}"),
    })
}

fn citation(of: &Citation) -> Value {
    let places: Vec<_> = of.boxes.iter().map(|b| [b.left, b.top, b.right, b.bottom]).collect();
    json!({"case": of.case.as_str(), "version": of.version, "page": of.page.get(), "folio": of.folio,
        "sha256": of.sha256.to_string(), "words": of.words, "text": of.text, "boxes": places})
}

/// What there was to be seen in the answers.
#[derive(Debug, Default)]
struct Seen {
    found: usize,
    hidden: usize,
    refused: usize,
    similar: usize,
    restored: usize,
    passages: usize,
    related: usize,
    suggested: BTreeSet<String>,
}

/// Asks two archives, one without what this person may not see.
fn ask_both(random: &mut ChaCha8Rng, clearance: &Clearance, asked: usize) -> Seen {
    let mut cases: Vec<Case> = Vec::new();
    for no in 0..24 {
        let next = case(random, no, clearance, &cases);
        cases.push(next);
    }
    let is_visible = |case: &&Case| clearance.allows(&case.record.case.header.label());
    let (whole, visible) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let layouts = [room(whole.path(), cases.iter()), room(visible.path(), cases.iter().filter(is_visible))];
    // Published from all that there is.
    let limits = Anonymity { least_units: 2, least_cases: 3 };
    let lexicon = publish_lexicon(whole.path(), limits, &Ticking::now(), |_, _| {}).unwrap();
    let copy = layouts[1].index().join(lexicon.path.file_name().unwrap());
    durable::put_new(&copy, &mut std::fs::File::open(&lexicon.path).unwrap()).unwrap();
    let rooms = layouts.map(|layout| {
        let room = ReadingRoom::open(&layout.root, Box::new(Ticking::now())).unwrap();
        Asked { room, layout, clearance }
    });
    let both = |ask: &dyn Fn(&Asked<'_>) -> Vec<Value>, what: &str| -> Vec<Value> {
        let answers = rooms.each_ref().map(ask);
        let bytes =
            answers.each_ref().map(|lines| lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"));
        assert_eq!(bytes[0], bytes[1], "{what}");
        let [whole, _] = answers;
        whole
    };
    let mut seen = Seen::default();
    for no in 0..asked {
        let typed = question(random);
        let (limit, offset) = *[(10, 0), (3, 2), (1000, 0), (0, 0)].choose(random).unwrap();
        let asking =
            Asking { limit, offset, by_case: random.random_bool(0.3), facets: random.random_bool(0.7) };
        let lines = both(&|asked| asked.search(&typed, asking), &typed);
        let last = &lines[lines.len() - 1];
        match last["total"].as_u64() {
            None => seen.refused += 1,
            Some(own) => {
                let everything = Clearance::whole_archive(Secrecy::TuyetMat);
                let all = rooms[0].room.search_as(&everything, &typed, Asking::default()).unwrap().total;
                seen.found += usize::from(own > 0);
                seen.hidden += usize::from(all as u64 > own);
            }
        }
        seen.similar += usize::from(lines.iter().any(|line| line["similar_total"].as_u64() > Some(0)));
        let is_restored =
            |line: &Value| line["tier"].as_str().is_some_and(|tier| tier.starts_with("restored"));
        seen.restored += usize::from(lines.iter().any(is_restored));
        seen.suggested.extend(last["suggestion"].as_str().map(str::to_owned));
        let asked = if no % 4 == 0 { (*QUESTIONS.choose(random).unwrap()).to_owned() } else { typed };
        let passages = both(&|room| room.ask(&asked), &asked);
        seen.passages += usize::from(passages.iter().any(|line| line["standing"] == "stands"));
    }
    for code in (0..=cases.len()).map(|no| CaseCode::new(&format!("HS-{no:02}")).unwrap()) {
        seen.related += both(&|asked| asked.case(&code), code.as_str()).len().saturating_sub(1);
    }
    both(&|asked| asked.lists(), "lists");
    println!("{asked} questions: {seen:?}");
    seen
}

#[test]
fn case_files_that_may_not_be_seen_change_no_byte_of_any_answer() {
    let mut random = ChaCha8Rng::seed_from_u64(31);
    let of_units = Clearance::for_units(Secrecy::Thuong, vec!["KV7".into(), UNITS[2].into()]);
    let seen = ask_both(&mut random, &of_units, 200);
    assert!(seen.found > 60 && seen.hidden > 60 && seen.refused > 10 && seen.similar > 10, "{seen:?}");
    assert!(seen.restored > 10 && seen.passages > 60 && seen.related > 10, "{seen:?}");
    assert!(seen.suggested.len() > 1, "{seen:?}");
}

#[test]
fn nor_do_those_that_are_too_secret_or_of_all_other_units() {
    let mut random = ChaCha8Rng::seed_from_u64(32);
    for clearance in
        [Clearance::whole_archive(Secrecy::Thuong), Clearance::for_units(Secrecy::Mat, vec!["KV8".into()])]
    {
        let seen = ask_both(&mut random, &clearance, 60);
        assert!(seen.found > 15 && seen.hidden > 15 && seen.passages > 15 && seen.related > 0, "{seen:?}");
    }
}
