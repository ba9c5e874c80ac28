//! The messages between pool and worker: `docs/format/worker-protocol.md`.
//!
//! One message is one packet of a Unix `SOCK_SEQPACKET` pair: eight bytes of prefix, a header in JSON, and open
//! files beside it. Whatever is large (files, pixels, text) is handed over as an open file.

use crate::decode::DecodeError;
use crate::media::{Coding, FileInfo};
use crate::model::{ModelFault, NotOwn};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::path::PathBuf;

/// Version of the messages. Both sides must have the same one.
pub const PROTOCOL: u32 = 5;

/// Bytes of the longest packet.
pub const MAX_PACKET_BYTES: usize = 64 << 10;
/// Open files in one message, at most.
pub const MAX_FDS: usize = 2;
/// Lines in one [`Call::ReadLines`], at most.
pub const MAX_AREAS: usize = 1_000;
const PREFIX_BYTES: usize = 8;
const MAGIC: [u8; 3] = *b"hsw";

/// What the pool asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Repeated in the reply.
    pub id: u64,
    /// The question.
    pub call: Call,
}

/// What the worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Of the request.
    pub id: u64,
    /// Memory that the worker holds for itself, after the call (anonymous and resident).
    pub own_bytes: u64,
    /// The result.
    pub result: Result<Answer, Failure>,
}

/// Questions. The files that go with each are named here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "call")]
pub enum Call {
    /// Always the first, once.
    Hello(Hello),
    /// File: the file.
    Inspect {
        /// The file's name, as a hint.
        name_hint: String,
    },
    /// File: the file.
    Decode {
        /// From 0.
        page_idx: u32,
    },
    /// File: the file.
    Picture {
        /// From 0.
        page_idx: u32,
    },
    /// File: the file.
    Display {
        /// From 0.
        page_idx: u32,
        /// Longest side of the result.
        max_side_px: Option<u32>,
    },
    /// File: the file. A part of what [`Call::Display`] shows.
    Cut {
        /// From 0.
        page_idx: u32,
        /// Left, top, right, bottom; not empty, within `of_px`.
        area: [u32; 4],
        /// Columns and rows of the page that `area` is counted on.
        of_px: [u32; 2],
        /// How far the part is turned clockwise: 0, 90, 180 or 270 degrees.
        degrees: u32,
        /// Longest side of the result.
        max_side_px: u32,
    },
    /// File: sealed grey pixels, row by row.
    Recognise {
        /// Columns.
        width_px: u32,
        /// Rows.
        height_px: u32,
        /// Resolution.
        dpi: u32,
        /// Model.
        language: String,
        /// Tesseract's page segmentation mode.
        psm: u8,
        /// Characters not to be read.
        blacklist: String,
        /// Stop after this time and give what is there.
        soft_ms: u32,
    },
    /// File: sealed grey pixels, row by row. Each area holds one line of print and nothing else.
    ReadLines {
        /// Columns.
        width_px: u32,
        /// Rows.
        height_px: u32,
        /// Resolution.
        dpi: u32,
        /// Left, top, right, bottom of each line, at most [`MAX_AREAS`].
        areas: Vec<[u32; 4]>,
        /// Model.
        language: String,
        /// Characters not to be read.
        blacklist: String,
        /// Stop after this time and give what is there.
        soft_ms: u32,
    },
    /// No file.
    Versions,
    /// No file. Only for tests: accepted when `HOSO_WORKER_FAULTS=1` stood in the environment at the start.
    Fault {
        /// What shall go wrong.
        fault: Fault,
    },
}

/// The pool's introduction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`] of the pool.
    pub protocol: u32,
    /// Version of the pool's program.
    pub program: String,
    /// Folder of the models.
    pub tessdata: PathBuf,
    /// `libpdfium.so`.
    pub pdfium: Option<PathBuf>,
    /// The language that [`Answer::Versions`] tells of.
    pub language: String,
    /// What shall read lines.
    pub engine: EngineChoice,
    /// What our own recogniser computes with.
    pub kernels: Kernels,
    /// `RLIMIT_AS`, not counting the file read.
    pub address_space_bytes: u64,
    /// Most pixels of a page.
    pub max_pixels: u64,
    /// Longest file.
    pub max_file_bytes: u64,
}

