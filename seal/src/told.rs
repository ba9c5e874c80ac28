//! Reasons in Vietnamese. A reason is an English sentence, made where the fault is found; here stands what it means for whoever
//! reads Vietnamese. One that is not here is told as it is.

use record::Lang;

/// A reason in a language.
pub fn told(reason: &str, lang: Lang) -> String {
    match lang {
        Lang::En => reason.to_owned(),
        Lang::Vi => vietnamese(reason),
    }
}

/// English and Vietnamese with the same places in the same order: `{}` is taken over as it is (names, numbers, times), `{>}` is a
/// reason in its turn, `{#}` a list of changed objects. The first that fits counts.
const REASONS: &[(&str, &str)] = &[
    // Seals.
    ("not accepted: {>}", "không được chấp nhận: {>}"),
    ("an RSA key of {} bits", "khóa RSA {} bit, quá ngắn"),
    ("a signature over SHA-1", "chữ ký trên SHA-1, đã bị phá"),
    (
        "the digest {} of a time stamp is not accepted",
        "thuật toán băm {} của dấu thời gian không được chấp nhận",
    ),
    ("the digest {} is not accepted", "thuật toán băm {} không được chấp nhận"),
    ("the elliptic curve {}", "đường cong elliptic {}"),
    ("signature algorithm {}", "thuật toán ký {}"),
    (
        "signature and message use two different digests",
        "chữ ký và nội dung dùng hai thuật toán băm khác nhau",
    ),
    (
        "the signed attributes are stored in another order than that of DER (RFC 5652, 5.3)",
        "các thuộc tính đã ký không theo thứ tự DER (RFC 5652, 5.3)",
    ),
    (
        "the signature of \"{}\" does not match what it signs",
        "chữ ký của \"{}\" không khớp với nội dung được ký",
    ),
    ("the manifest is not the one \"{}\" signed", "bảng kê không phải bản mà \"{}\" đã ký"),
    ("the signature file is larger than 1 MiB", "tệp chữ ký lớn hơn 1 MiB"),
    ("not a CMS SignedData", "không phải chữ ký CMS (SignedData)"),
    ("not valid DER: {}", "mã hóa DER không hợp lệ: {}"),
    ("bytes after the end", "thừa byte ở cuối"),
    ("empty", "rỗng"),
    ("nobody signed", "không có ai ký"),
    ("no signed attributes", "không có thuộc tính đã ký"),
    ("no signed attribute {}", "thiếu thuộc tính đã ký {}"),
    ("the signed attribute {} has not exactly one value", "thuộc tính đã ký {} không có đúng một giá trị"),
    (
        "the signature carries a content of its own, it must be detached",
        "chữ ký mang theo nội dung riêng, mà phải là chữ ký rời",
    ),
    ("the signer's certificate is not in the signature", "trong chữ ký không có chứng thư của người ký"),
    (
        "the certificate is not the one named inside the signature",
        "chứng thư không phải chứng thư được nêu trong chữ ký",
    ),
    (
        "the statement is not the one that the manifest lists",
        "tuyên bố niêm phong không phải bản mà bảng kê liệt kê",
    ),
    (
        "the signature of the officer \"{}\" is missing, whom the statement names",
        "thiếu chữ ký của người có thẩm quyền \"{}\" mà tuyên bố niêm phong có nêu",
    ),
    (
        "the signature of the agency \"{}\" is missing, whom the statement names",
        "thiếu chữ ký của cơ quan \"{}\" mà tuyên bố niêm phong có nêu",
    ),
    ("the statement cannot be understood: {}", "không đọc được tuyên bố niêm phong: {}"),
    ("the manifest is not one of the batch that was signed", "bảng kê không thuộc lô đã ký"),
    ("the page is not in the manifest that was signed", "trang không có trong bảng kê đã ký"),
    ("the signed text of the batch is not in its form", "văn bản được ký của lô không đúng dạng"),
    ("the proof of the batch is not in its form", "đường băm của lô không đúng dạng"),
    ("the proof of the page is not in its form", "đường băm của trang không đúng dạng"),
    (
        "the proof that the manifest is of the signed batch is missing",
        "thiếu đường băm từ bảng kê đến lô đã ký",
    ),
    ("the signed text of the batch is missing", "thiếu văn bản được ký của lô"),
    ("there is no manifest to compare with", "không có bảng kê để đối chiếu"),
    // The manifest.
    ("the manifest lists no file", "bảng kê không có tệp nào"),
    ("the manifest is larger than {} bytes", "bảng kê dài hơn {} byte"),
    ("the manifest lists more than {} files", "bảng kê có hơn {} tệp"),
    ("the manifest is not UTF-8 from line {} on", "bảng kê không phải UTF-8 từ dòng {}"),
    (
        "the manifest's last line does not end with a line feed",
        "dòng cuối của bảng kê không kết thúc bằng xuống dòng",
    ),
    (
        "line {} of the manifest is not `<64 lower-case hexadecimal digits><2 spaces><path>`",
        "dòng {} của bảng kê không đúng dạng `<64 chữ số hex thường><2 dấu cách><đường dẫn>`",
    ),
    ("line {} of the manifest is out of order", "dòng {} của bảng kê không đúng thứ tự"),
    ("the manifest is not in canonical form", "bảng kê không ở dạng chuẩn"),
    ("{} is listed twice", "{} được liệt kê hai lần"),
    ("{} cannot stand in a manifest: {}", "{} không được có trong bảng kê: {}"),
    // Whose certificate, and when.
    ("no path from \"{}\" to a trusted authority", "không có đường nào từ \"{}\" đến nơi cấp được tin cậy"),
    (
        "the certificate of \"{}\" is not among those given",
        "chứng thư của \"{}\" không có trong số chứng thư được đưa",
    ),
    ("too many certificates of the same name", "quá nhiều chứng thư cùng tên"),
    (
        "\"{}\" is valid from {} to {}, not at the claimed signing time {}",
        "chứng thư \"{}\" có hạn từ {} đến {}, không gồm thời gian tự khai {}",
    ),
    (
        "\"{}\" is valid from {} to {}, not at the time of checking {}",
        "chứng thư \"{}\" có hạn từ {} đến {}, không gồm thời điểm kiểm tra {}",
    ),
    (
        "\"{}\" is valid from {} to {}, not at the proven time {}",
        "chứng thư \"{}\" có hạn từ {} đến {}, không gồm thời gian được chứng minh {}",
    ),
    (
        "\"{}\" is valid from {} to {}, not at the time of the time stamp {}",
        "chứng thư \"{}\" có hạn từ {} đến {}, không gồm thời gian của dấu {}",
    ),
    (
        "\"{}\" is valid from {} to {}, not at the time it is judged for {}",
        "chứng thư \"{}\" có hạn từ {} đến {}, không gồm thời điểm xét {}",
    ),
    (
        "\"{}\" claims to have signed at {}, after the time of checking {}",
        "\"{}\" tự khai ký lúc {}, sau thời điểm kiểm tra {}",
    ),
    (
        "\"{}\" claims to have signed at {}, after the proven time {}",
        "\"{}\" tự khai ký lúc {}, sau thời gian được chứng minh {}",
    ),
    (
        "the certificate of \"{}\" expired at {}, after the proven time {}",
        "chứng thư của \"{}\" hết hạn lúc {}, sau thời gian được chứng minh {}",
    ),
    (
        "a certificate expired at {}, after the proven time {}",
        "một chứng thư hết hạn lúc {}, sau thời gian được chứng minh {}",
    ),
    (
        "a certificate expired at {}, after the time of checking {}",
        "một chứng thư hết hạn lúc {}, sau thời điểm kiểm tra {}",
    ),
    ("a certificate expired at {}", "một chứng thư hết hạn lúc {}"),
    ("the key of \"{}\" is not for signatures", "khóa của \"{}\" không dùng để ký"),
    (
        "the certificate of \"{}\" is not meant for signing documents",
        "chứng thư của \"{}\" không dùng để ký văn bản",
    ),
    (
        "the certificate of \"{}\" is not for time stamps alone",
        "chứng thư của \"{}\" không dành riêng cho dấu thời gian",
    ),
    (
        "\"{}\" has the unknown critical extension {}",
        "chứng thư \"{}\" có phần mở rộng bắt buộc chưa biết {}",
    ),
    ("\"{}\" is not a certificate authority", "\"{}\" không phải cơ quan cấp chứng thư"),
    ("\"{}\" allows fewer authorities below it", "\"{}\" không cho phép nhiều cấp như vậy bên dưới"),
    ("\"{}\" may not sign certificates", "\"{}\" không được cấp chứng thư"),
    ("\"{}\" is retired since {}", "\"{}\" thôi được dùng từ {}"),
    (
        "\"{}\" is not trusted any more since {}, and nothing proves an earlier time",
        "\"{}\" không còn được tin từ {}, và không có gì chứng minh là đã ký trước đó",
    ),
    ("\"{}\" is trusted from {} only", "\"{}\" chỉ được tin từ {}"),
    ("\"{}\" was trusted until {} only", "\"{}\" chỉ được tin đến {}"),
    ("certificate \"{}\": {>}", "chứng thư \"{}\": {>}"),
    // Revocation.
    (
        "\"{}\" revoked at {} ({}), after the proven time {}",
        "\"{}\" bị thu hồi lúc {} ({}), sau thời gian được chứng minh {}",
    ),
    (
        "\"{}\" revoked at {} ({}), after the time of checking {}",
        "\"{}\" bị thu hồi lúc {} ({}), sau thời điểm kiểm tra {}",
    ),
    ("\"{}\" revoked at {} ({})", "\"{}\" bị thu hồi lúc {} ({})"),
    ("\"{}\": revocation unknown: {>}", "\"{}\": chưa rõ có bị thu hồi không: {>}"),
    (
        "no list and no answer of its issuer is at hand",
        "không có danh sách thu hồi hay trả lời nào của nơi cấp",
    ),
    ("nothing at hand says so", "không có tài liệu nào cho biết"),
    ("what was said at {} counted until {} only", "thông tin lúc {} chỉ có hiệu lực đến {}"),
    (
        "what was said at {} came after the certificate had expired",
        "thông tin lúc {} có sau khi chứng thư đã hết hạn",
    ),
    ("what was said at {} without a next time is too old", "thông tin lúc {} đã quá cũ"),
    (
        "a list under the name of \"{}\" that it did not sign",
        "danh sách mang tên \"{}\" nhưng không do nơi đó ký",
    ),
    ("a list of another place than the certificate names", "danh sách của nơi khác với nơi chứng thư nêu"),
    ("a list of changes only (delta CRL)", "danh sách chỉ gồm thay đổi (delta CRL)"),
    ("an indirect list", "danh sách gián tiếp"),
    ("the server said at {}: unknown", "máy chủ trả lời lúc {}: không biết"),
    ("an answer about other certificates", "trả lời về chứng thư khác"),
    (
        "an answer under the name of \"{}\" that it did not sign",
        "trả lời mang tên \"{}\" nhưng không do nơi đó ký",
    ),
    ("an answer of \"{}\", which was revoked", "trả lời của \"{}\", mà chứng thư đã bị thu hồi"),
    (
        "an answer of \"{}\", whom \"{}\" did not name for that",
        "trả lời của \"{}\", không được \"{}\" giao việc đó",
    ),
    (
        "an answer of \"{}\", whose certificate is not for that",
        "trả lời của \"{}\", mà chứng thư không dùng cho việc đó",
    ),
    // Signatures in PDFs.
    ("objects {#}", "các đối tượng {#}"),
    ("{} bytes that no cross-reference knows", "{} byte không thuộc bản nào của tệp"),
    ("it begins at byte {}, not at 0", "bắt đầu ở byte {}, không phải ở 0"),
    ("its two parts overlap", "hai phần chồng lên nhau"),
    ("it reaches to byte {}, the file to {}", "tới byte {}, mà tệp chỉ đến {}"),
    ("{} numbers instead of four", "{} số thay vì bốn"),
    ("there is none", "không có"),
    ("something in it is no number of bytes", "có phần không phải số byte"),
    ("numbers that are too large", "số quá lớn"),
    ("bytes {} are left out, the signature is at {}", "bỏ trống byte {}, mà chữ ký ở {}"),
    ("{} bytes after the signature", "{} byte sau chữ ký"),
    ("these are not the bytes that \"{}\" signed", "đây không phải nội dung mà \"{}\" đã ký"),
    ("of \"{}\"", "của \"{}\""),
    ("{}, after the proven time {}", "{}, sau thời gian được chứng minh {}"),
    ("{}, after the time of checking {}", "{}, sau thời điểm kiểm tra {}"),
    ("larger than 1 MiB", "lớn hơn 1 MiB"),
    ("the signature dictionary is no object of its own", "từ điển chữ ký không phải đối tượng riêng"),
    ("the signature dictionary is missing", "thiếu từ điển chữ ký"),
    ("the signature dictionary was replaced", "từ điển chữ ký đã bị thay"),
    ("the signature lies in a packed stream", "chữ ký nằm trong luồng nén"),
    ("Contents is no string", "Contents không phải chuỗi"),
    ("there are no Contents", "không có Contents"),
    ("a signature in a PDF has one signer", "một chữ ký trong PDF chỉ có một người ký"),
    ("the signature does not name its certificate", "chữ ký không nêu chứng thư của mình"),
    ("the signed part alone: {>}", "riêng phần đã ký: {>}"),
    (
        "the cross-references do not lead to those of the signed revision",
        "bảng tham chiếu không dẫn tới bảng của bản đã ký",
    ),
    // Time stamps.
    ("time stamp {}: {>}", "dấu thời gian {}: {>}"),
    ("the time stamp is for other data", "dấu thời gian là của dữ liệu khác"),
    ("the time stamp was changed", "dấu thời gian đã bị thay đổi"),
    ("the content of the time stamp was changed", "nội dung của dấu thời gian đã bị thay đổi"),
    ("the time stamp does not name its certificate", "dấu thời gian không nêu chứng thư của mình"),
    ("it states {}, after {}", "dấu ghi {}, sau {}"),
    ("it is of other objects", "là của đối tượng khác"),
    ("renewed at {}, before {}", "gia hạn lúc {}, trước {}"),
    // PDFs that cannot be read.
    ("not a PDF: it does not begin with %PDF-", "không phải PDF: không bắt đầu bằng %PDF-"),
    ("the PDF is encrypted", "PDF bị mã hóa"),
    ("broken xref at byte {}: {>}", "bảng tham chiếu (xref) hỏng ở byte {}: {>}"),
    ("damaged PDF: {} at byte {}: {}", "PDF hỏng: {} ở byte {}: {}"),
    ("damaged PDF: {>}", "PDF hỏng: {>}"),
    ("the PDF is made so that it costs too much to read", "PDF được làm để đọc quá tốn, đã dừng lại"),
    ("the PDF could not be read: {}", "không đọc được PDF: {}"),
    ("two entries for one object", "hai dòng cho một đối tượng"),
    ("no startxref at the end of the file", "cuối tệp không có startxref"),
    ("startxref without a position", "startxref không có vị trí"),
    ("no %%EOF after startxref", "sau startxref không có %%EOF"),
    ("startxref or Prev points behind the end of the file", "startxref hoặc Prev chỉ ra ngoài cuối tệp"),
    ("no piece of a table stands here", "ở đây không có phần nào của bảng"),
    ("neither a table nor a cross-reference stream stands here", "ở đây không có bảng tham chiếu nào"),
    ("a table without trailer", "bảng không có trailer"),
    ("a table ends too early", "bảng kết thúc quá sớm"),
    ("the trailer is damaged", "trailer bị hỏng"),
    ("an entry of a table is damaged", "một dòng của bảng bị hỏng"),
    ("the sections point at each other in a ring", "các phần chỉ vòng vào nhau"),
    ("more than 64 signatures", "hơn 64 chữ ký"),
];

