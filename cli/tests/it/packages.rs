//! A stored case file is a package of Thông tư 05/2025: judged by the published schemas, by a check of its lists that
//! shares nothing with us, and by a validator of E-ARK packages.

use crate::provided::from_dev;
use crate::support::{Desk, files_below, hoso, page, python, run};
use crate::xsd::{Schemas, assert_valid};
use record::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every list against the files, every link against its target; standard library only.
const LISTS: &str = r#"
import hashlib, os, sys, xml.etree.ElementTree as ET
M, X, P = '{http://www.loc.gov/METS/}', '{http://www.w3.org/1999/xlink}', '{http://www.loc.gov/premis/v3}'
root = sys.argv[1]
on_disk = {os.path.relpath(os.path.join(d, f), root) for d, _, fs in os.walk(root) for f in fs}
ids_of_files = {}
def listed(mets, base):
    tree = ET.parse(os.path.join(root, mets)).getroot()
    found, ids = set(), [e.get('ID') for e in tree.iter() if e.get('ID')]
    assert len(ids) == len(set(ids)), (mets, 'an ID comes twice')
    for e in tree.iter():
        for name in ('FILEID', 'DMDID', 'ADMID'):
            for ref in (e.get(name) or '').split():
                assert ref in ids, (mets, name, ref)
        own = e.tag.removeprefix(M)
        if own == 'mptr':
            assert os.path.exists(os.path.join(root, base, e.get(X + 'href'))) and e.get(X + 'title') in ids, mets
        if own not in ('file', 'mdRef'):
            continue
        place = e if own == 'mdRef' else e.find(M + 'FLocat')
        assert (place.get('LOCTYPE'), place.get(X + 'type')) == ('URL', 'simple')
        path = os.path.normpath(os.path.join(base, place.get(X + 'href')))
        data = open(os.path.join(root, path), 'rb').read()
        assert e.get('CHECKSUMTYPE') == 'SHA-256' and e.get('CHECKSUM') == hashlib.sha256(data).hexdigest().upper(), path
        assert int(e.get('SIZE')) == len(data) and e.get('CREATED').endswith('+07:00') and e.get('MIMETYPE'), path
        assert path not in found, (mets, path, 'is listed twice')
        found.add(path)
        if own == 'file':
            assert e.get('ID').startswith('ID-')
            assert ids_of_files.setdefault(e.get('ID'), path) == path
    return tree, found
tree, all_files = listed('METS.xml', '')
expected = {p for p in on_disk if not p.startswith('seal/')} - {'METS.xml'}
assert all_files == expected, all_files ^ expected
assert tree.get('OBJID') == tree.find(M + 'structMap/' + M + 'div').get('LABEL')
for rep in ('rep1', 'rep2'):
    base = 'representations/' + rep
    _, found = listed(base + '/METS.xml', base)
    own = {p for p in on_disk if p.startswith(base + '/')} - {base + '/METS.xml'}
    assert found == own, found ^ own
# PREMIS: the same digests under the same names; events and agents that are spoken of are there.
events, agents, objects, spoken = set(), set(), set(), []
for p in sorted(on_disk):
    if not os.path.basename(p).startswith('PREMIS'):
        continue
    for e in ET.parse(os.path.join(root, p)).getroot():
        value = lambda name: [v.text for v in e.iter(P + name)]
        if e.tag == P + 'event':
            events.update(value('eventIdentifierValue'))
        if e.tag == P + 'agent':
            agents.update(value('agentIdentifierValue'))
        if e.tag == P + 'object':
            objects.update(value('objectIdentifierValue'))
        if value('messageDigest'):
            path = value('contentLocationValue')[0]
            data = open(os.path.join(root, path), 'rb').read()
            assert value('messageDigest') == [hashlib.sha256(data).hexdigest()] and value('size') == [str(len(data))], path
            assert ids_of_files[value('objectIdentifierValue')[0]] == path
        spoken.append((value('linkingEventIdentifierValue'), value('linkingAgentIdentifierValue'),
                       value('linkingObjectIdentifierValue') + value('relatedObjectIdentifierValue')))
