//! Units in, words out.

use crate::model_bytes;
use recogniser::{LineReading, Model, Outcome, Path, Recogniser, Unit, Unusable};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

struct Image {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Image {
    fn named(name: &str) -> Image {
        let file = std::fs::File::open(format!("{FOLDER}/{name}.png")).expect("an image of the golden set");
        let mut decoder = png::Decoder::new(std::io::BufReader::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("small")];
        let info = reader.next_frame(&mut pixels).expect("a whole PNG");
        Image { width: info.width, height: info.height, pixels }
    }

    fn unit(&self) -> Unit<'_> {
        let Image { width, height, pixels } = self;
        Unit { width: *width, height: *height, stride: *width as usize, pixels }
    }
}

fn recogniser(path: Path) -> Recogniser {
    let model = Model::parse(&model_bytes("vie")).expect("a fast model");
    Recogniser::new(model, path).expect("the path asked for")
}

/// Every path, each of which this processor has to have if it says that it has the instructions.
fn paths() -> Vec<Path> {
    let flags = std::fs::read_to_string("/proc/cpuinfo").expect("Linux tells what the processor has");
    let flags = flags.lines().find(|line| line.starts_with("flags")).expect("an x86-64 processor");
    let has = |wanted: &[&str]| wanted.iter().all(|flag| flags.split_whitespace().any(|has| has == *flag));
    assert!(has(&["avx2", "fma"]), "these tests need a processor with AVX2 and FMA");
    let mut paths = vec![Path::Scalar, Path::Avx2, Path::Auto];
    if has(&["avx512f", "avx512bw", "avx512_vnni"]) {
        paths.push(Path::Avx512Vnni);
    } else {
        println!("not tested: this processor has no AVX-512 VNNI");
    }
    paths
}