/// Answers. The sealed files that go with each are named here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "answer")]
pub enum Answer {
    /// No file.
    Hello {
        /// [`PROTOCOL`] of the worker.
        protocol: u32,
        /// Version of the worker's program.
        program: String,
        /// What stood in the environment before the start; must be `1`.
        omp_thread_limit: String,
        /// How it is kept off the network.
        network: String,
    },
    /// No file.
    Inspect(FileInfo),
    /// Files: pixels; the embedded text in UTF-8, if there is any.
    Decode {
        /// Columns.
        width_px: u32,
        /// Rows.
        height_px: u32,
        /// Resolution.
        dpi: u32,
        /// 1 or 3.
        channels: u8,
        /// Whether the source has only black and white.
        bilevel: bool,
    },
    /// Files: the coded picture; the patches, if there are any: four `u32` little-endian each (left, top, right,
    /// bottom), then width × height × 3 bytes.
    Picture {
        /// Columns.
        width_px: u32,
        /// Rows.
        height_px: u32,
        /// Resolution.
        dpi: u32,
        /// How the picture is coded.
        coding: Coding,
        /// Columns and rows as stored.
        stored_px: (u32, u32),
        /// EXIF orientation.
        orientation: u8,
    },
    /// To [`Call::Display`] and [`Call::Cut`]. File: a JPEG.
    Display,
    /// To [`Call::Recognise`] and [`Call::ReadLines`]. File: [`ReadBlock`]s in JSON, for lines one of at most one line
    /// for each area.
    Recognise {
        /// Whether the last word was reached in time.
        complete: bool,
        /// What read them.
        reader: Reader,
        /// SHA-256 of the model they were read with, hexadecimal.
        model_sha256: String,
    },
    /// No file.
    Versions {
        /// Its version.
        tesseract: String,
        /// Its version.
        leptonica: String,
        /// SHA-256 of the library, hexadecimal.
        pdfium_sha256: Option<String>,
        /// SHA-256 of the model, hexadecimal.
        model_sha256: String,
        /// SHA-256 of the model that reads numbers a second time, hexadecimal, where there is one.
        witness_sha256: Option<String>,
        /// How our own recogniser computes (`scalar`, `avx2`, `avx512vnni`), or why Tesseract reads the lines.
        own: Result<String, NotOwn>,
    },
}

/// What shall read lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineChoice {
    /// Our own recogniser; Tesseract where that cannot read the model, the processor lacks its instructions or text
    /// does not stand upright. Single lines that it does not take (longer than any line, say) are Tesseract's, too.
    #[default]
    Auto,
    /// Our own recogniser, and an error where it cannot read the model or the processor lacks its instructions. Pictures
    /// whose text does not stand upright are Tesseract's all the same, and the answer says so; so are single lines that it
    /// does not take.
    Own,
    /// Tesseract alone.
    Tesseract,
}

/// What our own recogniser computes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kernels {
    /// The fastest that this processor has.
    #[default]
    Auto,
    /// Nothing, as on a processor without AVX2: [`EngineChoice::Own`] is refused, [`EngineChoice::Auto`] takes Tesseract.
    None,
    /// Plain code. Slower than Tesseract, which [`EngineChoice::Auto`] takes then.
    Scalar,
    /// 256-bit vectors.
    Avx2,
    /// 512-bit vectors with byte products.
    Avx512vnni,
}

/// What read lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reader {
    /// Our own recogniser.
    Own,
    /// Tesseract.
    Tesseract,
}

impl Reader {
    /// A stable word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Tesseract => "tesseract",
        }
    }
}

/// A block that was read; its box is that of its words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadBlock {
    /// From top to bottom.
    pub lines: Vec<ReadLine>,
}

/// A line that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadLine {
    /// At its left and right end.
    pub baseline: (u32, u32),
    /// From left to right.
    pub words: Vec<ReadWord>,
}

/// A word that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadWord {
    /// NFC.
    pub text: String,
    /// Left, top, right, bottom.
    pub bbox: [u32; 4],
    /// 0–100.
    pub confidence: u8,
    /// What else it may be, NFC, each with its probability in percent; the likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<(String, u8)>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "failure")]
#[allow(missing_docs, reason = "the same as the variants of NativeError")]
pub enum Failure {
    UnknownFormat,
    Undecodable { said: String },
    PasswordProtected,
    TooManyPixels { width_px: u64, height_px: u64, max: u64 },
    NoSuchPage { page_idx: u32, pages: u32 },
    TooLarge { bytes: u64, max: u64 },
    Unrecognisable { width_px: u32, height_px: u32 },
    NoPdfium { said: String },
    NoModel { language: String, fault: ModelFault },
    NotOwn { reason: NotOwn },
    Refused { said: String },
}

