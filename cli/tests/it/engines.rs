//! What reads lines can be chosen, is kept with every result, and is refused in the reader's language where it cannot.

use crate::support::{Desk, files_below, hoso_command, init, run, tool};
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

/// What `hoso doctor` says of the line recogniser: that it is well, or what is wrong.
fn line_recogniser(change: impl FnOnce(&mut Command)) -> Result<String, String> {
    let mut command = hoso_command();
    command.args(["doctor", "--json"]);
    change(&mut command);
    let checks = run(&mut command).of_type("check");
    let check = checks.iter().find(|check| check["what"] == "line recogniser").unwrap();
    let text = |key: &str| check[key].as_str().map(str::to_owned);
    text("found").ok_or_else(|| text("problem").unwrap())
}

/// Whether the processor has these instructions, by what Linux says of it.
#[allow(clippy::disallowed_methods, reason = "not a file of ours")]
fn processor_has(wanted: &[&str]) -> bool {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap();
    let flags = told.lines().find(|line| line.starts_with("flags")).unwrap();
    wanted.iter().all(|flag| flags.split_whitespace().any(|has| has == *flag))
}

/// The tests below take it for granted.
fn avx2_is_there() {
    assert!(processor_has(&["avx2", "fma"]), "these tests need a processor with AVX2 and FMA");
}

#[test]
fn the_choice_and_the_model_stand_in_every_result() {
    let desk = Desk::new();
    let page = desk.page("HS-1/trang 1.png", WORDS);
    avx2_is_there();
    let (auto, told) = read(&page, |_| ());
    assert_eq!(told["engine"], "own");
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
    assert_eq!(plain, auto, "every path reads the same");
    let (avx2, _) = read(&page, |command| {
        command.env("HOSO_KERNELS", "avx2");
    });
    assert_eq!(avx2, auto, "every path reads the same");
    assert_eq!(text(&theirs), text(&auto));
    // the model that reads numbers again is named with its digest, too
    for alto in [&auto, &theirs] {
        let numbers = format!("numbers also by eng (model SHA-256 {})", sha256sum_of("eng"));
        assert!(alto.contains(&numbers) && model == sha256sum_of("vie"), "{alto}");
    }
}

/// The digest of Debian's model, by another program.
fn sha256sum_of(language: &str) -> String {
    let file = format!("{}/{language}.traineddata", models());
    tool("sha256sum", [file])[..64].to_owned()
}

