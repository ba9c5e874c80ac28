//! A worker whose client breaks the rules ends, and says why.

use crate::support::{Bare, hello};
use native::wire::{Call, PROTOCOL, Request, send};
use rustix::fd::AsFd;
use rustix::io::write;

/// What a worker says when this packet comes after the introduction; its exit code is 2.
fn refusal(packet: &[u8]) -> String {
    let worker = Bare::introduced();
    assert_eq!(write(&worker.socket, packet), Ok(packet.len()));
    let (code, said) = worker.end();
    assert_eq!(code, Some(2), "{said}");
    said.trim().to_owned()
}

fn packet(version: u8, claimed: usize, header: &[u8]) -> Vec<u8> {
    [b"hsw".as_slice(), &[version], &(claimed as u32).to_le_bytes(), header].concat()
}

#[test]
fn malformed_packets_are_refused() {
    let version = PROTOCOL as u8;
    assert_eq!(refusal(b"x"), "a packet of 1 bytes");
    assert_eq!(refusal(b"GET / HTTP/1.1\r\n"), "a packet without the mark of the protocol");
    assert_eq!(refusal(&packet(version + 1, 2, b"{}")), "version 6 of the protocol, this is 5");
    assert_eq!(refusal(&packet(version, 3, b"{}")), "a header of 2 bytes instead of its length");
    assert!(refusal(&packet(version, 2, b"{}")).contains("cannot be read"));
    assert!(refusal(&packet(version, 0, b"")).contains("cannot be read"));
    let unknown = br#"{"id":1,"call":{"call":"format-disk"}}"#;
    assert!(refusal(&packet(version, unknown.len(), unknown)).contains("format-disk"));
    assert!(refusal(&vec![b' '; 70_000]).contains("too long"));
}

#[test]
fn questions_without_their_file_are_refused() {
    for call in [Call::Decode { page_idx: 0 }, Call::Inspect { name_hint: String::new() }] {
        let mut worker = Bare::introduced();
        worker.ask(call, &[]).unwrap_err();
        assert_eq!(worker.end().1.trim(), "0 files with a question that takes 1");
    }
}

#[test]
fn a_part_that_is_not_on_its_page_is_refused() {
    let file = tempfile::tempfile().unwrap();
    let cut = |area, degrees| Call::Cut { page_idx: 0, area, of_px: [10, 20], degrees, max_side_px: 5 };
    for area in [[0, 0, 11, 20], [0, 0, 10, 21], [5, 0, 5, 20], [0, 9, 10, 8]] {
        let mut worker = Bare::introduced();
        worker.ask(cut(area, 0), &[file.as_fd()]).unwrap_err();
        assert_eq!(worker.end().1.trim(), "a part that does not lie on its page", "{area:?}");
    }
    let mut worker = Bare::introduced();
    worker.ask(cut([0, 0, 10, 20], 45), &[file.as_fd()]).unwrap_err();
    assert_eq!(worker.end().1.trim(), "a part turned by 45 degrees");
}

#[test]
fn pixels_that_could_change_are_refused() {
    let mut worker = Bare::introduced();
    let call = Call::Recognise {
        width_px: 10,
        height_px: 10,
        dpi: 200,
        language: "vie".into(),
        psm: 3,
        blacklist: String::new(),
        soft_ms: 1000,
    };
    let file = tempfile::tempfile().unwrap();
    file.set_len(100).unwrap();
    worker.ask(call.clone(), &[file.as_fd()]).unwrap_err();
    let (code, said) = worker.end();
    assert_eq!(code, Some(2), "{said}");

    let mut worker = Bare::introduced();
    let short = native::memory::sealed("test", &[&[255; 99]]).unwrap();
    worker.ask(call, &[short.as_fd()]).unwrap_err();
    assert_eq!(worker.end().1.trim(), "99 bytes for 10 × 10 pixels");
}

#[test]
fn lines_that_do_not_lie_on_their_picture_are_refused() {
    let ask = |areas: Vec<[u32; 4]>| {
        let mut worker = Bare::introduced();
        let pixels = native::memory::sealed("test", &[&[255; 200]]).unwrap();
        let call = Call::ReadLines {
            width_px: 20,
            height_px: 10,
            dpi: 200,
            areas,
            language: "vie".into(),
            blacklist: String::new(),
            soft_ms: 1000,
        };
        let answered = worker.ask(call, &[pixels.as_fd()]).is_ok();
        drop(pixels);
        if answered { None } else { Some(worker.end()) }
    };
    let inside = [0, 0, 20, 10];
    let bad = [
        // without width, without height, the wrong way round
        [5, 0, 5, 10],
        [0, 5, 20, 5],
        [6, 0, 5, 10],
        [0, 6, 20, 5],
        // beyond the right and the lower side
        [0, 0, 21, 10],
        [0, 0, 20, 11],
        [20, 0, 21, 10],
        [0, 0, u32::MAX, u32::MAX],
    ];
    for area in bad {
        let (code, said) = ask(vec![inside, area]).expect("refused");
        assert_eq!((code, said.trim()), (Some(2), "lines that do not lie on their picture"), "{area:?}");
    }
    assert!(ask(vec![inside; 1001]).is_some());
    assert!(ask(vec![inside; 1000]).is_none() && ask(Vec::new()).is_none());
}

#[test]
fn the_first_message_is_an_introduction_and_the_only_one() {
    let mut worker = Bare::start(&[("OMP_THREAD_LIMIT", "1")]);
    worker.ask(Call::Versions, &[]).unwrap_err();
    assert_eq!(worker.end().1.trim(), "the first message is no introduction");

    let mut worker = Bare::introduced();
    worker.ask(Call::Hello(hello()), &[]).unwrap_err();
    assert_eq!(worker.end().1.trim(), "a second introduction");

    let mut worker = Bare::start(&[("OMP_THREAD_LIMIT", "1")]);
    let other = native::wire::Hello { protocol: 99, ..hello() };
    worker.ask(Call::Hello(other), &[]).unwrap_err();
    assert_eq!(worker.end().1.trim(), "protocol 99 is asked for, this is 5");
}

#[test]
fn one_thread_must_be_set_before_the_start() {
    for env in [&[][..], &[("OMP_THREAD_LIMIT", "2")][..]] {
        let (code, said) = Bare::start(env).end();
        assert_eq!(code, Some(2));
        assert!(said.contains("OMP_THREAD_LIMIT"), "{said}");
    }
}

#[test]
fn a_worker_ends_when_the_socket_closes() {
    let worker = Bare::introduced();
    let Bare { child, socket } = worker;
    drop(socket);
    let ended = child.wait_with_output().unwrap();
    assert!(ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn a_large_header_is_not_sent() {
    let worker = Bare::introduced();
    let call = Call::Inspect { name_hint: "x".repeat(70_000) };
    let error = send(&worker.socket, &Request { id: 1, call }, &[]).unwrap_err();
    assert!(error.to_string().contains("bytes"), "{error}");
}
