//! What a case file is asked for, by hand: references, units, people, marks put in, spellings offered, pages nearly the same, counts.
//! Each answer is that of the embedded engine, and the one written here.

use crate::nodes::Node;
use crate::pages::{all, labelled, page};
use index::backend::opensearch::Writer;
use index::{CaseKind, Facet, Hit, IndexCase, IndexPage, Indexer, Lexicon, Query, Searcher};
use record::{Clearance, DocType, DocumentNo, PartialDate, Secrecy};

const FORM: &str = "Hôm nay hồi tám giờ tại trụ sở Viện kiểm sát nhân dân tỉnh Hải Giang chúng tôi gồm có kiểm sát viên và cán bộ \
                    điều tra tiến hành lập biên bản giao nhận hồ sơ vụ án cùng toàn bộ vật chứng kèm theo để bảo quản";

fn write(indexer: &mut Indexer) {
    let of = |document, text: IndexPage| IndexPage { document: DocumentNo::new(document).unwrap(), ..text };
    let indictment = IndexPage {
        doc_type: Some(DocType::CaoTrang),
        date: PartialDate::parse("1998-05-12"),
        number: Some("12/CT-VKS-P1".into()),
        units: vec!["Viện kiểm sát nhân dân tỉnh Hải Giang".into()],
        persons: vec!["Nguyễn Văn Hùng".into(), "Trần Thị Lan".into()],
        ..page(1, "truy tố bị can về tội trộm cắp theo điểm b khoản 2 Điều 173 Bộ luật Hình sự 2015")
    };
    let first = IndexCase {
        year: Some(1998),
        kind: Some(CaseKind::HinhSu),
        ..labelled("HS-1", Secrecy::Thuong, "KV7")
    };
    let evidence = page(2, "tang vật thu giữ ngày 30/4/1998 và tháng 5/1999 theo lệnh số 046/QĐ-CSĐT");
    indexer.put_case(&first, [indictment, of(2, evidence), of(3, page(3, FORM))]).unwrap();
    let second = IndexCase { kind: Some(CaseKind::DanSu), ..labelled("HS-2", Secrecy::Mat, "KV8") };
    let near = FORM.replace("giao nhận", "giao nhân");
    let opinion = page(2, "áp dụng Điều 173 BLHS và Điều 51; toi trom cap");
    indexer.put_case(&second, [of(1, page(1, &near)), of(2, opinion)]).unwrap();
    indexer.commit().unwrap();
}

fn shown(hits: &[Hit]) -> String {
    let shown = hits.iter().map(|hit| format!("{}/{} {}", hit.case, hit.page, hit.tier.code()));
    shown.collect::<Vec<_>>().join(", ")
}

