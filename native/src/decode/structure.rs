//! Whether a PDF page is nothing but one picture, told from how the page is built. What Pdfium does not tell (masks, decode
//! arrays, clipping) a second reader of the same file in safe Rust does, so that the page need not be drawn to see it.
//!
//! In any doubt it is not: a page is taken only where every word of it is known to change nothing, and where both readers mean the
//! same bytes. The second reader mends broken files by looking through all of them, in a time that grows with the square of their size, and cannot
//! be stopped: it works on a thread of its own, for which nobody waits longer than [`PATIENCE`].

use hayro_syntax::content::UntypedIter;
use hayro_syntax::object::{Dict, Name, Stream};
use hayro_syntax::{Pdf, PdfData};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Longest wait for an answer; one takes a thousandth of it.
const PATIENCE: Duration = Duration::from_secs(3);
/// Whether an answer was waited for in vain.
static IS_OVERRUN: AtomicBool = AtomicBool::new(false);

/// Content that says more than "this picture here" is longer. It is bounded before it is unpacked.
const MOST_CONTENT_BYTES: usize = 4096;
/// Entries of a page that paint nothing and change nothing (ISO 32000-1, table 30). Annotations are drawn apart.
const OF_A_PAGE: [&str; 20] = [
    "Type",
    "Parent",
    "Resources",
    "Contents",
    "MediaBox",
    "CropBox",
    "TrimBox",
    "BleedBox",
    "ArtBox",
    "Rotate",
    "Annots",
    "Metadata",
    "LastModified",
    "PieceInfo",
    "StructParents",
    "Tabs",
    "ID",
    "Thumb",
    "Dur",
    "B",
];
/// … of its resources (table 33). Without colour spaces of its own "DeviceRGB" is what it says (8.6.5.6).
const OF_RESOURCES: [&str; 2] = ["XObject", "ProcSet"];
/// All names in a picture's dictionary, of entries and of values (tables 89, 5, 8 and 11): no mask, no decode array, no optional
/// content, no colour transform.
const OF_A_PICTURE: [&str; 31] = [
    "Type",
    "XObject",
    "Subtype",
    "Image",
    "Width",
    "Height",
    "ColorSpace",
    "DeviceGray",
    "DeviceRGB",
    "BitsPerComponent",
    "Filter",
    "DCTDecode",
    "FlateDecode",
    "LZWDecode",
    "CCITTFaxDecode",
    "DecodeParms",
    "Predictor",
    "Colors",
    "Columns",
    "Rows",
    "K",
    "BlackIs1",
    "EncodedByteAlign",
    "EndOfBlock",
    "EndOfLine",
    "EarlyChange",
    "Length",
    "Name",
    "Interpolate",
    "Intent",
    "Metadata",
];

/// A file that is read a second time, by a thread that answers one question after the other.
pub(super) struct Structure {
    /// `None` once it did not answer in time.
    questions: RefCell<Option<Sender<Question>>>,
    answers: Receiver<Option<Plain>>,
}

/// What is asked of a page.
struct Question {
    page_idx: u32,
    pages: u32,
    stream: Vec<u8>,
}

/// Whether a thread of this process may still be busy with a file that nobody waits for any more.
pub(super) fn is_overrun() -> bool {
    IS_OVERRUN.load(Ordering::Relaxed)
}

/// The bytes of a file, shared.
struct Bytes(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

/// What a page shows when it shows nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plain {
    /// Samples a pixel: 1 is grey, 3 RGB.
    pub(super) colors: u8,
    /// Pixels of each row, where its one filter, if that is Flate, holds rows as PNG has them, 8 bits a sample.
    pub(super) png_columns: Option<u32>,
}

