//! Processes: confined while they live, and gone when they should be.

use crate::support::{PROGRAM, config, read, text_picture, wait_for_end};
use native::wire::Fault;
use native::{NativeError, Pool};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn proc_of(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}"))
}

#[test]
fn no_process_is_left_when_the_pool_is_dropped() {
    let pool = Pool::start_with_faults(config(), 2).unwrap();
    let picture = text_picture("Cáo trạng");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| read(&pool, &picture, "vie"));
        }
    });
    assert!(matches!(pool.inject(Fault::Abort), Err(NativeError::Died { .. })));
    read(&pool, &picture, "vie");
    let pids = pool.idle_pids();
    assert!(!pids.is_empty());
    assert!(pids.iter().all(|pid| proc_of(*pid).exists()));
    drop(pool);
    assert!(!pids.iter().any(|pid| proc_of(*pid).exists()), "not even a zombie");
}

#[test]
fn workers_outlive_the_thread_that_started_them() {
    let pool = Pool::start(config(), 1).unwrap();
    let picture = text_picture("Cáo trạng");
    std::thread::scope(|scope| scope.spawn(|| read(&pool, &picture, "vie")).join().unwrap());
    let pids = pool.idle_pids();
    read(&pool, &picture, "vie");
    assert_eq!(pool.idle_pids(), pids);
}

/// The parent is a Python program that knows the protocol from its description only; its worker hangs in the
/// middle of a call when the parent is killed.
#[test]
fn no_worker_is_left_when_its_parent_is_killed() {
    let client = r#"
import json, os, socket, struct, subprocess, sys, time
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
env = {"OMP_THREAD_LIMIT": "1", "HOSO_WORKER_FAULTS": "1"}
worker = subprocess.Popen([sys.argv[1]], stdin=theirs, env=env)
theirs.close()
def send(id, call):
    header = json.dumps({"id": id, "call": call}).encode()
    ours.send(b"hsw\x05" + struct.pack("<I", len(header)) + header)
send(1, {"call": "hello", "protocol": 5, "engine": "auto", "kernels": "auto", "program": "python", "tessdata": sys.argv[2], "pdfium": None,
         "language": "vie", "address_space_bytes": 1 << 30, "max_pixels": 1, "max_file_bytes": 1})
reply = ours.recv(1 << 16)
assert reply[:4] == b"hsw\x05" and struct.unpack("<I", reply[4:8])[0] == len(reply) - 8, reply
answer = json.loads(reply[8:])
assert answer["id"] == 1 and answer["result"]["Ok"]["omp_thread_limit"] == "1", answer
send(2, {"call": "fault", "fault": "hang"})
print(worker.pid, flush=True)
time.sleep(600)
"#;
    let mut parent = Command::new("python3")
        .args(["-c", client, PROGRAM])
        .arg(config().tessdata)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let worker: u32 = line.trim().parse().unwrap();
    assert!(proc_of(worker).exists());
    kill_process(Pid::from_raw(parent.id() as i32).unwrap(), Signal::KILL).unwrap();
    parent.wait().unwrap();
    wait_for_end(worker);
}

#[test]
fn a_worker_is_confined() {
    let pool = Pool::start(config(), 1).unwrap();
    read(&pool, &text_picture("Cáo trạng và quyết định"), "vie");
    let versions = pool.versions().unwrap();
    let worker = proc_of(pool.idle_pids()[0]);
    let threads = std::fs::read_dir(worker.join("task")).unwrap().count();
    assert_eq!(threads, 2, "one that works and one that watches the socket");
    let limits = std::fs::read_to_string(worker.join("limits")).unwrap();
    let limit = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..].split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(limit("Max core file size"), "0");
    assert_eq!(limit("Max address space"), (2_u64 << 30).to_string());
    let network = |of: &str| std::fs::read_link(format!("{of}/ns/net"));
    let mine = network("/proc/self").unwrap();
    match versions.network.as_str() {
        "shared" => assert_eq!(network(worker.to_str().unwrap()).unwrap(), mine),
        "own-namespace" | "own-user-namespace" => {
            assert_ne!(network(worker.to_str().unwrap()).unwrap(), mine);
        }
        other => panic!("{other}"),
    }
    let environment = std::fs::read(worker.join("environ")).unwrap();
    let names: Vec<String> = environment
        .split(|b| *b == 0)
        .filter(|entry| !entry.is_empty())
        .map(|entry| String::from_utf8_lossy(entry).split('=').next().unwrap().to_owned())
        .collect();
    let heap = ["MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"];
    assert!(heap.iter().all(|wanted| names.iter().any(|n| n == wanted)), "{names:?}");
    let others = ["OMP_THREAD_LIMIT", "LANG"];
    assert!(names.iter().all(|n| heap.contains(&n.as_str()) || others.contains(&n.as_str())), "{names:?}");
}

/// This test program uses the library as `hoso` does.
#[test]
fn who_uses_the_library_links_no_ocr() {
    let own = std::fs::read_to_string("/proc/self/maps").unwrap();
    assert!(own.contains("libc.so"), "{own}");
    assert!(!own.contains("libtesseract") && !own.contains("liblept"), "{own}");
    let pool = Pool::start(config(), 1).unwrap();
    pool.versions().unwrap();
    let worker = std::fs::read_to_string(proc_of(pool.idle_pids()[0]).join("maps")).unwrap();
    assert!(worker.contains("libtesseract"));
}
