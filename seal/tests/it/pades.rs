//! PDFs that we sign, before pyHanko, pdfsig, qpdf and veraPDF.

use std::io::{Cursor, Read, Seek, SeekFrom};

use seal::pades::*;
use seal::{SignatureAlgorithm, Signer};

use crate::pdf_support::*;
use crate::support::*;
use crate::verdict_table::{Judge, Others, Row, VerdictTable};

const LTA: &str = "TOTAL-PASSED; TOTAL-PASSED; TOTAL-PASSED; TOTAL-PASSED";

#[test]
fn two_signatures_on_every_kind_of_file_satisfy_all_judges() {
    let scratch = Scratch::new();
    let keys = trial_keys();
    let signer = trial_signer(&keys);
    let root = scratch.write("ca.pem", &keys.ca_certificate_pem);
    let base = pdf_a(&scratch);
    let kinds = [
        ("table", base.clone()),
        ("stream", by_qpdf(&scratch, &base, "--object-streams=generate")),
        ("linear", by_qpdf(&scratch, &base, "--linearize")),
        ("turned90", by_qpdf(&scratch, &base, "--rotate=90:1")),
        ("turned180", by_qpdf(&scratch, &base, "--rotate=180:1 --object-streams=generate")),
        ("turned270", by_qpdf(&scratch, &base, "--rotate=270:1")),
    ];
    let (mut files, mut growth) = (Vec::new(), Vec::new());
    for (name, pdf) in &kinds {
        let agency = signed(pdf, &signer, false);
        let both = signed(&agency, &signer, false);
        growth.push(format!("{name}: {} -> {} -> {} bytes", pdf.len(), agency.len(), both.len()));
        assert!(both.starts_with(pdf), "only appended");
        for (which, bytes) in [("1", &agency), ("2", &both)] {
            let file = format!("{name}-{which}.pdf");
            files.push(scratch.write(&file, bytes));
            assert!(ask_qpdf(&scratch, &file), "qpdf: {file}");
            assert_eq!(ask_pdfsig(&scratch, &file), vec!["valid"; which.parse().unwrap()], "pdfsig: {file}");
        }
        let report = judged(&both, std::slice::from_ref(&keys.ca_certificate_der), now());
        assert_eq!(words(&report), "TOTAL-PASSED; TOTAL-PASSED", "{name}: {report:?}");
        assert_eq!(report.signatures[0].kind, PdfSignatureKind::Approval);
        assert!(!report.signatures[0].covers_whole_file && report.signatures[1].covers_whole_file);
        assert_eq!(report.signatures[0].covered_bytes, agency.len() as u64);
        assert_eq!(report.signatures[1].claimed, Some(now()));
    }
    println!("{}", growth.join("\n"));
    let said = ask_pyhanko(&root, now(), &files);
    assert_eq!(said.len(), kinds.len() * 3);
    for line in &said {
        assert!(line.intact && line.valid && line.trusted && line.good, "{line:?}");
        assert!(["ENTIRE_FILE", "ENTIRE_REVISION"].contains(&line.coverage.as_str()), "{line:?}");
    }
    assert_eq!(not_pdf_a_2b(&files), [""; 0]);
    files.iter().for_each(|file| keep(file));
}

