//! Nobody sees anything without logging in, and nobody else's page can act for one who has.

use crate::archive::jpeg_page;
use crate::client::{PASSWORD, USER, Visitor, encoded, send, server};

fn every_address() -> Vec<String> {
    let (code, page, _) = jpeg_page();
    let case = format!("/ho-so/{code}");
    let mut all = vec!["/".to_owned(), "/tim/1".into(), "/ho-so".into(), case.clone(), "/khong-co".into()];
    for rest in
        ["but-luc?so=1", "phien-toa/1", "van-ban/1.pdf", "trang/1", "trang/1/anh", "trang/1/anh?sai-lech=1"]
    {
        all.push(format!("{case}/{rest}"));
    }
    all.push(format!("{case}/trang/{page}/anh"));
    all
}

#[test]
fn every_page_asks_for_the_login() {
    let server = server();
    let mut visitor = Visitor::new(&server);
    for path in every_address() {
        let answer = visitor.get(&path);
        assert!(answer.location().starts_with("/dang-nhap"), "{path}");
        assert!(answer.body.is_empty(), "{path}");
        let answer = visitor.ask("GET", &path, &[("sec-fetch-dest", "empty")], "");
        assert_eq!(answer.status, 401, "{path}");
        let forged = format!("hoso-{}={}", server.address.port(), "0".repeat(64));
        assert_eq!(send(server.address, "GET", &path, &[("cookie", &forged)], "").status, 303, "{path}");
    }
    for path in ["/tim", "/dang-xuat", "/con-phien"] {
        assert_eq!(visitor.post(path, &[("q", "a")]).status, 401, "{path}");
    }
}

#[test]
fn after_the_login_one_is_where_one_wanted_to_be() {
    let server = server();
    let mut visitor = Visitor::new(&server);
    let (code, ..) = jpeg_page();
    let wanted = format!("/ho-so/{code}?a=b");
    let login = visitor.get(&wanted).location().to_owned();
    assert_eq!(login, format!("/dang-nhap?ve={}", encoded_path(&wanted)));
    assert!(visitor.get(&login).text().contains(&format!("value=\"{wanted}\"")));
    let answer = visitor.post("/dang-nhap", &[("user", USER), ("password", PASSWORD), ("ve", &wanted)]);
    assert_eq!(answer.location(), wanted);
    let cookie = answer.header("set-cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(visitor.get("/").status, 200);
    let mut other = Visitor::new(&server);
    let answer =
        other.post("/dang-nhap", &[("user", USER), ("password", PASSWORD), ("ve", "//evil.example")]);
    assert_eq!(answer.location(), "/");
}

fn encoded_path(path: &str) -> String {
    encoded(path).replace("%2D", "-").replace("%2E", ".").replace("%5F", "_").replace("%7E", "~")
}

#[test]
fn a_wrong_password_opens_nothing_and_five_close_the_door() {
    let server = server();
    let mut visitor = Visitor::new(&server);
    let wrong_name = visitor.post("/dang-nhap", &[("user", "ai đó"), ("password", PASSWORD)]);
    let wrong_password = visitor.log_in("mật khẩu không đúng đâu");
    assert_eq!((wrong_name.status, wrong_password.status), (401, 401));
    assert_eq!(wrong_name.text(), wrong_password.text(), "nobody learns which of the two was wrong");
    assert!(visitor.cookies.is_empty());
    assert_eq!(visitor.get("/").status, 303);
    for _ in 0..3 {
        assert_eq!(visitor.log_in("mật khẩu không đúng đâu").status, 401);
    }
    let answer = visitor.log_in(PASSWORD);
    assert_eq!(answer.status, 429, "even the right one has to wait");
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&seconds));
    assert!(visitor.cookies.is_empty());
}

#[test]
fn a_right_password_forgives_wrong_ones() {
    let server = server();
    let mut visitor = Visitor::new(&server);
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(visitor.log_in("mật khẩu không đúng đâu").status, 401);
        }
        assert_eq!(visitor.log_in(PASSWORD).status, 303);
    }
}