fn models() -> String {
    std::env::var("TESSDATA_PREFIX").unwrap_or("/usr/share/tesseract-ocr/5/tessdata".into())
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
    avx2_is_there();
    assert!(found.contains("psm=7 rung=1"), "{found}");
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
fn doctor_says_which_path_this_machine_takes_and_what_is_forced() {
    avx2_is_there();
    let forced = |kernels: &'static str| line_recogniser(|c| _ = c.env("HOSO_KERNELS", kernels));
    let is_wide = processor_has(&["avx512f", "avx512bw", "avx512_vnni"]);
    let best = if is_wide { "hoso · avx512vnni" } else { "hoso · avx2" };
    assert_eq!(line_recogniser(|_| ()).as_deref(), Ok(best));
    assert_eq!(forced("auto").as_deref(), Ok(best));
    assert_eq!(forced("avx2").as_deref(), Ok("hoso · avx2"));
    if !is_wide {
        let found = forced("avx512vnni").unwrap();
        assert!(found.starts_with("Tesseract (this processor has no AVX-512 VNNI"), "{found}");
    }
    // This processor has AVX2: that it is not used is the setting's doing.
    for kernels in ["scalar", "none"] {
        let found = forced(kernels).unwrap();
        assert!(found.starts_with("Tesseract (HOSO_KERNELS or --kernels leaves"), "{found}");
        assert!(!found.contains("this processor has no"), "{found}");
    }
    let own =
        |kernels: &'static str| line_recogniser(|c| _ = c.args(["--engine", "own", "--kernels", kernels]));
    assert_eq!(own("scalar").as_deref(), Ok("hoso · scalar"));
    let refused = own("none").unwrap_err();
    assert!(refused.contains("the kernels leaves hoso's own recogniser without AVX2"), "{refused}");
    let asked = line_recogniser(|c| _ = c.args(["--engine", "tesseract"]));
    assert_eq!(asked.as_deref(), Ok("Tesseract"));
}

#[test]
fn doctor_speaks_vietnamese() {
    avx2_is_there();
    let said = |args: &[&str]| run(hoso_command().args(["doctor", "--lang", "vi"]).args(args));
    let well = said(&[]).expect(0);
    for row in [
        "✓ mô hình         vie · sha256 ",
        "✓ đọc lại số      eng · sha256 ",
        "✓ bộ đọc dòng     hoso · avx",
        "✓ bộ tìm dòng     hoso (chữ in thường), Tesseract (trang khác)",
    ] {
        assert!(well.out.contains(row), "{row}: {}", well.all());
    }
    let slow = said(&["--kernels", "none"]).expect(0);
    assert!(slow.out.contains("Tesseract (HOSO_KERNELS hoặc --kernels khiến"), "{}", slow.all());
    let refused = said(&["--kernels", "none", "--engine", "own"]).expect(1);
    assert!(
        refused.out.contains("✗ bộ đọc dòng") && refused.out.contains("--engine auto"),
        "{}",
        refused.all()
    );
}

#[test]
fn a_processor_without_vectors_leaves_the_lines_to_tesseract() {
    let desk = Desk::new();
    let page = desk.page("HS-1/trang 1.png", WORDS);
    for kernels in ["scalar", "none"] {
        let (_, told) = read(&page, |command| {
            command.env("HOSO_KERNELS", kernels);
        });
        assert_eq!(told["engine"], "tesseract");
    }
    // People are told why it takes so long, in one line.
    for (lang, line) in [
        ("vi", "Tesseract đọc mọi dòng, lâu hơn nhiều lần: HOSO_KERNELS"),
        ("en", "Tesseract reads all lines, which takes several times as long: HOSO_KERNELS"),
    ] {
        let mut command = hoso_command();
        command.args(["--lang", lang, "ocr", "--kernels", "none"]).arg(&page);
        let said = run(&mut command).expect(0);
        assert_eq!(said.err.lines().filter(|l| l.contains("Tesseract")).count(), 1, "{}", said.all());
        assert!(said.err.starts_with(line), "{}", said.all());
        let mut command = hoso_command();
        command.args(["--lang", lang, "ocr", "--engine", "tesseract"]).arg(&page);
        assert!(!run(&mut command).expect(0).err.contains("Tesseract"), "it was asked for");
        let mut command = hoso_command();
        command.args([
            "--lang",
            lang,
            "batch",
            "run",
            "--kernels",
            "none",
            "--secrecy",
            "thuong",
            "--archive",
        ]);
        let said = run(command.arg(&desk.archive).arg(&desk.batch)).expect(0);
        assert_eq!(said.err.matches("Tesseract").count(), 1, "{}", said.all());
        assert!(said.err.contains(line), "{}", said.all());
    }
}

#[test]
fn own_is_refused_on_a_processor_without_vectors() {
    let desk = Desk::new();
    let page = desk.page("HS-1/trang 1.png", WORDS);
    for (lang, message, hint) in [
        ("vi", "bộ đọc dòng của hoso không có AVX2", "gợi ý: dùng --engine auto"),
        ("en", "leaves hoso's own recogniser without AVX2", "hint: use --engine auto"),
    ] {
        let mut ocr = hoso_command();
        ocr.env("HOSO_KERNELS", "none").args(["--lang", lang, "ocr", "--engine", "own"]).arg(&page);
        let mut batch = hoso_command();
        batch.env("HOSO_KERNELS", "none").args(["--lang", lang, "batch", "run", "--engine", "own"]);
        batch.args(["--secrecy", "thuong", "--archive"]).arg(&desk.archive).arg(&desk.batch);
        for command in [&mut ocr, &mut batch] {
            let said = run(command).expect(1);
            assert!(said.err.contains(message) && said.err.contains(hint), "{}", said.all());
            assert!(said.out.is_empty(), "{}", said.all());
        }
    }
    assert!(desk.spooled().is_empty(), "nothing was begun");
}

#[test]
#[allow(clippy::disallowed_methods, reason = "scratch files")]
fn a_damaged_model_is_named() {
    let desk = Desk::new();
    let page = desk.page("HS-1/trang 1.png", WORDS);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vie.traineddata");
    let whole = std::fs::read(format!("{}/vie.traineddata", models())).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let name = file.to_str().unwrap();
    for (lang, message, hint) in [
        ("vi", format!("{name} bị hỏng hoặc không phải mô hình"), "gợi ý: cài lại mô hình: apt-get install"),
        ("en", format!("{name} is damaged or no model"), "hint: install it anew: apt-get install"),
    ] {
        for engine in ["auto", "own", "tesseract"] {
            let mut command = hoso_command();
            command.env("TESSDATA_PREFIX", folder.path()).args(["--lang", lang, "ocr", "--engine", engine]);
            let said = run(command.arg(&page)).expect(1);
            assert!(said.err.contains(&message) && said.err.contains(hint), "{}", said.all());
            assert!(said.out.is_empty(), "{}", said.all());
        }
        let mut doctor = hoso_command();
        doctor.env("TESSDATA_PREFIX", folder.path()).args(["--lang", lang, "doctor"]);
        let said = run(&mut doctor).expect(1);
        assert!(said.out.contains(&message) && said.out.contains("--reinstall"), "{}", said.all());
    }
}

/// How many pages are read at a time changes no byte of what is kept of them.
#[test]
#[allow(clippy::disallowed_methods, reason = "what was written is read")]
fn the_number_of_workers_changes_no_byte() {
    let desk = Desk::new();
    for (number, words) in
        [WORDS, "Biên bản hỏi cung", "Kết luận giám định", "Cáo trạng số 34"].iter().enumerate()
    {
        desk.page(&format!("HS-1/trang {number}.png"), words);
        desk.page(&format!("HS-2/trang {number}.png"), &format!("{words}\nngày 12 tháng {number} năm 2024"));
    }
    let altos = |workers: &str| {
        let archive = desk.path(&format!("kho {workers}"));
        init(&archive);
        let mut command = hoso_command();
        command.args(["batch", "run", "--secrecy", "thuong", "--workers", workers, "--archive"]);
        run(command.arg(&archive).arg(&desk.batch)).expect(0);
        let files =
            files_below(&archive).into_iter().filter(|path| path.extension().is_some_and(|e| e == "xml"));
        let named = files.map(|path| (path.file_name().unwrap().to_owned(), std::fs::read(&path).unwrap()));
        let is_alto = |bytes: &[u8]| bytes.windows(5).any(|w| w == b"<alto");
        let mut altos: Vec<_> = named.filter(|(_, bytes)| is_alto(bytes)).collect();
        altos.sort();
        altos
    };
    let (one, two) = (altos("1"), altos("2"));
    assert!(one.len() >= 8, "{}", one.len());
    assert!(one == two);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "scratch files")]
