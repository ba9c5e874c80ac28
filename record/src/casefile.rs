use crate::{AccessLabel, CaseCode, DocumentFields, DocumentNo, PageNo, Secrecy, Sha256};
use std::fmt;

/// Hồ sơ: what the register says of a case file (a line of `batch.csv`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseHeader {
    /// Mã hồ sơ.
    pub code: CaseCode,
    /// Tiêu đề; empty when unknown.
    pub title: String,
    /// Đơn vị: the unit that owns it; empty when unknown.
    pub unit: String,
    /// Năm.
    pub year: Option<u16>,
    /// Thời hạn bảo quản, as written.
    pub retention: String,
    /// Độ mật; there is no default.
    pub secrecy: Secrecy,
    /// Số tờ that the list declares.
    pub sheets: Option<u32>,
    /// Số trang that the list declares.
    pub pages: Option<u32>,
    /// Where the paper lies (kho, giá, hộp).
    pub paper_location: String,
}

impl CaseHeader {
    /// What decides who may see it.
    pub fn label(&self) -> AccessLabel {
        AccessLabel { secrecy: self.secrecy, unit: self.unit.clone() }
    }
}

/// A case file as it goes into the archive: register data, masters, documents, pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// Register data.
    pub header: CaseHeader,
    /// The files received, in the order captured.
    pub masters: Vec<MasterFile>,
    /// Documents in the order of the file; their pages follow each other.
    pub documents: Vec<Document>,
}

impl CaseFile {
    /// All pages in order, with their document.
    pub fn pages(&self) -> impl Iterator<Item = (&Document, &Page)> {
        self.documents.iter().flat_map(|d| d.pages.iter().map(move |p| (d, p)))
    }
    /// One page.
    pub fn page(&self, no: PageNo) -> Option<(&Document, &Page)> {
        self.pages().find(|(_, page)| page.no == no)
    }
}

/// One received file: the master is these bytes exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MasterFile {
    /// Its path below the batch folder, NFC, `/` between folders, control characters escaped.
    pub received_as: String,
    /// SHA-256 of the bytes received.
    pub sha256: Sha256,
    /// Length in bytes.
    pub bytes: u64,
    /// For example `image/jpeg`, `application/pdf`.
    pub media_type: String,
}

/// Văn bản: one document of a case file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its place in the case file, from 1.
    pub no: DocumentNo,
    /// The name of the file or folder it came from.
    pub name: String,
    /// What kind of document it is, where the text says so.
    pub doc_type: Option<DocType>,
    /// Its date, where the text says so.
    pub date: Option<PartialDate>,
    /// What else it says of itself, facts and proposals; empty in packages of earlier versions.
    pub fields: DocumentFields,
    /// Its pages.
    pub pages: Vec<Page>,
}

/// One page: a side of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its place in the case file, from 1.
    pub no: PageNo,
    /// Index into [`CaseFile::masters`].
    pub master_idx: usize,
    /// Which page of that master, from 0.
    pub page_idx: u32,
    /// Bút lục, `None` is "chưa rõ": it is read or listed, never counted.
    pub folio: Option<FolioMark>,
    /// What came of reading it: [`crate::PageOutcome::code`].
    pub outcome: String,
}

/// Bút lục: the number stamped or written on a sheet of a case file, for example `45` or `45a`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolioMark {
    /// As read, for example `45a`.
    pub label: String,
    /// Who says so.
    pub source: FolioSource,
    /// 0–100; 100 for a list.
    pub confidence: u8,
}

/// Where a folio mark was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolioSource {
    /// The list that came with the batch.
    List,
    /// The stamp read in the upper right corner.
    Stamp,
}

/// A date of which the day, or day and month, may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    /// Four digits.
    pub year: u16,
    /// 1–12.
    pub month: Option<u8>,
    /// 1–31; only with a month.
    pub day: Option<u8>,
}

