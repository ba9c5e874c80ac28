//! `hoso eval`

use super::local_clearance;
use crate::args::Eval;
use crate::equipment::{SystemClock, worker_config};
use crate::say::{Exit, Failure, Speaker, io_cause};
use pipeline::eval::{
    EvalError, EvalTask, Evaluation, FieldCount, PageScore, ReportHead, SetScore, Side, TextErrors,
};
use pipeline::{OutputFile, Pool};
use record::{Clock, Lang};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::Path;

/// Sets that are listed on a screen; `--json` and the report have all.
const MOST_SETS: usize = 40;

pub(crate) fn run(args: &Eval, speaker: Speaker, libdir: Option<&Path>) -> Result<Exit, Failure> {
    if let Some(report) = &args.html {
        refuse_overwriting(args, report, speaker)?;
    }
    let clearance = local_clearance();
    let task = EvalTask {
        truth: &args.truth,
        hypothesis: &args.hypothesis,
        worst: args.worst,
        clearance: &clearance,
    };
    let mut tell = |page: &PageScore| {
        if speaker.json {
            speaker.line("page-score", page_json(page));
        }
    };
    let evaluation = pipeline::eval::evaluate(task, Box::new(SystemClock), &mut tell)
        .map_err(|error| failure(&error, speaker))?;
    if let Some(report) = &args.html {
        write_report(args, &evaluation, report, speaker, libdir)?;
    }
    if speaker.json {
        for set in &evaluation.sets {
            speaker.line("set-score", set_json(set));
        }
        let mut total = set_json(&evaluation.total);
        total["sets"] = evaluation.sets.len().into();
        total["not_compared"] = evaluation.not_compared.clone().into();
        total["report"] = args.html.as_ref().map(|path| path.display().to_string()).into();
        speaker.line("total-score", total);
    } else {
        tables(&evaluation, speaker);
    }
    lacking(&evaluation, speaker);
    Ok(if evaluation.lacking.is_empty() { Exit::Done } else { Exit::Review })
}

/// The report takes the place of nothing that is compared.
fn refuse_overwriting(args: &Eval, report: &Path, speaker: Speaker) -> Result<(), Failure> {
    let Ok(real) = report.canonicalize() else { return Ok(()) };
    let is_input = |side: &Path| side.canonicalize().is_ok_and(|side| side == real);
    if !is_input(&args.truth) && !is_input(&args.hypothesis) {
        return Ok(());
    }
    let what = speaker.pick("sẽ ghi đè dữ liệu đầu vào", "would overwrite an input");
    let hint = speaker.pick("chọn tên khác cho --html", "choose another name for --html");
    Err(Failure {
        exit: Exit::Misused,
        message: format!("{}: {what}", report.display()),
        hint: Some(hint.into()),
    })
}

fn write_report(
    args: &Eval,
    evaluation: &Evaluation,
    report: &Path,
    speaker: Speaker,
    libdir: Option<&Path>,
) -> Result<(), Failure> {
    let pictures = worker_config(libdir)
        .and_then(|config| Ok(Pool::start(config, 1)?))
        .and_then(|pool| evaluation.pictures(&pool, &local_clearance(), Box::new(SystemClock)));
    // A report without pictures is still a report.
    let pictures = pictures.unwrap_or_else(|error| {
        let without = speaker.pick("báo cáo không có ảnh trang", "the report has no pictures of pages");
        speaker.talk(format_args!("{without}: {error}"));
        Vec::new()
    });
    let (truth, hypothesis) = (args.truth.display().to_string(), args.hypothesis.display().to_string());
    let head = ReportHead { truth: &truth, hypothesis: &hypothesis, made: SystemClock.now() };
    let html = pipeline::eval::write_report(evaluation, &pictures, &head);
    let told = |error: pipeline::PipelineError| speaker.failure(&error);
    let mut file = OutputFile::create(report).map_err(told)?;
    file.write_all(html.as_bytes()).map_err(|e| super::file_failure(report, &e))?;
    file.keep().map_err(told)?;
    if !speaker.json {
        speaker.talk(format_args!("{}: {}", speaker.pick("báo cáo", "report"), report.display()));
    }
    Ok(())
}

