//! Tesseract: one model per language, loaded at first use and kept; one picture at a time.
//!
//! `tesseract-rs` owns the handle; recognition with a deadline and the questions it does not put to the iterator
//! are our own declarations of Tesseract's C interface (`capi.h`, stable since 3.02), two more are put in C++ (`layout.cpp`).

use crate::layout::Layout;
use crate::own::{self, Words};
use native::wire::{Answer, EngineChoice, Failure, Hello, Kernels, ReadBlock, ReadLine, ReadWord, Reader};
use native::{GreyView, ModelFault, NotOwn};
use recogniser::{MAX_MODEL_BYTES, ModelError, Recogniser};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tesseract_rs::{PageIterator, ResultIterator, TessPageIteratorLevel as Level, TesseractAPI};
use unicode_normalization::UnicodeNormalization;

// `tesseract-rs` links the library; these are more of its functions.
unsafe extern "C" {
    fn TessBaseAPIRecognize(handle: *mut c_void, monitor: *mut c_void) -> c_int;
    fn TessBaseAPISetPageSegMode(handle: *mut c_void, mode: c_int);
    fn TessMonitorCreate() -> *mut c_void;
    fn TessMonitorDelete(monitor: *mut c_void);
    fn TessMonitorSetDeadlineMSecs(monitor: *mut c_void, deadline: c_int);
    fn TessResultIteratorGetPageIterator(iterator: *mut c_void) -> *mut c_void;
    fn TessPageIteratorIsAtBeginningOf(iterator: *const c_void, level: c_int) -> c_int;
    fn TessPageIteratorOrientation(
        iterator: *const c_void,
        orientation: *mut c_int,
        writing_direction: *mut c_int,
        line_order: *mut c_int,
        deskew_angle: *mut f32,
    );
    fn TessPageIteratorBaseline(
        iterator: *const c_void,
        level: c_int,
        x1: *mut c_int,
        y1: *mut c_int,
        x2: *mut c_int,
        y2: *mut c_int,
    ) -> c_int;
}

// `layout.cpp`
#[link(name = "hoso_layout", kind = "static")]
#[link(name = "stdc++")]
unsafe extern "C" {
    fn hoso_row_heights(iterator: *const c_void, row: *mut f32, descenders: *mut f32, ascenders: *mut f32);
}

// Leptonica, which `libtesseract` is linked with.
#[link(name = "lept")]
unsafe extern "C" {
    fn setMsgSeverity(severity: c_int) -> c_int;
    fn getLeptonicaVersion() -> *mut c_char;
    fn lept_free(memory: *mut c_void);
}

/// `L_SEVERITY_NONE`: Leptonica says nothing.
const SILENT: c_int = 6;
/// `OEM_LSTM_ONLY`.
const LSTM_ONLY: i32 = 1;
/// Page segmentation mode 7.
const ONE_LINE: u8 = 7;
/// `ORIENTATION_PAGE_UP`.
const PAGE_UP: c_int = 0;
/// `WRITING_DIRECTION_TOP_TO_BOTTOM`.
const TOP_TO_BOTTOM: c_int = 2;

pub(crate) struct Engine {
    tessdata: PathBuf,
    choice: EngineChoice,
    kernels: Kernels,
    /// Told once: digests of whole libraries take time.
    versions: Option<Answer>,
    loaded: BTreeMap<String, Model>,
    /// Made when it is first needed.
    layout: Option<Layout>,
}

pub(crate) struct Model {
    file: PathBuf,
    language: String,
    /// Of the bytes that were read from the file: what reads later reads with the same.
    sha256: [u8; 32],
    /// Made when it is first needed: our own recogniser reads lines in known places without it.
    api: Option<TesseractAPI>,
    /// Our own recogniser, or why it does not read.
    pub(crate) own: Result<Recogniser, NotOwn>,
    blacklist: String,
}

/// What was read of a picture.
pub(crate) struct Read {
    /// In reading order; for lines in known places one for each, of at most one line.
    pub(crate) blocks: Vec<ReadBlock>,
    /// Whether everything was reached in time.
    pub(crate) complete: bool,
    /// What read them, but for single lines that our own recogniser does not take.
    pub(crate) reader: Reader,
    /// The model they were read with.
    pub(crate) model_sha256: String,
}

