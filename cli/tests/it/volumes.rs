//! A case file too long for one object lies in volumes, and is one case file to whoever lists, finds, reads, corrects, exports
//! or imports it.

use crate::packages::{assert_files_are_valid, assert_lists_fit};
use crate::provided::from_dev;
use crate::support::{Desk, Said, files_below, hoso, hoso_command, init, python, run, sha256_of, tool};
use crate::xsd::{Schemas, assert_valid};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Standard library only: the parent's map names the packages beside it, in order, and its register binds their manifests.
const PARENT: &str = r#"
import hashlib, json, os, sys, xml.etree.ElementTree as ET
M, X = '{http://www.loc.gov/METS/}', '{http://www.w3.org/1999/xlink}'
folder = sys.argv[1]
mets, cases = {}, {}
for name in os.listdir(folder):
    tree = ET.parse(os.path.join(folder, name, 'METS.xml')).getroot()
    mets[tree.get('OBJID')] = tree
    cases[tree.get('OBJID')] = (json.load(open(os.path.join(folder, name, 'metadata/other/case.json'))), os.path.join(folder, name))
parent = min(mets, key=len)
maps = {m.get('LABEL'): m for m in mets[parent].iter(M + 'structMap')}
volumes = [m.get(X + 'href') for m in maps['Tập'].iter(M + 'mptr')]
assert volumes == [f'{parent}/tap-{n:02}' for n in range(1, len(mets))], volumes
case = cases[parent][0]
assert [v['object'] for v in case['volumes']] == volumes and case['documents'] == [] and case['masters'] == []
page = document = 0
for no, listed in enumerate(case['volumes'], 1):
    volume, place = cases[listed['object']]
    manifest = open(os.path.join(place, 'seal/manifest-sha256.txt'), 'rb').read()
    assert listed['manifest_sha256'] == hashlib.sha256(manifest).hexdigest()
    assert (volume['object'], volume['volume'], volume['header']) == (listed['object'], no, case['header'])
    assert listed['pages'] == volume['pages'] <= 4 and listed['documents'] == len(volume['documents'])
    for d in volume['documents']:
        document += 1
        assert d['no'] == document
        for p in d['pages']:
            page += 1
            assert p['no'] == page
assert case['pages'] == page == int(sys.argv[2])
"#;

impl Desk {
    /// An archive with volumes of at most four pages.
    pub(crate) fn of_short_volumes() -> Desk {
        let desk = Desk::new();
        shorten_volumes(&desk.archive);
        desk
    }

    /// Documents of two pages each, every page with a word of its own.
    pub(crate) fn documents(&self, documents: std::ops::RangeInclusive<u32>) {
        for document in documents {
            for page in 1..=2 {
                let words = format!("chứng từ số {}", number(2 * document - 2 + page));
                self.page(&format!("HS-1/{document:02}/{page}.png"), &words);
            }
        }
    }

    fn folders(&self) -> BTreeSet<String> {
        object_folders(&self.archive)
    }

    pub(crate) fn find(&self, page: u32) -> (u64, String, String) {
        found(&self.archive, page)
    }
}

fn shorten_volumes(archive: &Path) {
    set_limit(archive, "volume_pages = 1000\n", "volume_pages = 4\n");
}

fn set_limit(archive: &Path, usual: &str, limit: &str) {
    let path = archive.join("hoso.toml");
    let config = fs::read_to_string(&path).unwrap();
    assert!(config.contains(usual), "{config}");
    fs::write(path, config.replace(usual, limit)).unwrap();
}

/// Five figures that are on no other page.
fn number(page: u32) -> u32 {
    70_000 + 137 * page
}

/// The ends of the names of all objects: empty for a case file, `tap-01` for a volume.
fn object_folders(archive: &Path) -> BTreeSet<String> {
    let objects = files_below(&archive.join("ocfl")).into_iter().filter(|f| f.ends_with("0=ocfl_object_1.1"));
    let name = |f: PathBuf| f.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    objects
        .map(name)
        .map(|name| name.split_once("%2f").map_or(String::new(), |(_, end)| end.into()))
        .collect()
}

