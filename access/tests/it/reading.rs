//! Search, case files, pages.

use crate::archive::{case_with_folios, jpeg_page, made};
use crate::client::{Server, Visitor, server, server_of};

/// Values of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let mark = format!("{attribute}=\"");
    html.match_indices(&mark).map(|(at, _)| html[at + mark.len()..].split('"').next().unwrap()).collect()
}

fn first_hit(html: &str) -> String {
    let hits = values(html, "href");
    hits.into_iter().find(|to| to.contains("/trang/")).expect("there is a hit").replace("&amp;", "&")
}

#[test]
fn a_phrase_typed_without_marks_is_found_and_marked() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let answer = visitor.post("/tim", &[("q", "\"cong hoa xa hoi chu nghia viet nam\"")]);
    assert_eq!(answer.location(), "/tim/1", "no query in an address");
    let html = visitor.get("/tim/1").text();
    assert!(html.contains("<strong>"), "{html}");
    let marked: Vec<&str> =
        html.split("<mark>").skip(1).map(|m| m.split("</mark>").next().unwrap()).collect();
    assert!(
        marked.iter().any(|m| m.to_lowercase().contains("cộng hòa") || m.to_lowercase().contains("cộng hoà")),
        "{marked:?}"
    );
    assert!(values(&html, "href").iter().all(|to| !to.to_lowercase().contains("cong")));
    assert!(html.contains("khớp khi thêm dấu") || html.contains("phrase with marks restored"));
}

#[test]
fn a_page_frames_the_words_found_inside_the_picture() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let html = visitor.search("\"cong hoa xa hoi\"").text();
    let page = visitor.get(&first_hit(&html)).text();
    let size: Vec<u32> = values(&page, "viewBox")[0].split(' ').map(|n| n.parse().unwrap()).collect();
    let numbers =
        |name| values(&page, name).into_iter().filter_map(|n| n.parse::<u32>().ok()).collect::<Vec<_>>();
    let rects: Vec<&str> = page.split("<rect ").skip(1).collect();
    assert!(rects.len() >= 4, "four words, at least once");
    let of = |rect: &str, name: &str| values(rect, name)[0].parse::<u32>().unwrap();
    for rect in rects {
        assert!(of(rect, "x") + of(rect, "width") <= size[2] && of(rect, "width") < size[2] / 2, "{rect}");
        assert!(of(rect, "y") + of(rect, "height") <= size[3], "{rect}");
    }
    assert!(!numbers("data-width").is_empty());
    assert!(page.contains("<mark>"), "the words are marked in the text too");
    assert!(page.contains("Màn hình phiên tòa"));
}

#[test]
fn a_query_that_means_nothing_is_shown_with_its_place() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let html = visitor.search("viện *ki").text();
    assert!(html.contains("ký tự thứ 6"), "{html}");
    assert!(html.contains("<code>viện <mark>*</mark>ki</code>"), "{html}");
    let html = visitor.search("nam:abc").text();
    assert!(html.contains("role=\"alert\""), "{html}");
    assert_eq!(visitor.post("/tim", &[("q", "  ")]).location(), "/");
    assert_eq!(visitor.get("/tim/999").location(), "/", "a search of another session");
}

/// Text without markup, one space between words.
fn plain(html: &str) -> String {
    let text: Vec<&str> =
        html.split('<').map(|piece| piece.split_once('>').map_or("", |(_, text)| text)).collect();
    text.join(" ").split_whitespace().collect::<Vec<_>>().join(" ").replace("&quot;", "\"")
}

/// The element of how a question was understood.
fn understood(html: &str) -> &str {
    let (_, rest) = html.split_once("<details class=\"understood\">").expect("it is there");
    rest.split_once("</details>").unwrap().0
}

