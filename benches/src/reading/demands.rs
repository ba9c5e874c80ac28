//! What is wanted of reading, and whether it was found.

use super::{Reader, SetResult};
use crate::table::Demand;

/// The sets on which speed is held against peers.
pub(super) const SPEED: [&str; 2] = ["clean-300", "stamped-300"];
/// The set that has to be read as if its pages stood upright.
pub(super) const TURNED: &str = "rotated";
/// The set of blank and nearly blank backs: nothing to read there for peers.
pub(super) const BLANKS: &str = "blank-and-near-blank";

/// Set, most CER and most ASCII-folded CER, as shares.
const BOUNDS: [(&str, f64, f64); 6] = [
    ("clean-300", 0.001, 0.0005),
    ("stamped-300", 0.006, 0.004),
    ("worn-200", 0.006, 0.001),
    ("fax-100", 0.02, 0.004),
    ("typewriter-200", 0.014, 0.008),
    ("low-contrast-200", 0.03, 0.015),
];
/// By how much we may be worse than the best peer, or turned pages than upright ones: 0.05 points.
const SLACK: f64 = 0.0005;
/// Rates below this count as this in ratios: a handful of characters decides nothing.
const FLOOR: f64 = 0.001;

/// All sets of the bench.
pub(super) fn sets() -> Vec<String> {
    let names = BOUNDS.iter().map(|(set, ..)| *set);
    names.chain([TURNED, BLANKS]).map(str::to_owned).collect()
}

pub(super) fn demand(what: impl Into<String>, wanted: impl Into<String>, found: String, met: bool) -> Demand {
    Demand { what: what.into(), wanted: wanted.into(), found, met }
}

/// Per cent with three decimals, as the bounds need them.
pub(super) fn fine(rate: f64) -> String {
    format!("{:.3} %", rate * 100.0)
}

/// Sets that are read for their text.
pub(super) fn texts(results: &[SetResult]) -> impl Iterator<Item = &SetResult> {
    results.iter().filter(|set| set.name != BLANKS)
}

/// What each set has to reach by itself.
pub(super) fn bounds(results: &[SetResult]) -> Vec<Demand> {
    let mut demands = Vec::new();
    for set in texts(results) {
        let Some(ours) = set.of(Reader::HosoAlto) else { continue };
        let (found, folded) = (ours.exact.rate(), ours.folded.rate());
        let limits = match set.of(Reader::HosoUpright) {
            Some(upright) => Some((upright.exact.rate() + SLACK, upright.folded.rate() + SLACK)),
            None => {
                BOUNDS.iter().find(|(name, ..)| *name == set.name).map(|(_, most, folded)| (*most, *folded))
            }
        };
        let Some((most, most_folded)) = limits else { continue };
        let why = if set.of(Reader::HosoUpright).is_some() { ", the same pages upright + 0.05" } else { "" };
        for (what, found, most) in [("CER", found, most), ("ASCII-folded CER", folded, most_folded)] {
            let met = found <= most;
            demands.push(demand(
                format!("{what} of {}", set.name),
                format!("≤ {}{why}", fine(most)),
                fine(found),
                met,
            ));
        }
    }
    demands
}

/// What is held against the best peer of each set.
pub(super) fn beside_peers(results: &[SetResult]) -> Vec<Demand> {
    let pairs: Vec<(&str, f64, f64)> = texts(results)
        .filter_map(|set| {
            Some((set.name.as_str(), set.of(Reader::HosoAlto)?.exact.rate(), set.best_peer()?.1))
        })
        .collect();
    let Some((set, ours, best)) = pairs.iter().max_by(|a, b| (a.1 - a.2).total_cmp(&(b.1 - b.2))) else {
        return Vec::new();
    };
    let worse: Vec<&str> =
        pairs.iter().filter(|(_, ours, best)| *ours > best + SLACK).map(|pair| pair.0).collect();
    let found = format!(
        "{:+.3} points on {set}, the worst of {} sets{}",
        (ours - best) * 100.0,
        pairs.len(),
        if worse.is_empty() { String::new() } else { format!("; too much on {}", worse.join(", ")) }
    );
    let ratios: Vec<f64> = pairs.iter().map(|(_, ours, best)| floored_ratio(*ours, *best)).collect();
    let mean = geometric_mean(&ratios);
    vec![
        demand(
            "CER against the best peer of each set",
            "≤ +0.050 points on every set",
            found,
            worse.is_empty(),
        ),
        demand(
            format!("geometric mean of ours ÷ best peer, each floored at 0.1 %, over {} sets", pairs.len()),
            "≤ 0.50",
            format!("{mean:.3}"),
            mean <= 0.5,
        ),
    ]
}

