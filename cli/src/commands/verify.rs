//! `hoso verify`

use super::import::zip;
use super::{certificates, told, verify_page, verify_pdf};
use crate::args::Verify;
use crate::equipment::SystemClock;
use crate::problems::text;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{
    ArchiveTally, ExperimentalVerdict, FilesVerification, HandedOnReport, ManifestState, PackageReport,
    SignatureVerdict, SignerReport, Statement, Trust, Unusable, ZipError, verify_archive, verify_files,
};
use record::{Clock, Lang};
use serde_json::json;

/// The two files of a seal, as people find them in an export.
const MANIFEST_PATH: &str = "seal/manifest-sha256.txt";
const SIGNATURE_PATH: &str = "seal/manifest.p7s";
/// The experimental one beside it.
const EXPERIMENTAL_PATH: &str = "seal/manifest-ml-dsa.p7s";

pub(crate) fn run(args: &Verify, speaker: Speaker) -> Result<Exit, Failure> {
    let given = args.anchor.as_deref().map(|path| trust(path, speaker)).transpose()?;
    let now = args.at.unwrap_or_else(|| SystemClock.now());
    let nobody = Trust::default();
    let trust = given.as_ref().unwrap_or(&nobody);
    let is_pdf = verify_pdf::is_pdf(&args.path);
    if let Some(seal) = &args.seal {
        return verify_page::run(args, seal, trust, now, speaker);
    }
    if is_pdf {
        return verify_pdf::run(args, trust, now, speaker);
    }
    let anchors: Option<Vec<Vec<u8>>> = given.as_ref().map(anchors_of);
    let time_anchors = match &args.time_anchor {
        Some(path) => certificates(path, speaker)?.1,
        None => Vec::new(),
    };
    let kits = pipeline::kits_in(&args.path);
    if !kits.is_empty() {
        return super::court::verify(args, &kits, given.unwrap_or_default(), time_anchors, now, speaker);
    }
    let (mut all_good, mut all_known, mut all_experiments_hold) = (true, true, true);
    let mut checked = 0;
    let mut reports = Vec::new();
    if args.path.join("hoso.toml").is_file() {
        let mut tally = ArchiveTally::default();
        verify_archive(&args.path, given.as_ref(), &time_anchors, now, |result| {
            checked += usize::from(result.volume.is_none());
            all_good &= result.is_good() || result.is_open();
            all_known &= result.is_good();
            all_experiments_hold &= !result.experimental_is_broken();
            tally.add(&result, speaker.lang);
            let name = result.title(speaker.lang);
            let earlier = result.earlier.iter().flat_map(|(no, package)| {
                let version = format!("{} {no}", speaker.pick("bản", "version"));
                let seal = (!package.signature.is_valid())
                    .then(|| format!("{version}: {}", signature(speaker, &package.signature)));
                let files =
                    problems(speaker, package).into_iter().map(move |line| format!("{version}: {line}"));
                seal.into_iter().chain(files)
            });
            let storage = result.storage.iter().map(|problem| text(problem, speaker));
            let besides: Vec<String> = storage.chain(earlier).collect();
            let experiments = result.earlier.iter().filter_map(|(no, package)| {
                let line = broken_experiment(speaker, package)?;
                Some(format!("{} {no}: {line}", speaker.pick("bản", "version")))
            });
            let experiments: Vec<String> = experiments.collect();
            tell(speaker, &name, (&besides, &experiments), &result.package);
        })
        .map_err(told(speaker))?;
        all_good &= tell_absent(&args.path, speaker);
        let known = args.checkpoint.as_deref().map(super::log::read_text).transpose()?;
        all_good &= super::log::tell_check(&args.path, known.as_deref(), now, speaker)?;
        all_good &= super::stamp::tell_check(&args.path, now, speaker)?;
        if args.report.is_some() {
            let report = tally.report(&args.path, anchors.as_deref(), known.as_deref(), now, speaker.lang);
            reports.push(report.map_err(told(speaker))?);
        }
    } else {
        let several = pipeline::packages_of(&args.path).map_err(told(speaker))?;
        let alone = std::slice::from_ref(&args.path);
        for path in if several.is_empty() { alone } else { &several } {
            let found = match path.exists() {
                true => verify_files(path, trust, now).map_err(told(speaker))?,
                false => None,
            };
            let Some(found) = found else { return Err(nothing_to_verify(path, speaker)) };
            if let Some(error @ ZipError::NotAZip { .. }) = &found.zip {
                let hint = speaker.pick(
                    "chỉ kiểm tra kho, hoặc hồ sơ đã xuất: thư mục, tệp zip hay túi BagIt",
                    "give an archive, or an exported case file: a folder, a zip or a bag",
                );
                let (message, hint) = (zip(speaker, error), Some(hint.to_owned()));
                return Err(Failure { exit: Exit::Misused, message, hint });
            }
            checked += 1;
            all_good &= found.is_good() || found.is_open();
            all_known &= found.is_good();
            all_experiments_hold &=
                !found.package.as_ref().is_some_and(PackageReport::experimental_is_broken);
            let subject = path.display().to_string();
            let anchors = anchors.as_deref().unwrap_or_default();
            reports.push(pipeline::report_on(&subject, &found, anchors, now, speaker.lang));
            tell_files(speaker, &path.display().to_string(), &found);
        }
    }
    super::court::write_report(args.report.as_deref(), &reports, speaker)?;
    if !speaker.json {
        speaker.talk(match (speaker.lang, all_good, all_known) {
            (Lang::Vi, true, true) => format!("{checked} hồ sơ nguyên vẹn"),
            (Lang::Vi, true, false) => {
                "các tệp nguyên vẹn; chưa rõ có chứng thư nào bị thu hồi không: hoso trust add-revocation"
                    .into()
            }
            (Lang::Vi, false, _) => "CÓ HỒ SƠ SAI LỆCH NIÊM PHONG".into(),
            (Lang::En, true, true) => format!("{checked} case files intact"),
            (Lang::En, true, false) => {
                "all files intact; whether a certificate was revoked is not known: hoso trust add-revocation"
                    .into()
            }
            (Lang::En, false, _) => "A SEAL IS BROKEN".into(),
        });
        if !all_experiments_hold {
            speaker.talk(speaker.pick(
                "có chữ ký thứ hai ML-DSA (thử nghiệm) bị thay đổi hoặc hỏng; niêm phong chính không phụ thuộc vào nó",
                "a second signature, ML-DSA (experimental), was changed or damaged; the seal does not hang on it",
            ));
        }
    }
    Ok(match all_good {
        false => Exit::Broken,
        true if !all_known || !all_experiments_hold => Exit::Review,
        true => Exit::Done,
    })
}

