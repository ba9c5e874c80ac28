//! What a kit says to people: `XAC-MINH.txt`, and the script for stock programs.

use super::kit::KitJson;
use super::report::{Check, ReportOn, Status, VerificationReport};
use record::{Lang, Sha256};
use seal::pades::local_time;
use seal::tlog::root_words;

pub(super) const INSTRUCTIONS: &str = "XAC-MINH.txt";
pub(super) const SCRIPT: &str = "verify.sh";

/// The script; for the kit of one page with the number of its line in the manifest, from 0.
pub(super) fn script(line: Option<usize>) -> String {
    let line = line.map_or_else(String::new, |line| line.to_string());
    include_str!("verify.sh").replace("@LINE@", &line)
}

pub(super) struct Instructions<'a> {
    pub(super) kit: &'a KitJson,
    pub(super) agency: &'a str,
    /// Fingerprints of the root certificates.
    pub(super) roots: &'a [Sha256],
    /// Of those of the time-stamp authorities.
    pub(super) time_roots: &'a [Sha256],
    pub(super) log_key: Option<String>,
    /// Of the manifest.
    pub(super) manifest: Sha256,
}

impl Instructions<'_> {
    pub(super) fn text(&self) -> String {
        let KitJson { case, version, made, page, path, .. } = self.kit;
        let what = match (page, path) {
            (Some(page), Some(path)) => format!("Trang {page} (tệp {path}) của hồ sơ {case}, bản {version}"),
            _ => format!("Hồ sơ {case}, bản {version}"),
        };
        let agency = self.agency;
        let roots: String = self.roots.iter().map(fingerprint).collect();
        let time_roots: String = self.time_roots.iter().map(fingerprint).collect();
        let time_roots = match time_roots.is_empty() {
            true => String::new(),
            false => format!(
                "   Của máy chủ dấu thời gian (proof/tsa-root.pem, cũng chỉ để đối chiếu):\n{time_roots}"
            ),
        };
        let manifest = fingerprint(&self.manifest);
        let log = match &self.log_key {
            Some(key) => format!("Khóa công khai của nhật ký minh bạch:\n    {key}\n"),
            None => "Không có nhật ký minh bạch.\n".to_owned(),
        };
        let only = match page {
            Some(_) => {
                "   Thư mục này chỉ có một trang: nó chứng minh trang đó, không chứng minh hồ sơ đầy đủ.\n"
            }
            None => "",
        };
        format!(
            "XÁC MINH HỒ SƠ SỐ\n\n\
             {what}\nCơ quan lưu trữ: {agency}\nLập lúc: {made}\n\n\
             1. CHUẨN BỊ. Không tin những gì nằm trong thư mục này để tin chính nó: chứng thư gốc phải do Tòa án tự\n   \
             có (xin trực tiếp ở cơ quan ký, cơ quan cấp chứng thư, hoặc đã giữ từ trước). So dấu vân tay (SHA-256):\n\
             {roots}   \
             Hai bên khác nhau dù một ký tự thì DỪNG LẠI. Bản sao ở proof/root.pem chỉ để đối chiếu.\n\
             {time_roots}\n\
             2. KIỂM TRA BẰNG CÔNG CỤ CÓ SẴN (Linux; Windows dùng WSL):\n\n       \
             sh verify.sh GOC-CUA-TOA-AN.pem\n\n   \
             Danh sách thu hồi (PEM), nếu Tòa án có, nối vào sau chứng thư gốc trong cùng tệp đó; nếu không, dùng danh sách\n   \
             kho đã có lúc lập thư mục này, nếu có, ở proof/revocation: do nơi cấp chứng thư ký, nên không cần tin thư mục.\n   \
             Dòng cuối phải là \"KẾT LUẬN: ĐÚNG\". Trên Windows có thể so từng tệp: certutil -hashfile TỆP SHA256\n   \
             rồi so với dòng của tệp trong data/seal/manifest-sha256.txt.\n{only}\n\
             3. KIỂM TRA ĐỘC LẬP ĐẦY ĐỦ HƠN (số trang, nhật ký, dấu thời gian), bằng Python 3 và openssl:\n\n       \
             python3 kiem_tra.py --root GOC-CUA-TOA-AN.pem [--log-key KHOA-NHAT-KY.vkey] THƯ-MỤC-NÀY\n\n   \
             Chương trình kiem_tra.py (không quá 300 dòng, đọc được) lấy từ nơi Tòa án tin cậy, không lấy từ người nộp.\n\n\
             4. BẢN KÊ ĐÃ KÝ là data/seal/manifest-sha256.txt, chữ ký là data/seal/manifest.p7s. SHA-256 của bản kê:\n\
             {manifest}\n\
             {log}\n\
             KHÔNG KẾT LUẬN ĐƯỢC từ thư mục này: có bản mới hơn của hồ sơ hay không; bản giấy có bị rút trang trước khi\n\
             số hóa hay không; chứng thư của người ký có bị thu hồi hay không nếu không có danh sách thu hồi.\n\n\
             ---\n\
             In English: the root certificate must be the court's own copy, never proof/root.pem; compare its SHA-256 with\n\
             the one above. Revocation lists that the archive had, if any, are in proof/revocation, signed by their issuers. Then run `sh verify.sh ROOT.pem`; for counts, log and time stamps, `python3 kiem_tra.py`.\n\
             Not shown by this folder: whether there is a later version; whether paper was removed before scanning.\n"
        )
    }
}

/// In groups of four digits, and the first half in syllables that can be read aloud.
fn fingerprint(digest: &Sha256) -> String {
    let hex = digest.to_string().to_uppercase();
    let groups: Vec<&str> = (0..hex.len()).step_by(4).map(|at| &hex[at..at + 4]).collect();
    let (first, second) = groups.split_at(groups.len() / 2);
    format!(
        "       {}\n       {}\n       đọc là: {}\n",
        first.join(" "),
        second.join(" "),
        root_words(digest)
    )
}

