//! `hoso case show|list|related|diff|review|hold|release|export`

use super::search::tell_damage;
use super::{case_code, copies, diff, fields, local_clearance, reading_room, stated, told};
use crate::args::{Case, CaseExport, ListProfileArg, ProfileArg};
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{CaseLists, ListFormat};
use pipeline::{
    CaseStates, CaseView, CatalogEntry, Container, Export, HandedOn, OpenedCase, PackageType, Profile,
    ReadingRoom, RelatedCase, VersionMeta, Weight,
};
use record::{CheckedSignature, FindingKind, Lang};
use serde_json::json;
use std::path::Path;

pub(crate) fn run(args: &Case, speaker: Speaker) -> Result<Exit, Failure> {
    match args {
        Case::Show { code: None, archive, .. } => {
            let room = reading_room(&archive.archive, speaker)?;
            let sheet = room.cases(&local_clearance(), usize::MAX, 0).map_err(told(speaker))?;
            let states = states(&archive.archive, speaker)?;
            for view in &sheet.cases {
                list_line(view, &states, speaker);
            }
            let exit = tell_damage(&sheet.damaged, speaker);
            Ok(tell_faults(&states, exit, speaker))
        }
        Case::Show { code: Some(code), version, archive } => {
            let room = reading_room(&archive.archive, speaker)?;
            let case = room.open_cover(&local_clearance(), &case_code(code)?, *version);
            let case = case.map_err(told(speaker))?;
            case.check_record().map_err(told(speaker))?;
            let states = states(&archive.archive, speaker)?;
            list_line(case.view(), &states, speaker);
            let mut heaviest = case.weight().map_err(told(speaker))?;
            for part in case.parts() {
                let (view, weight) = part.map_err(told(speaker))?;
                documents(&view, speaker);
                heaviest = heaviest.max(weight);
            }
            versions(&case, speaker);
            tell_weight(heaviest, speaker);
            Ok(tell_faults(&states, Exit::Done, speaker))
        }
        Case::List { profile: Some(ListProfileArg::Tt02), out: Some(out), archive } => {
            lists(&archive.archive, out, speaker)
        }
        Case::List { archive, .. } => {
            let states = states(&archive.archive, speaker)?;
            let tell = |entry| catalog_line(&entry, &states, speaker);
            pipeline::catalog(&archive.archive, &local_clearance(), tell).map_err(told(speaker))?;
            Ok(tell_faults(&states, Exit::Done, speaker))
        }
        Case::Related { code, archive } => {
            let room = reading_room(&archive.archive, speaker)?;
            let related = room.related(&local_clearance(), &case_code(code)?).map_err(told(speaker))?;
            related.iter().for_each(|case| related_line(case, speaker));
            if related.is_empty() && !speaker.json {
                speaker.talk(speaker.pick("không có hồ sơ liên quan", "no related case file"));
            }
            Ok(Exit::Done)
        }
        Case::Diff { code, earlier, later, archive } => {
            let room = reading_room(&archive.archive, speaker)?;
            let earlier = open(&room, code, Some(*earlier), speaker)?;
            let later = open(&room, code, *later, speaker)?;
            for case in [&earlier, &later] {
                case.check_record().map_err(told(speaker))?;
            }
            let found = pipeline::diff(&earlier, &later).map_err(told(speaker))?;
            diff::tell(&found, [earlier.view().version, later.view().version], speaker);
            Ok(Exit::Done)
        }
        Case::Review { code, by, pages_on_paper, archive } => {
            stated::review(&archive.archive, code, by, *pages_on_paper, speaker)
        }
        Case::Hold(args) => stated::hold(args, speaker),
        Case::Release(args) => stated::release(args, speaker),
        Case::Export(args) => export(args, speaker),
    }
}

fn related_line(related: &RelatedCase, speaker: Speaker) {
    if speaker.json {
        speaker.line(
            "related",
            json!({
                "case": related.case.as_str(),
                "persons": related.persons,
                "numbers": related.numbers,
                "similar_pages": related.similar_pages,
            }),
        );
        return;
    }
    let mut shared = related.persons.clone();
    shared.extend(related.numbers.iter().cloned());
    if related.similar_pages > 0 {
        let pages = speaker.pick("trang gần giống", "pages nearly the same");
        shared.push(format!("{} {pages}", related.similar_pages));
    }
    speaker.data(format_args!("{} · {}", related.case, shared.join(", ")));
}

