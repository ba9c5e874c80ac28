//! One small archive for all tests, made once; tests that damage it take a copy.

use crate::provided::pdfium;
use fixtures::truth::Truth;
use fixtures::{Order, generate};
use pipeline::{
    BatchOptions, Correction, Decisions, Equipment, Event, NewArchive, Pool, ReadingRoom, Watch, Workbench,
    WorkerConfig, init_archive, run_batch,
};
use record::{CaseCode, Clearance, Clock, Official, Secrecy, Timestamp};
use sha2::{Digest, Sha256, Sha512};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

struct Silent;

impl Watch for Silent {
    fn event(&self, _: &Event) {}
}

/// Two case files of the demo set with three pages each: pictures, TIFF and PDF.
pub(crate) struct Made {
    pub(crate) root: PathBuf,
    pub(crate) batch: PathBuf,
    pub(crate) truth: Truth,
}

/// Folder of the programs that `./dev test` built.
pub(crate) fn programs() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(Path::parent).expect("tests lie in <target>/<profile>/deps").to_owned()
}

fn worker() -> WorkerConfig {
    let tessdata: Vec<PathBuf> = std::env::var_os("TESSDATA_PREFIX").map(PathBuf::from).into_iter().collect();
    let config = WorkerConfig::find(&[programs()], &tessdata, &[pdfium()], "vie");
    config.expect("the worker is built first: cargo build -p native --bins, or ./dev test")
}

pub(crate) fn pool() -> Pool {
    Pool::start(worker(), 1).unwrap()
}

pub(crate) fn room(root: &Path) -> ReadingRoom {
    ReadingRoom::open(root, Box::new(SystemClock)).unwrap()
}

/// The archive; not to be changed.
pub(crate) fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("access");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        std::fs::create_dir_all(&folder).unwrap();
        let out = folder.join("fixtures");
        let order = Order { set: "demo".into(), pages: Some(9), seed: None, out: out.clone(), jobs: None };
        generate(&order, &|_, _| {}).unwrap();
        let (batch, truth) = (out.join("batch"), Truth::read(&out.join("truth")).unwrap());
        leave_out_the_last_case(&batch, &truth);
        let root = folder.join("archive");
        init(&root);
        receive(&root, &batch, Decisions::default());
        Made { root, batch, truth }
    })
}

fn init(root: &Path) {
    let new = NewArchive {
        fonds: "THU".into(),
        agency: "Viện kiểm sát thử nghiệm".into(),
        station: "may-thu".into(),
        on_network_disk: false,
    };
    init_archive(root, &new, &SystemClock).unwrap();
}

pub(crate) fn bench(root: &Path) -> Workbench {
    Workbench::open(root, equipment()).unwrap()
}

pub(crate) fn equipment() -> Equipment {
    Equipment { worker: worker(), workers: 2, clock: Box::new(SystemClock) }
}

fn receive(root: &Path, batch: &Path, decisions: Decisions) {
    let options = BatchOptions { secrecy: Some(Secrecy::Thuong), decisions };
    let report = run_batch(&bench(root), batch, &options, &Silent, &AtomicBool::new(false)).unwrap();
    assert_eq!(report.cases.len(), 2);
}

/// The same case files with a volume for each page; the first one has two versions, the later with a document more.
pub(crate) fn volumes() -> &'static Path {
    static VOLUMES: OnceLock<PathBuf> = OnceLock::new();
    VOLUMES.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("access-volumes");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        let (root, batch) = (folder.join("archive"), folder.join("batch"));
        copy_folder(&made().batch, &batch);
        init(&root);
        let config = std::fs::read_to_string(root.join("hoso.toml")).unwrap();
        assert!(config.contains("volume_pages = 1000\n"), "{config}");
        std::fs::write(root.join("hoso.toml"), config.replace("volume_pages = 1000\n", "volume_pages = 1\n"))
            .unwrap();
        receive(&root, &batch, Decisions::default());
        let case = batch.join(&made().truth.set.cases[0]);
        let document = std::fs::read_dir(&case).unwrap().map(|entry| entry.unwrap().path()).min().unwrap();
        copy_folder(&document, &case.join("99-bo-sung"));
        let correction = Correction {
            reason: "quét bổ sung".into(),
            by: Official::new("Trần Thị B").unwrap(),
            may_remove: false,
        };
        receive(&root, &batch, Decisions { correction: Some(correction), ..Decisions::default() });
        root
    })
}

/// Two are enough, and quicker.
fn leave_out_the_last_case(batch: &Path, truth: &Truth) {
    let code = truth.set.cases.last().unwrap();
    std::fs::remove_dir_all(batch.join(code)).unwrap();
    let list = batch.join("batch.csv");
    let text = std::fs::read_to_string(&list).unwrap();
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with(code.as_str())).collect();
    std::fs::write(&list, kept.join("\n") + "\n").unwrap();
}

