use crate::config::LayoutChoice;
use crate::media::{Coding, Cut, FileInfo, Patch};
use crate::memory::{self, Mapping};
use crate::model::ModelFault;
use crate::page::Bytes;
use crate::wire::{
    Answer, Call, Fault, MAX_AREAS, PROTOCOL, ReadBlock, ReadLine, ReadWord, Reader, file_key,
};
use crate::worker::{Worker, mapped};
use crate::{
    GreyView, NativeError, PagePicture, PageRaster, RecogniseParams, RecognisedLines, RecognisedPage,
    Versions, WITNESS, WorkerConfig,
};
use record::{Alternative, AlternativeSource, Block, BlockKind, Line, PageSize, PxBox, Sha256, Word};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FileType, fstat};
use std::collections::BTreeMap;
use std::fs::File;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// Worker processes, at most a given number of them, started when they are first needed.
///
/// Calls block; any number of threads may call. Each call has one worker for itself and waits until one is free;
/// the one that looked at the same file last is preferred, for it still has it open. A call during which the
/// worker dies, overruns its time or talks nonsense is tried once more in a fresh worker, then reported. Results
/// do not depend on the number of workers or on the order of calls.
///
/// Dropping the pool ends all workers and waits for them. If the calling process dies in any way, its workers see
/// their socket closed and end.
pub struct Pool {
    config: WorkerConfig,
    workers: usize,
    faults: bool,
    state: Mutex<State>,
    freed: Condvar,
    /// Whether our own recogniser reads, once it was asked.
    own: OnceLock<bool>,
    /// Digests of the models that pages were read with, by language.
    models: Mutex<BTreeMap<String, Sha256>>,
}

struct State {
    /// The one used last is at the end.
    idle: Vec<Worker>,
    /// Lent out or being started.
    busy: usize,
}

type Asked = (Answer, Vec<OwnedFd>);

impl Pool {
    /// Looks whether program and model are there; starts nothing yet.
    ///
    /// # Panics
    /// With zero `workers`.
    pub fn start(config: WorkerConfig, workers: usize) -> Result<Self, NativeError> {
        Self::start_with(config, workers, false)
    }

    /// A pool whose workers obey [`Pool::inject`]. Only for tests.
    #[doc(hidden)]
    pub fn start_with_faults(config: WorkerConfig, workers: usize) -> Result<Self, NativeError> {
        Self::start_with(config, workers, true)
    }

    fn start_with(config: WorkerConfig, workers: usize, faults: bool) -> Result<Self, NativeError> {
        assert!(workers > 0, "a pool without workers would wait for ever");
        if !config.program.is_file() {
            let cause = "the program is not there".into();
            return Err(NativeError::CannotStart { program: config.program, cause });
        }
        let model = config.model(&config.language);
        if !model.is_file() {
            let fault = ModelFault::NotFound { searched: vec![config.tessdata] };
            return Err(NativeError::NoModel { language: config.language, fault });
        }
        let state = Mutex::new(State { idle: Vec::new(), busy: 0 });
        let (freed, own, models) = (Condvar::new(), OnceLock::new(), Mutex::default());
        Ok(Self { config, workers, faults, state, freed, own, models })
    }

    /// The format by content, the number of pages, the signatures of a PDF. Decodes no page.
    pub fn inspect(&self, file: &File, name_hint: &str) -> Result<FileInfo, NativeError> {
        let call = Call::Inspect { name_hint: name_hint.chars().take(255).collect() };
        match self.ask_about(file, &call)? {
            (Answer::Inspect(info), _) => Ok(info),
            _ => Err(other_answer()),
        }
    }

    /// One page as displayed (EXIF orientation and `/Rotate` applied), without annotations. `page_idx` counts
    /// from 0.
    pub fn decode(&self, file: &File, page_idx: u32) -> Result<PageRaster, NativeError> {
        let (answer, fds) = self.ask_about(file, &Call::Decode { page_idx })?;
        let Answer::Decode { width_px, height_px, dpi, channels, bilevel } = answer else {
            return Err(other_answer());
        };
        let mut files = mapped(fds, 1, 2)?.into_iter();
        let pixels = files.next().expect("at least one was asked for");
        let expected = u64::from(width_px) * u64::from(height_px) * u64::from(channels);
        if !matches!(channels, 1 | 3) || pixels.len() as u64 != expected {
            return Err(NativeError::Protocol("pixels that do not fit the size of the page".into()));
        }
        let text = files.next().map(|text| String::from_utf8(text.to_vec()));
        let embedded_text =
            text.transpose().map_err(|_| NativeError::Protocol("text that is not UTF-8".into()))?;
        let size = PageSize { width_px, height_px, dpi };
        Ok(PageRaster { size, channels, bilevel, embedded_text, pixels: Bytes::Mapped(pixels) })
    }