fn own_is_refused_for_a_model_with_fractions() {
    let desk = Desk::new();
    let page = desk.page("HS-1/trang 1.png", WORDS);
    let mut bytes = std::fs::read(format!("{}/vie.traineddata", models())).unwrap();
    // How the first matrix is written, behind the numbers and the name of its layer: 1 says int8.
    let at = bytes.windows(8).position(|w| w == b"\x04\0\0\0Tanh").unwrap() + 8;
    let name = u32::from_le_bytes(bytes[at + 18..at + 22].try_into().unwrap()) as usize;
    bytes[at + 22 + name] &= !1;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("vie.traineddata"), bytes).unwrap();
    for (lang, message, kind, hint) in [
        ("vi", "bộ đọc dòng của hoso không đọc được mô hình vie", "số thực", "gợi ý: dùng --engine auto"),
        ("en", "does not read the model of the language \"vie\"", "float model", "hint: use --engine auto"),
    ] {
        let mut command = hoso_command();
        command.env("TESSDATA_PREFIX", folder.path()).args(["--lang", lang, "ocr", "--engine", "own"]);
        let said = run(command.arg(&page)).expect(1);
        assert!(said.err.contains(message) && said.err.contains(kind), "{}", said.all());
        assert!(said.err.contains(hint) && said.out.is_empty(), "{}", said.all());
    }
}