impl Structure {
    /// Begins to read the cross-reference table and the page tree; `None` without a thread for it.
    pub(super) fn of(bytes: &Arc<dyn AsRef<[u8]> + Send + Sync>) -> Option<Self> {
        let bytes = PdfData::from(Arc::new(Bytes(Arc::clone(bytes))));
        let (questions, asked) = channel();
        let (answer, answers) = channel();
        let work = move || {
            let file = catch_unwind(AssertUnwindSafe(|| Pdf::new(bytes))).ok().and_then(Result::ok).map(File);
            for question in asked {
                let only = file.as_ref().map(|file| AssertUnwindSafe(|| file.only_picture(&question)));
                let only = only.and_then(|only| catch_unwind(only).unwrap_or(None));
                if answer.send(only).is_err() {
                    return;
                }
            }
        };
        // as much as a program's first thread has
        std::thread::Builder::new().name("structure".into()).stack_size(8 << 20).spawn(work).ok()?;
        Some(Self { questions: RefCell::new(Some(questions)), answers })
    }

    /// What a page of a file of `pages` pages is painted with, where that is one picture with this stream and nothing beside,
    /// before or over it; `None` in any doubt, and where the second reader itself fails on the file or takes too long: then the page
    /// is drawn.
    pub(super) fn only_picture(&self, page_idx: u32, pages: u32, stream: &[u8]) -> Option<Plain> {
        let question = Question { page_idx, pages, stream: stream.to_vec() };
        self.questions.borrow().as_ref()?.send(question).ok()?;
        self.answers.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            *self.questions.borrow_mut() = None;
            IS_OVERRUN.store(true, Ordering::Relaxed);
            None
        })
    }
}

/// The file as the second reader holds it.
struct File(Pdf);

impl File {
    fn only_picture(&self, Question { page_idx, pages, stream }: &Question) -> Option<Plain> {
        let all = self.0.pages();
        if all.len() != *pages as usize {
            return None;
        }
        let page = all.get(*page_idx as usize)?.raw();
        let resources: Dict<'_> = page.get("Resources")?;
        if !has_only(page, &OF_A_PAGE) || !has_only(&resources, &OF_RESOURCES) {
            return None;
        }
        let content: Stream<'_> = page.get("Contents")?;
        if content.raw_data().len() > MOST_CONTENT_BYTES {
            return None;
        }
        // A chain of filters unpacks without bound.
        if content.filters().len() > 1 {
            return None;
        }
        let content = content.decoded_data().ok()?;
        let name = painted_alone(&content)?;
        let picture: Stream<'_> = resources.get::<Dict<'_>>("XObject")?.get(&*name)?;
        let dict = picture.dict();
        let is =
            |key: &str, value: &str| dict.get::<Name<'_>>(key).is_some_and(|name| name.as_str() == value);
        // Parameters may lie in another object; those of a JPEG change its colours.
        let told_elsewhere = stream.starts_with(&[0xFF, 0xD8]) && dict.contains_key("DecodeParms");
        if told_elsewhere
            || !says_only(dict.data(), &name, &OF_A_PICTURE)
            || !is("Subtype", "Image")
            || *picture.raw_data() != **stream
        {
            return None;
        }
        // Pictures of two or four bits come from some Pdfiums as numbers of a palette.
        let bits: Option<i32> = dict.get("BitsPerComponent");
        let colors = match (is("ColorSpace", "DeviceGray"), is("ColorSpace", "DeviceRGB"), bits) {
            (true, _, Some(1 | 8)) => 1,
            (_, true, Some(8)) => 3,
            _ => return None,
        };
        let png_columns =
            (bits == Some(8) && picture.filters().len() == 1).then(|| png_columns(dict, colors));
        Some(Plain { colors, png_columns: png_columns.flatten() })
    }
}

/// Pixels of a row, where the parameters of a picture's filter say that each row names its own predictor (ISO 32000-1, tables 8 and 10)
/// and of rows what the picture says.
fn png_columns(picture: &Dict<'_>, colors: u8) -> Option<u32> {
    let parameters: Dict<'_> = picture.get("DecodeParms")?;
    let says = |key: &str| parameters.get::<i32>(key);
    let columns = says("Columns")?;
    let is_png = (10..=15).contains(&says("Predictor")?)
        && says("Colors").unwrap_or(1) == i32::from(colors)
        && says("BitsPerComponent").unwrap_or(8) == 8
        && picture.get("Width") == Some(columns);
    is_png.then(|| u32::try_from(columns).ok()).flatten()
}

fn has_only(dict: &Dict<'_>, known: &[&str]) -> bool {
    dict.keys().all(|key| known.contains(&key.as_str()))
}

