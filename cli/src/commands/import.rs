//! `hoso import`

use super::batch::{self, declared_secrecy};
use super::verify::{about, broken_experiment, problems};
use super::{case_code, certificates, stop_flag, told};
use crate::args::Import;
use crate::equipment::{SystemClock, equipment_to_rebuild};
use crate::progress::Progress;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{
    Decisions, Declared, ImportEvent, ImportRefusal, Incomplete, PipelineError, Stamps, Workbench, ZipError,
    ZipFault, import, import_dry_run,
};
use record::{Clock, Lang};
use serde_json::json;
use std::path::Path;

pub(crate) fn run(args: &Import, speaker: Speaker, libdir: Option<&Path>) -> Result<Exit, Failure> {
    if let Some(secrecy) = &args.foreign.secrecy {
        return foreign(args, secrecy, speaker, libdir);
    }
    let trusted = match &args.anchor {
        Some(path) => certificates(path, speaker)?.0,
        None => Vec::new(),
    };
    let stop = stop_flag()?;
    let mut count = Count::default();
    let mut tell = |event: ImportEvent| count.tell(&event, args.dry_run, speaker);
    let archive = &args.archive.archive;
    if args.dry_run {
        import_dry_run(archive, &args.source, &trusted, SystemClock.now(), &stop, &mut tell)
    } else {
        let equipment = equipment_to_rebuild(libdir).map_err(told(speaker))?;
        let bench = Workbench::open(archive, equipment).map_err(told(speaker))?;
        import(&bench, &args.source, &trusted, &stop, &mut tell)
    }
    .map_err(|error| stopped(&error, speaker))?;
    let Count { taken, present, refused, exit } = count;
    if speaker.json {
        let value = json!({"taken": taken, "present": present, "refused": refused, "dry_run": args.dry_run});
        speaker.line("import", value);
    } else {
        speaker.talk(match speaker.lang {
            Lang::Vi => format!("nhận {taken}, đã có sẵn {present}, từ chối {refused}"),
            Lang::En => format!("{taken} taken, {present} already there, {refused} refused"),
        });
    }
    Ok(exit)
}

/// A package that another program made.
fn foreign(args: &Import, secrecy: &str, speaker: Speaker, libdir: Option<&Path>) -> Result<Exit, Failure> {
    let said = &args.foreign;
    let text = |text: &Option<String>| text.as_deref().map(|text| pipeline::nfc(text.trim()).into_owned());
    let declared = Declared {
        code: said.code.as_deref().map(case_code).transpose()?,
        secrecy: Some(declared_secrecy(secrecy, speaker)?),
        title: text(&said.title),
        unit: text(&said.unit),
        year: said.year,
        retention: text(&said.retention),
        pages: said.pages.clone(),
    };
    let stamps = if said.stamps_checked { Stamps::Checked } else { Stamps::Hold };
    let decisions = Decisions { incomplete: Incomplete::Wait, stamps, correction: None };
    let equipment = equipment_to_rebuild(libdir).map_err(told(speaker))?;
    let bench = Workbench::open(&args.archive.archive, equipment).map_err(told(speaker))?;
    if let Some(reason) = bench.left_to_tesseract() {
        tell_of_tesseract(reason, speaker);
    }
    let (stop, progress) = (stop_flag()?, Progress::new(speaker));
    let done = pipeline::import_foreign(&bench, &args.source, &declared, &decisions, &progress, &stop);
    progress.finish();
    match done.map_err(|error| stopped(&error, speaker))? {
        Ok(report) => Ok(batch::print(&report, speaker)),
        Err(why) => {
            let mut count = Count::default();
            count.refuse(&args.source.display().to_string(), &why, speaker);
            Ok(count.exit)
        }
    }
}

/// What stopped an import half-way does no harm: it is run again.
fn stopped(error: &PipelineError, speaker: Speaker) -> Failure {
    let failure = speaker.failure(error);
    let again = match error.cause() {
        PipelineError::NoSpace(_) => speaker.pick(
            "giải phóng chỗ trên đĩa rồi chạy lại lệnh này",
            "free some disk space, then run this command again",
        ),
        PipelineError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => speaker.pick(
            "xem lại đường dẫn tới kho, thư mục hay tệp cần nhận",
            "check the path of the archive, folder or file that is to be taken",
        ),
        PipelineError::Interrupted => {
            speaker.pick("chạy lại lệnh này để đi tiếp", "run this command again to go on")
        }
        _ => return failure,
    };
    Failure { hint: Some(again.to_owned()), ..failure }
}

struct Count {
    taken: u64,
    present: u64,
    refused: u64,
    /// The gravest.
    exit: Exit,
}

