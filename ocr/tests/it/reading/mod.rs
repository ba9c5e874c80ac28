//! Pages read with the real recogniser. Pictures are made by ImageMagick; the text on them is the truth.
#![allow(clippy::disallowed_methods, reason = "ImageMagick makes the pictures")]

mod bad;
mod marks;
mod noise;
mod sheets;
mod textures;
mod tired;
mod witness;

use crate::provided::program;
use native::{Limits, PageRaster, Pool, WorkerConfig};
use ocr::{OcrConfig, PageReading, read_page};
use record::{FindingKind, PageOutcome, PageSize, PxBox, Turn};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::OnceLock;
use vitext::cer::{Level, cer};

/// One pool for all tests. The worker is built beside this test's own program.
fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| {
        let own = std::env::current_exe().expect("a test has a program");
        let dirs: Vec<PathBuf> = own.ancestors().skip(1).take(3).map(PathBuf::from).collect();
        let mut config =
            WorkerConfig::find(&dirs, &[], &[], "vie").expect("cargo build -p native builds hoso-worker");
        config.limits = Limits::default();
        Pool::start(config, 2).expect("the pool starts")
    })
}

const TEXT: &str = "Căn cứ các Điều 36, 39 và 179 Bộ luật Tố tụng hình sự năm 2015\n\
Căn cứ Quyết định khởi tố vụ án hình sự về tội Trộm cắp tài sản\n\
Sau khi xem xét toàn bộ hồ sơ, lời khai của những người làm chứng\n\
và các vật chứng đã thu giữ, Viện kiểm sát nhân dân nhận định\n\
hành vi của bị can là nguy hiểm cho xã hội, xâm phạm quyền sở hữu\n\
tài sản của công dân, gây mất trật tự an toàn tại địa phương\n\
Yêu cầu cơ quan điều tra làm rõ nguồn gốc số tiền 15.000.000 đồng";

/// An A4 page drawn by `convert` at `dpi`; `draw` holds further arguments.
fn picture(dpi: u32, channels: u8, draw: &[&str]) -> PageRaster {
    let (width_px, height_px) = (dpi * 827 / 100, dpi * 1169 / 100);
    let output = program("convert")
        .args(["-size", &format!("{width_px}x{height_px}"), "xc:white", "-density", &dpi.to_string()])
        .args(["-font", "Liberation-Serif", "-pointsize", "13", "-fill", "rgb(20,20,24)"])
        .args(draw)
        .args(["-depth", "8", if channels == 3 { "rgb:-" } else { "gray:-" }])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    PageRaster::from_pixels(PageSize { width_px, height_px, dpi }, channels, false, output.stdout)
}

fn read(raster: &PageRaster) -> PageReading {
    read_page(pool(), raster, &OcrConfig::default()).expect("the recogniser is there")
}

fn error_rate(reading: &PageReading) -> f64 {
    let body = reading.outcome.text().map(|t| t.body()).unwrap_or_default();
    cer(TEXT, &body, Level::Exact).rate()
}

fn kinds(reading: &PageReading) -> Vec<FindingKind> {
    reading.findings.iter().map(|f| f.kind).collect()
}

#[test]
fn text_under_a_red_seal_is_read() {
    // two rings and a bar of red ink, laid over the print as ink lies: both darken the paper
    let red = "rgb(228,11,15)";
    let mut draw =
        vec!["-annotate", "+300+800", TEXT, "(", "-size", "2481x3507", "xc:white", "-fill", "none"];
    draw.extend(["-stroke", red, "-strokewidth", "12", "-draw", "circle 900,950 900,740"]);
    draw.extend(["-draw", "circle 900,950 900,830 line 700,950 1100,950", ")"]);
    draw.extend(["-compose", "multiply", "-composite"]);
    let reading = read(&picture(300, 3, &draw));
    assert_eq!(reading.recipe.channel, ocr::Channel::Red);
    assert!(error_rate(&reading) <= 0.02, "{} {}", error_rate(&reading), reading.recipe);
}

#[test]
fn boxes_lie_over_the_ink_at_every_working_size() {
    for dpi in [200, 300, 400] {
        let at = format!("+{}+{}", dpi, dpi * 2);
        let raster = picture(dpi, 1, &["-annotate", &at, TEXT]);
        let reading = read(&raster);
        let text = reading.outcome.text().expect("text");
        let word = text.words().next().expect("words");
        assert_eq!(word.text, "Căn");
        // the ink's own box, from the pixels
        let width = raster.size.width_px;
        let reach = (word.bbox.left.saturating_sub(20), word.bbox.right + 4);
        let rows = word.bbox.top.saturating_sub(30)..word.bbox.bottom + 12;
        let ink = rows.flat_map(|y| (reach.0..reach.1).map(move |x| (x, y)));
        let ink: Vec<_> = ink.filter(|&(x, y)| raster.pixels()[(y * width + x) as usize] < 128).collect();
        let left = ink.iter().map(|p| p.0).min().expect("ink");
        let top = ink.iter().map(|p| p.1).min().expect("ink");
        let near = dpi / 40;
        assert!(word.bbox.left.abs_diff(left) <= near, "{dpi}: {:?} {left}", word.bbox);
        assert!(word.bbox.top.abs_diff(top) <= near, "{dpi}: {:?} {top}", word.bbox);
    }
}

