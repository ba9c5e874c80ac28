//! What the tests of the program share: starting it, making paper for it, asking other people's programs.

use crate::provided::{self, from_dev};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The program under test.
pub(crate) const HOSO: &str = env!("CARGO_BIN_EXE_hoso");

/// A command of the program with nothing of the tester's own locale or configuration.
pub(crate) fn hoso_command() -> Command {
    equip(Command::new(HOSO))
}

/// The same for a command that starts the program in its turn.
pub(crate) fn equip(mut command: Command) -> Command {
    for variable in ["LC_ALL", "LC_MESSAGES", "HOSO_ARCHIVE", "HOSO_LIBDIR", "HOSO_LOG"] {
        command.env_remove(variable);
    }
    command.env("LANG", "C.UTF-8").stdin(Stdio::null());
    command.env("HOSO_PDFIUM", provided::pdfium());
    command
}

/// What a program said.
pub(crate) struct Said {
    pub exit: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// Both streams, for failing tests.
    pub(crate) fn all(&self) -> String {
        format!("exit {}\n{}\n{}", self.exit, self.out, self.err)
    }
    /// The lines of `--json`.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.out.lines().map(parse).collect()
    }
    /// The lines of one type.
    pub(crate) fn of_type(&self, kind: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|l| l["type"] == kind).collect()
    }
    /// The codes of the findings about a subject.
    pub(crate) fn findings_on(&self, subject: &str) -> BTreeSet<String> {
        let about = self.of_type("finding").into_iter().filter(|f| f["subject"] == subject);
        about.map(|f| f["code"].as_str().unwrap().to_owned()).collect()
    }
    pub(crate) fn expect(self, exit: i32) -> Said {
        assert_eq!(self.exit, exit, "{}", self.all());
        self
    }
}

/// Starts a command and waits; whatever hangs is ended and fails the test with exit 124.
pub(crate) fn run(command: &mut Command) -> Said {
    provided::program(&command.get_program().to_string_lossy());
    let mut guarded = Command::new("timeout");
    guarded.args(["-k", "5", "300"]).arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => guarded.env(name, value),
            None => guarded.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        guarded.current_dir(folder);
    }
    let output = guarded.output().unwrap();
    Said {
        exit: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs the program.
pub(crate) fn hoso<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Said {
    run(hoso_command().args(args))
}

/// Runs another program that has to succeed; its output.
pub(crate) fn tool<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, args: impl IntoIterator<Item = S>) -> String {
    let name = program.as_ref().to_string_lossy().into_owned();
    let said = run(Command::new(program).args(args));
    assert_eq!(said.exit, 0, "{name}: {}", said.all());
    said.out
}

/// Runs a Python script (standard library only) with arguments.
pub(crate) fn python<S: AsRef<OsStr>>(script: &str, args: impl IntoIterator<Item = S>) {
    let mut command = Command::new("python3");
    command.args(["-c", script]).args(args);
    let said = run(&mut command);
    assert_eq!(said.exit, 0, "{}", said.all());
}

/// An archive and a batch folder in a scratch folder.
pub(crate) struct Desk {
    pub scratch: TempDir,
    pub archive: PathBuf,
    pub batch: PathBuf,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let scratch = tempfile::tempdir().unwrap();
        let (archive, batch) = (scratch.path().join("kho"), scratch.path().join("lô 1"));
        std::fs::create_dir(&batch).unwrap();
        init(&archive);
        Desk { scratch, archive, batch }
    }

    /// A file in the scratch folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// A page with these words in the batch.
    pub(crate) fn page(&self, name: &str, words: &str) -> PathBuf {
        let path = self.batch.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        page(&path, words);
        path
    }

    /// The command for the main job with `--json`.
    pub(crate) fn batch_command(&self) -> Command {
        let mut command = hoso_command();
        command
            .args(["batch", "run", "--json", "--secrecy", "thuong", "--archive"])
            .arg(&self.archive)
            .arg(&self.batch);
        command
    }

    /// Two stored case files of two pages and one.
    pub(crate) fn with_two_case_files() -> Desk {
        let desk = Desk::new();
        desk.page("HS-1/trang 1.png", "bị can khai nhận");
        desk.page("HS-1/trang 2.png", "biên bản hỏi cung");
        desk.page("HS-2/trang 1.png", "cáo trạng truy tố");
        desk.run_batch().expect(0);
        desk
    }

    /// The main job.
    pub(crate) fn run_batch(&self) -> Said {
        run(&mut self.batch_command())
    }

    /// Any command that takes `--archive`.
    pub(crate) fn hoso(&self, args: &[&str]) -> Said {
        run(hoso_command().args(args).arg("--archive").arg(&self.archive))
    }

    /// Exports a case file; its folder.
    pub(crate) fn export(&self, code: &str, name: &str) -> PathBuf {
        let to = self.path(name);
        let said = run(hoso_command()
            .args(["case", "export", code, "--archive"])
            .arg(&self.archive)
            .arg("-o")
            .arg(&to));
        assert_eq!(said.exit, 0, "{}", said.all());
        to
    }

    /// What the spool holds.
    pub(crate) fn spooled(&self) -> Vec<PathBuf> {
        let spool = self.archive.join("work/spool");
        if spool.exists() { files_below(&spool) } else { Vec::new() }
    }

    /// The OCFL storage root as other people's validators see it.
    pub(crate) fn assert_valid_ocfl(&self) {
        assert_valid_ocfl(&self.archive.join("ocfl"));
    }
}