for of_events, of_agents, of_objects in spoken:
    assert set(of_events) <= events and set(of_agents) <= agents and set(of_objects) <= objects, (of_events, of_agents, of_objects)
described = {p for p in ids_of_files.values() if '/data/' in p or '/metadata/ocr/' in p or '/embedded-text/' in p}
assert described == {ids_of_files[o] for o in objects if o in ids_of_files}
"#;

/// Who converted the paper, when, with which device and program: in PREMIS event by event with the agents they are linked to,
/// and in the one free field of EAD. Standard library only.
const WHO: &str = r#"
import sys, xml.etree.ElementTree as ET
from datetime import datetime, timedelta
package, version, begun, ended, agency, operator, device = sys.argv[1:]
P = '{http://www.loc.gov/premis/v3}'
premis = ET.parse(package + '/metadata/preservation/PREMIS.xml').getroot()
values = lambda element, name: [v.text for v in element.iter(P + name)]
agents = {values(a, 'agentIdentifierValue')[0]: a for a in premis.findall(P + 'agent')}
events = {}
for event in premis.findall(P + 'event'):
    kind = values(event, 'eventType')[0]
    assert kind not in events, kind
    by = set()
    for link in event.findall(P + 'linkingAgentIdentifier'):
        agent = agents[values(link, 'linkingAgentIdentifierValue')[0]]
        by.add((values(agent, 'agentName')[0], values(agent, 'agentType')[0], values(link, 'linkingAgentRole')[0]))
    at = datetime.fromisoformat(values(event, 'eventDateTime')[0])
    assert at.utcoffset() == timedelta(hours=7), at
    first, last = datetime.fromisoformat(begun) - timedelta(seconds=1), datetime.fromisoformat(ended) + timedelta(seconds=1)
    assert first <= at <= last, (kind, first, at, last)
    assert values(event, 'eventOutcome') == ['thành công'], kind
    events[kind] = (by, values(event, 'eventDetail')[0], values(event, 'eventDateTime')[0])
program = ('hoso', 'software', 'executing program')
by, detail, at = events['transfer']
assert by == {(operator, 'person', 'implementer'), (device, 'hardware', 'implementer'), program}, by
assert device in detail and ' lô ' in detail, detail
reader = [by for by in events['text recognition'][0] if by != program]
assert len(reader) == 1 and 'model' in reader[0][0] and reader[0][1:] == program[1:], reader
for kind in ('validation', 'creation', 'message digest calculation', 'information package creation'):
    assert events[kind][0] == {program}, (kind, events[kind])
assert events['ingestion'][0] == {(agency, 'organization', 'authorizer'), program}, events['ingestion']
versions = [values(a, 'agentVersion') for a in agents.values() if values(a, 'agentName') == ['hoso']]
assert versions == [[version]], (versions, version)
ead = ET.parse(package + '/metadata/descriptive/EAD.xml').getroot()
field = {e.tag.rsplit('}', 1)[-1]: e.text for e in ead}
for said in (agency, operator, device, 'hoso ' + version, at):
    assert said in field['description'], (said, field['description'])
assert field['paperFileCode'] == 'H49.Kho 2/Giá 3.118' and field['confidenceLevel'] == '02', field
"#;

/// The validator asks the network for lists that it also brings along.
const EARK: &str = r#"
import importlib.resources, sys, urllib.request
folder = importlib.resources.files('eark_validator') / 'ipxml/resources/vocabs'
urllib.request.urlopen = lambda uri, *a, **k: (folder / str(uri).rsplit('/', 1)[-1]).open('rb')
from eark_validator.cli import app
sys.argv = ['eark-validator', '-s', 'V2.0.4', sys.argv[1]]
app.main()
"#;