/// The certificates that are trusted, DER, for reports.
pub(super) fn anchors_of(trust: &Trust) -> Vec<Vec<u8>> {
    trust.certificates().map(<[u8]>::to_vec).collect()
}

/// What `--anchor` names: a file of certificates, in which revocation lists may stand, too, or a folder.
fn trust(path: &std::path::Path, speaker: Speaker) -> Result<Trust, Failure> {
    if !path.is_dir() {
        let (pem, certificates) = certificates(path, speaker)?;
        let mut trust = Trust::of_certificates(&certificates);
        for list in pipeline::lists_from_pem(&pem) {
            // What cannot be read says nothing.
            let _ = trust.add_revocation(&list);
        }
        return Ok(trust);
    }
    let (trust, unusable) = pipeline::trust_from(path).map_err(told(speaker))?;
    for Unusable { file, why } in unusable {
        speaker.talk(format_args!(
            "{}: {}: {why}",
            file.display(),
            speaker.pick("không dùng được", "not usable")
        ));
    }
    Ok(trust)
}

fn nothing_to_verify(path: &std::path::Path, speaker: Speaker) -> Failure {
    let message = match speaker.lang {
        Lang::Vi => format!("{}: không phải kho hay hồ sơ đã xuất", path.display()),
        Lang::En => format!("{}: neither an archive nor an exported case file", path.display()),
    };
    Failure { exit: Exit::NoArchive, message, hint: None }
}

