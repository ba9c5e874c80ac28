//! Questions in, answers out.

use crate::confine;
use crate::engine::{Engine, Read};
use native::decode::{self, Decoder, Source};
use native::media::Cut;
use native::memory::{self, Mapping};
use native::wire::{
    Answer, Call, Failure, Fault, Hello, MAX_AREAS, PROTOCOL, Reply, Request, WireError, file_key, receive,
    send,
};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{FileType, MemfdFlags, fstat, memfd_create};
use std::io::Write;
use std::sync::Arc;

/// Until the socket closes. An error means that the other side broke the rules; nothing more is said to it.
pub(crate) fn run() -> Result<(), String> {
    let omp_thread_limit = std::env::var("OMP_THREAD_LIMIT").unwrap_or_default();
    if omp_thread_limit != "1" {
        return Err(format!("OMP_THREAD_LIMIT is {omp_thread_limit:?}; it must be \"1\" before the start"));
    }
    let faults = std::env::var_os("HOSO_WORKER_FAULTS").is_some_and(|on| on == "1");
    let socket = std::io::stdin().as_fd().try_clone_to_owned().map_err(|e| format!("no socket: {e}"))?;
    let network = confine::at_start()?;
    let watched = socket.try_clone().map_err(|e| format!("no socket: {e}"))?;
    confine::end_with_the_pool(watched).map_err(|e| format!("no thread: {e}"))?;

    let (first, _) = receive::<Request>(&socket).map_err(|e| e.to_string())?;
    let Request { id, call: Call::Hello(hello) } = first else {
        return Err("the first message is no introduction".into());
    };
    if hello.protocol != PROTOCOL {
        return Err(format!("protocol {} is asked for, this is {PROTOCOL}", hello.protocol));
    }
    confine::with_limits_of(&hello)?;
    let answer = Answer::Hello {
        protocol: PROTOCOL,
        program: env!("CARGO_PKG_VERSION").into(),
        omp_thread_limit,
        network: network.into(),
    };
    reply(&socket, id, Ok((answer, vec![])))?;

    let decoder = Decoder::new(hello.pdfium.clone(), hello.max_pixels);
    let engine = Engine::new(hello.tessdata.clone(), hello.engine, hello.kernels);
    let mut desk = Desk { hello, decoder, engine, faults, last: None };
    loop {
        let (request, fds) = match receive::<Request>(&socket) {
            Ok(received) => received,
            Err(WireError::HungUp) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        let answered = desk.answer(&socket, request.call, fds)?;
        reply(&socket, request.id, answered)?;
        if decode::is_overrun() {
            // the next question finds another worker
            return Ok(());
        }
    }
}

type Answered = Result<(Answer, Vec<OwnedFd>), Failure>;

fn reply(socket: &OwnedFd, id: u64, answered: Answered) -> Result<(), String> {
    let (result, fds) = match answered {
        Ok((answer, fds)) => (Ok(answer), fds),
        Err(failure) => (Err(failure), vec![]),
    };
    let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
    match send(socket, &Reply { id, own_bytes: own_bytes(), result }, &fds) {
        Ok(()) | Err(WireError::HungUp) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// Anonymous resident memory; 0 when `/proc` is not there to tell.
fn own_bytes() -> u64 {
    let pages = |text: String| {
        let mut fields = text.split(' ').skip(1).map(|n| n.parse::<u64>().ok());
        Some(fields.next()??.saturating_sub(fields.next()??))
    };
    let pages = std::fs::read_to_string("/proc/self/statm").ok().and_then(pages).unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

struct Desk {
    hello: Hello,
    decoder: Decoder,
    engine: Engine,
    faults: bool,
    /// The file looked at last stays mapped, for the decoder may have it open.
    last: Option<Source>,
}

impl Desk {
    /// The outer error ends the worker, the inner one is an answer.
    fn answer(&mut self, socket: &OwnedFd, call: Call, fds: Vec<OwnedFd>) -> Result<Answered, String> {
        let wanted = match call {
            Call::Hello(_) | Call::Versions | Call::Fault { .. } => 0,
            _ => 1,
        };
        if fds.len() != wanted {
            return Err(format!("{} files with a question that takes {wanted}", fds.len()));
        }
        let file = fds.into_iter().next();
        Ok(match (call, file) {
            (Call::Inspect { name_hint }, Some(file)) => self.inspect(&file, &name_hint),
            (Call::Decode { page_idx }, Some(file)) => self.decode(&file, page_idx),
            (Call::Picture { page_idx }, Some(file)) => self.picture(&file, page_idx),
            (Call::Display { page_idx, max_side_px }, Some(file)) => {
                self.display(&file, page_idx, max_side_px)
            }
            (
                Call::Cut { page_idx, area: [left, top, right, bottom], of_px, degrees, max_side_px },
                Some(file),
            ) => {
                let turn = record::Turn::from_degrees(degrees)
                    .ok_or_else(|| format!("a part turned by {degrees} degrees"))?;
                let area = record::PxBox { left, top, right, bottom };
                let cut = Cut { area, of_px: (of_px[0], of_px[1]), turn, max_side_px };
                if !cut.is_on_its_page() {
                    return Err("a part that does not lie on its page".into());
                }
                self.cut(&file, page_idx, &cut)
            }
            (call @ (Call::Recognise { .. } | Call::ReadLines { .. }), Some(file)) => {
                self.read(call, &file)?
            }
            (Call::Versions, _) => self.engine.versions(&self.hello).map(|answer| (answer, vec![])),
            (Call::Fault { fault }, _) if self.faults => go_wrong(socket, fault),
            (Call::Fault { .. }, _) => return Err("faults are not switched on".into()),
            (Call::Hello(_), _) => return Err("a second introduction".into()),
            (_, None) => return Err("a question without its file".into()),
        })
    }

    fn source(&mut self, file: &OwnedFd) -> Result<Source, Failure> {
        let undecodable = |said: String| Failure::Undecodable { said };
        let stat = fstat(file).map_err(|e| undecodable(e.to_string()))?;
        if !FileType::from_raw_mode(stat.st_mode).is_file() {
            return Err(undecodable("not a regular file".into()));
        }
        let (bytes, max) = (stat.st_size as u64, self.hello.max_file_bytes);
        if bytes > max {
            return Err(Failure::TooLarge { bytes, max });
        }
        let key = file_key(&stat);
        if let Some(last) = self.last.as_ref().filter(|last| last.key == key) {
            return Ok(last.clone());
        }
        let before = self.last.as_ref().map_or(0, |last| (*last.bytes).as_ref().len() as u64);
        confine::allow_files(&self.hello, before.saturating_add(bytes)).map_err(undecodable)?;
        let mapping = Mapping::whole_file(file).map_err(|e| undecodable(format!("cannot be mapped: {e}")))?;
        let source = Source { key, bytes: Arc::new(mapping) };
        self.last = Some(source.clone());
        Ok(source)
    }

    fn inspect(&mut self, file: &OwnedFd, name_hint: &str) -> Answered {
        let source = self.source(file)?;
        let info = decode::inspect(&mut self.decoder, &source, name_hint)?;
        Ok((Answer::Inspect(info), vec![]))
    }

    fn decode(&mut self, file: &OwnedFd, page_idx: u32) -> Answered {
        let source = self.source(file)?;
        let page = decode::page(&mut self.decoder, &source, page_idx)?;
        let mut fds = vec![sealed("pixels", &[&page.pixels])?];
        if let Some(text) = &page.embedded_text {
            fds.push(sealed("text", &[text.as_bytes()])?);
        }
        let record::PageSize { width_px, height_px, dpi } = page.size;
        let (channels, bilevel) = (page.channels, page.bilevel);
        Ok((Answer::Decode { width_px, height_px, dpi, channels, bilevel }, fds))
    }

    fn picture(&mut self, file: &OwnedFd, page_idx: u32) -> Answered {
        let source = self.source(file)?;
        let picture = decode::picture(&mut self.decoder, &source, page_idx)?;
        let mut fds = vec![sealed("picture", &[&picture.bytes])?];
        let heads: Vec<[u8; 16]> = picture.patches.iter().map(|patch| patch_head(&patch.bbox)).collect();
        if !heads.is_empty() {
            let parts: Vec<&[u8]> = heads
                .iter()
                .zip(&picture.patches)
                .flat_map(|(head, patch)| [head.as_slice(), patch.rgb.as_slice()])
                .collect();
            fds.push(sealed("patches", &parts)?);
        }
        let record::PageSize { width_px, height_px, dpi } = picture.size;
        let (stored_px, orientation) = (picture.stored_px, picture.orientation);
        let coding = picture.coding;
        Ok((Answer::Picture { width_px, height_px, dpi, coding, stored_px, orientation }, fds))
    }

    fn display(&mut self, file: &OwnedFd, page_idx: u32, max_side_px: Option<u32>) -> Answered {
        let source = self.source(file)?;
        let jpeg = decode::display(&mut self.decoder, &source, page_idx, max_side_px)?;
        Ok((Answer::Display, vec![sealed("display", &[&jpeg])?]))
    }

    fn cut(&mut self, file: &OwnedFd, page_idx: u32, cut: &Cut) -> Answered {
        let source = self.source(file)?;
        let jpeg = decode::cut(&mut self.decoder, &source, page_idx, cut)?;
        Ok((Answer::Display, vec![sealed("cut", &[&jpeg])?]))
    }

    fn read(&mut self, call: Call, file: &OwnedFd) -> Result<Answered, String> {
        let (Call::Recognise { width_px, height_px, dpi, .. }
        | Call::ReadLines { width_px, height_px, dpi, .. }) = call
        else {
            return Err("not a picture to recognise".into());
        };
        let sides = 3..=32_767;
        if !sides.contains(&width_px) || !sides.contains(&height_px) {
            return Ok(Err(Failure::Unrecognisable { width_px, height_px }));
        }
        let pixels = memory::map_sealed(file).map_err(|e| e.to_string())?;
        if pixels.len() as u64 != u64::from(width_px) * u64::from(height_px) {
            return Err(format!("{} bytes for {width_px} × {height_px} pixels", pixels.len()));
        }
        let image = native::GreyView { width_px, height_px, dpi, pixels: &pixels };
        let read = match call {
            Call::Recognise { language, psm, blacklist, soft_ms, .. } => {
                self.engine.recognise(image, &language, psm, &blacklist, soft_ms)
            }
            Call::ReadLines { areas, language, blacklist, soft_ms, .. } => {
                let on_it = |&[left, top, right, bottom]: &[u32; 4]| {
                    left < right && top < bottom && right <= width_px && bottom <= height_px
                };
                if areas.len() > MAX_AREAS || !areas.iter().all(on_it) {
                    return Err("lines that do not lie on their picture".into());
                }
                self.engine.read_lines(image, &areas, &language, &blacklist, soft_ms)
            }
            _ => return Err("not a picture to recognise".into()),
        };
        Ok(read.and_then(|Read { blocks, complete, reader, model_sha256 }| {
            let json = serde_json::to_vec(&blocks).expect("blocks are plain data");
            Ok((Answer::Recognise { complete, reader, model_sha256 }, vec![sealed("words", &[&json])?]))
        }))
    }
}

fn patch_head(bbox: &record::PxBox) -> [u8; 16] {
    let mut head = [0; 16];
    for (bytes, side) in head.chunks_exact_mut(4).zip([bbox.left, bbox.top, bbox.right, bbox.bottom]) {
        bytes.copy_from_slice(&side.to_le_bytes());
    }
    head
}

fn sealed(name: &str, parts: &[&[u8]]) -> Result<OwnedFd, Failure> {
    memory::sealed(name, parts)
        .map_err(|e| Failure::Undecodable { said: format!("no memory to hand the result over: {e}") })
}

/// Test faults, each the real thing.
fn go_wrong(socket: &OwnedFd, fault: Fault) -> Answered {
    match fault {
        Fault::Panic => panic!("as the test wishes"),
        Fault::Abort => std::process::abort(),
        Fault::EatMemory => {
            let mut eaten: Vec<Vec<u8>> = Vec::new();
            loop {
                eaten.push(vec![1; 64 << 20]);
            }
        }
        Fault::Hang => loop {
            std::thread::park();
        },
        Fault::Babble => {
            let _the_pool_sees_it = rustix::io::write(socket, b"no message at all");
            std::thread::park();
            Err(Failure::Refused { said: "unreachable".into() })
        }
        Fault::Unsealed => {
            let fd = memfd_create("unsealed", MemfdFlags::CLOEXEC).expect("a memfd can be had");
            let mut file = std::fs::File::from(fd);
            file.write_all(b"changes later").expect("a memfd can be written");
            Ok((Answer::Display, vec![file.into()]))
        }
    }
}
