//! Attacks on signed PDFs: each is named, and the other judges agree where they can see it.

use std::io::Cursor;

use proptest::prelude::*;
use seal::pades::*;

use crate::pdf_support::*;
use crate::support::*;
use crate::verdict_table::{Judge, Others, Row, VerdictTable};

struct Case {
    name: &'static str,
    pdf: Vec<u8>,
    /// What we must say.
    ours: &'static str,
    /// Who does not look for that.
    blind: &'static [Judge],
}

fn case(name: &'static str, pdf: Vec<u8>, ours: &'static str, blind: &'static [Judge]) -> Case {
    Case { name, pdf, ours, blind }
}

/// All of them look for it.
const SEEN: &[Judge] = &[];
/// qpdf looks at structure alone.
const STRUCTURE_HOLDS: &[Judge] = &[Judge::Qpdf];
/// The checker looks at what is covered alone, not at what is signed.
const COVERAGE_HOLDS: &[Judge] = &[Judge::Qpdf, Judge::Checker];
/// openssl and pdfsig look at each signed stretch alone, whatever later revisions add.
const SIGNED_PART_HOLDS: &[Judge] = &[Judge::Openssl, Judge::Pdfsig, Judge::Qpdf];
/// And pyHanko passes bytes that belong to no revision.
const REVISIONS_HOLD: &[Judge] = &[Judge::Openssl, Judge::Pyhanko, Judge::Pdfsig, Judge::Qpdf];
/// Nobody else looks behind the signature in its room.
const ALL_HOLDS: &[Judge] = &[Judge::Openssl, Judge::Pyhanko, Judge::Pdfsig, Judge::Qpdf, Judge::Checker];

/// Replaces bytes by as many others.
fn swapped(pdf: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = find_text(pdf, from).unwrap_or_else(|| panic!("{} not found", String::from_utf8_lossy(from)));
    let mut out = pdf.to_vec();
    out[at..at + to.len()].copy_from_slice(to);
    out
}

/// The numbers of the last ByteRange.
fn byte_range(pdf: &[u8]) -> (usize, [usize; 4]) {
    let at = rfind_text(pdf, b"/ByteRange [").expect("a signature") + 12;
    let text = String::from_utf8_lossy(&pdf[at..at + 50]).into_owned();
    let numbers: Vec<usize> = text.split_whitespace().map_while(|n| n.parse().ok()).collect();
    (at, numbers.try_into().expect("four numbers"))
}

fn with_byte_range(pdf: &[u8], text: &str) -> Vec<u8> {
    let (at, _) = byte_range(pdf);
    let mut out = pdf.to_vec();
    out[at..at + 50].copy_from_slice(format!("{text:<50}").as_bytes());
    out
}

const PAGE: &str = "<</Type/Page/Parent 2 0 R/Resources<<>>/MediaBox[0 0 595 842]/Contents 4 0 R";
const OTHER_CONTENT: &str = "<</Length 24>>\nstream\n0 g 200 200 250 250 re f\n\n\nendstream";

