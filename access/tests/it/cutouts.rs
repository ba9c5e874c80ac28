//! The lines that hold a hit, cut out of the page's picture: compared with what ImageMagick and poppler cut out of the file received, at
//! the place that the sealed ALTO names, and with what the generator printed there.

use crate::archive::{
    copy, files, flip, jpeg_page, made, object_of_case, pdf_page, sha256, stored_as, volumes,
};
use crate::client::{Answer, Visitor, send, server, server_of};
use crate::provided::program;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Words that every page with print has some of.
const EVERYWHERE: &str = "của HOẶC ngày HOẶC người HOẶC tại HOẶC có";

/// A picture of lines as the list of hits names it.
struct Strip {
    src: String,
    alt: String,
    /// Its pixels, by the frames drawn over it.
    size: (u32, u32),
    /// Left, top, width, height of each frame.
    frames: Vec<[u32; 4]>,
}

impl Strip {
    fn case(&self) -> &str {
        self.src.split('/').nth(2).unwrap()
    }
    fn page(&self) -> u32 {
        self.src.split('/').nth(4).unwrap().parse().unwrap()
    }
    /// First and last line, from 1.
    fn lines(&self) -> (usize, usize) {
        let lines = self.src.split('/').nth(6).unwrap().split('?').next().unwrap();
        let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
        (first.parse().unwrap(), last.parse().unwrap())
    }
}