/// By every schema that is meant for one of its files. How many files each of them judged, by the kind of file.
pub(crate) fn assert_files_are_valid(package: &Path) -> BTreeMap<&'static str, usize> {
    let schemas = Schemas::new();
    let mut judged = BTreeMap::new();
    let mut judge = |kind, schema: &Path, file: &Path| {
        assert_valid(schema, file);
        *judged.entry(kind).or_default() += 1;
    };
    for file in files_below(package) {
        let (name, shown) =
            (file.file_name().unwrap().to_string_lossy().into_owned(), file.to_string_lossy());
        match name.as_str() {
            "METS.xml" => judge("METS", &schemas.mets(), &file),
            "EAD.xml" => judge("EAD", &package.join("schemas/EAD.xsd"), &file),
            _ if name.starts_with("EAD_doc_") => {
                judge("EAD_doc", &package.join("schemas/EAD_doc.xsd"), &file)
            }
            _ if name.starts_with("PREMIS") => judge("PREMIS", &schemas.premis(), &file),
            _ if shown.contains("/metadata/ocr/") => judge("ALTO", &schemas.alto(), &file),
            _ => {}
        }
    }
    assert!(judged.contains_key("EAD_doc"), "{} was hardly checked", package.display());
    judged
}

/// Every list of a package against its files, and every link against its target.
pub(crate) fn assert_lists_fit(package: &Path) {
    python(LISTS, [package]);
}

