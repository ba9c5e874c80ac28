//! Which case files are brought back.

use super::DrillOrder;
use super::rpo::{Residents, case_of, published_of};
use super::source::Held;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::PathBuf;

const MILLION: u64 = 1_000_000;

pub(super) fn seed() -> String {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Case files, by the folders of their own packages: the newest, and those whose SHA-256 over seed and folder is smallest.
/// Whoever has the seed can tell that nobody chose.
pub(super) fn choose(
    residents: &Residents,
    held: &[Held],
    order: &DrillOrder<'_>,
    seed: &str,
) -> BTreeSet<PathBuf> {
    let held: Vec<&Held> = held.iter().filter(|held| case_of(&held.folder).is_none()).collect();
    let mut newest = held.clone();
    newest.sort_by_key(|held| std::cmp::Reverse(published_of(residents, held)));
    let mut drawn: Vec<([u8; 32], &Held)> = held
        .iter()
        .map(|held| (Sha256::digest(format!("{seed}\n{}", held.folder.display())).into(), *held))
        .collect();
    drawn.sort_by_key(|(digest, _)| *digest);
    let count = (held.len() as u128 * u128::from(order.sample_ppm)).div_ceil(u128::from(MILLION)) as usize;
    let drawn = drawn.into_iter().map(|(_, held)| held).take(count.max(1));
    newest.into_iter().take(order.newest).chain(drawn).map(|held| held.folder.clone()).collect()
}

/// Of these case files the folders of all that is held of them.
pub(super) fn with_volumes(chosen: &BTreeSet<PathBuf>, held: &[Held]) -> BTreeSet<PathBuf> {
    let is_of_one =
        |folder: &&PathBuf| chosen.contains(&case_of(folder).unwrap_or_else(|| folder.to_path_buf()));
    held.iter().map(|held| &held.folder).filter(is_of_one).cloned().collect()
}