/// Neither ocfl-py nor rocfl has an error or a warning for anything in a storage root.
pub(crate) fn assert_valid_ocfl(root: &Path) {
    let how = ["validate", "--validate-objects", "--check-digests", "--root"];
    let said = run(Command::new(from_dev("venv/bin/ocfl-root.py")).args(how).arg(root));
    assert!(said.exit == 0 && said.out.contains("is VALID") && is_silent(&said), "ocfl-py: {}", said.all());
    assert_rocfl_accepts(root);
}

/// The same by rocfl alone, in a hundredth of the time.
pub(crate) fn assert_rocfl_accepts(root: &Path) {
    let said = run(Command::new(from_dev("tools/bin/rocfl")).arg("-r").arg(root).arg("validate"));
    let is_valid = said.exit == 0 && said.out.contains("Invalid objects: 0");
    assert!(is_valid && is_silent(&said), "rocfl: {}", said.all());
}

fn is_silent(said: &Said) -> bool {
    ["[E", "[W", "INVALID"].iter().all(|word| !said.out.contains(word))
}

/// Past the test runner, which keeps what tests print: people should see it each time.
pub(crate) fn say(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

/// Makes an archive with a known password.
pub(crate) fn init(archive: &Path) {
    let password = archive.with_extension("password");
    std::fs::write(&password, "mật khẩu thử nghiệm 1\n").unwrap();
    let said = run(hoso_command().arg("init").arg(archive).arg("--password-file").arg(&password));
    assert_eq!(said.exit, 0, "{}", said.all());
}

/// A small page, 800 × 600 pixels at 150 dpi, with a line of words.
pub(crate) fn page(path: &Path, words: &str) {
    let mut command = Command::new("convert");
    command
        .args(["-size", "800x600", "xc:white", "-font", "Liberation-Serif", "-pointsize", "40"])
        .args(["-annotate", "+60+150", "CỘNG HÒA XÃ HỘI", "-annotate", "+60+250", words])
        .args(["-density", "150", "-units", "PixelsPerInch"])
        .arg(path);
    let said = run(&mut command);
    assert_eq!(said.exit, 0, "{}", said.all());
}

/// Every plain file below a folder, in order.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files
}

/// SHA-256 of files, by `sha256sum`.
pub(crate) fn sha256_of(files: &[PathBuf]) -> Vec<String> {
    let mut child = Command::new("xargs")
        .args(["-0", "sha256sum", "-z", "--"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut names = Vec::new();
    for file in files {
        names.extend_from_slice(file.as_os_str().as_encoded_bytes());
        names.push(0);
    }
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&names).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let digests: Vec<String> = output
        .stdout
        .split(|b| *b == 0)
        .filter(|l| !l.is_empty())
        .map(|l| String::from_utf8_lossy(&l[..64]).into())
        .collect();
    assert_eq!(digests.len(), files.len());
    digests
}

/// Names and digests of everything below a folder.
pub(crate) fn tree(folder: &Path) -> Vec<(PathBuf, String)> {
    let files = files_below(folder);
    let digests = sha256_of(&files);
    files.into_iter().map(|f| f.strip_prefix(folder).unwrap().to_owned()).zip(digests).collect()
}