    /// One page as it goes into a PDF/A: the stream of the file where that is possible, else a new one; pictures
    /// of annotations apart from it.
    pub fn picture(&self, file: &File, page_idx: u32) -> Result<PagePicture, NativeError> {
        let (answer, fds) = self.ask_about(file, &Call::Picture { page_idx })?;
        let Answer::Picture { width_px, height_px, dpi, coding, stored_px, orientation } = answer else {
            return Err(other_answer());
        };
        let mut files = mapped(fds, 1, 2)?.into_iter();
        let bytes = Bytes::Mapped(files.next().expect("at least one was asked for"));
        let size = PageSize { width_px, height_px, dpi };
        let patches = match files.next() {
            Some(patches) => read_patches(&patches, &size)?,
            None => Vec::new(),
        };
        check_coding(&coding, orientation)?;
        Ok(PagePicture { size, coding, stored_px, orientation, patches, bytes })
    }

    /// One page as people shall see it, annotations included: a JPEG, its longer side at most `max_side_px`.
    pub fn display(
        &self,
        file: &File,
        page_idx: u32,
        max_side_px: Option<u32>,
    ) -> Result<Vec<u8>, NativeError> {
        let (answer, fds) = self.ask_about(file, &Call::Display { page_idx, max_side_px })?;
        let Answer::Display = answer else { return Err(other_answer()) };
        Ok(mapped(fds, 1, 1)?.remove(0).to_vec())
    }

    /// A part of what [`Pool::display`] shows, turned so that it can be read: a JPEG. Costs what the whole page costs.
    ///
    /// # Panics
    /// Unless the part is [on its page](Cut::is_on_its_page).
    pub fn cut(&self, file: &File, page_idx: u32, cut: &Cut) -> Result<Vec<u8>, NativeError> {
        assert!(cut.is_on_its_page(), "a part lies on its page");
        let PxBox { left, top, right, bottom } = cut.area;
        let call = Call::Cut {
            page_idx,
            area: [left, top, right, bottom],
            of_px: [cut.of_px.0, cut.of_px.1],
            degrees: cut.turn.degrees(),
            max_side_px: cut.max_side_px,
        };
        let (answer, fds) = self.ask_about(file, &call)?;
        let Answer::Display = answer else { return Err(other_answer()) };
        Ok(mapped(fds, 1, 1)?.remove(0).to_vec())
    }

    /// Reads the text of a grey picture. Costs about 1 to 2 seconds for a page.
    ///
    /// # Panics
    /// Unless `image.pixels` has `width_px * height_px` bytes.
    pub fn recognise(
        &self,
        image: GreyView<'_>,
        params: &RecogniseParams,
    ) -> Result<RecognisedPage, NativeError> {
        let GreyView { width_px, height_px, dpi, .. } = image;
        let call = Call::Recognise {
            width_px,
            height_px,
            dpi,
            language: params.language.clone(),
            psm: params.segmentation.number(),
            blacklist: params.blacklist().to_owned(),
            soft_ms: self.soft_ms(),
        };
        let (blocks, complete, reader) = self.ask_to_read(image, &call, &params.language)?;
        let blocks = blocks.into_iter().map(block).collect();
        Ok(RecognisedPage { blocks, complete, reader: Some(reader) })
    }

