//! Loại văn bản and trích yếu: the centred capitals of the first page and the lines below them.

use super::sheet::{Row, Sheet};
use super::{ACCEPT, field};
use record::{DocType, Field, Reading};
use std::ops::Range;
use vitext::cer::distance;

/// Titles, folded. A longer one wins over what it contains.
const TITLES: &[(&str, DocType)] = &[
    ("QUYET DINH KHOI TO VU AN", DocType::QuyetDinhKhoiToVuAn),
    ("QUYET DINH KHOI TO BI CAN", DocType::QuyetDinhKhoiToBiCan),
    ("LENH TAM GIAM", DocType::LenhTamGiam),
    ("LENH BAT BI CAN DE TAM GIAM", DocType::LenhTamGiam),
    ("BIEN BAN HOI CUNG", DocType::BienBanHoiCung),
    ("BIEN BAN GHI LOI KHAI", DocType::BienBanGhiLoiKhai),
    ("BIEN BAN LAY LOI KHAI", DocType::BienBanGhiLoiKhai),
    ("BIEN BAN PHIEN TOA", DocType::BienBanPhienToa),
    ("KET LUAN GIAM DINH", DocType::KetLuanGiamDinh),
    ("BAN KET LUAN GIAM DINH", DocType::KetLuanGiamDinh),
    ("KET LUAN DIEU TRA", DocType::KetLuanDieuTra),
    ("BAN KET LUAN DIEU TRA", DocType::KetLuanDieuTra),
    ("THONG KE TAI LIEU", DocType::ThongKeTaiLieu),
    ("BAN THONG KE TAI LIEU", DocType::ThongKeTaiLieu),
    ("BANG THONG KE TAI LIEU", DocType::ThongKeTaiLieu),
    ("MUC LUC HO SO", DocType::ThongKeTaiLieu),
    ("HO SO VU AN", DocType::BiaHoSo),
    ("HO SO KIEM SAT", DocType::BiaHoSo),
    ("HO SO", DocType::BiaHoSo),
    ("CAO TRANG", DocType::CaoTrang),
    ("BAN CAO TRANG", DocType::CaoTrang),
    ("BAN AN", DocType::BanAn),
    ("CHI THI", DocType::ChiThi),
    ("QUYET DINH", DocType::QuyetDinh),
];
/// Names of types that stand alone on their line: what follows below them is the subject.
const ALONE: &[&str] = &["QUYET DINH", "CAO TRANG", "BAN AN", "KET LUAN", "CHI THI", "LENH", "THONG BAO"];
/// A title stands in the upper part of the page: above this share of its height.
const TITLE_ZONE: f32 = 0.55;
/// A line wider than this share of the page is running text.
const RUNNING: f32 = 0.62;
/// Confidence of a type that only a part of its signs speak for.
const UNCERTAIN: u8 = 70;
/// Lines of a subject.
const SUBJECT_ROWS: usize = 4;

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) doc_type: Option<Field<DocType>>,
    pub(super) subject: Option<Field<String>>,
    /// Top of the title on the upright page: the header ends above it.
    pub(super) top: Option<u32>,
    /// Foot of title and subject.
    pub(super) foot: Option<u32>,
}

/// Type and subject of a first page.
pub(super) fn find(sheet: &Sheet, rows: &[&Row]) -> Found {
    let Some((range, doc_type, wrong)) = title(sheet, rows) else {
        let mut found = letter(sheet, rows).unwrap_or_default();
        if found.subject.is_none() {
            found.subject = about_line(sheet, rows);
        }
        return found;
    };
    let evidence = sheet.evidence(&rows[range.clone()]);
    let confidence = 97u8.saturating_sub(5 * wrong as u8);
    let below = subject_rows(sheet, rows, &range);
    let about = about_line(sheet, rows);
    let subject = match below.as_slice() {
        [] => about.clone(),
        lines => {
            let text = lines.iter().map(|r| r.text.as_str()).collect::<Vec<_>>().join(" ");
            let evidence = sheet.evidence(lines);
            let mean = evidence.mean;
            Some(field(text, None, evidence.places, mean.min(90), "below-title", ACCEPT))
        }
    };
    let title =
        Reading { value: doc_type, read: None, places: evidence.places, confidence, rule: "title".into() };
    let title = match doc_type {
        DocType::QuyetDinh => decision(title, sheet, &rows[range.end..], [&subject, &about]),
        _ => title,
    };
    let last = below.last().copied().unwrap_or(rows[range.end - 1]);
    Found {
        doc_type: Some(Field::judged(title, ACCEPT)),
        subject,
        top: Some(rows[range.start].bbox.top),
        foot: Some(last.bbox.bottom),
    }
}