#[test]
fn the_mark_is_read_where_the_decree_wants_it() {
    // Drawn as outlines: only a rendering shows it. The dark pixels must be at the upper right, upright.
    let scratch = Scratch::new();
    let signer = trial_signer(&trial_keys());
    let boxes = "/MediaBox[0 0 595 842]";
    let cases = [
        ("plain", boxes.to_owned(), (595, 842)),
        ("turned", format!("{boxes}/Rotate 90"), (842, 595)),
        ("upside-down", format!("{boxes}/Rotate 180"), (595, 842)),
        ("turned-left", format!("{boxes}/Rotate -90"), (842, 595)),
        ("cropped", format!("{boxes}/CropBox[50 60 545 700]"), (495, 640)),
    ];
    let mut pictures = Vec::new();
    for (name, page, (width, height)) in &cases {
        let pdf = signed(&one_page(page), &signer, false);
        scratch.write("m.pdf", &pdf);
        scratch.must(&format!("pdftoppm -cropbox -r 72 -gray m.pdf {name}"));
        let picture = scratch.read(&format!("{name}-1.pgm"));
        let (w, h, pixels) = pgm(&picture);
        assert!(w.abs_diff(*width) <= 1 && h.abs_diff(*height) <= 1, "{name}: {w}x{h}");
        let dark = |x0: usize, y0: usize, x1: usize, y1: usize| {
            (y0..y1)
                .flat_map(|y| (x0..x1).map(move |x| (x, y)))
                .filter(|(x, y)| pixels[y * w + x] < 100)
                .count()
        };
        let ours = dark(w - 28 - 230, 28, w - 27, 28 + 36);
        assert!(ours > 150, "{name}: {ours} dark pixels");
        assert_eq!(dark(0, 0, w, 26) + dark(w - 26, 0, w, h), 0, "{name}: nothing in the margin");
        // Upright: cut out, it looks the same in every case but for rounding.
        pictures.push((0..36).map(|y| dark(w - 28 - 230, 28 + y, w - 27, 29 + y)).collect::<Vec<_>>());
    }
    for other in &pictures[1..] {
        let distance: usize = pictures[0].iter().zip(other).map(|(a, b)| a.abs_diff(*b)).sum();
        let all: usize = pictures[0].iter().sum();
        assert!(distance * 4 < all, "{pictures:?}");
    }
}

#[test]
fn the_second_mark_stands_below_the_first() {
    let scratch = Scratch::new();
    let signer = trial_signer(&trial_keys());
    for rotate in [0, 90, 180, 270] {
        let once = signed(&one_page(&format!("/MediaBox[0 0 595 842]/Rotate {rotate}")), &signer, false);
        let twice = signed(&once, &signer, false);
        let mut dark = Vec::new();
        for (name, pdf) in [("once", &once), ("twice", &twice)] {
            scratch.write("m.pdf", pdf);
            scratch.must(&format!("pdftoppm -r 72 -gray m.pdf {name}"));
            let picture = scratch.read(&format!("{name}-1.pgm"));
            let (w, _, pixels) = pgm(&picture);
            let rows = |from: usize, to: usize| {
                (from..to)
                    .flat_map(|y| (w - 260..w).map(move |x| (x, y)))
                    .filter(|(x, y)| pixels[y * w + x] < 100)
                    .count()
            };
            dark.push((rows(28, 65), rows(67, 106)));
        }
        assert_eq!(dark[0].1, 0, "{rotate}: {dark:?}");
        assert!(dark[1].0.abs_diff(dark[0].0) * 10 < dark[0].0, "{rotate}: {dark:?}");
        assert!(dark[1].1.abs_diff(dark[0].0) * 4 < dark[0].0, "{rotate}: {dark:?}");
    }
}

fn pgm(bytes: &[u8]) -> (usize, usize, &[u8]) {
    let mut parts = bytes.splitn(4, |b| *b == b'\n' || *b == b' ');
    assert_eq!(parts.next(), Some(&b"P5"[..]));
    let mut number = || std::str::from_utf8(parts.next().unwrap()).unwrap().parse::<usize>().unwrap();
    let (width, height) = (number(), number());
    let rest = parts.next().unwrap();
    (width, height, &rest[rest.iter().position(|b| *b == b'\n').unwrap() + 1..])
}

