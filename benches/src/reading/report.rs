//! Tables and demands of the reading bench, out of what was found.

use super::calibration::{Calibration, name};
use super::demands::{beside_peers, bounds, demand, faster, fine, floored_ratio, geometric_mean, texts};
use super::{Account, Reader, SetResult};
use crate::table::{Section, percent};
use serde_json::json;

/// The whole report.
pub(super) fn sections(results: &[SetResult], all: &Calibration) -> Vec<Section> {
    vec![errors(results), words(results), speed(results), sure(results, all), bins(all), blanks(results)]
}

fn errors(results: &[SetResult]) -> Section {
    let peers = taking_part(results);
    let cell = |account: Option<&Account>| match account {
        Some(account) => format!("{} / {}", percent(account.exact.rate()), percent(account.folded.rate())),
        None => "–".into(),
    };
    let mut rows = Vec::new();
    for set in texts(results) {
        let ratio = set.best_peer().zip(set.of(Reader::HosoAlto));
        let mut row = vec![set.name.clone(), cell(set.of(Reader::HosoAlto))];
        row.extend(peers.iter().map(|peer| cell(set.of(*peer))));
        row.push(match ratio {
            Some(((_, best), ours)) => format!("{:.2}", floored_ratio(ours.exact.rate(), best)),
            None => "–".into(),
        });
        rows.push(row);
        if let Some(upright) = set.of(Reader::HosoUpright) {
            let mut row = vec![format!("{}, the same pages upright", set.name), cell(Some(upright))];
            row.resize(peers.len() + 3, "–".into());
            rows.push(row);
        }
    }
    let pages = texts(results).map(|set| set.pages).max().unwrap_or(0);
    let seed = results.first().map_or_else(|| "none".into(), |set| set.seed.to_string());
    let mut about = String::from(
        "CER / ASCII-folded CER over the body, global alignment, errors of all pages over characters of all pages. All read the \
         same pixels as displayed, as image-only PDFs or single pictures; one process at a time, one thread each, in turn.",
    );
    for (set, reader, account) in failures(results) {
        about += &format!(
            " {} failed on {} volumes of {set} and is left out there.",
            reader.label(),
            account.failures.len()
        );
    }
    let kept: usize = results.iter().flat_map(|set| &set.accounts).map(|(_, account)| account.kept).sum();
    if kept > 0 {
        about += &format!(
            " What peers read of {kept} volumes, and their times there, is kept from an earlier run on the same pictures with \
             the same versions; not where speed is compared."
        );
    }
    Section {
        title: format!("Reading beside peers, {pages} pages of each set, seed {seed}"),
        about,
        columns: columns("`hoso`", &peers, Some("ours ÷ best peer")),
        rows,
        demands: [bounds(results), beside_peers(results)].concat(),
        details: texts(results).map(details).collect(),
    }
}

/// Peers in any of the sets.
fn taking_part(results: &[SetResult]) -> Vec<Reader> {
    let all = [Reader::TesseractTurning, Reader::Tesseract, Reader::OcrMyPdf, Reader::OcrMyPdfMain];
    let asked = |reader: &Reader| results.iter().any(|set| set.accounts.iter().any(|(one, _)| one == reader));
    all.into_iter().filter(asked).collect()
}

fn columns(ours: &'static str, peers: &[Reader], last: Option<&'static str>) -> Vec<&'static str> {
    let mut columns = vec!["set", ours];
    columns.extend(peers.iter().map(|peer| peer.label()));
    columns.extend(last);
    columns
}

fn failures(results: &[SetResult]) -> impl Iterator<Item = (&str, Reader, &Account)> {
    let accounts =
        results.iter().flat_map(|set| set.accounts.iter().map(|(r, a)| (set.name.as_str(), *r, a)));
    accounts.filter(|(_, _, account)| !account.failures.is_empty())
}

