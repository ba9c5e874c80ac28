//! What a batch shows while it goes on: a bar on a screen, plain lines elsewhere, events with `--json`.

use crate::say::{Speaker, can_draw};
use indicatif::{ProgressBar, ProgressStyle};
use pipeline::{Event, Watch};
use record::{Finding, Severity};
use serde_json::json;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Listens to a batch.
pub(crate) struct Progress {
    speaker: Speaker,
    bar: Option<ProgressBar>,
    state: Mutex<State>,
    findings: AtomicU64,
}

struct State {
    started: Instant,
    last_line: Instant,
    pages: u64,
    done: u64,
    fresh: u64,
}

/// Seconds between two plain lines.
const LINE_EVERY_S: u64 = 10;

impl Progress {
    /// A bar only when people look at a screen and no JSON was asked for.
    pub(crate) fn new(speaker: Speaker) -> Self {
        let bar = (can_draw() && !speaker.json).then(|| {
            let bar = ProgressBar::new(0);
            let template = speaker.pick(
                "{bar:30} {pos}/{len} trang · {msg} · còn {eta}",
                "{bar:30} {pos}/{len} pages · {msg} · {eta} left",
            );
            bar.set_style(ProgressStyle::with_template(template).expect("a valid template"));
            bar
        });
        let now = Instant::now();
        let state = Mutex::new(State { started: now, last_line: now, pages: 0, done: 0, fresh: 0 });
        Self { speaker, bar, state, findings: AtomicU64::new(0) }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(self.speaker.harmless(text)),
            None => self.speaker.talk(text),
        }
    }

    fn page_done(&self, known: bool) {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.done += 1;
        state.fresh += u64::from(!known);
        let per_minute = state.fresh as f64 * 60.0 / state.started.elapsed().as_secs_f64().max(0.001);
        let findings = self.findings.load(Ordering::Relaxed);
        let speed = match self.speaker.lang {
            record::Lang::Vi => format!("{per_minute:.0} trang/phút · {findings} lưu ý"),
            record::Lang::En => format!("{per_minute:.0} pages/min · {findings} findings"),
        };
        if let Some(bar) = &self.bar {
            bar.set_message(speed);
            bar.inc(1);
        } else if state.last_line.elapsed().as_secs() >= LINE_EVERY_S || state.done == state.pages {
            state.last_line = Instant::now();
            let pages = self.speaker.pick("trang", "pages");
            self.speaker.talk(format_args!("{}/{} {pages} · {speed}", state.done, state.pages));
        }
    }

    fn json(&self, event: &Event) {
        let (kind, value) = match event {
            Event::Started { batch, cases, pages, pages_done } => (
                "started",
                json!({"batch": batch.as_str(), "cases": cases, "pages": pages, "pages_done": pages_done}),
            ),
            Event::PageRead { case, page, outcome, known } => (
                "page",
                json!({"case": case.as_str(), "page": page.get(), "outcome": outcome, "known": known}),
            ),
            Event::Found(finding) => ("finding", finding_json(finding)),
            Event::Stored { case, pages, version } => {
                ("stored", json!({"case": case.as_str(), "pages": pages, "version": version}))
            }
            Event::Present { case, pages } => ("present", json!({"case": case.as_str(), "pages": pages})),
            Event::Waiting { case, files } => ("waiting", json!({"case": case.as_str(), "files": files})),
            Event::FolderGone { folder } => ("folder-gone", json!({"folder": folder})),
            Event::Indexed { case } => ("indexed", json!({"case": case.as_str()})),
        };
        self.speaker.line(kind, value);
    }
}