/// What people stated about case files.
fn states(archive: &Path, speaker: Speaker) -> Result<CaseStates, Failure> {
    CaseStates::read(archive, &SystemClock).map_err(told(speaker))
}

/// Where it is not what was signed, what is said of holds and reviews is not certain.
fn tell_faults(states: &CaseStates, exit: Exit, speaker: Speaker) -> Exit {
    for fault in states.faults() {
        speaker.talk(format_args!("✗ {}", fault.text(speaker.lang)));
    }
    if states.faults().is_empty() { exit } else { Exit::Broken }
}

fn open<'a>(
    room: &'a ReadingRoom,
    code: &str,
    version: Option<u32>,
    speaker: Speaker,
) -> Result<OpenedCase<'a>, Failure> {
    room.open_version(&local_clearance(), &case_code(code)?, version).map_err(told(speaker))
}

/// The versions of a corrected case file; a case file that was never corrected has nothing to tell.
fn versions(case: &OpenedCase<'_>, speaker: Speaker) {
    let shown = case.view().version;
    let all = case.versions();
    if speaker.json {
        let value = |meta: &VersionMeta| {
            json!({
                "version": meta.version.get(), "created": meta.created.to_string(), "by": meta.user_name,
                "message": meta.message, "shown": meta.version.get() == shown,
            })
        };
        all.iter().for_each(|meta| speaker.line("version", value(meta)));
        return;
    }
    if all.len() == 1 {
        return;
    }
    speaker.data(speaker.pick("  Các bản:", "  Versions:"));
    for meta in &all {
        let mark = if meta.version.get() == shown { "→" } else { " " };
        speaker.data(format_args!(
            "  {mark} {}  {}  {}  {}",
            meta.version.get(),
            to_the_second(&meta.created.to_string()),
            meta.user_name,
            meta.message
        ));
    }
}

/// Inventories grow with files times versions: who corrects a case file again should know.
fn tell_weight(weight: Weight, speaker: Speaker) {
    if weight.is_heavy() {
        let finding = FindingKind::Heavy;
        let (title, hint) = (finding.title(speaker.lang), finding.hint(speaker.lang));
        let Weight { versions, inventory_bytes } = weight;
        let bytes = speaker.pick("danh mục OCFL", "inventory");
        let count = speaker.pick("bản", "versions");
        speaker.talk(format_args!("{title} ({versions} {count}, {bytes} {inventory_bytes} B)"));
        speaker.talk(format_args!("{}: {hint}", speaker.pick("gợi ý", "hint")));
    }
}

/// A time in UTC without its fractions.
fn to_the_second(time: &str) -> String {
    time.split_once('.').map_or(time.to_owned(), |(seconds, _)| format!("{seconds}Z"))
}

fn catalog_line(entry: &CatalogEntry, states: &CaseStates, speaker: Speaker) {
    let CatalogEntry { code, title, documents, pages, version, .. } = entry;
    let state = states.of(code, *version, *pages);
    if speaker.json {
        let value = json!({
            "case": code.as_str(), "title": title, "unit": entry.unit, "year": entry.year,
            "retention": entry.retention, "secrecy": entry.secrecy.code(), "documents": documents, "pages": pages,
            "version": version, "state": state.code(), "hold": stated::hold_json(states.hold(code)),
        });
        speaker.line("case", value);
        return;
    }
    let year = entry.year.map_or_else(String::new, |year| year.to_string());
    let (doc, page) = speaker.pick(("văn bản", "trang"), ("documents", "pages"));
    let said = stated::mark(&state, states.hold(code), speaker);
    speaker.data(format_args!("{code}  {year}  {documents} {doc}, {pages} {page}  {title}{said}"));
}

