//! What the store and the disk say, in Vietnamese. What the system says in its own words stays in English.

use crate::say::io_cause;
use pipeline::{DurableError, StoreError};
use record::Lang;

/// Why the archive did not do what was asked.
pub(crate) fn store(error: &StoreError) -> String {
    match error {
        StoreError::NoSuchArchive { root } => {
            format!("{}: không có kho hay bản sao ở đây", root.display())
        }
        StoreError::AlreadyThere { root } => format!("{}: ở đây đã có kho", root.display()),
        StoreError::Unsupported { path, why } => {
            format!("{}: kho này không do chương trình này ghi, hoặc do bản khác ghi: {why}", path.display())
        }
        StoreError::NetworkFileSystem { root } => format!(
            "{}: nằm trên đĩa mạng (NFS, SMB…); ở đó mất điện có thể làm mất cả thứ đã báo là lưu xong",
            root.display()
        ),
        StoreError::Locked { path } => format!("{}: chương trình khác đang ghi vào đây", path.display()),
        StoreError::Latched { root, reason } => format!(
            "{}: kho ngừng nhận ghi từ khi một lần ghi hỏng ({reason}); những gì đã lưu vẫn còn nguyên",
            root.display()
        ),
        StoreError::BadPath { path, .. } => {
            format!("không lưu được tệp tên {path:?}: tên này không dùng được trên mọi hệ điều hành")
        }
        StoreError::PathTaken { path, other } => {
            format!("không lưu được tệp tên {path:?}: trùng với {other:?}")
        }
        StoreError::BadId { id, .. } => format!("mã {id} không dùng làm mã hồ sơ trong kho được"),
        StoreError::BadVersionInfo { id, .. } => {
            format!("bản mới của {id} thiếu lý do, người lập hoặc địa chỉ của người lập")
        }
        StoreError::ClockBehind { id, now, stored } => format!(
            "đồng hồ máy này ghi {now}, nhưng bản mới nhất của {id} đã lưu lúc {stored}: bản sau không thể có thời điểm trước"
        ),
        StoreError::Empty { id } => format!("bản mới của {id} không có tệp nào"),
        StoreError::Destroyed { id } => format!("{id} đã bị tiêu hủy"),
        StoreError::ChangedSince { id, head } => {
            format!("{id} đã thay đổi từ khi quyết định; bản mới nhất là {head}")
        }
        StoreError::NoSuchVersion { id, version } => format!("{id} không có bản {version}"),
        StoreError::NoSuchFile { id, version, path } => {
            format!("{id}, bản {version}: không có tệp {path:?}")
        }
        StoreError::Damaged { path, .. } => {
            format!("{}: bị hỏng, không còn như khi lưu", path.display())
        }
        StoreError::DestinationNotEmpty { path } => format!("{}: thư mục không rỗng", path.display()),
        StoreError::Unfinished { id, version, source } => format!(
            "bản {version} của {id} đã nằm trọn trên đĩa nhưng chưa xong bước cuối: {}",
            durable(source)
        ),
        StoreError::Remote { doing, object, why, .. } => {
            let what = match *doing {
                "read" => "không đọc được",
                "write" => "không ghi được",
                "list" => "không liệt kê được",
                "put aside" => "không cách ly được",
                "remove" => "không xóa được",
                _ => "không mở được",
            };
            format!("{object}: {what}: {why}")
        }
        StoreError::NotAtomic { place, server, why } => format!(
            "{place}: máy chủ ({server}) không bảo đảm ghi có điều kiện, hai máy có thể ghi đè nhau: {why}"
        ),
        StoreError::PlainHttp { endpoint } => {
            format!("{endpoint}: không phải https, cũng không phải máy này")
        }
        StoreError::Write(error) => durable(error),
        StoreError::Read { path, source } => {
            format!("không đọc được {}: {}", path.display(), io_cause(source, Lang::Vi))
        }
    }
}

/// Why something could not be made durable.
pub(crate) fn durable(error: &DurableError) -> String {
    match error {
        DurableError::NoSpace { path, .. } => format!("hết chỗ trên đĩa khi ghi {}", path.display()),
        DurableError::ReadOnly { path, .. } => {
            format!("không ghi được {}: đĩa chỉ cho đọc", path.display())
        }
        DurableError::Exists { path, .. } => {
            format!("không ghi {}: đã có sẵn, và không có gì bị ghi đè", path.display())
        }
        DurableError::Locked { path } => format!("{}: chương trình khác đang ghi vào đây", path.display()),
        DurableError::Altered { path } => {
            format!("đã ghi {}, nhưng đọc lại từ đĩa thì ra nội dung khác: đĩa có lỗi", path.display())
        }
        DurableError::Source { path, source } => {
            format!("không đọc được thứ cần lưu vào {}: {}", path.display(), io_cause(source, Lang::Vi))
        }
        DurableError::Io { path, source, .. } => {
            format!("không ghi được {}: {}", path.display(), io_cause(source, Lang::Vi))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::say::Speaker;
    use pipeline::PipelineError;
    use std::path::PathBuf;

    /// A sentence of its own, and what to do next.
    #[test]
    fn what_stops_the_store_is_told_in_vietnamese_with_the_next_step() {
        let root = PathBuf::from("/kho");
        let errors = [
            StoreError::Latched { root: root.clone(), reason: "EIO".into() },
            StoreError::Unsupported { path: root.join("ocfl/ocfl_layout.json"), why: "0004".into() },
            StoreError::NetworkFileSystem { root },
        ];
        let speaker = Speaker { lang: Lang::Vi, json: false };
        for error in errors {
            let english = error.to_string();
            let failure = speaker.failure(&PipelineError::Store(error));
            assert!(failure.message.contains("/kho") && failure.hint.is_some(), "{failure:?}");
            assert!(!failure.message.starts_with("kho: ") && failure.message != english, "{failure:?}");
        }
        let disk = DurableError::ReadOnly { op: "sync", path: "/kho/work".into() };
        let failure = speaker.failure(&PipelineError::Durable(disk));
        assert!(failure.message.contains("chỉ cho đọc") && failure.hint.is_some(), "{failure:?}");
    }
}