    /// Reads single lines of print at known places of a grey picture, one answer for each: the words of the line, none
    /// where nothing was read. `params.segmentation` plays no part. Costs our own
    /// recogniser 1 to 5 milliseconds a line, Tesseract 10 to 50.
    ///
    /// # Panics
    /// Unless `image.pixels` has `width_px * height_px` bytes and the areas lie on it.
    pub fn read_lines(
        &self,
        image: GreyView<'_>,
        areas: &[PxBox],
        params: &RecogniseParams,
    ) -> Result<RecognisedLines, NativeError> {
        let GreyView { width_px, height_px, dpi, .. } = image;
        let inside = |b: &PxBox| !b.is_empty() && b.right <= width_px && b.bottom <= height_px;
        assert!(areas.iter().all(inside), "lines lie on the picture");
        let mut read = RecognisedLines { lines: Vec::new(), complete: true, reader: None };
        for areas in areas.chunks(MAX_AREAS) {
            let call = Call::ReadLines {
                width_px,
                height_px,
                dpi,
                areas: areas.iter().map(|b| [b.left, b.top, b.right, b.bottom]).collect(),
                language: params.language.clone(),
                blacklist: params.blacklist().to_owned(),
                soft_ms: self.soft_ms(),
            };
            let (blocks, complete, reader) = self.ask_to_read(image, &call, &params.language)?;
            if blocks.len() != areas.len() {
                return Err(NativeError::Protocol("not one answer for each line".into()));
            }
            let no_line = ReadLine { baseline: (0, 0), words: Vec::new() };
            read.complete &= complete;
            read.reader = Some(reader);
            read.lines.extend(
                blocks.into_iter().map(|b| line(b.lines.into_iter().next().unwrap_or(no_line.clone()))),
            );
        }
        Ok(read)
    }

    /// Hands the picture over; blocks, whether they are all, and what read them.
    fn ask_to_read(
        &self,
        image: GreyView<'_>,
        call: &Call,
        language: &str,
    ) -> Result<(Vec<ReadBlock>, bool, Reader), NativeError> {
        let GreyView { width_px, height_px, pixels, .. } = image;
        assert_eq!(pixels.len(), width_px as usize * height_px as usize, "one byte per pixel");
        let sides = 3..=32_767;
        if !sides.contains(&width_px) || !sides.contains(&height_px) {
            return Err(NativeError::Unrecognisable { width_px, height_px });
        }
        self.check_pixels(width_px, height_px)?;
        let shared = memory::sealed("grey", &[pixels])
            .map_err(|e| NativeError::Protocol(format!("no memory to hand the picture over: {e}")))?;
        let (answer, fds) = self.ask(call, &[shared.as_fd()], None)?;
        let Answer::Recognise { complete, reader, model_sha256 } = answer else { return Err(other_answer()) };
        self.is_still(language, &model_sha256)?;
        let text = mapped(fds, 1, 1)?.remove(0);
        let blocks = serde_json::from_slice(&text)
            .map_err(|e| NativeError::Protocol(format!("text that cannot be read: {e}")))?;
        Ok((blocks, complete, reader))
    }

    /// The digest of a language's model, which must be the same from the first page to the last: pages are kept under the
    /// digest that was told once, and a worker started later reads the file anew.
    fn is_still(&self, language: &str, sha256: &str) -> Result<Sha256, NativeError> {
        let sha256: Sha256 = sha256.parse().map_err(|e| NativeError::Protocol(format!("{e}")))?;
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if *models.entry(language.to_owned()).or_insert(sha256) == sha256 {
            return Ok(sha256);
        }
        let fault = ModelFault::Replaced { file: self.config.model(language) };
        Err(NativeError::NoModel { language: language.to_owned(), fault })
    }

    /// Time after which a worker stops of itself: three quarters of the time after which it is stopped.
    fn soft_ms(&self) -> u32 {
        u32::try_from((self.config.limits.wall * 3 / 4).as_millis()).unwrap_or(u32::MAX)
    }

    /// Whether lines in known places are read better and faster than a page whose lines Tesseract has to find.
    pub fn reads_lines(&self) -> Result<bool, NativeError> {
        if self.config.layout == LayoutChoice::Tesseract {
            return Ok(false);
        }
        // the same as long as the pool lives
        if let Some(own) = self.own.get() {
            return Ok(*own);
        }
        let own = self.versions()?.own.is_ok();
        Ok(*self.own.get_or_init(|| own))
    }

    /// What exactly reads the pages.
    pub fn versions(&self) -> Result<Versions, NativeError> {
        let mut network = String::new();
        let (answer, _) = self.ask_then(&Call::Versions, &[], None, |w| network.clone_from(&w.network))?;
        let Answer::Versions { tesseract, leptonica, pdfium_sha256, model_sha256, witness_sha256, own } =
            answer
        else {
            return Err(other_answer());
        };
        let digest = |text: String| text.parse::<Sha256>().map_err(|e| NativeError::Protocol(e.to_string()));
        Ok(Versions {
            program: env!("CARGO_PKG_VERSION").into(),
            protocol: PROTOCOL,
            tesseract,
            leptonica,
            pdfium_sha256: pdfium_sha256.map(digest).transpose()?,
            model_sha256: self.is_still(&self.config.language, &model_sha256)?,
            witness_sha256: witness_sha256.map(|sha256| self.is_still(WITNESS, &sha256)).transpose()?,
            own,
            network,
        })
    }

