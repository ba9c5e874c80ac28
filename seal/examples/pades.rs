//! How fast PDFs are signed: `pades FILE.pdf COUNT [PYTHON]`. Signs COUNT times with a P-256 key in memory, without writing, and
//! prints CPU seconds beside those of one SHA-256 over the file and of one copy of it in memory, and the peak of memory. With
//! the Python of a virtual environment that has pyHanko, its rate in the same run, with the same key.
#![allow(clippy::disallowed_methods, reason = "a measurement reads files and starts a peer")]

use std::error::Error;
use std::fs::File;
use std::io::Write;

use record::Timestamp;
use seal::pades::{SignatureRequest, sign_pdf, verify_pdf};
use seal::{Pkcs12Signer, TrialNames, make_trial_keys};
use sha2::Digest;

const PASSWORD: &str = "measured";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, count, python @ ..] = &arguments[..] else {
        return Err("pades FILE.pdf COUNT [PYTHON]".into());
    };
    let count: u32 = count.parse()?;
    let now = Timestamp::now();
    let names = TrialNames { unit: "Đơn vị đo".into(), station: "Trạm đo".into() };
    let keys = make_trial_keys(&names, PASSWORD, now, &mut |buffer| {
        getrandom::fill(buffer).map_err(|e| std::io::Error::other(e.to_string()))
    })?;
    let signer = Pkcs12Signer::open(&keys.station_p12, PASSWORD)?;

    let mut file = File::open(path)?;
    let request = SignatureRequest { now, mark: None, certify: false };
    let mut appended = sign_pdf(&mut file, &request, &signer, None)?;
    let start = cpu_seconds()?;
    for _ in 0..count {
        appended = sign_pdf(&mut file, &request, &signer, None)?;
    }
    let signing = (cpu_seconds()? - start) / f64::from(count);
    println!("memory at its peak: {}", peak_memory()?);
    println!("sign: {signing:.6} s CPU each, {:.1}/s, {} bytes appended", 1.0 / signing, appended.len());

    let bytes = std::fs::read(path)?;
    let start = cpu_seconds()?;
    let digest = sha2::Sha256::digest(&bytes);
    let hashing = cpu_seconds()? - start;
    let copy_path = std::env::temp_dir().join("pades-copy");
    let start = cpu_seconds()?;
    std::fs::copy(path, &copy_path)?;
    let copying = cpu_seconds()? - start;
    std::fs::remove_file(copy_path)?;
    println!("SHA-256 ({:02x}…): {hashing:.6} s, copy: {copying:.6} s", digest[0]);
    println!("sign + copy is {:.2} times SHA-256 + copy", (signing + copying) / (hashing + copying));

    let mut whole = tempfile::tempfile()?;
    whole.write_all(&bytes)?;
    whole.write_all(&appended)?;
    drop(bytes);
    let start = cpu_seconds()?;
    let report = verify_pdf(&mut whole, &[keys.ca_certificate_der], now)?;
    println!("verify: {:.6} s CPU, {:?}", cpu_seconds()? - start, report.status());

    if let [python] = python {
        let folder = tempfile::tempdir()?;
        let p12 = folder.path().join("key.p12");
        std::fs::write(&p12, &keys.station_p12)?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/pyhanko_rate.py");
        let peer =
            std::process::Command::new(python).arg(script).arg(path).arg(p12).arg(PASSWORD).output()?;
        if !peer.status.success() {
            return Err(String::from_utf8_lossy(&peer.stderr).into_owned().into());
        }
        let seconds: f64 = String::from_utf8_lossy(&peer.stdout).trim().parse()?;
        println!("pyHanko: {seconds:.6} s CPU each; ours is {:.1} times as fast", seconds / signing);
    }
    Ok(())
}

/// CPU time of this thread.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = text.split_whitespace().next().ok_or("no figure")?.parse()?;
    Ok(nanoseconds / 1e9)
}

fn peak_memory() -> Result<String, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:")).ok_or("no figure")?;
    Ok(line.trim().to_owned())
}