fn tables(evaluation: &Evaluation, speaker: Speaker) {
    let head = speaker.pick(
        ["bộ", "trang", "CER", "bỏ thanh", "bỏ dấu", "WER", "bỏ dấu", "dấu đúng"],
        ["set", "pages", "CER", "no tones", "no marks", "WER", "no marks", "diacritics"],
    );
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(evaluation.sets.iter().take(MOST_SETS).map(|set| row(&set.set, set.pages, &set.errors)));
    let left = evaluation.sets.len().saturating_sub(MOST_SETS);
    if left > 0 {
        rows.push(vec![match speaker.lang {
            Lang::Vi => format!("… còn {left} bộ"),
            Lang::En => format!("… {left} more sets"),
        }]);
    }
    let total = &evaluation.total;
    if evaluation.sets.len() > 1 {
        rows.push(row(speaker.pick("tất cả", "all"), total.pages, &total.errors));
    }
    table(&rows, speaker);
    if !total.fields.is_empty() {
        let head = speaker.pick(
            ["trường", "đúng", "sai", "chưa đọc được", "không có mà đọc ra", "đúng/đã đọc"],
            ["field", "right", "wrong", "left open", "invented", "right/both"],
        );
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(total.fields.iter().map(|(field, count)| {
            let numbers = [count.right, count.wrong, count.unread, count.invented].map(|n| n.to_string());
            let exact = count.exact().map_or("–".into(), percent);
            [vec![field.name(speaker.lang).to_owned()], numbers.to_vec(), vec![exact]].concat()
        }));
        speaker.data("");
        table(&rows, speaker);
    }
    if !evaluation.worst.is_empty() {
        let head = speaker.pick(
            ["trang kém nhất", "lỗi", "CER", "bỏ thanh", "bỏ dấu", "WER", "bỏ dấu", "dấu đúng"],
            ["worst pages", "errors", "CER", "no tones", "no marks", "WER", "no marks", "diacritics"],
        );
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(evaluation.worst.iter().map(|page| {
            let score = &page.score;
            row(&format!("{} · {}", score.set, score.page), score.errors.cer.edits, &score.errors)
        }));
        speaker.data("");
        table(&rows, speaker);
    }
}

fn row(name: &str, number: u64, errors: &TextErrors) -> Vec<String> {
    let rates = [errors.cer, errors.cer_tone, errors.cer_ascii, errors.wer, errors.wer_ascii];
    let accuracy = errors.diacritic_accuracy().map_or("–".into(), percent);
    let rates = rates.map(|count| percent(count.rate()));
    [vec![name.to_owned(), number.to_string()], rates.to_vec(), vec![accuracy]].concat()
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// Columns as wide as their widest cell; the first one flush left, numbers flush right.
fn table(rows: &[Vec<String>], speaker: Speaker) {
    let width = |column: usize| {
        let cells = rows.iter().filter(|row| row.len() > 1).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let gap = " ".repeat(width(column).saturating_sub(cell.chars().count()));
            match column {
                0 if row.len() == 1 => line += cell,
                0 => line += &format!("{cell}{gap}"),
                _ => line += &format!("  {gap}{cell}"),
            }
        }
        speaker.data(line);
    }
}

/// Names every page that one side lacks, and what was not compared.
fn lacking(evaluation: &Evaluation, speaker: Speaker) {
    if speaker.json {
        return;
    }
    for (set, page, side) in &evaluation.lacking {
        let what = match side {
            Side::Hypothesis => speaker.pick("chưa đọc; tính là sai hết", "not read; counted as all wrong"),
            Side::Truth => speaker.pick(
                "không có trong dữ liệu chuẩn; tính là sai hết",
                "not in the truth; counted as all wrong",
            ),
        };
        speaker.talk(format_args!("{set} · {page}: {what}"));
    }
    if !evaluation.not_compared.is_empty() {
        let what = speaker
            .pick("không so, dữ liệu chuẩn không nói đến", "not compared, the truth says nothing of them");
        speaker.talk(format_args!("{what}: {}", evaluation.not_compared.join(", ")));
    }
}