/// Names case files that were stored and are gone, or their latest versions are; whether there are none. Without a ledger nobody can know.
fn tell_absent(archive: &std::path::Path, speaker: Speaker) -> bool {
    let absent = match pipeline::absent_cases(archive) {
        Ok(absent) => absent,
        Err(error) => {
            let unknown = speaker.pick(
                "không kiểm tra được có hồ sơ nào biến mất khỏi kho",
                "whether case files are gone from the archive could not be checked",
            );
            speaker.talk(format_args!("{unknown}: {error}"));
            return true;
        }
    };
    for case in &absent {
        let (code, gone) = (&case.code, case.title(speaker.lang));
        if speaker.json {
            let value = json!({
                "name": code.as_str(), "good": false, "files": 0, "signature": "missing", "reason": gone,
                "problems": [gone],
            });
            speaker.line("verified", value);
        } else {
            speaker.data(format_args!("✗ {code}: {gone}"));
        }
    }
    absent.is_empty()
}

/// A bag, a zip or a package. A bag that holds no package of ours has no signature to speak of.
fn tell_files(speaker: Speaker, name: &str, found: &FilesVerification) {
    let mut storage: Vec<String> = found.zip.iter().map(|error| zip(speaker, error)).collect();
    storage.extend(
        found
            .bag
            .iter()
            .flat_map(|bag| &bag.errors)
            .map(|problem| format!("BagIt: {}", text(problem, speaker))),
    );
    for warning in found.bag.iter().flat_map(|bag| &bag.warnings) {
        speaker.talk(format_args!("BagIt: {}", text(warning, speaker)));
    }
    if let Some(part) = &found.handed_on {
        storage.extend(part.problems.iter().map(|problem| format!("METS: {}", text(problem, speaker))));
    }
    if let Some(package) = &found.package {
        tell(speaker, name, (&storage, &[]), package);
        // In an archive inventory and log tell; a package is alone.
        if !speaker.json && package.statement.is_none() && !package.signature.signers().is_empty() {
            speaker.data(format_args!("    {}", pipeline::nobody_stated(speaker.lang)));
        }
        return found.handed_on.iter().for_each(|part| tell_handed_on(speaker, part));
    }
    let unsealed = speaker.pick(
        "không có gói do hoso niêm phong: không có chữ ký nào để kiểm tra",
        "it holds no package sealed by hoso: there is no signature to verify",
    );
    let files = found.bag.as_ref().map_or(0, |bag| bag.files);
    if speaker.json {
        let value = json!({
            "name": name, "good": found.is_good(), "files": files, "signature": "missing", "reason": unsealed,
            "problems": storage,
        });
        return speaker.line("verified", value);
    }
    let mark = if found.is_good() { "✓" } else { "✗" };
    speaker.data(format_args!("{mark} {name}: {unsealed}"));
    for problem in storage {
        speaker.data(format_args!("    ≠ {problem}"));
    }
}

/// What a package made for others leaves out, and what of it nobody signed.
fn tell_handed_on(speaker: Speaker, part: &HandedOnReport) {
    let HandedOnReport { package, made, masters_left_out, others_left_out, .. } = part;
    if speaker.json {
        let value = json!({
            "package": package, "made": made, "masters_left_out": masters_left_out,
            "others_left_out": others_left_out,
        });
        return speaker.line("handed-on", value);
    }
    speaker.data(match speaker.lang {
        Lang::Vi => format!(
            "    {package} trích từ hồ sơ đã niêm phong: để lại {masters_left_out} tệp gốc và chữ từng trang, {others_left_out} tệp khác; {} tệp lập lại khi xuất, không có chữ ký bảo đảm",
            made.len()
        ),
        Lang::En => format!(
            "    {package} taken from a sealed case file: {masters_left_out} masters and page texts and {others_left_out} other files are left out; {} files were made for it and bear no signature",
            made.len()
        ),
    });
}