fn vietnamese(reason: &str) -> String {
    let fits = |(english, vietnamese): (&str, &'static str)| Some((captured(english, reason)?, vietnamese));
    match REASONS.iter().copied().find_map(fits) {
        Some((values, sentence)) => filled(sentence, &values),
        None => reason.to_owned(),
    }
}

const PLACES: [&str; 3] = ["{}", "{>}", "{#}"];

/// A sentence up to its first place, that place, and the rest.
fn first_place(sentence: &str) -> Option<(&str, &str, &str)> {
    let found = PLACES.iter().filter_map(|place| Some((sentence.find(place)?, *place))).min()?;
    let (at, place) = found;
    Some((&sentence[..at], place, &sentence[at + place.len()..]))
}

/// What stands in the places of a sentence; `None` where the text is another one. Each is as short as it can be, the last ends where
/// the end of the sentence begins.
fn captured<'t>(sentence: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let Some((before, _, mut sentence)) = first_place(sentence) else {
        return (sentence == text).then(Vec::new);
    };
    let (mut text, mut values) = (text.strip_prefix(before)?, Vec::new());
    loop {
        match first_place(sentence) {
            Some((between, _, rest)) => {
                let (value, after) = text.split_once(between)?;
                values.push(value);
                (sentence, text) = (rest, after);
            }
            None => {
                values.push(text.strip_suffix(sentence)?);
                return Some(values);
            }
        }
    }
}

