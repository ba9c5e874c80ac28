//! Questions in plain words on the pages of the relevance set: the passage is where it should be, and is what stands there.

use crate::pages::all;
use crate::relevance::{index_of, lexicon, sheets};
use index::{QueryError, Question};
use std::collections::BTreeMap;

/// Question, page, and words that the passage holds.
const QUESTIONS: &[(&str, &str, &str)] = &[
    ("Ai bị thương ở khuỷu tay?", "TAY-01:4", "tay bị thương ở khuỷu"),
    ("Chữ viết trên tờ giấy như thế nào?", "TAY-01:5", "nguệch ngoạc"),
    ("Phạm Minh Hùng về đến nhà lúc nào?", "TAY-01:6", "lúc khuya khoắt"),
    ("Ông lão ngã ở đâu?", "TAY-01:7", "trước sân"),
    ("ong lao nga o dau", "TAY-01:7", "trước sân"),
    ("Ngày 12/5/1998 đã có văn bản nào về Trần Văn Thắng?", "TAY-01:8", "Trần Văn Thắng"),
    ("Việc bồi thường do ai thoả thuận?", "TAY-01:13", "tự nguyện"),
    ("Tiền ăn một ngày là bao nhiêu?", "TAY-01:3", "ba mươi nghìn đồng"),
    ("Người sở hữu công trái được hưởng lãi bao nhiêu?", "nghi-dinh-28-2003:4", "hưởng lãi"),
    (
        "Cán bộ có quyền khiếu nại, tố cáo, khởi kiện về việc gì?",
        "nghi-dinh-114-2003:7",
        "quyền khiếu nại, tố cáo, khởi kiện",
    ),
];

#[test]
fn passages_are_where_the_answer_stands() {
    let sheets = sheets("pages.txt");
    let dir = tempfile::tempdir().unwrap();
    let index = index_of(dir.path(), &sheets);
    let lexicon = lexicon(&sheets);
    let by_id: BTreeMap<&str, _> = sheets.iter().map(|sheet| (sheet.id.as_str(), sheet)).collect();
    let mut first = 0;
    for (asked, page, words) in QUESTIONS {
        let question = Question::new(asked, &lexicon).unwrap();
        let mut found = BTreeMap::new();
        for query in question.queries() {
            for hit in index.search(&all(), &query, 60, 0).unwrap().hits {
                let id = format!("{}:{}", hit.case, hit.page);
                let text = by_id[id.as_str()].page.text.as_ref().unwrap();
                found
                    .entry(id)
                    .or_insert_with(|| question.best_passage(text).expect("it has a word asked for"));
            }
        }
        let mut best: Vec<_> = found.iter().collect();
        best.sort_by(|a, b| b.1.score.total_cmp(&a.1.score).then(a.0.cmp(b.0)));
        let place = best.iter().position(|(id, _)| id == page);
        println!("{asked}: {place:?} of {}", best.len());
        assert!(
            place.is_some_and(|place| place < 3),
            "{asked}: {page} is at {place:?}, {} is first",
            best[0].0
        );
        first += usize::from(place == Some(0));
        let text = by_id[page].page.text.as_ref().unwrap();
        let all_words: Vec<&str> = text.words().map(|word| word.text.as_str()).collect();
        let passage = &found[*page];
        let said: Vec<&str> = passage.words.iter().map(|word| all_words[*word]).collect();
        assert!(said.join(" ").contains(words), "{asked}: {said:?}");
        assert!(passage.words.len() < 200, "{asked}: {}", passage.words.len());
    }
    println!("{first} of {} first", QUESTIONS.len());
    assert!(first * 10 >= QUESTIONS.len() * 8);
}

#[test]
fn questions_that_say_nothing_are_refused() {
    let lexicon = index::Lexicon::public();
    for text in ["", "?", "Ai? Ở đâu? Khi nào?", "🙂"] {
        assert_eq!(Question::new(text, &lexicon).unwrap_err(), QueryError::Empty, "{text}");
    }
    let long = "khuỷu tay ".repeat(300);
    assert_eq!(Question::new(&long, &lexicon).unwrap().words().len(), 24, "the rest is left out");
    let huge = "khuỷu ".repeat(1 << 17);
    assert!(matches!(Question::new(&huge, &lexicon).unwrap_err(), QueryError::TooLong { max: 4096, .. }));
}
