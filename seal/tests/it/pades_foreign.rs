//! Signatures of others: real ones from provincial offices, and those of pyHanko.

use std::fs::File;

use record::Timestamp;
use seal::pades::*;

use crate::pdf_support::*;
use crate::provided::sample;
use crate::support::*;

#[test]
fn real_signatures_are_right_in_themselves_weak_and_of_unknown_issuers() {
    let scratch = Scratch::new();
    for (name, algorithms, signers) in [
        (
            "chi-thi-16-2021.pdf",
            ["RSA / SHA-1", "RSA / SHA-1"],
            ["Ủy ban nhân dân tỉnh", "Trung tâm Công báo"],
        ),
        (
            "cong-van-574-2025.pdf",
            ["RSA / SHA-1", "RSA / SHA-256"],
            ["Ủy ban nhân dân tỉnh", "TRUNG TÂM CÔNG BÁO"],
        ),
    ] {
        let path = sample(&format!("real-vi/{name}"));
        let report = verify_pdf(&mut File::open(&path).unwrap(), &[], Timestamp::now()).unwrap();
        assert!(report.fault.is_none(), "{name}: {report:?}");
        let filters: Vec<_> = report.signatures.iter().map(|s| s.sub_filter.as_str()).collect();
        assert_eq!(filters, ["ETSI.CAdES.detached", "adbe.pkcs7.detached"], "{name}");
        for (idx, signature) in report.signatures.iter().enumerate() {
            println!(
                "{name} {}: {} {:?} claimed {:?} stamp {:?} changes {:?}",
                signature.field,
                signature.status.code(),
                signature.reasons,
                signature.claimed,
                signature.time_stamp.as_ref().map(|t| t.reason().to_owned()),
                signature.changes
            );
            assert_eq!(signature.status, PdfStatus::Indeterminate, "{signature:#?}");
            assert_eq!(signature.algorithm, algorithms[idx]);
            let signer = signature.signer.as_ref().expect("a signer");
            assert!(signer.name.starts_with(signers[idx]), "{signer:?}");
            let codes: Vec<_> = signature.reasons.iter().map(|r| r.code).collect();
            assert_eq!(codes.contains(&ReasonCode::WeakAlgorithm), algorithms[idx].ends_with("SHA-1"));
            assert!(codes.contains(&ReasonCode::Untrusted), "{codes:?}");
            assert!(signature.changes.iter().all(|c| c.kind.is_harmless()), "{signature:#?}");
        }
        assert!(report.signatures[1].covers_whole_file);
        let file = path.to_str().unwrap();
        assert_eq!(ask_pdfsig(&scratch, file), ["valid", "valid"]);
    }
    let files = ["chi-thi-16-2021.pdf", "cong-van-574-2025.pdf"].map(|n| sample(&format!("real-vi/{n}")));
    let said = ask_pyhanko(std::path::Path::new("-"), Timestamp::now(), &files);
    assert_eq!(said.len(), 4);
    assert!(said.iter().all(|line| line.intact && line.valid && !line.trusted), "{said:?}");
}

#[test]
fn signatures_of_pyhanko_are_judged_as_pyhanko_does() {
    let scratch = Scratch::new();
    scratch.make_pki(&["p256-a"]);
    let program = crate::provided::from_dev("pki-venv/bin/pyhanko");
    let base = pdf_a(&scratch);
    scratch.write("packed.pdf", by_qpdf(&scratch, &base, "--object-streams=generate"));
    scratch.write("key-pass", "");
    let mut files = Vec::new();
    for input in ["base.pdf", "packed.pdf"] {
        for (kind, option) in [("pades", "--use-pades"), ("plain", "--no-use-pades")] {
            let output = format!("{kind}-{input}");
            let mut arguments = vec!["sign", "addsig", "--field", "Sig1"];
            if option == "--use-pades" {
                arguments.push(option);
            }
            arguments.extend([
                "pemder",
                "--key",
                "p256-a.key",
                "--cert",
                "p256-a.pem",
                "--chain",
                "mid.pem",
                "--no-pass",
                input,
                &output,
            ]);
            let said = scratch.run(program.to_str().unwrap(), &arguments);
            assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
            files.push(scratch.path(&output));
            let pdf = scratch.read(&output);
            let anchors = [scratch.certificate("root.pem")];
            let report = judged(&pdf, &anchors, Timestamp::now());
            assert_eq!(words(&report), "TOTAL-PASSED", "{output}: {report:#?}");
            // And ours on top of theirs.
            let both = signed(&pdf, &trial_signer(&trial_keys()), false);
            let anchors = [scratch.certificate("root.pem"), trial_keys().ca_certificate_der];
            assert_eq!(
                words(&judged(&both, &anchors, now()))
                    .replace("INDETERMINATE claimed-time-too-late+out-of-bounds-no-poe", "-"),
                "-; TOTAL-PASSED"
            );
        }
    }
    let said = ask_pyhanko(&scratch.path("root.pem"), Timestamp::now(), &files);
    assert!(said.len() == 4 && said.iter().all(|line| line.good), "{said:?}");
}