/// Not demanded, but needed to judge the errors: how much of them is order.
fn words(results: &[SetResult]) -> Section {
    let peers = taking_part(results);
    let rate = |set: &SetResult, reader| set.of(reader).map(|account| account.unordered.rate());
    let cell = |rate: Option<f64>| rate.map_or_else(|| "–".into(), percent);
    let mut rows = Vec::new();
    let mut ratios = Vec::new();
    for set in texts(results) {
        let ours = rate(set, Reader::HosoAlto);
        let best = set.peers().map(|(_, account)| account.unordered.rate()).min_by(f64::total_cmp);
        let ratio = ours.zip(best).map(|(ours, best)| floored_ratio(ours, best));
        ratios.extend(ratio);
        let mut row = vec![set.name.clone(), cell(ours)];
        row.extend(peers.iter().map(|peer| cell(rate(set, *peer))));
        row.push(ratio.map_or_else(|| "–".into(), |ratio| format!("{ratio:.2}")));
        rows.push(row);
    }
    let mean = match ratios.len() {
        0 => String::new(),
        sets => format!(" Geometric mean of the ratios over {sets} sets: {:.3}.", geometric_mean(&ratios)),
    };
    Section {
        title: "Words without regard to their order".into(),
        about: format!(
            "Words missed or invented, whichever are more, of the words of the truth. The error rates above count another \
             reading order as errors, and peers read the columns of header and signature line by line; this table does not.{mean}"
        ),
        columns: columns("`hoso`", &peers, Some("ours ÷ best peer")),
        rows,
        demands: Vec::new(),
        details: json!(null),
    }
}

fn speed(results: &[SetResult]) -> Section {
    let peers = taking_part(results);
    let cell = |set: &SetResult, reader| match set.of(reader) {
        Some(account) => format!("{:.2}", account.cost.cpu_s / set.pages.max(1) as f64),
        None => "–".into(),
    };
    let rows = texts(results).map(|set| {
        let mut row = vec![set.name.clone(), cell(set, Reader::HosoAlto), cell(set, Reader::HosoPdf)];
        row.extend(peers.iter().map(|peer| cell(set, *peer)));
        row
    });
    let mut columns = columns(Reader::HosoAlto.label(), &peers, None);
    columns.insert(2, Reader::HosoPdf.label());
    Section {
        title: "CPU-seconds a page".into(),
        about: "User and system time of the whole process tree. `tesseract`: a process a page, writing PDF and text; OCRmyPDF: \
                PDF/A and text. The demands take the dearer of our two formats and the fastest setting of the peer here."
            .into(),
        columns,
        rows: rows.collect(),
        demands: faster(results),
        details: json!(null),
    }
}

fn sure(results: &[SetResult], all: &Calibration) -> Section {
    let rate = |share: Option<f64>| share.map_or_else(|| "–".into(), percent);
    let row = |name: &str, one: &Calibration| {
        vec![
            name.to_owned(),
            one.words().to_string(),
            percent(one.share_sure()),
            rate(one.sure.share_right()),
            (one.sure.words - one.sure.right).to_string(),
            percent(one.expected_error()),
        ]
    };
    let mut rows: Vec<Vec<String>> = results.iter().map(|set| row(&set.name, &set.calibration)).collect();
    rows.push(row("all", all));
    let right = all.sure.share_right();
    Section {
        title: "Words with confidence 95 and more".into(),
        about: "All words of the body as read. Right: the alignment of all words of the page matches it with the same word of \
                the truth. Last column: mean distance of confidence and share of right words over ten bins."
            .into(),
        columns: vec!["set", "words", "of them ≥ 95", "right", "wrong", "expected calibration error"],
        rows,
        demands: vec![
            demand(
                "words with confidence ≥ 95",
                "≥ 80 % of all",
                percent(all.share_sure()),
                all.share_sure() >= 0.8,
            ),
            demand(
                "of those words right",
                "≥ 99.5 %",
                right.map_or_else(|| "none".into(), fine),
                right.is_some_and(|share| share >= 0.995),
            ),
        ],
        details: results.iter().map(|set| json!({"set": set.name, "calibration": set.calibration.json()})).collect(),
    }
}