fn filled(sentence: &str, values: &[&str]) -> String {
    let (mut out, mut sentence) = (String::new(), sentence);
    for value in values {
        let Some((before, place, rest)) = first_place(sentence) else { break };
        out += before;
        match place {
            "{>}" => out += &vietnamese(value),
            "{#}" => out += &with_changes(value),
            _ => out += value,
        }
        sentence = rest;
    }
    out + sentence
}

/// `4 (content)`: what was changed, in words.
fn with_changes(objects: &str) -> String {
    let kinds = crate::pades::ChangeKind::ALL.iter();
    kinds.fold(objects.to_owned(), |text, kind| {
        text.replace(&format!("({})", kind.code()), &format!("({})", kind.title(Lang::Vi)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sentences_have_the_same_places_and_no_two_are_told_alike() {
        let places = |mut sentence: &'static str| {
            let mut found = Vec::new();
            while let Some((_, place, rest)) = first_place(sentence) {
                found.push(place);
                sentence = rest;
            }
            found
        };
        for (english, vietnamese) in REASONS {
            assert_eq!(places(english), places(vietnamese), "{english}");
            assert_eq!(REASONS.iter().filter(|(other, _)| other == english).count(), 1, "{english}");
            assert!(!vietnamese.is_ascii(), "{vietnamese}");
        }
    }

    #[test]
    fn names_numbers_and_times_stand_in_their_places() {
        for (english, vietnamese) in [
            ("not accepted: an RSA key of 1024 bits", "không được chấp nhận: khóa RSA 1024 bit, quá ngắn"),
            ("the digest SHA-1 is not accepted", "thuật toán băm SHA-1 không được chấp nhận"),
            (
                "\"CN=a, O=b\" is valid from 2024-01-01T00:00:00Z to 2025-01-01T00:00:00Z, not at the time of checking 2026-01-01T00:00:00Z",
                "chứng thư \"CN=a, O=b\" có hạn từ 2024-01-01T00:00:00Z đến 2025-01-01T00:00:00Z, không gồm thời điểm kiểm tra 2026-01-01T00:00:00Z",
            ),
            (
                "\"CN=a\": revocation unknown: no list and no answer of its issuer is at hand",
                "\"CN=a\": chưa rõ có bị thu hồi không: không có danh sách thu hồi hay trả lời nào của nơi cấp",
            ),
            ("objects 4 (content), 90 (shadow)", "các đối tượng 4 (nội dung), 90 (nội dung ẩn, đưa vào sau)"),
            // A name that is a reason stays a name.
            (
                "the signature of the agency \"nobody signed\" is missing, whom the statement names",
                "thiếu chữ ký của cơ quan \"nobody signed\" mà tuyên bố niêm phong có nêu",
            ),
            ("something nobody has thought of", "something nobody has thought of"),
        ] {
            assert_eq!(told(english, Lang::Vi), vietnamese);
            assert_eq!(told(english, Lang::En), english);
        }
    }
}
