//! Evidence records before an independent judge (RFC 4998 in Python, `openssl ts` for the tokens), and what is wrong with bad ones.

use record::Timestamp;
use seal::Trust;
use seal::evidence::{ArchiveTimeStamp, EvidenceDigest, EvidenceRecord, EvidenceVerdict, HashTree};
use std::process::Command;

use crate::provided::{from_dev, workspace};
use crate::support::*;

/// Manifest and signature of a version, as far as a hash cares.
fn objects(no: usize) -> [Vec<u8>; 2] {
    [format!("manifest {no}\n").into_bytes(), format!("signature {no}").into_bytes()]
}

fn group(digest: EvidenceDigest, no: usize) -> Vec<Vec<u8>> {
    objects(no).iter().map(|object| digest.of(object)).collect()
}

/// A record for each of so many versions, by one token.
fn stamped(scratch: &Scratch, count: usize) -> Vec<EvidenceRecord> {
    let digest = EvidenceDigest::Sha256;
    let tree = HashTree::of(digest, (0..count).map(|no| group(digest, no)).collect()).unwrap();
    let token = scratch.with_tsa("tsa", |tsa| tsa.stamp_hash(digest, tree.root())).unwrap();
    let record = |no| {
        let reduced = tree.reduced(no).unwrap();
        EvidenceRecord::new(ArchiveTimeStamp { digest, reduced, token: token.clone() })
    };
    (0..count).map(record).collect()
}

fn verify(scratch: &Scratch, der: &[u8], no: usize) -> EvidenceVerdict {
    let [manifest, signature] = objects(no);
    let anchors = [scratch.certificate("root.pem")];
    Trust::of_certificates(&anchors).verify_evidence(der, &[&manifest, &signature], Timestamp::now())
}

/// What the independent judge says: how many time stamps hold, or why not.
fn judge(scratch: &Scratch, der: &[u8], no: usize) -> Result<usize, String> {
    let [manifest, signature] = objects(no);
    scratch.write("r.er", der);
    scratch.write("r.manifest", manifest);
    scratch.write("r.p7s", signature);
    let script = workspace().join("seal/tests/it/evidence_judge.py");
    let mut command = Command::new(from_dev("pki-venv/bin/python"));
    command.arg(script).args(["r.er", "root.pem", "r.manifest", "r.p7s"]).current_dir(scratch.root());
    let output = command.output().expect("python");
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).lines().count()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

#[test]
fn records_of_a_batch_hold_before_an_independent_judge() {
    let scratch = Scratch::new();
    scratch.make_pki(&[]);
    scratch.make_tsa("tsa");
    for count in [1, 2, 3, 7] {
        let records = stamped(&scratch, count);
        for (no, record) in records.iter().enumerate() {
            let der = record.to_der();
            assert_eq!(EvidenceRecord::parse(&der).as_ref(), Ok(record));
            let EvidenceVerdict::Valid { stamps, protected_until, .. } = verify(&scratch, &der, no) else {
                panic!("{no} of {count}: {:?}", verify(&scratch, &der, no));
            };
            assert_eq!(stamps.len(), 1);
            assert_eq!(protected_until, stamps[0].authority.not_after);
            assert!(matches!(verify(&scratch, &der, no + 1), EvidenceVerdict::Altered { .. }), "another's");
        }
        let last = count - 1;
        assert_eq!(judge(&scratch, &records[last].to_der(), last), Ok(1), "{count}");
        assert!(judge(&scratch, &records[last].to_der(), last + 1).is_err());
    }
}