fn cases() -> Vec<Case> {
    let signer = trial_signer(&trial_keys());
    let base = one_page("/MediaBox[0 0 595 842]");
    let one = signed_unseen(&base, &signer);
    let two = signed_unseen(&one, &signer);
    let certified = signed(&base, &signer, true);
    let (_, [_, gap_start, gap_end, rest]) = byte_range(&one);
    let widget = |n: u32| format!("<</Type/Annot/Subtype/FreeText/Rect[9 9 99 99]/Contents(x)/N {n}>>");
    let page_with = |annots: &str| format!("{PAGE}/Annots[6 0 R {annots}]>>");
    // Where the reader finds the padding: a shorter signature leaves some bytes at the end of its room.
    let mut padded = one.clone();
    let pad = gap_end - 3;
    let has_padding = padded[pad..gap_end - 1] == *b"00";
    padded[pad..gap_end - 1].copy_from_slice(b"0f");
    let other = signed_unseen(&one_page("/MediaBox[0 0 594 842]"), &signer);
    let (_, [_, other_start, other_end, _]) = byte_range(&other);
    let mut moved = one.clone();
    assert_eq!(other_end - other_start, gap_end - gap_start);
    moved[gap_start..gap_end].copy_from_slice(&other[other_start..other_end]);
    let dangling = base_with_dangling();
    let dangling = signed_unseen(&dangling, &signer);

    let mut cases = vec![
        case("signed once", one.clone(), "TOTAL-PASSED", SEEN),
        case("signed twice", two.clone(), "TOTAL-PASSED; TOTAL-PASSED", SEEN),
        case("certified", certified.clone(), "TOTAL-PASSED", SEEN),
        case(
            "certified, then signed",
            signed_unseen(&certified, &signer),
            "TOTAL-PASSED; TOTAL-PASSED",
            SEEN,
        ),
        case("not signed at all", base, "", SEEN),
        case(
            "a byte of the page changed",
            swapped(&one, b"0.5 g", b"0.9 g"),
            "TOTAL-FAILED hash-failure",
            COVERAGE_HOLDS,
        ),
        case(
            "a byte of the first signed part changed under two signatures",
            swapped(&two, b"0.5 g", b"0.9 g"),
            "TOTAL-FAILED hash-failure; TOTAL-FAILED hash-failure",
            COVERAGE_HOLDS,
        ),
        case(
            "the signing time in the PDF changed",
            swapped(&one, b"/M <443a3230", b"/M <443a3239"),
            "TOTAL-FAILED hash-failure+claimed-time-too-late",
            COVERAGE_HOLDS,
        ),
        case(
            "another page content added by a revision",
            revised(&one, &[(4, OTHER_CONTENT)], 7),
            "TOTAL-FAILED content-changed",
            SIGNED_PART_HOLDS,
        ),
        case(
            "the page points to other content",
            revised(
                &one,
                &[(3, &page_with("").replace("/Contents 4", "/Contents 9")), (9, OTHER_CONTENT)],
                10,
            ),
            "TOTAL-FAILED content-changed",
            SIGNED_PART_HOLDS,
        ),
        case(
            "another page put in front",
            revised(&one, &[(2, "<</Type/Pages/Kids[9 0 R 3 0 R]/Count 2>>"), (9, &format!("{PAGE}>>"))], 10),
            "TOTAL-FAILED content-changed",
            SIGNED_PART_HOLDS,
        ),
        case(
            "a note laid over the page",
            revised(&one, &[(3, &page_with("9 0 R")), (9, &widget(9))], 10),
            "TOTAL-FAILED content-changed",
            SIGNED_PART_HOLDS,
        ),
        case(
            "the mark of the signature removed from the page",
            revised(&one, &[(3, &format!("{PAGE}>>"))], 7),
            "TOTAL-FAILED content-changed",
            SIGNED_PART_HOLDS,
        ),
        case(
            "shadow content: the signed page names an object that comes later",
            revised(&dangling, &[(90, OTHER_CONTENT)], 91),
            "TOTAL-FAILED content-changed",
            SIGNED_PART_HOLDS,
        ),
        case(
            "content added to a certified file",
            revised(&certified, &[(4, OTHER_CONTENT)], 8),
            "TOTAL-FAILED content-changed",
            SIGNED_PART_HOLDS,
        ),
        case(
            "bytes appended",
            [one.as_slice(), b"%hidden\n"].concat(),
            "INDETERMINATE appended-bytes",
            REVISIONS_HOLD,
        ),
        case(
            "a second %%EOF appended",
            [one.as_slice(), &one[rfind_text(&one, b"startxref").unwrap()..]].concat(),
            "INDETERMINATE appended-bytes",
            REVISIONS_HOLD,
        ),
        case(
            "ByteRange begins later",
            with_byte_range(&one, &format!("9 {} {gap_end} {rest}", gap_start - 9)),
            "TOTAL-FAILED byte-range",
            STRUCTURE_HOLDS,
        ),
        case(
            "ByteRange with a larger gap",
            with_byte_range(&one, &format!("0 {} {gap_end} {rest}", gap_start - 40)),
            "TOTAL-FAILED byte-range-gap",
            STRUCTURE_HOLDS,
        ),
        case(
            "ByteRange whose parts overlap",
            with_byte_range(&one, &format!("0 {gap_end} {gap_start} {rest}")),
            "TOTAL-FAILED byte-range",
            STRUCTURE_HOLDS,
        ),
        case(
            "ByteRange behind the end",
            with_byte_range(&one, &format!("0 {gap_start} {gap_end} {}", rest + 1)),
            "TOTAL-FAILED byte-range",
            STRUCTURE_HOLDS,
        ),
        case(
            "ByteRange of two numbers",
            with_byte_range(&one, &format!("0 {gap_start}")),
            "TOTAL-FAILED byte-range",
            STRUCTURE_HOLDS,
        ),
        case(
            "ByteRange ends before the file does",
            with_byte_range(&one, &format!("0 {gap_start} {gap_end} {}", rest - 30)),
            "TOTAL-FAILED hash-failure+history-replaced",
            STRUCTURE_HOLDS,
        ),
        case("the signature of another file", moved, "TOTAL-FAILED hash-failure", COVERAGE_HOLDS),
        case(
            "the signature is rubbish",
            {
                let mut pdf = one.clone();
                pdf[gap_start + 1..gap_start + 41].copy_from_slice(&[b'f'; 40]);
                pdf
            },
            "TOTAL-FAILED format-failure",
            COVERAGE_HOLDS,
        ),
        case(
            "broken xref",
            swapped(&one, b"startxref\n", b"startxxxx\n").into_iter().take(one.len()).collect::<Vec<_>>(),
            "fault: broken xref",
            &[Judge::Checker],
        ),
        case("cut in the middle", one[..one.len() - 200].to_vec(), "fault: broken xref", SEEN),
    ];
    // The last `startxref` of the file, not that of the first revision.
    let broken = cases.iter_mut().find(|c| c.name == "broken xref").expect("listed");
    broken.pdf = one.clone();
    let at = rfind_text(&one, b"startxref\n").expect("an end");
    broken.pdf[at + 10] = b'9';
    if has_padding {
        cases.push(case("data hidden in the padding", padded, "TOTAL-FAILED padding", ALL_HOLDS));
    }
    cases
}