#[test]
fn all_levels_up_to_lta_satisfy_pyhanko_also_after_the_certificates_expired() {
    let scratch = Scratch::new();
    scratch.make_pki(&["rsa-agency", "p384-leader"]);
    scratch.make_tsa("tsa");
    let agency = OpensslSigner::new(&scratch, "rsa-agency", SignatureAlgorithm::RsaPkcs1Sha256);
    let leader = OpensslSigner::new(&scratch, "p384-leader", SignatureAlgorithm::EcdsaP384Sha384);
    let anchors = [scratch.certificate("root.pem")];
    let time = record::Timestamp::now();
    let later = record::Timestamp::from_second(time.as_second() + 1000 * 86_400).unwrap();
    let base = pdf_a(&scratch);
    for (kind, pdf) in
        [("table", base.clone()), ("stream", by_qpdf(&scratch, &base, "--object-streams=generate"))]
    {
        let (pdf_before, mut pdf) = (pdf.clone(), pdf);
        let mut files = Vec::new();
        let mut grow = |pdf: &mut Vec<u8>, level: &str, appended: Vec<u8>| {
            pdf.extend(appended);
            let name = format!("{kind}-{level}.pdf");
            let path = scratch.write(&name, &pdf);
            assert!(ask_qpdf(&scratch, &name), "{name}");
            files.push(path);
        };
        let request = |mark| SignatureRequest { now: time, mark, certify: false };
        let signers: [&dyn Signer; 2] = [&agency, &leader];
        let appended = scratch
            .with_tsa("tsa", |tsa| sign_pdf(&mut Cursor::new(&pdf), &request(None), signers[0], Some(tsa)))
            .expect("B-T");
        grow(&mut pdf, "1-bt", appended);
        let unproven = sign_pdf(&mut Cursor::new(&pdf), &request(None), signers[1], None).expect("B-B");
        let unproven = [pdf.as_slice(), &unproven].concat();
        let appended = scratch
            .with_tsa("tsa", |tsa| sign_pdf(&mut Cursor::new(&pdf), &request(None), signers[1], Some(tsa)))
            .expect("B-T");
        grow(&mut pdf, "2-bt", appended);
        let appended =
            scratch.with_tsa("tsa", |tsa| time_stamp_pdf(&mut Cursor::new(&pdf), tsa)).expect("time stamp");
        grow(&mut pdf, "3-bt", appended);
        let data = ValidationData {
            certificates: ["mid.pem", "root.pem", "tsa.pem"].map(|n| scratch.certificate(n)).to_vec(),
            crls: vec![crl(&scratch, "root"), crl(&scratch, "mid")],
            ocsp_responses: Vec::new(),
        };
        let appended = add_validation_data(&mut Cursor::new(&pdf), &data).expect("B-LT");
        grow(&mut pdf, "4-blt", appended);
        let appended =
            scratch.with_tsa("tsa", |tsa| time_stamp_pdf(&mut Cursor::new(&pdf), tsa)).expect("B-LTA");
        grow(&mut pdf, "5-blta", appended);

        let report = judged(&pdf, &anchors, record::Timestamp::now());
        assert_eq!(words(&report), ["TOTAL-PASSED"; 4].join("; "), "{report:#?}");
        let kinds: Vec<_> = report.signatures.iter().map(|s| s.kind).collect();
        use PdfSignatureKind::*;
        assert_eq!(kinds, [Approval, Approval, TimeStamp, TimeStamp]);
        assert!(report.signatures[..2].iter().all(|s| s.proven.is_some()), "{report:#?}");
        // Proven in time, the signatures outlive their certificates; without proof they do not.
        let old = judged(&pdf, &anchors, later);
        assert_eq!(old.signatures[0].status, PdfStatus::TotalPassed, "{old:#?}");
        assert_eq!(old.signatures[1].status, PdfStatus::TotalPassed, "{old:#?}");
        assert_eq!(
            words(&judged(&unproven, &anchors, later)),
            "TOTAL-PASSED; INDETERMINATE out-of-bounds-no-poe"
        );

        let said = ask_pyhanko(&scratch.path("root.pem"), record::Timestamp::now(), &files);
        assert_eq!(said.len(), 1 + 2 + 3 + 3 + 4);
        for line in &said {
            assert!(line.intact && line.valid && line.trusted && line.good, "{line:?}");
        }
        let basic = [
            &pdf_before[..],
            &sign_pdf(&mut Cursor::new(&pdf_before), &request(None), &agency, None).expect("B-B"),
        ];
        files.insert(0, scratch.write(&format!("{kind}-0-bb.pdf"), basic.concat()));
        assert_eq!(not_pdf_a_2b(&files), [""; 0]);
        if kind == "table" {
            judge_levels(&scratch, &anchors, (time, later), &files);
        }
        // The command line of pyHanko, offline, now and after the certificates expired.
        let last = files.last().unwrap().to_str().unwrap().to_owned();
        for date in [record::Timestamp::now(), later] {
            let said = adesverify(&scratch, &last, date);
            assert_eq!(said.matches(":INTACT:TRUSTED").count(), 2, "{kind} at {date}: {said}");
        }
    }
}

