//! A package's own files before anything is stored: judged by `xmllint` with the published schemas and ours.

use crate::xsd::{Schemas, assert_valid, objection};
use archive_store::StagedFile;
use archive_store::package::{
    Conversion, Description, Deviation, Fault, HandedOn, Package, PackageError, PackageType, Part, Profile,
    SheetError, SimpleDc, describe, describe_handed_on, identify,
};
use proptest::prelude::*;
use record::{
    CaseCode, CaseFile, CaseHeader, CheckedSignature, DocType, Document, DocumentFields, DocumentNo, Field,
    FolioMark, FolioSource, MasterFile, ObjectId, Page, PageNo, PartialDate, Reading, Secrecy, Sha256,
    Sha512, SignatureCheck, UnitName,
};
use std::path::Path;

/// Vietnamese text with everything that XML minds.
const ODD: &str = "Vụ án \"Nguyễn Văn A & đồng phạm\" <tham ô>\u{1}\u{b}\u{fffe} 'ỵ'\r\nhàng hai\u{85}]]>";

fn document(no: u32, pages: Vec<Page>) -> Document {
    let (no, name) = (DocumentNo::new(no).unwrap(), "văn bản".to_owned());
    Document { no, name, doc_type: None, date: None, fields: DocumentFields::default(), pages }
}

fn page(no: u32, master_idx: usize, outcome: &str) -> Page {
    let (no, outcome) = (PageNo::new(no).unwrap(), outcome.to_owned());
    Page { no, master_idx, page_idx: 0, folio: None, outcome }
}

fn header(code: &str) -> CaseHeader {
    CaseHeader {
        code: CaseCode::new(code).unwrap(),
        title: String::new(),
        unit: String::new(),
        year: None,
        retention: String::new(),
        secrecy: Secrecy::Thuong,
        sheets: None,
        pages: None,
        paper_location: String::new(),
    }
}

fn accepted<T>(value: T) -> Option<Field<T>> {
    Some(Field::Accepted(reading(value)))
}

fn reading<T>(value: T) -> Reading<T> {
    Reading { value, read: None, places: Vec::new(), confidence: 95, rule: "test".into() }
}

/// A case file in the package's terms, with made-up digests.
struct Made {
    id: ObjectId,
    case: CaseFile,
    masters: Vec<String>,
    altos: Vec<String>,
    pdfs: Vec<Option<String>>,
    files: Vec<StagedFile>,
    archive_code: String,
    device: Option<String>,
    left_out: usize,
    signatures: Vec<Option<SignatureCheck>>,
}

impl Made {
    /// Masters have one page each; the last document has no searchable copy.
    fn new(case: CaseFile) -> Made {
        let masters: Vec<String> =
            (1..=case.masters.len()).map(|n| format!("representations/rep2/data/0001/{n:04}.jpg")).collect();
        let pages = case.pages().count();
        let altos: Vec<String> =
            (1..=pages).map(|n| format!("representations/rep2/metadata/ocr/0001/{n:04}.xml")).collect();
        let last = case.documents.len();
        let pdfs = (1..=last).map(|n| (n < last).then(|| format!("representations/rep1/data/HS.{n:03}.pdf")));
        let pdfs: Vec<Option<String>> = pdfs.collect();
        let mut paths = vec!["metadata/other/case.json".to_owned()];
        paths.extend(masters.iter().chain(&altos).chain(pdfs.iter().flatten()).cloned());
        let file = |(n, path): (usize, String)| StagedFile {
            path,
            sha256: Sha256([n as u8; 32]),
            sha512: Sha512([n as u8; 64]),
            bytes: n as u64,
        };
        let id = ObjectId::new("urn:P623:uuid:9C13E70E-08B2-8C54-8BAF-979B35D01B4D").unwrap();
        let files = paths.into_iter().enumerate().map(file).collect();
        let (archive_code, device, left_out, signatures) = (String::new(), None, 0, Vec::new());
        Made { id, case, masters, altos, pdfs, files, archive_code, device, left_out, signatures }
    }

    fn describe(&self) -> Result<Package, PackageError> {
        self.with_description(&self.files, describe)
    }

