//! Time stamps by `openssl ts`, and what is wrong with bad ones.

use record::Sha256;
use seal::{TimeStampRequest, TimeStampVerdict, TspError, verify_time_stamp};

use crate::support::*;

const DATA: &[u8] = b"tree root of a batch\n";

fn digest(scratch: &Scratch) -> Sha256 {
    scratch.write("data", DATA);
    digest_by_coreutils(scratch, "data")
}

#[test]
fn openssl_answers_our_question_and_confirms_the_token() {
    let scratch = Scratch::new();
    scratch.make_pki(&["p256-a"]);
    scratch.make_tsa("tsa");
    let sha256 = digest(&scratch);
    let before = record::Timestamp::now();
    let token = scratch.with_tsa("tsa", |tsa| tsa.stamp(&sha256)).expect("a token");
    let question = scratch.must("openssl ts -query -in q.tsq -text");
    let question = String::from_utf8_lossy(&question).into_owned();
    for part in ["Hash Algorithm: sha256", "Nonce: 0x", "Certificate required: yes"] {
        assert!(question.contains(part), "{part} in {question}");
    }
    scratch.write("t.tst", &token);
    scratch.must("openssl ts -verify -token_in -in t.tst -data data -CAfile root.pem");
    let anchors = [scratch.certificate("root.pem")];
    let verdict = verify_time_stamp(&token, DATA, &anchors);
    let TimeStampVerdict::Valid(stamp) = &verdict else { panic!("{verdict:?}") };
    assert!(stamp.time >= before && stamp.time <= record::Timestamp::now(), "with fractions: {stamp:?}");
    assert_eq!((stamp.policy.as_str(), stamp.algorithm.as_str()), ("1.2.3.4.1", "SHA-256"));
    assert_eq!(stamp.authority.name, "tsa");

    assert!(matches!(verify_time_stamp(&token, b"other", &anchors), TimeStampVerdict::Altered { .. }));
    assert!(matches!(verify_time_stamp(&token, DATA, &[]), TimeStampVerdict::Untrusted { .. }));
    for idx in (0..token.len()).step_by(3) {
        let mut changed = token.clone();
        changed[idx] ^= 0x11;
        let verdict = verify_time_stamp(&changed, DATA, &anchors);
        assert!(!matches!(verdict, TimeStampVerdict::Valid(_)), "byte {idx}: {verdict:?}");
    }
}

#[test]
fn wrong_answers_are_refused_with_their_reason() {
    let scratch = Scratch::new();
    scratch.make_pki(&["p256-a"]);
    scratch.make_tsa("tsa");
    let sha256 = digest(&scratch);
    let request = TimeStampRequest::new(&sha256, 0xfedc_ba98_7654_3210);
    let good = scratch.stamp("tsa", &request.to_der().unwrap());
    request.accept(&good).expect("the right answer");
    let other_nonce = TimeStampRequest::new(&sha256, 7);
    assert_eq!(other_nonce.accept(&good), Err(TspError::WrongNonce));
    let other_data = TimeStampRequest::new(&Sha256([9; 32]), 0xfedc_ba98_7654_3210);
    assert_eq!(other_data.accept(&good), Err(TspError::WrongData));
    for rubbish in [&b""[..], b"\x30\x00", b"<html>", &good[..good.len() - 1]] {
        assert!(matches!(request.accept(rubbish), Err(TspError::Malformed(_))), "{rubbish:?}");
    }
    // A refusal: SHA-256 is not among the digests this authority accepts.
    let cnf = String::from_utf8(scratch.read("tsa.cnf")).unwrap();
    scratch.write("no.cnf", cnf.replace("digests = sha256, sha384, sha512", "digests = sha512"));
    let refusal = scratch.stamp("no", &request.to_der().unwrap());
    assert!(matches!(request.accept(&refusal), Err(TspError::Refused { status: 2, .. })));
    // A certificate that is not for time stamps: openssl will not sign with it, so the token is made by cms.
    let token = request.accept(&good).unwrap();
    scratch.write("good.tst", &token);
    scratch.must("openssl cms -verify -inform DER -in good.tst -noverify -out tstinfo");
    scratch.must("openssl cms -sign -nodetach -binary -cades -md sha256 -econtent_type 1.2.840.113549.1.9.16.1.4 -in tstinfo -signer p256-a.pem -inkey p256-a.key -certfile mid.pem -outform DER -out fake.tst");
    let fake = scratch.read("fake.tst");
    let verdict = verify_time_stamp(&fake, DATA, &[scratch.certificate("root.pem")]);
    let TimeStampVerdict::Untrusted { reason, .. } = verdict else { panic!("{verdict:?}") };
    assert!(reason.contains("not for time stamps"), "{reason}");
}

#[test]
fn no_second_question_when_the_line_is_down() {
    let mut asked = 0;
    let mut send = |_: &[u8]| {
        asked += 1;
        Err(TspError::Unreachable("no route".into()))
    };
    let mut random = |buffer: &mut [u8]| {
        buffer.fill(7);
        Ok(())
    };
    let mut client = seal::TimeStampClient { send: &mut send, random: &mut random };
    assert_eq!(client.stamp(&Sha256([1; 32])), Err(TspError::Unreachable("no route".into())));
    assert_eq!(asked, 1);
}