/// Which decision it is: by what it is about, else by its first article. Nothing of both is read surely: a proposal.
fn decision(
    mut title: Reading<DocType>,
    sheet: &Sheet,
    below: &[&Row],
    subjects: [&Option<Field<String>>; 2],
) -> Reading<DocType> {
    let subjects = subjects.map(|field| field.as_ref().map(Field::reading));
    for subject in subjects.into_iter().flatten() {
        if let Some(decided) = decided(&subject.value) {
            title.value = decided;
            title.places.extend(subject.places.clone());
            title.rule = "title-and-subject".into();
            return title;
        }
    }
    if let Some((row, decided)) = below.iter().find_map(|row| Some((row, decided(first_article(row)?)?))) {
        title.value = decided;
        title.places.push(sheet.place(row.bbox));
        title.rule = "title-and-article".into();
        return title;
    }
    if !subjects.into_iter().flatten().any(|subject| subject.confidence >= ACCEPT) {
        title.confidence = title.confidence.min(UNCERTAIN);
    }
    title
}

/// What a line says after "Điều 1."
fn first_article(row: &Row) -> Option<&str> {
    let mut words = row.text.splitn(3, ' ');
    let (article, number, rest) = (words.next()?, words.next()?, words.next()?);
    let says = |word: &str, one_of: &[&str]| {
        let folded = vitext::fold_ascii(word).to_ascii_uppercase();
        one_of.contains(&folded.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
    };
    (says(article, &["DIEU"]) && says(number, &["1", "I", "L"])).then_some(rest)
}

/// Which decision, by the beginning of its subject: "V/v khởi tố bị can".
fn decided(subject: &str) -> Option<DocType> {
    const BEGINNINGS: [(&str, DocType); 2] =
        [("KHOI TO VU AN", DocType::QuyetDinhKhoiToVuAn), ("KHOI TO BI CAN", DocType::QuyetDinhKhoiToBiCan)];
    let folded: Vec<char> = vitext::fold_ascii(subject).to_ascii_uppercase().chars().collect();
    let near = |beginning: &str| {
        let wanted: Vec<char> = beginning.chars().collect();
        folded.len() >= wanted.len()
            && distance(&wanted, &folded[..wanted.len()]) as usize * 8 <= wanted.len()
    };
    BEGINNINGS.iter().find(|(beginning, _)| near(beginning)).map(|(_, doc_type)| *doc_type)
}

fn is_centred(sheet: &Sheet, row: &Row, tolerance: f32) -> bool {
    let width = sheet.size.width_px as f32;
    (row.middle() as f32 - width / 2.0).abs() < tolerance * width
}

/// The first centred lines of capitals that begin with a known title: which, what, and how many letters are wrong.
fn title(sheet: &Sheet, rows: &[&Row]) -> Option<(Range<usize>, DocType, usize)> {
    let is_candidate = |row: &Row| {
        (row.bbox.top as f32) < TITLE_ZONE * sheet.size.height_px as f32
            && is_centred(sheet, row, 0.13)
            && row.is_capitals()
            // above the articles, at the end of the grounds
            && !(row.bare() == "QUYET DINH" && row.folded.ends_with(':'))
    };
    for (idx, _) in rows.iter().enumerate().filter(|(_, row)| is_candidate(row)) {
        let together: Vec<&str> =
            rows[idx..].iter().take(3).take_while(|row| is_candidate(row)).map(|row| row.bare()).collect();
        if let Some((doc_type, words, wrong)) = known_title(&together.join(" ")) {
            let mut count = 0;
            let mut used = 0;
            for row in &together {
                if count >= words {
                    break;
                }
                count += row.split_whitespace().count();
                used += 1;
            }
            return Some((idx..idx + used.max(1), doc_type, wrong));
        }
    }
    None
}

/// The longest known title at the start of folded capitals, with at most one wrong letter in eight; a closer one wins over a
/// longer one. With its words and its wrong letters.
fn known_title(text: &str) -> Option<(DocType, usize, usize)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let closeness = |title: &str| {
        let count = title.split(' ').count();
        let here: Vec<char> = words.get(..count)?.join(" ").chars().collect();
        let title: Vec<char> = title.chars().collect();
        let (wrong, length) = (distance(&title, &here) as usize, title.len());
        (wrong * 8 <= length).then(|| (length.saturating_sub(4 * wrong), wrong, count))
    };
    // "HO SO" alone must be the whole line, or any file name would be a cover
    let titles = TITLES.iter().filter(|(title, _)| *title != "HO SO" || words.len() == 2);
    let matching = titles.filter_map(|&(title, doc_type)| Some((closeness(title)?, doc_type)));
    let ((_, wrong, count), doc_type) = matching.max_by_key(|&((closeness, ..), _)| closeness)?;
    Some((doc_type, count, wrong))
}

