//! What the pages found are counted by, and pages that are nearly the same.

use crate::pages::{all, case, labelled, page};
use index::{CaseKind, Facet, IndexCase, IndexPage, Indexer, Query, Searcher};
use record::{Clearance, DocType, Lang, PartialDate, Secrecy};

fn counts(index: &Searcher, clearance: &Clearance, query: &str, facet: Facet) -> Vec<(String, usize)> {
    let lists = index.facets(clearance, &Query::parse(query).unwrap()).unwrap();
    lists.into_iter().find(|list| list.facet == facet).unwrap().counts
}

fn index_of(dir: &std::path::Path) -> Searcher {
    let mut indexer = Indexer::open_or_create(dir).unwrap();
    let first = IndexCase { year: Some(2019), kind: Some(CaseKind::HinhSu), ..case("HS-1") };
    let dated = |no, text: &str, date: &str| IndexPage {
        doc_type: Some(DocType::CaoTrang),
        date: PartialDate::parse(date),
        ..page(no, text)
    };
    let blank = IndexPage { text: None, ..page(3, "") };
    indexer
        .put_case(
            &first,
            [
                dated(1, "phạm tội theo điểm b khoản 2 Điều 173 Bộ luật Hình sự 2015", "2019-05-02"),
                dated(2, "phạm tội theo Điều 173 BLHS và Điều 51", "2018"),
                blank,
            ],
        )
        .unwrap();
    indexer.put_case(&labelled("HS-3", Secrecy::Thuong, ""), [page(1, "tội khác")]).unwrap();
    indexer
        .put_case(&labelled("HS-2", Secrecy::Mat, "KV8"), [page(1, "phạm tội theo Điều 174 BLHS")])
        .unwrap();
    indexer.commit().unwrap();
    indexer.searcher().unwrap()
}

#[test]
fn every_count_is_that_of_its_filter() {
    let dir = tempfile::tempdir().unwrap();
    let index = index_of(dir.path());
    let some = |pairs: &[(&str, usize)]| -> Vec<(String, usize)> {
        pairs.iter().map(|(value, count)| ((*value).to_owned(), *count)).collect()
    };
    let open = Clearance::whole_archive(Secrecy::Thuong);
    assert_eq!(counts(&index, &all(), "phạm tội", Facet::Unit), some(&[("KV7", 2), ("KV8", 1)]));
    assert_eq!(counts(&index, &open, "phạm tội", Facet::Unit), some(&[("KV7", 2)]));
    assert_eq!(counts(&index, &all(), "phạm tội", Facet::Year), some(&[("2019", 2), ("2018", 1)]));
    assert_eq!(counts(&index, &all(), "phạm tội", Facet::Article), some(&[("173@blhs", 2), ("174@blhs", 1)]));
    assert_eq!(counts(&index, &open, "phạm tội", Facet::Article), some(&[("173@blhs", 2)]));
    assert_eq!(counts(&index, &all(), "ho-so:HS-1", Facet::Quality), some(&[("tot", 2), ("khong-chu", 1)]));
    for clearance in [all(), open] {
        for list in index.facets(&clearance, &Query::parse("tội HOẶC bl:9 HOẶC nam:2019").unwrap()).unwrap()
        {
            for (value, count) in list.counts {
                let filter = list.facet.filter(&value);
                let narrowed = Query::parse(&format!("(tội HOẶC bl:9 HOẶC nam:2019) VÀ {filter}")).unwrap();
                let found = index.search(&clearance, &narrowed, 0, 0).unwrap();
                assert_eq!(found.total, count, "{filter}");
                assert!(
                    !list.facet.label(&value, Lang::Vi).is_empty() && !list.facet.title(Lang::En).is_empty()
                );
            }
        }
    }
}

