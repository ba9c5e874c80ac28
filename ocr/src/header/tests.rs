//! Rules on small pages; what they find on whole sets is measured by `./dev bench fields`.

use super::*;
use proptest::prelude::*;
use record::{
    Block, BlockKind, Line, Mark, MarkInk, MarkKind, PageSize, PartialDate, PxBox, Role, SecrecyStamp, Turn,
    UrgencyStamp, Word,
};

/// Text, left, right, top of a line on a page of 1000 x 1400 px.
type At<'a> = (&'a str, u32, u32, u32);

fn line(&(text, left, right, top): &At<'_>, confidence: u8) -> Line {
    let bbox = PxBox { left, top, right, bottom: top + 20 };
    let words = text.split(' ').map(|t| Word::new(t, bbox, confidence)).collect();
    Line { bbox, baseline: (top + 20, top + 20), words }
}

const MARK: BlockKind = BlockKind::Mark(Mark { kind: MarkKind::Other, ink: MarkInk::Red });

fn block(kind: BlockKind, lines: &[At<'_>], confidence: u8) -> Block {
    let lines: Vec<Line> = lines.iter().map(|l| line(l, confidence)).collect();
    Block { kind, bbox: PxBox::around(lines.iter().map(|l| &l.bbox)), lines }
}

fn page_of(blocks: Vec<Block>) -> PageText {
    let size = PageSize { width_px: 1000, height_px: 1400, dpi: 120 };
    PageText { size, turn: Turn::Upright, blocks }
}

fn page(lines: &[At<'_>]) -> PageText {
    page_of(vec![block(BlockKind::Body, lines, 95)])
}

fn no(n: u32) -> PageNo {
    PageNo::new(n).unwrap()
}

fn fields(pages: &[PageText]) -> DocumentFields {
    let pages = pages.iter().enumerate().map(|(idx, page)| (PageNo::from_idx(idx), Some(page)));
    read(&Units::built_in(), pages)
}

fn accepted<T: Clone>(field: &Option<Field<T>>) -> Option<T> {
    field.as_ref().and_then(|f| f.accepted().cloned())
}

const HEAD: [At<'static>; 6] = [
    ("VIỆN KIỂM SÁT NHÂN DÂN", 80, 380, 60),
    ("THÀNH PHỐ ĐÀ NẴNG", 120, 340, 85),
    ("VIỆN KIỂM SÁT NHÂN DÂN KHU VỰC 7", 70, 390, 110),
    ("Số: 12/CT-VKSKV7", 150, 330, 150),
    ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 520, 900, 60),
    ("Đà Nẵng, ngày 05 tháng 3 năm 2019", 540, 880, 120),
];

fn with_head(more: &[At<'_>]) -> PageText {
    page(&[&HEAD, more].concat())
}

#[test]
fn the_header_of_an_indictment() {
    let found = fields(&[with_head(&[
        ("CÁO TRẠNG", 430, 570, 220),
        ("Căn cứ Quyết định số 7/QĐ-CSĐT ngày 01 tháng 01 năm 2018", 100, 900, 300),
    ])]);
    assert_eq!(accepted(&found.doc_type), Some(DocType::CaoTrang));
    assert_eq!(accepted(&found.date), Some(PartialDate { year: 2019, month: Some(3), day: Some(5) }));
    assert_eq!(accepted(&found.place).as_deref(), Some("Đà Nẵng"));
    assert_eq!(accepted(&found.number).as_deref(), Some("12"));
    assert_eq!(accepted(&found.symbol).as_deref(), Some("CT-VKSKV7"));
    let issuing = accepted(&found.issuing_body).unwrap();
    assert_eq!(issuing.unit.as_deref(), Some("vks-kv-7"));
    assert_eq!(accepted(&found.superior_body).unwrap().unit.as_deref(), Some("vks-da-nang"));
    let place = found.symbol.unwrap().reading().places[0];
    assert_eq!((place.page, place.bbox.top), (no(1), 150));
}

#[test]
fn titles_may_run_over_lines_and_carry_wrong_tones() {
    for (first, second, doc_type, subject) in [
        ("QUYẾT ĐỊNH", "KHỞI TỐ VỤ ÁN HÌNH SỰ", DocType::QuyetDinhKhoiToVuAn, Some("KHỞI TỐ VỤ ÁN HÌNH SỰ")),
        ("QUYÉT ĐỊNH", "KHỎI TÓ BỊ CAN", DocType::QuyetDinhKhoiToBiCan, Some("KHỎI TÓ BỊ CAN")),
        ("QUYẾT ĐỊNH", "PHÂN CÔNG KIỂM SÁT VIÊN", DocType::QuyetDinh, Some("PHÂN CÔNG KIỂM SÁT VIÊN")),
        ("LỆNH TẠM GIAM", "", DocType::LenhTamGiam, None),
        ("LỆNH TẠM GIAM", "VIỆN TRƯỞNG VIỆN KIỂM SÁT", DocType::LenhTamGiam, None),
        ("BẢN KÉT LUẬN ĐIỀU TRA", "", DocType::KetLuanDieuTra, None),
        ("BẢN ÁN", "", DocType::BanAn, None),
    ] {
        let mut lines = vec![(first, 420, 580, 220)];
        if !second.is_empty() {
            lines.push((second, 350, 650, 250));
        }
        let found = fields(&[with_head(&lines)]);
        assert_eq!(accepted(&found.doc_type), Some(doc_type), "{first} {second}");
        assert_eq!(accepted(&found.subject).as_deref(), subject, "{first} {second}");
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
        let found = fields(&[page(&[(text, left, right, 220)])]);
        assert_eq!((found.doc_type, found.date, found.symbol), (None, None, None), "{text}");
    }
    let body = "Theo công văn số 15/CT-VKS ngày 05 tháng 3 năm 2019 của đơn vị";
    assert!(fields(&[page(&[(body, 100, 900, 300)])]).is_empty());
}

#[test]
fn a_date_filled_in_by_hand_keeps_what_is_printed() {
    let found = |text| fields(&[page(&[(text, 520, 900, 120)])]).date;
    let shown = |text| accepted(&found(text)).map(|d| d.to_string());
    assert_eq!(shown("Huế, ngày .... tháng 12 năm 2021").as_deref(), Some("2021"), "95 is not beyond doubt");
    assert_eq!(shown("Huế, ngày 2Z tháng ... năm 2021").as_deref(), Some("2021"));
    assert_eq!(
        found("Huế, ngày 2Z tháng ... năm 2021").unwrap().reading().read.as_deref(),
        Some("ngày 2Z tháng ... năm 2021")
    );
    assert_eq!(shown("Huế, ngày ... tháng ... năm 20..."), None);
    assert_eq!(shown("Huế, ngày 31 tháng 02 năm 2021").as_deref(), Some("2021"));
    assert_eq!(shown("Huế, ngày 05 tháng 3 năm 2618").as_deref(), Some("2018-03-05"), "a dotted zero");
    assert_eq!(shown("năm 2021"), None);
}

#[test]
fn dates_of_other_papers_are_not_taken() {
    // the day a case was taken up, and the stamp of incoming papers
    let thu_ly = fields(&[page(&[
        ("Thụ lý số 06/2021/TLST-HS ngày 05/01/2021", 100, 600, 150),
        ("BẢN ÁN", 430, 570, 220),
    ])]);
    assert_eq!((thu_ly.date, thu_ly.symbol), (None, None));
    let incoming = fields(&[with_head(&[("ĐẾN", 100, 150, 20), ("Số: 920 Ngày: 08/11/2020", 60, 300, 40)])]);
    assert_eq!(accepted(&incoming.date).unwrap().to_string(), "2019-03-05");
    // of several of its own the latest
    let two =
        [("Huế, ngày 05 tháng 3 năm 2019", 520, 900, 120), ("Huế, ngày 07 tháng 3 năm 2019", 520, 900, 160)];
    assert_eq!(accepted(&fields(&[page(&two)]).date).unwrap().to_string(), "2019-03-07");
}

#[test]
fn minutes_are_dated_by_their_opening() {
    let found = fields(&[page(&[
        ("BIÊN BẢN HỎI CUNG BỊ CAN", 380, 620, 150),
        ("Hồi 15 giờ 40 phút, ngày 06 tháng 4 năm 2018 tại Trại tạm giam", 100, 900, 220),
        ("Sinh ngày: 09/5/1981 tại Huế", 100, 500, 260),
    ])]);
    assert_eq!(accepted(&found.date).unwrap().to_string(), "2018-04-06");
}

#[test]
fn a_pen_s_number_is_a_proposal_and_the_symbol_is_kept() {
    let symbol = |text: &str| {
        let found = fields(&[page(&[(text, 100, 330, 150), ("QUYẾT ĐỊNH", 430, 570, 220)])]);
        (found.number.as_ref().map(Field::is_proposal), accepted(&found.symbol))
    };
    assert_eq!(symbol("Số: 12/QĐ-VKSTC-V3"), (Some(false), Some("QĐ-VKSTC-V3".into())));
    assert_eq!(symbol("Số: 46 /QĐ-VKSTC"), (Some(true), Some("QĐ-VKSTC".into())));
    assert_eq!(symbol("Số: /QĐ-CSĐT"), (None, Some("QĐ-CSĐT".into())));
    assert_eq!(symbol("Số: ' Si /QĐ-CSĐT-KTBC"), (None, Some("QĐ-CSĐT-KTBC".into())));
    assert_eq!(symbol("Số: 19/2021/HS-ST"), (Some(false), Some("2021/HS-ST".into())));
    assert_eq!(symbol("Số: 129-NQ/BCSĐ"), (Some(false), Some("NQ/BCSĐ".into())));
    // the doubled letter is put right because it is a decision, and what was read is told
    let found = fields(&[page(&[("Số: 50/QĐĐ-CSĐT", 100, 330, 150), ("QUYẾT ĐỊNH", 430, 570, 220)])]);
    let reading = found.symbol.as_ref().unwrap().reading();
    assert_eq!((reading.value.as_str(), reading.read.as_deref()), ("QĐ-CSĐT", Some("QĐĐ-CSĐT")));
    assert_eq!(reading.rule, "symbol-list");
}

#[test]
fn a_decision_is_known_by_what_it_is_about() {
    let lines = [("V/v khởi tố bị can", 150, 330, 180), ("QUYẾT ĐỊNH", 420, 580, 240)];
    let found = fields(&[with_head(&lines)]);
    assert_eq!(accepted(&found.doc_type), Some(DocType::QuyetDinhKhoiToBiCan));
    assert_eq!(accepted(&found.subject).as_deref(), Some("khởi tố bị can"));
    assert_eq!(found.doc_type.unwrap().reading().places.len(), 2);
}

#[test]
fn a_decision_is_known_by_its_first_article_where_its_subject_is_lost() {
    for (article, doc_type) in [
        (
            "Điều 1. Khởi tố vụ án hình sự “Trộm cắp tài sản” quy định tại khoản 1",
            DocType::QuyetDinhKhoiToVuAn,
        ),
        ("Điều I. Khởi tổ bị can đối với Lê Văn Bình", DocType::QuyetDinhKhoiToBiCan),
    ] {
        let lines = [("QUYẾT ĐỊNH", 420, 580, 220), ("QUYẾT ĐỊNH:", 420, 580, 400), (article, 100, 900, 430)];
        let found = fields(&[with_head(&lines)]);
        assert_eq!(accepted(&found.doc_type), Some(doc_type), "{article}");
        assert_eq!(found.doc_type.unwrap().reading().rule, "title-and-article");
    }
    // a line that stands between title and grounds does not hide what stands below the number
    let lines = [
        ("Viv khởi tố bị can", 150, 330, 180),
        ("QUYẾT ĐỊNH", 420, 580, 240),
        ("CỦA CƠ QUAN", 420, 580, 265),
    ];
    let found = fields(&[with_head(&lines)]);
    assert_eq!(accepted(&found.doc_type), Some(DocType::QuyetDinhKhoiToBiCan));
}

#[test]
fn a_type_is_a_proposal_where_its_signs_are_not_all_read() {
    // which decision it is, nothing says
    let bare = fields(&[with_head(&[("QUYẾT ĐỊNH", 420, 580, 220)])]).doc_type.unwrap();
    assert_eq!((bare.accepted(), bare.reading().value), (None, DocType::QuyetDinh));
    // its first article is another's matter
    let other =
        [("QUYẾT ĐỊNH", 420, 580, 220), ("Điều 1. Phê chuẩn Quyết định khởi tố bị can", 100, 900, 430)];
    assert_eq!(accepted(&fields(&[with_head(&other)]).doc_type), None);
    // above the articles, no title
    assert_eq!(fields(&[with_head(&[("QUYẾT ĐỊNH:", 420, 580, 320)])]).doc_type, None);
    // an address and a subject, but a title that could not be read
    let letter = [
        ("V/v giám định", 150, 330, 180),
        ("KẺT IUAN GLÁM ĐNH", 400, 600, 230),
        ("Kính gửi: Cơ quan Cảnh sát điều tra", 100, 700, 300),
    ];
    let letter = fields(&[with_head(&letter)]).doc_type.unwrap();
    assert_eq!((letter.accepted(), letter.reading().value), (None, DocType::CongVan));
}

#[test]
fn an_official_letter_has_a_subject_and_an_address() {
    let found = fields(&[page(&[
        ("Số: 574/UBND-KTTH", 100, 300, 120),
        ("V/v đăng ký bổ sung", 100, 300, 150),
        ("nguồn vốn", 120, 280, 172),
        ("Kính gửi: Thường trực", 300, 700, 260),
    ])]);
    assert_eq!(accepted(&found.doc_type), Some(DocType::CongVan));
    assert_eq!(accepted(&found.symbol).as_deref(), Some("UBND-KTTH"));
    assert_eq!(accepted(&found.subject).as_deref(), Some("đăng ký bổ sung nguồn vốn"));
}

#[test]
fn people_charges_and_articles() {
    let found = fields(&[with_head(&[
        ("QUYẾT ĐỊNH", 420, 580, 220),
        ("KHỞI TỐ BỊ CAN", 400, 600, 245),
        ("Họ và tên: Lê Thị Kim Quỳnh; Giới tính: Nữ; Sinh ngày: 26/02/1981 tại Huế;", 100, 930, 300),
        ("Số CCCD: 000330416209; Nơi cư trú: xã Tân Hòa, TP. Huế; Nghề nghiệp: Tự do.", 60, 930, 325),
        (
            "Về tội “bừa đảo chiếm đoạt tài sản” quy định tại điểm đ khoản 2 Điều 174; điểm i, s khoản 1",
            100,
            930,
            360,
        ),
        ("Điều 51 Bộ luật Hình sự năm 2015. Bị hại: Vũ Thúy Lan và Trần Văn Bình.", 60, 900, 385),
        ("Người bào chữa cho Lê Thị Kim Quỳnh là luật sư Phan Bá Vinh, Đoàn luật sư tỉnh", 100, 900, 420),
    ])]);
    let people: Vec<(Option<Role>, &str)> =
        found.persons.iter().map(|p| (p.role, p.name.reading().value.as_str())).collect();
    assert_eq!(
        people,
        [
            (Some(Role::Accused), "Lê Thị Kim Quỳnh"),
            (Some(Role::Victim), "Vũ Thúy Lan"),
            (Some(Role::Victim), "Trần Văn Bình"),
            (Some(Role::Counsel), "Phan Bá Vinh"),
        ]
    );
    let first = &found.persons[0];
    assert!(!first.name.is_proposal());
    assert_eq!(accepted(&first.born).unwrap().to_string(), "1981-02-26");
    assert_eq!(accepted(&first.id_number).as_deref(), Some("000330416209"));
    assert_eq!(accepted(&first.address).as_deref(), Some("xã Tân Hòa, TP. Huế"));
    assert!(found.persons[3].name.is_proposal(), "named once in running text");
    let charge = found.charges[0].reading();
    assert_eq!(charge.value, "Lừa đảo chiếm đoạt tài sản");
    assert_eq!(charge.read.as_deref(), Some("bừa đảo chiếm đoạt tài sản"));
    let articles: Vec<String> = found.articles.iter().map(|a| a.reading().value.to_string()).collect();
    assert_eq!(articles, ["điểm đ khoản 2 Điều 174 BLHS 2015", "điểm i, s khoản 1 Điều 51 BLHS 2015"]);
}

#[test]
fn an_article_without_the_year_of_its_code_is_a_proposal() {
    let found = fields(&[with_head(&[("theo khoản 1 Điều 173 Bộ luật Hình sự.", 100, 700, 400)])]);
    let article = &found.articles[0];
    assert!(article.is_proposal());
    assert_eq!((article.reading().value.year, article.reading().value.year_inferred), (Some(2015), true));
}

#[test]
fn the_signer_is_on_the_last_page_that_has_one() {
    let signed = page(&[
        ("Nơi nhận:", 60, 150, 900),
        ("KT. VIỆN TRƯỞNG", 620, 840, 900),
        ("PHÓ VIỆN TRƯỞNG", 620, 840, 925),
        ("Thượng tá Huỳnh Thị Mỹ Hoa", 600, 860, 1100),
    ]);
    let found = fields(&[with_head(&[("CÁO TRẠNG", 430, 570, 220)]), signed]);
    let signer = found.signer.as_ref().unwrap();
    let value = &signer.reading().value;
    assert_eq!(
        (value.authority.as_deref(), value.title.as_deref()),
        (Some("KT. VIỆN TRƯỞNG"), Some("PHÓ VIỆN TRƯỞNG"))
    );
    assert_eq!((value.name.as_str(), value.rank.as_deref()), ("Huỳnh Thị Mỹ Hoa", Some("Thượng tá")));
    assert_eq!(signer.reading().places.last().unwrap().page, no(2));
}

#[test]
fn an_office_with_a_wrong_mark_is_written_as_it_is_and_says_what_was_read() {
    let signed = |office: &str| {
        let rows =
            [("Nơi nhận:", 60, 150, 900), (office, 620, 840, 925), ("Huỳnh Thị Mỹ Hoa", 630, 830, 1100)];
        let found = fields(&[with_head(&[("BẢN ÁN", 430, 570, 220)]), page(&rows)]).signer.unwrap();
        (found.reading().value.title.clone().unwrap(), found.reading().read.clone())
    };
    let (title, read) = signed("THẤM PHÁN - CHỦ TỌA");
    assert_eq!((title.as_str(), read.as_deref()), ("THẨM PHÁN - CHỦ TỌA", Some("THẤM PHÁN - CHỦ TỌA")));
    assert_eq!(signed("THẨM PHÁN - CHỦ TỌA"), ("THẨM PHÁN - CHỦ TỌA".into(), None));
    // another letter may be another office
    assert_eq!(signed("PHÓ THỦ TRƯƠNC"), ("PHÓ THỦ TRƯƠNC".into(), None));
}

#[test]
fn a_rank_may_stand_on_a_row_of_its_own() {
    let signed = |rank: &str| {
        let rows = [
            ("Nơi nhận:", 60, 150, 900),
            ("KT. VIỆN TRƯỞNG", 620, 840, 900),
            ("PHÓ VIỆN TRƯỞNG", 620, 840, 925),
            (rank, 610, 850, 1075),
            ("Huỳnh Thị Mỹ Hoa", 630, 830, 1100),
        ];
        fields(&[with_head(&[("CÁO TRẠNG", 430, 570, 220)]), page(&rows)])
            .signer
            .unwrap()
            .reading()
            .value
            .clone()
    };
    let signer = signed("Kiểm sát viên cao cấp");
    assert_eq!(
        (signer.rank.as_deref(), signer.name.as_str()),
        (Some("Kiểm sát viên cao cấp"), "Huỳnh Thị Mỹ Hoa")
    );
    assert_eq!(signed("Đã ký").rank, None);
}

#[test]
fn a_number_by_pen_is_a_proposal_and_nothing_more() {
    let number = |head: &[At<'_>], pen: &[At<'_>]| {
        let lines = [&HEAD[..3], head, &HEAD[4..]].concat();
        let of_pen = BlockKind::Mark(Mark { kind: MarkKind::Pen, ink: MarkInk::Other });
        let blocks = vec![block(BlockKind::Body, &lines, 95), block(of_pen, pen, 97)];
        let found = fields(&[page_of(blocks)]);
        assert_eq!(accepted(&found.symbol).as_deref(), Some("CT-VKSKV7"));
        assert!(found.number.as_ref().is_none_or(|n| n.is_proposal() && n.reading().rule == "pen-mark"));
        found.number.map(|n| n.reading().value.clone())
    };
    let (whole, parted) =
        (("Số: /CT-VKSKV7", 150, 330, 150), [("Số:", 150, 180, 150), ("/CT-VKSKV7", 230, 330, 150)]);
    for head in [&[whole][..], &parted] {
        assert_eq!(number(head, &[("15", 190, 220, 148)]).as_deref(), Some("15"));
        // no figures, of another line, right of the symbol
        for pen in [("l5", 190, 220, 148), ("15", 190, 220, 180), ("15", 340, 370, 150)] {
            assert_eq!(number(head, &[pen]), None, "{pen:?}");
        }
    }
}

#[test]
fn stamps_are_read_from_marks_and_from_lines_of_their_own() {
    let marked = |text: &str| {
        let mark = block(MARK, &[(text, 80, 200, 180)], 80);
        let found = fields(&[page_of(vec![block(BlockKind::Body, &HEAD, 95), mark])]);
        (found.secrecy.map(|f| (f.reading().value, f.is_proposal())), accepted(&found.urgency))
    };
    assert_eq!(marked("MẬT").0, Some((SecrecyStamp::Mat, false)));
    assert_eq!(marked("TỐI MẬT").0, Some((SecrecyStamp::ToiMat, false)));
    assert_eq!(marked("TUYET MAT").0, Some((SecrecyStamp::TuyetMat, false)));
    assert_eq!(marked("MẮT").0, Some((SecrecyStamp::Mat, true)));
    assert_eq!(marked("HỎA TỐC").1, Some(UrgencyStamp::HoaToc));
    assert_eq!(marked("[THƯỢNG KHẨN]").1, Some(UrgencyStamp::ThuongKhan));
    assert_eq!(marked("BÚT LỤC"), (None, None));
    let printed = fields(&[with_head(&[("MẬT", 100, 160, 190)])]);
    assert_eq!(accepted(&printed.secrecy), Some(SecrecyStamp::Mat));
    let body = fields(&[with_head(&[("giữ bí mật nhà nước", 100, 400, 190), ("Mật", 100, 160, 1100)])]);
    assert_eq!(body.secrecy, None);
}

#[test]
fn a_page_that_could_not_be_read_loses_its_header() {
    let second = with_head(&[("CÁO TRẠNG", 430, 570, 220)]);
    let found = read(&Units::built_in(), [(no(1), None), (no(2), Some(&second))]);
    assert_eq!((found.doc_type, found.symbol), (None, None));
}

#[test]
fn a_turned_page_says_where_things_stand_as_displayed() {
    let upright = with_head(&[("CÁO TRẠNG", 430, 570, 220)]);
    for turn in Turn::ALL {
        let lying = upright.laid(turn);
        let found = fields(std::slice::from_ref(&lying));
        assert_eq!(accepted(&found.doc_type), Some(DocType::CaoTrang), "{turn:?}");
        let title = lying.blocks[0].lines.last().unwrap().bbox;
        assert_eq!(found.doc_type.unwrap().reading().places[0].bbox, title, "{turn:?}");
    }
}

#[test]
fn pages_without_end_cost_no_more_than_long_ones() {
    let long: String =
        "bị can Lê Văn A sinh ngày 1/1/1980 tội “ Điều 174 khoản 2 BLHS Số: 12/QĐ ngày tháng năm 2019 "
            .repeat(120);
    let lines: Vec<At<'_>> = (0..3_000).map(|n| (long.as_str(), 10, 990, n % 1_390)).collect();
    let found = fields(&[page(&lines)]);
    assert!(found.persons.len() <= 200 && found.charges.len() <= 60 && found.articles.len() <= 60);
    let word = "Ư".repeat(10_000);
    assert!(fields(&[page(&[(&word, 400, 600, 100), ("", 0, 0, 0)])]).is_empty());
    assert!(fields(&[page(&[])]).is_empty());
    assert!(fields(&[]).is_empty());
}

const PIECES: &[&str] = &[
    "CÁO TRẠNG",
    "BẢN ÁN",
    "QUYẾT ĐỊNH",
    "Số: 12/CT-VKS",
    "Số:",
    "/QĐ-CSĐT",
    "ngày 3 tháng 5 năm 2019",
    "ngày",
    "tháng",
    "năm 2618",
    "Họ và tên:",
    "Lê Văn A",
    "sinh",
    "bị can",
    "Bị hại: Trần B, Lê C và",
    "tội “",
    "”",
    "Điều 174",
    "điểm đ khoản 2",
    "BLHS",
    "KT. VIỆN TRƯỞNG",
    "Nơi nhận:",
    "VIỆN KIỂM SÁT NHÂN DÂN",
    "KHU VỰC 7",
    "CỘNG HÒA XÃ HỘI",
    "MẬT",
    "V/v",
    "Kính gửi:",
    "Hồi 5 giờ",
    "CCCD 0003",
    "Nơi cư trú: TP.",
    "\u{301}",
    "İ",
    "ß",
    "ﬀ",
    "…",
    "/",
    "Ư",
    "\u{0}",
    "𝒜",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Any pieces anywhere on a page of any size, in any order: no panic, confidence within bounds, a place for each field.
    #[test]
    fn any_page_is_read_without_harm(
        pieces in prop::collection::vec((0..PIECES.len(), 0..PIECES.len(), 0u32..2_000, 0u32..1_200, 0u32..3_000, 0u8..=255), 0..40),
        width in 0u32..2_000, height in 0u32..3_000, turn in 0usize..4, mark in any::<bool>(),
    ) {
        let lines: Vec<Line> = pieces
            .iter()
            .map(|&(a, b, left, width, top, confidence)| {
                line(&(&format!("{} {}", PIECES[a], PIECES[b]), left, left + width, top), confidence)
            })
            .collect();
        let kind = if mark { MARK } else { BlockKind::Body };
        let size = PageSize { width_px: width, height_px: height, dpi: 0 };
        let blocks = vec![Block { kind, bbox: PxBox::default(), lines }];
        let text = PageText { size, turn: Turn::ALL[turn], blocks };
        let found = fields(&[text.clone(), text]);
        for person in &found.persons {
            prop_assert!(person.name.reading().confidence <= 100);
        }
        if let Some(symbol) = &found.symbol {
            prop_assert!(symbol.reading().confidence <= 100 && symbol.is_proposal() == (symbol.reading().confidence < ACCEPT));
        }
    }

    /// Random text as well.
    #[test]
    fn any_text_is_read_without_harm(texts in prop::collection::vec("\\PC{0,60}", 0..12)) {
        let lines: Vec<At<'_>> = texts.iter().enumerate().map(|(n, t)| (t.as_str(), 50, 600, 40 * n as u32)).collect();
        fields(&[page(&lines)]);
    }
}