/// Ways to go wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// A bug in Rust code.
    Panic,
    /// A failed assertion in C++ code.
    Abort,
    /// Memory without end.
    EatMemory,
    /// A loop without end.
    Hang,
    /// An answer that is no message.
    Babble,
    /// An answer whose pixels are not sealed.
    Unsealed,
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::UnknownFormat => Self::UnknownFormat,
            DecodeError::Undecodable(said) => Self::Undecodable { said: shortened(said) },
            DecodeError::PasswordProtected => Self::PasswordProtected,
            DecodeError::TooManyPixels { width_px, height_px, max } => {
                Self::TooManyPixels { width_px, height_px, max }
            }
            DecodeError::NoSuchPage { page_idx, pages } => Self::NoSuchPage { page_idx, pages },
            DecodeError::NoPdfium(said) => Self::NoPdfium { said: shortened(said) },
        }
    }
}

/// At most about 1,000 bytes of what a decoder said, on one line.
fn shortened(said: String) -> String {
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}

/// Why no message came or went.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The other side is gone.
    #[error("the other side hung up")]
    HungUp,
    /// The bytes are no message.
    #[error("{0}")]
    Malformed(String),
    /// The socket failed.
    #[error("the socket failed: {0}")]
    Socket(#[from] rustix::io::Errno),
}

/// Sends one message.
pub fn send(socket: impl AsFd, header: &impl Serialize, fds: &[BorrowedFd<'_>]) -> Result<(), WireError> {
    let malformed = |what: String| WireError::Malformed(what);
    let json =
        serde_json::to_vec(header).map_err(|e| malformed(format!("a header that cannot be written: {e}")))?;
    if json.len() + PREFIX_BYTES > MAX_PACKET_BYTES || fds.len() > MAX_FDS {
        return Err(malformed(format!("a message of {} bytes and {} files", json.len(), fds.len())));
    }
    let len = (json.len() as u32).to_le_bytes();
    let mut prefix = [0; PREFIX_BYTES];
    prefix[..3].copy_from_slice(&MAGIC);
    prefix[3] = PROTOCOL as u8;
    prefix[4..].copy_from_slice(&len);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() {
        let fits = control.push(SendAncillaryMessage::ScmRights(fds));
        assert!(fits, "the buffer has room for MAX_FDS files");
    }
    let parts = [IoSlice::new(&prefix), IoSlice::new(&json)];
    match retry(|| sendmsg(&socket, &parts, &mut control, SendFlags::NOSIGNAL)) {
        Ok(_) => Ok(()),
        Err(rustix::io::Errno::PIPE | rustix::io::Errno::CONNRESET) => Err(WireError::HungUp),
        Err(errno) => Err(errno.into()),
    }
}

/// Waits for one message.
pub fn receive<T: DeserializeOwned>(socket: impl AsFd) -> Result<(T, Vec<OwnedFd>), WireError> {
    let mut packet = vec![0; MAX_PACKET_BYTES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let received = retry(|| recvmsg(&socket, &mut [IoSliceMut::new(&mut packet)], &mut control, flags));
    let received = match received {
        Ok(received) => received,
        Err(rustix::io::Errno::CONNRESET) => return Err(WireError::HungUp),
        Err(errno) => return Err(errno.into()),
    };
    let mut fds = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            fds.extend(rights);
        }
    }
    if received.bytes == 0 {
        return Err(WireError::HungUp);
    }
    if received.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(WireError::Malformed("a packet that is too long".into()));
    }
    let header = header_of(&packet[..received.bytes])?;
    let header = serde_json::from_slice(header)
        .map_err(|e| WireError::Malformed(format!("a header that cannot be read: {e}")))?;
    Ok((header, fds))
}

fn header_of(packet: &[u8]) -> Result<&[u8], WireError> {
    let Some((prefix, header)) = packet.split_first_chunk::<PREFIX_BYTES>() else {
        return Err(WireError::Malformed(format!("a packet of {} bytes", packet.len())));
    };
    let [m0, m1, m2, version, len @ ..] = *prefix;
    if [m0, m1, m2] != MAGIC {
        return Err(WireError::Malformed("a packet without the mark of the protocol".into()));
    }
    if u32::from(version) != PROTOCOL {
        return Err(WireError::Malformed(format!("version {version} of the protocol, this is {PROTOCOL}")));
    }
    if u32::from_le_bytes(len) as usize != header.len() {
        return Err(WireError::Malformed(format!(
            "a header of {} bytes instead of its length",
            header.len()
        )));
    }
    Ok(header)
}

