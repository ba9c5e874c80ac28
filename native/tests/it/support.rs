//! What the tests share: places, pictures made by other programs, a bare client of the protocol.

use crate::provided::{pdfium, program, sample};
use native::wire::{Answer, Call, Hello, PROTOCOL, Reply, Request, receive, send};
use native::{GreyView, Limits, Pool, RecogniseParams, RecognisedPage, Segmentation, WorkerConfig};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A heading and a paragraph.
pub(crate) const VIETNAMESE: &str = "VIỆN KIỂM SÁT NHÂN DÂN KHU VỰC 7\n\
    Căn cứ Điều 41 và Điều 243 của Bộ luật Tố tụng hình sự, xét thấy hành vi của bị can đã đủ yếu tố \
    cấu thành tội phạm, quyết định truy tố ra trước Tòa án nhân dân để xét xử theo quy định.";

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_hoso-worker");

/// The worker just built, Debian's models, the Pdfium that `./dev` installs.
pub(crate) fn config() -> WorkerConfig {
    let program_dir = Path::new(PROGRAM).parent().unwrap().to_owned();
    let tessdata: Vec<PathBuf> = std::env::var_os("TESSDATA_PREFIX").map(PathBuf::from).into_iter().collect();
    WorkerConfig::find(&[program_dir], &tessdata, &[pdfium()], "vie").unwrap()
}

/// The same with other limits.
pub(crate) fn config_with(change: impl FnOnce(&mut Limits)) -> WorkerConfig {
    let mut config = config();
    change(&mut config.limits);
    config
}

/// A grey picture.
#[derive(Clone, PartialEq)]
pub(crate) struct Grey {
    pub(crate) width_px: u32,
    pub(crate) height_px: u32,
    pub(crate) dpi: u32,
    pub(crate) pixels: Vec<u8>,
    /// The same as a PGM file, for other programs.
    pub(crate) pgm: Vec<u8>,
}

impl Grey {
    pub(crate) fn view(&self) -> GreyView<'_> {
        GreyView { width_px: self.width_px, height_px: self.height_px, dpi: self.dpi, pixels: &self.pixels }
    }
}

/// What ImageMagick makes of these arguments, as a grey picture.
pub(crate) fn convert(args: &[&str], dpi: u32) -> Grey {
    let made =
        program("convert").args(args).args(["-colorspace", "Gray", "-depth", "8", "pgm:-"]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let pgm = made.stdout;
    // "P5\n<width> <height>\n255\n", then the pixels.
    let head_end = pgm.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(2).unwrap().0 + 1;
    let head = String::from_utf8(pgm[..head_end].to_vec()).unwrap();
    let numbers: Vec<u32> = head.split_whitespace().skip(1).map(|n| n.parse().unwrap()).collect();
    let [width_px, height_px, 255] = numbers[..] else { panic!("{head:?}") };
    Grey { width_px, height_px, dpi, pixels: pgm[head_end..].to_vec(), pgm }
}

/// Black text on white at 200 dpi, in Liberation Serif.
pub(crate) fn text_picture(text: &str) -> Grey {
    let caption = format!("caption:{text}");
    let args = ["-density", "200", "-size", "1400x", "-background", "white", "-fill", "black"];
    let font = ["-font", "Liberation-Serif", "-pointsize", "14", "-interline-spacing", "12"];
    let border = [caption.as_str(), "-bordercolor", "white", "-border", "60"];
    convert(&[&args[..], &font[..], &border[..]].concat(), 200)
}

/// One of Tesseract's own test pictures.
pub(crate) fn sample_picture(name: &str) -> Grey {
    convert(&[sample(&format!("images/tesseract/{name}")).to_str().unwrap()], 300)
}

/// The words of a page, in order.
pub(crate) fn words_of(page: &RecognisedPage) -> Vec<String> {
    text_of(page).split_whitespace().map(str::to_owned).collect()
}

/// The text of a page: words by spaces, lines by line breaks, blocks by empty lines.
pub(crate) fn text_of(page: &RecognisedPage) -> String {
    let block = |b: &record::Block| b.lines.iter().map(record::Line::text).collect::<Vec<_>>().join("\n");
    page.blocks.iter().map(block).collect::<Vec<_>>().join("\n\n")
}

pub(crate) fn read(pool: &Pool, picture: &Grey, language: &str) -> RecognisedPage {
    pool.recognise(picture.view(), &RecogniseParams::new(language, Segmentation::Auto)).unwrap()
}

/// Waits until a process has ended (a zombie has), at most a minute.
pub(crate) fn wait_for_end(pid: u32) {
    let pid = Pid::from_raw(pid as i32).unwrap();
    let Ok(pidfd) = pidfd_open(pid, PidfdFlags::empty()) else { return };
    let minute = Timespec { tv_sec: 60, tv_nsec: 0 };
    let ready = poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&minute)).unwrap();
    assert_eq!(ready, 1, "process {pid:?} still runs");
}

/// A worker without a pool.
pub(crate) struct Bare {
    pub(crate) child: Child,
    pub(crate) socket: OwnedFd,
}

impl Bare {
    /// Started like the pool does it, with this environment.
    pub(crate) fn start(env: &[(&str, &str)]) -> Self {
        let (socket, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        let child = Command::new(PROGRAM)
            .env_clear()
            .envs(env.iter().copied())
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child, socket }
    }

    /// Introduced with the default limits.
    pub(crate) fn introduced() -> Self {
        let mut bare = Self::start(&[("OMP_THREAD_LIMIT", "1")]);
        let hello = bare.ask(Call::Hello(hello()), &[]).unwrap().0;
        assert!(matches!(hello, Answer::Hello { protocol: PROTOCOL, .. }), "{hello:?}");
        bare
    }

    pub(crate) fn ask(
        &mut self,
        call: Call,
        fds: &[BorrowedFd<'_>],
    ) -> Result<(Answer, Vec<OwnedFd>), String> {
        send(&self.socket, &Request { id: 7, call }, fds).map_err(|e| e.to_string())?;
        let (reply, fds) = receive::<Reply>(self.socket.as_fd()).map_err(|e| e.to_string())?;
        assert_eq!(reply.id, 7);
        reply.result.map(|answer| (answer, fds)).map_err(|failure| format!("{failure:?}"))
    }

    /// The exit code and what it said; waits for the end.
    pub(crate) fn end(self) -> (Option<i32>, String) {
        let ended = self.child.wait_with_output().unwrap();
        drop(self.socket);
        (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
    }
}

/// An introduction with the default limits.
pub(crate) fn hello() -> Hello {
    let WorkerConfig { tessdata, pdfium, language, engine, kernels, limits, .. } = config();
    Hello {
        protocol: PROTOCOL,
        program: "test".into(),
        tessdata,
        pdfium,
        language,
        engine,
        kernels,
        address_space_bytes: limits.address_space_bytes,
        max_pixels: limits.max_pixels,
        max_file_bytes: limits.max_file_bytes,
    }
}