impl fmt::Display for PartialDate {
    /// `1998-05-12`, `1998-05` or `1998`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
            if let Some(day) = self.day {
                write!(f, "-{day:02}")?;
            }
        }
        Ok(())
    }
}

impl PartialDate {
    /// Reads what [`fmt::Display`] prints.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let year = parts.next().filter(|p| p.len() == 4)?.parse().ok()?;
        let month =
            parts.next().map(|p| p.parse::<u8>().ok().filter(|m| (1..=12).contains(m))).transpose_none()?;
        let day =
            parts.next().map(|p| p.parse::<u8>().ok().filter(|d| (1..=31).contains(d))).transpose_none()?;
        parts.next().is_none().then_some(Self { year, month, day })
    }
}

trait TransposeNone<T> {
    fn transpose_none(self) -> Option<Option<T>>;
}

impl<T> TransposeNone<T> for Option<Option<T>> {
    /// A missing part is fine, a bad part is not.
    fn transpose_none(self) -> Option<Option<T>> {
        match self {
            None => Some(None),
            Some(None) => None,
            Some(Some(value)) => Some(Some(value)),
        }
    }
}

macro_rules! doc_types {
    ($($(#[$doc:meta])* $name:ident, $code:literal, $vi:literal, $en:literal;)*) => {
        /// Loại văn bản: the forms that make up a case file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum DocType {
            $(#[doc = $vi] $(#[$doc])* $name,)*
        }
        impl DocType {
            /// All of them.
            pub const ALL: &[DocType] = &[$(DocType::$name,)*];
            /// The code used in formats and facets.
            pub fn code(self) -> &'static str {
                match self { $(DocType::$name => $code,)* }
            }
            /// The Vietnamese name.
            pub fn vietnamese(self) -> &'static str {
                match self { $(DocType::$name => $vi,)* }
            }
            /// The English name.
            pub fn english(self) -> &'static str {
                match self { $(DocType::$name => $en,)* }
            }
            /// From its code.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|t| t.code() == code)
            }
        }
    };
}

doc_types! {
    BiaHoSo, "bia-ho-so", "Bìa hồ sơ", "case file cover";
    ThongKeTaiLieu, "thong-ke-tai-lieu", "Thống kê tài liệu", "list of documents";
    QuyetDinhKhoiToVuAn, "qd-khoi-to-vu-an", "Quyết định khởi tố vụ án", "decision to institute the case";
    QuyetDinhKhoiToBiCan, "qd-khoi-to-bi-can", "Quyết định khởi tố bị can", "decision to charge the accused";
    LenhTamGiam, "lenh-tam-giam", "Lệnh tạm giam", "detention order";
    BienBanHoiCung, "bb-hoi-cung", "Biên bản hỏi cung", "minutes of interrogation";
    BienBanGhiLoiKhai, "bb-ghi-loi-khai", "Biên bản ghi lời khai", "minutes of statement";
    KetLuanGiamDinh, "kl-giam-dinh", "Kết luận giám định", "expert conclusion";
    KetLuanDieuTra, "kl-dieu-tra", "Kết luận điều tra", "investigation conclusion";
    CaoTrang, "cao-trang", "Cáo trạng", "indictment";
    BienBanPhienToa, "bb-phien-toa", "Biên bản phiên tòa", "minutes of the trial";
    BanAn, "ban-an", "Bản án", "judgment";
    QuyetDinh, "quyet-dinh", "Quyết định", "decision";
    ChiThi, "chi-thi", "Chỉ thị", "directive";
    CongVan, "cong-van", "Công văn", "official letter";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_dates_print_and_parse() {
        for text in ["1998", "1998-05", "1998-05-12"] {
            assert_eq!(PartialDate::parse(text).unwrap().to_string(), text);
        }
        for bad in ["98", "1998-13", "1998-05-40", "1998-05-12-1", "1998-"] {
            assert_eq!(PartialDate::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn codes_of_document_types_are_unique() {
        for t in DocType::ALL {
            assert_eq!(DocType::from_code(t.code()), Some(*t));
        }
    }
}