#[test]
fn an_empty_page_is_blank() {
    let reading = read(&picture(300, 3, &[]));
    assert!(matches!(reading.outcome, PageOutcome::Blank(_)));
    assert_eq!(kinds(&reading), [FindingKind::BlankPage]);
}

#[test]
fn a_ghost_of_the_seal_is_nearly_blank() {
    let ghost = ["-fill", "none", "-stroke", "rgb(251,178,195)", "-strokewidth", "14", "-draw"];
    let mut draw = ghost.to_vec();
    draw.push("circle 900,1950 900,1740");
    let reading = read(&picture(300, 3, &draw));
    assert!(matches!(reading.outcome, PageOutcome::Blank(_)));
    assert_eq!(kinds(&reading), [FindingKind::NearBlankPage]);
}

#[test]
fn a_black_page_and_black_bars_are_not_blank() {
    let bars = "rectangle 0,0 2480,700 rectangle 0,1200 2480,2100 rectangle 0,2600 2480,3508";
    for draw in ["rectangle 0,0 2480,3508", bars] {
        let reading = read(&picture(300, 1, &["-fill", "black", "-draw", draw]));
        assert!(!matches!(reading.outcome, PageOutcome::Blank(_)), "{draw}: {:?}", reading.outcome.code());
        assert!(!reading.findings.is_empty(), "{draw}");
    }
}

#[test]
fn noise_texture_and_scrawl_give_no_words() {
    let page = "rectangle 0,0 827,1169";
    let scrawl: String = (0..60)
        .map(|i| {
            let (x, y) = (60 + i * 97 % 640, 80 + i * 53 % 1000);
            format!("bezier {x},{y} {},{} {},{} {},{y} ", x + 30, y - 25, x + 12, y + 30, x + 60)
        })
        .collect();
    let noise = |kind| vec!["-seed", "7", "-attenuate", "3", "+noise", kind];
    let woven = |tile| vec!["-tile", tile, "-draw", page];
    let strokes = vec!["-fill", "none", "-stroke", "black", "-strokewidth", "2", "-draw", &scrawl];
    let blobs = vec!["-seed", "5", "+noise", "Random", "-blur", "0x4", "-normalize"];
    for draw in [noise("Gaussian"), noise("Impulse"), blobs, woven("pattern:gray20"), strokes] {
        let reading = read(&picture(100, 1, &draw));
        let words = reading.outcome.text().map(|t| t.words().filter(|w| w.confidence >= 60).count());
        assert!(words.is_none_or(|sure| sure == 0), "{draw:?}: {words:?} {}", reading.recipe);
        assert!(!reading.findings.is_empty(), "{draw:?}");
    }
}

#[test]
fn a_page_with_one_line_is_not_blank() {
    for text in ["Trang này để trống", "12"] {
        let reading = read(&picture(300, 1, &["-annotate", "+1100+1500", text]));
        let body = reading.outcome.text().map(|t| t.body()).unwrap_or_default();
        assert_eq!(body, text, "{:?}", reading.outcome.code());
    }
}

#[test]
fn a_pale_page_yields_its_text() {
    // a quarter of the contrast is left
    let draw = ["-annotate", "+200+400", TEXT, "-blur", "0x1.2", "+level", "60%,84%"];
    let reading = read(&picture(200, 1, &draw));
    assert!(error_rate(&reading) <= 0.03, "{} {}", error_rate(&reading), reading.recipe);
}

#[test]
fn the_folio_stamp_is_a_mark_and_not_in_the_body() {
    for (stamp, label) in [("BL 45", "45"), ("Bút lục số 127a", "127a")] {
        let draw = [
            "-annotate",
            "+300+800",
            TEXT,
            "-fill",
            "rgb(43,62,158)",
            "-font",
            "Liberation-Sans-Bold",
            "-pointsize",
            "14",
            "-annotate",
            "+1900+130",
            stamp,
        ];
        let reading = read(&picture(300, 3, &draw));
        let folio = reading.folio.as_ref().expect(stamp);
        assert_eq!(folio.label, label);
        let text = reading.outcome.text().expect("text");
        assert!(text.blocks.iter().any(|b| b.kind.is_mark() && b.bbox.left > 1800));
        assert!(error_rate(&reading) <= 0.02, "{}", text.body());
    }
}