/// Calls again when a signal came in between.
pub(crate) fn retry<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> rustix::io::Result<T> {
    loop {
        match call() {
            Err(rustix::io::Errno::INTR) => {}
            other => return other,
        }
    }
}

/// Names the present content of a file: another length, time of change or inode gives another key.
pub fn file_key(stat: &rustix::fs::Stat) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (stat.st_dev, stat.st_ino, stat.st_size).hash(&mut hasher);
    (stat.st_mtime, stat.st_mtime_nsec, stat.st_ctime, stat.st_ctime_nsec).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::MediaKind;
    use crate::memory::{map_sealed, sealed};
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

    fn pair() -> (OwnedFd, OwnedFd) {
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap()
    }

    #[test]
    fn requests_and_their_files_arrive() {
        let (ours, theirs) = pair();
        let calls = [
            Call::Inspect { name_hint: "đơn\n.pdf".into() },
            Call::Display { page_idx: u32::MAX, max_side_px: None },
            Call::Cut { page_idx: 0, area: [1, 2, 3, 4], of_px: [5, 6], degrees: 270, max_side_px: 7 },
            Call::Versions,
            Call::Fault { fault: Fault::EatMemory },
        ];
        for call in calls {
            let request = Request { id: u64::MAX, call };
            let files = [sealed("a", &[b"first"]).unwrap(), sealed("b", &[b"second"]).unwrap()];
            send(&ours, &request, &[files[0].as_fd(), files[1].as_fd()]).unwrap();
            let (arrived, fds) = receive::<Request>(&theirs).unwrap();
            assert_eq!(arrived, request);
            let contents: Vec<_> = fds.iter().map(|fd| map_sealed(fd).unwrap().to_vec()).collect();
            assert_eq!(contents, [b"first".to_vec(), b"second".to_vec()]);
        }
    }

    #[test]
    fn replies_arrive() {
        let (ours, theirs) = pair();
        let info = FileInfo { kind: MediaKind::Tiff, pages: 3, signatures: 0 };
        let coding = Coding::PngFlate { colors: 1, bits: 4, palette: Some(vec![0, 128, 255]) };
        let (stored_px, orientation) = ((5, 6), 8);
        let results = [
            Ok(Answer::Inspect(info)),
            Ok(Answer::Picture { width_px: 6, height_px: 5, dpi: 72, coding, stored_px, orientation }),
            Ok(Answer::Recognise { complete: false, reader: Reader::Own, model_sha256: "79df".into() }),
            Err(Failure::NoSuchPage { page_idx: 9, pages: 3 }),
            Err(Failure::NoModel {
                language: "vie".into(),
                fault: ModelFault::Damaged { file: "/mô hình/vie.traineddata".into(), said: "cut".into() },
            }),
            Err(Failure::NotOwn { reason: NotOwn::NoInstructions { kernels: "AVX2".into() } }),
            Ok(Answer::Versions {
                tesseract: "5".into(),
                leptonica: "1".into(),
                pdfium_sha256: None,
                model_sha256: "79df".into(),
                witness_sha256: None,
                own: Err(NotOwn::Forced),
            }),
            Err(Failure::UnknownFormat),
        ];
        for result in results {
            let reply = Reply { id: 1, own_bytes: 2, result };
            send(&ours, &reply, &[]).unwrap();
            let (arrived, fds) = receive::<Reply>(&theirs).unwrap();
            assert_eq!((arrived, fds.len()), (reply, 0));
        }
    }

    #[test]
    fn a_closed_socket_is_told_apart_from_a_bad_message() {
        let (ours, theirs) = pair();
        drop(ours);
        assert!(matches!(receive::<Request>(&theirs), Err(WireError::HungUp)));
        let request = Request { id: 1, call: Call::Versions };
        assert!(matches!(send(&theirs, &request, &[]), Err(WireError::HungUp)));
    }

    #[test]
    fn what_a_decoder_says_is_one_short_line() {
        let failure = Failure::from(DecodeError::Undecodable("đ\n".repeat(5000)));
        let Failure::Undecodable { said } = failure else { panic!("{failure:?}") };
        assert_eq!(said.chars().count(), 500);
        assert!(!said.contains('\n'));
    }
}
