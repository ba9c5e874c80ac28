use crate::provided::sample;
use vitext::cer::{Level, cer, wer};
use vitext::{nfc, patterns, syllable, tokens};

/// The legal texts of the samples.
pub(crate) const NAMES: [&str; 10] = [
    "2003-02144qd.txt",
    "2004-0328NDCP.txt",
    "2004-19Z9A_Luat_hop_tac_xasuadoi.txt",
    "2004-NghiDinh114_2003.txt",
    "2004-NghiDinh115_2003.txt",
    "2004-NghiDinh117_2003.txt",
    "2004-NghiDinh29_1998.txt",
    "2005-QD-256.txt",
    "2006-1E499_ND109veDKKD_dacotrenmucPTDNN-V.txt",
    "2008-23.QD-991-UBND.txt",
];

/// One of them, in NFC.
pub(crate) fn text(name: &str) -> String {
    let path = sample("vi-text").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    nfc(&text).into_owned()
}

#[test]
fn numbers_and_dates_of_a_real_decision() {
    let text = text("2005-QD-256.txt");
    let numbers: Vec<_> = patterns::document_numbers(&text).into_iter().map(|f| f.value).collect();
    let first = &numbers[0];
    assert_eq!((first.key().as_str(), first.labelled), ("256/2004/qd-ub", true));
    assert_eq!(first.symbol, "QĐ-UB");
    assert!(numbers.iter().any(|n| n.key() == "136/2001/qd-ttg"));
    assert!(numbers.iter().any(|n| n.key() == "6/kl/tu"));
    let dates = patterns::dates(&text);
    assert_eq!(&text[dates[0].range.clone()], "ngày  01 tháng  7 năm 2004");
}

#[test]
fn folding_merges_syllables_as_it_should() {
    let text = text("2004-19Z9A_Luat_hop_tac_xasuadoi.txt");
    let mut exact = std::collections::BTreeSet::new();
    let mut folded = std::collections::BTreeSet::new();
    for token in tokens(&text) {
        exact.insert(syllable::exact(token.text));
        folded.insert(syllable::folded(token.text));
    }
    assert!(folded.len() < exact.len() && folded.iter().all(|f| f.is_ascii()), "{folded:?}");
}

#[test]
fn whole_documents_are_compared() {
    let truth = text("2004-0328NDCP.txt");
    let read = truth.replace('ể', "ế").replace("Điều 2", "Diều Z");
    let exact = cer(&truth, &read, Level::Exact);
    let changed = truth.matches('ể').count() + 2 * truth.matches("Điều 2").count();
    assert_eq!(exact.edits, changed as u64);
    assert_eq!(cer(&truth, &read, Level::AsciiFolded).edits, truth.matches("Điều 2").count() as u64);
    assert!(wer(&truth, &read, Level::Exact).rate() > wer(&truth, &read, Level::AsciiFolded).rate());
}
