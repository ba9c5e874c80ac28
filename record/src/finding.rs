use crate::{Lang, PageNo};

/// Something about the paper or a received file that a person should know. A finding never stops the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// The file or case file it is about, as the clerk knows it.
    pub subject: String,
    /// The page of the case file, where it is about one.
    pub page: Option<PageNo>,
    /// A number, name or decoder message that belongs to it; may be empty.
    pub detail: String,
}

impl Finding {
    /// About a file or a case file.
    pub fn new(kind: FindingKind, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, subject: subject.into(), page: None, detail: detail.into() }
    }
    /// About a page of a case file.
    pub fn on_page(
        kind: FindingKind,
        subject: impl Into<String>,
        page: PageNo,
        detail: impl Into<String>,
    ) -> Self {
        Self { page: Some(page), ..Self::new(kind, subject, detail) }
    }
}

/// How much a finding asks of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Note,
    /// Somebody has to look: the batch ends with exit code 3.
    Review,
}

macro_rules! findings {
    ($($name:ident, $code:literal, $severity:ident,
        $vi:literal, $vi_hint:literal, $en:literal, $en_hint:literal;)*) => {
        /// The fixed list of findings.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FindingKind {
            $(#[doc = $en] $name,)*
        }
        impl FindingKind {
            /// All of them.
            pub const ALL: &[FindingKind] = &[$(FindingKind::$name,)*];
            /// A stable word for ledgers, `--json` and logs.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
            /// From its code.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|k| k.code() == code)
            }
            /// How much it asks of people.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }
            /// What happened, in the reader's language.
            pub fn title(self, lang: Lang) -> &'static str {
                match self { $(Self::$name => lang.pick($vi, $en),)* }
            }
            /// The next step, in the reader's language.
            pub fn hint(self, lang: Lang) -> &'static str {
                match self { $(Self::$name => lang.pick($vi_hint, $en_hint),)* }
            }
        }
    };
}

