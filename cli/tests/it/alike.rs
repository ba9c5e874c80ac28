//! A searchable PDF looks like what was received: as poppler shows it, pixel for pixel. Where the two differ is written to
//! `target/differences`, to be looked at.

use crate::provided;
use crate::support::{hoso_command, run, tool};
use std::path::{Path, PathBuf};

/// Root mean square of the differences, of 1. JPEG and Group 4 differ in nothing at all; colours of a PNG by rounding.
const MOST_IN_ALL: f64 = 0.002;
/// The worst of squares of eight pixels; a word that is gone makes 0.29.
const MOST_ANYWHERE: f64 = 0.01;

/// A page at 100 dpi with print, a red seal and blue figures.
fn page(to: &Path, more: &[&str]) {
    let mut args =
        vec!["-size", "827x1169", "xc:rgb(250,247,238)", "-density", "100", "-units", "PixelsPerInch"];
    args.extend(["-font", "Liberation-Serif", "-pointsize", "13", "-fill", "rgb(12,10,19)"]);
    args.extend(["-annotate", "+90+120", "VIỆN KIỂM SÁT NHÂN DÂN KHU VỰC 7", "-annotate", "+90+220"]);
    args.extend(["Căn cứ Điều 41 và Điều 239 của Bộ luật Tố tụng hình sự;", "-annotate", "+90+260"]);
    args.extend(["Xét thấy có đủ căn cứ xác định hành vi của bị can", "-fill", "rgb(24,42,148)"]);
    args.extend([
        "-annotate",
        "+420+120",
        "128",
        "-fill",
        "none",
        "-stroke",
        "rgb(228,11,15)",
        "-strokewidth",
        "3",
    ]);
    args.extend(["-draw", "circle 600,800 660,800", "-stroke", "none", "-fill", "black"]);
    args.extend(more.iter().copied());
    args.push(to.to_str().unwrap());
    tool("convert", args);
}

/// How far the PDF of `received` is from it: in all, and where it is worst.
fn differences(received: &Path, work: &Path) -> (f64, f64) {
    let name = received.file_name().unwrap().to_str().unwrap();
    let (pdf, shown, wanted) = (work.join("ra.pdf"), work.join("shown.png"), work.join("wanted.png"));
    let mut command = hoso_command();
    let said = run(command.args(["ocr", "--format", "pdf", "--out"]).arg(&pdf).arg(received));
    assert!(matches!(said.exit, 0 | 3), "{name}: {}", said.all());
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    tool(
        "convert",
        [text(received), "-auto-orient".into(), "-colorspace".into(), "sRGB".into(), text(&wanted)],
    );
    let size = tool("identify", ["-format", "%w %h", &text(&wanted)]);
    let (width, height) = size.trim().split_once(' ').unwrap();
    let stem = text(&shown.with_extension(""));
    let (pdf, shown) = (text(&pdf), text(&shown));
    tool("pdftocairo", ["-png", "-singlefile", "-scale-to-x", width, "-scale-to-y", height, &pdf, &stem]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/differences");
    std::fs::create_dir_all(&folder).unwrap();
    let difference = text(&folder.join(format!("{name}.png")));
    let both =
        [&text(&wanted), &shown, "-compose", "difference", "-composite", "-colorspace", "Gray", &difference];
    tool("convert", both);
    let of = |how: &[&str]| {
        let args = [&[difference.as_str()], how, &["info:"]].concat();
        tool("convert", args).trim().parse::<f64>().unwrap()
    };
    let in_all = of(&["-evaluate", "Pow", "2", "-format", "%[fx:sqrt(mean)]"]);
    (in_all, of(&["-scale", "12.5%", "-format", "%[fx:maxima]"]))
}

#[test]
fn searchable_pdfs_look_like_what_was_received() {
    let dir = tempfile::tempdir().unwrap();
    let mut received: Vec<PathBuf> = Vec::new();
    let kinds: [(&str, &[&str]); 5] = [
        ("mau.jpg", &["-quality", "80"]),
        ("xam.jpg", &["-colorspace", "Gray", "-quality", "60"]),
        ("mau.png", &[]),
        ("den-trang.tif", &["-colorspace", "Gray", "-threshold", "60%", "-compress", "Group4"]),
        ("nam-ngang.tif", &["-rotate", "90", "-orient", "RightTop", "-compress", "LZW"]),
    ];
    for (name, how) in kinds {
        received.push(dir.path().join(name));
        page(received.last().unwrap(), how);
    }
    for photo in ["Portrait_3.jpg", "Portrait_6.jpg", "Portrait_8.jpg"] {
        received.push(provided::sample(&format!("images/exif/{photo}")));
    }
    for one in &received {
        let (in_all, anywhere) = differences(one, dir.path());
        assert!(in_all <= MOST_IN_ALL, "{}: {in_all} in all", one.display());
        assert!(anywhere <= MOST_ANYWHERE, "{}: {anywhere} somewhere", one.display());
    }
    // the measure sees one word that is gone
    let (whole, without) = (dir.path().join("mau.png"), dir.path().join("gone.png"));
    let erased = ["-fill", "rgb(250,247,238)", "-draw", "rectangle 80,245 140,265"].map(str::to_owned);
    let mut args = vec![whole.to_str().unwrap().to_owned()];
    args.extend(erased);
    args.push(without.to_str().unwrap().to_owned());
    tool("convert", args);
    let (whole, without) = (whole.to_str().unwrap(), without.to_str().unwrap());
    let args =
        [whole, without, "-compose", "difference", "-composite", "-colorspace", "Gray", "-scale", "12.5%"];
    let worst = tool("convert", [&args[..], &["-format", "%[fx:maxima]", "info:"]].concat());
    assert!(worst.trim().parse::<f64>().unwrap() > MOST_ANYWHERE, "{worst}");
}
