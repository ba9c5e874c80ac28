//! `hoso search`

use super::{local_clearance, reading_room, told};
use crate::args::{GroupArg, Search};
use crate::say::{Exit, Failure, Speaker, bold};
use pipeline::{Asking, Damage, FacetEntry, FacetList, Hit, Outline, SearchHit, tier_name};
use serde_json::json;
use std::path::Path;

pub(crate) fn run(args: &Search, speaker: Speaker) -> Result<Exit, Failure> {
    let root = &args.archive.archive;
    if args.list_saved {
        return list_saved(root, speaker);
    }
    if let Some(name) = &args.forget {
        let is_gone = pipeline::forget_search(root, name).map_err(told(speaker))?;
        return if is_gone { Ok(Exit::Done) } else { Err(not_saved(name, speaker)) };
    }
    let query = match &args.saved {
        Some(name) => saved(root, name, speaker)?,
        None => args.query.join(" "),
    };
    if let Some(name) = &args.save
        && pipeline::save_search(root, name, &query).map_err(told(speaker))?.is_none()
    {
        return Err(no_name(speaker));
    }
    let asking = Asking {
        limit: args.limit,
        offset: args.offset,
        by_case: args.group == GroupArg::Case,
        facets: args.facets,
    };
    let room = reading_room(root, speaker)?;
    let answer = room.search_as(&local_clearance(), &query, asking).map_err(told(speaker))?;
    let understood = args.explain.then(|| answer.query.outline(speaker.lang));
    let clauses = understood.as_ref().map_or(0, Outline::wanted_clauses);
    if speaker.json {
        if let Some(outline) = &understood {
            speaker.line("understood", outline_json(outline));
        }
        for hit in &answer.hits {
            speaker.line("hit", hit_json(hit));
        }
        for list in &answer.facets {
            speaker.line("facet", facet_json(list, speaker));
        }
        let took_ms = answer.took.as_millis() as u64;
        let exit = tell_damage(&answer.damaged, speaker);
        speaker.line(
            "answer",
            json!({
                "query": query,
                "total": answer.total,
                "cases": answer.cases,
                "cut_off": answer.cut_off,
                "suggestion": answer.suggestion,
                "took_ms": took_ms,
            }),
        );
        return Ok(exit);
    }
    if let Some(outline) = &understood {
        print_outline(outline, 0, speaker);
    }
    for hit in &answer.hits {
        print(hit, speaker);
        if args.explain {
            speaker.data(format_args!("    {}", why(&hit.hit, clauses, speaker)));
        }
    }
    for list in &answer.facets {
        print_facet(list, speaker);
    }
    for beginning in &answer.cut_off {
        let said = speaker.pick(
            "có quá nhiều từ, chưa tìm hết; hãy gõ thêm chữ",
            "stands for too many words, not all were looked for; type more letters",
        );
        speaker.talk(format_args!("{beginning}: {said}"));
    }
    let ms = answer.took.as_millis();
    let of_cases = answer
        .cases
        .map(|cases| speaker.pick(format!(" trong {cases} hồ sơ"), format!(" in {cases} case files")));
    let of_cases = of_cases.unwrap_or_default();
    speaker.talk(match speaker.lang {
        record::Lang::Vi => format!("{} trang khớp{of_cases} ({ms} ms)", answer.total),
        record::Lang::En => format!("{} pages match{of_cases} ({ms} ms)", answer.total),
    });
    if let Some(suggestion) = &answer.suggestion {
        speaker
            .talk(speaker.pick(format!("Ý bạn là: {suggestion} ?"), format!("Did you mean: {suggestion} ?")));
    }
    Ok(tell_damage(&answer.damaged, speaker))
}

fn saved(root: &Path, name: &str, speaker: Speaker) -> Result<String, Failure> {
    let mut all = pipeline::saved_searches(root).map_err(told(speaker))?;
    all.remove(&*pipeline::nfc(name.trim())).ok_or_else(|| not_saved(name, speaker))
}

fn list_saved(root: &Path, speaker: Speaker) -> Result<Exit, Failure> {
    for (name, query) in pipeline::saved_searches(root).map_err(told(speaker))? {
        if speaker.json {
            speaker.line("saved-search", json!({"name": name, "query": query}));
        } else {
            speaker.data(format_args!("{name}\t{query}"));
        }
    }
    Ok(Exit::Done)
}

fn not_saved(name: &str, speaker: Speaker) -> Failure {
    Failure {
        exit: Exit::Failed,
        message: speaker.pick(
            format!("không có câu tìm nào lưu với tên “{name}”"),
            format!("no query is kept under the name “{name}”"),
        ),
        hint: Some(
            speaker
                .pick("xem các tên: hoso search --list-saved", "see the names: hoso search --list-saved")
                .to_owned(),
        ),
    }
}