/// `besides`: what is wrong beside the files of the latest version and their seal, a line each; `experiments`: experimental
/// signatures of earlier versions that are broken.
fn tell(
    speaker: Speaker,
    name: &str,
    (besides, experiments): (&[String], &[String]),
    report: &PackageReport,
) {
    let broken: Vec<String> =
        broken_experiment(speaker, report).into_iter().chain(experiments.iter().cloned()).collect();
    let all = besides.iter().cloned().chain(problems(speaker, report)).chain(broken.iter().cloned());
    let problems: Vec<String> = all.collect();
    let good = besides.is_empty() && report.is_good();
    let verdict = &report.signature;
    if speaker.json {
        let value = json!({
            "name": name, "good": good, "files": report.matching, "signature": verdict.code(),
            "experimental": report.experimental.as_ref().map(experimental_json),
            "reason": verdict.reason(), "problems": problems,
            "signers": verdict.signers().iter().map(|signer| &signer.name).collect::<Vec<_>>(),
            "statement": report.statement.as_ref().map(statement_json),
        });
        speaker.line("verified", value);
        return;
    }
    let (mark, state) = match (good, besides.is_empty() && report.is_open()) {
        (true, _) if !broken.is_empty() => (
            "?",
            speaker.pick(
                "nguyên vẹn, chữ ký thứ hai (thử nghiệm) sai",
                "intact, the experimental second signature is broken",
            ),
        ),
        (true, _) => ("✓", speaker.pick("nguyên vẹn", "intact")),
        (false, true) => ("?", speaker.pick("nguyên vẹn, chưa rõ thu hồi", "intact, revocation not known")),
        (false, false) => ("✗", speaker.pick("SAI LỆCH", "BROKEN")),
    };
    speaker.data(format_args!(
        "{mark} {name}: {state} ({} {})",
        report.matching,
        speaker.pick("tệp", "files")
    ));
    speaker.data(format_args!(
        "    {}: {}",
        speaker.pick("chữ ký", "signature"),
        signature(speaker, verdict)
    ));
    if let Some(second) = &report.experimental {
        let name = ExperimentalVerdict::name(speaker.lang);
        speaker.data(format_args!("    {name}: {}", experimental(speaker, second)));
    }
    if let Some(said) = &report.statement {
        speaker.data(format_args!("    {}", statement(speaker, said)));
    }
    for problem in problems {
        speaker.data(format_args!("    ≠ {problem}"));
    }
}

/// What two people stated when it was sealed.
fn statement(speaker: Speaker, said: &Statement) -> String {
    let Statement { pages, pages_on_paper, counted_by, officer, agency, sealed_at, .. } = said;
    match speaker.lang {
        Lang::Vi => format!(
            "niêm phong sau đối chiếu {sealed_at}: {pages_on_paper} trang trên giấy, {pages} trang trong gói, {counted_by} đếm; ký: {} (người có thẩm quyền), {} (cơ quan)",
            officer.name, agency.name
        ),
        Lang::En => format!(
            "sealed after review {sealed_at}: {pages_on_paper} pages on paper, {pages} in the package, counted by {counted_by}; signed by {} (officer), {} (agency)",
            officer.name, agency.name
        ),
    }
}

fn statement_json(said: &Statement) -> serde_json::Value {
    let signer = |signer: &pipeline::StatedSigner| json!({"name": signer.name, "certificate_sha256": signer.certificate_sha256.to_string()});
    json!({
        "pages": said.pages, "pages_on_paper": said.pages_on_paper, "counted_by": said.counted_by,
        "counted_at": said.counted_at.to_string(), "sealed_at": said.sealed_at.to_string(),
        "reviewed_version": said.reviewed_version, "officer": signer(&said.officer),
        "agency": signer(&said.agency),
    })
}

fn experimental_json(verdict: &ExperimentalVerdict) -> serde_json::Value {
    let signer = verdict.signer();
    json!({
        "signature": verdict.code(), "reason": verdict.reason(), "algorithm": signer.map(|(_, algorithm)| algorithm),
        "signer": signer.map(|(signer, _)| &signer.name),
        "certificate_sha256": signer.map(|(signer, _)| signer.cert_sha256.to_string()),
    })
}

/// The experimental second signature, which decides nothing.
fn experimental(speaker: Speaker, verdict: &ExperimentalVerdict) -> String {
    let title = verdict.title(speaker.lang);
    match verdict.signer() {
        Some((signer, algorithm)) => {
            format!("{title} – {}, {algorithm}, SHA-256 {}", signer.name, signer.cert_sha256)
        }
        None => format!("{title} – {}", verdict.reason()),
    }
}

