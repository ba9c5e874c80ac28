//! What the bench `pades` measures, as one JSON line: `pades FILE.pdf COUNT [PYTHON]`. Signs COUNT times with a P-256 key in
//! memory, without writing, and tells CPU seconds beside those of one SHA-256 over the file and of one copy of it, the peak of
//! memory, and what verifying costs. With the Python of a virtual environment that has pyHanko, its rate in the same run, with
//! the same key.
#![allow(clippy::disallowed_methods, reason = "a measurement reads files and starts a peer")]

use std::error::Error;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;

use record::Timestamp;
use seal::pades::{PdfStatus, SignatureRequest, sign_pdf, verify_pdf};
use seal::{Pkcs12Signer, TrialNames, make_trial_keys};
use sha2::Digest;

const PASSWORD: &str = "measured";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, count, python @ ..] = &arguments[..] else {
        return Err("pades FILE.pdf COUNT [PYTHON]".into());
    };
    let (path, count) = (Path::new(path), count.parse::<u32>()?.max(1));
    let now = Timestamp::now();
    let names = TrialNames { unit: "Đơn vị đo".into(), station: "Trạm đo".into() };
    let keys = make_trial_keys(&names, PASSWORD, now, &mut |buffer| {
        getrandom::fill(buffer).map_err(|e| std::io::Error::other(e.to_string()))
    })?;
    let signer = Pkcs12Signer::open(&keys.station_p12, PASSWORD)?;
    let at_rest = high_water_bytes()?;

    let mut file = File::open(path)?;
    let request = SignatureRequest { now, mark: None, certify: false };
    // Once before: what is loaded once is not what a signature costs.
    let mut appended = sign_pdf(&mut file, &request, &signer, None)?;
    let start = cpu_seconds()?;
    for _ in 0..count {
        appended = sign_pdf(&mut file, &request, &signer, None)?;
    }
    let signing = (cpu_seconds()? - start) / f64::from(count);

    let start = cpu_seconds()?;
    let digest = hashed(&mut File::open(path)?)?;
    let hashing = cpu_seconds()? - start;
    let signed_path = path.with_extension("signed");
    let start = cpu_seconds()?;
    std::fs::copy(path, &signed_path)?;
    let copying = cpu_seconds()? - start;
    let mut signed = File::options().read(true).append(true).open(&signed_path)?;
    signed.write_all(&appended)?;
    signed.rewind()?;
    let start = cpu_seconds()?;
    let report = verify_pdf(&mut signed, &[keys.ca_certificate_der], now)?;
    let verifying = cpu_seconds()? - start;
    let memory = high_water_bytes()?;
    std::fs::remove_file(&signed_path)?;
    if report.status() != Some(PdfStatus::TotalPassed) {
        return Err(format!("not what was signed: {report:?}").into());
    }

    let peer = match python {
        [python] => pyhanko(python, path, &keys.station_p12)?.to_string(),
        _ => "null".to_owned(),
    };
    println!(
        "{{\"bytes\":{},\"sha256\":\"{digest}\",\"appended_bytes\":{},\"sign_cpu_s\":{signing},\"sha256_cpu_s\":{hashing},\"copy_cpu_s\":{copying},\"verify_cpu_s\":{verifying},\"high_water_bytes\":{memory},\"high_water_at_rest_bytes\":{at_rest},\"pyhanko_cpu_s\":{peer}}}",
        std::fs::metadata(path)?.len(),
        appended.len(),
    );
    Ok(())
}

fn hashed(file: &mut File) -> Result<String, Box<dyn Error>> {
    let (mut hasher, mut block) = (sha2::Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            n => hasher.update(&block[..n]),
        }
    }
}

/// CPU seconds of one signature by pyHanko.
fn pyhanko(python: &str, path: &Path, p12: &[u8]) -> Result<f64, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let key = folder.path().join("key.p12");
    std::fs::write(&key, p12)?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/pyhanko_rate.py");
    let peer = std::process::Command::new(python).arg(script).arg(path).arg(key).arg(PASSWORD).output()?;
    if !peer.status.success() {
        return Err(String::from_utf8_lossy(&peer.stderr).into_owned().into());
    }
    Ok(String::from_utf8_lossy(&peer.stdout).trim().parse()?)
}

/// CPU time of this thread.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = text.split_whitespace().next().ok_or("no figure")?.parse()?;
    Ok(nanoseconds / 1e9)
}

/// The most memory that the kernel ever gave this process (VmHWM).
fn high_water_bytes() -> Result<u64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:")).ok_or("no figure")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024)
}