findings! {
    BlankPage, "blank-page", Note,
        "trang trắng", "xem lại ảnh nếu mặt giấy có chữ",
        "a blank page", "look at the picture if the sheet bears text";
    NearBlankPage, "near-blank-page", Review,
        "trang gần như trắng nhưng có vết mực", "so với bản giấy rồi xác nhận",
        "a nearly blank page with some ink", "compare with the paper and confirm";
    Unrecognised, "unrecognised", Review,
        "trang không đọc được chữ", "xem ảnh; quét lại nếu bản giấy rõ hơn",
        "a page whose text could not be read", "look at the picture; scan again if the paper is clearer";
    LowConfidence, "low-confidence", Review,
        "chữ đọc được có độ tin cậy thấp", "đối chiếu văn bản với ảnh",
        "text read with low confidence", "compare the text with the picture";
    DoubtfulNumber, "doubtful-number", Review,
        "trang có số mà hai mô hình đọc khác nhau", "đối chiếu các số được đánh dấu với ảnh",
        "a page with numbers that two models read differently", "compare the numbers marked with the picture";
    TurnedPage, "turned-page", Note,
        "trang nằm ngang hoặc lộn ngược", "chữ đã được đọc theo chiều đúng; ảnh gốc giữ nguyên chiều",
        "a page that lies sideways or upside down", "its text was read the right way round; the picture stays as it was scanned";
    SecrecyStamp, "secrecy-stamp", Review,
        "trang có dấu độ mật", "rút tài liệu này khỏi lô; hồ sơ Mật trở lên phải dùng kho trên mạng LAN độc lập",
        "a page bears a secrecy stamp", "take the paper out of the batch; Mật and above belong into an archive on an isolated LAN";
    MaybeSecrecyStamp, "maybe-secrecy-stamp", Review,
        "trang có khung dấu giống dấu độ mật", "xem ảnh; nếu là dấu mật thì rút tài liệu này khỏi lô",
        "a page bears a frame like that of a secrecy stamp", "look at the picture; if it says Mật, take the paper out of the batch";
    UrgencyStamp, "urgency-stamp", Note,
        "trang có dấu độ khẩn", "chỉ để biết",
        "a page bears an urgency stamp", "good to know";
    FolioOutOfOrder, "folio-out-of-order", Review,
        "số bút lục đọc từ dấu trái với trang trước và trang sau, để trống", "xem góc phải trang; ghi số đúng vào butluc.csv",
        "a bút lục read from a stamp contradicts the pages before and after; it was left open", "look at the page's upper right corner; put the number into butluc.csv";
    ZeroBytes, "zero-bytes", Review,
        "tệp rỗng (0 byte)", "quét hoặc chép lại tệp này",
        "an empty file (0 bytes)", "scan or copy the file again";
    Undecodable, "undecodable", Review,
        "tệp hỏng hoặc bị cắt cụt, không giải mã được", "quét hoặc chép lại tệp; byte đã nhận vẫn được giữ",
        "a damaged or truncated file that cannot be decoded", "scan or copy it again; the bytes received are kept";
    UnknownFormat, "unknown-format", Review,
        "tệp không phải ảnh hay PDF được hỗ trợ", "đổi sang JPEG, PNG, TIFF hoặc PDF; byte đã nhận vẫn được giữ",
        "not a supported picture or PDF", "convert it to JPEG, PNG, TIFF or PDF; the bytes received are kept";
    WrongExtension, "wrong-extension", Note,
        "phần mở rộng tên tệp không khớp nội dung", "nội dung được dùng; nên sửa tên ở máy quét",
        "the file's extension does not match its content", "the content was used; mend the name at the scanner";
    PasswordProtected, "password-protected", Review,
        "PDF có mật khẩu", "gỡ mật khẩu rồi đưa lại; byte đã nhận vẫn được giữ",
        "a PDF protected by a password", "remove the password and bring it again; the bytes received are kept";
    TooManyPixels, "too-many-pixels", Review,
        "ảnh quá lớn so với giới hạn điểm ảnh", "quét lại ở độ phân giải thấp hơn; byte đã nhận vẫn được giữ",
        "a picture beyond the pixel limit", "scan at a lower resolution; the bytes received are kept";
    TooLarge, "too-large", Review,
        "tệp quá lớn so với giới hạn", "tách thành tệp nhỏ hơn rồi chạy: hoso batch resume",
        "a file beyond the size limit", "split it into smaller ones, then: hoso batch resume";
    StillBeingWritten, "still-being-written", Review,
        "tệp đang được ghi khi nhận", "đợi máy quét ghi xong rồi chạy: hoso batch resume",
        "a file that was being written while it was received", "wait for the scanner to finish, then: hoso batch resume";
    NotAFile, "not-a-file", Review,
        "liên kết hoặc tệp đặc biệt, không phải tệp thường", "thay bằng chính tệp đó rồi chạy: hoso batch resume",
        "a link or special file, not a plain file", "put the file itself in its place, then: hoso batch resume";
    NoPermission, "no-permission", Review,
        "không có quyền đọc", "cấp quyền đọc rồi chạy: hoso batch resume",
        "no permission to read", "grant read permission, then: hoso batch resume";
    Vanished, "vanished", Review,
        "tệp hoặc thư mục không còn ở đó khi nhận", "đặt lại vào thư mục lô rồi chạy: hoso batch resume",
        "a file or folder that was gone when its turn came", "put it back into the batch folder, then: hoso batch resume";
    ReadFailed, "read-failed", Review,
        "đọc bị lỗi giữa chừng (đĩa, USB hoặc mạng)", "kiểm tra đĩa hoặc cáp, chép lại tệp rồi chạy: hoso batch resume",
        "reading failed half-way (disk, USB or network)", "check disk or cable, copy the file again, then: hoso batch resume";
    FolioListUnusable, "folio-list-unusable", Review,
        "không dùng được butluc.csv nên chưa biết bút lục", "sửa butluc.csv rồi chạy: hoso batch resume",
        "butluc.csv cannot be used, so the folio marks are not known", "mend butluc.csv, then: hoso batch resume";
    SealedWithout, "sealed-without", Review,
        "hồ sơ đã niêm phong thiếu tệp này, theo yêu cầu của người chạy lô", "giữ bản giấy; tệp thiếu được ghi trong case.json",
        "sealed without this file, as the person at the batch asked", "keep the paper; case.json names what is not there";
    DescriptionIncomplete, "description-incomplete", Note,
        "thông tin danh mục còn thiếu cho gói tin theo Thông tư 05/2025", "điền title, year, retention và paper_location trong batch.csv trước khi chạy lô",
        "register data that a package of Thông tư 05/2025 wants is missing", "fill in title, year, retention and paper_location in batch.csv before the batch is run";
    ValueTooLong, "value-too-long", Review,
        "giá trị đọc được dài hơn mức Thông tư 05/2025 cho phép, để trống trong EAD_doc", "đối chiếu với ảnh; case.json giữ đủ giá trị",
        "a value that was read is longer than Thông tư 05/2025 allows and was left out of EAD_doc", "compare it with the picture; case.json keeps it whole";
    NamesDifferByCase, "names-differ-by-case", Review,
        "hai tên chỉ khác nhau chữ hoa, chữ thường hoặc cách mã hóa dấu", "cả hai đều được nhận; kiểm tra có trùng không",
        "two names that differ only in letter case or in Unicode form", "both were received; check whether one is a copy";
    OddName, "odd-name", Note,
        "tên tệp có ký tự bất thường", "tên đã được chuẩn hóa trong kho; nội dung giữ nguyên",
        "unusual characters in a file name", "the name was normalised in the archive; the content is untouched";
    MasterInOtherCase, "master-in-other-case", Review,
        "tệp này đã được lưu trong hồ sơ khác", "kiểm tra xem trang có bị xếp nhầm hồ sơ không",
        "this file is already stored under another case file", "check whether a page was filed in the wrong case";
    RepeatedInCase, "repeated-in-case", Review,
        "hai tệp giống hệt nhau trong cùng hồ sơ", "cả hai đều được giữ; kiểm tra có quét lặp không",
        "two identical files in one case file", "both are kept; check whether a page was scanned twice";
    PageCountDiffers, "page-count-differs", Review,
        "số trang khác với danh mục", "đếm lại bản giấy và danh mục",
        "the number of pages differs from the list", "count the paper and the list again";
    SecrecyRefused, "secrecy-refused", Review,
        "hồ sơ Mật trở lên không được đưa vào kho này", "dùng kho trên mạng LAN độc lập",
        "a case file marked Mật or higher may not enter this archive", "use an archive on an isolated network";
    SecrecyUndeclared, "secrecy-undeclared", Review,
        "chưa khai báo độ mật", "thêm cột secrecy vào batch.csv hoặc dùng --secrecy thuong",
        "no declaration of secrecy", "add the column secrecy to batch.csv or give --secrecy thuong";
    LooseFile, "loose-file", Review,
        "tệp nằm ngoài mọi thư mục hồ sơ, không được nhận", "đặt tệp vào thư mục mang mã hồ sơ",
        "a file outside every case folder was not received", "put it into a folder named by the case code";
    EmptyCase, "empty-case", Review,
        "hồ sơ không có trang nào nhận được", "kiểm tra thư mục hồ sơ",
        "a case file without a single page received", "check the folder of the case file";
    ListConverted, "list-converted", Review,
        "danh sách không phải Unicode, đã được chuyển mã", "đối chiếu tên và chữ có dấu với danh sách gốc; nên lưu lại bằng UTF-8",
        "a list that is not in Unicode was converted", "compare names and marks with the list itself; better save it as UTF-8";
    ListedButMissing, "listed-but-missing", Review,
        "có trong batch.csv nhưng không có thư mục", "kiểm tra tên thư mục và mã hồ sơ",
        "listed in batch.csv but there is no folder", "check the folder's name and the case code";
    ChangedSinceStored, "changed-since-stored", Review,
        "hồ sơ đã lưu nay có nội dung khác", "bản đã lưu giữ nguyên; nếu đây là đính chính, chạy lại với --correct \"lý do\"",
        "a stored case file now has other content", "the stored version stands; if this is a correction, run it again with --correct \"reason\"";
    RegisterChanged, "register-changed", Review,
        "hồ sơ đã lưu nay có thông tin danh mục, độ mật hoặc danh sách bút lục khác", "bản đã lưu giữ nguyên; kiểm tra batch.csv và butluc.csv; nếu đây là đính chính, chạy lại với --correct \"lý do\"",
        "register data, secrecy or folio list of a stored case file are different now", "the stored version stands; check batch.csv and butluc.csv; if this is a correction, run it again with --correct \"reason\"";
    CorrectionWouldRemove, "correction-would-remove", Review,
        "bản đính chính thiếu tệp mà bản đã lưu đang có", "đưa đủ tệp vào thư mục hồ sơ; nếu cố ý bỏ, thêm --may-remove (bản cũ vẫn giữ các tệp ấy)",
        "the correction lacks files that the stored version holds", "put them into the case folder; if they are to go, add --may-remove (the old version keeps them)";
    Corrected, "corrected", Note,
        "hồ sơ đã được đính chính thành bản mới", "xem khác biệt: hoso case diff",
        "a case file was corrected: it has a new version", "see what differs: hoso case diff";
    Heavy, "heavy", Review,
        "hồ sơ có nhiều bản hoặc danh mục OCFL lớn, mỗi bản thêm làm kho chậm đi", "gộp các đính chính sau này vào một lần",
        "a case file with many versions or a large OCFL inventory; each further version makes the archive slower", "bring later corrections together into one";
    DamagedInArchive, "damaged-in-archive", Review,
        "hồ sơ trong kho bị hỏng hoặc bị thiếu", "xem chỗ sai lệch: hoso verify; phục hồi thư mục ocfl/ từ bản sao",
        "a case file in the archive is damaged or missing", "see what differs: hoso verify; restore the folder ocfl/ from a copy";
    SignedMaster, "signed-master", Note,
        "PDF nhận được có chữ ký số", "bản gốc giữ nguyên từng byte; bản tìm kiếm là bản dẫn xuất",
        "the PDF received bears digital signatures", "the master is kept byte for byte; the searchable copy is a derivative";
    UnreadFile, "unread-file", Note,
        "tệp trong gói nhận được không có trang nào được đọc", "gói được giữ nguyên trong hồ sơ; nếu tệp này có nội dung vụ án, chuyển sang PDF hoặc ảnh rồi đưa vào hồ sơ",
        "a file of a received package of which no page was read", "the package is kept whole; if the file belongs to the case, convert it to PDF or pictures and bring it too";
    UnprovenFile, "unproven-file", Note,
        "tệp trong gói nhận được không có mã kiểm tra trong METS", "không có gì chứng minh tệp này còn nguyên; hỏi nơi gửi nếu cần",
        "a file of a received package for which METS has no digest", "nothing shows that it is whole; ask the sender where it matters";
    SignatureHolds, "signature-holds", Note,
        "chữ ký số của PDF nhận được hợp lệ khi tiếp nhận", "kết quả và thời điểm kiểm tra được ghi trong gói",
        "a signature of a received PDF holds", "what was found, and when, is kept in the package";
    SignatureInconclusive, "signature-inconclusive", Note,
        "chữ ký số của PDF nhận được chưa kết luận được", "bản gốc giữ nguyên từng byte; xem lý do; thêm chứng thư gốc hoặc thông tin thu hồi rồi kiểm tra lại: hoso verify",
        "a signature of a received PDF is not conclusive", "the master is kept byte for byte; see the reason; add the authority or revocation lists and look again: hoso verify";
    SignatureFails, "signature-fails", Review,
        "chữ ký số của PDF nhận được không hợp lệ", "bản gốc giữ nguyên từng byte; hỏi lại nơi gửi tệp này",
        "a signature of a received PDF does not hold", "the master is kept byte for byte; ask whoever sent the file";
    SignatureNotJudged, "signature-not-judged", Review,
        "PDF nhận được có chữ ký số nhưng không kiểm tra được", "bản gốc giữ nguyên từng byte; xem chữ ký bằng phần mềm đọc PDF khác",
        "a received PDF bears a signature that cannot be judged", "the master is kept byte for byte; look at the signature with another PDF reader";
    Destroyed, "destroyed", Review,
        "hồ sơ này đã bị tiêu hủy theo quyết định, nên không nhận và không lưu lại", "xem bia hồ sơ: hoso case show; nếu là hồ sơ khác, đặt mã khác; nếu bản giấy lẽ ra đã hủy, báo người quản lý kho",
        "this case file was destroyed by decision: nothing of it was received or stored", "see its tombstone: hoso case show; if it is another case file, give it another code; if its paper should have been destroyed, tell whoever keeps the archive";
    CaseFailed, "case-failed", Review,
        "hồ sơ chưa lưu được", "xem lỗi, sửa rồi chạy hoso batch resume",
        "the case file could not be stored", "see the error, mend it, then run hoso batch resume";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_texts_are_there() {
        for kind in FindingKind::ALL {
            assert_eq!(FindingKind::from_code(kind.code()), Some(*kind));
            for lang in [Lang::Vi, Lang::En] {
                assert!(!kind.title(lang).is_empty() && !kind.hint(lang).is_empty());
            }
        }
    }
}