#[test]
fn logging_out_ends_the_session() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let kept = visitor.cookies.clone();
    assert_eq!(visitor.post("/dang-xuat", &[]).location(), "/dang-nhap");
    assert!(visitor.cookies.is_empty());
    visitor.cookies = kept;
    assert_eq!(visitor.get("/").status, 303, "the old cookie opens nothing");
    // A new login gives a new token and ends the one it replaces.
    let mut visitor = Visitor::logged_in(&server);
    let first = visitor.cookies.clone();
    visitor.log_in(PASSWORD);
    assert_ne!(visitor.cookies, first);
    visitor.cookies = first;
    assert_eq!(visitor.get("/").status, 303);
}

#[test]
fn foreign_pages_cannot_act() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let origin = format!("http://{}", server.address);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let cases: [&[(&str, &str)]; 6] = [
        &[form],
        &[form, ("origin", "http://evil.example")],
        &[form, ("origin", "null")],
        &[form, ("sec-fetch-site", "cross-site"), ("origin", &origin)],
        &[form, ("sec-fetch-site", "same-site")],
        &[form, ("sec-fetch-site", "none")],
    ];
    for headers in cases {
        for path in ["/tim", "/dang-xuat", "/dang-nhap", "/ngon-ngu"] {
            assert_eq!(visitor.ask("POST", path, headers, "q=a&lang=en").status, 403, "{path} {headers:?}");
        }
    }
    assert_eq!(visitor.get("/").status, 200, "still logged in, still in Vietnamese");
    let headers = [form, ("sec-fetch-site", "same-origin")];
    assert_eq!(visitor.ask("POST", "/tim", &headers, "q=a").status, 303);
}

#[test]
fn other_names_of_this_machine_are_refused() {
    let server = server();
    let port = server.address.port();
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        "127.0.0.1:1".into(),
        format!("10.0.0.1:{port}"),
    ] {
        let answer = send(server.address, "GET", "/dang-nhap", &[("host", &host)], "");
        assert_eq!(answer.status, 421, "{host}");
    }
    let localhost = format!("localhost:{port}");
    assert_eq!(send(server.address, "GET", "/dang-nhap", &[("host", &localhost)], "").status, 200);
}

#[test]
fn every_answer_carries_the_headers_of_safety() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let mut paths = every_address();
    paths.push("/dang-nhap".into());
    for path in paths {
        let answer = visitor.get(&path);
        let csp = answer.header("content-security-policy").unwrap_or_else(|| panic!("{path}"));
        assert!(csp.contains("frame-ancestors 'none'"), "{path}");
        assert!(
            path.contains("/van-ban/")
                || csp.starts_with("default-src 'none'; script-src 'self'; style-src 'self'")
        );
        assert!(!csp.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        assert!(answer.header("referrer-policy").is_some() && answer.header("x-frame-options").is_some());
    }
    let refused = send(server.address, "GET", "/", &[("host", "evil.example")], "");
    assert!(refused.header("content-security-policy").is_some());
}

#[test]
fn programs_of_the_page_need_no_login_and_may_be_kept() {
    let server = server();
    let mut visitor = Visitor::new(&server);
    let page = visitor.get("/dang-nhap").text();
    let found: Vec<&str> = page.split('"').filter(|part| part.starts_with("/tinh/")).collect();
    assert!(found.len() >= 3, "{page}");
    for path in found {
        let answer = visitor.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("cache-control").unwrap().contains("immutable"));
    }
    assert_eq!(visitor.get("/tinh/0000000000000000/app.css").status, 404);
    assert!(!page.contains("style=") && !page.contains("onclick"), "the policy would block it");
    assert!(!page.contains("https://") && !page.contains("//cdn"), "nothing from elsewhere");
}

#[test]
fn the_language_is_remembered() {
    let server = server();
    let mut visitor = Visitor::new(&server);
    assert!(visitor.get("/dang-nhap").text().contains("<html lang=\"vi\">"));
    let answer = visitor.post("/ngon-ngu", &[("lang", "en"), ("ve", "/dang-nhap?ve=%2Fho-so")]);
    assert_eq!(answer.location(), "/dang-nhap?ve=%2Fho-so");
    assert!(visitor.get("/dang-nhap").text().contains("<html lang=\"en\">"));
    visitor.log_in(PASSWORD);
    assert!(visitor.get("/").text().contains("Case files"));
    visitor.post("/ngon-ngu", &[("lang", "vi"), ("ve", "/")]);
    assert!(visitor.get("/").text().contains("Hồ sơ"));
}

#[test]
fn forms_are_short() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    assert_eq!(visitor.post("/tim", &[("q", &"a".repeat(50_000))]).status, 413);
}
