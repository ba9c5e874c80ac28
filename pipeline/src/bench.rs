//! The workbench: an archive open for work, with its key, ledger, index and workers.

use crate::config::{ArchiveConfig, Layout};
use crate::format::case_json::CaseRecord;
use crate::ledger::Ledger;
use crate::opening::open_archive;
use crate::page::InHand;
use crate::stamping::clock_is_not_behind;
use crate::tlog::{self, ArchiveLog};
use crate::{PipelineError, index_swap, pack, rebuild};
use archive_store::{Archive, ArchiveReader, Object};
use index::IndexError;
use ingest::Spool;
use native::{EngineChoice, NotOwn, Pool, WorkerConfig};
use ocr::header::Units;
use ocr::{Engine, OcrConfig};
use record::{CaseCode, Clock, ObjectId, Sha256};
use seal::Pkcs12Signer;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// What a workbench needs from outside: programs, the number of workers, the time.
pub struct Equipment {
    /// Where `hoso-worker`, the models and Pdfium are.
    pub worker: WorkerConfig,
    /// Pages read at the same time; each costs one worker process.
    pub workers: usize,
    /// The time.
    pub clock: Box<dyn Clock>,
}

/// An archive open for work. One at a time: the archive's writer lock says so.
pub struct Workbench {
    pub(crate) layout: Layout,
    pub(crate) config: ArchiveConfig,
    pub(crate) store: Archive,
    pub(crate) ledger: Ledger,
    pub(crate) spool: Spool,
    pub(crate) pool: Pool,
    left_to_tesseract: Option<NotOwn>,
    pub(crate) ocr: OcrConfig,
    /// Built-in, with the archive's own `units.csv`.
    pub(crate) units: Units,
    /// Name of the reading step: engine, model and recipe. Another name, another result.
    pub(crate) step: String,
    pub(crate) station: Pkcs12Signer,
    pub(crate) index: Mutex<index::Indexer>,
    pub(crate) log: Mutex<ArchiveLog>,
    pub(crate) workers: usize,
    pub(crate) in_hand: InHand,
    pub(crate) clock: Box<dyn Clock>,
    index_damage: Option<String>,
}

/// Case files put into the index in one commit.
const INDEXED_AT_ONCE: usize = 200;

impl Workbench {
    /// Opens an archive for work: takes the writer lock, recovers what a power cut left, reads the files of the index, makes it anew where
    /// they are damaged, and puts into it what it lacks. Starts no worker yet.
    pub fn open(root: &Path, equipment: Equipment) -> Result<Self, PipelineError> {
        let mut bench = Self::open_as_indexed(root, equipment)?;
        bench.renew_damaged_index()?;
        // What the index lacks (it was lost, or a stop came between archive and index) is put into it before new work.
        for codes in bench.ledger.not_indexed()?.chunks(INDEXED_AT_ONCE) {
            // One damaged case file does not keep the others from being worked on; `verify` names it.
            let tell = |code: &CaseCode, error: PipelineError| {
                tracing::error!(stage = "open", code = "not-indexed", case = %code, %error, "case file is not in the index");
            };
            if let Err(error) = pack::index_cases(&bench, codes, tell) {
                tracing::error!(stage = "open", code = "not-indexed", %error, "case files are not in the index");
            }
        }
        Ok(bench)
    }

    /// Why Tesseract reads all lines, several times slower, where hoso's own recogniser was to read them if it can.
    pub fn left_to_tesseract(&self) -> Option<&NotOwn> {
        self.left_to_tesseract.as_ref()
    }

    /// What was found damaged in the index when the archive was opened; it has been made anew from the archive.
    pub fn index_damage(&self) -> Option<&str> {
        self.index_damage.as_deref()
    }

