use super::*;

/// The most memory that this process ever held, in KiB (Linux).
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A line with a few values, numbers and words.
fn line(profile: Profile) -> SimpleDc {
    let mut line = SimpleDc::new(profile);
    for field in profile.fields().iter().take(6) {
        line.set(&field.name, if field.kind == Kind::Number { "17" } else { "Vụ án mẫu" });
    }
    line
}

/// 100,000 case files with a document each take no more memory than 1,000. Measured in a process of its own, for other tests
/// take memory too.
#[test]
#[allow(clippy::disallowed_methods, reason = "starts itself")]
fn a_hundred_thousand_lines_take_no_more_memory_than_a_thousand() {
    const ALONE: &str = "HOSO_TEST_LISTS_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let name = "lists::table::tests::a_hundred_thousand_lines_take_no_more_memory_than_a_thousand";
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        let done = alone.args(["--exact", name]).env(ALONE, "1").output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (case, document) = (line(Profile::Tt02File), line(Profile::Tt02Document));
    for format in [ListFormat::Csv, ListFormat::Xlsx] {
        let peak_of = |cases: u32| {
            let out = dir.path().join(format!("{format:?}-{cases}.xlsx"));
            let mut tables = Tables::create(format, &out).unwrap();
            for _ in 0..cases {
                tables.add(Profile::Tt02File, &case).unwrap();
                tables.add(Profile::Tt02Document, &document).unwrap();
            }
            let files = tables.finish().unwrap();
            assert!(files.iter().all(|file| file.metadata().unwrap().len() > 0));
            peak_kib()
        };
        let few = peak_of(1_000);
        let many = peak_of(100_000);
        assert!(many < few + 20_000, "{format:?}: {few} KiB for 1,000, {many} KiB for 100,000");
    }
}

#[test]
fn what_looks_like_a_formula_is_text() {
    for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"] {
        assert_eq!(plain(formula), format!("'{formula}"));
    }
    assert_eq!(plain("12/2019=HSST"), "12/2019=HSST");
}