#[test]
fn the_page_says_how_a_question_was_understood() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let html = visitor.search("(\"cong hoa xa hoi\" HOẶC ~trộm) -xyz ngay:1990..2040").text();
    let said = understood(&html);
    assert!(said.contains("<summary>Hiểu câu hỏi thế nào</summary>"), "{said}");
    let text = plain(said);
    for words in [
        "tất cả những điều sau",
        "ít nhất một điều sau",
        "cụm từ: “cong hoa xa hoi”",
        "trang có “cộng”",
        "trộm = kể cả chữ nhận dạng sai",
        "không có từ: “xyz”",
        "ngày ghi trên trang hoặc của văn bản: 1990..2040",
        "xếp theo: khớp khi thêm dấu",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // Lists within lists, as the question is made.
    assert!(said.contains("<ul><li>tất cả những điều sau<ul><li>ít nhất một điều sau<ul><li>"), "{said}");
    let hits = html.split_once("<ol class=\"hits\"").unwrap().1.matches("<li class=\"hit\">").count();
    assert_eq!(text.matches("xếp theo:").count(), hits, "one reason a hit");

    let nothing = visitor.search("khôngcótừnàynhưvậy").text();
    assert!(understood(&nothing).contains("khôngcótừnàynhưvậy"), "also where nothing is found");
    let escaped = visitor.search("nguoi:\"<b>An</b>\" cong").text();
    assert!(understood(&escaped).contains("&lt;b&gt;An"), "{escaped}");
    visitor.post("/ngon-ngu", &[("lang", "en"), ("ve", "/")]);
    let html = visitor.search("\"cong hoa\" folio:1-90").text();
    let said = plain(understood(&html));
    for words in ["How it was understood", "all of these", "phrase: “cong hoa”", "folio: 1-90", "ranked by: "]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn signs_that_mean_nothing_are_named_on_the_page() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let html = visitor.search("cong | hoa").text();
    assert!(
        html.contains("<p class=\"unused\">Dấu “|” ở ký tự thứ 6 không được dùng, đã bỏ qua; muốn một trong hai, hãy viết HOẶC.</p>"),
        "{html}"
    );
    assert!(!visitor.search("cong, hoa.").text().contains("class=\"unused\""));
}

#[test]
fn the_box_takes_what_a_query_may_have_and_says_when_it_is_more() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let max = pipeline::Query::MAX_BYTES;
    let home = visitor.get("/").text();
    assert_eq!(values(&home, "maxlength"), [(max + 1).to_string()]);
    // Words typed apart by many spaces: as many bytes as are taken.
    let long = format!("cong{}hoa", " ".repeat(max - 7));
    assert_eq!(long.len(), max);
    assert!(visitor.search(&long).text().contains("role=\"status\""));
    // What a browser cut is refused, whatever it consists of.
    for cut in [" ".repeat(max) + "a", "a".to_owned() + &" ".repeat(max), "ệ".repeat(max + 1)] {
        let answer = visitor.post("/tim", &[("q", &cut)]);
        let html = answer.text();
        assert_eq!(answer.status, 200, "{html}");
        assert!(html.contains(&format!("Câu tìm dài {} byte; tối đa 4096.", cut.len())), "{html}");
    }
}

#[test]
fn a_search_is_narrowed_by_a_click_and_shown_by_case_file() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let html = visitor.search("cong hoa").text();
    let count = |html: &str| {
        let (_, status) = html.split_once("role=\"status\"").unwrap();
        let (_, rest) = status.split_once("<strong>").unwrap();
        rest.chars().take_while(char::is_ascii_digit).collect::<String>()
    };
    let (_, list) = html.split_once("Độ mật").unwrap();
    let (_, pages) = list.split_once("<span class=\"pages\">").unwrap();
    assert_eq!(pages.chars().take_while(char::is_ascii_digit).collect::<String>(), count(&html), "{html}");
    let narrowed = visitor.search("cong hoa VÀ do-mat:thuong").text();
    assert_eq!(count(&narrowed), count(&html));
    let by_case = values(&html, "href").into_iter().find(|to| to.contains("theo=ho-so")).unwrap().to_owned();
    let by_case = visitor.get(&by_case).text();
    assert_eq!(count(&by_case), count(&html));
    assert!(by_case.contains("<strong>Theo hồ sơ</strong>"), "{by_case}");
}