impl Engine {
    pub(crate) fn new(tessdata: PathBuf, choice: EngineChoice, kernels: Kernels) -> Self {
        // SAFETY: sets one number; other threads of this program do not use Leptonica.
        unsafe { setMsgSeverity(SILENT) };
        Self { tessdata, choice, kernels, versions: None, loaded: BTreeMap::new(), layout: None }
    }

    /// Reads a page, or what `psm` says that the picture is, until `soft_ms` are over.
    pub(crate) fn recognise(
        &mut self,
        image: GreyView<'_>,
        language: &str,
        psm: u8,
        blacklist: &str,
        soft_ms: u32,
    ) -> Result<Read, Failure> {
        let end = Instant::now() + Duration::from_millis(soft_ms.into());
        let model = self.model(language)?;
        if own::unit(&[0, 0, image.width_px, image.height_px], &image).is_blank() {
            let reader = if model.own.is_ok() { Reader::Own } else { Reader::Tesseract };
            return Ok(model.read(Vec::new(), true, reader));
        }
        model.forbid(blacklist)?;
        let lines = if model.own.is_ok() { self.layout()?.lines(&image, psm)? } else { None };
        let model = self.model(language)?;
        if let (Ok(own), Some(lines)) = (&model.own, lines) {
            let areas = own::areas(&lines);
            let words = own::words(own, &image, &areas, &own::pieces(&lines), end);
            let (words, complete) = model.with_refused(words, image, &areas, end)?;
            return Ok(model.read(own::in_blocks(words, &lines, &image), complete, Reader::Own));
        }
        let (blocks, complete) = model.page(image, psm, end)?;
        Ok(model.read(blocks, complete, Reader::Tesseract))
    }

    /// Reads lines in known places until `soft_ms` are over.
    pub(crate) fn read_lines(
        &mut self,
        image: GreyView<'_>,
        areas: &[[u32; 4]],
        language: &str,
        blacklist: &str,
        soft_ms: u32,
    ) -> Result<Read, Failure> {
        let end = Instant::now() + Duration::from_millis(soft_ms.into());
        let model = self.model(language)?;
        model.forbid(blacklist)?;
        if let Ok(own) = &model.own {
            let words = own::words(own, &image, areas, &vec![&[][..]; areas.len()], end);
            let (words, complete) = model.with_refused(words, image, areas, end)?;
            return Ok(model.read(own::in_lines(words, areas), complete, Reader::Own));
        }
        let (blocks, complete) = model.lines(image, areas, end)?;
        Ok(model.read(blocks, complete, Reader::Tesseract))
    }

    pub(crate) fn layout(&mut self) -> Result<&Layout, Failure> {
        if self.layout.is_none() {
            self.layout = Some(Layout::new()?);
        }
        Ok(self.layout.as_ref().expect("it was just made"))
    }

    /// What is installed; an error where what shall read cannot.
    pub(crate) fn versions(&mut self, hello: &Hello) -> Result<Answer, Failure> {
        if let Some(known) = &self.versions {
            return Ok(known.clone());
        }
        let pdfium_sha256 = hello.pdfium.as_deref().map(sha256_of).transpose();
        let witness_sha256 = match self.model_file(native::WITNESS).is_file() {
            true => Some(hexadecimal(&self.model(native::WITNESS)?.sha256)),
            false => None,
        };
        let model = self.model(&hello.language)?;
        let model_sha256 = hexadecimal(&model.sha256);
        let own = match &model.own {
            Ok(own) => Ok(own.path().to_owned()),
            Err(why) => Err(why.clone()),
        };
        let versions = Answer::Versions {
            tesseract: TesseractAPI::version(),
            leptonica: leptonica_version(),
            pdfium_sha256: pdfium_sha256.map_err(|said| Failure::NoPdfium { said })?,
            model_sha256,
            witness_sha256,
            own,
        };
        self.versions = Some(versions.clone());
        Ok(versions)
    }

    fn model_file(&self, language: &str) -> PathBuf {
        self.tessdata.join(format!("{language}.traineddata"))
    }