fn page_json(page: &PageScore) -> Value {
    let mut value = errors_json(&page.errors);
    value["set"] = page.set.clone().into();
    value["page"] = page.page.clone().into();
    value["lacking"] = match page.lacking {
        None => Value::Null,
        Some(Side::Truth) => "truth".into(),
        Some(Side::Hypothesis) => "hypothesis".into(),
    };
    let fields = page.fields.iter().map(|(field, verdict)| (field.code().to_owned(), verdict.code().into()));
    value["fields"] = Value::Object(fields.collect::<Map<_, _>>());
    value
}

fn set_json(set: &SetScore) -> Value {
    let mut value = errors_json(&set.errors);
    if !set.set.is_empty() {
        value["set"] = set.set.clone().into();
    }
    value["pages"] = set.pages.into();
    value["unread_pages"] = set.unread_pages.into();
    value["surplus_pages"] = set.surplus_pages.into();
    let count = |c: &FieldCount| json!({"right": c.right, "wrong": c.wrong, "unread": c.unread, "invented": c.invented, "exact": c.exact()});
    let fields = set.fields.iter().map(|(field, c)| (field.code().to_owned(), count(c)));
    value["fields"] = Value::Object(fields.collect::<Map<_, _>>());
    value
}

fn errors_json(errors: &TextErrors) -> Value {
    let mut value = json!({"diacritic_accuracy": errors.diacritic_accuracy()});
    for (name, count) in [
        ("cer", errors.cer),
        ("cer_tone", errors.cer_tone),
        ("cer_ascii", errors.cer_ascii),
        ("wer", errors.wer),
        ("wer_ascii", errors.wer_ascii),
        ("marked", errors.marked),
    ] {
        value[name] = json!({"edits": count.edits, "length": count.length, "rate": count.rate()});
    }
    value
}

fn failure(error: &EvalError, speaker: Speaker) -> Failure {
    if let EvalError::Archive(error) = error {
        return speaker.failure(error);
    }
    let exit = match error {
        EvalError::Io { source, .. } if source.kind() != std::io::ErrorKind::NotFound => Exit::Failed,
        _ => Exit::Misused,
    };
    let message = if speaker.lang == Lang::Vi { vietnamese(error) } else { error.to_string() };
    Failure { exit, message, hint: error.hint(speaker.lang).map(str::to_owned) }
}

fn vietnamese(error: &EvalError) -> String {
    match error {
        EvalError::Io { path, source } => format!("{}: {}", path.display(), io_cause(source, Lang::Vi)),
        EvalError::TooLarge { path, max_mib } => format!("{}: lớn hơn {max_mib} MiB", path.display()),
        EvalError::NotUtf8 { path, byte } => {
            format!("{}: không phải UTF-8 từ byte thứ {byte}", path.display())
        }
        EvalError::Alto { path, source } => format!("{}: ALTO hỏng: {source}", path.display()),
        EvalError::Format { path, problem } => format!("{}: sai định dạng: {problem}", path.display()),
        EvalError::NoTruth(path) => {
            format!("{}: không phải dữ liệu chuẩn: kho và hồ sơ đã xuất là kết quả đọc", path.display())
        }
        EvalError::Unlike { truth, hypothesis } => {
            format!("{} và {}: không so với nhau được", truth.display(), hypothesis.display())
        }
        EvalError::NoTexts(path) => {
            format!("{}: không có tệp .txt, .xml hay .alto.xml nào trong thư mục này", path.display())
        }
        EvalError::SamePage { first, second } => {
            format!("{} và {} cùng là chữ của một trang", first.display(), second.display())
        }
        EvalError::NoNumber(path) => format!("{}: cuối tên tệp không có số trang", path.display()),
        EvalError::NothingInCommon { truth, hypothesis, example } => format!(
            "{} và {} không có tên nào chung; dữ liệu chuẩn có chẳng hạn “{example}”",
            truth.display(),
            hypothesis.display()
        ),
        EvalError::PageTooLong { set, page, chars, max } => {
            format!("{set}, {page}: một trang có {chars} ký tự; chỉ so tối đa {max}")
        }
        EvalError::Archive(error) => error.to_string(),
    }
}