/// A page that names an object which is not there.
fn base_with_dangling() -> Vec<u8> {
    let page = format!("{}>>", PAGE.replace("4 0 R", "[4 0 R 90 0 R]"));
    by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            &page,
            "<</Length 24>>\nstream\n0.5 g 100 100 50 50 re f\n\nendstream",
        ],
        "",
    )
}

#[test]
fn a_table_of_good_and_bad_files_with_the_words_of_all_judges() {
    let scratch = Scratch::new();
    let keys = trial_keys();
    let anchors = [keys.ca_certificate_der.clone()];
    let root = scratch.write("ca.pem", &keys.ca_certificate_pem);
    let cases = cases();
    let files: Vec<_> = (0..cases.len()).map(|n| scratch.write(&format!("{n}.pdf"), &cases[n].pdf)).collect();
    let pyhanko = ask_pyhanko(&root, now(), &files);
    let coverage = ask_checker(&files);
    let mut table = VerdictTable::default();
    for (idx, case) in cases.iter().enumerate() {
        let report = judged(&case.pdf, &anchors, now());
        let said: Vec<_> =
            pyhanko.iter().filter(|line| files[idx].to_str() == Some(line.file.as_str())).collect();
        let name = format!("{idx}.pdf");
        let pdfsig = ask_pdfsig(&scratch, &name);
        let signatures = case.pdf.windows(10).filter(|window| window == b"/ByteRange").count();
        let others = Others {
            openssl: Some(ask_openssl(&scratch, &case.pdf, "ca.pem", now())),
            pyhanko: Some(said.iter().all(|line| line.good)),
            pdfsig: Some(pdfsig.len() == signatures && pdfsig.iter().all(|word| word == "valid")),
            qpdf: Some(ask_qpdf(&scratch, &name)),
            checker: Some(coverage[idx].is_none()),
        };
        keep(&files[idx]);
        // An object that the signed page names and that came later is told from other changes.
        if case.name.starts_with("shadow") {
            let signature = &report.signatures[0];
            assert!(signature.reasons[0].detail.contains("90 (shadow)"), "{signature:?}");
            assert!(signature.changes.contains(&Change { object: 90, kind: ChangeKind::Shadow }));
        }
        // Whoever reads Vietnamese is told all of it in Vietnamese.
        let details =
            report.signatures.iter().flat_map(|s| s.reasons.iter().map(|reason| reason.detail.clone()));
        for detail in details.chain(report.fault.iter().map(ToString::to_string)) {
            assert!(!seal::told(&detail, record::Lang::Vi).is_ascii(), "{}: {detail}", case.name);
        }
        let accepted = report.status().is_none_or(|s| s == PdfStatus::TotalPassed);
        // Of a fault only its kind is wanted, not the place.
        let ours = words(&report);
        let is_fault = case.ours.starts_with("fault") && ours.starts_with(case.ours);
        let (wanted, ours) = (case.ours.to_owned(), if is_fault { case.ours.to_owned() } else { ours });
        table.push(Row { case: case.name.to_owned(), ours, wanted, accepted, others, blind: case.blind });
    }
    table.judge(
        "PDF",
        "openssl gets the bytes of ByteRange and the signature cut out; it and pdfsig judge the signed bytes alone, whatever later revisions add; qpdf looks at structure alone, the Python checker at what is covered alone; pyHanko passes bytes that belong to no revision; nobody else looks behind the signature in its room",
    );
}

