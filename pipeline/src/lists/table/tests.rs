use super::*;

/// The most memory that this process ever held, in KiB (Linux).
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn line(profile: Profile, no: u32) -> SimpleDc {
    let mut line = SimpleDc::new(profile);
    for field in profile.fields() {
        match field.kind {
            Kind::Number => line.set(&field.name, (no % 1000).to_string()),
            Kind::PartialDate => line.set(&field.name, "07/05/2019"),
            _ => line.set(&field.name, format!("Vụ {no}")),
        }
    }
    line
}

/// 100,000 case files with two documents each; memory does not grow with them.
#[test]
fn a_hundred_thousand_lines_take_no_more_memory_than_a_thousand() {
    let dir = tempfile::tempdir().unwrap();
    for format in [ListFormat::Csv, ListFormat::Xlsx] {
        let peak_of = |cases: u32| {
            let out = dir.path().join(format!("{format:?}-{cases}.xlsx"));
            let mut tables = Tables::create(format, &out).unwrap();
            for no in 0..cases {
                tables.add(Profile::Tt02File, &line(Profile::Tt02File, no)).unwrap();
                for _ in 0..2 {
                    tables.add(Profile::Tt02Document, &line(Profile::Tt02Document, no)).unwrap();
                }
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
