//! Every byte of a signature turned: no panic, no acceptance of other bytes.

use std::io::Cursor;

use proptest::prelude::*;
use seal::pades::{PdfStatus, SignatureRequest, sign_pdf};
use seal::{SignatureAlgorithm, SignatureVerdict, sign_detached, verify_detached};

use crate::pdf_support::*;
use crate::support::*;
use crate::verdict_table::{Judge, Others, Row, VerdictTable};

#[test]
fn no_changed_byte_of_a_signature_goes_unnoticed() {
    let keys = trial_keys();
    let manifest = small_case(&Scratch::new()).to_bytes();
    let p7s = sign_detached(&manifest, &[&trial_signer(&keys)], trial_start()).expect("sealed");
    let anchors = [keys.ca_certificate_der];
    let mut other = manifest.clone();
    other[0] ^= 1;
    assert!(verify_detached(&manifest, &p7s, &anchors, trial_start()).is_valid());
    for idx in 0..p7s.len() {
        for flip in [0x01, 0x20, 0x80, 0xff] {
            let mut changed = p7s.clone();
            changed[idx] ^= flip;
            let verdict = verify_detached(&manifest, &changed, &anchors, trial_start());
            assert!(!verdict.is_valid(), "byte {idx} turned by {flip:#x}: {verdict:?}");
            assert!(!verify_detached(&other, &changed, &anchors, trial_start()).is_valid(), "byte {idx}");
        }
    }
    for len in 0..p7s.len() {
        let verdict = verify_detached(&manifest, &p7s[..len], &anchors, trial_start());
        assert!(matches!(verdict, SignatureVerdict::Malformed { .. }), "cut at {len}: {verdict:?}");
    }
}

/// The first two signed attributes of the one signer of `der`, who signed with an RSA key of 2048 bits, exchanged; signed anew in
/// that order by the key of that name. Everything keeps its length.
fn reordered(scratch: &Scratch, der: &[u8], key: Option<&str>) -> Vec<u8> {
    // content-type comes first, 26 bytes of content behind tag [0] and a length of two or three bytes.
    let content_type = b"\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
    let at = der.windows(content_type.len()).position(|w| w == content_type).expect("content-type");
    let second = usize::from(der[at + 27]) + 2;
    let mut out = der.to_vec();
    out[at..at + 26 + second].rotate_left(26);
    let Some(key) = key else { return out };
    let (start, len) = match der[at - 4..at] {
        [_, 0xa0, 0x81, len] => (at - 3, usize::from(len)),
        [0xa0, 0x82, high, low] => (at - 4, usize::from(high) << 8 | usize::from(low)),
        _ => panic!("no signed attributes"),
    };
    let mut signed = out[start..at + len].to_vec();
    signed[0] = 0x31;
    scratch.write("attributes", &signed);
    let signature = scratch.must(&format!("openssl dgst -sha256 -sign {key}.key attributes"));
    let old = out.len() - signature.len()..;
    assert_eq!(out[old.start - 4..old.start], [0x04, 0x82, 0x01, 0x00], "the signature is the last of all");
    out[old].copy_from_slice(&signature);
    out
}

