//! What the first page of a document says of itself: its type, date and number. Conservative: `None` rather than a
//! guess; read from folded text, so that a wrong tone kills nothing.

use record::{Block, BlockKind, DocType, Line, PageText, PartialDate};
use regex::Regex;
use std::sync::LazyLock;
use vitext::cer::distance;
use vitext::fold_ascii;
use vitext::patterns::{dates, document_numbers};

/// Header fields of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderFields {
    /// Loại văn bản, from its centred title.
    pub doc_type: Option<DocType>,
    /// Its date; parts written by hand and not read are missing.
    pub date: Option<PartialDate>,
    /// Số, ký hiệu as written: `12/CT-VKS-P1`, `19/2021/HS-ST`.
    pub number: Option<String>,
}

/// Titles, folded, in the order of preference: longer ones before what they contain.
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
/// A title stands in the upper part of the page: above this share of its height.
const TITLE_ZONE: f32 = 0.55;
/// Number and date stand above this share.
const HEADER_ZONE: f32 = 0.34;
/// A line wider than this share of the page is running text.
const RUNNING: f32 = 0.62;

static WRITTEN_DATE: LazyLock<Regex> = LazyLock::new(|| {
    // the gaps hold what a pen wrote, or dots
    Regex::new(
        r"(?i)\bngay\b.{0,14}?\bthang\b\s*(?P<month>\d{1,2})?\b.{0,10}?\bnam\s+(?P<year>(?:19|20)\d{2})\b",
    )
    .expect("a fixed pattern")
});

/// Reads the header of a document from its first page.
pub fn read(first_page: &PageText) -> HeaderFields {
    let first_page = &first_page.upright();
    let lines: Vec<&Line> = body(first_page).flat_map(|b| &b.lines).collect();
    let width = first_page.size.width_px as f32;
    let height = first_page.size.height_px as f32;
    let short = |l: &&&Line| l.bbox.width() as f32 <= RUNNING * width;
    let head: Vec<&Line> =
        lines.iter().filter(|l| (l.bbox.top as f32) < HEADER_ZONE * height).filter(short).copied().collect();
    let doc_type = title(&lines, width, height).or_else(|| letter(&lines, &head));
    HeaderFields { doc_type, date: date(&head), number: number(&head) }
}

fn body(page: &PageText) -> impl Iterator<Item = &Block> {
    page.blocks.iter().filter(|b| b.kind == BlockKind::Body)
}

/// The first centred lines of capitals that begin with a known title.
fn title(lines: &[&Line], width: f32, height: f32) -> Option<DocType> {
    let is_candidate = |l: &Line| {
        let middle = (l.bbox.left + l.bbox.right) as f32 / 2.0;
        (l.bbox.top as f32) < TITLE_ZONE * height
            && (middle - width / 2.0).abs() < 0.13 * width
            && is_capitals(&l.text())
    };
    for (idx, _) in lines.iter().enumerate().filter(|(_, l)| is_candidate(l)) {
        let together: Vec<String> =
            lines[idx..].iter().take(3).take_while(|l| is_candidate(l)).map(|l| folded(&l.text())).collect();
        if let Some(found) = known_title(&together.join(" ")) {
            return Some(found);
        }
    }
    None
}

/// The longest known title at the start of folded capitals, with at most one wrong letter in eight; a closer one wins over a
/// longer one.
fn known_title(text: &str) -> Option<DocType> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let closeness = |title: &str| {
        let count = title.split(' ').count();
        let here: Vec<char> = words.get(..count)?.join(" ").chars().collect();
        let title: Vec<char> = title.chars().collect();
        let (wrong, length) = (distance(&title, &here) as usize, title.len());
        (wrong * 8 <= length).then(|| length.saturating_sub(4 * wrong))
    };
    // "HO SO" alone must be the whole line, or any file name would be a cover
    let titles = TITLES.iter().filter(|(title, _)| *title != "HO SO" || words.len() == 2);
    let matching = titles.filter_map(|&(title, doc_type)| Some((closeness(title)?, doc_type)));
    matching.max_by_key(|&(closeness, _)| closeness).map(|(_, doc_type)| doc_type)
}

/// Công văn: no title, but "V/v" below the number and "Kính gửi" above the text.
fn letter(lines: &[&Line], head: &[&Line]) -> Option<DocType> {
    let starts = |l: &&&Line, with: &str| folded(&l.text()).to_uppercase().starts_with(with);
    let subject = head.iter().any(|l| starts(&l, "V/V") || starts(&l, "VV "));
    let addressed = lines.iter().take(20).any(|l| starts(&l, "KINH GUI"));
    (subject && addressed).then_some(DocType::CongVan)
}

fn date(head: &[&Line]) -> Option<PartialDate> {
    let texts: Vec<String> = head.iter().map(|l| l.text()).collect();
    let with_day = texts
        .iter()
        .filter(|t| fold_ascii(t).to_lowercase().contains("ngay"))
        .flat_map(|t| dates(t).into_iter().map(|f| f.value).filter(|d| d.day.is_some()).collect::<Vec<_>>());
    let complete = with_day.map(|d| PartialDate { year: d.year, month: d.month, day: d.day }).next();
    complete.or_else(|| texts.iter().find_map(|t| written_date(t)))
}

/// "ngày … tháng 5 năm 2019": what is printed of it.
fn written_date(text: &str) -> Option<PartialDate> {
    let folded = fold_ascii(text);
    let found = WRITTEN_DATE.captures(&folded)?;
    let year = found.name("year")?.as_str().parse().ok()?;
    let month = found.name("month").and_then(|m| m.as_str().parse().ok()).filter(|m| (1..=12).contains(m));
    Some(PartialDate { year, month, day: None })
}