/// Whether every name in the bytes of a dictionary is known, or `own`: what one reader passes over in a damaged one the other may
/// take.
fn says_only(bytes: &[u8], own: &[u8], known: &[&str]) -> bool {
    let is_regular = |b: &u8| !b.is_ascii_whitespace() && !b"\0/<>[](){}%".contains(b);
    let names = bytes.split(|b| *b == b'/').skip(1);
    let mut names = names.map(|rest| rest.split(|b| !is_regular(b)).next().unwrap_or_default());
    names.all(|name| name == own || known.iter().any(|known| known.as_bytes() == name))
}

/// The name of the one object that content paints, when it does nothing but move (`cm`), keep and restore its state besides.
fn painted_alone(content: &[u8]) -> Option<Vec<u8>> {
    let mut painted: Option<Vec<u8>> = None;
    let mut instructions = UntypedIter::new(content);
    while let Some(instruction) = instructions.next() {
        match &**instruction.operator {
            b"q" | b"Q" | b"cm" => {}
            b"Do" if painted.is_none() => {
                let name = instruction.operands().next()?.clone().into_name()?;
                painted = Some(name.as_ref().to_vec());
            }
            _ => return None,
        }
    }
    painted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of one page; each part is the whole dictionary but for what is the same in all.
    fn file(page: &str, resources: &str, content: &str, picture: &str) -> Arc<dyn AsRef<[u8]> + Send + Sync> {
        let objects = [
            "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
            "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
            format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>{resources}>>{page}>>"
            ),
            format!("<</Length {}>>stream\n{content}\nendstream", content.len()),
            format!(
                "<</Subtype/Image/Width 4/Height 4/BitsPerComponent 8/Filter/DCTDecode/Length 4{picture}>>stream\nscan\nendstream"
            ),
        ];
        let (mut out, mut places) = ("%PDF-1.7\n".to_owned(), String::new());
        for (n, object) in objects.iter().enumerate() {
            places += &format!("{:010} 00000 n \n", out.len());
            out += &format!("{} 0 obj{object}endobj\n", n + 1);
        }
        let start = out.len();
        out += &format!(
            "xref\n0 6\n0000000000 65535 f \n{places}trailer<</Root 1 0 R/Size 6>>\nstartxref\n{start}\n%%EOF"
        );
        Arc::new(out.into_bytes())
    }

    #[test]
    fn only_a_page_that_is_built_of_one_picture_is_taken() {
        let only = |page: &str, resources: &str, content: &str, picture: &str| {
            Structure::of(&file(page, resources, content, picture)).unwrap().only_picture(0, 1, b"scan")
        };
        let (shown, rgb) = ("q 9 0 0 9 0 0 cm /I Do Q", "/ColorSpace/DeviceRGB");
        let plain = |colors| Some(Plain { colors, png_columns: None });
        assert_eq!(only("", "", shown, rgb), plain(3));
        assert_eq!(only("/Rotate 90/Annots[]", "/ProcSet[/PDF]", shown, "/ColorSpace/DeviceGray"), plain(1));
        for (page, resources, content, picture) in [
            ("/Group<</S/Transparency>>", "", shown, rgb),
            ("/UserUnit 2", "", shown, rgb),
            ("", "/ColorSpace<</DefaultRGB 5 0 R>>", shown, rgb),
            ("", "/ExtGState<<>>", shown, rgb),
            ("", "", "0 0 4 4 re W n /I Do", rgb),
            ("", "", "/J Do", rgb),
            ("", "", shown, "/ColorSpace[/ICCBased 4 0 R]"),
            ("", "", shown, "/ColorSpace/DeviceRGB/BitsPerComponent 4"),
            ("", "", shown, "/ColorSpace/DeviceRGB/SMask 4 0 R"),
            ("", "", shown, "/ColorSpace/DeviceRGB/Decode[1 0 1 0 1 0]"),
            ("", "", shown, "/ColorSpace/DeviceRGB/DecodeParms<</ColorTransform 0>>"),
            ("", "", shown, ""),
        ] {
            assert_eq!(
                only(page, resources, content, picture),
                None,
                "{page} {resources} {content} {picture}"
            );
        }
        let structure = Structure::of(&file("", "", shown, rgb)).unwrap();
        let asked = [(0, 1, b"scam".as_slice()), (1, 1, b"scan"), (0, 2, b"scan")];
        assert!(
            asked.iter().all(|(page, pages, stream)| structure.only_picture(*page, *pages, stream).is_none())
        );
        let long = format!("q {} /I Do Q", " ".repeat(MOST_CONTENT_BYTES));
        assert_eq!(only("", "", &long, rgb), None);
    }

    #[test]
    fn rows_are_those_of_png_only_where_all_says_so() {
        let columns = |picture: &str| {
            let file = file("", "", "q 9 0 0 9 0 0 cm /I Do Q", &format!("/ColorSpace/DeviceRGB{picture}"));
            Structure::of(&file).unwrap().only_picture(0, 1, b"scan").unwrap().png_columns
        };
        let png = "/Predictor 15/Colors 3/BitsPerComponent 8/Columns 4";
        assert_eq!(columns(&format!("/DecodeParms<<{png}>>")), Some(4));
        for other in [
            "",
            "/DecodeParms<<>>",
            "/DecodeParms<</Predictor 2/Colors 3/Columns 4>>",
            "/DecodeParms<</Predictor 15/Columns 4>>",
            "/DecodeParms<</Predictor 15/Colors 3/Columns 5>>",
            "/DecodeParms<</Predictor 15/Colors 3/Columns 4/BitsPerComponent 4>>",
        ] {
            assert_eq!(columns(other), None, "{other}");
        }
    }

    /// Every object begins with a text that does not end before the file does.
    #[test]
    fn a_file_that_takes_for_ever_is_not_waited_for() {
        let hostile: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(b"1 0 obj ( ".repeat(120_000));
        let begun = std::time::Instant::now();
        let structure = Structure::of(&hostile).unwrap();
        assert_eq!(structure.only_picture(0, 1, b"scan"), None);
        assert!(begun.elapsed() >= PATIENCE && is_overrun(), "it was waited for");
        assert_eq!(structure.only_picture(0, 1, b"scan"), None);
        assert!(begun.elapsed() < 2 * PATIENCE, "{:?}", begun.elapsed());
    }

    #[test]
    fn a_picture_with_a_word_that_is_not_known_is_none() {
        let says = |dict: &str| says_only(dict.as_bytes(), b"Im0", &OF_A_PICTURE);
        assert!(says(
            "<</Type/XObject /Name/Im0 /Subtype\n/Image/Width 4 /Length 5 0 R/ColorSpace/DeviceRGB/Filter[/DCTDecode]>>"
        ));
        for other in [
            "/SMask 4 0 R",
            "/Mask[0 1]",
            "/Decode[1 0]",
            "/ImageMask true",
            "/OC 4 0 R",
            "/S#4dask 4 0 R",
            "/Name/Im1",
        ] {
            assert!(!says(&format!("<</Type/XObject {other}/Width 4>>")), "{other}");
        }
    }

    #[test]
    fn content_that_does_more_than_paint_is_none() {
        let painted = |content: &str| painted_alone(content.as_bytes());
        let name = Some(b"Im0".to_vec());
        assert_eq!(painted("q 595 0 0 842 0 0 cm /Im0 Do Q"), name);
        assert_eq!(painted("q\n1 0 0 1 0 0 cm q 595 0 0 842 0 0 cm % scan\n/Im0 Do\nQ Q\n"), name);
        for other in [
            "",
            "q Q",
            "/Im0 Do /Im0 Do",
            "/Im0 Do /Im1 Do",
            "0 0 100 100 re W n /Im0 Do",
            "/GS0 gs /Im0 Do",
            "/Im0 Do 0 0 5 5 re f",
            "/OC /MC0 BDC /Im0 Do EMC",
            "BI /W 1 /H 1 /CS /G /BPC 8 ID x EI /Im0 Do",
            "/Im0 Do BT ET",
            "1 0 0 rg /Im0 Do",
            "Do",
            "(Im0) Do",
        ] {
            assert_eq!(painted(other), None, "{other}");
        }
    }
}