#[test]
fn a_record_is_protected_until_the_first_certificate_of_the_path_expires() {
    let scratch = Scratch::new();
    scratch.make_pki(&[]);
    scratch.make_tsa("tsa");
    // Longer than the root.
    scratch.must("openssl x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -days 5000 -sha256 -extfile tsa.ext -out tsa.pem");
    let verdict = verify(&scratch, &stamped(&scratch, 1)[0].to_der(), 0);
    let EvidenceVerdict::Valid { protected_until, .. } = verdict else { panic!("{verdict:?}") };
    let end = scratch.must("openssl x509 -in root.pem -noout -enddate -dateopt iso_8601");
    let end = String::from_utf8(end).unwrap().trim().replace("notAfter=", "").replace(' ', "T");
    assert_eq!(protected_until, moment(&end));
}

#[test]
fn renewed_records_hold_and_old_ones_are_judged_for_their_renewal() {
    let scratch = Scratch::new();
    scratch.make_pki(&[]);
    scratch.make_tsa("tsa");
    let mut records = stamped(&scratch, 5);
    // A new time stamp over the old one, shared with one of another batch.
    let groups = vec![vec![vec![7; 32]], records[3].time_stamp_group(), vec![vec![9; 32]]];
    let digest = EvidenceDigest::Sha256;
    let tree = HashTree::of(digest, groups).unwrap();
    let token = scratch.with_tsa("tsa", |tsa| tsa.stamp_hash(digest, tree.root())).unwrap();
    let reduced = tree.reduced(1).unwrap();
    records[3].renew_time_stamp(ArchiveTimeStamp { digest, reduced, token }).unwrap();
    assert_eq!(judge(&scratch, &records[3].to_der(), 3), Ok(2));
    // A new hash over everything so far.
    let digest = EvidenceDigest::Sha512;
    let [manifest, signature] = objects(3);
    let own = records[3].hash_tree_group(digest, &[&manifest, &signature]);
    let tree = HashTree::of(digest, vec![own, vec![vec![1; 64]]]).unwrap();
    let token = scratch.with_tsa("tsa", |tsa| tsa.stamp_hash(digest, tree.root())).unwrap();
    let next = ArchiveTimeStamp { digest, reduced: tree.reduced(0).unwrap(), token };
    assert!(records[3].clone().renew_time_stamp(next.clone()).is_err(), "another hash in one chain");
    records[3].renew_hash_tree(next).unwrap();
    let der = records[3].to_der();
    let EvidenceVerdict::Valid { time, stamps, .. } = verify(&scratch, &der, 3) else {
        panic!("{:?}", verify(&scratch, &der, 3));
    };
    assert_eq!((stamps.len(), stamps[0].time), (3, time));
    assert_eq!(judge(&scratch, &der, 3), Ok(3));

    // A chain whose older part was exchanged, or shortened, does not hold.
    let mut forged = EvidenceRecord::new(stamped(&scratch, 4)[3].last().clone());
    forged.renew_hash_tree(records[3].last().clone()).unwrap();
    assert!(matches!(verify(&scratch, &forged.to_der(), 3), EvidenceVerdict::Altered { .. }));
    assert!(judge(&scratch, &forged.to_der(), 3).is_err());
    // Nobody trusted vouches for it; it was changed anywhere.
    let [manifest, signature] = objects(3);
    let verdict =
        Trust::of_certificates(&[]).verify_evidence(&der, &[&manifest, &signature], Timestamp::now());
    assert!(matches!(verdict, EvidenceVerdict::Untrusted { .. }), "{verdict:?}");
    let late = moment("2050-01-01T00:00:00Z");
    let anchors = [scratch.certificate("root.pem")];
    let verdict = Trust::of_certificates(&anchors).verify_evidence(&der, &[&manifest, &signature], late);
    assert!(matches!(verdict, EvidenceVerdict::Untrusted { .. }), "not renewed in time: {verdict:?}");
    for idx in (0..der.len()).step_by(5) {
        let mut changed = der.clone();
        changed[idx] ^= 0x21;
        let verdict = verify(&scratch, &changed, 3);
        assert!(verdict.time().is_none(), "byte {idx}: {verdict:?}");
    }
    for cut in (0..der.len()).step_by(97) {
        assert!(EvidenceRecord::parse(&der[..cut]).is_err());
    }
}