/// Revisions that only look like signing.
#[test]
fn what_only_looks_like_signing_is_named() {
    let keys = trial_keys();
    let signer = trial_signer(&keys);
    let anchors = [keys.ca_certificate_der];
    let one = signed_unseen(&one_page("/MediaBox[0 0 595 842]"), &signer);
    let two = signed_unseen(&one, &signer);
    let page_with = |annots: &str| format!("{PAGE}/Annots[6 0 R {annots}]>>");
    let catalog = |fields: &str| {
        format!("<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R {fields}]/SigFlags 3>>>>")
    };
    let field = |value: &str| format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(x)/Rect[9 9 99 99]/V {value}>>");
    let content = "<</Length 24>>\nstream\n0.5 g 100 100 50 50 re f\n\nendstream";
    let pages = "<</Type/Pages/Kids[3 0 R]/Count 1>>";
    let listed = by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R>>",
            pages,
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R>>",
            content,
            "[4 0 R 6 0 R]",
            content,
        ],
        "",
    );
    let named = content.replace("<<", "<</Type/Metadata");
    let described =
        by_hand(&["<</Type/Catalog/Pages 2 0 R/Metadata 4 0 R>>", pages, &format!("{PAGE}>>"), &named], "");
    let stored = by_hand(
        &["<</Type/Catalog/Pages 2 0 R/DSS<</Certs[4 0 R]>>>>", pages, &format!("{PAGE}>>"), content],
        "",
    );
    let form = by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[]/DA(/F 9 Tf)>>>>",
            pages,
            &format!("{PAGE}>>"),
            content,
        ],
        "",
    );
    let direct = by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[<</FT/Sig/T(x)/V<</Type/Sig>>>>]>>>>",
            pages,
            &format!("{PAGE}>>"),
            content,
        ],
        "",
    );
    // The page again, word for word, under another generation.
    let start = rfind_text(&one, b"3 0 obj\n").expect("the page") + 8;
    let end = start + find_text(&one[start..], b"\nendobj").expect("its end");
    let page = String::from_utf8_lossy(&one[start..end]).into_owned();
    let mut renamed = revised(&one, &[(3, &page)], 7);
    let at = rfind_text(&renamed, b"3 0 obj\n").expect("again") + 2;
    renamed[at] = b'1';
    let at = rfind_text(&renamed, b" 00000 n").expect("its entry") + 5;
    renamed[at] = b'1';
    let changed = "TOTAL-FAILED content-changed";
    let again = field("5 0 R");
    for (name, pdf, ours) in [
        (
            "a note that calls itself a signature",
            revised(
                &one,
                &[
                    (3, &page_with("9 0 R")),
                    (9, "<</Type/Annot/Subtype/FreeText/FT/Sig/V true/Rect[9 9 99 99]>>"),
                ],
                10,
            ),
            changed.to_owned(),
        ),
        (
            "a second widget of the same signature",
            revised(&one, &[(1, &catalog("9 0 R")), (3, &page_with("9 0 R")), (9, &again)], 10),
            changed.into(),
        ),
        (
            "a widget of a signature that does not cover it",
            revised(
                &two,
                &[(1, &catalog("8 0 R 9 0 R")), (3, &page_with("8 0 R 9 0 R")), (9, &field("7 0 R"))],
                10,
            ),
            format!("{changed}; {changed}"),
        ),
        (
            "contents in another order",
            revised(&signed_unseen(&listed, &signer), &[(5, "[6 0 R 4 0 R]")], 9),
            changed.into(),
        ),
        (
            "content under the name of metadata",
            revised(&signed_unseen(&described, &signer), &[(4, &named.replace("0.5", "0.9"))], 7),
            changed.into(),
        ),
        (
            "content under the name of validation data",
            revised(&signed_unseen(&stored, &signer), &[(4, OTHER_CONTENT)], 7),
            changed.into(),
        ),
        (
            "another default appearance of the form",
            revised(
                &signed_unseen(&form, &signer),
                &[(1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/DA(/F 1 Tf)/SigFlags 3>>>>")],
                7,
            ),
            changed.into(),
        ),
        ("the same page under another generation", renamed, changed.into()),
        ("a signature inside its field", direct, "TOTAL-FAILED format-failure".into()),
    ] {
        let report = judged(&pdf, &anchors, now());
        assert_eq!(words(&report), ours, "{name}: {:?}", report.signatures);
    }
    let twice = revised(&one, &[(4, content), (4, OTHER_CONTENT)], 7);
    let said = words(&judged(&twice, &anchors, now()));
    assert!(said.contains("two entries for one object"), "{said}");
    let (at, [_, first, second, rest]) = byte_range(&one);
    let mut odd = one;
    odd[at..at + 50].copy_from_slice(format!("{:<50}", format!("0 {first} {second} {rest} null")).as_bytes());
    assert_eq!(words(&judged(&odd, &anchors, now())), "TOTAL-FAILED byte-range");
}

#[test]
fn an_rsa_key_of_1024_bits_signs_nothing_and_is_named_where_others_used_it() {
    let scratch = Scratch::new();
    scratch.make_pki(&["p256-a"]);
    scratch.must("openssl genrsa -out short.key 1024");
    scratch.issue("short", "/C=VN/O=VKS/CN=short", "mid", "leaf.ext");
    let base = one_page("/MediaBox[0 0 595 842]");
    let at = record::Timestamp::now();
    let request = SignatureRequest { now: at, mark: None, certify: false };
    let short = OpensslSigner::new(&scratch, "short", seal::SignatureAlgorithm::RsaPkcs1Sha256);
    let refused = sign_pdf(&mut Cursor::new(&base), &request, &short, None).expect_err("too short");
    assert!(refused.to_string().contains("RSA key of 1024 bits"), "{refused}");
    // Somebody else signs with it all the same.
    let long = OpensslSigner::new(&scratch, "p256-a", seal::SignatureAlgorithm::EcdsaP256Sha256);
    let appended = sign_pdf(&mut Cursor::new(&base), &request, &long, None).expect("signed");
    let mut pdf = [base.as_slice(), &appended].concat();
    let (_, [_, first, second, _]) = byte_range(&pdf);
    scratch.write("data", [&pdf[..first], &pdf[second..]].concat());
    scratch.must("openssl cms -sign -binary -cades -md sha256 -in data -signer short.pem -inkey short.key -outform DER -out short.p7s");
    let hex: String = scratch.read("short.p7s").iter().map(|byte| format!("{byte:02x}")).collect();
    let room = second - first - 2;
    assert!(hex.len() <= room, "{} in {room}", hex.len());
    pdf[first + 1..second - 1].copy_from_slice(format!("{hex:0<room$}").as_bytes());
    let report = judged(&pdf, &[scratch.certificate("mid.pem")], at);
    assert_eq!(words(&report), "INDETERMINATE crypto-constraints-failure");
    assert!(report.signatures[0].reasons[0].detail.contains("1024 bits"), "{report:?}");
}

/// Where the hexadecimal digits of the last signature of a PDF stand.
fn digits_of_signature(pdf: &[u8]) -> std::ops::Range<usize> {
    let (_, [_, first, second, _]) = byte_range(pdf);
    first + 1..second - 1
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A token is exchanged for one of the same authority over another file: everything is signed, nothing fits.
#[test]
fn a_time_stamp_of_other_data_is_named() {
    let scratch = Scratch::new();
    scratch.make_pki(&["rsa-agency"]);
    scratch.make_tsa("rsa-tsa");
    // Tokens of one length: no fractions of seconds, one nonce.
    let cnf = String::from_utf8(scratch.read("rsa-tsa.cnf")).unwrap();
    scratch.write("even.cnf", cnf.replace("clock_precision_digits = 6", "clock_precision_digits = 0"));
    let signer = OpensslSigner::new(&scratch, "rsa-agency", seal::SignatureAlgorithm::RsaPkcs1Sha256);
    let at = record::Timestamp::now();
    // Grows a file with an authority at hand, and gives its token.
    let grown = |pdf: &[u8], grow: &dyn Fn(&mut seal::TimeStampClient<'_>) -> Result<Vec<u8>, PadesError>| {
        let token = std::cell::RefCell::new(Vec::new());
        let mut send = |request: &[u8]| {
            let answer = scratch.stamp("even", request);
            *token.borrow_mut() = seal::TimeStampRequest::from_der(request)?.accept(&answer)?;
            Ok(answer)
        };
        let mut random = |bytes: &mut [u8]| {
            bytes.fill(7);
            Ok(())
        };
        let appended = grow(&mut seal::TimeStampClient { send: &mut send, random: &mut random });
        ([pdf, &appended.expect("grown")].concat(), token.take())
    };
    let request = SignatureRequest { now: at, mark: None, certify: false };
    let signed =
        |pdf: &[u8]| grown(pdf, &|tsa| sign_pdf(&mut Cursor::new(pdf), &request, &signer, Some(tsa)));
    let stamped = |pdf: &[u8]| grown(pdf, &|tsa| time_stamp_pdf(&mut Cursor::new(pdf), tsa));
    let exchanged = |(pdf, own): &(Vec<u8>, Vec<u8>), token: &[u8]| {
        swapped(pdf, hex(own).as_bytes(), hex(token).as_bytes())
    };
    let page = one_page("/MediaBox[0 0 595 842]");
    let other = one_page("/MediaBox[0 0 594 842]");
    let (one, two) = (signed(&page), signed(&other));
    let (doc, other_doc) = (stamped(&one.0), stamped(&two.0));
    let anchors = [scratch.certificate("root.pem")];
    let mut changed = one.1.clone();
    *changed.last_mut().expect("a token") ^= 1;
    let passed = "TOTAL-PASSED";
    let fails = "INDETERMINATE time-stamp-fails";
    // openssl, pdfsig and the checker do not look at time stamps inside signatures.
    let unseen: &[Judge] = &[Judge::Openssl, Judge::Pdfsig, Judge::Qpdf, Judge::Checker];
    let mut table = VerdictTable::default();
    for (idx, (case, pdf, wanted, blind)) in [
        ("over its signature", one.0.clone(), passed.to_owned(), SEEN),
        ("of another file's signature", exchanged(&one, &two.1), fails.into(), unseen),
        ("over its signature, changed", exchanged(&one, &changed), fails.into(), unseen),
        ("over the file", doc.0.clone(), format!("{passed}; {passed}"), SEEN),
        (
            "over another file",
            exchanged(&doc, &other_doc.1),
            format!("{passed}; TOTAL-FAILED hash-failure"),
            &[Judge::Pdfsig, Judge::Qpdf, Judge::Checker],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let report = judged(&pdf, &anchors, at);
        let name = format!("{idx}.pdf");
        let file = scratch.write(&name, &pdf);
        let said = ask_pyhanko(&scratch.path("root.pem"), at, std::slice::from_ref(&file));
        let pdfsig = ask_pdfsig(&scratch, &name);
        let has_doc_stamp = idx > 2;
        let others = Others {
            // It and pdfsig know no time stamp over a file.
            openssl: (!has_doc_stamp).then(|| ask_openssl(&scratch, &pdf, "root.pem", at)),
            pyhanko: Some(said.iter().all(|line| line.good)),
            pdfsig: Some(pdfsig.iter().take(1).all(|word| word == "valid")),
            qpdf: Some(ask_qpdf(&scratch, &name)),
            checker: Some(ask_checker(&[file])[0].is_none()),
        };
        let accepted = report.status() == Some(PdfStatus::TotalPassed);
        if !accepted {
            let reasons = &report.signatures.last().expect("signed").reasons;
            let detail = seal::told(&reasons[0].detail, record::Lang::Vi);
            assert!(detail.starts_with("dấu thời gian "), "{case}: {detail}");
            assert!(!reasons[0].code.title(record::Lang::Vi).is_ascii());
        }
        table.push(Row { case: case.into(), ours: words(&report), wanted, accepted, others, blind });
    }
    table.judge(
        "time stamp in a PDF",
        "openssl, pdfsig and the Python checker do not look at the time stamp inside a signature, and openssl and pdfsig know none over a file",
    );
    // An authority that is merely not trusted proves nothing, and speaks against nothing.
    let without = [scratch.certificate("mid.pem")];
    let report = judged(&one.0, &without, at);
    assert_eq!((words(&report).as_str(), report.signatures[0].proven), (passed, None));
    // The same signature as a seal over the bytes that it signs: told beside the signer.
    for (pdf, fault) in
        [(&one.0, None), (&exchanged(&one, &two.1), Some("the time stamp is for other data".to_owned()))]
    {
        let digits = digits_of_signature(pdf);
        let text = String::from_utf8_lossy(&pdf[digits.clone()]).into_owned();
        let bytes: Vec<u8> = (0..text.len() / 2)
            .map(|no| u8::from_str_radix(&text[2 * no..2 * no + 2], 16).expect("digits"))
            .collect();
        let len = 4 + usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
        let content = [&pdf[..digits.start - 1], &pdf[digits.end + 1..]].concat();
        let verdict = seal::verify_detached(&content, &bytes[..len], &anchors, record::Timestamp::now());
        let [found] = verdict.signers() else { panic!("{verdict:?}") };
        assert_eq!((&found.stamp_fault, found.proven.is_some()), (&fault, fault.is_none()), "{verdict:?}");
    }
}

#[test]
fn who_is_not_trusted_and_when() {
    let scratch = Scratch::new();
    let keys = trial_keys();
    let signer = trial_signer(&keys);
    let pdf = signed(&one_page("/MediaBox[0 0 595 842]"), &signer, false);
    let anchors = [keys.ca_certificate_der];
    let report = judged(&pdf, &anchors, now());
    let signature = &report.signatures[0];
    assert!(
        signature.signer.as_ref().is_some_and(|s| s.trial && s.name == "Trạm số hóa số 1"),
        "{signature:?}"
    );
    assert_eq!(
        (signature.algorithm.as_str(), signature.sub_filter.as_str()),
        ("ECDSA / SHA-256", "ETSI.CAdES.detached")
    );
    assert_eq!(words(&judged(&pdf, &[], now())), "INDETERMINATE no-certificate-chain-found");
    scratch.make_pki(&[]);
    let other = [scratch.certificate("root.pem")];
    assert_eq!(words(&judged(&pdf, &other, now())), "INDETERMINATE no-certificate-chain-found");
    let late = moment("2040-01-01T00:00:00Z");
    assert_eq!(words(&judged(&pdf, &anchors, late)), "INDETERMINATE out-of-bounds-no-poe");
}

#[test]
fn no_changed_byte_of_a_signed_pdf_goes_unnoticed() {
    let keys = trial_keys();
    let pdf = signed(&one_page("/MediaBox[0 0 595 842]"), &trial_signer(&keys), true);
    let anchors = [keys.ca_certificate_der];
    assert_eq!(judged(&pdf, &anchors, now()).status(), Some(PdfStatus::TotalPassed));
    let (_, [_, gap_start, gap_end, _]) = byte_range(&pdf);
    for idx in (0..pdf.len()).step_by(7) {
        let mut changed = pdf.clone();
        changed[idx] ^= 0x08;
        let status = judged(&changed, &anchors, now()).status();
        // A signature that cannot be found any more is none. Upper and lower case of hexadecimal are the same.
        let same_digit = (gap_start..gap_end).contains(&idx) && changed[idx].eq_ignore_ascii_case(&pdf[idx]);
        assert!(status != Some(PdfStatus::TotalPassed) || same_digit, "byte {idx}");
    }
    for len in (0..pdf.len()).step_by(13) {
        assert_ne!(
            judged(&pdf[..len], &anchors, now()).status(),
            Some(PdfStatus::TotalPassed),
            "cut at {len}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn damaged_pdfs_are_judged_and_signed_without_panic(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), prop_oneof![
            Just(b'<'), Just(b'>'), Just(b'['), Just(b'('), Just(b'/'), Just(b'0'), Just(b'9'), Just(b' '), any::<u8>()
        ]), 1..6),
        packed in any::<bool>(),
    ) {
        let mut pdf = samples()[usize::from(packed)].clone();
        for (idx, byte) in damage {
            let at = idx.index(pdf.len());
            pdf[at] = byte;
        }
        let _ = verify_pdf(&mut Cursor::new(&pdf), &[], now());
        let request = SignatureRequest { now: now(), mark: None, certify: false };
        let _ = sign_pdf(&mut Cursor::new(&pdf), &request, trial_signer_once(), None);
    }
}

/// A signed file with a table, and one with streams.
fn samples() -> &'static [Vec<u8>; 2] {
    static SAMPLES: std::sync::OnceLock<[Vec<u8>; 2]> = std::sync::OnceLock::new();
    SAMPLES.get_or_init(|| {
        let scratch = Scratch::new();
        let base = one_page("/MediaBox[0 0 595 842]");
        let packed = by_qpdf(&scratch, &base, "--object-streams=generate");
        [base, packed]
            .map(|pdf| signed_unseen(&signed_unseen(&pdf, trial_signer_once()), trial_signer_once()))
    })
}