#[test]
fn what_is_asked_of_case_files_is_answered_as_by_the_embedded_engine() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut embedded = Indexer::open_or_create(dir.path()).unwrap();
    let place = Node::shared().place(3);
    let mut cluster = Indexer::with(Box::new(Writer::open_or_create(&place).unwrap())).unwrap();
    write(&mut embedded);
    write(&mut cluster);
    let lexicon = Lexicon::published(1, "cắp 9\ntội 9 trộm 5\ntrộm 9 cắp 5\n").unwrap();
    let open = Clearance::whole_archive(Secrecy::Thuong);
    for searcher in [embedded.searcher().unwrap(), cluster.searcher().unwrap()] {
        let find = |clearance: &Clearance, typed: &str| {
            let mut query = Query::parse(typed).unwrap();
            query.restore(&lexicon);
            searcher.search(clearance, &query, 10, 0).unwrap().hits
        };
        for (typed, found) in [
            ("so:12/CT-VKS-P1", "HS-1/1 filter"),
            ("so:46", "HS-1/2 filter"),
            ("dieu:173/k2/diem-b", "HS-1/1 filter"),
            ("dieu:\"Điều 173 BLHS\"", "HS-1/1 filter, HS-2/2 filter"),
            ("dieu:\"BLHS 2015\"", "HS-1/1 filter"),
            ("ngay:12/5/1998", "HS-1/1 filter"),
            ("ngay:4/1998..5/1998", "HS-1/1 filter, HS-1/2 filter"),
            ("ngay:1999", "HS-1/2 filter"),
            ("don-vi:\"kiểm sát nhân dân\"", "HS-1/1 filter"),
            ("nguoi:\"van hung\"", "HS-1/1 filter"),
            ("nguoi:\"Hùng Trần\"", ""),
            ("giu:KV8 loai-an:dan-su do-mat:mat chat-luong:tot", "HS-2/1 filter, HS-2/2 filter"),
            ("\"toi trom cap\"", "HS-2/2 exact-phrase, HS-1/1 restored-phrase"),
            ("\"tội trộm cắp\"", "HS-1/1 exact-phrase, HS-2/2 folded-phrase"),
            ("cap trom", "HS-2/2 exact-words, HS-1/1 restored-words"),
        ] {
            assert_eq!(shown(&find(&all(), typed)), found, "{typed}");
            let visible = found.split(", ").filter(|hit| hit.starts_with("HS-1"));
            assert_eq!(shown(&find(&open, typed)), visible.collect::<Vec<_>>().join(", "), "{typed}");
        }
        likenesses(&searcher, &find(&all(), "\"giao nhận\" giu:KV7")[0]);
        let suggest = |clearance: &Clearance, typed: &str| {
            searcher.suggest(clearance, &Query::parse(typed).unwrap(), &lexicon).unwrap()
        };
        assert_eq!(suggest(&open, "\"tội trộmm\"").as_deref(), Some("\"tội trộm\""));
        assert_eq!(suggest(&all(), "\"trộmm cắp\" giu:KV8").as_deref(), Some("\"trộm cắp\" giu:KV8"));
        assert_eq!(suggest(&open, "\"trộmm cắp\" giu:KV8"), None, "it would find nothing that may be seen");
        let counts = |clearance: &Clearance| -> Vec<(Facet, String)> {
            let lists =
                searcher.facets(clearance, &Query::parse("HS OR tội OR bl:9 OR chat-luong:tot").unwrap());
            let list = |(value, count): &(String, usize)| format!("{value}={count}");
            let lists = lists.unwrap().into_iter();
            lists.map(|of| (of.facet, of.counts.iter().map(list).collect::<Vec<_>>().join(" "))).collect()
        };
        let expected = [
            (Facet::Unit, "KV7=3 KV8=2", "KV7=3"),
            (Facet::Year, "1998=3", "1998=3"),
            (Facet::CaseKind, "hinh-su=3 dan-su=2", "hinh-su=3"),
            (Facet::DocType, "cao-trang=1", "cao-trang=1"),
            (Facet::Article, "173@blhs=2", "173@blhs=1"),
            (Facet::Quality, "tot=5", "tot=3"),
            (Facet::Secrecy, "thuong=3 mat=2", "thuong=3"),
        ];
        assert_eq!(counts(&all()), expected.map(|(facet, of_all, _)| (facet, of_all.to_owned())));
        assert_eq!(counts(&open), expected.map(|(facet, _, of_open)| (facet, of_open.to_owned())));
    }
}

/// The form in both case files, as far as it may be seen.
fn likenesses(searcher: &Searcher, hit: &Hit) {
    assert_eq!(hit.page.get(), 3);
    let names = |clearance: &Clearance| {
        let found = searcher.similar(clearance, hit, 5).unwrap();
        assert_eq!(found.total, found.pages.len());
        found.pages.iter().map(|(case, page)| format!("{case}/{page}")).collect::<Vec<_>>()
    };
    assert_eq!(names(&all()), ["HS-2/1"]);
    assert_eq!(names(&Clearance::whole_archive(Secrecy::Thuong)), [""; 0]);
}