/// A copy that may be damaged.
pub(crate) fn copy(to: &Path) -> PathBuf {
    copy_of(&made().root, to)
}

pub(crate) fn copy_of(archive: &Path, to: &Path) -> PathBuf {
    let root = to.join("archive");
    copy_folder(archive, &root);
    root
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The file of an archive that holds these bytes.
pub(crate) fn stored_as(root: &Path, bytes: &[u8]) -> PathBuf {
    let same = |path: &PathBuf| std::fs::read(path).unwrap() == bytes;
    files(&root.join("ocfl")).into_iter().find(same).expect("a master is stored as it was received")
}

/// Changes one bit in the middle of a file.
pub(crate) fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    make_writable(path);
    std::fs::write(path, bytes).unwrap();
}

pub(crate) fn make_writable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
}

/// A page whose master is a JPEG: case code, page number, bytes received.
pub(crate) fn jpeg_page() -> (String, u32, Vec<u8>) {
    page_of_kind(&[".jpg"])
}

/// A page whose master is a PDF.
pub(crate) fn pdf_page() -> (String, u32, Vec<u8>) {
    page_of_kind(&[".pdf"])
}

fn page_of_kind(endings: &[&str]) -> (String, u32, Vec<u8>) {
    let made = made();
    let kept = &made.truth.set.cases[..2];
    let page =
        made.truth.pages().find(|p| kept.contains(&p.case) && endings.iter().any(|e| p.file.ends_with(e)));
    let page = page.expect("the demo set holds pictures and PDFs");
    (page.case.clone(), page.page, std::fs::read(made.batch.join(&page.file)).unwrap())
}

/// A case file of which some stamps were read, with pages and bút lục as the archive holds them, each bút lục once.
pub(crate) fn case_with_folios() -> (String, Vec<(u32, String)>) {
    let made = made();
    let room = room(&made.root);
    let all = Clearance::whole_archive(Secrecy::Thuong);
    let folios = |code: &String| {
        let view = room.open_case(&all, &CaseCode::new(code).unwrap()).unwrap().into_view();
        let mut found: Vec<(u32, String)> = Vec::new();
        for (_, page) in view.case.pages() {
            if let Some(folio) = &page.folio
                && !found.iter().any(|(_, label)| *label == folio.label)
            {
                found.push((page.no.get(), folio.label.clone()));
            }
        }
        (code.clone(), found)
    };
    let mut cases = made.truth.set.cases[..2].iter().map(folios);
    cases.find(|(_, found)| !found.is_empty()).expect("of six stamps of the demo set some are read")
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

fn sha512(bytes: &[u8]) -> String {
    Sha512::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The folder of the OCFL object that a file lies in.
pub(crate) fn object_of(file: &Path) -> PathBuf {
    let is_object = |folder: &&Path| folder.join("inventory.json").is_file() && folder.join("v1").is_dir();
    file.ancestors().find(is_object).expect("the file lies in an object").to_owned()
}

/// The folder of the OCFL object of a case file.
pub(crate) fn object_of_case(root: &Path, code: &str) -> PathBuf {
    let named = format!("\"{code}\"");
    let is_register = |path: &PathBuf| {
        path.ends_with("metadata/other/case.json") && std::fs::read_to_string(path).unwrap().contains(&named)
    };
    object_of(&files(&root.join("ocfl")).into_iter().find(is_register).expect("it is stored"))
}

/// What somebody with access to the disk can do: other bytes in a file, and the store's own checks mended.
pub(crate) fn replace_and_mend_the_store(file: &Path, new: &[u8]) {
    let (object, old) = (object_of(file), std::fs::read(file).unwrap());
    make_writable(file);
    std::fs::write(file, new).unwrap();
    // Its own, and that of the version with the file; an earlier one does not know it.
    let version = file.strip_prefix(&object).unwrap().iter().next().unwrap();
    for folder in [object.clone(), object.join(version)] {
        let inventory = folder.join("inventory.json");
        let mut text = std::fs::read_to_string(&inventory).unwrap();
        for (old, new) in [(sha512(&old), sha512(new)), (sha256(&old), sha256(new))] {
            assert!(text.contains(&old));
            text = text.replace(&old, &new);
        }
        make_writable(&inventory);
        std::fs::write(&inventory, &text).unwrap();
        let sidecar = folder.join("inventory.json.sha512");
        make_writable(&sidecar);
        std::fs::write(sidecar, format!("{} inventory.json\n", sha512(text.as_bytes()))).unwrap();
    }
}
