//! What reads lines and why, in the language of who reads the messages. What the system, Tesseract or a damaged file say in their
//! own words stays in English.

use crate::say::Speaker;
use pipeline::{ModelFault, NotOwn, OtherKind};
use record::Lang;

/// Why the own recogniser does not read.
pub(crate) fn not_own(reason: &NotOwn, lang: Lang) -> String {
    match (reason, lang) {
        (NotOwn::Forced, lang) => lang
            .pick(
                "HOSO_KERNELS hoặc --kernels khiến bộ đọc dòng của hoso không có AVX2, như trên bộ xử lý cũ",
                "HOSO_KERNELS or --kernels leaves hoso's own recogniser without AVX2, as on an older processor",
            )
            .to_owned(),
        (other, Lang::En) => other.to_string(),
        (NotOwn::NotAsked, Lang::Vi) => "đã chọn Tesseract".to_owned(),
        (NotOwn::Model { language, kind, .. }, Lang::Vi) => {
            format!("bộ đọc dòng của hoso không đọc được mô hình {language}: {}", other_kind(*kind))
        }
        (NotOwn::NoInstructions { kernels }, Lang::Vi) => {
            format!("bộ xử lý này không có {kernels} mà bộ đọc dòng của hoso cần")
        }
    }
}

fn other_kind(kind: OtherKind) -> &'static str {
    match kind {
        OtherKind::Float => "trọng số là số thực (tessdata_best)",
        OtherKind::Layers => "mạng có các lớp khác",
        OtherKind::Codes => "mỗi ký tự ghi bằng nhiều mã",
        OtherKind::Script => "chữ viết không có dấu cách",
        OtherKind::Old => "cũ hơn Tesseract 4",
    }
}

/// Why there is no usable model, in Vietnamese.
pub(crate) fn model_fault(fault: &ModelFault) -> String {
    match fault {
        ModelFault::NotFound { searched } => {
            let folders: Vec<String> = searched.iter().map(|path| path.display().to_string()).collect();
            format!("không thấy trong {}", folders.join(", "))
        }
        ModelFault::NotAName => "không phải tên của một mô hình".to_owned(),
        ModelFault::Unreadable { file, said } => format!("không đọc được {}: {said}", file.display()),
        ModelFault::Damaged { file, said } => {
            format!("{} bị hỏng hoặc không phải mô hình ({said})", file.display())
        }
        ModelFault::NotTaken { file, said } => format!("Tesseract không nhận {}: {said}", file.display()),
        ModelFault::Replaced { file } => {
            format!("{} đã bị thay sau khi đọc trang đầu tiên; hãy chạy lại", file.display())
        }
    }
}

/// One line where Tesseract reads what the own recogniser was to read: the work takes several times as long.
pub(crate) fn tell_of_tesseract(reason: &NotOwn, speaker: Speaker) {
    let what = speaker.pick(
        "Tesseract đọc mọi dòng, lâu hơn nhiều lần",
        "Tesseract reads all lines, which takes several times as long",
    );
    speaker.talk(format_args!("{what}: {}", not_own(reason, speaker.lang)));
}
