//! Throws damaged model files at the recogniser: `fuzz_models MODEL MINUTES [SEED]`. Whatever is still a model must read lines without
//! a panic, on every path. What was refused in a new way goes to standard output as a line of `tests/corpus/vie.txt`; a panic
//! ends the program and leaves the damage on standard error.

#[allow(dead_code, reason = "the tests read the corpus, this writes it")]
#[path = "../tests/it/mutation.rs"]
mod mutation;

use mutation::Mutation;
use recogniser::{Model, Path, Recogniser, Unit};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, minutes, rest @ ..] = &arguments[..] else {
        return Err("fuzz_models MODEL MINUTES [SEED]".into());
    };
    let bytes = std::fs::read(model)?;
    let end = Instant::now() + Duration::from_secs_f64(minutes.parse::<f64>()? * 60.0);
    let mut state: u64 = rest.first().map_or(Ok(1), |seed| seed.parse())?;
    let mut dice = |sides: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % sides
    };
    let pixels: Vec<u8> = (0..60 * 40u32).map(|i| (i * 37 % 256) as u8).collect();
    let unit = Unit { width: 60, height: 40, stride: 60, pixels: &pixels };
    let (mut models, mut refused) = (0u64, BTreeMap::<String, u64>::new());
    while Instant::now() < end {
        let mutation = Mutation::thrown(&mut dice, bytes.len());
        let tried = std::panic::catch_unwind(|| match Model::parse(&mutation.of(&bytes)) {
            Err(why) => Some(why.to_string()),
            Ok(model) => {
                for path in [Path::Scalar, Path::Avx2, Path::Avx512Vnni] {
                    if let Ok(recogniser) = Recogniser::new(model.clone(), path) {
                        assert_eq!(recogniser.read(&[unit]).len(), 1);
                    }
                }
                None
            }
        });
        let Ok(said) = tried else { return Err(format!("a panic after: {mutation}").into()) };
        let Some(said) = said else {
            models += 1;
            continue;
        };
        // numbers and names differ from damage to damage
        let kind: String =
            said.split('`').next().unwrap_or_default().chars().filter(|c| !c.is_ascii_digit()).collect();
        let seen = refused.entry(kind).or_default();
        if *seen == 0 {
            println!("{mutation} => {said}");
        }
        *seen += 1;
    }
    let all: u64 = refused.values().sum();
    eprintln!("{models} models read, {all} files refused in {} ways", refused.len());
    Ok(())
}