    pub(crate) fn model(&mut self, language: &str) -> Result<&mut Model, Failure> {
        let failed = |fault| Failure::NoModel { language: language.to_owned(), fault };
        let plain = !language.is_empty() && language.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !plain {
            return Err(failed(ModelFault::NotAName));
        }
        if !self.loaded.contains_key(language) {
            let file = self.model_file(language);
            if !file.is_file() {
                return Err(failed(ModelFault::NotFound { searched: vec![self.tessdata.clone()] }));
            }
            let model = self.load(file, language)?;
            self.loaded.insert(language.to_owned(), model);
        }
        Ok(self.loaded.get_mut(language).expect("it was just put there"))
    }

    /// Reads a model with our own recogniser, if it shall and can; Tesseract reads it when it is first needed. Damage is an
    /// error whoever shall read: Tesseract takes what it can of such a file.
    fn load(&self, file: PathBuf, language: &str) -> Result<Model, Failure> {
        let no_model = |fault| Failure::NoModel { language: language.to_owned(), fault };
        let bytes = model_bytes(&file).map_err(no_model)?;
        let model = recogniser::Model::parse(&bytes);
        if let Err(why) = &model
            && why.is_damage()
        {
            return Err(no_model(ModelFault::Damaged { file, said: why.to_string() }));
        }
        let own = own::recogniser(model, language, self.choice, self.kernels);
        if let (Err(reason), EngineChoice::Own) = (&own, self.choice) {
            return Err(Failure::NotOwn { reason: reason.clone() });
        }
        let sha256 = match &own {
            Ok(own) => *own.model().sha256(),
            Err(_) => Sha256::digest(&bytes).into(),
        };
        let (language, blacklist) = (language.to_owned(), String::new());
        Ok(Model { file, language, sha256, api: None, own, blacklist })
    }
}