impl Default for Count {
    fn default() -> Self {
        Self { taken: 0, present: 0, refused: 0, exit: Exit::Done }
    }
}

impl Count {
    fn tell(&mut self, event: &ImportEvent, dry_run: bool, speaker: Speaker) {
        let (code, id, version, state, words) = match event {
            ImportEvent::Taken { code, id, version } if dry_run => {
                self.taken += 1;
                (code, id, version, "would-take", speaker.pick("sẽ nhận", "would be taken"))
            }
            ImportEvent::Taken { code, id, version } => {
                self.taken += 1;
                (code, id, version, "taken", speaker.pick("đã nhận", "taken"))
            }
            ImportEvent::Continued { code, id, version } if dry_run => {
                self.taken += 1;
                (code, id, version, "would-continue", speaker.pick("sẽ nhận thêm bản", "would be continued"))
            }
            ImportEvent::Continued { code, id, version } => {
                self.taken += 1;
                (code, id, version, "continued", speaker.pick("đã nhận thêm bản", "continued"))
            }
            ImportEvent::Present { code, id, version } => {
                self.present += 1;
                (
                    code,
                    id,
                    version,
                    "present",
                    speaker.pick("đã có sẵn, giống hệt", "already there, the same"),
                )
            }
            ImportEvent::Refused { what, why } => return self.refuse(what, why, speaker),
        };
        if speaker.json {
            let value =
                json!({"case": code.as_str(), "object": id.as_str(), "version": version, "state": state});
            return speaker.line("imported", value);
        }
        let latest = speaker.pick("bản", "version");
        speaker.data(format_args!("✓ {code}: {words} ({latest} {version})"));
    }

    fn refuse(&mut self, what: &str, why: &ImportRefusal, speaker: Speaker) {
        self.refused += 1;
        let exit = exit(why);
        // A broken seal weighs more than a secret or a stranger's seal, and that more than a folder of another kind.
        let weight = |exit| {
            [Exit::Done, Exit::Misused, Exit::NotPermitted, Exit::Broken].iter().position(|e| *e == exit)
        };
        if weight(exit) > weight(self.exit) {
            self.exit = exit;
        }
        let (message, hint) = (message(why, speaker), hint(why, speaker));
        let details = details(why, speaker);
        if speaker.json {
            let value = json!({
                "what": what, "reason": code(why), "message": message, "hint": hint, "problems": details,
                "exit": exit as i32,
            });
            return speaker.line("refused", value);
        }
        speaker.data(format_args!("✗ {what}: {message}"));
        for detail in details {
            speaker.data(format_args!("    ≠ {detail}"));
        }
        speaker.talk(format_args!("  {}: {hint}", speaker.pick("gợi ý", "hint")));
    }
}

fn exit(why: &ImportRefusal) -> Exit {
    match why {
        ImportRefusal::Foreign { .. }
        | ImportRefusal::Zip(ZipError::NotAZip { .. })
        | ImportRefusal::OtherKind(_)
        | ImportRefusal::CodeTaken { .. }
        | ImportRefusal::Own
        | ImportRefusal::Unknown
        | ImportRefusal::Undeclared { .. }
        | ImportRefusal::NoPages
        | ImportRefusal::Waiting { .. }
        | ImportRefusal::Part(_)
        | ImportRefusal::VolumesMissing { .. }
        | ImportRefusal::Nameless => Exit::Misused,
        ImportRefusal::Secret(_) | ImportRefusal::Untrusted(_) | ImportRefusal::Destroyed { .. } => {
            Exit::NotPermitted
        }
        ImportRefusal::Zip(_)
        | ImportRefusal::Broken { .. }
        | ImportRefusal::Unreadable(_)
        | ImportRefusal::Differs(_) => Exit::Broken,
    }
}

fn code(why: &ImportRefusal) -> &'static str {
    match why {
        ImportRefusal::Foreign { .. } | ImportRefusal::Zip(ZipError::NotAZip { .. }) => "foreign",
        ImportRefusal::OtherKind(_) => "other-kind",
        ImportRefusal::Nameless => "nameless",
        ImportRefusal::Own => "own",
        ImportRefusal::Unknown => "unknown",
        ImportRefusal::Undeclared { .. } => "undeclared",
        ImportRefusal::NoPages => "no-pages",
        ImportRefusal::Waiting { .. } => "waiting",
        ImportRefusal::Part(_) => "part",
        ImportRefusal::Secret(_) => "secret",
        ImportRefusal::Zip(_) => "zip",
        ImportRefusal::Broken { .. } | ImportRefusal::Unreadable(_) => "broken",
        ImportRefusal::Untrusted(_) => "untrusted",
        ImportRefusal::Differs(_) => "differs",
        ImportRefusal::CodeTaken { .. } => "code-taken",
        ImportRefusal::VolumesMissing { .. } => "volumes-missing",
        ImportRefusal::Destroyed { .. } => "destroyed",
    }
}