/// Opened once: passwords are stretched.
fn trial_signer_once() -> &'static seal::Pkcs12Signer {
    static SIGNER: std::sync::OnceLock<seal::Pkcs12Signer> = std::sync::OnceLock::new();
    SIGNER.get_or_init(|| trial_signer(&trial_keys()))
}

/// A revision moves every object into a stream of its own that unpacks to a thousand times its size: all of them together are
/// some ten gigabytes.
#[test]
fn a_pdf_made_to_cost_much_is_given_up_in_time() {
    use std::io::Write;
    let (count, first_object, first_stream) = (200u32, 5u32, 1000u32);
    let content = "<</Length 24>>\nstream\n0.5 g 100 100 50 50 re f\n\nendstream";
    let page = format!("{PAGE}>>");
    let mut objects =
        vec!["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", &page, content];
    objects.extend(std::iter::repeat_n("<</X 1>>", count as usize));
    let mut pdf = signed_unseen(&by_hand(&objects, ""), &trial_signer(&trial_keys()));
    // The numbers of all of them at the head, one dictionary for all, and blanks up to the limit of one stream.
    let head: String = (first_object..first_object + count).map(|number| format!("{number} 0 ")).collect();
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(format!("{head}<</X 2>>").as_bytes()).expect("memory");
    zlib.write_all(&vec![b' '; (64 << 20) - 10_000]).expect("memory");
    let packed = zlib.finish().expect("memory");
    let mut rows: Vec<u8> = Vec::new();
    let mut row = |kind: u8, place: u64, idx: u16| {
        rows.push(kind);
        rows.extend(&place.to_be_bytes()[3..]);
        rows.extend(idx.to_be_bytes());
    };
    (0..count).for_each(|no| row(2, u64::from(first_stream + no), no as u16));
    let prev = String::from_utf8_lossy(&pdf[pdf.len() - 60..]).into_owned();
    let prev = prev
        .rsplit("startxref\n")
        .next()
        .and_then(|text| text.lines().next())
        .expect("a position")
        .to_owned();
    for no in 0..count {
        row(1, pdf.len() as u64, 0);
        let (number, len, start) = (first_stream + no, packed.len(), head.len());
        let dict = format!("<</Type/ObjStm/N {count}/First {start}/Filter/FlateDecode/Length {len}>>");
        pdf.extend(format!("{number} 0 obj\n{dict}\nstream\n").bytes());
        pdf.extend(&packed);
        pdf.extend(b"\nendstream\nendobj\n");
    }
    let xref = pdf.len();
    let index = format!("/Index[{first_object} {count} {first_stream} {count}]");
    pdf.extend(
        format!(
            "999 0 obj\n<</Type/XRef/Size 2000/Root 1 0 R/Prev {prev}/W[1 5 2]{index}/Length {}>>\nstream\n",
            rows.len()
        )
        .bytes(),
    );
    pdf.extend(rows);
    pdf.extend(format!("\nendstream\nendobj\nstartxref\n{xref}\n%%EOF\n").bytes());
    let begun = std::time::Instant::now();
    let report = judged(&pdf, &[], now());
    println!("{} bytes: {:?}: {}", pdf.len(), begun.elapsed(), words(&report));
    assert!(words(&report).contains("costs too much"), "{}", words(&report));
}