/// The rules that a validator of E-ARK packages finds broken; structure and schemas must be right.
pub(crate) fn eark_errors(package: &Path) -> BTreeSet<String> {
    let said = run(Command::new(from_dev("venv/bin/python")).args(["-c", EARK]).arg(package));
    let verdict: serde_json::Value = serde_json::from_str(&said.out[said.out.find('{').unwrap()..]).unwrap();
    assert_eq!(verdict["structure"]["status"], "WellFormed", "{verdict:#}");
    assert_eq!(verdict["metadata"]["schema_results"]["status"], "VALID", "{verdict:#}");
    let rules = verdict["metadata"]["schematron_results"]["messages"].as_array().unwrap().iter();
    rules.filter(|m| m["severity"] == "Error").map(|m| m["rule_id"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn assert_is_package(desk: &Desk, code: &str, name: &str) -> PathBuf {
    let package = desk.export(code, name);
    assert_files_are_valid(&package);
    assert_lists_fit(&package);
    package
}

fn read(package: &Path, path: &str) -> String {
    fs::read_to_string(package.join(path)).unwrap()
}

#[test]
fn every_stored_case_file_is_a_package_of_the_circular() {
    let desk = Desk::new();
    let config = desk.archive.join("hoso.toml");
    let told = fs::read_to_string(&config).unwrap();
    let (first, rest) = told.split_once('\n').unwrap();
    fs::write(
        &config,
        format!("{first}\narchive_code = \"H49\"\n{rest}\n[scanner]\ndevice = \"Máy quét <A> & B\"\noperator = \"Tổ số hóa\"\n"),
    )
    .unwrap();
    desk.page("HS-1/trang 1.png", "bị can khai nhận");
    desk.page("HS-1/trang 2.png", "");
    desk.page("HS-1/quyết định/a & <b>.jpg", "QUYẾT ĐỊNH");
    run(Command::new(crate::provided::program_path("convert"))
        .args(["-size", "800x600", "xc:white"])
        .arg(desk.batch.join("HS-1/trang 3 trắng.png")))
    .expect(0);
    // Nothing of these can be shown: no searchable copy.
    fs::create_dir(desk.batch.join("HS-2")).unwrap();
    fs::write(desk.batch.join("HS-2/thư.doc"), "không phải ảnh").unwrap();
    page(&desk.batch.join("HS-2/cụt.png"), "bị cắt");
    let cut = fs::read(desk.batch.join("HS-2/cụt.png")).unwrap();
    fs::write(desk.batch.join("HS-2/cụt.png"), &cut[..cut.len() / 2]).unwrap();
    desk.page("HS-3/trang 1.png", "cáo trạng");
    fs::write(
        desk.batch.join("batch.csv"),
        "code,title,unit,year,retention,secrecy,sheets,pages,paper_location\n\
         HS-1,\"Vụ \"\"A & B\"\" <tham ô>\",VKSND khu vực 7,2019,Vĩnh viễn,thuong,3,4,H49.Kho 2/Giá 3.118\n\
         HS-2,,,,,thuong,,,\nHS-3,Vụ C,,2020,15 năm,thuong,,,Hộp 4\n",
    )
    .unwrap();
    let begun = Timestamp::now();
    let said = desk.run_batch().expect(3);
    assert!(said.findings_on("HS-2").contains("description-incomplete"), "{}", said.all());
    assert!(!said.findings_on("HS-1").contains("description-incomplete"), "{}", said.all());

    let one = assert_is_package(&desk, "HS-1", "một");
    let ead = read(&one, "metadata/descriptive/EAD.xml");
    for wanted in [
        "<arcFileCode>H49.HS-1</arcFileCode>",
        "<title>Vụ &quot;A &amp; B&quot; &lt;tham ô&gt;</title>",
        "<maintenance>01</maintenance>",
        "<startDate>2019</startDate>",
        "<numberOfPaper>3</numberOfPaper>",
        "<paperFileCode>H49.Kho 2/Giá 3.118</paperFileCode>",
    ] {
        assert!(ead.contains(wanted), "{wanted}\n{ead}");
    }
    let version = hoso(["--version"]).expect(0).out;
    let (begun, ended) = (begun.to_string(), Timestamp::now().to_string());
    let who = [one.to_str().unwrap(), version.trim().trim_start_matches("hoso "), &begun, &ended];
    let told = ["Viện kiểm sát nhân dân (thử nghiệm)", "Tổ số hóa", "Máy quét <A> & B"];
    python(WHO, who.into_iter().chain(told));
    let masters = read(&one, "representations/rep2/metadata/preservation/PREMIS_rep2.xml");
    assert!(masters.contains("<originalName>HS-1/quyết định/a &amp; &lt;b&gt;.jpg</originalName>"));
    assert!(masters.contains("<formatRegistryKey>fmt/43</formatRegistryKey>"), "{masters}");

    let two = assert_is_package(&desk, "HS-2", "hai");
    assert!(!two.join("representations/rep1/data").exists());
    let three = assert_is_package(&desk, "HS-3", "ba");
    let ead = read(&three, "metadata/descriptive/EAD.xml");
    assert!(
        ead.contains("<maintenance>07</maintenance>") && ead.contains("Thời hạn lưu trữ: 15 năm."),
        "{ead}"
    );

    // A validator of E-ARK packages wants a folder with the name of the object.
    let object =
        read(&one, "METS.xml").split("OBJID=\"").nth(1).unwrap().split('"').next().unwrap().replace(':', "_");
    let folder = desk.path(&object);
    fs::rename(&one, &folder).unwrap();
    // It wants the bare word `Representations` where the circular, and CSIP's own text, write `Representations/rep1`.
    assert_eq!(eark_errors(&folder), BTreeSet::from(["CSIP103".to_owned(), "CSIP114".to_owned()]));
    desk.assert_valid_ocfl();
    desk.hoso(&["index", "rebuild"]).expect(0);
    run(crate::support::hoso_command().arg("verify").arg(&desk.archive)).expect(0);
}

#[test]
fn a_title_too_long_for_the_circular_waits_until_it_is_shortened() {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "bị can khai nhận");
    desk.page("HS-2/trang 1.png", "cáo trạng");
    let list = |title: &str| {
        let list = format!("code,title,secrecy\nHS-1,{title},thuong\nHS-2,Vụ hai,thuong\n");
        fs::write(desk.batch.join("batch.csv"), list).unwrap();
    };
    list(&"ệ".repeat(1001));
    let said = desk.run_batch().expect(3);
    let failed = said.of_type("finding").into_iter().find(|f| f["code"] == "case-failed").unwrap();
    assert_eq!(failed["subject"], "HS-1");
    let detail = failed["detail"].as_str().unwrap();
    assert!(detail.contains("title") && detail.contains("1001") && detail.contains("1000"), "{detail}");
    let stored = |desk: &Desk| desk.hoso(&["case", "show", "--json"]).expect(0).of_type("case").len();
    assert_eq!(stored(&desk), 1, "the other one is stored");
    list(&"ệ".repeat(1000));
    desk.run_batch().expect(0);
    assert_eq!(stored(&desk), 2);
    let ead = read(&desk.export("HS-1", "xuất"), "metadata/descriptive/EAD.xml");
    assert!(ead.contains(&format!("<title>{}</title>", "ệ".repeat(1000))));
}
