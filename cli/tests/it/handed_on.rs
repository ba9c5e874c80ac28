//! SIP and DIP: valid for the judges of others, proven by the seal of the case file that they come from, honest about what they
//! leave out.

use crate::packages::{assert_files_are_valid, eark_errors};
use crate::support::{Desk, files_below, hoso_command, init, python, run};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The root's METS lists every file but itself and the seal, with its digest; standard library only.
const METS_IS_TRUE: &str = r#"
import hashlib, os, sys, xml.etree.ElementTree as ET
M, X = '{http://www.loc.gov/METS/}', '{http://www.w3.org/1999/xlink}'
root, kind = sys.argv[1:]
tree = ET.parse(os.path.join(root, 'METS.xml')).getroot()
assert tree.find(M + 'metsHdr').get('{https://DILCIS.eu/XML/METS/CSIPExtensionMETS}OAISPACKAGETYPE') == kind
listed = set()
for e in tree.iter():
    if e.tag in (M + 'file', M + 'mdRef'):
        path = (e if e.tag == M + 'mdRef' else e.find(M + 'FLocat')).get(X + 'href')
        assert e.get('CHECKSUM') == hashlib.sha256(open(os.path.join(root, path), 'rb').read()).hexdigest().upper(), path
        listed.add(path)
there = {os.path.relpath(os.path.join(d, f), root) for d, _, fs in os.walk(root) for f in fs}
assert listed == {p for p in there if not p.startswith('seal/')} - {'METS.xml'}, listed ^ there
"#;

fn export(desk: &Desk, profile: &str, out: &Path, more: &[&str]) {
    let mut command = hoso_command();
    command.args(["case", "export", "HS-1", "--profile", profile, "--archive"]).arg(&desk.archive);
    run(command.args(more).arg("--out").arg(out)).expect(0);
}

#[test]
fn packages_for_others_are_valid_and_say_what_they_leave_out() {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "bị can khai nhận");
    desk.page("HS-1/quyết định/trang 1.png", "QUYẾT ĐỊNH");
    desk.run_batch().expect(0);
    let anchor = desk.archive.join("keys/trial-ca.pem");
    let verify =
        |path: &Path| run(hoso_command().args(["verify", "--json", "--anchor"]).arg(&anchor).arg(path));
    for (profile, kind, more) in [
        ("tt05-sip", "SIP", &[][..]),
        ("tt05-sip", "SIP", &["--with-masters"]),
        ("tt05-dip", "DIP", &[]),
        ("tt05-dip", "DIP", &["--with-masters"]),
    ] {
        let out = desk.path(&format!("{profile} {}", more.len()));
        export(&desk, profile, &out, more);
        assert_files_are_valid(&out);
        python(METS_IS_TRUE, [out.as_os_str(), kind.as_ref()]);
        let has = |path: &str| files_below(&out).iter().any(|file| file.to_string_lossy().contains(path));
        assert!(has("representations/rep1/data/HS-1.001.pdf") && has("metadata/other/case.json"));
        assert_eq!(has("representations/rep2/data"), !more.is_empty());
        assert_eq!(has("PREMIS"), kind == "DIP");
        let said = verify(&out).expect(0);
        let part = &said.of_type("handed-on")[0];
        assert_eq!(part["package"], kind);
        assert_eq!(part["masters_left_out"].as_u64().unwrap() == 0, !more.is_empty(), "{}", said.all());
        assert!(part["made"].as_array().unwrap().iter().any(|path| path == "METS.xml"), "{}", said.all());
        let zip = out.with_extension("zip");
        export(&desk, profile, &zip, &[more, &["--zip"]].concat());
        assert_eq!(verify(&zip).expect(0).of_type("handed-on")[0]["package"], kind);
        // A validator of E-ARK packages wants a folder with the name of the object.
        let mets = fs::read_to_string(out.join("METS.xml")).unwrap();
        let object = mets.split("OBJID=\"").nth(1).unwrap().split('"').next().unwrap().replace(':', "_");
        let named = desk.path(&object);
        fs::rename(&out, &named).unwrap();
        // As for the AIP; and its SIP14 wants an attribute without namespace, which the published METS schema forbids, on the note
        // of the agent that CSIP15 and CSIP16 want for the program.
        let mut excused = BTreeSet::from(["CSIP103", "CSIP114"]);
        if kind == "SIP" {
            excused.insert("SIP14");
        }
        assert_eq!(eark_errors(&named), excused.into_iter().map(str::to_owned).collect(), "{profile}");
        let other = desk.path(&format!("kho cho {profile} {}", more.len()));
        init(&other);
        let mut import = hoso_command();
        import.args(["import", "--json", "--anchor"]).arg(&anchor).arg(&named).arg("--archive").arg(&other);
        assert_eq!(run(&mut import).expect(2).of_type("refused")[0]["reason"], "part");
    }
    // What comes from the case file is proven by its seal, what was made by the package's own list.
    for (path, in_words) in [
        ("representations/rep1/data/HS-1.001.pdf", "HS-1.001.pdf"),
        ("metadata/descriptive/EAD.xml", "EAD.xml"),
        ("metadata/other/case.json", "case.json"),
    ] {
        let out = desk.path(&format!("hỏng {in_words}"));
        export(&desk, "tt05-dip", &out, &[]);
        let right = fs::read(out.join(path)).unwrap();
        fs::write(out.join(path), [&right[..], b" "].concat()).unwrap();
        assert!(verify(&out).expect(7).out.contains(in_words));
        fs::remove_file(out.join(path)).unwrap();
        assert!(verify(&out).expect(7).out.contains(in_words));
        fs::write(out.join(path), right).unwrap();
        verify(&out).expect(0);
        fs::write(out.join("thêm.txt"), "lạ").unwrap();
        verify(&out).expect(7);
    }
    // Twice the same bytes.
    let [one, two] = ["một", "hai"].map(|name| desk.path(name));
    export(&desk, "tt05-sip", &one, &[]);
    export(&desk, "tt05-sip", &two, &[]);
    assert_eq!(crate::support::tree(&one), crate::support::tree(&two));
    desk.hoso(&["case", "export", "HS-1", "--with-masters"]).expect(2);
}