fn no_name(speaker: Speaker) -> Failure {
    Failure {
        exit: Exit::Misused,
        message: speaker
            .pick(
                "tên để lưu phải có từ 1 đến 60 ký tự, không có ký tự điều khiển",
                "a name to keep a query under has 1 to 60 characters, none of them a control character",
            )
            .to_owned(),
        hint: None,
    }
}

/// Names what is not shown because it differs from its seal or cannot be read, and gives the code to end with.
pub(crate) fn tell_damage(damaged: &[Damage], speaker: Speaker) -> Exit {
    if damaged.is_empty() {
        return Exit::Done;
    }
    for damage in damaged {
        let why = damage.why(speaker.lang);
        if speaker.json {
            let case = damage.case.as_ref().map(|code| code.as_str());
            speaker.line(
                "damaged",
                json!({"name": damage.name, "case": case, "code": damage.code(), "reason": why}),
            );
        } else {
            let not_shown =
                speaker.pick("không hiển thị, sai lệch hoặc hỏng", "not shown, differs or damaged");
            speaker.talk(format_args!("✗ {}: {not_shown}: {why}", damage.name));
        }
    }
    if !speaker.json {
        let next = speaker.pick("xem mọi chỗ sai lệch: hoso verify", "see all that differs: hoso verify");
        speaker.talk(format_args!("  {}: {next}", speaker.pick("gợi ý", "hint")));
    }
    Exit::Broken
}

fn print(found: &SearchHit, speaker: Speaker) {
    let hit = &found.hit;
    let folio = match &hit.folio {
        Some(folio) => format!("BL {folio}"),
        None => speaker.pick("BL chưa rõ", "folio unknown").into(),
    };
    let mut about =
        vec![hit.case.to_string(), folio, format!("{} {}", speaker.pick("trang", "page"), hit.page)];
    about.extend(hit.doc_type.map(|t| speaker.pick(t.vietnamese(), t.english()).to_owned()));
    about.extend(hit.date.map(|d| d.to_string()));
    about.push(tier_name(hit.tier, speaker.lang).to_owned());
    if hit.of_case > 1 {
        about.push(speaker.pick(
            format!("{} trang của hồ sơ khớp", hit.of_case),
            format!("{} pages of the case file match", hit.of_case),
        ));
    }
    speaker.data(about.join(" · "));
    if found.is_withheld {
        speaker.data(format_args!("    ✗ {}", speaker.pick("không trích văn bản", "no text quoted")));
    }
    if let Some(snippet) = &found.snippet {
        let mut line = String::from("    ");
        let mut end = 0;
        for range in &snippet.marked {
            line += &snippet.text[end..range.start];
            line += &bold(&snippet.text[range.clone()]);
            end = range.end;
        }
        line += &snippet.text[end..];
        speaker.data(line);
    }
    if found.similar.total > 0 {
        let pages = found.similar.pages.iter();
        let named: Vec<String> = pages.map(|(case, page)| format!("{case}/{page}")).collect();
        let more = if found.similar.total > named.len() { "…" } else { "" };
        speaker.data(format_args!(
            "    ≈ {}: {}{more}",
            speaker.pick("gần giống", "nearly the same"),
            named.join(", ")
        ));
    }
}

fn print_facet(list: &FacetList, speaker: Speaker) {
    speaker.data(list.facet.title(speaker.lang));
    for entry in &list.entries {
        let label = entry.label(list.facet, speaker.lang);
        speaker.data(format_args!("{:indent$}{} {label}", "", entry.pages, indent = 2 * entry.depth + 2));
    }
}

fn facet_json(list: &FacetList, speaker: Speaker) -> serde_json::Value {
    let entry = |entry: &FacetEntry| {
        json!({
            "value": entry.value,
            "label": entry.label(list.facet, speaker.lang),
            "pages": entry.pages,
            "depth": entry.depth,
            "abolished": entry.is_abolished,
            "query": entry.query,
        })
    };
    json!({"facet": list.facet.code(), "entries": list.entries.iter().map(entry).collect::<Vec<_>>()})
}

fn print_outline(outline: &Outline, depth: usize, speaker: Speaker) {
    speaker.data(format_args!("{}{}", "  ".repeat(depth), outline.text));
    outline.parts.iter().for_each(|part| print_outline(part, depth + 1, speaker));
}

fn outline_json(outline: &Outline) -> serde_json::Value {
    let parts: Vec<_> = outline.parts.iter().map(outline_json).collect();
    json!({"kind": outline.kind, "text": outline.text, "parts": parts})
}