    /// Makes a worker go wrong, as if a page had done it. Only for tests.
    #[doc(hidden)]
    pub fn inject(&self, fault: Fault) -> Result<(), NativeError> {
        let (_, fds) = self.ask(&Call::Fault { fault }, &[], None)?;
        mapped(fds, 1, 1).map(drop)
    }

    /// Process ids of the workers that wait for a call. Only for tests.
    #[doc(hidden)]
    pub fn idle_pids(&self) -> Vec<u32> {
        self.state().idle.iter().map(Worker::pid).collect()
    }

    fn check_pixels(&self, width_px: u32, height_px: u32) -> Result<(), NativeError> {
        let max = self.config.limits.max_pixels;
        let (width_px, height_px) = (u64::from(width_px), u64::from(height_px));
        if width_px * height_px > max {
            return Err(NativeError::TooManyPixels { width_px, height_px, max });
        }
        Ok(())
    }

    fn ask_about(&self, file: &File, call: &Call) -> Result<Asked, NativeError> {
        let stat = fstat(file).map_err(|e| NativeError::Undecodable(format!("cannot be looked at: {e}")))?;
        if !FileType::from_raw_mode(stat.st_mode).is_file() {
            return Err(NativeError::Undecodable("not a regular file".into()));
        }
        let (bytes, max) = (stat.st_size as u64, self.config.limits.max_file_bytes);
        if bytes > max {
            return Err(NativeError::TooLarge { bytes, max });
        }
        self.ask(call, &[file.as_fd()], Some(file_key(&stat)))
    }