/// RFC 5652, 5.3: signed attributes are DER, and X.690, 11.6 sorts a SET OF; 5.4 signs them in that encoding. openssl and pyHanko
/// verify them as they are stored, in whatever order.
#[test]
fn attributes_in_another_order_than_that_of_der_are_named() {
    let scratch = Scratch::new();
    scratch.make_pki(&["rsa-a"]);
    let signer = OpensslSigner::new(&scratch, "rsa-a", SignatureAlgorithm::RsaPkcs1Sha256);
    let (now, anchors) = (record::Timestamp::now(), [scratch.certificate("root.pem")]);
    let manifest = small_case(&scratch).to_bytes();
    scratch.write("m.txt", &manifest);
    let whole = sign_detached(&manifest, &[&signer], now).expect("sealed");
    let order = "the signed attributes are stored in another order than that of DER (RFC 5652, 5.3)";
    let both: &[Judge] = &[Judge::Openssl, Judge::Pyhanko];
    let mut table = VerdictTable::default();
    for (case, p7s, wanted, blind) in [
        ("attributes in the order of DER", whole.clone(), "valid", &[][..]),
        ("attributes in another order", reordered(&scratch, &whole, None), "malformed", &[]),
        (
            "attributes in another order, and signed so",
            reordered(&scratch, &whole, Some("rsa-a")),
            "malformed",
            both,
        ),
    ] {
        let verdict = verify_detached(&manifest, &p7s, &anchors, now);
        assert_eq!(verdict.reason(), if wanted == "valid" { "" } else { order }, "{case}");
        scratch.write("m.p7s", &p7s);
        let line = "openssl cms -verify -binary -cades -inform DER -in m.p7s -content m.txt -CAfile root.pem -purpose any -out out.txt";
        let words: Vec<&str> = line.split(' ').collect();
        let openssl = Some(scratch.run(words[0], &words[1..]).status.success());
        let pyhanko = Some(ask_pyhanko_of_cms(&scratch, "m.txt", "m.p7s"));
        let (ours, accepted) = (verdict.code().to_owned(), verdict.is_valid());
        let others = Others { openssl, pyhanko, ..Others::default() };
        table.push(Row { case: case.into(), ours, wanted: wanted.into(), accepted, others, blind });
    }
    // In a PDF of anybody the order that was signed is taken, as every judge does; another is named.
    let request = SignatureRequest { now, mark: None, certify: false };
    let base = one_page("/MediaBox[0 0 595 842]");
    let appended = sign_pdf(&mut Cursor::new(&base), &request, &signer, None).expect("signed");
    let whole = [base.as_slice(), &appended].concat();
    let hex = rfind_text(&whole, b"/Contents <").expect("a signature") + 11;
    let byte = |at: usize| u8::from_str_radix(std::str::from_utf8(&whole[at..at + 2]).unwrap(), 16).unwrap();
    let len = (usize::from(byte(hex + 4)) << 8 | usize::from(byte(hex + 6))) + 4;
    let der: Vec<u8> = (0..len).map(|idx| byte(hex + 2 * idx)).collect();
    for (name, case, key, wanted) in [
        ("stored.pdf", "in a PDF, in another order", None, "INDETERMINATE not-accepted"),
        ("signed.pdf", "in a PDF, in another order, and signed so", Some("rsa-a"), "TOTAL-PASSED"),
    ] {
        let changed = reordered(&scratch, &der, key);
        let changed: String = changed.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut pdf = whole.clone();
        pdf[hex..hex + changed.len()].copy_from_slice(changed.as_bytes());
        let file = scratch.write(name, &pdf);
        let report = judged(&pdf, &anchors, now);
        let accepted = report.status() == Some(PdfStatus::TotalPassed);
        if !accepted {
            assert!(report.signatures[0].reasons[0].detail.contains(order), "{report:?}");
        }
        let others = Others {
            openssl: Some(ask_openssl(&scratch, &pdf, "root.pem", now)),
            pyhanko: Some(ask_pyhanko(&scratch.path("root.pem"), now, &[file]).iter().all(|line| line.good)),
            pdfsig: Some(ask_pdfsig(&scratch, name) == ["valid"]),
            qpdf: None,
            checker: None,
        };
        let (ours, wanted) = (words(&report), wanted.to_owned());
        table.push(Row { case: case.into(), ours, wanted, accepted, others, blind: &[] });
    }
    table.judge(
        "order of attributes",
        "openssl and pyHanko verify attributes as they are stored, in whatever order; pdfsig reads PDFs; qpdf and the Python checker look at no signature in a PDF; of seals the checker is asked with the folders for a court",
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_bytes_are_judged_without_panic(bytes in proptest::collection::vec(
        prop_oneof![Just(0x30u8), Just(0x31), Just(0xa0), Just(0x06), Just(0x02), 0u8..16, any::<u8>()], 0..200)
    ) {
        let verdict = verify_detached(b"x\n", &bytes, std::slice::from_ref(&bytes), trial_start());
        prop_assert!(!verdict.is_valid());
    }
}
