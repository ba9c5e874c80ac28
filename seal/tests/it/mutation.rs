//! Every byte of a signature turned: no panic, no acceptance of other bytes.

use proptest::prelude::*;
use seal::{SignatureVerdict, sign_detached, verify_detached};

use crate::support::*;

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

#[test]
fn attributes_stored_unsorted_but_signed_sorted_are_accepted() {
    let keys = trial_keys();
    let manifest = small_case(&Scratch::new()).to_bytes();
    let mut p7s = sign_detached(&manifest, &[&trial_signer(&keys)], trial_start()).expect("sealed");
    // content-type (26 bytes) is followed by signing-time (30 bytes): exchange the two.
    let content_type = b"\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
    let at = p7s.windows(content_type.len()).position(|w| w == content_type).expect("content-type");
    assert_eq!(p7s[at + 26..at + 28], [0x30, 0x1c], "signing-time comes next");
    p7s[at..at + 56].rotate_left(26);
    assert!(verify_detached(&manifest, &p7s, &[keys.ca_certificate_der], trial_start()).is_valid());
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