#[test]
fn a_form_may_be_filled_in_where_the_certification_allows_it() {
    let keys = trial_keys();
    let (signer, anchors) = (trial_signer(&keys), [keys.ca_certificate_der]);
    let field = |rest: &str| format!("<</Type/Annot/Subtype/Widget/FT/Tx/T(x){rest}>>");
    let page = format!("{PAGE}/Annots[5 0 R]>>");
    let content = "<</Length 24>>\nstream\n0.5 g 100 100 50 50 re f\n\nendstream";
    let empty = field("/Rect[9 9 99 29]");
    let catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>";
    let base = by_hand(&[catalog, "<</Type/Pages/Kids[3 0 R]/Count 1>>", &page, content, &empty], "");
    let certified = signed(&base, &signer, true);
    let approved = signed_unseen(&base, &signer);
    let both = signed_unseen(&certified, &signer);
    let filled = field("/Rect[9 9 99 29]/V(12)");
    let moved = field("/Rect[9 9 500 800]/V(12)");
    let passed = "TOTAL-PASSED";
    let changed = "TOTAL-FAILED content-changed";
    for (name, pdf, ours) in [
        ("filled in after certifying", revised(&certified, &[(5, &filled)], 20), passed.to_owned()),
        ("moved over the page", revised(&certified, &[(5, &moved)], 20), changed.into()),
        ("filled in without certification", revised(&approved, &[(5, &filled)], 20), changed.into()),
        (
            "filled in beside a later signature",
            revised(&both, &[(5, &filled)], 20),
            format!("{passed}; {passed}"),
        ),
        (
            "page content changed with it",
            revised(&certified, &[(5, &filled), (4, OTHER_CONTENT)], 20),
            changed.into(),
        ),
    ] {
        assert_eq!(words(&judged(&pdf, &anchors, now())), ours, "{name}");
    }
}