    /// As it would be made from the stored package.
    fn describe_handed_on(&self, how: HandedOn) -> Result<Package, PackageError> {
        let stored = self.describe().unwrap();
        let of_package = |(path, bytes): &(String, Vec<u8>)| StagedFile {
            path: path.clone(),
            sha256: Sha256([9; 32]),
            sha512: Sha512([9; 64]),
            bytes: bytes.len() as u64,
        };
        let files = self.files.iter().cloned().chain(stored.files.iter().map(of_package));
        let kept: Vec<StagedFile> = files.filter(|file| how.part(&file.path) == Part::Kept).collect();
        self.with_description(&kept, |d| describe_handed_on(d, &how.id(d.id, d.fonds, 2), how, 2))
    }

    fn with_description(
        &self,
        files: &[StagedFile],
        describe: impl FnOnce(&Description<'_>) -> Result<Package, PackageError>,
    ) -> Result<Package, PackageError> {
        let formats: Vec<_> = self.masters.iter().map(|_| identify("image/jpeg", b"")).collect();
        describe(&Description {
            id: &self.id,
            fonds: "P623",
            archive_code: &self.archive_code,
            agency: "Viện kiểm sát nhân dân khu vực 7 \"thử\" & <mẫu>",
            created: "2026-11-21T17:30:12.987654321Z".parse().unwrap(),
            software: ("hoso", "0.1.0"),
            reader: "máy đọc",
            conversion: Conversion {
                batch: "20261121-083000-abcd",
                received: "2026-11-21T08:30:00Z".parse().unwrap(),
                device: self.device.as_deref(),
                operator: None,
            },
            case: &self.case,
            master_paths: &self.masters,
            master_formats: &formats,
            signatures: &self.signatures,
            alto_paths: &self.altos,
            pdf_paths: &self.pdfs,
            origin: None,
            volume: None,
            volumes: &[],
            left_out: self.left_out,
            correction: None,
            files,
        })
    }
}

fn master(n: u8) -> MasterFile {
    let received_as = format!("HS-1/{ODD}/{n}.jpg");
    MasterFile { received_as, sha256: Sha256([n; 32]), bytes: 1, media_type: "image/jpeg".into() }
}

/// Two signatures, one of them with everything that XML minds; and what could not be read.
fn check() -> SignatureCheck {
    let signature = |reasons, signer| CheckedSignature {
        field: ODD.into(),
        kind: "approval".into(),
        status: "INDETERMINATE".into(),
        reasons,
        signer,
        algorithm: "RSA / SHA-1".into(),
        claimed: "2021-04-05T06:07:08Z".parse().ok(),
        proven: None,
        covers_whole_file: false,
    };
    let reasons = vec![("no-certificate-chain-found".into(), ODD.into())];
    let signer = Some([ODD.into(), "CN=Nơi cấp <&>".into(), "0A".into()]);
    SignatureCheck {
        at: "2026-11-21T17:30:00Z".parse().unwrap(),
        fault: Some(ODD.into()),
        signatures: vec![signature(reasons, signer), signature(Vec::new(), None)],
    }
}

/// Three documents, everything filled in to the last character, and values that are proposals or too long.
fn full() -> Made {
    let mut header = header(&"Ệ".repeat(85));
    header.title = format!("{ODD}{}", "ệ".repeat(1000 - ODD.chars().count()));
    header.unit = "u".repeat(1889);
    header.retention = "15 năm sau khi thi hành xong".into();
    header.sheets = Some(u32::MAX);
    header.paper_location = "k".repeat(100);
    let mut first = document(1, vec![page(1, 0, "text"), page(2, 1, "blank")]);
    first.doc_type = Some(DocType::CaoTrang);
    first.date = Some(PartialDate { year: 2019, month: Some(5), day: Some(7) });
    first.fields.number = accepted("12345678901".into());
    first.fields.symbol = accepted("Đ".repeat(30));
    first.fields.subject = accepted(format!("{ODD}{}", "ộ".repeat(500 - ODD.chars().count())));
    first.fields.issuing_body = accepted(UnitName { name: "ự".repeat(200), unit: None });
    first.pages[0].folio =
        Some(FolioMark { label: "45a \"&<".into(), source: FolioSource::List, confidence: 100 });
    let mut second = document(2, vec![page(3, 2, "unrecognised")]);
    second.doc_type = Some(DocType::BienBanHoiCung);
    second.date = Some(PartialDate { year: 2019, month: None, day: None });
    second.fields.number = accepted("123456789012".into());
    second.fields.subject = Some(Field::Proposal(reading("chưa chắc".into())));
    let masters = vec![master(1), master(2), master(3)];
    let mut made =
        Made::new(CaseFile { header, masters, documents: vec![first, second, document(3, Vec::new())] });
    made.archive_code = "H49.64.33.2001".into();
    made.left_out = 2;
    made.signatures = vec![Some(check()), None, Some(SignatureCheck { signatures: Vec::new(), ..check() })];
    made
}

/// Writes a package's files into a folder.
fn put(package: &Package, dir: &Path) {
    for (path, bytes) in &package.files {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// Every file by the schema that is meant for it.
fn assert_all_valid(package: &Package, dir: &Path) {
    put(package, dir);
    let schemas = Schemas::new();
    for (path, _) in &package.files {
        let name = path.rsplit('/').next().unwrap();
        let schema = match name {
            "METS.xml" => schemas.mets(),
            "EAD.xml" => dir.join("schemas/EAD.xsd"),
            _ if name.starts_with("EAD_doc_") => dir.join("schemas/EAD_doc.xsd"),
            _ if name.starts_with("PREMIS") => schemas.premis(),
            _ => continue,
        };
        assert_valid(&schema, &dir.join(path));
    }
}

fn sheet(package: &Package, profile: Profile, path: &str) -> SimpleDc {
    let bytes = &package.files.iter().find(|(p, _)| p == path).unwrap().1;
    let (sheet, deviations) = SimpleDc::read(profile, bytes).unwrap();
    assert_eq!(deviations, [], "{path}");
    sheet
}

#[test]
fn the_fullest_and_the_emptiest_case_file_are_valid() {
    for made in [full(), Made::new(CaseFile { header: header("HS"), masters: vec![], documents: vec![] })] {
        let dir = tempfile::tempdir().unwrap();
        assert_all_valid(&made.describe().unwrap(), dir.path());
    }
    let bare = document(1, vec![page(1, 0, "text")]);
    let case = CaseFile { header: header("HS 1/2"), masters: vec![master(1)], documents: vec![bare] };
    let dir = tempfile::tempdir().unwrap();
    let package = Made::new(case).describe().unwrap();
    assert_all_valid(&package, dir.path());
    assert_eq!(package.missing, ["title", "maintenance", "startDate", "endDate", "paperFileCode"]);
    // The judge must notice what is wrong, else its word is worth nothing.
    let mets = dir.path().join("METS.xml");
    let text = std::fs::read_to_string(&mets).unwrap();
    std::fs::write(&mets, text.replace("OAISPACKAGETYPE=\"AIP\"", "OAISPACKAGETYPE=\"XIP\"")).unwrap();
    assert!(objection(&Schemas::new().mets(), &mets).unwrap().contains("OAISPACKAGETYPE"));
    let ead = dir.path().join("metadata/descriptive/EAD.xml");
    std::fs::write(&ead, std::fs::read_to_string(&ead).unwrap().replace("<mode>02", "<mode>09")).unwrap();
    assert!(objection(&dir.path().join("schemas/EAD.xsd"), &ead).unwrap().contains("mode"));
}

#[test]
fn a_thousand_pages_are_described_in_a_few_megabytes() {
    let masters: Vec<MasterFile> = (0..1000).map(|n| master((n % 250) as u8)).collect();
    let documents = (0..100).map(|d| {
        let pages = (d * 10..d * 10 + 10).map(|n| page(n + 1, n as usize, "text"));
        document(d + 1, pages.collect())
    });
    let case = CaseFile { header: header("HS"), documents: documents.collect(), masters };
    let mut made = Made::new(case);
    for (n, path) in made.pdfs.iter_mut().enumerate() {
        path.get_or_insert_with(|| format!("representations/rep1/data/HS.{:03}.pdf", n + 1));
    }
    let known: Vec<String> = made.files.iter().map(|f| f.path.clone()).collect();
    for path in made.pdfs.iter().flatten().filter(|p| !known.contains(p)) {
        made.files.push(StagedFile { path: path.clone(), ..made.files[0].clone() });
    }
    let package = made.describe().unwrap();
    let bytes: usize = package.files.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(bytes < 8 << 20, "{bytes} bytes");
    let dir = tempfile::tempdir().unwrap();
    put(&package, dir.path());
    let schemas = Schemas::new();
    for rep in ["", "representations/rep1/", "representations/rep2/"] {
        assert_valid(&schemas.mets(), &dir.path().join(format!("{rep}METS.xml")));
    }
}

#[test]
fn the_sheets_say_what_is_known_and_nothing_else() {
    let package = full().describe().unwrap();
    let case = sheet(&package, Profile::AipFile, "metadata/descriptive/EAD.xml");
    let say = |field| case.get(field).unwrap();
    assert_eq!(say("arcFileCode"), format!("H49.64.33.2001.{}", "Ệ".repeat(85)));
    assert_eq!((say("startDate"), say("endDate")), ("2019", "07/05/2019"));
    assert_eq!(
        (say("maintenance"), say("mode"), say("language"), say("confidenceLevel")),
        ("07", "02", "01", "02")
    );
    assert_eq!((say("totalDoc"), say("numberOfPage"), say("numberOfPaper")), ("3", "3", "4294967295"));
    assert!(say("description").contains("Thời hạn lưu trữ: 15 năm sau khi thi hành xong."));
    assert!(say("description").contains("thiếu 2 tệp"));
    assert_eq!(case.get("keyword"), None);

    let path = |n| format!("representations/rep1/metadata/descriptive/EAD_doc_{n:03}.xml");
    let first = sheet(&package, Profile::AipDocument, &path(1));
    assert_eq!((first.get("typeName"), first.get("issuedDate")), (Some("32"), Some("07/05/2019")));
    assert_eq!(first.get("description"), Some("Loại tài liệu: Cáo trạng."));
    assert_eq!((first.get("docOrdinal"), first.get("numberOfPage")), (Some("1"), Some("2")));
    // What XML cannot hold is marked, the rest is there to the last character.
    let subject = first.get("subject").unwrap();
    assert!(
        subject.starts_with("Vụ án \"Nguyễn Văn A & đồng phạm\" <tham ô>\u{fffd}\u{fffd}\u{fffd} 'ỵ'\r\n")
    );
    assert_eq!(subject.chars().count(), 500);
    let second = sheet(&package, Profile::AipDocument, &path(2));
    assert_eq!((second.get("typeName"), second.get("issuedDate")), (Some("20"), Some("2019")));
    assert_eq!(
        (second.get("subject"), second.get("codeNumber")),
        (None, None),
        "a proposal, a number too long"
    );
    // docCode of this code is longer than 100 characters: three sheets go without it.
    let left_out: Vec<_> = package.left_out.iter().map(|l| (l.document.get(), l.field.as_str())).collect();
    assert_eq!(left_out, [(1, "docCode"), (2, "docCode"), (2, "codeNumber"), (3, "docCode")]);
    assert_eq!(package.left_out[2].fault, Fault::TooLong { chars: 12, max: 11 });
    assert!(package.missing.is_empty());
}

#[test]
fn what_people_wrote_too_long_is_theirs_to_shorten() {
    type Spoil = fn(&mut CaseHeader);
    let long: [(&str, Spoil); 3] = [
        ("title", |h| h.title = "t".repeat(1001)),
        ("paper_location", |h| h.paper_location = "k".repeat(101)),
        ("unit, retention", |h| h.unit = "u".repeat(2000)),
    ];
    for (wanted, spoil) in long {
        let mut made = full();
        (made.case.header.unit, made.case.header.retention) = (String::new(), "10 năm".into());
        spoil(&mut made.case.header);
        let refused = made.describe().unwrap_err();
        let PackageError::Register { column, fault, .. } = refused else { panic!("{refused}") };
        assert_eq!(column, wanted);
        assert!(matches!(fault, Fault::TooLong { .. }));
    }
    let mut made = full();
    made.archive_code += "x";
    assert!(matches!(made.describe(), Err(PackageError::Register { column: "code", .. })));
}

#[test]
fn the_same_description_gives_the_same_bytes_and_times_are_those_of_viet_nam() {
    let (one, two) = (full().describe().unwrap(), full().describe().unwrap());
    assert_eq!(one, two);
    let text =
        |path: &str| String::from_utf8(one.files.iter().find(|(p, _)| p == path).unwrap().1.clone()).unwrap();
    assert!(text("METS.xml").contains("CREATEDATE=\"2026-11-22T00:30:12+07:00\""));
    let premis = text("metadata/preservation/PREMIS.xml");
    assert!(premis.contains("<eventDateTime>2026-11-21T15:30:00+07:00</eventDateTime>"));
    assert!(premis.contains("thiết bị: chưa rõ"), "what is unknown is said to be unknown");
    // Signatures of received files: an event for each such file, linked from the file.
    let validation = ">digital signature validation</eventType>";
    assert_eq!(premis.matches(validation).count(), 2, "{premis}");
    assert!(premis.contains("<eventDateTime>2026-11-22T00:30:00+07:00</eventDateTime>"));
    assert!(premis.contains("no-certificate-chain-found: Vụ án"), "{premis}");
    assert!(premis.contains("thời gian tự khai: 2021-04-05T13:07:08+07:00"), "{premis}");
    let masters = text("representations/rep2/metadata/preservation/PREMIS_rep2.xml");
    let after = premis.split(validation).next().unwrap().rsplit("<eventIdentifierValue>").next().unwrap();
    let id = after.split('<').next().unwrap();
    assert_eq!(masters.matches(id).count(), 1, "{id}");
    let mut known = full();
    known.device = Some("Máy quét <A&B> số 7".into());
    let premis =
        known.describe().unwrap().files.into_iter().find(|(p, _)| p.ends_with("/PREMIS.xml")).unwrap().1;
    assert!(
        String::from_utf8(premis).unwrap().contains("<agentName>Máy quét &lt;A&amp;B&gt; số 7</agentName>")
    );
}

#[test]
fn packages_made_from_a_stored_one_are_valid() {
    let bare = CaseFile { header: header("HS"), masters: vec![], documents: vec![] };
    for made in [full(), Made::new(bare)] {
        for (package, with_masters) in [
            (PackageType::Sip, false),
            (PackageType::Sip, true),
            (PackageType::Dip, false),
            (PackageType::Dip, true),
        ] {
            let how = HandedOn { package, with_masters };
            let (dir, handed_on) = (tempfile::tempdir().unwrap(), made.describe_handed_on(how).unwrap());
            assert_all_valid(&handed_on, dir.path());
            let mets = std::fs::read_to_string(dir.path().join("METS.xml")).unwrap();
            assert!(mets.contains(&format!("OAISPACKAGETYPE=\"{}\"", package.code())));
            assert!(
                mets.contains(
                    "<altRecordID TYPE=\"AIP\">urn:P623:uuid:9C13E70E-08B2-8C54-8BAF-979B35D01B4D<"
                )
            );
            assert_eq!(mets.contains("rep2"), with_masters);
            assert_eq!(mets.contains("PREMIS"), package == PackageType::Dip);
        }
    }
    let made = full();
    let how = |package| HandedOn { package, with_masters: false };
    let sip = made.describe_handed_on(how(PackageType::Sip)).unwrap();
    let ead = sheet(&sip, Profile::SipFile, "metadata/descriptive/EAD.xml");
    assert_eq!(ead.get("fileCode"), Some("Ệ".repeat(85).as_str()), "without the archive's code");
    assert_eq!((ead.get("startDate"), ead.get("endDate")), (None, Some("07/05/2019")), "full dates only");
    let first = "representations/rep1/metadata/descriptive/EAD_doc_001.xml";
    let doc = sheet(&sip, Profile::SipDocument, first);
    assert_eq!((doc.get("docId").unwrap().len(), doc.get("maintenance")), (24, Some("07")));
    assert!(doc.get("organName").is_some() && doc.get("typeName") == Some("32"));
    let dip = Made { archive_code: "H49".into(), ..full() };
    let dip = dip.describe_handed_on(how(PackageType::Dip)).unwrap();
    let doc = sheet(&dip, Profile::DipDocument, first);
    assert!(doc.get("arcDocCode").unwrap().ends_with(".0000001") && doc.get("organName").is_none());
    assert!(sheet(&dip, Profile::DipFile, "metadata/descriptive/EAD.xml").get("arcFileCode").is_some());
    let ids: std::collections::BTreeSet<ObjectId> =
        [(PackageType::Sip, 1), (PackageType::Dip, 1), (PackageType::Dip, 2)]
            .map(|(package, version)| how(package).id(&made.id, "P623", version))
            .into();
    assert_eq!(ids.len(), 3);
}

#[test]
fn sheets_of_other_programs_are_read_and_where_they_depart_is_told() {
    // Another order, another name for a field, a namespace, an element of nobody, one twice, a code and a date of none.
    let sheet = "\u{feff}<?xml version=\"1.0\"?>\n<!-- x --><e:simpledc xmlns:e=\"urn:x\">\n <e:subject>A &amp; <![CDATA[<B>]]> &#x1ED9;</e:subject>\n \
        <e:arcDocCode>H49.1.0000001</e:arcDocCode><e:typeName>99</e:typeName><e:issuedDate>2019-05-07</e:issuedDate>\n \
        <e:maintenance><x>01</x></e:maintenance><e:mode>01</e:mode><e:mode>02</e:mode><e:organName/></e:simpledc>\n";
    let (read, deviations) = SimpleDc::read(Profile::AipDocument, sheet.as_bytes()).unwrap();
    assert_eq!(read.get("subject"), Some("A & <B> ộ"));
    assert_eq!((read.get("docCode"), read.get("mode")), (Some("H49.1.0000001"), Some("01")));
    assert_eq!((read.get("issuedDate"), read.get("organName")), (Some("2019-05-07"), None));
    let said: Vec<String> = deviations.iter().map(Deviation::to_string).collect();
    for wanted in [
        "arcDocCode: taken for docCode",
        "maintenance: not a field",
        "mode: comes more than once",
        "docOrdinal: is not there",
    ] {
        assert!(said.iter().any(|s| s.starts_with(wanted)), "{wanted}: {said:#?}");
    }
    let faults = deviations.iter().filter(|d| matches!(d, Deviation::Value(_))).count();
    assert_eq!(faults, 2, "{said:#?}");
    assert!(!said.iter().any(|s| s.starts_with("organName")));
    // Written again it must be mended first.
    assert!(read.write("x.xsd").is_err());
}

#[test]
fn hostile_sheets_are_refused() {
    let read = |text: &str| SimpleDc::read(Profile::AipFile, text.as_bytes()).unwrap_err();
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><simpledc><title>&b;</title></simpledc>";
    assert!(matches!(read(bomb), SheetError::Entity(_)));
    assert!(matches!(read("<simpledc><title>&b;</title></simpledc>"), SheetError::Entity(_)));
    assert!(matches!(read(&format!("<simpledc>{}", "<a>".repeat(40))), SheetError::TooDeep));
    assert!(matches!(read(&" ".repeat((1 << 20) + 1)), SheetError::TooLarge(_)));
    assert!(matches!(read("<ead/>"), SheetError::Root(_)));
    for broken in ["", "<simpledc>", "<simpledc><title>", "<simpledc></x>"] {
        assert!(matches!(read(broken), SheetError::Xml(_)), "{broken:?}");
    }
    assert!(matches!(
        SimpleDc::read(Profile::AipFile, b"<simpledc>\xff</simpledc>"),
        Err(SheetError::NotUtf8)
    ));
}

/// Any text that a field of this length takes and XML can hold.
fn value(max_chars: usize) -> impl Strategy<Value = String> {
    let held =
        |c: &char| matches!(c, '\t' | '\n' | '\r') || (*c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    proptest::collection::vec(any::<char>().prop_filter("XML can hold it", held), 0..40).prop_map(
        move |chars| {
            let text: String = chars.into_iter().take(max_chars).collect();
            text.trim().to_owned()
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(title in value(1000), code in value(100), keyword in value(100), note in value(2000), days in 1u8..=28) {
        let mut sheet = SimpleDc::new(Profile::AipFile);
        let texts = [("title", &title), ("arcFileCode", &code), ("keyword", &keyword), ("description", &note)];
        for (field, text) in texts {
            sheet.set(field, text);
        }
        sheet.set("startDate", format!("{days:02}/02/2019"));
        let written = sheet.write("x.xsd").unwrap();
        let (read, deviations) = SimpleDc::read(Profile::AipFile, &written).unwrap();
        prop_assert_eq!(&read, &sheet);
        prop_assert!(deviations.is_empty());
        for (field, text) in texts {
            prop_assert_eq!(read.get(field).unwrap_or(""), text.as_str());
        }
        prop_assert_eq!(read.write("x.xsd").unwrap(), written);
    }

    #[test]
    fn no_bytes_make_the_reader_fall(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = SimpleDc::read(Profile::SipDocument, &bytes);
        let wrapped = [b"<simpledc><title>".as_slice(), &bytes, b"</title></simpledc>"].concat();
        let _ = SimpleDc::read(Profile::SipFile, &wrapped);
    }
}