fn bins(all: &Calibration) -> Section {
    let rows = all.bins.iter().enumerate().map(|(n, bin)| {
        let mean = bin.mean().map_or_else(|| "–".into(), |mean| format!("{mean:.1}"));
        let share = bin.share_right().map_or_else(|| "–".into(), percent);
        vec![name(n), bin.words.to_string(), mean, share]
    });
    Section {
        title: "Reliability of word confidence, all sets".into(),
        about: "The same as a diagram: the SVG file beside this report.".into(),
        columns: vec!["confidence", "words", "mean confidence", "right"],
        rows: rows.collect(),
        demands: Vec::new(),
        details: all.json(),
    }
}

fn blanks(results: &[SetResult]) -> Section {
    let rows = results.iter().map(|set| {
        let blanks = set.blanks;
        let counts = [blanks.there, blanks.found, blanks.wrongly].map(|n| n.to_string());
        [&[set.name.clone(), set.pages.to_string()], counts.as_slice()].concat()
    });
    let sum = |of: fn(&SetResult) -> u64| results.iter().map(of).sum::<u64>();
    let (there, found) = (sum(|set| set.blanks.there), sum(|set| set.blanks.found));
    let wrongly = sum(|set| set.blanks.wrongly);
    let mut demands =
        vec![demand("pages with text called blank, all sets", "0", wrongly.to_string(), wrongly == 0)];
    if there > 0 {
        let share = found as f64 / there as f64;
        let told = format!("{} ({found} of {there})", percent(share));
        demands.push(demand("blank pages recognised", "≥ 95 %", told, share >= 0.95));
    }
    Section {
        title: "Blank pages".into(),
        about:
            "Pages without print (a ghost of the other side, a lone stamp, holes and edges may be on them)."
                .into(),
        columns: vec!["set", "pages", "blank pages", "called blank", "pages with text called blank"],
        rows: rows.collect(),
        demands,
        details: json!(null),
    }
}

fn details(set: &SetResult) -> serde_json::Value {
    let readers = set.accounts.iter().map(|(reader, account)| {
        json!({
            "reader": reader.label(), "cpu_s": account.cost.cpu_s, "wall_s": account.cost.wall_s,
            "edits": account.exact.edits, "length": account.exact.length,
            "folded_edits": account.folded.edits, "folded_length": account.folded.length,
            "words_missed_or_invented": account.unordered.edits, "words": account.unordered.length,
            "pages": account.pages, "failures": account.failures,
        })
    });
    json!({"set": set.name, "seed": set.seed, "pages": set.pages, "readers": readers.collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alto::ReadWord;
    use crate::reading::demands::sets;
    use crate::reading::demands::tests::{set, told};
    use crate::reading::{Blanks, Peers};

    #[test]
    fn sure_words_and_blanks_are_held_to_their_bounds() {
        let mut one = set("clean-300", &[(Reader::HosoAlto, 1, 1.0)]);
        let word = |text: &str, confidence| ReadWord { text: text.into(), confidence };
        one.calibration = Calibration::of(
            "a b c d e",
            &[word("a", 96), word("x", 96), word("c", 95), word("d", 99), word("e", 94)],
        );
        one.blanks = Blanks { there: 20, found: 18, wrongly: 1 };
        let all = one.calibration;
        let results = [one];
        let found = told(&sure(&results, &all).demands);
        assert_eq!(found[0], ("words with confidence ≥ 95: 80.00 % (≥ 80 % of all)".into(), true));
        assert_eq!(found[1], ("of those words right: 75.000 % (≥ 99.5 %)".into(), false));
        let found = told(&blanks(&results).demands);
        assert_eq!(found[0], ("pages with text called blank, all sets: 1 (0)".into(), false));
        assert_eq!(found[1], ("blank pages recognised: 90.00 % (18 of 20) (≥ 95 %)".into(), false));
    }

    #[test]
    fn rows_are_as_wide_as_their_columns() {
        let readers = |name: &str, peers| {
            let all: Vec<_> = Reader::of(name, peers).into_iter().map(|reader| (reader, 5, 1.0)).collect();
            set(name, &all)
        };
        for peers in [Peers::All, Peers::Fast, Peers::None] {
            let results: Vec<SetResult> = sets().iter().map(|name| readers(name, peers)).collect();
            for section in sections(&results, &Calibration::default()) {
                assert!(section.rows.iter().all(|row| row.len() == section.columns.len()), "{section:?}");
            }
        }
    }
}