/// Why a hit stands where it does: ranks go by these, in this order, then by case code and page. `clauses` is how many phrases and
/// runs of words the question has.
fn why(hit: &Hit, clauses: usize, speaker: Speaker) -> String {
    let mut reasons = vec![tier_name(hit.tier, speaker.lang).to_owned()];
    let (here, in_all) = (hit.spread_here(), clauses > 1);
    match (hit.spread, hit.tier.is_together()) {
        (0, _) => {}
        (n, true) => reasons.push(speaker.pick(
            format!("có {n} từ khác xen giữa{}", if in_all { " (cộng cả các phần)" } else { "" }),
            format!("with {n} other words between{}", if in_all { " (all parts together)" } else { "" }),
        )),
        (_, false) if in_all => reasons.push(speaker.pick(
            format!("các đoạn ngắn nhất có đủ từ của từng phần dài tổng cộng {here} từ"),
            format!("the shortest stretches with the words of each part have {here} words together"),
        )),
        (_, false) => reasons.push(speaker.pick(
            format!("đoạn ngắn nhất có đủ các từ dài {here} từ"),
            format!("the shortest stretch with all the words is {here} words long"),
        )),
    }
    // Stamps stand apart from the body: a stretch may be longer than all words together.
    if here != hit.spread && here <= hit.length {
        let (n, length) = (hit.spread, hit.length);
        reasons.push(speaker.pick(
            format!("tính là {n}, vì cả trang chỉ có {length} từ"),
            format!("counted as {n}, for the page has but {length} words"),
        ));
    }
    if hit.in_header {
        reasons.push(
            speaker
                .pick("phần đầu văn bản có đủ các từ", "the document's header has all the words")
                .to_owned(),
        );
    }
    format!("{} {}", speaker.pick("xếp theo:", "ranked by:"), reasons.join("; "))
}

fn hit_json(found: &SearchHit) -> serde_json::Value {
    let hit = &found.hit;
    let boxes = found.lit.iter().map(|word| word.bbox).map(|b| [b.left, b.top, b.right, b.bottom]);
    let marked =
        |s: &pipeline::Snippet| s.marked.iter().map(|r| s.text[r.clone()].to_owned()).collect::<Vec<_>>();
    json!({
        "case": hit.case.as_str(),
        "title": found.title,
        "document": hit.document.get(),
        "page": hit.page.get(),
        "folio": hit.folio,
        "doc_type": hit.doc_type.map(|t| t.code()),
        "date": hit.date.map(|d| d.to_string()),
        "tier": hit.tier.code(),
        "spread": hit.spread,
        "in_header": hit.in_header,
        "words_on_page": hit.length,
        "snippet": found.snippet.as_ref().map(|s| &s.text),
        "marked": found.snippet.as_ref().map(marked),
        "boxes": boxes.collect::<Vec<_>>(),
        "confidences": found.lit.iter().map(|word| word.confidence).collect::<Vec<_>>(),
        "withheld": found.is_withheld,
        "of_case": hit.of_case,
        "similar": found.similar.pages.iter().map(|(case, page)| json!({"case": case.as_str(), "page": page.get()})).collect::<Vec<_>>(),
        "similar_total": found.similar.total,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline::Tier;
    use record::{CaseCode, DocumentNo, Lang, PageNo};

    fn said(tier: Tier, (spread, length): (u32, u32), in_header: bool, clauses: usize) -> [String; 2] {
        let hit = Hit {
            case: CaseCode::new("HS-1").unwrap(),
            document: DocumentNo::new(1).unwrap(),
            page: PageNo::new(1).unwrap(),
            folio: None,
            doc_type: None,
            date: None,
            tier,
            spread,
            in_header,
            length,
            fingerprint: None,
            of_case: 0,
            holds: Vec::new(),
        };
        [Lang::Vi, Lang::En].map(|lang| why(&hit, clauses, Speaker { lang, json: false }))
    }

    #[test]
    fn a_rank_is_explained_in_words_that_are_true() {
        let [vi, en] = said(Tier::ExactPhrase, (0, 300), false, 1);
        assert_eq!((vi.as_str(), en.as_str()), ("xếp theo: khớp chính xác", "ranked by: exact phrase"));
        let [vi, en] = said(Tier::ExactPhrase, (2, 300), true, 1);
        assert_eq!(vi, "xếp theo: khớp chính xác; có 2 từ khác xen giữa; phần đầu văn bản có đủ các từ");
        assert_eq!(
            en,
            "ranked by: exact phrase; with 2 other words between; the document's header has all the words"
        );
        let [vi, en] = said(Tier::ExactWords, (12, 300), false, 1);
        assert_eq!(vi, "xếp theo: đủ các từ; đoạn ngắn nhất có đủ các từ dài 12 từ");
        assert_eq!(en, "ranked by: all words; the shortest stretch with all the words is 12 words long");
        // Nine words on a page of ten.
        let [vi, en] = said(Tier::ExactWords, (45, 10), false, 1);
        assert!(vi.contains("dài 9 từ; tính là 45, vì cả trang chỉ có 10 từ"), "{vi}");
        assert!(en.contains("is 9 words long; counted as 45, for the page has but 10 words"), "{en}");
        let [vi, en] = said(Tier::FoldedWords, (21, 300), false, 2);
        assert!(vi.ends_with("các đoạn ngắn nhất có đủ từ của từng phần dài tổng cộng 21 từ"), "{vi}");
        assert!(en.ends_with("the shortest stretches with the words of each part have 21 words together"));
    }
}