/// Our rate over theirs; small ones count as [`FLOOR`], so two rates of zero are one to one.
pub(super) fn floored_ratio(ours: f64, theirs: f64) -> f64 {
    ours.max(FLOOR) / theirs.max(FLOOR)
}

/// Of positive numbers; 1 of none.
pub(super) fn geometric_mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len().max(1) as f64).exp()
}

pub(super) fn faster(results: &[SetResult]) -> Vec<Demand> {
    results.iter().filter(|set| SPEED.contains(&&*set.name)).flat_map(faster_on).collect()
}

fn faster_on(set: &SetResult) -> Vec<Demand> {
    let ours = [Reader::HosoAlto, Reader::HosoPdf].into_iter().filter_map(|reader| set.of(reader));
    let ours = ours.map(|account| account.cost.cpu_s).fold(0.0, f64::max);
    let fastest = |is_one: fn(Reader) -> bool| {
        let costs = set.peers().filter(|(reader, _)| is_one(*reader)).map(|(_, account)| account.cost.cpu_s);
        costs.min_by(f64::total_cmp)
    };
    let against = [
        ("OCRmyPDF", fastest(Reader::is_ocrmypdf), 8.0),
        ("the program `tesseract`", fastest(Reader::is_tesseract), 1.3),
    ];
    let demands = against.into_iter().filter_map(|(peer, theirs, wanted)| {
        let ratio = theirs? / ours;
        let what = format!("pages per CPU-second on {} against {peer}", set.name);
        Some(demand(what, format!("≥ {wanted} ×"), format!("{ratio:.2} ×"), ratio >= wanted))
    });
    demands.collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::measure::Cost;
    use crate::reading::calibration::Calibration;
    use crate::reading::{Account, Blanks};
    use vitext::cer::ErrorCount;

    /// A set of ten pages; of everyone: reader, errors in 10,000 characters, CPU-seconds.
    pub(crate) fn set(name: &str, accounts: &[(Reader, u64, f64)]) -> SetResult {
        let account = |(reader, edits, cpu_s): (Reader, u64, f64)| {
            let exact = ErrorCount { edits, length: 10_000 };
            let folded = ErrorCount { edits: edits / 2, length: 10_000 };
            (reader, Account { cost: Cost { cpu_s, wall_s: 0.0 }, exact, folded, ..Account::default() })
        };
        SetResult {
            name: name.into(),
            seed: 101,
            pages: 10,
            accounts: accounts.iter().copied().map(account).collect(),
            calibration: Calibration::default(),
            blanks: Blanks::default(),
        }
    }

    pub(crate) fn told(demands: &[Demand]) -> Vec<(String, bool)> {
        let one = |d: &Demand| (format!("{}: {} ({})", d.what, d.found, d.wanted), d.met);
        demands.iter().map(one).collect()
    }

    #[test]
    fn means_with_a_floor() {
        assert_eq!(floored_ratio(0.0, 0.0), 1.0);
        assert_eq!(floored_ratio(0.0004, 0.01), 0.1);
        assert_eq!(floored_ratio(0.02, 0.0), 20.0);
        assert!((geometric_mean(&[0.25, 1.0, 0.5]) - 0.5).abs() < 1e-12);
        assert_eq!(geometric_mean(&[]), 1.0);
    }

    #[test]
    fn every_set_has_bounds_and_turned_pages_those_of_upright_ones() {
        use Reader::{HosoAlto, HosoUpright};
        let sets = [
            set("clean-300", &[(HosoAlto, 10, 1.0)]),
            set("fax-100", &[(HosoAlto, 201, 1.0)]),
            set("rotated", &[(HosoAlto, 16, 1.0), (HosoUpright, 10, 1.0)]),
            set(BLANKS, &[(HosoAlto, 9999, 1.0)]),
        ];
        let wanted = [
            ("CER of clean-300: 0.100 % (≤ 0.100 %)", true),
            ("ASCII-folded CER of clean-300: 0.050 % (≤ 0.050 %)", true),
            ("CER of fax-100: 2.010 % (≤ 2.000 %)", false),
            ("ASCII-folded CER of fax-100: 1.000 % (≤ 0.400 %)", false),
            ("CER of rotated: 0.160 % (≤ 0.150 %, the same pages upright + 0.05)", false),
            ("ASCII-folded CER of rotated: 0.080 % (≤ 0.100 %, the same pages upright + 0.05)", true),
        ];
        assert_eq!(told(&bounds(&sets)), wanted.map(|(text, met)| (text.to_owned(), met)));
        assert!(told(&beside_peers(&sets)).is_empty(), "nobody took part");
    }

    #[test]
    fn the_best_peer_is_the_measure_and_one_that_failed_is_none() {
        use Reader::{HosoAlto, HosoPdf, OcrMyPdf, OcrMyPdfMain, Tesseract, TesseractTurning};
        let mut clean = set(
            "clean-300",
            &[(HosoAlto, 40, 4.0), (HosoPdf, 40, 5.0), (Tesseract, 160, 6.0), (OcrMyPdf, 20, 30.0)],
        );
        let fax = set("fax-100", &[(HosoAlto, 30, 1.0), (TesseractTurning, 90, 1.0), (Tesseract, 20, 1.0)]);
        clean.accounts.extend(set("clean-300", &[(OcrMyPdfMain, 320, 15.0)]).accounts);
        clean.accounts[3].1.failures.push("ocrmypdf ended with 4".into());
        let found = told(&beside_peers(&[clean, fax]));
        assert_eq!(
            found[0],
            (
                "CER against the best peer of each set: +0.100 points on fax-100, the worst of 2 sets; too much on fax-100 \
                 (≤ +0.050 points on every set)"
                    .into(),
                false
            )
        );
        // 40 : 160 and 30 : 20 is a mean of the root of 0.375.
        assert!(found[1].0.ends_with("over 2 sets: 0.612 (≤ 0.50)") && !found[1].1, "{found:?}");
    }

    #[test]
    fn speed_is_held_against_the_fastest_setting_and_our_dearer_format() {
        use Reader::{HosoAlto, HosoPdf, OcrMyPdf, OcrMyPdfMain, Tesseract, TesseractTurning};
        let readers = [
            (HosoAlto, 1, 4.0),
            (HosoPdf, 1, 5.0),
            (TesseractTurning, 1, 9.0),
            (Tesseract, 1, 6.0),
            (OcrMyPdf, 1, 80.0),
            (OcrMyPdfMain, 1, 41.0),
        ];
        let stamped = set("stamped-300", &[(HosoAlto, 1, 5.0), (HosoPdf, 1, 4.0), (OcrMyPdfMain, 1, 39.0)]);
        let found = told(&faster(&[set("clean-300", &readers), stamped]));
        let texts: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "pages per CPU-second on clean-300 against OCRmyPDF: 8.20 × (≥ 8 ×)",
                "pages per CPU-second on clean-300 against the program `tesseract`: 1.20 × (≥ 1.3 ×)",
                "pages per CPU-second on stamped-300 against OCRmyPDF: 7.80 × (≥ 8 ×)"
            ]
        );
        assert_eq!(found.iter().map(|(_, met)| *met).collect::<Vec<_>>(), [true, false, false]);
    }
}