fn number(head: &[&Line]) -> Option<String> {
    let found = head.iter().flat_map(|l| document_numbers(&l.text())).find(|f| f.value.labelled)?;
    let number = found.value;
    Some(match number.year {
        Some(year) => format!("{}/{year}/{}", number.number, number.symbol),
        None => format!("{}/{}", number.number, number.symbol),
    })
}

/// Whether most letters are capitals.
fn is_capitals(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let (mut all, mut upper) = (0, 0);
    for c in letters {
        all += 1;
        upper += u32::from(c.is_uppercase());
    }
    all >= 4 && upper * 10 >= all * 8
}

/// Folded, without what stands around words.
fn folded(text: &str) -> String {
    fold_ascii(text).trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{PageSize, PxBox, Word};

    /// Lines given as (text, left, right, top) on a page of 1000 x 1400 px.
    fn page(lines: &[(&str, u32, u32, u32)]) -> PageText {
        let line = |&(text, left, right, top): &(&str, u32, u32, u32)| {
            let bbox = PxBox { left, top, right, bottom: top + 20 };
            let words = text.split(' ').map(|t| Word { text: t.into(), bbox, confidence: 90 }).collect();
            Line { bbox, baseline: (top + 20, top + 20), words }
        };
        let lines: Vec<Line> = lines.iter().map(line).collect();
        let block =
            Block { kind: BlockKind::Body, bbox: PxBox::around(lines.iter().map(|l| &l.bbox)), lines };
        PageText {
            size: PageSize { width_px: 1000, height_px: 1400, dpi: 120 },
            turn: record::Turn::Upright,
            blocks: vec![block],
        }
    }

    const HEAD: [(&str, u32, u32, u32); 3] = [
        ("VIỆN KIỂM SÁT NHÂN DÂN", 80, 380, 60),
        ("Số: 12/CT-VKS-P1", 150, 330, 120),
        ("Đà Nẵng, ngày 05 tháng 3 năm 2019", 520, 900, 120),
    ];

    #[test]
    fn type_date_and_number_of_an_indictment() {
        let mut lines = HEAD.to_vec();
        lines.push(("CÁO TRẠNG", 430, 570, 220));
        lines.push(("Căn cứ Quyết định số 7/QĐ-CSĐT ngày 01 tháng 01 năm 2018", 100, 900, 300));
        let fields = read(&page(&lines));
        assert_eq!(fields.doc_type, Some(DocType::CaoTrang));
        assert_eq!(fields.date, Some(PartialDate { year: 2019, month: Some(3), day: Some(5) }));
        assert_eq!(fields.number.as_deref(), Some("12/CT-VKS-P1"));
    }

    #[test]
    fn titles_may_run_over_lines_and_carry_wrong_tones() {
        for (first, second, doc_type) in [
            ("QUYẾT ĐỊNH", "KHỞI TỐ VỤ ÁN HÌNH SỰ", DocType::QuyetDinhKhoiToVuAn),
            ("QUYÉT ĐỊNH", "KHỎI TÓ BỊ CAN", DocType::QuyetDinhKhoiToBiCan),
            ("QUYẾT ĐỊNH", "PHÂN CÔNG KIỂM SÁT VIÊN", DocType::QuyetDinh),
            ("LỆNH TẠM GIAM", "", DocType::LenhTamGiam),
            ("BẢN KÉT LUẬN ĐIỀU TRA", "", DocType::KetLuanDieuTra),
            ("BẢN ÁN", "", DocType::BanAn),
        ] {
            let mut lines = HEAD.to_vec();
            lines.push((first, 420, 580, 220));
            if !second.is_empty() {
                lines.push((second, 350, 650, 250));
            }
            assert_eq!(read(&page(&lines)).doc_type, Some(doc_type), "{first} {second}");
        }
    }

    #[test]
    fn what_is_not_sure_is_not_said() {
        for (text, left, right) in [
            ("CÁO TRẠNG", 80, 220),
            ("Cáo trạng", 430, 570),
            ("ĐỘC LẬP TỰ DO", 430, 570),
            ("HỒ SƠ XIN VIỆC", 430, 570),
        ] {
            let fields = read(&page(&[(text, left, right, 220)]));
            assert_eq!(fields, HeaderFields::default(), "{text}");
        }
        let body = "Theo công văn số 15/CT-VKS ngày 05 tháng 3 năm 2019 của đơn vị";
        assert_eq!(read(&page(&[(body, 100, 900, 300)])), HeaderFields::default());
    }

    #[test]
    fn a_date_filled_in_by_hand_keeps_what_is_printed() {
        let partial = |text| read(&page(&[(text, 520, 900, 120)])).date.map(|d| d.to_string());
        assert_eq!(partial("Huế, ngày .... tháng 12 năm 2021").as_deref(), Some("2021-12"));
        assert_eq!(partial("Huế, ngày 2Z tháng ... năm 2021").as_deref(), Some("2021"));
        assert_eq!(partial("Huế, ngày ... tháng ... năm 20..."), None);
        assert_eq!(partial("năm 2021"), None);
    }

    #[test]
    fn an_official_letter_has_a_subject_and_an_address() {
        let lines = [
            ("Số: 574/UBND-KTTH", 100, 300, 120),
            ("V/v đăng ký bổ sung", 100, 300, 150),
            ("Kính gửi: Thường trực", 300, 700, 260),
        ];
        let fields = read(&page(&lines));
        assert_eq!(
            (fields.doc_type, fields.number.as_deref()),
            (Some(DocType::CongVan), Some("574/UBND-KTTH"))
        );
    }
}