/// A broken one, in a line of its own: beside what is wrong, for the seal does not hang on it.
pub(super) fn broken_experiment(speaker: Speaker, report: &PackageReport) -> Option<String> {
    let verdict = report.experimental.as_ref().filter(|verdict| verdict.is_broken())?;
    let name = ExperimentalVerdict::name(speaker.lang);
    Some(format!("{EXPERIMENTAL_PATH}: {name}: {}", verdict.title(speaker.lang)))
}

pub(super) fn signature(speaker: Speaker, verdict: &SignatureVerdict) -> String {
    let title = verdict.title(speaker.lang);
    let trial = speaker.pick("KHÓA THỬ NGHIỆM, KHÔNG CÓ GIÁ TRỊ PHÁP LÝ", "TRIAL KEY, WITHOUT LEGAL VALUE");
    let trial = if verdict.is_trial() { format!(" ({trial})") } else { String::new() };
    match about(speaker, verdict) {
        about if about.is_empty() => format!("{title}{trial}"),
        about => format!("{title} – {about}{trial}"),
    }
}

/// Who signed; where the signature is not accepted, what speaks against it.
pub(super) fn about(speaker: Speaker, verdict: &SignatureVerdict) -> String {
    let reason = pipeline::told(verdict.reason(), speaker.lang);
    if speaker.lang == Lang::En && !reason.is_empty() {
        return reason;
    }
    let signer = |signer: &SignerReport| match verdict {
        SignatureVerdict::UntrustedSigner { .. } => format!("{} (do {} cấp)", signer.name, signer.issuer),
        SignatureVerdict::Expired { .. } => {
            format!("{} (chứng thư có hạn đến {})", signer.name, signer.not_after)
        }
        _ => signer.name.clone(),
    };
    let who = verdict.signers().iter().map(signer).collect::<Vec<_>>().join(", ");
    // Without a signature that is right in itself there is nobody to name.
    [who, reason].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}

/// What differs between the files and the manifest, a line each.
pub(super) fn problems(speaker: Speaker, report: &PackageReport) -> Vec<String> {
    let mut lines = Vec::new();
    // First, for whoever changes the manifest makes true files look changed.
    match &report.signature {
        SignatureVerdict::Altered { .. } => lines.push(format!(
            "{MANIFEST_PATH}, {SIGNATURE_PATH}: {}",
            speaker.pick("một trong hai đã bị thay đổi", "one of the two was changed")
        )),
        SignatureVerdict::Malformed { .. } => {
            lines.push(format!("{SIGNATURE_PATH}: {}", speaker.pick("bị hỏng", "damaged")));
        }
        SignatureVerdict::Missing => {
            lines.push(format!("{SIGNATURE_PATH}: {}", speaker.pick("không có", "missing")));
        }
        _ => {}
    }
    lines.extend(report.statement_faults.iter().map(|fault| fault.text(speaker.lang)));
    match &report.manifest {
        ManifestState::Canonical { .. } => {}
        ManifestState::NotCanonical { error, .. } => lines.push(format!("{MANIFEST_PATH}: {error}")),
        ManifestState::Missing => {
            lines.push(format!("{MANIFEST_PATH}: {}", speaker.pick("không có", "missing")));
        }
        ManifestState::Unreadable { reason } => lines.push(format!("{MANIFEST_PATH}: {reason}")),
    }
    for file in &report.differing {
        let what = speaker.pick("nội dung khác bản đã niêm phong", "differs from what was sealed");
        lines.push(format!("{}: {what} ({} ≠ {})", file.path, file.found, file.expected));
    }
    let mut each =
        |paths: &[String], what: &str| lines.extend(paths.iter().map(|path| format!("{path}: {what}")));
    each(&report.missing, speaker.pick("bị thiếu", "missing"));
    each(&report.unlisted, speaker.pick("không có trong bảng kê", "not in the manifest"));
    lines.extend(report.unreadable.iter().map(|file| format!("{}: {}", file.path, file.reason)));
    lines
}