    /// The index that is damaged answers as well as it can until the new one is made.
    fn renew_damaged_index(&mut self) -> Result<(), PipelineError> {
        let index = self.index.lock().unwrap_or_else(PoisonError::into_inner).inventory();
        let cause = match index.and_then(|index| index.check()) {
            Err(IndexError::Corrupt { cause, .. }) => cause,
            other => return Ok(other?),
        };
        tracing::error!(stage = "open", code = "index-damaged", %cause, "the index is damaged and is made anew");
        for damage in rebuild::renew(self, &mut |_, _, _| {})? {
            let error = &damage.error;
            tracing::error!(stage = "open", code = "not-indexed", case = %damage.name, %error, "case file is not in the index");
        }
        self.index_damage = Some(cause);
        Ok(())
    }

    /// [`Workbench::open`] with the index as it is, however much it lacks. One that cannot be opened is taken away: then it lacks all.
    pub(crate) fn open_as_indexed(root: &Path, equipment: Equipment) -> Result<Self, PipelineError> {
        let layout = Layout { root: root.to_owned() };
        if !layout.config().is_file() {
            return Err(PipelineError::NoArchive(root.to_owned()));
        }
        let config = ArchiveConfig::read(&layout.config())?;
        clock_is_not_behind(&layout, equipment.clock.now())?;
        let units = units(&layout)?;
        let store = open_archive(&layout, &config)?;
        durable::create_dir_durable(&layout.pages())?;
        let spool = Spool::open(&layout.spool())?;
        let ledger = Ledger::open(&layout.ledger())?;
        let Equipment { mut worker, workers, clock } = equipment;
        worker.limits = limits(&config, worker.limits);
        let choice = worker.engine;
        let pool = Pool::start(worker, workers)?;
        let ocr = OcrConfig::default();
        let engine = pool.identity()?;
        let left_to_tesseract = pool.versions()?.own.err().filter(|_| choice == EngineChoice::Auto);
        if let Some(why) = &left_to_tesseract {
            tracing::info!(stage = "open", code = "tesseract-reads", %why, "Tesseract reads all lines");
        }
        let step = format!("read/7 {} model {} {ocr:?}", engine.program, engine.model_sha256);
        let station = station(&layout)?;
        let log = Mutex::new(tlog::open_or_begin(&layout, &config, &store, clock.now())?);
        index_swap::put_back(&layout)?;
        let index_was_there = layout.index().is_dir();
        let (index, index_damage) = match index::Indexer::open_or_create(&layout.index()) {
            Err(IndexError::Corrupt { cause, .. }) => {
                tracing::error!(stage = "open", code = "index-damaged", %cause, "the index is damaged and is made anew");
                ledger.forget_indexed()?;
                (index::Indexer::create_anew(&layout.index())?, Some(cause))
            }
            opened => (opened?, None),
        };
        let index = Mutex::new(index);
        if !index_was_there {
            ledger.forget_indexed()?;
        }
        let bench = Self {
            layout,
            config,
            store,
            ledger,
            spool,
            pool,
            left_to_tesseract,
            ocr,
            units,
            step,
            station,
            index,
            log,
            workers,
            in_hand: InHand::default(),
            clock,
            index_damage,
        };
        crate::destruction::finish_all(&bench)?;
        let mut log = bench.log.lock().unwrap_or_else(PoisonError::into_inner);
        rebuild::make_sure(&bench.layout, &bench.store, &bench.ledger, &mut log, bench.clock.now())?;
        drop(log);
        Ok(bench)
    }

    /// The OCFL id under which a case file is stored, or will be: the one it was imported under, else derived from the
    /// archive's id and the code, so that it is the same after a stop.
    pub(crate) fn id_for(&self, code: &CaseCode) -> Result<ObjectId, PipelineError> {
        let stored = self.object_of(code)?.map(|object| object.id().clone());
        Ok(stored.unwrap_or_else(|| object_id(&self.config, code)))
    }

    /// The object that holds a case file: under the id that its code gives here, else the one it was imported under.
    pub(crate) fn object_of(&self, code: &CaseCode) -> Result<Option<Object>, PipelineError> {
        find_object(&self.config, &self.store, &self.ledger, code)
    }