fn lists(archive: &Path, out: &Path, speaker: Speaker) -> Result<Exit, Failure> {
    let Some(format) = ListFormat::of(out) else {
        let message = speaker.pick("--out phải là tệp .csv hoặc .xlsx", "--out must be a .csv or .xlsx file");
        return Err(Failure { exit: Exit::Misused, message: message.to_owned(), hint: None });
    };
    let room = reading_room(archive, speaker)?;
    let stop = super::stop_flag()?;
    let done = pipeline::write_lists(&room, archive, &local_clearance(), (format, out), &stop);
    let CaseLists { files, cases, documents, left_out, damaged } = done.map_err(told(speaker))?;
    if speaker.json {
        let left_out: serde_json::Map<_, _> =
            left_out.into_iter().map(|(column, values)| (column, values.into())).collect();
        let value = json!({
            "profile": "tt02-2019", "files": files, "cases": cases, "documents": documents, "left_out": left_out,
        });
        speaker.line("listed", value);
        return Ok(tell_damage(&damaged, speaker));
    }
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let files = files.join(", ");
    speaker.talk(match speaker.lang {
        Lang::Vi => format!("{cases} hồ sơ, {documents} văn bản: {files}"),
        Lang::En => format!("{cases} case files, {documents} documents: {files}"),
    });
    for (column, values) in left_out {
        speaker.talk(match speaker.lang {
            Lang::Vi => format!("  {column}: {values} giá trị dài hơn cột cho phép, để trống"),
            Lang::En => format!("  {column}: {values} values do not fit the column and are left out"),
        });
    }
    Ok(tell_damage(&damaged, speaker))
}

fn export(args: &CaseExport, speaker: Speaker) -> Result<Exit, Failure> {
    let room = reading_room(&args.archive.archive, speaker)?;
    let case = open(&room, &args.code, args.version, speaker)?;
    if let Some(level) = args.copies.sign {
        return copies::export(args, super::seal::level(level), &case, speaker);
    }
    let container = if args.zip { Container::Zip } else { Container::Folder };
    let is_for_court = matches!(args.profile, ProfileArg::Court);
    if !is_for_court && (args.page.is_some() || args.since.is_some()) {
        let message =
            speaker.pick("--page và --since chỉ dùng với court", "--page and --since are for court");
        return Err(Failure { exit: Exit::Misused, message: message.to_owned(), hint: None });
    }
    let handed_on = |package| Profile::HandedOn(HandedOn { package, with_masters: args.with_masters });
    let (profile, name, check) = match args.profile {
        ProfileArg::Tt05Aip => {
            (Profile::Tt05Aip, "tt05-aip", Some("sha256sum -c --strict seal/manifest-sha256.txt"))
        }
        ProfileArg::Bagit => (Profile::Bagit, "bagit", Some("bagit.py --validate")),
        ProfileArg::Tt05Sip => (handed_on(PackageType::Sip), "tt05-sip", None),
        ProfileArg::Tt05Dip => (handed_on(PackageType::Dip), "tt05-dip", None),
        ProfileArg::Court => return super::court::export(args, &case, speaker),
    };
    if args.with_masters && !matches!(profile, Profile::HandedOn(_)) {
        let message = speaker.pick(
            "--with-masters chỉ dùng với tt05-sip và tt05-dip: các dạng khác luôn có bản gốc",
            "--with-masters is for tt05-sip and tt05-dip: the other profiles always hold the masters",
        );
        return Err(Failure { exit: Exit::Misused, message: message.to_owned(), hint: None });
    }
    let order = Export { profile, container, to: args.out.as_deref() };
    let done = case.export(&order).map_err(told(speaker))?;
    let (code, version, path) = (&args.code, done.version, done.path.display());
    if speaker.json {
        let folder = (!args.zip).then_some(&done.path);
        let value = json!({
            "case": code, "version": version, "profile": name, "path": done.path, "folder": folder,
            "packages": done.packages,
        });
        speaker.line("exported", value);
        return Ok(Exit::Done);
    }
    let check = match check {
        Some(check) if !args.zip && done.packages == 1 => check.to_owned(),
        _ => format!("hoso verify {path}"),
    };
    speaker.talk(match speaker.lang {
        Lang::Vi => format!("đã xuất {code} (bản {version}) vào {path}; kiểm tra: {check}"),
        Lang::En => format!("exported {code} (version {version}) to {path}; check: {check}"),
    });
    Ok(Exit::Done)
}