impl Watch for Progress {
    fn event(&self, event: &Event) {
        if let Event::Found(_) = event {
            self.findings.fetch_add(1, Ordering::Relaxed);
        }
        if self.speaker.json {
            self.json(event);
            return;
        }
        match event {
            Event::Started { batch, cases, pages, pages_done } => {
                let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                (state.pages, state.done, state.started) = (*pages, *pages_done, Instant::now());
                drop(state);
                if let Some(bar) = &self.bar {
                    bar.set_length(*pages);
                    bar.set_position(*pages_done);
                }
                self.say(&match self.speaker.lang {
                    record::Lang::Vi => format!("lô {batch}: {cases} hồ sơ, {pages} trang"),
                    record::Lang::En => format!("batch {batch}: {cases} case files, {pages} pages"),
                });
            }
            Event::PageRead { known, .. } => self.page_done(*known),
            Event::Found(finding) if finding.kind.severity() == Severity::Review => {
                self.say(&finding_text(self.speaker, finding));
            }
            Event::Found(_) | Event::Indexed { .. } => {}
            Event::Stored { case, pages, version } => self.say(&match self.speaker.lang {
                record::Lang::Vi => format!("  ✓ {case}: đã niêm phong và lưu {pages} trang (bản {version})"),
                record::Lang::En => {
                    format!("  ✓ {case}: {pages} pages sealed and stored (version {version})")
                }
            }),
            Event::Waiting { case, files } if files.is_empty() => self.say(&match self.speaker.lang {
                record::Lang::Vi => format!("  … {case}: chờ, chưa niêm phong (có trang đóng dấu độ mật)"),
                record::Lang::En => format!("  … {case}: waits, not sealed (a page bears a secrecy stamp)"),
            }),
            Event::Waiting { case, files } => self.say(&match self.speaker.lang {
                record::Lang::Vi => format!("  … {case}: chờ, chưa niêm phong ({})", files.join(", ")),
                record::Lang::En => format!("  … {case}: waits, not sealed ({})", files.join(", ")),
            }),
            Event::FolderGone { folder } => self.say(&match self.speaker.lang {
                record::Lang::Vi => format!(
                    "  ! {}: thư mục lô không còn ở đây; hồ sơ đang chờ chỉ có những gì đã nhận – gợi ý: trả thư mục về chỗ cũ rồi chạy lại, \
                     hoặc niêm phong phần đã nhận bằng --without-missing",
                    folder.display()
                ),
                record::Lang::En => format!(
                    "  ! {}: the batch folder is not here any more; waiting case files have only what was received – hint: put the \
                     folder back and resume, or seal what is there with --without-missing",
                    folder.display()
                ),
            }),
            Event::Present { case, pages } => self.say(&match self.speaker.lang {
                record::Lang::Vi => format!("  = {case}: đã có trong kho ({pages} trang)"),
                record::Lang::En => format!("  = {case}: in the archive already ({pages} pages)"),
            }),
        }
    }
}

/// How far a command is that goes through case files: a bar on a screen, nothing elsewhere.
pub(crate) struct CaseBar {
    speaker: Speaker,
    bar: Option<ProgressBar>,
    started: Instant,
    bytes: u64,
}

impl CaseBar {
    /// A bar only when people look at a screen and no JSON was asked for.
    pub(crate) fn new(speaker: Speaker) -> Self {
        let bar = (can_draw() && !speaker.json).then(|| {
            let bar = ProgressBar::new(0);
            let template = speaker.pick(
                "{bar:30} {pos}/{len} hồ sơ · {msg} · còn {eta}",
                "{bar:30} {pos}/{len} case files · {msg} · {eta} left",
            );
            bar.set_style(ProgressStyle::with_template(template).expect("a valid template"));
            bar
        });
        Self { speaker, bar, started: Instant::now(), bytes: 0 }
    }

    /// So many are done of so many; `bytes` were read for the last.
    pub(crate) fn step(&mut self, done: u64, all: u64, bytes: u64) {
        self.bytes += bytes;
        if let Some(bar) = &self.bar {
            let per_second = self.bytes as f64 / 1e6 / self.started.elapsed().as_secs_f64().max(0.001);
            bar.set_message(format!("{:.1} GB, {per_second:.0} MB/s", self.bytes as f64 / 1e9));
            bar.set_length(all);
            bar.set_position(done);
        }
    }

    /// A line of data, above the bar.
    pub(crate) fn data(&self, text: impl std::fmt::Display) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.speaker.data(text)),
            None => self.speaker.data(text),
        }
    }

    /// A line of talk, above the bar.
    pub(crate) fn talk(&self, text: impl std::fmt::Display) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.speaker.talk(text)),
            None => self.speaker.talk(text),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A finding in one line.
pub(crate) fn finding_text(speaker: Speaker, finding: &Finding) -> String {
    let page = finding.page.map(|p| format!(", {} {p}", speaker.pick("trang", "page"))).unwrap_or_default();
    let detail = if finding.detail.is_empty() { String::new() } else { format!(" ({})", finding.detail) };
    let hint = speaker.pick("gợi ý", "hint");
    let (title, next) = (finding.kind.title(speaker.lang), finding.kind.hint(speaker.lang));
    format!("  ! {}{page}: {title}{detail} – {hint}: {next}", finding.subject)
}

/// A finding as JSON.
pub(crate) fn finding_json(finding: &Finding) -> serde_json::Value {
    json!({
        "code": finding.kind.code(),
        "severity": if finding.kind.severity() == Severity::Review { "review" } else { "note" },
        "subject": finding.subject,
        "page": finding.page.map(|p| p.get()),
        "detail": finding.detail,
    })
}
