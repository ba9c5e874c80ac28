//! What is wrong with a stored object, a bag or a package, for people: by the code of the specification.

use crate::say::Speaker;
use pipeline::{Problem, What};
use record::Lang;
use serde_json::{Value, json};

pub(crate) fn json(problem: &Problem, speaker: Speaker) -> Value {
    json!({
        "code": problem.code, "path": problem.path, "what": problem.kind(),
        "text": text(problem, speaker),
    })
}

/// One line that names the file, what is wrong with it, and the specification's code; digests stay in the report.
pub(crate) fn text(problem: &Problem, speaker: Speaker) -> String {
    let path = if problem.path.is_empty() { speaker.pick("hồ sơ", "the object") } else { &problem.path };
    let what = match &problem.what {
        What::Differs { algorithm, .. } => match speaker.lang {
            Lang::Vi => format!("khác bản đã lưu ({algorithm})"),
            Lang::En => format!("differs from what was stored ({algorithm})"),
        },
        What::Missing { .. } => speaker.pick("bị thiếu", "missing").to_owned(),
        What::Extra => speaker.pick("không thuộc về đây", "does not belong here").to_owned(),
        What::Wrong(why) if speaker.lang == Lang::En => why.clone(),
        What::Wrong(why) => match VIETNAMESE.iter().find(|(code, _)| *code == problem.code) {
            Some((_, sentence)) => (*sentence).to_owned(),
            None => why.clone(),
        },
    };
    format!("{path}: {what} [{}]", problem.code)
}

/// Code → what it says. Codes that only ever mean "missing", "differs" or "does not belong here" need no line.
const VIETNAMESE: &[(&str, &str)] = &[
    // OCFL 1.1, validation codes
    ("E003", "phải có đúng một tệp khai báo OCFL 1.0 hoặc 1.1"),
    ("E007", "nội dung tệp khai báo không đúng với tên của nó"),
    ("E008", "không có phiên bản nào"),
    ("E009", "các phiên bản không bắt đầu từ 1"),
    ("E010", "dãy phiên bản bị đứt quãng"),
    ("E012", "số phiên bản được thêm số 0 không đều nhau"),
    ("E013", "số phiên bản chỗ có thêm số 0, chỗ không"),
    ("E017", "contentDirectory không phải tên thư mục đơn"),
    ("E018", "contentDirectory là . hoặc .."),
    ("E019", "contentDirectory khác với của cả đối tượng"),
    ("E023", "inventory không liệt kê đủ tệp"),
    ("E024", "thư mục rỗng"),
    ("E025", "thuật toán digestAlgorithm không được phép"),
    ("E033", "inventory không phải JSON"),
    ("E036", "inventory thiếu id, hoặc id không hợp lệ"),
    ("E037", "id khác với id của đối tượng"),
    ("E038", "kiểu của inventory không đúng với bản OCFL đã khai"),
    ("E040", "head không phải phiên bản cuối"),
    ("E041", "inventory thiếu manifest, hoặc manifest không hợp lệ"),
    ("E042", "đường dẫn không nằm trong thư mục nội dung của phiên bản nào"),
    ("E043", "inventory không có mục versions"),
    ("E044", "mục versions không hợp lệ"),
    ("E046", "có tên không phải số phiên bản"),
    ("E047", "mô tả một phiên bản không phải đối tượng JSON"),
    ("E048", "phiên bản thiếu thời điểm created"),
    ("E049", "created không phải thời điểm theo RFC 3339"),
    ("E050", "state của phiên bản nêu mã không có trong manifest"),
    ("E052", "đường dẫn trong state có phần rỗng, . hoặc .."),
    ("E053", "đường dẫn trong state bắt đầu hoặc kết thúc bằng /"),
    ("E054", "mục user không hợp lệ"),
    ("E057", "mục fixity không hợp lệ"),
    ("E060", "inventory khác với mã trong tệp kèm"),
    ("E061", "tệp kèm inventory không đúng dạng"),
    ("E063", "thiếu inventory"),
    ("E064", "inventory gốc khác inventory của phiên bản cuối"),
    ("E066", "phiên bản cũ không còn như khi lưu"),
    ("E067", "thư mục extensions có thứ không được phép"),
    ("E072", "thư mục rỗng trong kho"),
    ("E073", "thư mục rỗng trong kho"),
    ("E090", "là liên kết hoặc thiết bị, không phải tệp hay thư mục"),
    ("E092", "tệp khác bản đã lưu"),
    ("E093", "tệp khác với mục fixity"),
    ("E094", "message không phải chữ"),
    ("E095", "đường dẫn trong state trùng nhau hoặc vừa là tệp vừa là thư mục"),
    ("E096", "mã trong manifest xuất hiện hai lần"),
    ("E097", "mã trong fixity xuất hiện hai lần"),
    ("E099", "đường dẫn nội dung có phần rỗng, . hoặc .."),
    ("E100", "đường dẫn nội dung bắt đầu hoặc kết thúc bằng /"),
    ("E101", "đường dẫn nội dung trùng nhau"),
    ("E102", "inventory có khóa ngoài quy định"),
    ("E103", "bản OCFL của phiên bản sau thấp hơn phiên bản trước"),
    ("E107", "manifest nêu tệp mà không phiên bản nào dùng"),
    ("E111", "mục fixity không phải đối tượng JSON"),
    // kho
    ("layout", "không nằm đúng thư mục của nó"),
    ("io", "không đọc được"),
    ("place", "chứa một hồ sơ khác"),
    ("volume", "có tập không còn trong kho đúng như hồ sơ đã niêm phong"),
    ("changed", "đã thay đổi trong khi đọc"),
    // BagIt (RFC 8493)
    ("bagit", "bagit.txt không đúng quy định"),
    ("manifest", "bảng kê của túi không đúng quy định"),
    ("path", "đường dẫn dẫn ra ngoài"),
    ("digest", "không kiểm tra được: thuật toán lạ hoặc mã sai dạng"),
    ("fetch", "còn phải tải về: túi chưa đủ"),
    ("oxum", "số tệp hoặc số byte khác Payload-Oxum"),
    ("sheet", "không đọc được phiếu thông tin của gói, nên không rõ độ mật"),
    ("limit", "quá nhiều lỗi, không kể hết"),
    // METS
    ("mets", "METS không đọc được hoặc không có mã kiểm tra nào"),
    ("size", "kích thước khác METS"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_sentence_of_its_own_language() {
        for (at, (code, sentence)) in VIETNAMESE.iter().enumerate() {
            assert!(VIETNAMESE[at + 1..].iter().all(|(other, _)| other != code), "{code} comes twice");
            assert!(!sentence.is_empty());
        }
        let speaker = |lang| Speaker { lang, json: false };
        let problem = |code| Problem { code, path: "a".into(), what: What::Wrong("in words".into()) };
        assert_eq!(
            text(&problem("E036"), speaker(Lang::Vi)),
            "a: inventory thiếu id, hoặc id không hợp lệ [E036]"
        );
        assert_eq!(text(&problem("E036"), speaker(Lang::En)), "a: in words [E036]");
        assert_eq!(text(&problem("X"), speaker(Lang::Vi)), "a: in words [X]");
    }
}
