//! Where the compared programs are, and their command lines.

use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The programs of a run.
#[derive(Debug)]
pub(crate) struct Programs {
    hoso: PathBuf,
    pdfium: PathBuf,
    venv: PathBuf,
    cache: PathBuf,
}

impl Programs {
    /// `hoso` from `folder` (otherwise beside this program), Pdfium and peers from the cache of `./dev`.
    pub(crate) fn find(folder: Option<PathBuf>, cache: &Path) -> Result<Self> {
        let folder = match folder {
            Some(folder) => folder,
            None => std::env::current_exe()?.parent().context("this program has no folder")?.to_owned(),
        };
        let there = |path: PathBuf, hint: &str| {
            std::path::absolute(&path)
                .ok()
                .filter(|p| p.exists())
                .with_context(|| format!("{} is missing; {hint}", path.display()))
        };
        let installed = "./dev bench installs it";
        Ok(Self {
            hoso: there(folder.join("hoso"), "build it first: cargo build --release --bins")?,
            pdfium: there(cache.join("pdfium"), installed)?,
            venv: there(cache.join("bench-venv"), installed)?,
            cache: std::path::absolute(cache)?,
        })
    }

    /// `hoso`, with what it needs in its environment.
    pub(crate) fn hoso(&self) -> Command {
        let mut command = quiet(&self.hoso);
        command.env("HOSO_PDFIUM", &self.pdfium).arg("--lang").arg("en");
        command
    }

    /// A measuring program: the example `name` of a crate.
    pub(crate) fn example(&self, name: &str) -> Result<Command> {
        let program = self.hoso.with_file_name("examples").join(name);
        if !program.is_file() {
            bail!("{} is missing; build it: cargo build --release --examples", program.display());
        }
        let mut command = quiet(&program);
        command.env("HOSO_PDFIUM", &self.pdfium).stdout(Stdio::piped());
        Ok(command)
    }

    /// A measuring program that starts no other.
    pub(crate) fn plain_example(&self, name: &str) -> Result<Command> {
        let mut command = self.example(name)?;
        command.stdout(Stdio::null());
        Ok(command)
    }

    /// A program of others in the cache of `./dev`.
    pub(crate) fn judge(&self, below: &str) -> PathBuf {
        self.cache.join(below)
    }

    /// OCRmyPDF with one job, to PDF/A-2, with its text beside it.
    pub(crate) fn ocrmypdf(&self, more: &[&str], input: &Path, output: &Path, sidecar: &Path) -> Command {
        let mut command = quiet(&self.venv.join("bin/ocrmypdf"));
        command.args(["--quiet", "--output-type", "pdfa-2", "-l", "vie", "--jobs", "1"]).args(more);
        command.arg("--sidecar").arg(sidecar).arg(input).arg(output);
        command
    }

    /// The program `tesseract` on one picture with a mode of page segmentation: `output.pdf` and `output.txt`.
    pub(crate) fn tesseract(&self, picture: &Path, output: &Path, psm: &str) -> Command {
        let mut command = quiet(Path::new("tesseract"));
        command.arg(picture).arg(output).args(["-l", "vie", "--psm", psm, "pdf", "txt"]);
        command
    }

    /// An image-only PDF of these pictures, which are taken over as they are.
    pub(crate) fn img2pdf(&self, pictures: &[PathBuf], output: &Path) -> Result<()> {
        let mut command = quiet(&self.venv.join("bin/img2pdf"));
        command.arg("--output").arg(output).args(pictures);
        succeed(&mut command, &[0])
    }

    /// Single pages as pictures, by the orders of `as_displayed.py`; the paths it says, one a line.
    pub(crate) fn as_displayed(&self, orders: &str) -> Result<String> {
        let mut command = quiet(&self.venv.join("bin/python"));
        command.args(["-c", include_str!("../as_displayed.py")]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start the peers' Python")?;
        let mut stdin = child.stdin.take().context("no way to tell Python anything")?;
        let out = std::thread::scope(|scope| {
            // Both pipes at once: neither side waits for the other. A Python that ends early shows in its status.
            scope.spawn(move || stdin.write_all(orders.as_bytes()));
            child.wait_with_output()
        })?;
        check("python".as_ref(), out.status, &out.stderr, &[0])?;
        String::from_utf8(out.stdout).context("paths are UTF-8")
    }

    /// Names and versions of all that is compared and of what peers work with.
    pub(crate) fn versions(&self) -> Vec<(String, String)> {
        let first_line = |command: &mut Command| {
            let out = command.output().ok()?;
            let text = [out.stdout, out.stderr].concat();
            String::from_utf8_lossy(&text).lines().next().map(str::to_owned)
        };
        let mut hoso = Command::new(&self.hoso);
        let mut ocrmypdf = Command::new(self.venv.join("bin/ocrmypdf"));
        let mut img2pdf = Command::new(self.venv.join("bin/img2pdf"));
        [
            ("hoso", first_line(hoso.arg("--version"))),
            ("OCRmyPDF", first_line(ocrmypdf.arg("--version"))),
            ("tesseract", first_line(Command::new("tesseract").arg("--version"))),
            ("Ghostscript", first_line(Command::new("gs").arg("--version"))),
            ("img2pdf", first_line(img2pdf.arg("--version"))),
        ]
        .into_iter()
        .map(|(name, version)| (name.to_owned(), version.unwrap_or_else(|| "unknown".into())))
        .collect()
    }
}

/// One thread in every Tesseract, nothing on standard output, no questions asked.
pub(crate) fn quiet(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("OMP_THREAD_LIMIT", "1").env("LC_ALL", "C.UTF-8");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Runs it; any other exit code than these is a failure that shows what it said.
pub(crate) fn succeed(command: &mut Command, codes: &[i32]) -> Result<()> {
    let name = command.get_program().to_owned();
    let out = command.output().with_context(|| format!("cannot start {}", name.display()))?;
    check(&name, out.status, &out.stderr, codes)
}

/// Fails with the last words of a program that did not end well.
pub(crate) fn check(
    name: &std::ffi::OsStr,
    status: std::process::ExitStatus,
    stderr: &[u8],
    codes: &[i32],
) -> Result<()> {
    if status.code().is_some_and(|code| codes.contains(&code)) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(stderr);
    let last: Vec<&str> = said.lines().rev().take(5).collect();
    bail!(
        "{} ended with {status}: {}",
        name.display(),
        last.into_iter().rev().collect::<Vec<_>>().join(" | ")
    )
}
