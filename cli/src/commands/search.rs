//! `hoso search`

use super::{local_clearance, reading_room, told};
use crate::args::{GroupArg, Search};
use crate::say::{Exit, Failure, Speaker, bold};
use pipeline::{Asking, Damage, FacetEntry, FacetList, Outline, SearchHit, UnusedSign, tier_name, why_here};
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
                "unused_signs": unused_json(answer.query.unused_signs(), speaker),
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
            speaker.data(format_args!("    {}", why_here(&hit.hit, clauses, speaker.lang)));
        }
    }
    for list in &answer.facets {
        print_facet(list, speaker);
    }
    for sign in answer.query.unused_signs() {
        speaker.talk(sign.said(speaker.lang));
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
    json!({"kind": outline.kind, "text": outline.text, "typed": outline.typed, "parts": parts})
}

fn unused_json(signs: &[UnusedSign], speaker: Speaker) -> Vec<serde_json::Value> {
    let sign =
        |sign: &UnusedSign| json!({"signs": sign.signs, "at": sign.at, "text": sign.said(speaker.lang)});
    signs.iter().map(sign).collect()
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
