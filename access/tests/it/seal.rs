//! What is said of a picture is about its bytes.

use crate::archive::{
    copy, files, flip, jpeg_page, object_of, pdf_page, replace_and_mend_the_store, sha256, stored_as,
};
use crate::client::{Answer, Visitor, server, server_of};
use serde_json::Value;

fn proof(answer: &Answer) -> Value {
    serde_json::from_str(answer.header("x-hoso-proof").expect("a picture has a proof")).unwrap()
}

fn picture(visitor: &mut Visitor, code: &str, page: u32) -> Answer {
    visitor.get(&format!("/ho-so/{code}/trang/{page}/anh"))
}

#[test]
fn a_jpeg_is_shown_as_it_was_received() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let (code, page, received) = jpeg_page();
    let answer = picture(&mut visitor, &code, page);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")));
    assert!(answer.body == received, "bit for bit");
    assert_eq!(answer.header("x-hoso-sha256"), Some(sha256(&received).as_str()));
    assert_eq!(answer.header("x-hoso-seal"), Some("good"));
    let proof = proof(&answer);
    assert_eq!(proof["good"], true);
    assert_eq!(proof["as_received"], true);
    assert_eq!(proof["sealed"], sha256(&received));
    assert_eq!(proof["headline"], "KHỚP NIÊM PHONG");
    assert!(proof["trial"].as_str().unwrap().contains("không có giá trị pháp lý"));
}

#[test]
fn a_page_of_a_pdf_is_rendered_from_the_sealed_file() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let (code, page, received) = pdf_page();
    let answer = picture(&mut visitor, &code, page);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")));
    assert!(answer.body.starts_with(&[0xff, 0xd8, 0xff]));
    assert_eq!(answer.header("x-hoso-sha256"), Some(sha256(&answer.body).as_str()));
    let proof = proof(&answer);
    assert_eq!((&proof["good"], &proof["as_received"]), (&Value::Bool(true), &Value::Bool(false)));
    assert_eq!(proof["sealed"], sha256(&received), "the digest is that of the PDF, not of the picture");
}

#[test]
fn one_bit_changed_and_the_picture_is_withheld() {
    let folder = tempfile::tempdir().unwrap();
    let root = copy(folder.path());
    let server = server_of(&root, None);
    let mut visitor = Visitor::logged_in(&server);
    for (code, page, received) in [jpeg_page(), pdf_page()] {
        assert_eq!(picture(&mut visitor, &code, page).status, 200);
        flip(&stored_as(&root, &received));
        let answer = picture(&mut visitor, &code, page);
        assert_eq!(answer.status, 409);
        assert!(answer.body.is_empty(), "no picture");
        assert_eq!(answer.header("x-hoso-seal"), Some("broken"));
        let proof = proof(&answer);
        assert_eq!(
            (&proof["good"], &proof["headline"]),
            (&Value::Bool(false), &"SAI LỆCH NIÊM PHONG".into())
        );
        assert_eq!(proof["sealed"], sha256(&received));
        assert_ne!(proof["found"], proof["sealed"]);
    }
    let (code, page, received) = jpeg_page();
    let asked_for = visitor.get(&format!("/ho-so/{code}/trang/{page}/anh?sai-lech=1"));
    assert_eq!((asked_for.status, asked_for.header("x-hoso-seal")), (200, Some("broken")));
    assert_eq!(asked_for.body.len(), received.len());
}

#[test]
fn a_changed_manifest_or_signature_breaks_every_page() {
    for name in ["manifest-sha256.txt", "manifest.p7s"] {
        let folder = tempfile::tempdir().unwrap();
        let root = copy(folder.path());
        let (code, page, received) = jpeg_page();
        let found = files(&object_of(&stored_as(&root, &received)))
            .into_iter()
            .find(|f| f.ends_with(format!("seal/{name}")));
        flip(&found.unwrap());
        let server = server_of(&root, None);
        let answer = picture(&mut Visitor::logged_in(&server), &code, page);
        assert_eq!((answer.status, answer.header("x-hoso-seal")), (409, Some("broken")), "{name}");
        assert!(answer.body.is_empty());
    }
}

/// Somebody with access to the disk puts two pages in each other's place and mends the store's own checks.
#[test]
fn a_page_under_the_number_of_another_is_no_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let root = copy(folder.path());
    let (code, page, received) = jpeg_page();
    let object = object_of(&stored_as(&root, &received));
    let register = files(&object).into_iter().find(|f| f.ends_with("metadata/other/case.json")).unwrap();
    let old = std::fs::read(&register).unwrap();
    let mut json: Value = serde_json::from_slice(&old).unwrap();
    swap_masters(&mut json);
    let new = serde_json::to_vec_pretty(&json).unwrap();
    assert_ne!(serde_json::from_slice::<Value>(&old).unwrap(), json);
    replace_and_mend_the_store(&register, &new);
    let server = server_of(&root, None);
    let answer = picture(&mut Visitor::logged_in(&server), &code, page);
    assert_eq!((answer.status, answer.header("x-hoso-seal")), (409, Some("broken")));
    let proof = proof(&answer);
    assert_eq!(proof["found"], proof["sealed"], "the picture itself is untouched");
    assert!(proof["detail"].as_str().unwrap().contains("bút lục"), "{proof}");
}

/// The first two documents of a case file change their pictures.
fn swap_masters(json: &mut Value) {
    let place = |idx: usize| format!("/documents/{idx}/pages/0/master");
    let [one, two] = [0, 1].map(|idx| json.pointer(&place(idx)).expect("a document has a page").clone());
    *json.pointer_mut(&place(0)).expect("found above") = two;
    *json.pointer_mut(&place(1)).expect("found above") = one;
}

#[test]
fn the_court_screen_names_every_page_and_draws_nothing_by_itself() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let (code, page, _) = jpeg_page();
    let html = visitor.get(&format!("/ho-so/{code}/phien-toa/{page}")).text();
    let json = html.split("id=\"court\">").nth(1).unwrap().split("</script>").next().unwrap();
    let court: Value = serde_json::from_str(json).unwrap();
    assert_eq!(court["leaves"].as_array().unwrap().len(), 3);
    assert_eq!(court["start"], page - 1);
    assert!(!html.contains("<img"), "pictures are drawn only after the check");
}