/// The lines below the title that say what it is about, where the title's own words leave something to say.
fn subject_rows<'a>(sheet: &Sheet, rows: &[&'a Row], title: &Range<usize>) -> Vec<&'a Row> {
    let first = rows[title.start].bare();
    let mut from = title.end;
    // "QUYẾT ĐỊNH" above, "KHỞI TỐ BỊ CAN" below: the second line is what it is about
    if title.len() > 1 && ALONE.contains(&first) {
        from = title.start + 1;
    }
    let mut below: Vec<&Row> = Vec::new();
    for row in rows[from..].iter().take(SUBJECT_ROWS) {
        let above = below.last().map_or(rows[from - 1].bbox, |r| r.bbox);
        let gap = row.bbox.top.saturating_sub(above.bottom);
        let near = gap < above.height().max(row.bbox.height()) * 3 / 2;
        let narrow = row.bbox.width() as f32 <= 0.68 * sheet.size.width_px as f32;
        if !near || !narrow || !is_centred(sheet, row, 0.07) || ends_subject(row.bare()) {
            break;
        }
        below.push(row);
    }
    below
}

/// Whether a line below the title belongs to something else: the office that decides, the grounds, the address.
fn ends_subject(bare: &str) -> bool {
    const OTHERS: &[&str] = &[
        "CAN CU",
        "KINH GUI",
        "VIEN TRUONG",
        "PHO VIEN TRUONG",
        "THU TRUONG",
        "PHO THU TRUONG",
        "CHANH AN",
        "PHO CHANH AN",
        "GIAM DOC",
        "CHU TICH",
        "BO TRUONG",
        "NHAN DANH",
        "HOI ",
        "VAO HOI",
        "DIEU 1",
        "SO ",
        "SO:",
        "HOM NAY",
        "THANH PHAN",
        "HOI DONG",
        "CHUNG TOI",
        "VIET NAM",
        "STT",
        "I ",
        "XET",
    ];
    OTHERS.iter().any(|start| bare.starts_with(start))
}

/// Công văn: no title, but "V/v" below the number and "Kính gửi" above the text.
fn letter(sheet: &Sheet, rows: &[&Row]) -> Option<Found> {
    let subject = about_line(sheet, rows)?;
    let addressed = rows.iter().take(24).find(|row| row.bare().starts_with("KINH GUI"))?;
    let mut places = subject.reading().places.clone();
    places.push(sheet.place(addressed.bbox));
    // a letter has no title: capitals in the middle are one that could not be read
    let below = &rows[about_start(sheet, rows)?..];
    let is_title =
        |row: &&Row| row.bbox.top < addressed.bbox.top && is_centred(sheet, row, 0.07) && row.is_capitals();
    let confidence = if below.iter().any(is_title) { UNCERTAIN } else { 85 };
    let doc_type = field(DocType::CongVan, None, places, confidence, "letter-form", ACCEPT);
    let top = Some(addressed.bbox.top);
    Some(Found { doc_type: Some(doc_type), subject: Some(subject), top, foot: None })
}

/// Which line begins with "V/v".
fn about_start(sheet: &Sheet, rows: &[&Row]) -> Option<usize> {
    let zone = sheet.size.height_px * 2 / 5;
    let width = sheet.size.width_px as f32;
    let is_start = |row: &Row| {
        let bare = row.bare();
        (is_about(bare.split(' ').next().unwrap_or_default()) || bare.starts_with("VE VIEC"))
            && row.bbox.top < zone
            && row.bbox.width() as f32 <= RUNNING * width
    };
    rows.iter().position(|row| is_start(row))
}

/// Whether a folded word is "V/v", as it is written or as it is misread: the stroke as a letter.
fn is_about(word: &str) -> bool {
    let letters = || word.chars().filter(|c| c.is_ascii_alphanumeric());
    let ends: Option<(char, char)> = letters().next().zip(letters().next_back());
    match letters().count() {
        2 => ends == Some(('V', 'V')),
        3 => ends == Some(('V', 'V')) && letters().nth(1).is_some_and(|c| "IL17J".contains(c)),
        _ => false,
    }
}

/// "V/v …" below the number, and the lines that go on below it.
fn about_line(sheet: &Sheet, rows: &[&Row]) -> Option<Field<String>> {
    let start = about_start(sheet, rows)?;
    let mut lines = vec![rows[start]];
    for row in rows[start + 1..].iter().take(SUBJECT_ROWS - 1) {
        let last = lines.last().expect("one line at least").bbox;
        let under = row.bbox.top >= last.bottom.saturating_sub(last.height() / 2)
            && row.bbox.top < last.bottom + last.height()
            && row.bbox.left < last.right
            && last.left < row.bbox.right
            && row.bbox.right < sheet.size.width_px * 3 / 5;
        if !under || row.is_capitals() || ends_subject(row.bare()) {
            break;
        }
        lines.push(row);
    }
    let text = lines.iter().map(|r| r.text.as_str()).collect::<Vec<_>>().join(" ");
    let value = match text.char_indices().find(|(_, c)| c.is_whitespace()) {
        Some((at, _)) if lines[0].bare().starts_with('V') && !lines[0].bare().starts_with("VE ") => {
            text[at..].trim().to_owned()
        }
        _ => text,
    };
    let evidence = sheet.evidence(&lines);
    let mean = evidence.mean;
    Some(field(value, None, evidence.places, mean.min(90), "about-line", ACCEPT))
}