    fn ask(&self, call: &Call, fds: &[BorrowedFd<'_>], key: Option<u64>) -> Result<Asked, NativeError> {
        self.ask_then(call, fds, key, |_| ())
    }

    /// The call, and once more in a fresh worker if the first one ends with it.
    fn ask_then(
        &self,
        call: &Call,
        fds: &[BorrowedFd<'_>],
        key: Option<u64>,
        mut then: impl FnMut(&Worker),
    ) -> Result<Asked, NativeError> {
        let mut fresh = false;
        loop {
            let mut lease = self.lease(key, fresh)?;
            let worker = lease.worker.as_mut().expect("a lease holds a worker until it is dropped");
            let asked = worker.ask(call.clone(), fds, self.config.limits.wall);
            match asked {
                Err(error) if error.ends_the_worker() => {
                    lease.worker = None;
                    drop(lease);
                    if fresh {
                        return Err(error);
                    }
                    fresh = true;
                }
                asked => {
                    then(worker);
                    worker.last_key = key.or(worker.last_key);
                    return asked;
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a worker; `fresh` means a new process.
    fn lease(&self, key: Option<u64>, fresh: bool) -> Result<Lease<'_>, NativeError> {
        let mut state = self.state();
        let found = loop {
            let same_file = state.idle.iter().position(|w| key.is_some() && w.last_key == key);
            let last = state.idle.len().checked_sub(1);
            match same_file.or(last) {
                Some(at) => break Some(state.idle.remove(at)),
                None if state.busy < self.workers => break None,
                None => state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        };
        state.busy += 1;
        drop(state);
        // From here on the lease gives the place back, whatever happens.
        let mut lease = Lease { pool: self, worker: found.filter(|_| !fresh) };
        if lease.worker.is_none() {
            lease.worker = Some(Worker::start(&self.config, self.faults)?);
        }
        Ok(lease)
    }
}

/// One worker, or the right to start one, until dropped.
struct Lease<'a> {
    pool: &'a Pool,
    worker: Option<Worker>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let limits = &self.pool.config.limits;
        let tired =
            |w: &Worker| w.calls >= limits.recycle_after_calls || w.own_bytes > limits.recycle_above_bytes;
        let kept = self.worker.take().filter(|worker| !tired(worker));
        let mut state = self.pool.state();
        state.busy -= 1;
        state.idle.extend(kept);
        drop(state);
        self.pool.freed.notify_one();
    }
}

fn other_answer() -> NativeError {
    NativeError::Protocol("the answer to another question".into())
}

fn check_coding(coding: &Coding, orientation: u8) -> Result<(), NativeError> {
    let fine = match coding {
        Coding::Jpeg { components, .. } => matches!(components, 1 | 3 | 4),
        Coding::CcittG4 { .. } => true,
        Coding::PngFlate { colors, bits, .. } | Coding::RawFlate { colors, bits, .. } => {
            matches!(colors, 1 | 3) && matches!(bits, 1 | 2 | 4 | 8 | 16)
        }
    };
    if fine && (1..=8).contains(&orientation) {
        return Ok(());
    }
    Err(NativeError::Protocol(format!("a picture coded as {coding:?}, turned by {orientation}")))
}

fn read_patches(mut bytes: &[u8], size: &PageSize) -> Result<Vec<Patch>, NativeError> {
    let broken = || NativeError::Protocol("patches that do not fit the page".into());
    let mut patches = Vec::new();
    while let Some((head, rest)) = bytes.split_first_chunk::<16>() {
        let side = |i: usize| u32::from_le_bytes([head[i], head[i + 1], head[i + 2], head[i + 3]]);
        let bbox = PxBox { left: side(0), top: side(4), right: side(8), bottom: side(12) };
        if bbox.is_empty() || bbox.right > size.width_px || bbox.bottom > size.height_px {
            return Err(broken());
        }
        let len = bbox.width() as usize * bbox.height() as usize * 3;
        let (rgb, rest) = rest.split_at_checked(len).ok_or_else(broken)?;
        patches.push(Patch { bbox, rgb: rgb.to_vec() });
        bytes = rest;
    }
    if bytes.is_empty() { Ok(patches) } else { Err(broken()) }
}

fn block(read: ReadBlock) -> Block {
    let lines: Vec<Line> = read.lines.into_iter().map(line).collect();
    Block { kind: BlockKind::Body, bbox: PxBox::around(lines.iter().map(|l| &l.bbox)), lines }
}

fn line(read: ReadLine) -> Line {
    let alternative = |(text, score)| Alternative { text, score, source: AlternativeSource::Recogniser };
    let word = |ReadWord { text, bbox: [left, top, right, bottom], confidence, alternatives }| {
        let bbox = PxBox { left, top, right, bottom };
        let alternatives = alternatives.into_iter().map(alternative).collect();
        Word { text, bbox, confidence, alternatives }
    };
    let words: Vec<Word> = read.words.into_iter().map(word).collect();
    Line { bbox: PxBox::around(words.iter().map(|w| &w.bbox)), baseline: read.baseline, words }
}

#[allow(dead_code, reason = "a compile-time check")]
fn the_pool_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Pool>();
    shared::<Mapping>();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(sides: [u32; 4], rgb: &[u8]) -> Vec<u8> {
        sides.iter().flat_map(|side| side.to_le_bytes()).chain(rgb.iter().copied()).collect()
    }

    #[test]
    fn patches_are_read_and_must_lie_on_the_page() {
        let size = PageSize { width_px: 10, height_px: 10, dpi: 72 };
        let good = [patch([8, 9, 10, 10], &[1, 2, 3, 4, 5, 6]), patch([0, 0, 1, 1], &[7; 3])].concat();
        let patches = read_patches(&good, &size).unwrap();
        assert_eq!(patches[0].bbox, PxBox { left: 8, top: 9, right: 10, bottom: 10 });
        assert_eq!((patches[0].rgb.as_slice(), patches[1].rgb.len()), ([1, 2, 3, 4, 5, 6].as_slice(), 3));
        assert!(read_patches(&[], &size).unwrap().is_empty());
        for bad in [
            patch([8, 9, 11, 10], &[0; 9]),
            patch([5, 5, 5, 6], &[]),
            patch([6, 5, 5, 6], &[0; 3]),
            patch([0, 0, 2, 1], &[0; 5]),
            patch([0, 0, 2, 1], &[0; 7]),
            patch([0, 0, u32::MAX, u32::MAX], &[0; 3]),
        ] {
            assert!(read_patches(&bad, &size).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn codings_that_no_pdf_can_take_are_refused() {
        let raw = |colors, bits| Coding::RawFlate { colors, bits };
        assert!(check_coding(&raw(3, 8), 1).is_ok());
        assert!(check_coding(&raw(2, 8), 1).is_err());
        assert!(check_coding(&raw(3, 7), 1).is_err());
        assert!(check_coding(&Coding::Jpeg { components: 2, adobe_inverted_cmyk: false }, 1).is_err());
        assert!(check_coding(&raw(3, 8), 0).is_err());
        assert!(check_coding(&raw(3, 8), 9).is_err());
    }
}