/// The first and the last level, now and later, before all judges.
fn judge_levels(
    scratch: &Scratch,
    anchors: &[Vec<u8>],
    (time, later): (record::Timestamp, record::Timestamp),
    levels: &[std::path::PathBuf],
) {
    let no_moment: &[Judge] = &[Judge::Pdfsig, Judge::Qpdf, Judge::Checker];
    let mut table = VerdictTable::default();
    for (case, file, at, wanted, blind) in [
        ("B-B, now", &levels[0], time, "TOTAL-PASSED", &[][..]),
        (
            "B-B, after the certificates expired",
            &levels[0],
            later,
            "INDETERMINATE out-of-bounds-no-poe",
            no_moment,
        ),
        ("B-LTA, now", &levels[levels.len() - 1], time, LTA, &[]),
        ("B-LTA, after the certificates expired", &levels[levels.len() - 1], later, LTA, &[]),
    ] {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
        let pdf = scratch.read(name);
        let report = judged(&pdf, anchors, at);
        let signatures = if wanted == LTA { 2 } else { 1 };
        // Its command line wants lists for everything, which B-B does not hold: there the library is asked, which does not.
        let pyhanko = match wanted {
            LTA => adesverify(scratch, name, at).matches(":INTACT:TRUSTED").count() == signatures,
            _ => {
                ask_pyhanko(&scratch.path("root.pem"), at, std::slice::from_ref(file)).iter().all(|l| l.good)
            }
        };
        let others = Others {
            openssl: (wanted != LTA).then(|| ask_openssl(scratch, &pdf, "root.pem", at)),
            pyhanko: Some(pyhanko),
            pdfsig: Some(ask_pdfsig(scratch, name).iter().take(signatures).all(|s| s == "valid")),
            qpdf: Some(ask_qpdf(scratch, name)),
            checker: Some(ask_checker(std::slice::from_ref(file))[0].is_none()),
        };
        let accepted = report.status() == Some(PdfStatus::TotalPassed);
        let (case, ours, wanted) = (case.into(), words(&report), wanted.into());
        table.push(Row { case, ours, wanted, accepted, others, blind });
    }
    let steps: Vec<_> = levels.iter().filter_map(|file| file.file_stem()?.to_str()).collect();
    let note = format!(
        "pdfsig, qpdf and the Python checker (which looks at what is covered) know no moment but now; openssl knows no time stamp over a file; veraPDF finds PDF/A-2b in every one of {}",
        steps.join(", ")
    );
    table.judge("level", &note);
}

fn adesverify(scratch: &Scratch, file: &str, at: record::Timestamp) -> String {
    let program = crate::provided::from_dev("pki-venv/bin/pyhanko");
    let at = at.to_string().split('.').next().unwrap().trim_end_matches('Z').to_owned() + "+00:00";
    let output = scratch.run(
        program.to_str().unwrap(),
        &["sign", "adesverify", "--trust-replace", "--trust", "root.pem", "--validation-time", &at, file],
    );
    (String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr)).trim().to_owned()
}

/// A revocation list without entries, valid for years, by openssl.
fn crl(scratch: &Scratch, issuer: &str) -> Vec<u8> {
    scratch.write("crl-index", "");
    scratch.write("crl-number", "01");
    scratch.write("crl.cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=crl-index\ncrlnumber=crl-number\ndefault_md=sha256\ndefault_crl_days=3000\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid:always\n");
    scratch.must(&format!(
        "openssl ca -gencrl -config crl.cnf -cert {issuer}.pem -keyfile {issuer}.key -out {issuer}.crl"
    ));
    scratch.must(&format!("openssl crl -in {issuer}.crl -outform DER -out {issuer}.crl.der"));
    scratch.read(&format!("{issuer}.crl.der"))
}

