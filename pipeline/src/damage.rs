//! What is said of a case file of which something is not as it was sealed, cannot be read, or is missing.

use crate::PipelineError;
use archive_store::StoreError;
use record::{CaseCode, Lang};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A case file, or one file of it, that is not shown.
#[derive(Debug, Clone)]
pub struct Damage {
    /// Its code; the id of its object in the archive where the code cannot be read.
    pub name: String,
    /// Its code, where it is known.
    pub case: Option<CaseCode>,
    /// What is wrong.
    pub error: Arc<PipelineError>,
}

impl Damage {
    pub(crate) fn of(case: &CaseCode, error: PipelineError) -> Self {
        Self { name: case.to_string(), case: Some(case.clone()), error: Arc::new(error) }
    }

    pub(crate) fn nameless(name: &str, error: PipelineError) -> Self {
        Self { name: name.to_owned(), case: None, error: Arc::new(error) }
    }

    /// What is wrong, for people, without the name.
    pub fn why(&self, lang: Lang) -> String {
        why_not_shown(&self.error, lang)
    }

    /// The kind of damage, for programs: `not-sealed`, `missing`, `damaged` or `unreadable`.
    pub fn code(&self) -> &'static str {
        match self.error.cause() {
            PipelineError::NotSealed { .. } => "not-sealed",
            PipelineError::NoCase(_)
            | PipelineError::NoPage { .. }
            | PipelineError::NoVolume { .. }
            | PipelineError::Store(StoreError::NoSuchFile { .. }) => "missing",
            PipelineError::Store(StoreError::Read { source, .. })
                if source.kind() == io::ErrorKind::NotFound =>
            {
                "missing"
            }
            PipelineError::Store(StoreError::Damaged { .. }) | PipelineError::Format { .. } => "damaged",
            _ => "unreadable",
        }
    }
}

/// Why something of a case file is not shown, for people who look for the file with it.
pub fn why_not_shown(error: &PipelineError, lang: Lang) -> String {
    match error.cause() {
        PipelineError::NotSealed { proof, .. } => {
            format!("{}: {}", proof.path, proof.reasons(lang).join("; "))
        }
        PipelineError::NoCase(_) => lang
            .pick("chỉ mục có, trong kho không còn", "the index has it, the archive does not any more")
            .to_owned(),
        PipelineError::NoPage { page, .. } => lang.pick(
            format!("chỉ mục có trang {page}, hồ sơ không có"),
            format!("the index has page {page}, the case file does not"),
        ),
        PipelineError::NoVolume { volume } => lang.pick(
            format!("tập {volume} không còn trong kho đúng như hồ sơ đã niêm phong"),
            format!("volume {volume} is not in the archive as its case file lists it"),
        ),
        PipelineError::Store(StoreError::Damaged { path, .. }) => lang.pick(
            format!("{}: tệp bị hỏng hoặc bị sửa trên đĩa", inside(path)),
            format!("{}: damaged or changed on disk", inside(path)),
        ),
        PipelineError::Store(StoreError::Read { path, source }) => cannot_read(&inside(path), source, lang),
        PipelineError::Store(StoreError::NoSuchFile { path, .. }) => {
            lang.pick(format!("{path}: gói không có tệp này"), format!("{path}: not in the package"))
        }
        PipelineError::Io { path, source } => cannot_read(&inside(path), source, lang),
        PipelineError::Format { what, problem } => lang.pick(
            format!("{what}: nội dung không đúng dạng ({problem})"),
            format!("{what}: not what this program writes ({problem})"),
        ),
        other => other.to_string(),
    }
}

fn cannot_read(what: &str, error: &io::Error, lang: Lang) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => lang.pick(format!("{what}: thiếu tệp"), format!("{what}: missing")),
        _ => lang
            .pick(format!("{what}: không đọc được ({error})"), format!("{what}: cannot be read ({error})")),
    }
}

/// The part of a path on disk that tells something: below the object's folder.
fn inside(path: &Path) -> String {
    let text = path.display().to_string();
    match text.split_once("/content/") {
        Some((_, inside)) => inside.to_owned(),
        None => path.file_name().map_or(text, |name| name.to_string_lossy().into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_in_both_languages_without_places_on_disk() {
        let path = Path::new("/kho/ocfl/abc/urn/v1/content/representations/rep2/a.xml").to_owned();
        let gone = || io::Error::from(io::ErrorKind::NotFound);
        let errors = [
            (
                PipelineError::from(StoreError::Read { path: path.clone(), source: gone() }),
                "missing",
                "thiếu",
            ),
            (StoreError::Damaged { path: path.clone(), why: String::new() }.into(), "damaged", "bị hỏng"),
            (
                PipelineError::io(path)(io::Error::from(io::ErrorKind::PermissionDenied)),
                "unreadable",
                "không đọc",
            ),
        ];
        for (error, code, vi) in errors {
            let damage = Damage::of(&CaseCode::new("HS-1").unwrap(), error);
            assert_eq!(damage.code(), code);
            let (said, english) = (damage.why(Lang::Vi), damage.why(Lang::En));
            assert!(said.starts_with("representations/rep2/a.xml: ") && said.contains(vi), "{said}");
            assert!(english.starts_with("representations/rep2/a.xml: ") && english != said, "{english}");
        }
    }
}