fn message(why: &ImportRefusal, speaker: Speaker) -> String {
    if speaker.lang == Lang::En {
        return match why {
            ImportRefusal::Broken { .. } | ImportRefusal::Unreadable(_) => {
                "it is not as it was stored and sealed".into()
            }
            other => other.to_string(),
        };
    }
    match why {
        ImportRefusal::Foreign { missing } => format!("thiếu {}", missing.join(", ")),
        ImportRefusal::OtherKind(why) => format!("không phải đối tượng do hoso ghi: {why}"),
        ImportRefusal::Secret(secrecy) => format!("độ mật là {}", secrecy.vietnamese()),
        ImportRefusal::Zip(error) => zip(speaker, error),
        ImportRefusal::Broken { .. } | ImportRefusal::Unreadable(_) => {
            "không còn như khi lưu và niêm phong".into()
        }
        ImportRefusal::Untrusted(report) => {
            let who = about(speaker, &report.signature);
            format!("người niêm phong chưa được kho này tin cậy: {who}")
        }
        ImportRefusal::Differs(why) => format!("kho đã có hồ sơ này nhưng khác: {why}"),
        ImportRefusal::CodeTaken { code, id } => format!("kho đã có một hồ sơ khác mang mã {code} ({id})"),
        ImportRefusal::VolumesMissing { missing } => {
            let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
            format!("thiếu các tập của hồ sơ: {}", missing.join(", "))
        }
        ImportRefusal::Destroyed { code } => format!("hồ sơ {code} đã bị tiêu hủy ở kho này"),
        ImportRefusal::Nameless => "bảng kê đã niêm phong không nêu đúng đối tượng chứa nó".into(),
        ImportRefusal::Own => "gói này do hoso đóng".into(),
        ImportRefusal::Unknown => "không phải túi BagIt, đối tượng OCFL hay gói có METS".into(),
        ImportRefusal::Undeclared { missing } => {
            format!("gói không nói rõ những điều cần khai: {}", missing.join(", "))
        }
        ImportRefusal::NoPages => "không có tệp PDF, JPEG, PNG hay TIFF nào ở chỗ chứa trang".into(),
        ImportRefusal::Waiting { code, batch } => {
            format!("lô {batch} còn chờ với một gói đến trước của hồ sơ {code}")
        }
        ImportRefusal::Part(package) => format!("là gói {package} trích từ hồ sơ, không phải cả hồ sơ"),
    }
}

fn hint(why: &ImportRefusal, speaker: Speaker) -> &'static str {
    match why {
        ImportRefusal::Foreign { .. }
        | ImportRefusal::Zip(ZipError::NotAZip { .. })
        | ImportRefusal::OtherKind(_) => speaker.pick(
            "chỉ nhận kho của hoso và hồ sơ xuất bằng hoso case export; gói của chương trình khác: thêm --secrecy (và --code); ảnh và PDF rời: hoso batch run",
            "only archives of hoso and what hoso case export wrote are taken; for a package of another program give --secrecy (and --code); loose pictures and PDFs: hoso batch run",
        ),
        ImportRefusal::Own => speaker.pick(
            "nhận lại không kèm --secrecy, --code…: gói của hoso mang theo niêm phong và bảng kê của nó",
            "import it without --secrecy, --code…: a package of hoso brings its own seal and register",
        ),
        ImportRefusal::Unknown => speaker.pick(
            "ảnh và PDF rời: đưa vào bằng hoso batch run",
            "bring loose pictures and PDFs in with hoso batch run",
        ),
        ImportRefusal::Undeclared { .. } => {
            speaker.pick("thêm các tuỳ chọn đó vào lệnh", "add these options to the command")
        }
        ImportRefusal::Waiting { .. } => speaker.pick(
            "làm xong lô đó trước: hoso batch resume",
            "finish that batch first: hoso batch resume",
        ),
        ImportRefusal::NoPages => speaker.pick(
            "chỉ thư mục chứa trang bằng --pages",
            "name the folder of its pages with --pages",
        ),
        ImportRefusal::Part(_) => speaker.pick(
            "xin nơi gửi gói AIP (hoso case export, không kèm --profile)",
            "ask the sender for the AIP (hoso case export without --profile)",
        ),
        ImportRefusal::Secret(_) => speaker.pick(
            "bí mật nhà nước không được đưa vào kho này; xử lý trên hệ thống được phép",
            "state secrets do not enter this archive; use a system that is permitted to hold them",
        ),
        ImportRefusal::Zip(_) | ImportRefusal::Broken { .. } | ImportRefusal::Unreadable(_) => speaker.pick(
            "không có gì được nhận; xin bản khác từ nơi gửi và kiểm tra bằng hoso verify",
            "nothing was taken; ask the sender for another copy and check it with hoso verify",
        ),
        ImportRefusal::Untrusted(_) => speaker.pick(
            "nếu tin nơi gửi, thêm --anchor với chứng thư của nơi cấp (keys/trial-ca.pem trong kho nguồn)",
            "if you trust the sender, give --anchor with the certificate of its authority (keys/trial-ca.pem in its archive)",
        ),
        ImportRefusal::Differs(_) => speaker.pick(
            "không có gì bị ghi đè; so sánh hai bản bằng hoso verify và hoso case show",
            "nothing was overwritten; compare the two with hoso verify and hoso case show",
        ),
        ImportRefusal::CodeTaken { .. } => speaker.pick(
            "hai hồ sơ trùng mã; làm rõ hồ sơ nào đúng rồi nhận vào một kho khác",
            "two case files have one code; find out which is right, or import into another archive",
        ),
        ImportRefusal::VolumesMissing { .. } => speaker.pick(
            "nhận cả thư mục mà hoso case export đã ghi, hoặc nhận các tập trước",
            "import the whole folder that hoso case export wrote, or its volumes first",
        ),
        ImportRefusal::Destroyed { .. } => speaker.pick(
            "hai người đã quyết định hủy; không chương trình nào đưa hồ sơ trở lại; xem: hoso archive destroy list",
            "two people decided so; no program brings it back; see: hoso archive destroy list",
        ),
        ImportRefusal::Nameless => speaker.pick(
            "hồ sơ do bản hoso cũ đóng gói chỉ nhận lại được vào kho đã tạo ra nó",
            "case files packed by an older hoso can only come back into the archive that made them",
        ),
    }
}