#[test]
fn files_that_cannot_be_signed_are_refused_with_the_reason() {
    let scratch = Scratch::new();
    let signer = trial_signer(&trial_keys());
    let base = one_page("/MediaBox[0 0 595 842]");
    let sign = |pdf: &[u8], certify: bool| {
        let request = SignatureRequest { now: now(), mark: None, certify };
        sign_pdf(&mut Cursor::new(pdf), &request, &signer, None).map(|_| ()).map_err(|e| e.to_string())
    };
    let refused = |pdf: &[u8], part: &str| {
        let said = sign(pdf, false).expect_err(part);
        assert!(said.contains(part), "{part:?} in {said:?}");
    };
    assert_eq!(sign(&base, true), Ok(()));
    refused(b"", "not a PDF");
    refused(b"%PDF-1.7\nnothing", "no startxref");
    refused(&[b" ", base.as_slice()].concat(), "not a PDF");
    refused(&by_qpdf(&scratch, &base, "--encrypt u o 256 --"), "encrypted");
    refused(&base[..base.len() - 20], "no startxref");
    let text = String::from_utf8_lossy(&base).into_owned();
    // Every position of the table moved by one: an object is not where it should be.
    let at = find_text(&base, b"0000000015").unwrap_or_else(|| panic!("{text}"));
    let mut moved = base.clone();
    moved[at + 9] = b'6';
    refused(&moved, "byte 16");
    let ring = revised(&base, &[], 5);
    let at = rfind_text(&ring, b"startxref\n").unwrap();
    let own: u64 = String::from_utf8_lossy(&ring[at + 10..ring.len() - 7]).trim().parse().unwrap();
    let prev = rfind_text(&ring, b"/Prev ").unwrap() + 6;
    let mut ring = ring;
    let digits = own.to_string();
    ring[prev..prev + digits.len()].copy_from_slice(digits.as_bytes());
    refused(&ring, "ring");

    let certified = signed(&base, &signer, true);
    let said = sign(&certified, true).expect_err("twice");
    assert!(said.contains("only the first signature"), "{said}");
    let closed = String::from_utf8_lossy(&certified).into_owned();
    let at = find_text(&certified, b"/P 2/V /1.2").unwrap_or_else(|| panic!("{closed}"));
    let mut closed = certified;
    closed[at + 3] = b'1';
    refused(&closed, "nothing may be added");
    let usage = by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/Perms<</UR3 9 0 R>>>>",
            "<</Type/Pages/Kids[3 0 R]>>",
            "<</Type/Page/MediaBox[0 0 9 9]>>",
        ],
        "",
    );
    refused(&usage, "/UR3");
    let xfa = by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</XFA 9 0 R>>>>",
            "<</Type/Pages/Kids[3 0 R]>>",
            "<</Type/Page/MediaBox[0 0 9 9]>>",
        ],
        "",
    );
    refused(&xfa, "XFA");
    let no_page = by_hand(&["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]>>"], "");
    refused(&no_page, "no page");
    let tree_ring = by_hand(&["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R]>>"], "");
    refused(&tree_ring, "ring");
}

#[test]
fn deep_trees_hybrid_files_and_lists_of_their_own_are_signed() {
    let scratch = Scratch::new();
    let keys = trial_keys();
    let signer = trial_signer(&keys);
    let mut objects = vec!["<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>".to_owned()];
    objects.push("<</Type/Pages/Kids[3 0 R 6 0 R]/Count 1/MediaBox[0 0 595 842]/Rotate 90>>".into());
    objects.push("<</Type/Pages/Parent 2 0 R/Kids[]/Count 0>>".into());
    objects.push("[]".into());
    objects.push("<</Fields 7 0 R>>".into());
    objects.push("<</Type/Pages/Parent 2 0 R/Kids[8 0 R]/Count 1>>".into());
    objects.push("[]".into());
    for n in 8..38 {
        objects.push(format!(
            "<</Type/Pages/Parent {} 0 R/Kids[{} 0 R]/Count 1>>",
            if n == 8 { 6 } else { n - 1 },
            n + 1
        ));
    }
    objects.push("<</Type/Page/Parent 37 0 R/Annots 4 0 R/Resources<<>>/UserUnit 2>>".into());
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    let deep = by_hand(&objects, "/ID[<aa><bb>]");
    let mut files = Vec::new();
    for (name, pdf) in [
        ("deep", deep.clone()),
        ("packed", by_qpdf(&scratch, &deep, "--object-streams=generate")),
        ("hybrid", hybrid()),
    ] {
        let both = signed(&signed(&pdf, &signer, false), &signer, false);
        let report = judged(&both, std::slice::from_ref(&keys.ca_certificate_der), now());
        assert_eq!(words(&report), "TOTAL-PASSED; TOTAL-PASSED", "{name}: {report:#?}");
        files.push(scratch.write(&format!("{name}.pdf"), &both));
        assert!(ask_qpdf(&scratch, &format!("{name}.pdf")), "{name}");
        assert_eq!(ask_pdfsig(&scratch, &format!("{name}.pdf")), ["valid", "valid"], "{name}");
    }
    let root = scratch.write("ca.pem", &keys.ca_certificate_pem);
    for line in ask_pyhanko(&root, now(), &files) {
        // pyHanko does not read hybrid files in its strict way.
        assert!(line.good || line.file.contains("hybrid"), "{line:?}");
    }
}