fn value(html: &str, name: &str) -> String {
    let found = html.split(&format!(" {name}=\"")).nth(1).unwrap_or_else(|| panic!("{name}: {html}"));
    let escaped =
        [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    let text = found.split('"').next().unwrap().to_owned();
    escaped.iter().fold(text, |text, (code, letter)| text.replace(code, letter))
}

fn strips(html: &str) -> Vec<Strip> {
    let figures = html.split("<figure class=\"cutout\">").skip(1);
    let strip = |figure: &str| {
        let figure = figure.split("</figure>").next().unwrap();
        assert_eq!(value(figure, "loading"), "lazy");
        let size: Vec<u32> = value(figure, "viewBox").split(' ').map(|n| n.parse().unwrap()).collect();
        let frame = |rect: &str| ["x", "y", "width", "height"].map(|name| value(rect, name).parse().unwrap());
        let frames = figure.split("<rect").skip(1).map(frame).collect();
        Strip { src: value(figure, "src"), alt: value(figure, "alt"), size: (size[2], size[3]), frames }
    };
    figures.map(strip).collect()
}

/// The sealed text of a page as it lies in the archive.
fn alto_of(root: &Path, code: &str, page: u32) -> PathBuf {
    let mut texts = files(&object_of_case(root, code));
    texts.retain(|path| path.to_string_lossy().contains("/metadata/ocr/"));
    texts.sort();
    texts[page as usize - 1].clone()
}

/// Left, top, right, bottom and the words of each line of an ALTO file.
fn lines_of(alto: &str) -> Vec<([u32; 4], Vec<String>)> {
    let line = |text: &str| {
        let line = text.split("</TextLine>").next().unwrap();
        let [x, y, w, h] =
            ["HPOS", "VPOS", "WIDTH", "HEIGHT"].map(|name| value(line, name).parse::<u32>().unwrap());
        let words = line.split("<String").skip(1).map(|word| value(word, "CONTENT"));
        ([x, y, x + w, y + h], words.collect())
    };
    alto.split("<TextLine").skip(1).map(line).collect()
}

fn run(name: &str, args: &[&str]) -> String {
    let done = program(name).args(args).output().unwrap();
    assert!(done.status.success(), "{name} {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// A part of a page of a received file, by a program that is not ours.
fn cropped(file: &Path, page_idx: u32, dpi: u32, at: (u32, u32), size: (u32, u32), to: &Path) {
    let ((x, y), (w, h)) = (at, size);
    let (source, target) = (file.to_str().unwrap(), to.to_str().unwrap());
    if source.ends_with(".pdf") {
        let [page, dpi, x, y, w, h] = [page_idx + 1, dpi, x, y, w, h].map(|n| n.to_string());
        let place = ["-r", &dpi, "-f", &page, "-l", &page, "-x", &x, "-y", &y, "-W", &w, "-H", &h];
        let target = target.strip_suffix(".png").unwrap();
        run("pdftoppm", &[&place[..], &["-singlefile", "-png", source, target]].concat());
    } else {
        let page = format!("{source}[{page_idx}]");
        let part = format!("{w}x{h}+{x}+{y}");
        run("convert", &[&page, "-auto-orient", "-crop", &part, "+repage", target]);
    }
}

/// Mean difference of two pictures a little blurred, 0 to 255: programs draw edges a little apart.
fn difference(one: &Path, other: &Path) -> f64 {
    let [one, other] = [one, other].map(|path| path.to_str().unwrap());
    let blurred = ["-colorspace", "Gray", "-blur", "0x3", "-compose", "difference", "-composite"];
    let told =
        run("convert", &[&[one, other], &blurred[..], &["-format", "%[fx:255*mean]", "info:"]].concat());
    told.parse().unwrap()
}

fn is_picture(answer: &Answer) {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(answer.header("x-hoso-seal"), Some("good"));
    assert_eq!(answer.header("x-hoso-sha256"), Some(sha256(&answer.body).as_str()));
}

#[test]
fn the_lines_of_a_hit_are_shown_as_they_stand_on_the_page() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let strips = strips(&visitor.search(EVERYWHERE).text());
    assert!(strips.len() >= 5, "nearly every page has them: {}", strips.len());
    let folder = tempfile::tempdir().unwrap();
    let [found, same, other] = ["found.jpg", "same.png", "other.png"].map(|name| folder.path().join(name));
    let mut kinds = BTreeSet::new();
    for strip in &strips {
        let answer = visitor.get(&strip.src);
        is_picture(&answer);
        std::fs::write(&found, &answer.body).unwrap();
        let (width, height) = strip.size;
        let told = run("identify", &["-format", "%m %wx%h", found.to_str().unwrap()]);
        assert_eq!(told, format!("JPEG {width}x{height}"), "{}", strip.src);

        let alto = std::fs::read_to_string(alto_of(&made().root, strip.case(), strip.page())).unwrap();
        assert!(strip.src.ends_with(&format!("?van-ban={}", sha256(alto.as_bytes()))));
        let (first, last) = strip.lines();
        let lines = &lines_of(&alto)[first - 1..last];
        let words: Vec<&str> = lines.iter().flat_map(|(_, words)| words).map(String::as_str).collect();
        assert_eq!(strip.alt, words.join(" "));
        let side = |at: usize| lines.iter().map(move |(line, _)| line[at]);
        let (left, top) = (side(0).min().unwrap(), side(1).min().unwrap());
        let (right, bottom) = (side(2).max().unwrap(), side(3).max().unwrap());
        // As much paper on each side of the lines.
        let air = (height - (bottom - top)) / 2;
        assert!((1..60).contains(&air), "{}", strip.src);
        assert_eq!((width, height), (right - left + 2 * air, bottom - top + 2 * air), "{}", strip.src);
        let at = (left - air, top - air);

        let mut pages = made().truth.pages();
        let page = pages.find(|p| p.case == strip.case() && p.page == strip.page()).unwrap();
        let file = made().batch.join(&page.file);
        kinds.insert(file.extension().unwrap().to_string_lossy().into_owned());
        cropped(&file, page.page_idx, page.dpi, at, strip.size, &same);
        let beside = if at.1 >= height { at.1 - height } else { at.1 + height };
        cropped(&file, page.page_idx, page.dpi, (at.0, beside), strip.size, &other);
        let (to_same, to_other) = (difference(&found, &same), difference(&found, &other));
        assert!(to_same < 3.0 && to_other > 5.0 * to_same, "{}: {to_same:.2}, {to_other:.2}", strip.src);

        // What was printed in that place: the line that the generator put there, with room for the engine's own idea of its edges.
        let printed = page.lines.iter().filter(|line| {
            let [l, t, r, b] = line.bbox;
            ((t + b) / 2) > top && ((t + b) / 2) < bottom && l < right && r > left
        });
        let printed: Vec<_> = printed.flat_map(|line| &line.words).map(|word| word.text.as_str()).collect();
        let read = printed.iter().filter(|word| words.contains(word)).count();
        assert!(2 * read >= words.len(), "{}: printed {printed:?}, read {words:?}", strip.src);

        assert!(!strip.frames.is_empty(), "{}", strip.src);
        for [x, y, w, h] in &strip.frames {
            assert!(x + w <= width && y + h <= height && *w > 8 && *h > 8, "{}", strip.src);
            let part = format!("{w}x{h}+{x}+{y}");
            let args = [found.to_str().unwrap(), "-crop", &part, "-colorspace", "Gray", "-threshold", "50%"];
            let paper = run("convert", &[&args[..], &["-format", "%[fx:mean]", "info:"]].concat());
            let ink = 1.0 - paper.parse::<f64>().unwrap();
            assert!((0.03..0.7).contains(&ink), "{}: share of ink in a frame {ink:.3}", strip.src);
        }
    }
    assert!(kinds.contains("jpg") && kinds.contains("pdf"), "{kinds:?}");
}

#[test]
fn only_lines_that_are_there_are_given_and_only_to_who_may_see_them() {
    let all = server();
    let mut visitor = Visitor::logged_in(&all);
    let strips = strips(&visitor.search(EVERYWHERE).text());
    let strip = strips.first().unwrap();
    let (path, text) = strip.src.split_once("?van-ban=").unwrap();
    let (page, line) = path.rsplit_once('/').unwrap();
    is_picture(&visitor.get(&strip.src));
    let wrong = ["0", "1-4", "2-1", "01", "+1", "1-1", "x", "-", "99999", "4294967296", "1.5"];
    let mut missing: Vec<String> = wrong.iter().map(|line| format!("{page}/{line}?van-ban={text}")).collect();
    missing.push(format!("{page}/{line}"));
    missing.push(format!("{page}/{line}?van-ban="));
    missing.push(format!("{page}/{line}?van-ban={}", "0".repeat(64)));
    missing.push(format!("/ho-so/{}/trang/99/dong/1?van-ban={text}", strip.case()));
    missing.push(format!("/ho-so/KHONG-CO/trang/1/dong/1?van-ban={text}"));
    let body = |answer: Answer, of: &str| {
        assert_eq!((answer.status, answer.header("x-hoso-proof")), (404, None), "{of}");
        answer.text()
    };
    let nothing = body(visitor.get("/ho-so/KHONG-CO/trang/1/anh"), "no such case file");
    for path in &missing {
        assert_eq!(body(visitor.get(path), path), nothing, "{path}");
    }
    let some = server_of(&made().root, Some(&["Đơn vị không có hồ sơ nào"]));
    assert_eq!(body(Visitor::logged_in(&some).get(&strip.src), "another unit's"), nothing);
    let stranger = send(all.address, "GET", &strip.src, &[("sec-fetch-dest", "image")], "");
    assert_eq!((stranger.status, stranger.header("x-hoso-proof")), (401, None));
}

#[test]
fn what_differs_from_the_seal_is_cut_out_as_little_as_it_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let root = copy(folder.path());
    let server = server_of(&root, None);
    let mut visitor = Visitor::logged_in(&server);
    let of = |html: &str, code: &str, page: u32| {
        strips(html).into_iter().find(|strip| strip.case() == code && strip.page() == page)
    };
    let html = visitor.search(EVERYWHERE).text();
    for (code, page, received) in [jpeg_page(), pdf_page()] {
        let strip = of(&html, &code, page).expect("the page has a hit");
        is_picture(&visitor.get(&strip.src));
        flip(&stored_as(&root, &received));
        let answer = visitor.get(&strip.src);
        assert_eq!((answer.status, answer.header("x-hoso-seal")), (409, Some("broken")));
        assert!(answer.body.is_empty(), "no picture");
        // Nobody is shown a deviating line: who asks what is wrong looks at the page.
        let asked = visitor.get(&format!("{}&sai-lech=1", strip.src));
        assert_eq!((asked.status, asked.body.is_empty()), (409, true));
    }
    // The text alone is changed: where the lines lie is not known any more.
    let (code, page, _) = jpeg_page();
    let strip = of(&html, &code, page).unwrap();
    let fresh = copy(&folder.path().join("other"));
    flip(&alto_of(&fresh, &code, page));
    let server = server_of(&fresh, None);
    let mut visitor = Visitor::logged_in(&server);
    let answer = visitor.get(&strip.src);
    assert_eq!((answer.status, answer.header("content-type")), (409, Some("text/plain; charset=utf-8")));
    let html = visitor.search(EVERYWHERE).text();
    assert!(of(&html, &code, page).is_none(), "a hit without text has no lines");
    assert!(!strips(&html).is_empty() && html.contains("Không trích văn bản"), "{html}");
}

#[test]
fn lines_of_a_page_in_a_volume_are_shown_too() {
    let server = server_of(volumes(), None);
    let mut visitor = Visitor::logged_in(&server);
    let strips = strips(&visitor.search(EVERYWHERE).text());
    let pages: BTreeSet<u32> = strips.iter().map(Strip::page).collect();
    assert!(pages.len() >= 2, "a volume for each page: {pages:?}");
    for strip in strips {
        is_picture(&visitor.get(&strip.src));
    }
}