fn text(line: &LineReading) -> String {
    line.words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_line_becomes_words_with_places() {
    let image = Image::named("whole-line");
    let recogniser = recogniser(Path::Auto);
    let line = &recogniser.read(&[image.unit()])[0];
    // What is printed there, from the generator's truth.
    assert_eq!(text(line), "51.058.000 đồng và đề nghị xử lý theo quy định của pháp luật. Võ Thế Hải");
    let Outcome::Read { mean_certainty, min_certainty } = line.outcome else { panic!("{:?}", line.outcome) };
    assert!(min_certainty <= mean_certainty && mean_certainty < 0.0);
    let mut right = 0.0;
    for word in &line.words {
        assert!(word.confidence > 50.0 && word.confidence <= 100.0, "{word:?}");
        assert!(word.left >= right - 7.0 && word.left < word.right && word.right <= image.width as f32);
        right = word.right;
        let joined: String = word.chars.iter().map(|c| c.text.as_str()).collect();
        assert_eq!(joined, word.text);
        for char in &word.chars {
            assert!(char.left >= word.left && char.left < char.right && char.right <= word.right);
        }
    }
}

/// Clean print has no runners-up worth a thousandth; a doubtful line has, and they become other words.
#[test]
fn doubtful_characters_have_runners_up_and_doubtful_words_others() {
    let recogniser = recogniser(Path::Auto);
    let (mut characters, mut words) = (0, 0);
    for name in ["worn-200-03", "typewriter-200-05", "height-012", "height-009"] {
        for word in &recogniser.read(&[Image::named(name).unit()])[0].words {
            for char in &word.chars {
                let others = &char.alternatives;
                assert!(others.len() <= 4, "{char:?}");
                assert!(others.iter().all(|(t, p)| *t != char.text && *p > 0.0 && *p <= 1.0), "{char:?}");
                assert!(others.is_sorted_by(|a, b| a.1 >= b.1), "{char:?}");
                characters += usize::from(!others.is_empty());
            }
            let others = word.alternatives(0.05);
            assert!(others.iter().all(|(text, p)| *text != word.text && *p >= 0.05 && *p <= 1.0), "{word:?}");
            assert!(others.is_sorted_by(|a, b| a.1 >= b.1), "{word:?}");
            words += others.len();
        }
    }
    assert!(characters >= 10 && words >= 3, "{characters} characters, {words} words");
}

#[test]
fn a_window_into_a_page_reads_as_the_cut_line() {
    let image = Image::named("whole-line");
    let (width, height) = (image.width as usize + 100, image.height as usize + 60);
    let mut page = vec![200u8; width * height];
    for (y, row) in image.pixels.chunks_exact(image.width as usize).enumerate() {
        page[(y + 20) * width + 30..][..row.len()].copy_from_slice(row);
    }
    let window = Unit { stride: width, pixels: &page[20 * width + 30..], ..image.unit() };
    let recogniser = recogniser(Path::Auto);
    let readings = recogniser.read(&[image.unit(), window]);
    assert_eq!(readings[0], readings[1]);
}

#[test]
fn all_paths_read_the_same() {
    let images: Vec<Image> =
        ["clean-300-00", "worn-200-03", "typewriter-200-05", "height-012", "noise"].map(Image::named).into();
    let units: Vec<Unit<'_>> = images.iter().map(Image::unit).collect();
    let plain = recogniser(Path::Scalar);
    assert_eq!(plain.path(), "scalar");
    let truth: Vec<String> = plain.read(&units).iter().map(text).collect();
    for path in paths() {
        let recogniser = recogniser(path);
        let texts: Vec<String> = recogniser.read(&units).iter().map(text).collect();
        assert_eq!(texts, truth, "{}", recogniser.path());
    }
}

#[test]
fn what_is_no_line_says_why() {
    let pixels = vec![128u8; 4000 * 40];
    let unit = |width, height, stride| Unit { width, height, stride, pixels: &pixels };
    let units = [
        (unit(0, 40, 0), Unusable::Empty),
        (unit(40, 0, 40), Unusable::Empty),
        (unit(40, 40, 39), Unusable::PixelsMissing),
        (unit(4001, 40, 4001), Unusable::PixelsMissing),
        (unit(u32::MAX, u32::MAX, usize::MAX), Unusable::PixelsMissing),
        (unit(4000, 5, 4000), Unusable::TooFlat),
        (unit(2, 40, 4000), Unusable::TooNarrow),
        (unit(80, 1801, 80), Unusable::TooLarge),
        (unit(16_000, 6, 16_000), Unusable::TooLarge),
    ];
    let readings = recogniser(Path::Auto).read(&units.map(|(unit, _)| unit));
    for (reading, (unit, why)) in readings.iter().zip(units) {
        assert_eq!(reading.outcome, Outcome::Unusable(why), "{} x {}", unit.width, unit.height);
        assert!(reading.words.is_empty());
    }
    assert!(recogniser(Path::Auto).read(&[]).is_empty());
}

#[test]
fn empty_paper_holds_no_words() {
    let nothing =
        LineReading { words: Vec::new(), outcome: Outcome::Read { mean_certainty: 0.0, min_certainty: 0.0 } };
    // Grey that trembles by three shades at most is no ink.
    let trembling = |from: u8| (0..30_000 * 40u32).map(move |i| from + (i * 7 % 4) as u8).collect();
    let sheets: [Vec<u8>; 4] = [vec![255; 30_000 * 40], vec![0; 30_000 * 40], trembling(240), trembling(100)];
    for path in paths() {
        let recogniser = recogniser(path);
        for (pixels, width) in sheets.iter().flat_map(|pixels| [(pixels, 30_000), (pixels, 60), (pixels, 4)])
        {
            let unit = Unit { width, height: 40, stride: 30_000, pixels };
            assert!(unit.is_blank());
            assert_eq!(
                recogniser.read(&[unit]),
                std::slice::from_ref(&nothing),
                "{width} from {}",
                pixels[0]
            );
        }
    }
    let mut faint = sheets[2].clone();
    *faint.last_mut().expect("pixels") = 239;
    let faint = Unit { width: 30_000, height: 40, stride: 30_000, pixels: &faint };
    assert!(!faint.is_blank() && Unit { width: 29_999, ..faint }.is_blank());
    assert!(!Unit { width: 0, ..faint }.is_blank() && !Unit { height: 41, ..faint }.is_blank());
}

#[test]
fn a_line_of_thirty_thousand_pixels_holds_many_words() {
    let recogniser = recogniser(Path::Auto);
    // The same line over and over.
    let image = Image::named("clean-300-00");
    let width = image.width as usize;
    let times = 30_000_usize.div_ceil(width);
    let long: Vec<u8> = image.pixels.chunks_exact(width).flat_map(|row| row.repeat(times)).collect();
    let unit = Unit {
        width: image.width * times as u32,
        height: image.height,
        stride: width * times,
        pixels: &long,
    };
    let once = recogniser.read(&[image.unit()])[0].words.len();
    assert!(recogniser.read(&[unit])[0].words.len() > times / 2 * once);
}

#[test]
fn light_letters_on_a_dark_ground_are_refused_and_their_negative_is_read() {
    let recogniser = recogniser(Path::Auto);
    for name in ["whole-line", "clean-300-00", "worn-200-03", "typewriter-200-05"] {
        let image = Image::named(name);
        let negative: Vec<u8> = image.pixels.iter().map(|v| 255 - v).collect();
        let light = Unit { pixels: &negative, ..image.unit() };
        assert!(light.is_light_on_dark() && !image.unit().is_light_on_dark(), "{name}");
        let reading = &recogniser.read(&[light])[0];
        assert_eq!(reading.outcome, Outcome::Unusable(Unusable::LightOnDark), "{name}");
        assert!(matches!(recogniser.read(&[image.unit()])[0].outcome, Outcome::Read { .. }), "{name}");
    }
}

#[test]
fn many_units_are_read_in_batches_that_change_nothing() {
    let image = Image::named("clean-300-01");
    let recogniser = recogniser(Path::Auto);
    let alone = &recogniser.read(&[image.unit()])[0];
    let many = vec![image.unit(); 300];
    assert!(recogniser.read(&many).iter().all(|reading| reading == alone));
}

#[test]
fn order_and_size_of_batches_change_nothing() {
    let names = [
        "whole-line",
        "height-012",
        "clean-300-00",
        "narrow-12",
        "worn-200-03",
        "fragment",
        "typewriter-200-05",
        "noise",
        "height-288",
        "inverted",
        "stripes",
        "narrow-01",
    ];
    let images = names.map(Image::named);
    let units: Vec<Unit<'_>> = images.iter().map(Image::unit).collect();
    for path in paths().into_iter().filter(|path| !matches!(path, Path::Scalar | Path::Auto)) {
        let recogniser = recogniser(path);
        let alone: Vec<LineReading> = units.iter().map(|unit| recogniser.read(&[*unit]).remove(0)).collect();
        assert!(alone.iter().filter(|reading| !reading.words.is_empty()).count() >= 6);
        // Ten times over, which is more than is computed at once; in steps of 5 or 7 through the twelve they come in another order.
        for (stride, size) in [(1, 1), (1, 5), (5, 2), (5, 120), (7, 3), (7, 61), (11, 12), (11, 120)] {
            let order: Vec<usize> = (0..120).map(|n| n * stride % names.len()).collect();
            for batch in order.chunks(size) {
                let together: Vec<Unit<'_>> = batch.iter().map(|at| units[*at]).collect();
                for (at, reading) in batch.iter().zip(recogniser.read(&together)) {
                    assert!(reading == alone[*at], "{} in batches of {size}, every {stride}", names[*at]);
                }
            }
        }
    }
}

#[test]
fn blacklisted_characters_are_never_read() {
    let image = Image::named("whole-line");
    let mut recogniser = recogniser(Path::Auto);
    let before = text(&recogniser.read(&[image.unit()])[0]);
    let some: String = before.chars().filter(|c| c.is_alphabetic()).take(3).collect();
    recogniser.set_blacklist(&some);
    let after = text(&recogniser.read(&[image.unit()])[0]);
    assert!(!after.is_empty() && !after.contains(|c| some.contains(c)), "{after}");
    recogniser.set_blacklist("");
    assert_eq!(text(&recogniser.read(&[image.unit()])[0]), before);
}

#[test]
fn threads_share_one_recogniser() {
    let images: Vec<Image> = ["clean-300-02", "worn-200-01", "typewriter-200-00"].map(Image::named).into();
    let units: Vec<Unit<'_>> = images.iter().map(Image::unit).collect();
    let recogniser = recogniser(Path::Auto);
    let alone = recogniser.read(&units);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| recogniser.read(&units))).collect();
        for thread in threads {
            assert_eq!(thread.join().expect("no panic"), alone);
        }
    });
}