    /// Where the ALTO file of a page waits until its case file is packed.
    pub(crate) fn alto_file(&self, sha256: &Sha256, page_idx: u32) -> std::path::PathBuf {
        let hex = sha256.to_string();
        self.layout.pages().join(&hex[..2]).join(format!("{hex}-{page_idx:06}.xml"))
    }

    /// Where the text layer that a received PDF has for a page waits, as found.
    pub(crate) fn embedded_file(&self, sha256: &Sha256, page_idx: u32) -> std::path::PathBuf {
        self.alto_file(sha256, page_idx).with_extension("txt")
    }
}

/// `urn:<fonds>:uuid:<UUID>` with a name-based UUID (version 8, RFC 9562, over SHA-256).
pub(crate) fn object_id(config: &ArchiveConfig, code: &CaseCode) -> ObjectId {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(format!("{}\n{}", config.id, code));
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let id = format!("urn:{}:uuid:{}", config.fonds, uuid_text(&bytes));
    ObjectId::new(&id).expect("a fonds code and a UUID are short")
}

/// [`Workbench::object_of`], for whoever only reads.
pub(crate) fn find_object(
    config: &ArchiveConfig,
    store: &ArchiveReader,
    ledger: &Ledger,
    code: &CaseCode,
) -> Result<Option<Object>, PipelineError> {
    if let Some(object) = store.object(&object_id(config, code))? {
        return Ok(Some(object));
    }
    let noted = ledger.stored(code)?.and_then(|stored| ObjectId::new(&stored.object_id).ok());
    Ok(noted.map(|id| store.object(&id)).transpose()?.flatten())
}

/// Whether the case file lies in its own object: the sealed register names the object. Registers of earlier versions name
/// none; then the object's id must be the one that the code gives in this archive.
pub(crate) fn is_own_object(config: &ArchiveConfig, record: &CaseRecord, id: &ObjectId) -> bool {
    match &record.object {
        Some(stated) => stated == id,
        None => object_id(config, &record.case.header.code) == *id,
    }
}

/// The usual 8-4-4-4-12 form, upper case as TT05 asks.
pub(crate) fn uuid_text(bytes: &[u8; 16]) -> String {
    let hex: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The station's key.
pub(crate) fn station(layout: &Layout) -> Result<Pkcs12Signer, PipelineError> {
    let password = std::fs::read_to_string(layout.station_password())
        .map_err(PipelineError::io(layout.station_password()))?;
    let key = std::fs::read(layout.station_key()).map_err(PipelineError::io(layout.station_key()))?;
    Ok(Pkcs12Signer::open(&key, password.trim())?)
}

/// Longest `units.csv`.
const MAX_UNITS_BYTES: u64 = 16 << 20;

/// The built-in registry with the archive's own list, if it has one.
fn units(layout: &Layout) -> Result<Units, PipelineError> {
    use std::io::Read;
    let path = layout.units();
    let file = match std::fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Units::built_in()),
        Err(error) => return Err(PipelineError::io(&path)(error)),
    };
    let wrong = |problem: String| PipelineError::Config { path: path.clone(), problem };
    let mut list = Vec::new();
    file.take(MAX_UNITS_BYTES + 1).read_to_end(&mut list).map_err(PipelineError::io(&path))?;
    if list.len() as u64 > MAX_UNITS_BYTES {
        return Err(wrong("longer than 16 MiB".into()));
    }
    Units::built_in().with_list(&list).map_err(|e| wrong(e.to_string()))
}

fn limits(config: &ArchiveConfig, base: native::Limits) -> native::Limits {
    native::Limits {
        wall: std::time::Duration::from_secs(config.limits.page_seconds),
        address_space_bytes: config.limits.worker_bytes,
        max_pixels: config.limits.max_pixels,
        max_file_bytes: config.limits.max_file_bytes,
        ..base
    }
}
