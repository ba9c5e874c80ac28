//! What reads lines can be chosen, is kept with every result, and is refused in the reader's language where it cannot.

use crate::support::{Desk, hoso_command, run};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const WORDS: &str = "Quyết định khởi tố bị can số 12";

/// `hoso ocr --format alto --json` of one page: its ALTO, and what was told of it.
fn read(page: &Path, change: impl FnOnce(&mut Command)) -> (String, Value) {
    let mut command = hoso_command();
    command.args(["--json", "ocr", "--format", "alto"]).arg(page);
    change(&mut command);
    let said = run(&mut command).expect(0);
    (said.out.clone(), serde_json::from_str(said.err.trim()).unwrap())
}

fn text(alto: &str) -> Vec<&str> {
    let words = alto.split("CONTENT=\"").skip(1);
    words.map(|rest| rest.split('"').next().unwrap()).collect()
}

fn line_recogniser(kernels: Option<&str>) -> String {
    let mut command = hoso_command();
    command.args(["doctor", "--json"]).envs(kernels.map(|kernels| ("HOSO_KERNELS", kernels)));
    let checks = run(&mut command).of_type("check");
    let check = checks.iter().find(|check| check["what"] == "line recogniser").unwrap();
    check["found"].as_str().unwrap().to_owned()
}

#[test]
fn the_choice_and_the_model_stand_in_every_result() {
    let desk = Desk::new();
    let page = desk.page("HS-1/trang 1.png", WORDS);
    let can = line_recogniser(None).starts_with("hoso · ");
    let (auto, told) = read(&page, |_| ());
    assert_eq!(told["engine"], if can { "own" } else { "tesseract" });
    let model = told["model_sha256"].as_str().unwrap().to_owned();
    assert_eq!(model.len(), 64);
    let (theirs, told) = read(&page, |command| {
        command.args(["--engine", "tesseract"]);
    });
    assert_eq!((&told["engine"], &told["model_sha256"]), (&"tesseract".into(), &model.as_str().into()));
    assert!(theirs.contains(&format!("engine=tesseract model-sha256={model}")), "{theirs}");
    let (plain, told) = read(&page, |command| {
        command.args(["--engine", "own", "--kernels", "scalar"]);
    });
    assert_eq!(told["engine"], "own");
    assert!(plain.contains(&format!("engine=own model-sha256={model}")), "{plain}");
    if can {
        assert_eq!(plain, auto, "every path reads the same");
    }
    assert_eq!(text(&theirs), text(&auto));
}

#[test]
fn lines_of_plain_print_are_found_by_either() {
    let desk = Desk::new();
    let page = desk.page(
        "HS-1/trang 1.png",
        "Căn cứ Điều 41 của Bộ luật\nQuyết định khởi tố bị can\nHọ và tên: Lê Thị An",
    );
    let (found, _) = read(&page, |_| ());
    let (laid_out, _) = read(&page, |command| {
        command.args(["--layout", "tesseract"]);
    });
    let (theirs, _) = read(&page, |command| {
        command.args(["--engine", "tesseract"]);
    });
    let can = line_recogniser(None).starts_with("hoso · ");
    assert!(found.contains(if can { "psm=7 rung=1" } else { "psm=3 rung=1" }), "{found}");
    assert!(laid_out.contains("psm=3 rung=1") && theirs.contains("psm=3 rung=1"), "{laid_out}");
    assert_eq!(text(&found), text(&laid_out));
    assert_eq!(
        text(&found)[4..],
        [
            "Căn", "cứ", "Điều", "41", "của", "Bộ", "luật", "Quyết", "định", "khởi", "tố", "bị", "can", "Họ",
            "và", "tên:", "Lê", "Thị", "An"
        ]
    );
}

#[test]
fn a_processor_without_vectors_leaves_the_lines_to_tesseract() {
    let desk = Desk::new();
    let page = desk.page("HS-1/trang 1.png", WORDS);
    assert!(line_recogniser(Some("scalar")).starts_with("Tesseract (this processor has no AVX2"));
    let (_, told) = read(&page, |command| {
        command.env("HOSO_KERNELS", "scalar");
    });
    assert_eq!(told["engine"], "tesseract");
}

#[test]
#[allow(clippy::disallowed_methods, reason = "scratch files")]
fn own_is_refused_for_a_model_with_fractions() {
    let desk = Desk::new();
    let page = desk.page("HS-1/trang 1.png", WORDS);
    let folder = std::env::var("TESSDATA_PREFIX").unwrap_or("/usr/share/tesseract-ocr/5/tessdata".into());
    let mut bytes = std::fs::read(format!("{folder}/vie.traineddata")).unwrap();
    // The flags of training stand behind the network's description; the lowest says int8.
    let at = bytes.windows(5).position(|w| w == b"O1c1]").unwrap() + 5;
    bytes[at] &= !1;
    let models = tempfile::tempdir().unwrap();
    std::fs::write(models.path().join("vie.traineddata"), bytes).unwrap();
    for (lang, message, hint) in [
        ("vi", "bộ đọc dòng của hoso không đọc được mô hình vie", "gợi ý: dùng --engine auto"),
        ("en", "recogniser does not read the model of the language \"vie\"", "hint: use --engine auto"),
    ] {
        let mut command = hoso_command();
        command.env("TESSDATA_PREFIX", models.path()).args(["--lang", lang, "ocr", "--engine", "own"]);
        let said = run(command.arg(&page)).expect(1);
        assert!(said.err.contains(message) && said.err.contains("float model"), "{}", said.all());
        assert!(said.err.contains(hint) && said.out.is_empty(), "{}", said.all());
    }
}