/// The bytes of a model's file; one that is longer than any model is not read.
fn model_bytes(file: &Path) -> Result<Vec<u8>, ModelFault> {
    let unreadable =
        |e: std::io::Error| ModelFault::Unreadable { file: file.to_owned(), said: e.to_string() };
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    let length = opened.metadata().map_err(unreadable)?.len();
    if length > MAX_MODEL_BYTES as u64 {
        let said = ModelError::TooLarge(length as usize).to_string();
        return Err(ModelFault::Damaged { file: file.to_owned(), said });
    }
    let mut bytes = Vec::with_capacity(length as usize);
    opened.take(MAX_MODEL_BYTES as u64).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn failed(said: String) -> Failure {
    Failure::Undecodable { said: format!("Tesseract: {said}") }
}

/// What was found in the place of one line, as one line.
fn one_line(blocks: Vec<ReadBlock>) -> ReadBlock {
    let mut lines = blocks.into_iter().flat_map(|block| block.lines);
    let Some(mut first) = lines.next() else { return ReadBlock { lines: Vec::new() } };
    first.words.extend(lines.flat_map(|line| line.words));
    ReadBlock { lines: vec![first] }
}

impl Model {
    fn read(&self, blocks: Vec<ReadBlock>, complete: bool, reader: Reader) -> Read {
        Read { blocks, complete, reader, model_sha256: hexadecimal(&self.sha256) }
    }

    /// The words of each area, those too that our own recogniser did not take; and whether all were read before `end`.
    fn with_refused(
        &mut self,
        words: Words,
        image: GreyView<'_>,
        areas: &[[u32; 4]],
        end: Instant,
    ) -> Result<(Vec<Vec<ReadWord>>, bool), Failure> {
        let Words { mut read, refused } = words;
        let mut complete = read.len() == areas.len();
        if !refused.is_empty() {
            let left: Vec<[u32; 4]> = refused.iter().map(|at| areas[*at]).collect();
            let (blocks, all) = self.lines(image, &left, end)?;
            complete &= all;
            for (at, block) in refused.into_iter().zip(blocks) {
                read[at] = block.lines.into_iter().flat_map(|line| line.words).collect();
            }
        }
        Ok((read, complete))
    }

    /// A picture read by Tesseract alone, and whether all of it was read before `end`.
    fn page(
        &mut self,
        image: GreyView<'_>,
        psm: u8,
        end: Instant,
    ) -> Result<(Vec<ReadBlock>, bool), Failure> {
        self.wake()?;
        let api = self.show(image, psm)?;
        let complete = recognise_within(api, ms_until(end));
        // No iterator means that there is nothing to walk over: an empty picture.
        let mut blocks = match api.get_iterator() {
            Ok(words) => walk(&words, &image).map_err(failed)?,
            Err(_) => Vec::new(),
        };
        api.clear().map_err(|e| failed(e.to_string()))?;
        let all = self.read_light_lines(&mut blocks, image, end)?;
        Ok((blocks, complete && all))
    }

    /// Reads lines of light letters on a dark ground once more, in a negative, and keeps what they said before where that says
    /// nothing. (Tesseract's own rule does so with every poor line.)
    fn read_light_lines(
        &mut self,
        blocks: &mut [ReadBlock],
        image: GreyView<'_>,
        end: Instant,
    ) -> Result<bool, Failure> {
        let is_light = |area: &[u32; 4]| own::unit(area, &image).is_light_on_dark();
        let lines = blocks.iter_mut().flat_map(|block| &mut block.lines);
        let light: Vec<(&mut ReadLine, [u32; 4])> =
            lines.map(|line| own::area_of(line, &image)).filter(|(_, area)| is_light(area)).collect();
        if light.is_empty() {
            return Ok(true);
        }
        let areas: Vec<[u32; 4]> = light.iter().map(|(_, area)| *area).collect();
        let (read, complete) = self.lines(image, &areas, end)?;
        for ((line, _), block) in light.into_iter().zip(read) {
            let words: Vec<ReadWord> = block.lines.into_iter().flat_map(|line| line.words).collect();
            if !words.is_empty() {
                line.words = words;
            }
        }
        Ok(complete)
    }

    /// Lines in known places read by Tesseract, one block of at most one line for each, and whether all were read before
    /// `end`. Blank ones hold no words; light letters on a dark ground are read in a negative.
    fn lines(
        &mut self,
        image: GreyView<'_>,
        areas: &[[u32; 4]],
        end: Instant,
    ) -> Result<(Vec<ReadBlock>, bool), Failure> {
        self.wake()?;
        let mut negative: Option<Vec<u8>> = None;
        // whether the picture before Tesseract is the negative
        let mut shown: Option<bool> = None;
        let (mut read, mut complete) = (Vec::with_capacity(areas.len()), true);
        for area @ &[left, top, right, bottom] in areas {
            let (unit, left_ms) = (own::unit(area, &image), ms_until(end));
            let mut words = Vec::new();
            if left_ms == 0 {
                complete = false;
            } else if !unit.is_blank() {
                let light = unit.is_light_on_dark();
                if shown != Some(light) {
                    let pixels = match light {
                        true => negative.get_or_insert_with(|| own::negative_of(&image)).as_slice(),
                        false => image.pixels,
                    };
                    self.show(GreyView { pixels, ..image }, ONE_LINE)?;
                    shown = Some(light);
                }
                let api = self.api.as_ref().expect("it was woken");
                let [x, y] = [left, top].map(|v| v as i32);
                // for a rectangle as wide as the picture Tesseract would look at other rows (`BestPix` takes it for the picture)
                let width = (right - left).min(image.width_px - 1).max(1);
                let [width, height] = [width, bottom - top].map(|v| v as i32);
                api.set_rectangle(x, y, width, height).map_err(|e| failed(e.to_string()))?;
                complete &= recognise_within(api, left_ms);
                if let Ok(found) = api.get_iterator() {
                    words = walk(&found, &image).map_err(failed)?;
                }
            }
            read.push(one_line(words));
        }
        let api = self.api.as_ref().expect("it was woken");
        api.clear().map_err(|e| failed(e.to_string()))?;
        Ok((read, complete))
    }

    /// Sets the characters that must not be read.
    fn forbid(&mut self, blacklist: &str) -> Result<(), Failure> {
        if self.blacklist != blacklist {
            if let Some(api) = &self.api {
                set(api, "tessedit_char_blacklist", blacklist).map_err(failed)?;
            }
            if let Ok(own) = &mut self.own {
                own.set_blacklist(blacklist);
            }
            self.blacklist = blacklist.to_owned();
        }
        Ok(())
    }

    /// Sees that Tesseract itself is there.
    pub(crate) fn wake(&mut self) -> Result<(), Failure> {
        if self.api.is_none() {
            let no_model = |fault| Failure::NoModel { language: self.language.clone(), fault };
            let file = || self.file.clone();
            let bytes = model_bytes(&self.file).map_err(no_model)?;
            if Sha256::digest(&bytes)[..] != self.sha256 {
                return Err(no_model(ModelFault::Replaced { file: file() }));
            }
            let api = tesseract(&bytes, &self.language)
                .map_err(|said| no_model(ModelFault::NotTaken { file: file(), said }))?;
            set(&api, "tessedit_char_blacklist", &self.blacklist).map_err(failed)?;
            self.api = Some(api);
        }
        Ok(())
    }

    /// Puts a picture before Tesseract, which has been woken.
    pub(crate) fn show(&self, image: GreyView<'_>, psm: u8) -> Result<&TesseractAPI, Failure> {
        let api = self.api.as_ref().expect("it was woken");
        show(api, image, psm)?;
        Ok(api)
    }
}

/// Puts a picture before Tesseract.
pub(crate) fn show(api: &TesseractAPI, image: GreyView<'_>, psm: u8) -> Result<(), Failure> {
    set_segmentation(api, psm);
    let (width, height) = (image.width_px as i32, image.height_px as i32);
    api.set_image(image.pixels, width, height, 1, width).map_err(|e| failed(e.to_string()))?;
    set_resolution(api, image.dpi)
}

/// After every picture: pixels carry no resolution. Tesseract takes 70 to 2400 for credible.
pub(crate) fn set_resolution(api: &TesseractAPI, dpi: u32) -> Result<(), Failure> {
    api.set_source_resolution(dpi.clamp(70, 2400) as i32).map_err(|e| failed(e.to_string()))
}

/// Tesseract with the bytes of a model, of which it keeps nothing.
pub(crate) fn tesseract(model: &[u8], language: &str) -> Result<TesseractAPI, String> {
    let api = TesseractAPI::new();
    api.init_5(model, model.len() as i32, language, LSTM_ONLY, &[]).map_err(|e| e.to_string())?;
    // Its remarks ("Detected 12 diacritics") are of no use here.
    set(&api, "debug_file", "/dev/null")?;
    // A second pass over lines of low confidence, in case they are white on black: same text, more time.
    set(&api, "tessedit_do_invert", "0")?;
    Ok(api)
}

pub(crate) fn set(api: &TesseractAPI, name: &str, value: &str) -> Result<(), String> {
    api.set_variable(name, value).map_err(|e| format!("{name}: {e}"))
}

fn ms_until(end: Instant) -> u32 {
    end.saturating_duration_since(Instant::now()).as_millis().try_into().unwrap_or(u32::MAX)
}

pub(crate) fn raw(api: &TesseractAPI) -> *mut c_void {
    *api.handle.lock().expect("no thread panicked while holding Tesseract")
}

/// Our own declaration, for the wrapper's enumeration stands between a number and Tesseract's.
pub(crate) fn set_segmentation(api: &TesseractAPI, psm: u8) {
    // SAFETY: the handle is alive as long as `api`; the mode is one of `Segmentation`'s numbers.
    unsafe { TessBaseAPISetPageSegMode(raw(api), c_int::from(psm)) };
}

/// Whether everything was recognised. When the time is up between two words, the rest is left out and the words
/// so far can be walked over.
pub(crate) fn recognise_within(api: &TesseractAPI, soft_ms: u32) -> bool {
    // SAFETY: no conditions.
    let monitor = unsafe { TessMonitorCreate() };
    let soft_ms = c_int::try_from(soft_ms).unwrap_or(c_int::MAX);
    // SAFETY: `monitor` was just created.
    unsafe { TessMonitorSetDeadlineMSecs(monitor, soft_ms) };
    // SAFETY: the handle is alive as long as `api`, has a model and a picture; the monitor outlives the call.
    let code = unsafe { TessBaseAPIRecognize(raw(api), monitor) };
    // SAFETY: created above, deleted once, and Tesseract keeps no pointer to it.
    unsafe { TessMonitorDelete(monitor) };
    code == 0
}

/// All words with their blocks and lines; what is only white space is left out, and lines and blocks of nothing
/// else with it.
pub(crate) fn walk(words: &ResultIterator, image: &GreyView<'_>) -> Result<Vec<ReadBlock>, String> {
    let mut blocks: Vec<ReadBlock> = Vec::new();
    let mut row = Row::default();
    loop {
        if is_at_beginning_of(words, Level::RIL_BLOCK) || blocks.is_empty() {
            blocks.push(ReadBlock { lines: Vec::new() });
        }
        let block = blocks.last_mut().expect("a block was opened first");
        if is_at_beginning_of(words, Level::RIL_TEXTLINE) || block.lines.is_empty() {
            row = Row::at(page_iterator(words), Level::RIL_TEXTLINE);
            block.lines.push(ReadLine { baseline: (0, 0), words: Vec::new() });
        }
        let line = block.lines.last_mut().expect("a line was opened first");
        line.words.extend(word(words, image));
        line.baseline = row.baseline_under(&line.words, image.height_px);
        if !words.next(Level::RIL_WORD).map_err(|e| e.to_string())? {
            break;
        }
    }
    for block in &mut blocks {
        block.lines.retain(|line| !line.words.is_empty());
    }
    blocks.retain(|block| !block.lines.is_empty());
    Ok(blocks)
}

fn word(words: &ResultIterator, image: &GreyView<'_>) -> Option<ReadWord> {
    // A word of an empty picture has neither text nor box.
    let text: String = words.get_utf8_text(Level::RIL_WORD).ok()?;
    let text: String = text.nfc().filter(|c| !c.is_whitespace()).map(vietnamese_d).collect();
    if text.is_empty() {
        return None;
    }
    let (left, top, right, bottom) = words.get_bounding_box(Level::RIL_WORD).ok()?;
    let x = |x: i32| x.clamp(0, image.width_px as i32) as u32;
    let y = |y: i32| y.clamp(0, image.height_px as i32) as u32;
    let confidence = words.confidence(Level::RIL_WORD).ok()?.clamp(0.0, 100.0).round() as u8;
    let bbox = [x(left), y(top), x(right), y(bottom)];
    Some(ReadWord { text, bbox, confidence, alternatives: Vec::new() })
}

/// The model was trained on texts that write the Icelandic Ð for Đ, which looks the same.
pub(crate) fn vietnamese_d(c: char) -> char {
    match c {
        '\u{D0}' => '\u{110}',
        c => c,
    }
}

fn page_iterator(words: &ResultIterator) -> *const c_void {
    let raw = *words.handle.lock().expect("no thread panicked while holding the iterator");
    // SAFETY: the iterator is alive as long as `words`; the result is another view of it, not to be deleted.
    unsafe { TessResultIteratorGetPageIterator(raw) }
}

fn is_at_beginning_of(words: &ResultIterator, level: Level) -> bool {
    // SAFETY: alive as long as `words`.
    unsafe { TessPageIteratorIsAtBeginningOf(page_iterator(words), level as c_int) != 0 }
}

/// Two points of a line's baseline, in pixels from the top left.
#[derive(Default)]
pub(crate) struct Row {
    x1: c_int,
    y1: c_int,
    x2: c_int,
    y2: c_int,
}

fn raw_iterator(found: &PageIterator) -> *const c_void {
    *found.handle.lock().expect("no thread panicked while holding the iterator")
}

/// Of the line that layout analysis stands at.
pub(crate) fn row_of(found: &PageIterator) -> Row {
    Row::at(raw_iterator(found), Level::RIL_TEXTLINE)
}

/// Where the words that layout analysis stands at are looked for: the ascenders and the descenders of their row, in pixels
/// from the top, whether or not there is ink.
pub(crate) fn reach_of(found: &PageIterator) -> (i32, i32) {
    let iterator = raw_iterator(found);
    let words = Row::at(iterator, Level::RIL_WORD);
    let baseline = (words.y1 + words.y2) as f32 / 2.0;
    let (mut row, mut descenders, mut ascenders) = (0.0, 0.0, 0.0);
    // SAFETY: the iterator is alive as long as `found` and stands at a word, the three places for the call.
    unsafe { hoso_row_heights(iterator, &mut row, &mut descenders, &mut ascenders) };
    let bottom = baseline - descenders;
    ((bottom - row).ceil() as i32, bottom.ceil() as i32)
}

/// Whether the block that layout analysis stands at has its text upright: its head above, and its lines not from top to bottom, as
/// Tesseract tells of text that lies on its side as well as of columns of Chinese. (The wrapper takes the nothing that Tesseract
/// returns here for a number.)
pub(crate) fn is_upright(found: &PageIterator) -> bool {
    let iterator = raw_iterator(found);
    let (mut orientation, mut writing, mut order, mut angle) = (0, 0, 0, 0.0);
    // SAFETY: the iterator is alive as long as `found`, the four places for the call.
    unsafe { TessPageIteratorOrientation(iterator, &mut orientation, &mut writing, &mut order, &mut angle) };
    orientation == PAGE_UP && writing != TOP_TO_BOTTOM
}

impl Row {
    /// `iterator`: of layout analysis or, as the page iterator inside it, of recognition; alive.
    fn at(iterator: *const c_void, level: Level) -> Row {
        let mut row = Row::default();
        // SAFETY: the caller's iterator is alive, the four places as long as `row`.
        let found = unsafe {
            TessPageIteratorBaseline(
                iterator,
                level as c_int,
                &mut row.x1,
                &mut row.y1,
                &mut row.x2,
                &mut row.y2,
            )
        };
        if found == 0 { Row::default() } else { row }
    }

    /// Its height at the left and right end of the words.
    pub(crate) fn baseline_under(&self, words: &[ReadWord], height_px: u32) -> (u32, u32) {
        let left = words.iter().map(|w| w.bbox[0]).min().unwrap_or(0);
        let right = words.iter().map(|w| w.bbox[2]).max().unwrap_or(0);
        self.baseline_between(left, right, height_px)
    }

    /// Its height at two places, in pixels from the top.
    fn baseline_between(&self, left: u32, right: u32, height_px: u32) -> (u32, u32) {
        let at = |x: u32| {
            let run = f64::from(self.x2 - self.x1);
            let slope = if run == 0.0 { 0.0 } else { f64::from(self.y2 - self.y1) / run };
            let y = f64::from(self.y1) + slope * (f64::from(x) - f64::from(self.x1));
            y.round().clamp(0.0, f64::from(height_px)) as u32
        };
        (at(left), at(right))
    }
}

fn leptonica_version() -> String {
    // SAFETY: no conditions.
    let text = unsafe { getLeptonicaVersion() };
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not null, and Leptonica ends its strings with a zero byte.
    let version = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
    // SAFETY: Leptonica allocated it and gave it away; freed once.
    unsafe { lept_free(text.cast()) };
    version
}

/// Piece by piece: fresh memory for a whole library costs more than its digest.
fn sha256_of(file: &Path) -> Result<String, String> {
    let failed = |e: std::io::Error| format!("{}: {e}", file.display());
    let mut reader = std::fs::File::open(file).map_err(failed)?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return Ok(hexadecimal(&hash.finalize())),
            Ok(n) => hash.update(&piece[..n]),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(failed(e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both readers stop when their time is up, say so, and answer for every line all the same.
    #[test]
    fn reading_ends_with_its_time() {
        let folder = std::env::var_os("TESSDATA_PREFIX").map(PathBuf::from);
        let folder = folder.unwrap_or_else(|| "/usr/share/tesseract-ocr/5/tessdata".into());
        let mut pixels = vec![255; 600 * 200];
        for (x, y) in (0..12).flat_map(|n| (60..90).map(move |y| (40 * n + 60, y))) {
            pixels[y * 600 + x..y * 600 + x + 12].fill(0);
        }
        let image = || GreyView { width_px: 600, height_px: 200, dpi: 300, pixels: &pixels };
        let areas = [[40, 50, 560, 100]; 100];
        for (choice, who) in [(EngineChoice::Auto, Reader::Own), (EngineChoice::Tesseract, Reader::Tesseract)]
        {
            let mut engine = Engine::new(folder.clone(), choice, Kernels::Auto);
            let Read { blocks, complete, reader, .. } =
                engine.read_lines(image(), &areas, "vie", "", 0).unwrap();
            assert_eq!((blocks.len(), complete, reader), (areas.len(), false, who));
            assert!(blocks.iter().all(|block| block.lines.is_empty()));
            let Read { blocks, complete, .. } =
                engine.read_lines(image(), &areas[..70], "vie", "", 60_000).unwrap();
            assert_eq!((blocks.len(), complete), (70, true), "{reader:?}");
        }
    }
}