/// Page, bút lục and case file of the one hit for the number on a page.
fn found(archive: &Path, page: u32) -> (u64, String, String) {
    let words = number(page).to_string();
    let mut command = hoso_command();
    let said = run(command.args(["search", "--json", &words, "--archive"]).arg(archive)).expect(0);
    let hits = said.of_type("hit");
    assert_eq!(hits.len(), 1, "{}", said.all());
    let text = |name: &str| hits[0][name].as_str().unwrap_or_default().to_owned();
    (hits[0]["page"].as_u64().unwrap(), text("folio"), text("case"))
}

/// Numbers of documents and pages that `case show` tells, in its order.
fn shown(said: &Said) -> (Vec<u64>, Vec<u64>) {
    let documents = said.of_type("document");
    let pages = documents.iter().flat_map(|d| d["pages"].as_array().unwrap().clone());
    let pages = pages.map(|page| page["page"].as_u64().unwrap()).collect();
    (documents.iter().map(|d| d["document"].as_u64().unwrap()).collect(), pages)
}

fn stored(documents: u32) -> Desk {
    let desk = Desk::of_short_volumes();
    desk.documents(1..=documents);
    desk.page("HS-2/1.png", "một trang");
    fs::write(desk.batch.join("HS-1/butluc.csv"), "file,page,folio\n06/1.png,1,311\n").unwrap();
    let said = desk.run_batch().expect(0);
    let stored = said.of_type("stored");
    let of_case = stored.iter().find(|line| line["case"] == "HS-1").unwrap();
    assert_eq!((&of_case["pages"], &of_case["version"]), (&(2 * documents).into(), &1.into()));
    desk
}

#[test]
fn a_case_file_in_volumes_is_one_to_its_reader() {
    let desk = stored(6);
    let all = ["", "tap-01", "tap-02", "tap-03"].map(str::to_owned);
    assert_eq!(desk.folders(), all.into());
    desk.assert_valid_ocfl();
    hoso(["verify".as_ref(), desk.archive.as_os_str()]).expect(0);

    let listed = desk.hoso(&["case", "list", "--json"]).expect(0);
    let cases = listed.of_type("case");
    assert_eq!(cases.len(), 2, "{}", listed.all());
    assert_eq!((&cases[0]["documents"], &cases[0]["pages"]), (&6.into(), &12.into()));
    let said = desk.hoso(&["case", "show", "HS-1", "--json"]).expect(0);
    assert_eq!(said.of_type("case")[0]["volumes"], 3);
    assert_eq!(shown(&said), ((1..=6).collect(), (1..=12).collect()));
    assert_eq!(desk.find(11), (11, "311".to_owned(), "HS-1".to_owned()));
    assert_eq!(desk.find(2).0, 2);
    let report = desk.hoso(&["batch", "report", "--json"]).expect(0);
    let report = &report.of_type("report")[0];
    assert_eq!(
        (&report["received"], &report["stored"], &report["indexed"]),
        (&13.into(), &13.into(), &13.into())
    );
    assert_eq!(report["complete"], true);
    assert_eq!(desk.run_batch().expect(0).of_type("present").len(), 2);

    // What can be thrown away is made anew.
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(desk.archive.join(format!("ledger.sqlite{ending}")));
    }
    fs::remove_dir_all(desk.archive.join("index")).unwrap();
    desk.hoso(&["index", "rebuild"]).expect(0);
    assert_eq!(desk.find(11), (11, "311".to_owned(), "HS-1".to_owned()));
    assert_eq!(desk.hoso(&["case", "list", "--json"]).expect(0).of_type("case"), cases);
    let check = ["archive", "check"];
    let said = desk.hoso(&[&check[..], &["--json"]].concat()).expect(0);
    let report = &said.of_type("fixity-report")[0];
    assert_eq!((&report["checked"], &report["volumes"]), (&5.into(), &3.into()));
    let said = desk.hoso(&[&check[..], &["--lang", "vi"]].concat()).expect(0).all();
    assert!(said.contains("đã đọc 2 hồ sơ, 3 tập, "), "{said}");
}