#[test]
fn a_bare_number_in_the_corner_is_no_folio() {
    let reading = read(&picture(300, 3, &["-annotate", "+300+800", TEXT, "-annotate", "+2200+130", "45"]));
    assert_eq!(reading.folio, None);
}

/// The same page as the paper lies on the glass, without a word of metadata.
fn lying(degrees: &str, dpi: u32, channels: u8, draw: &[&str]) -> PageRaster {
    let (width_px, height_px) = (dpi * 827 / 100, dpi * 1169 / 100);
    let output = program("convert")
        .args(["-size", &format!("{width_px}x{height_px}"), "xc:white", "-density", &dpi.to_string()])
        .args(["-font", "Liberation-Serif", "-pointsize", "13", "-fill", "rgb(20,20,24)"])
        .args(draw)
        .args(["-rotate", degrees, "-depth", "8", if channels == 3 { "rgb:-" } else { "gray:-" }])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    let sideways = degrees != "180";
    let (width_px, height_px) = if sideways { (height_px, width_px) } else { (width_px, height_px) };
    PageRaster::from_pixels(PageSize { width_px, height_px, dpi }, channels, false, output.stdout)
}

#[test]
fn a_turned_page_is_read_as_the_upright_one_and_its_boxes_lie_over_the_ink() {
    let draw = ["-annotate", "+300+900", TEXT];
    let upright = read(&picture(300, 1, &draw));
    assert_eq!((upright.recipe.turn, error_rate(&upright)), (Turn::Upright, 0.0));
    for (fed, turn) in [("90", Turn::Left), ("180", Turn::Half), ("270", Turn::Right)] {
        let raster = lying(fed, 300, 1, &draw);
        let reading = read(&raster);
        let text = reading.outcome.text().expect("text");
        assert_eq!((reading.recipe.turn, text.turn, text.size), (turn, turn, raster.size));
        assert_eq!(text.upright(), *upright.outcome.text().unwrap(), "{fed}");
        assert_eq!(kinds(&reading), [FindingKind::TurnedPage]);
        assert_eq!(reading.findings[0].detail, format!("{}°", turn.degrees()));
        // around the first word: its ink is inside the box, and beyond the box there is none on the side of the margin
        let word = text.words().next().expect("words");
        assert_eq!(word.text, "Căn");
        let dark = |b: PxBox| {
            let width = raster.size.width_px;
            let inside = (b.top..b.bottom).flat_map(|y| (b.left..b.right).map(move |x| y * width + x));
            inside.filter(|&at| raster.pixels()[at as usize] < 128).count()
        };
        assert!(dark(word.bbox) > 200, "{fed}: {:?}", word.bbox);
        let margin =
            turn.back().bbox(PxBox { left: 0, top: 0, right: 290, bottom: 3507 }, turn.size(raster.size));
        assert_eq!(dark(margin), 0, "{fed}");
    }
}

#[test]
fn a_stamp_on_a_page_fed_head_first_is_found() {
    let draw = ["-annotate", "+300+800", TEXT, "-fill", "rgb(43,62,158)", "-font", "Liberation-Sans-Bold"];
    let draw = [&draw[..], &["-pointsize", "14", "-annotate", "+1900+130", "BL 45"]].concat();
    let reading = read(&lying("180", 300, 3, &draw));
    assert_eq!(reading.folio.map(|f| f.label).as_deref(), Some("45"));
    let mark = reading.outcome.text().unwrap().blocks.iter().find(|b| b.kind.is_mark());
    let at = mark.expect("the stamp is a mark").bbox;
    // the top right corner lies at the bottom left
    assert!(at.right < 700 && at.top > 3200, "{at:?}");
}

#[test]
fn what_does_not_read_better_turned_stays_as_it_lies() {
    let title = ["-gravity", "center", "-pointsize", "40", "-annotate", "+0+0", "HỒ SƠ VỤ ÁN"];
    let columns = "12\n307\n45\n8\n119\n63\n27\n540\n31\n76\n9\n218\n64\n5\n83\n402\n17\n36\n91\n250";
    let figures = [
        "-annotate",
        "+400+500",
        columns,
        "-annotate",
        "+1000+500",
        columns,
        "-annotate",
        "+1600+500",
        columns,
    ];
    let foreign = ["-annotate", "+300+900", "Xqwzrt fjk vbnmw zxq\nwrtjk qzxwv jfkwq"];
    let rings = ["-fill", "none", "-stroke", "black", "-strokewidth", "9", "-draw", "circle 900,950 900,600"];
    for draw in [&title[..], &figures[..], &foreign[..], &rings[..]] {
        let reading = read(&picture(300, 1, draw));
        assert_eq!(reading.recipe.turn, Turn::Upright, "{draw:?}");
        assert!(!kinds(&reading).contains(&FindingKind::TurnedPage));
    }
}