fn list_line(view: &CaseView, states: &CaseStates, speaker: Speaker) {
    let header = &view.case.header;
    let CaseView { documents, pages, volumes, .. } = view;
    let (state, hold) = (states.of(&header.code, view.version, *pages), states.hold(&header.code));
    if speaker.json {
        let value = json!({
            "case": header.code.as_str(), "title": header.title, "unit": header.unit, "year": header.year,
            "version": view.version, "documents": documents, "pages": pages, "volumes": volumes,
            "state": state.code(), "hold": stated::hold_json(hold),
        });
        speaker.line("case", value);
        return;
    }
    let (doc, page) = speaker.pick(("văn bản", "trang"), ("documents", "pages"));
    let volumes = match volumes {
        0 => String::new(),
        volumes => format!(", {volumes} {}", speaker.pick("tập", "volumes")),
    };
    let said = stated::mark(&state, hold, speaker);
    speaker.data(format_args!(
        "{}  {documents} {doc}, {pages} {page}{volumes}  {}{said}",
        header.code, header.title
    ));
}

fn documents(view: &CaseView, speaker: Speaker) {
    for document in &view.case.documents {
        let doc_type = document.doc_type.map(|t| speaker.pick(t.vietnamese(), t.english()));
        let date = document.date.map(|d| d.to_string());
        if speaker.json {
            let page = |p: &record::Page| {
                json!({
                    "page": p.no.get(), "folio": p.folio.as_ref().map(|f| &f.label),
                    "folio_source": p.folio.as_ref().map(|f| folio_source(f.source)), "outcome": p.outcome,
                })
            };
            let value = json!({
                "document": document.no.get(), "name": document.name, "date": date,
                "doc_type": document.doc_type.map(|t| t.code()),
                "fields": fields::json(&document.fields),
                "pages": document.pages.iter().map(page).collect::<Vec<_>>(),
            });
            speaker.line("document", value);
            continue;
        }
        let unknown = speaker.pick("chưa rõ", "unknown");
        let folio = |p: &record::Page| p.folio.as_ref().map_or(unknown, |f| f.label.as_str()).to_owned();
        let mut folios: Vec<String> = document.pages.iter().map(folio).collect();
        folios.dedup();
        let range = match folios.as_slice() {
            [] => String::new(),
            [one] => format!("BL {one}"),
            [first, .., last] => format!("BL {first}–{last}"),
        };
        let pages = document.pages.len();
        let word = speaker.pick("trang", "pages");
        let name = doc_type.unwrap_or(&document.name);
        speaker.data(format_args!(
            "  {:>3}. {name}  {}  {pages} {word}  {range}",
            document.no,
            date.unwrap_or_default()
        ));
        fields::table(&document.fields, speaker);
    }
    received_signatures(view, speaker);
}

/// What the signatures of received files were found to be when they came in.
fn received_signatures(view: &CaseView, speaker: Speaker) {
    for (master, check) in view.case.masters.iter().zip(&view.signatures) {
        let Some(check) = check else { continue };
        if speaker.json {
            let signature = |found: &CheckedSignature| {
                let reason = |(code, detail): &(String, String)| json!({ "code": code, "detail": detail });
                json!({
                    "field": found.field, "kind": found.kind, "status": found.status,
                    "reasons": found.reasons.iter().map(reason).collect::<Vec<_>>(), "signer": found.signer,
                    "algorithm": found.algorithm, "claimed": found.claimed.map(|time| time.to_string()),
                    "proven": found.proven.map(|time| time.to_string()),
                    "covers_whole_file": found.covers_whole_file,
                })
            };
            let value = json!({
                "file": master.received_as, "at": check.at.to_string(), "status": check.status(),
                "fault": check.fault, "signatures": check.signatures.iter().map(signature).collect::<Vec<_>>(),
            });
            speaker.line("received-signatures", value);
            continue;
        }
        let at = to_the_second(&check.at.to_string());
        let title =
            speaker.pick("chữ ký số của tệp nhận được, kiểm tra lúc", "signatures received, looked at");
        speaker.data(format_args!("  {}: {title} {at}", master.received_as));
        if let Some(fault) = &check.fault {
            let not_judged = speaker.pick("không kiểm tra được", "cannot be judged");
            speaker.data(format_args!("    {not_judged}: {fault}"));
        }
        for signature in &check.signatures {
            speaker.data(format_args!("    {}", signature.line()));
        }
    }
}

fn folio_source(source: record::FolioSource) -> &'static str {
    match source {
        record::FolioSource::List => "list",
        record::FolioSource::Stamp => "stamp",
    }
}