/// The other limit: files. Each document of two pages adds six (two pictures, their texts, its sheet, its searchable copy) to
/// the sixteen that every package has.
#[test]
fn too_many_files_make_volumes_too_and_none_has_more() {
    const MOST: usize = 16 + 2 * 6;
    let desk = Desk::new();
    set_limit(&desk.archive, "volume_files = 4000\n", &format!("volume_files = {MOST}\n"));
    desk.documents(1..=5);
    desk.run_batch().expect(0);
    assert_eq!(desk.folders(), ["", "tap-01", "tap-02", "tap-03"].map(str::to_owned).into());
    desk.assert_valid_ocfl();
    hoso(["verify".as_ref(), desk.archive.as_os_str()]).expect(0);
    let said = desk.hoso(&["case", "show", "HS-1", "--json"]).expect(0);
    assert_eq!(shown(&said), ((1..=5).collect(), (1..=10).collect()));
    assert_eq!(desk.find(9).0, 9);
    let packages: Vec<PathBuf> =
        fs::read_dir(desk.export("HS-1", "ra")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let files: Vec<usize> = packages.iter().map(|package| files_below(package).len()).collect();
    assert!(files.iter().all(|files| *files <= MOST), "{files:?}");
    assert!(
        files.iter().any(|files| *files + 6 > MOST),
        "a volume that is cut has no room for one more: {files:?}"
    );
}

#[test]
fn volumes_are_packages_that_leave_together_and_come_back() {
    let desk = stored(6);
    let out = desk.export("HS-1", "ra");
    let packages: Vec<PathBuf> = fs::read_dir(&out).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(packages.len(), 4);
    let (schemas, mut volumes) = (Schemas::new(), 0);
    for package in &packages {
        assert_valid(&schemas.mets(), &package.join("METS.xml"));
        assert_valid(&schemas.premis(), &package.join("metadata/preservation/PREMIS.xml"));
        assert_valid(&package.join("schemas/EAD.xsd"), &package.join("metadata/descriptive/EAD.xml"));
        let check =
            format!("cd '{}' && sha256sum -c --strict --quiet seal/manifest-sha256.txt", package.display());
        tool("sh", ["-c", &check]);
        // Not only the lists of the whole: both representations, each document's sheet, each page's text.
        if package.join("representations").exists() {
            let judged = assert_files_are_valid(package);
            let expected = [("ALTO", 4), ("EAD", 1), ("EAD_doc", 2), ("METS", 3), ("PREMIS", 3)];
            assert_eq!(judged, expected.into(), "{}", package.display());
            assert_lists_fit(package);
            volumes += 1;
        }
    }
    assert_eq!(volumes, 3);
    python(PARENT, [out.as_os_str(), "12".as_ref()]);
    let masters = files_below(&out).into_iter().filter(|f| f.to_string_lossy().contains("rep2/data/"));
    let received =
        files_below(&desk.batch.join("HS-1")).into_iter().filter(|f| f.extension().unwrap() == "png");
    let digests = |files: Vec<PathBuf>| sha256_of(&files).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(digests(masters.collect()), digests(received.collect()));
    let anchor = desk.archive.join("keys/trial-ca.pem");
    hoso(["verify".as_ref(), out.as_os_str(), "--anchor".as_ref(), anchor.as_os_str()]).expect(0);

    let zips = desk.path("ra zip");
    let export = ["case", "export", "HS-1", "--zip", "-o", zips.to_str().unwrap()];
    desk.hoso(&export).expect(0);
    let bags = desk.path("túi");
    desk.hoso(&["case", "export", "HS-1", "--profile", "bagit", "-o", bags.to_str().unwrap()]).expect(0);
    let bags_there: Vec<PathBuf> = fs::read_dir(&bags).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(bags_there.len(), 4);
    let mut judge = Command::new(from_dev("venv/bin/python"));
    run(judge.args(["-m", "bagit", "--validate"]).args(&bags_there)).expect(0);
    for (name, source) in [("kho 2", &out), ("kho 3", &zips), ("kho 4", &desk.archive), ("kho 5", &bags)] {
        let other = desk.path(name);
        init(&other);
        let import = |source: &Path, options: &[&str]| {
            let mut command = hoso_command();
            command.args(["import", "--json"]).args(options).arg(source).arg("--anchor").arg(&anchor);
            run(command.arg("--archive").arg(&other))
        };
        let of_case = |said: &Said| {
            let imported = said.of_type("imported").into_iter().filter(|line| line["case"] == "HS-1");
            imported.map(|line| line["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        if name == "kho 2" {
            let parent = packages.iter().min_by_key(|p| p.as_os_str().len()).unwrap();
            for options in [&["--dry-run"][..], &[]] {
                let said = import(parent, options).expect(2);
                assert_eq!(said.of_type("refused")[0]["reason"], "volumes-missing", "{}", said.all());
            }
        }
        let said = import(source, &["--dry-run"]).expect(0);
        assert_eq!(of_case(&said), ["would-take"], "{}", said.all());
        let said = import(source, &[]).expect(0);
        assert_eq!(of_case(&said), ["taken"], "{}", said.all());
        assert_eq!(found(&other, 11), (11, "311".to_owned(), "HS-1".to_owned()));
        hoso(["verify".as_ref(), other.as_os_str()]).expect(0);
    }
}

#[test]
fn an_export_that_fails_half_way_leaves_no_folder() {
    let desk = stored(6);
    let is_master = |path: &str| path.contains("tap-03/") && path.contains("/rep2/data/");
    let files = files_below(&desk.archive.join("ocfl"));
    let master = files.iter().find(|path| is_master(&path.to_string_lossy())).unwrap();
    fs::write(master, "other bytes").unwrap();
    let out = desk.path("xuất/ra");
    for is_there in [false, true] {
        fs::create_dir_all(if is_there { &out } else { out.parent().unwrap() }).unwrap();
        let said = desk.hoso(&["case", "export", "HS-1", "-o", out.to_str().unwrap()]);
        assert!(said.exit != 0 && said.all().contains("/rep2/data/"), "{}", said.all());
        let left = fs::read_dir(out.parent().unwrap()).unwrap().count();
        assert_eq!(left, usize::from(is_there), "{}", said.all());
        assert!(!is_there || fs::read_dir(&out).unwrap().next().is_none());
    }
}

#[test]
fn a_correction_may_add_volumes_and_take_them_away() {
    let desk = stored(6);
    let correct = || {
        let mut command = desk.batch_command();
        command.args(["--correct", "quét bổ sung", "--by", "Trần Thị B", "--may-remove"]);
        run(&mut command).expect(0)
    };
    // Another archive takes all of it, and later what was added.
    let other = desk.path("kho khác");
    init(&other);
    let import = |options: &[&str]| {
        let mut command = hoso_command();
        command.args(["import", "--json"]).args(options).arg(&desk.archive);
        command.arg("--anchor").arg(desk.archive.join("keys/trial-ca.pem")).arg("--archive").arg(&other);
        let mut states: Vec<String> = run(&mut command)
            .expect(0)
            .of_type("imported")
            .iter()
            .map(|line| format!("{} {}", line["case"].as_str().unwrap(), line["state"].as_str().unwrap()))
            .collect();
        states.sort();
        states
    };
    assert_eq!(import(&[]), ["HS-1 taken", "HS-2 taken"]);
    desk.documents(7..=8);
    assert_eq!(correct().of_type("stored")[0]["version"], 2);
    assert_eq!(import(&["--dry-run"]), ["HS-1 would-continue", "HS-2 present"]);
    assert_eq!(import(&[]), ["HS-1 continued", "HS-2 present"]);
    assert_eq!(import(&[]), ["HS-1 present", "HS-2 present"]);
    assert_eq!(found(&other, 16).0, 16);
    hoso(["verify".as_ref(), other.as_os_str()]).expect(0);
    assert!(desk.folders().contains("tap-04"));
    assert_eq!(desk.find(16).0, 16);
    let show = |version: &str| {
        shown(&desk.hoso(&["case", "show", "HS-1", "--json", "--version", version]).expect(0)).1
    };
    assert_eq!((show("1"), show("2")), ((1..=12).collect(), (1..=16).collect()));
    let said = desk.hoso(&["case", "diff", "HS-1", "1", "--json"]).expect(0);
    let changes = said.of_type("page-change");
    assert_eq!(changes.iter().filter(|c| c["state"] == "added").count(), 4, "{}", said.all());

    // Down to what fits one package; every version stays.
    for document in 3..=8 {
        fs::remove_dir_all(desk.batch.join(format!("HS-1/{document:02}"))).unwrap();
    }
    fs::remove_file(desk.batch.join("HS-1/butluc.csv")).unwrap();
    assert_eq!(correct().of_type("stored")[0]["version"], 3);
    assert_eq!((show("1").len(), show("2").len(), show("3").len()), (12, 16, 4));
    assert_eq!(desk.find(3).0, 3);
    assert_eq!(desk.folders().len(), 5);
    desk.assert_valid_ocfl();
    hoso(["verify".as_ref(), desk.archive.as_os_str()]).expect(0);
}

#[test]
fn a_volume_that_is_gone_is_missed_and_the_others_are_read() {
    let desk = stored(6);
    let objects = files_below(&desk.archive.join("ocfl"));
    let gone = objects.iter().find(|f| f.to_string_lossy().ends_with("tap-02/0=ocfl_object_1.1")).unwrap();
    // The empty folders above would be told as strays.
    let folder = gone.parent().unwrap();
    fs::rename(folder, desk.path("tập mất")).unwrap();
    let mut above = folder.parent().unwrap();
    while fs::remove_dir(above).is_ok() {
        above = above.parent().unwrap();
    }
    let said = hoso(["verify".as_ref(), desk.archive.as_os_str()]).expect(7);
    assert!(said.all().contains("/tap-02"), "{}", said.all());
    let said = desk.hoso(&["archive", "check"]).expect(7);
    assert!(said.all().contains("/tap-02"), "{}", said.all());
    assert_eq!((desk.find(2).0, desk.find(11).0), (2, 11));
    let said = desk.hoso(&["case", "show", "HS-1"]);
    assert!(said.exit != 0 && said.all().contains("/tap-02"), "{}", said.all());
}

#[test]
fn a_stop_between_volumes_shows_nothing_and_is_finished_later() {
    for stop_after in ["tap-01", "tap-02", "tap-03"] {
        let desk =
            (0..8).find_map(|_| killed_after(stop_after)).expect("it was killed in time at least once");
        assert_eq!(desk.hoso(&["case", "list", "--json"]).expect(0).of_type("case").len(), 0);
        let before: Vec<PathBuf> = files_below(&desk.archive.join("ocfl"));
        let said =
            run(hoso_command().args(["batch", "resume", "--json", "--archive"]).arg(&desk.archive)).expect(0);
        assert_eq!(said.of_type("stored")[0]["pages"], 12, "{}", said.all());
        // What was stored is used, not stored again.
        let after: BTreeSet<PathBuf> = files_below(&desk.archive.join("ocfl")).into_iter().collect();
        assert!(before.iter().all(|file| after.contains(file)));
        assert!(!after.iter().any(|file| file.to_string_lossy().contains("/v2/")), "{stop_after}");
        assert_eq!((desk.folders().len(), desk.find(11).0), (4, 11));
        desk.assert_valid_ocfl();
        // Each volume and the parent stand in the log once, whenever the stop came.
        let verified = run(hoso_command().args(["verify", "--json"]).arg(&desk.archive)).expect(0);
        assert_eq!(verified.of_type("log-verified")[0]["size"], 4, "{stop_after}: {}", verified.all());
    }
}

/// A job killed when this volume was stored; `None` where the case file was stored before the kill came.
fn killed_after(volume: &str) -> Option<Desk> {
    let desk = Desk::of_short_volumes();
    desk.documents(1..=6);
    let mut child = desk.batch_command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !desk.folders().contains(volume) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before {volume} was there");
        std::thread::sleep(Duration::from_micros(200));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    (!desk.folders().contains("")).then_some(desk)
}

/// The ledger knows where case files of other archives lie. It can be made anew, and nobody signs it.
#[test]
fn a_ledger_that_leads_elsewhere_proves_nothing() {
    let desk = stored(6);
    let registers = files_below(&desk.archive.join("ocfl")).into_iter().filter(|f| f.ends_with("case.json"));
    let mut of_case = registers.filter(|f| fs::read_to_string(f).unwrap().contains("\"HS-2\""));
    let object = of_case.next().unwrap().ancestors().nth(5).unwrap().to_owned();
    assert!(object.join("inventory.json").is_file());
    fs::rename(object, desk.path("hồ sơ mất")).unwrap();
    let lead = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n\
        c.execute(\"UPDATE stored_case SET object_id = ? || ? WHERE code = 'HS-2'\", \
        (c.execute(\"SELECT object_id FROM stored_case WHERE code = 'HS-1'\").fetchone()[0], sys.argv[2]))\n\
        c.commit()\n";
    for ending in ["", "/tap-02"] {
        python(lead, [desk.archive.join("ledger.sqlite").as_os_str(), ending.as_ref()]);
        let said = desk.hoso(&["case", "show", "HS-2", "--json", "--lang", "vi"]).expect(7);
        assert!(said.of_type("document").is_empty(), "{}", said.all());
        assert!(said.all().contains("bảng trang và bút lục không còn như khi niêm phong"), "{}", said.all());
    }
}