/// A table whose stream has one object more: the page, which old readers do not see (ISO 32000-1, 7.5.8.4).
fn hybrid() -> Vec<u8> {
    let mut pdf = b"%PDF-1.5\n".to_vec();
    let mut places = Vec::new();
    for (number, body) in [(1, "<</Type/Catalog/Pages 2 0 R>>"), (2, "<</Type/Pages/Kids[3 0 R]/Count 1>>")] {
        places.push(pdf.len());
        pdf.extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
    }
    let packed = "3 0 <</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Resources<<>>>>";
    let stream_at = pdf.len();
    pdf.extend(
        format!(
            "4 0 obj\n<</Type/ObjStm/N 1/First 4/Length {}>>\nstream\n{packed}\nendstream\nendobj\n",
            packed.len()
        )
        .bytes(),
    );
    let xref_stream_at = pdf.len();
    pdf.extend(b"5 0 obj\n<</Type/XRef/Size 6/W[1 2 1]/Index[3 1]/Length 4>>\nstream\n");
    pdf.extend([2, 0, 4, 0]);
    pdf.extend(b"\nendstream\nendobj\n");
    let at = pdf.len();
    pdf.extend(b"xref\n0 6\n0000000003 65535 f \n");
    pdf.extend(
        format!("{:010} 00000 n \n{:010} 00000 n \n0000000000 65535 f \n", places[0], places[1]).bytes(),
    );
    pdf.extend(format!("{stream_at:010} 00000 n \n{xref_stream_at:010} 00000 n \n").bytes());
    pdf.extend(
        format!("trailer\n<</Size 6/Root 1 0 R/XRefStm {xref_stream_at}>>\nstartxref\n{at}\n%%EOF\n").bytes(),
    );
    pdf
}

#[test]
fn a_picture_with_opacity_keeps_pdf_a() {
    let scratch = Scratch::new();
    let keys = trial_keys();
    let pdf = pdf_a(&scratch);
    let font = font();
    let (rgb, alpha) = ([200u8, 0, 0].repeat(64 * 32), vec![128u8; 64 * 32]);
    let picture = Picture { width_px: 64, height_px: 32, rgb: &rgb, alpha: Some(&alpha), width_mm: 30.0 };
    let picture = picture.packed().expect("sizes that fit");
    let mark = Mark { lines: vec!["Đã ký số".into()], font: &font, picture: Some(&picture) };
    let request = SignatureRequest { now: now(), mark: Some(mark), certify: false };
    let appended = sign_pdf(&mut Cursor::new(&pdf), &request, &trial_signer(&keys), None).expect("signed");
    let file = scratch.write("seal.pdf", [pdf.clone(), appended].concat());
    assert!(ask_qpdf(&scratch, "seal.pdf"));
    assert_eq!(not_pdf_a_2b(&[file]), [""; 0]);
    let too_short = Picture { width_px: 64, height_px: 33, rgb: &rgb, alpha: None, width_mm: 30.0 };
    assert!(too_short.packed().is_err_and(|error| error.to_string().contains("picture")));
    for (mark, part) in [
        (Mark { lines: vec!["日本".into()], font: &font, picture: None }, "letter"),
        (Mark { lines: vec!["a".into()], font: b"rubbish", picture: None }, "font"),
    ] {
        let request = SignatureRequest { now: now(), mark: Some(mark), certify: false };
        let said = sign_pdf(&mut Cursor::new(&pdf), &request, &trial_signer(&keys), None).expect_err(part);
        assert!(said.to_string().contains(part), "{said}");
    }
}