fn details(why: &ImportRefusal, speaker: Speaker) -> Vec<String> {
    match why {
        ImportRefusal::Broken { storage, package } => storage
            .iter()
            .map(|problem| crate::problems::text(problem, speaker))
            .chain(package.iter().flat_map(|report| problems(speaker, report)))
            .chain(package.iter().filter_map(|report| broken_experiment(speaker, report)))
            .collect(),
        ImportRefusal::Unreadable(error) => vec![pipeline::why_not_shown(error, speaker.lang)],
        _ => Vec::new(),
    }
}

/// Why a zip is not read.
pub(super) fn zip(speaker: Speaker, error: &ZipError) -> String {
    if speaker.lang == Lang::En {
        return error.to_string();
    }
    match error {
        ZipError::Read { path, source } => {
            format!("{}: {}", path.display(), crate::say::io_cause(source, speaker.lang))
        }
        ZipError::NotAZip { path } => format!("{}: không phải tệp zip", path.display()),
        ZipError::Damaged { path, .. } => {
            format!("{}: tệp zip bị hỏng hoặc bị cắt, không đọc được mục lục", path.display())
        }
        ZipError::TooMuch { path, fault } => format!("{}: {}", path.display(), zip_fault(fault)),
        ZipError::Entry { path, entry, fault } => {
            format!("{}: mục {entry:?}: {}", path.display(), zip_fault(fault))
        }
    }
}

fn zip_fault(fault: &ZipFault) -> String {
    match fault {
        ZipFault::TooManyEntries(limit) => format!("có hơn {limit} mục"),
        ZipFault::EntryCount { stated, found } => format!("khai {stated} mục nhưng liệt kê {found}"),
        ZipFault::TooLarge(limit) => format!("giải nén ra lớn hơn {limit} byte"),
        ZipFault::Bomb(ratio) => format!("giải nén ra lớn hơn {ratio} lần: bom nén"),
        ZipFault::TooDeep(limit) => format!("lồng hơn {limit} thư mục"),
        ZipFault::Encoding => "tên không phải UTF-8".into(),
        ZipFault::Path(_) => "tên dẫn ra ngoài thư mục giải nén hoặc có ký tự không được phép".into(),
        ZipFault::Collides(other) => format!("tên trùng với {other:?}"),
        ZipFault::Special => "là liên kết hoặc thiết bị, không phải tệp".into(),
        ZipFault::Encrypted => "bị mã hóa".into(),
        ZipFault::Method(method) => format!("nén theo cách {method}, không đọc được"),
        ZipFault::Overlaps => "dùng chung byte với mục khác hoặc với mục lục: bom nén".into(),
        ZipFault::Headers(what) => format!("phần đầu và mục lục không khớp nhau ({what})"),
        ZipFault::TwoNames => "có hai tên".into(),
        ZipFault::Sizes => "các kích thước khai mâu thuẫn nhau".into(),
    }
}