#[test]
fn hidden_pages_count_in_no_total_of_case_files() {
    let dir = tempfile::tempdir().unwrap();
    let index = index_of(dir.path());
    let query = Query::parse("tội").unwrap();
    let open = Clearance::whole_archive(Secrecy::Thuong);
    let of_unit = Clearance::for_units(Secrecy::Mat, vec!["KV8".into()]);
    let nowhere = Clearance::for_units(Secrecy::TuyetMat, vec!["KV9".into()]);
    for (clearance, pages, of_cases) in [
        (all(), 4, vec![("HS-1", 2), ("HS-2", 1), ("HS-3", 1)]),
        (open, 3, vec![("HS-1", 2), ("HS-3", 1)]),
        (of_unit, 1, vec![("HS-2", 1)]),
        (nowhere, 0, vec![]),
    ] {
        // With room for all, for one, and for none: what is not shown is counted by the same right.
        for limit in [10, 1, 0] {
            let found = index.search_cases(&clearance, &query, limit, 0).unwrap();
            assert_eq!((found.total, found.cases), (pages, of_cases.len()), "{limit}");
            assert_eq!(found.hits.len(), limit.min(of_cases.len()));
            if limit == 10 {
                let mut told: Vec<_> =
                    found.hits.iter().map(|hit| (hit.case.as_str().to_owned(), hit.of_case)).collect();
                told.sort();
                let expected: Vec<_> =
                    of_cases.iter().map(|(case, pages)| ((*case).to_owned(), *pages)).collect();
                assert_eq!(told, expected);
            }
        }
        let by_kind = counts(&index, &clearance, "tội", Facet::Quality);
        assert_eq!(by_kind.iter().map(|(_, pages)| pages).sum::<usize>(), pages);
    }
}

const FORM: &str = "Hôm nay hồi tám giờ ngày mười hai tháng năm tại trụ sở Viện kiểm sát nhân dân tỉnh Hải Giang \
                    chúng tôi gồm có kiểm sát viên và cán bộ điều tra tiến hành lập biên bản giao nhận hồ sơ vụ án cùng \
                    toàn bộ vật chứng kèm theo để bảo quản theo quy định của pháp luật hiện hành";

#[test]
fn pages_that_are_nearly_the_same_are_named_as_far_as_they_may_be_seen() {
    let dir = tempfile::tempdir().unwrap();
    let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
    let other = "Bị cáo khai nhận toàn bộ hành vi phạm tội của mình và xin hội đồng xét xử xem xét giảm nhẹ hình phạt vì hoàn cảnh \
                 gia đình khó khăn có con nhỏ và cha mẹ già yếu không có ai chăm sóc hằng ngày";
    indexer.put_case(&case("HS-1"), [page(1, FORM), page(2, other), page(3, "hôm nay")]).unwrap();
    // read once more, worse
    indexer
        .put_case(
            &case("HS-2"),
            [page(1, &FORM.replace("giao nhận", "giao nhân")), page(2, &FORM.replace("mười hai", "mười ba"))],
        )
        .unwrap();
    indexer.put_case(&labelled("HS-3", Secrecy::Mat, "KV7"), [page(1, FORM)]).unwrap();
    indexer.commit().unwrap();
    let index = indexer.searcher().unwrap();
    let similar = |clearance: &Clearance, query: &str| {
        let hit = index.search(clearance, &Query::parse(query).unwrap(), 1, 0).unwrap().hits.remove(0);
        let found = index.similar(clearance, &hit, 10).unwrap();
        assert_eq!(found.total, found.pages.len());
        let names: Vec<String> = found.pages.iter().map(|(case, page)| format!("{case}/{page}")).collect();
        names.join(" ")
    };
    assert_eq!(similar(&all(), "ho-so:HS-1 \"giao nhận\""), "HS-2/1 HS-3/1 HS-2/2");
    assert_eq!(
        similar(&Clearance::whole_archive(Secrecy::Thuong), "ho-so:HS-1 \"giao nhận\""),
        "HS-2/1 HS-2/2"
    );
    assert_eq!(similar(&all(), "\"bị cáo\""), "");
    assert_eq!(similar(&all(), "ho-so:HS-1 \"hôm nay\" -trụ"), "", "too short to be compared");
}