/// What stands above and below a report on paper.
pub(super) struct Heading {
    pub(super) state: &'static str,
    pub(super) motto: &'static str,
    pub(super) whole: &'static str,
    pub(super) signed_by: [&'static str; 2],
    pub(super) each: &'static str,
}

impl Heading {
    pub(super) fn new(lang: Lang) -> Heading {
        Heading {
            state: lang.pick("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SOCIALIST REPUBLIC OF VIET NAM"),
            motto: lang.pick("Độc lập - Tự do - Hạnh phúc", "Independence - Freedom - Happiness"),
            whole: lang.pick("KẾT LUẬN", "CONCLUSION"),
            signed_by: lang.pick(["NGƯỜI KIỂM TRA", "NGƯỜI CHỨNG KIẾN"], ["CHECKED BY", "WITNESSED BY"]),
            each: lang.pick("(ký, ghi rõ họ tên)", "(name and signature)"),
        }
    }
}

/// What was verified, when, with what.
pub(super) fn about(report: &VerificationReport, lang: Lang) -> Vec<String> {
    let at = local_time(report.at);
    vec![
        format!("{}: {}", lang.pick("Đối tượng kiểm tra", "Verified"), report.subject),
        format!("{}: {at}", lang.pick("Lúc (theo đồng hồ máy này)", "At (by this machine's clock)")),
        format!("{}: {}", lang.pick("Chương trình", "Program"), crate::pack::SOFTWARE),
    ]
}

/// What stands above a report.
pub(super) fn title(on: ReportOn, lang: Lang) -> &'static str {
    match on {
        ReportOn::Sealed => {
            lang.pick("BÁO CÁO KIỂM TRA HỒ SƠ SỐ", "REPORT ON THE VERIFICATION OF A DIGITAL CASE FILE")
        }
        ReportOn::OneFile => lang.pick(
            "BÁO CÁO KIỂM TRA MỘT TỆP CỦA HỒ SƠ SỐ",
            "REPORT ON THE VERIFICATION OF ONE FILE OF A DIGITAL CASE FILE",
        ),
        ReportOn::Pdf => {
            lang.pick("BÁO CÁO KIỂM TRA CHỮ KÝ SỐ TRONG PDF", "REPORT ON THE SIGNATURES OF A PDF")
        }
    }
}

/// What the conclusion means.
pub(super) fn meaning(on: ReportOn, status: Status, lang: Lang) -> &'static str {
    match (status, on) {
        (Status::Passed, ReportOn::OneFile) => lang.pick(
            "Tệp đúng như khi niêm phong, bảng kê do người có chứng thư được tin cậy ký. Hồ sơ có đầy đủ không thì tệp này không cho biết.",
            "The file is as it was sealed, and the manifest was signed by somebody whose certificate is trusted. Whether the case file is complete it does not tell.",
        ),
        (Status::Passed, ReportOn::Pdf) => lang.pick(
            "Mọi chữ ký trong tệp đều hợp lệ và do người có chứng thư được tin cậy ký; sau khi ký không có thay đổi nào ngoài những gì người ký cho phép, kể trong danh sách.",
            "Every signature in the file holds and is of somebody whose certificate is trusted; after signing nothing was changed but what the signer allowed, which the list tells.",
        ),
        (Status::Failed, ReportOn::Pdf) => lang.pick(
            "Có chữ ký KHÔNG ĐỨNG VỮNG: không dùng làm bản đã ký cho đến khi làm rõ.",
            "A signature does NOT HOLD: not to be taken for what was signed until that is explained.",
        ),
        (Status::Passed, ReportOn::Sealed) => lang.pick(
            "Mọi tệp đúng như khi niêm phong, do người có chứng thư được tin cậy ký. Những mục ghi \"chưa kiểm tra\" không thuộc kết luận này.",
            "Every file is as it was sealed, by somebody whose certificate is trusted. What is \"not checked\" is no part of this.",
        ),
        (Status::Failed, _) => lang.pick(
            "Có mục SAI: không dùng làm bản đã niêm phong cho đến khi làm rõ.",
            "Something is WRONG: not to be taken for what was sealed until that is explained.",
        ),
        (Status::NotChecked | Status::Indeterminate, _) => lang.pick(
            "Chưa thấy mục nào sai, nhưng còn thiếu căn cứ cần thiết để kết luận; xem mục \"chưa xác định\".",
            "Nothing was found wrong, but something that is needed to conclude is not known; see what is \"undetermined\".",
        ),
    }
}

/// The certificates that were trusted.
pub(super) fn trusted(report: &VerificationReport, lang: Lang) -> Vec<String> {
    if report.anchors.is_empty() {
        return vec![
            lang.pick("Không có chứng thư gốc nào được tin cậy.", "No certificate was trusted.").to_owned(),
        ];
    }
    let what = lang.pick("Chứng thư gốc được tin cậy, SHA-256", "Trusted certificate, SHA-256");
    report.anchors.iter().map(|anchor| format!("{what}: {anchor}")).collect()
}

/// Lines of a check that fit on paper; how many more there are stands in their place.
pub(super) fn lines_for_paper(check: &Check, lang: Lang) -> Vec<String> {
    const MOST: usize = 8;
    let mut lines: Vec<String> = check.lines.iter().take(MOST).cloned().collect();
    let more = check.lines.len().saturating_sub(MOST);
    if more > 0 {
        lines.push(match lang {
            Lang::Vi => format!("… và {more} dòng nữa (xem --json)"),
            Lang::En => format!("… and {more} more lines (see --json)"),
        });
    }
    lines
}
