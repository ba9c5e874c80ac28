//! PDFs by Ghostscript, qpdf and by hand, an offline time-stamp authority by openssl, and the judges of PDFs.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use record::Timestamp;
use seal::pades::{Mark, PdfReport, SignatureRequest, copy_mark, sign_pdf, verify_pdf};
use seal::{Signer, TimeStampClient, TspError};

use crate::provided::from_dev;
use crate::support::*;

pub(crate) const FONT: &str = "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf";
pub(crate) const AGENCY: &str = "Viện kiểm sát nhân dân huyện Thử Nghiệm";

/// A PDF/A-2b of two pages by Ghostscript, with a classic cross-reference table.
pub(crate) fn pdf_a(scratch: &Scratch) -> Vec<u8> {
    let icc = "/usr/share/color/icc/ghostscript/srgb.icc";
    scratch.write(
        "def.ps",
        format!(
            "[/_objdef {{icc}} /type /stream /OBJ pdfmark
[{{icc}} << /N 3 >> /PUT pdfmark
[{{icc}} ({icc}) (r) file /PUT pdfmark
[/_objdef {{oi}} /type /dict /OBJ pdfmark
[{{oi}} << /Type /OutputIntent /S /GTS_PDFA1 /DestOutputProfile {{icc}} /OutputConditionIdentifier (sRGB) >> /PUT pdfmark
[{{Catalog}} << /OutputIntents [ {{oi}} ] >> /PUT pdfmark\n"
        ),
    );
    scratch.write(
        "in.ps",
        "%!\n<< /PageSize [595 842] >> setpagedevice
/LiberationSerif findfont 14 scalefont setfont
72 600 moveto (Bien ban hoi cung, trang 1) show 0.2 0.4 0.6 setrgbcolor 72 400 200 100 rectfill showpage
/LiberationSerif findfont 14 scalefont setfont 72 700 moveto (trang 2) show showpage\n",
    );
    scratch.must("gs -q -dPDFA=2 -dPDFACompatibilityPolicy=1 -dBATCH -dNOPAUSE -dNOSAFER -sDEVICE=pdfwrite -sColorConversionStrategy=RGB -sOutputFile=base.pdf def.ps in.ps");
    scratch.read("base.pdf")
}

/// The same file in other clothes, by qpdf.
pub(crate) fn by_qpdf(scratch: &Scratch, pdf: &[u8], options: &str) -> Vec<u8> {
    scratch.write("qpdf-in.pdf", pdf);
    scratch.must(&format!("qpdf --newline-before-endstream {options} qpdf-in.pdf qpdf-out.pdf"));
    scratch.read("qpdf-out.pdf")
}

/// A PDF by hand: objects from 1 on, a table, and more entries for the trailer.
pub(crate) fn by_hand(objects: &[&str], trailer: &str) -> Vec<u8> {
    let mut pdf = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    for (idx, object) in objects.iter().enumerate() {
        places.push(pdf.len());
        pdf.extend(format!("{} 0 obj\n{object}\nendobj\n", idx + 1).bytes());
    }
    let at = pdf.len();
    pdf.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        pdf.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    pdf.extend(format!("trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{at}\n%%EOF\n").bytes());
    pdf
}

/// One page, with more entries for it.
pub(crate) fn one_page(page: &str) -> Vec<u8> {
    let page = format!("<</Type/Page/Parent 2 0 R/Resources<<>>/Contents 4 0 R{page}>>");
    let content = "<</Length 24>>\nstream\n0.5 g 100 100 50 50 re f\n\nendstream";
    by_hand(&["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", &page, content], "")
}

/// Appends a revision by hand: objects with their numbers.
pub(crate) fn revised(pdf: &[u8], objects: &[(u32, &str)], size: u32) -> Vec<u8> {
    let text = String::from_utf8_lossy(&pdf[pdf.len() - 60..]).into_owned();
    let prev = text.rsplit("startxref").next().and_then(|t| t.split_whitespace().next()).expect("a position");
    let root = find_text(pdf, b"/Root ").expect("a root");
    let root = String::from_utf8_lossy(&pdf[root + 6..root + 12]).into_owned();
    let root = root.split_whitespace().next().expect("a number").to_owned();
    let mut out = pdf.to_vec();
    let mut table = String::from("xref\n");
    for (number, object) in objects {
        table += &format!("{number} 1\n{:010} 00000 n \n", out.len());
        out.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    }
    let at = out.len();
    out.extend(table.bytes());
    out.extend(
        format!("trailer\n<</Size {size}/Root {root} 0 R/Prev {prev}>>\nstartxref\n{at}\n%%EOF\n").bytes(),
    );
    out
}

pub(crate) fn find_text(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|w| w == text)
}

pub(crate) fn rfind_text(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).rposition(|w| w == text)
}

pub(crate) fn font() -> Vec<u8> {
    std::fs::read(FONT).unwrap_or_else(|e| panic!("{FONT}: {e}: ./dev setup test installs it"))
}

pub(crate) fn now() -> Timestamp {
    moment("2026-11-21T08:00:00Z")
}

/// Signs with the mark of a copy and returns the whole file.
pub(crate) fn signed(pdf: &[u8], signer: &dyn Signer, certify: bool) -> Vec<u8> {
    let font = font();
    let mark =
        Mark {
            lines: copy_mark("Bản sao số hóa từ bản giấy", AGENCY, now()), font: &font, picture: None
        };
    let request = SignatureRequest { now: now(), mark: Some(mark), certify };
    let appended = sign_pdf(&mut Cursor::new(pdf), &request, signer, None).expect("signed");
    [pdf, &appended].concat()
}

/// Signs without anything to see.
pub(crate) fn signed_unseen(pdf: &[u8], signer: &dyn Signer) -> Vec<u8> {
    let request = SignatureRequest { now: now(), mark: None, certify: false };
    let appended = sign_pdf(&mut Cursor::new(pdf), &request, signer, None).expect("signed");
    [pdf, &appended].concat()
}

pub(crate) fn judged(pdf: &[u8], anchors: &[Vec<u8>], at: Timestamp) -> PdfReport {
    verify_pdf(&mut Cursor::new(pdf), anchors, at).expect("memory is readable")
}

/// A status, and the codes of all reasons; `fault` for a file that cannot be read.
pub(crate) fn words(report: &PdfReport) -> String {
    if let Some(fault) = &report.fault {
        return format!("fault: {fault}");
    }
    let all: Vec<String> = report
        .signatures
        .iter()
        .map(|s| {
            let codes: Vec<_> = s.reasons.iter().map(|r| r.code.code()).collect();
            format!("{} {}", s.status.code(), codes.join("+")).trim().to_owned()
        })
        .collect();
    all.join("; ")
}

impl Scratch {
    /// A time-stamp authority under `root`, valid longer than the signers, to be asked by [`Scratch::stamp`]; its times have fractions.
    pub(crate) fn make_tsa(&self, name: &str) {
        self.write("tsa.ext", "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\nsubjectKeyIdentifier=hash\n");
        self.make_key(name);
        self.must(&format!("openssl req -new -key {name}.key -subj /C=VN/O=TSA/CN={name} -out {name}.csr"));
        self.must(&format!("openssl x509 -req -in {name}.csr -CA root.pem -CAkey root.key -CAcreateserial -days 3000 -sha256 -extfile tsa.ext -out {name}.pem"));
        self.write("tsa-serial", "01");
        self.write(&format!("{name}.cnf"), format!("[t]\nserial = tsa-serial\ncrypto_device = builtin\nsigner_cert = {name}.pem\nsigner_key = {name}.key\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\ndigests = sha256, sha384, sha512\naccuracy = secs:1\nclock_precision_digits = 6\nordering = yes\ntsa_name = yes\ness_cert_id_chain = no\ness_cert_id_alg = sha256\n"));
    }

    /// The answer of that authority.
    pub(crate) fn stamp(&self, name: &str, request: &[u8]) -> Vec<u8> {
        self.write("q.tsq", request);
        self.must(&format!("openssl ts -reply -config {name}.cnf -section t -queryfile q.tsq -out q.tsr"));
        self.read("q.tsr")
    }

    /// Runs `work` with a client of that authority.
    pub(crate) fn with_tsa<T>(&self, name: &str, work: impl FnOnce(&mut TimeStampClient<'_>) -> T) -> T {
        let mut send = |request: &[u8]| Ok::<_, TspError>(self.stamp(name, request));
        let mut random =
            |buffer: &mut [u8]| getrandom::fill(buffer).map_err(|e| std::io::Error::other(e.to_string()));
        work(&mut TimeStampClient { send: &mut send, random: &mut random })
    }
}

/// Copies a result into the folder `HOSO_TEST_OUTPUT`, where that is set, for people to look at.
pub(crate) fn keep(file: &Path) {
    if let Some(folder) = std::env::var_os("HOSO_TEST_OUTPUT") {
        let name = file.file_name().expect("a file");
        std::fs::copy(file, Path::new(&folder).join(name)).expect("a folder to copy to");
    }
}

/// One line of what pyHanko says.
#[derive(Debug, Clone)]
pub(crate) struct PyHanko {
    pub(crate) file: String,
    pub(crate) intact: bool,
    pub(crate) valid: bool,
    pub(crate) trusted: bool,
    pub(crate) coverage: String,
    pub(crate) good: bool,
}

pub(crate) fn ask_pyhanko(root: &Path, at: Timestamp, files: &[PathBuf]) -> Vec<PyHanko> {
    pyhanko(root, at, None, files)
}

/// The same, where revocation must be known from these lists (DER) or from the file.
pub(crate) fn ask_pyhanko_with(
    root: &Path,
    at: Timestamp,
    lists: &[PathBuf],
    files: &[PathBuf],
) -> Vec<PyHanko> {
    pyhanko(root, at, Some(lists), files)
}

fn pyhanko(root: &Path, at: Timestamp, lists: Option<&[PathBuf]>, files: &[PathBuf]) -> Vec<PyHanko> {
    let script = crate::provided::workspace().join("seal/tests/pyhanko_judge.py");
    let mut command = std::process::Command::new(from_dev("pki-venv/bin/python"));
    let at = at.to_string().replace('Z', "+00:00");
    command.arg(script).arg(root).arg(at);
    for list in lists.into_iter().flatten() {
        command.arg("--list").arg(list);
    }
    if lists.is_some() {
        command.arg("--require");
    }
    let output = command.args(files).output().expect("pyHanko starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let is = |word: &str| word == "True";
    text.lines()
        .map(|line| {
            let words: Vec<&str> = line.split('\t').collect();
            match words[..] {
                [file, _, intact, valid, trusted, coverage, _, good] => PyHanko {
                    file: file.into(),
                    intact: is(intact),
                    valid: is(valid),
                    trusted: is(trusted),
                    coverage: coverage.into(),
                    good: is(good),
                },
                _ => PyHanko {
                    file: words[0].into(),
                    intact: false,
                    valid: false,
                    trusted: false,
                    coverage: "unreadable".into(),
                    good: false,
                },
            }
        })
        .collect()
}

/// Does pyHanko find the detached signature of a file right, and its signer under `root.pem`?
pub(crate) fn ask_pyhanko_of_cms(scratch: &Scratch, content: &str, signature: &str) -> bool {
    let script = crate::provided::workspace().join("seal/tests/pyhanko_judge.py");
    let at = Timestamp::now().to_string().replace('Z', "+00:00");
    let mut command = std::process::Command::new(from_dev("pki-venv/bin/python"));
    command.arg(script).arg(scratch.path("root.pem")).arg(at).arg("--cms");
    let output = command.arg(scratch.path(content)).arg(scratch.path(signature)).output();
    let output = output.expect("pyHanko starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.starts_with("cms\t"), "{said}");
    said.trim_end().ends_with("True\tTrue\tTrue")
}

/// Does openssl accept every signature of a PDF, cut out by what its ByteRange leaves out, and its signer under `root`? Nothing
/// signed is nothing wrong. Where there are no two stretches with a signature between them it has nothing to look at, which is no.
pub(crate) fn ask_openssl(scratch: &Scratch, pdf: &[u8], root: &str, at: Timestamp) -> bool {
    let mark = b"/ByteRange";
    let windows = pdf.windows(mark.len()).enumerate();
    let mut places = windows.filter(|(_, window)| window == mark).map(|(place, _)| place + mark.len());
    places.all(|place| {
        let text = String::from_utf8_lossy(&pdf[place..(place + 60).min(pdf.len())]).into_owned();
        let inside = text.trim_start().trim_start_matches('[').split(']').next().unwrap_or_default();
        let numbers: Vec<usize> = inside.split_whitespace().map_while(|n| n.parse().ok()).collect();
        let [start, first, second, rest] = numbers[..] else { return false };
        let parts =
            [pdf.get(start..start + first), pdf.get(second..second + rest), pdf.get(start + first..second)];
        let [Some(one), Some(two), Some(signature)] = parts else { return false };
        let digits: Vec<u8> = signature.iter().copied().filter(u8::is_ascii_hexdigit).collect();
        let digit = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default() as u8;
        let bytes: Vec<u8> = digits.chunks_exact(2).map(|two| digit(two[0]) << 4 | digit(two[1])).collect();
        scratch.write("signed-bytes", [one, two].concat());
        scratch.write("cut-out.p7s", bytes);
        let seconds = at.as_second().to_string();
        let args =
            ["cms", "-verify", "-binary", "-inform", "DER", "-in", "cut-out.p7s", "-content", "signed-bytes"];
        let more = ["-CAfile", root, "-purpose", "any", "-no-CApath", "-attime", &seconds, "-out", "out.txt"];
        scratch.run("openssl", &[&args[..], &more].concat()).status.success()
    })
}

/// What the independent checker says of what the signatures of PDFs cover: `None` where nothing is wrong with it.
pub(crate) fn ask_checker(files: &[PathBuf]) -> Vec<Option<String>> {
    let script = "import sys, importlib.util as u\nspec = u.spec_from_file_location('c', sys.argv[1])\nc = u.module_from_spec(spec)\nsys.dont_write_bytecode = True\nspec.loader.exec_module(c)\nfor f in sys.argv[2:]: print(c.coverage(open(f, 'rb').read())[1])";
    let checker = crate::provided::workspace().join("docs/court-kit/kiem_tra.py");
    let mut command = std::process::Command::new("python3");
    let output = command.args(["-c", script]).arg(checker).args(files).output().expect("python3 starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<_> =
        said.lines().map(|line| Some(line.to_owned()).filter(|line| !line.is_empty())).collect();
    assert_eq!(lines.len(), files.len(), "{said}");
    lines
}

/// What `pdfsig` says of each signature: `valid`, or the words it uses.
pub(crate) fn ask_pdfsig(scratch: &Scratch, file: &str) -> Vec<String> {
    let output = scratch.run("pdfsig", &["-nocert", file]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = text.lines().filter_map(|l| l.trim().strip_prefix("- Signature Validation: "));
    said.map(|s| if s == "Signature is Valid." { "valid".into() } else { s.to_owned() }).collect()
}

pub(crate) fn ask_qpdf(scratch: &Scratch, file: &str) -> bool {
    let output = scratch.run("qpdf", &["--check", file]);
    output.status.success()
        && String::from_utf8_lossy(&output.stdout).contains("No syntax or stream encoding errors found")
}

/// veraPDF takes seconds to start: all files at once. Returns the lines that do not pass.
pub(crate) fn not_pdf_a_2b(files: &[PathBuf]) -> Vec<String> {
    let mut command = std::process::Command::new(from_dev("verapdf/verapdf"));
    let output = command.args(["--flavour", "2b", "--format", "text", "-v"]).args(files).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let passed = stdout.lines().filter(|l| l.starts_with("PASS ")).count();
    let others = stdout.lines().filter(|l| !l.starts_with("PASS ")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(passed + others.iter().filter(|l| l.starts_with("FAIL ")).count(), files.len(), "{stdout}");
    others
}
