//! Throws damaged PDFs at the verifier and the signer: `pdf_fuzz MINUTES SEED FILE.pdf...`. Whatever comes of them, nothing may
//! panic or take long; the damage that does is named, and ends the program.
#![allow(clippy::disallowed_methods, reason = "an example reads files")]

use std::io::Cursor;
use std::time::{Duration, Instant};

use record::Timestamp;
use seal::pades::{ValidationData, add_validation_data, verify_pdf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [minutes, seed, files @ ..] = &arguments[..] else {
        return Err("pdf_fuzz MINUTES SEED FILE.pdf...".into());
    };
    let pdfs = files.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let end = Instant::now() + Duration::from_secs_f64(minutes.parse::<f64>()? * 60.0);
    let mut state: u64 = seed.parse()?;
    let mut dice = |sides: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % sides
    };
    let data = ValidationData { crls: vec![vec![0x30, 0]], ..ValidationData::default() };
    let (mut judged, mut slowest) = (0u64, Duration::ZERO);
    while Instant::now() < end {
        let mut pdf = pdfs[dice(pdfs.len())].clone();
        let mut damage = Vec::new();
        for _ in 0..=dice(8) {
            let (at, from) = (dice(pdf.len()), dice(pdf.len()));
            match dice(4) {
                0 => pdf[at] = dice(256) as u8,
                1 => pdf[at] = b"0123456789<>[]()/ R%"[dice(20)],
                2 => pdf.truncate(at.max(16)),
                _ => {
                    let piece = pdf[from..(from + dice(200)).min(pdf.len())].to_vec();
                    pdf.splice(at..at, piece);
                }
            }
            damage.push((at, from));
        }
        let start = Instant::now();
        let tried = std::panic::catch_unwind(|| {
            let _ = verify_pdf(&mut Cursor::new(&pdf), &[], Timestamp::UNIX_EPOCH);
            let _ = add_validation_data(&mut Cursor::new(&pdf), &data);
        });
        if tried.is_err() {
            std::fs::write("pdf_fuzz.pdf", &pdf)?;
            return Err(format!("a panic after {damage:?}; see pdf_fuzz.pdf").into());
        }
        judged += 1;
        slowest = slowest.max(start.elapsed());
    }
    println!("{judged} damaged files, the slowest took {slowest:?}");
    Ok(())
}