#[test]
fn what_is_typed_is_never_markup() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let html = visitor.search("<script>alert(1)</script>\"><b>").text();
    assert!(!html.contains("<script>alert") && !html.contains("\"><b>"), "{html}");
    assert!(html.contains("&lt;script&gt;"));
    let html = visitor.search("khôngcótừnàynhưvậy").text();
    assert!(html.contains("Không tìm thấy trang nào") && html.contains("Ví dụ"));
}

#[test]
fn case_files_list_documents_pages_and_folios() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let list = visitor.get("/ho-so").text();
    for code in &made().truth.set.cases[..2] {
        assert!(list.contains(&format!("href=\"/ho-so/{code}\"")), "{list}");
    }
    let (code, ..) = jpeg_page();
    let html = visitor.get(&format!("/ho-so/{code}")).text();
    assert_eq!(values(&html, "href").iter().filter(|to| to.contains("/trang/")).count(), 3);
    assert!(html.contains("BL "), "{html}");
}

#[test]
fn a_folio_leads_to_its_page() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let (code, folios) = case_with_folios();
    for (page, folio) in folios {
        let to = visitor.get(&format!("/ho-so/{code}/but-luc?so={folio}&tim=7"));
        assert_eq!(to.location(), format!("/ho-so/{code}/trang/{page}?tim=7"));
        let with_zero = visitor.get(&format!("/ho-so/{code}/but-luc?so=0{folio}"));
        assert_eq!(with_zero.location(), format!("/ho-so/{code}/trang/{page}"));
    }
    let missing = visitor.get(&format!("/ho-so/{code}/but-luc?so=9999"));
    assert_eq!(missing.status, 404);
    assert!(missing.text().contains("không có bút lục") && missing.text().contains("9999"));
}

#[test]
fn what_is_not_there_and_what_may_not_be_seen_look_the_same() {
    let (code, ..) = jpeg_page();
    let all = server();
    let some = server_of(&made().root, Some(&["Đơn vị không có hồ sơ nào"]));
    let body = |server: &Server, path: &str| {
        let answer = Visitor::logged_in(server).get(path);
        assert_eq!(answer.status, 404, "{path}");
        // The address stands in the form of the language switch only.
        answer.text().replace(&format!("value=\"{path}\""), "")
    };
    let nothing = body(&all, "/ho-so/KHONG-CO");
    for rest in ["", "/trang/1", "/phien-toa/1", "/but-luc?so=1", "/van-ban/1.pdf"] {
        assert_eq!(body(&some, &format!("/ho-so/{code}{rest}")), nothing, "{rest}");
    }
    for path in ["/ho-so/KHONG-CO/trang/1", "/khong-co"] {
        assert_eq!(body(&all, path), nothing, "{path}");
    }
    for rest in ["trang/99", "trang/0", "trang/x", "phien-toa/99", "van-ban/99.pdf", "van-ban/1"] {
        assert_eq!(body(&all, &format!("/ho-so/{code}/{rest}")), nothing, "{rest}");
    }
    let mut visitor = Visitor::logged_in(&some);
    assert_eq!(visitor.get(&format!("/ho-so/{code}/trang/1/anh")).status, 404);
    assert!(visitor.search("viet nam").text().contains("Không tìm thấy trang nào"));
    assert!(!visitor.get("/ho-so").text().contains(&code));
}

#[test]
fn an_account_of_a_unit_sees_that_unit() {
    let case = &made().truth.cases[0].0;
    let server = server_of(&made().root, Some(&[case.unit.as_str()]));
    let mut visitor = Visitor::logged_in(&server);
    let list = visitor.get("/ho-so").text();
    assert!(list.contains(&case.code));
    assert_eq!(list.matches("href=\"/ho-so/").count(), 1);
}

#[test]
fn a_document_opens_as_searchable_pdf() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let (code, ..) = jpeg_page();
    let answer = visitor.get(&format!("/ho-so/{code}/van-ban/1.pdf"));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/pdf")));
    assert!(answer.body.starts_with(b"%PDF-"));
}