#[test]
fn the_time_is_written_in_the_zone_of_viet_nam() {
    assert_eq!(local_time(moment("2026-11-30T18:05:09.7Z")), "2026-12-01T01:05:09+07:00");
    let lines = copy_mark("Sao y", AGENCY, moment("2026-02-28T17:00:00Z"));
    assert_eq!(lines, ["Sao y", AGENCY, "2026-03-01T00:00:00+07:00"]);
}

/// A PDF whose page is half a gigabyte of zeros, which are nowhere stored.
struct Large {
    head: Vec<u8>,
    hole: u64,
    tail: Vec<u8>,
    pos: u64,
    largest_read: usize,
    all_read: u64,
}

impl Large {
    fn new(hole: u64) -> Self {
        let mut head = b"%PDF-1.7\n".to_vec();
        let mut places = Vec::new();
        for (idx, object) in [
            "<</Type/Catalog/Pages 2 0 R>>\nendobj",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>\nendobj",
            &format!("<</Length {hole}>>\nstream"),
        ]
        .iter()
        .enumerate()
        {
            places.push(head.len());
            head.extend(format!("{} 0 obj\n{object}\n", idx + 1).bytes());
        }
        let mut tail = b"\nendstream\nendobj\n".to_vec();
        let at = head.len() as u64 + hole + tail.len() as u64;
        tail.extend(b"xref\n0 5\n0000000000 65535 f \n");
        places.iter().for_each(|place| tail.extend(format!("{place:010} 00000 n \n").bytes()));
        tail.extend(format!("trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n").bytes());
        Self { head, hole, tail, pos: 0, largest_read: 0, all_read: 0 }
    }

    fn len(&self) -> u64 {
        self.head.len() as u64 + self.hole + self.tail.len() as u64
    }
}

impl Read for Large {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.largest_read = self.largest_read.max(buffer.len());
        let (head, hole_end) = (self.head.len() as u64, self.head.len() as u64 + self.hole);
        let len = if self.pos < head {
            (&self.head[self.pos as usize..]).read(buffer)?
        } else if self.pos < hole_end {
            let len = buffer.len().min((hole_end - self.pos) as usize);
            buffer[..len].fill(0);
            len
        } else {
            (&self.tail[((self.pos - hole_end) as usize).min(self.tail.len())..]).read(buffer)?
        };
        self.pos += len as u64;
        self.all_read += len as u64;
        Ok(len)
    }
}

impl Seek for Large {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.pos = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(0) => self.len(),
            other => panic!("not needed: {other:?}"),
        };
        Ok(self.pos)
    }
}

#[test]
fn half_a_gigabyte_is_read_once_in_small_pieces() {
    let keys = trial_keys();
    let mut pdf = Large::new(500 << 20);
    let request = SignatureRequest { now: now(), mark: None, certify: false };
    let appended = sign_pdf(&mut pdf, &request, &trial_signer(&keys), None).expect("signed");
    assert!(pdf.largest_read <= 256 << 10, "{} bytes at once", pdf.largest_read);
    assert!(pdf.all_read <= pdf.len() + (64 << 10), "{} bytes read", pdf.all_read);
    (pdf.largest_read, pdf.all_read) = (0, 0);
    pdf.tail.extend(appended);
    let report = verify_pdf(&mut pdf, &[keys.ca_certificate_der], now()).expect("readable");
    assert_eq!(words(&report), "TOTAL-PASSED");
    assert!(pdf.largest_read <= 256 << 10 && pdf.all_read <= pdf.len() + (64 << 10), "{}", pdf.all_read);
}
