//! How an archive is opened for writing: on the media that its `hoso.toml` allows, and with everything told that a stopped
//! writer left. The one way for all commands that write; nothing that recovery did is passed over.

use crate::config::{ArchiveConfig, Layout};
use crate::{PipelineError, pack};
use archive_store::{Archive, ArchiveReader, OpenOptions, Recovery, RecoveryAction};
use record::{CaseCode, Lang, ObjectId};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// What became of one thing that a stopped writer left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveredState {
    /// The version was on the medium whole and is the latest one now.
    Finished,
    /// The same, but for the last file of it, which was written.
    Completed,
    /// The version was stored in order; traces of the work were cleared away.
    Tidied,
    /// The version had not reached the archive; the case file is as before.
    NotStored,
    /// The version is not what was announced; it was put aside, the case file is as before.
    VersionPutAside,
    /// Unfinished work was put aside.
    WorkPutAside,
    /// A destruction that had its tombstone was carried on.
    Destroyed,
    /// A destruction without a tombstone was not begun; the case file is as before.
    NotDestroyed,
    /// Versions in the archive were not in its log yet, and were entered.
    Logged,
    /// Damage that no stopped writer leaves; nothing was changed.
    Damaged,
}

/// One thing that was found when an archive was opened for work, and what was done about it.
#[derive(Debug, Clone)]
pub struct Recovered {
    /// What became of it.
    pub state: RecoveredState,
    /// The archive's folder.
    pub root: PathBuf,
    /// The case file, where its register can be read.
    pub case: Option<CaseCode>,
    /// The object.
    pub object: Option<ObjectId>,
    /// The version that was on its way.
    pub version: Option<u32>,
    /// Where what was put aside lies now, or what is damaged.
    pub place: Option<PathBuf>,
    /// Versions entered in the log.
    pub count: u64,
    /// What was wrong, in the store's words.
    pub why: Option<String>,
}

type Teller = Box<dyn Fn(&Recovered) + Send + Sync>;

/// Archives are opened deep inside of commands, and each of these must tell what was found; so whoever speaks to people says
/// once, at the start of the program, how.
static TELLER: OnceLock<Teller> = OnceLock::new();

/// Who tells people what an opening found. The first one stays; without one it goes to the log.
pub fn tell_recovered(teller: impl Fn(&Recovered) + Send + Sync + 'static) {
    let _ = TELLER.set(Box::new(teller));
}

/// Opens an archive for writing, and tells what a stopped writer had left in it.
pub(crate) fn open_archive(layout: &Layout, config: &ArchiveConfig) -> Result<Archive, PipelineError> {
    open_at(&layout.root, config.network_disk.archive)
}

/// The same of any folder; `on_network_disk`: somebody asked for that.
pub(crate) fn open_at(root: &Path, on_network_disk: bool) -> Result<Archive, PipelineError> {
    let (store, recovery) = Archive::open_with(root, OpenOptions { allow_network_fs: on_network_disk })?;
    for found in told(&store, &recovery) {
        tell(&found);
    }
    Ok(store)
}

/// Whether a folder lies on NFS, SMB or another network disk, or will when it is made. False where the system does not say.
pub fn is_on_network_disk(folder: &Path) -> bool {
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    durable::is_network_fs(there).unwrap_or(false)
}

/// Versions that were committed and not logged when a writer was stopped.
pub(crate) fn tell_logged(root: &Path, count: u64) {
    if count > 0 {
        tell(&Recovered { count, ..Recovered::of(RecoveredState::Logged, root) });
    }
}

fn tell(found: &Recovered) {
    match TELLER.get() {
        Some(teller) => teller(found),
        None => {
            let (state, object) = (found.state.code(), found.object.as_ref().map(ToString::to_string));
            tracing::warn!(
                stage = "open",
                code = "recovered",
                state,
                object,
                "a stopped writer had left something"
            );
        }
    }
}

fn told(store: &ArchiveReader, recovery: &Recovery) -> Vec<Recovered> {
    recovery.actions.iter().map(|action| Recovered::of_action(store, action)).collect()
}

impl RecoveredState {
    /// For programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Completed => "completed",
            Self::Tidied => "tidied",
            Self::NotStored => "not-stored",
            Self::VersionPutAside => "version-put-aside",
            Self::WorkPutAside => "work-put-aside",
            Self::Destroyed => "destroyed",
            Self::NotDestroyed => "not-destroyed",
            Self::Logged => "logged",
            Self::Damaged => "damaged",
        }
    }
}

impl Recovered {
    fn of(state: RecoveredState, root: &Path) -> Recovered {
        let root = root.to_owned();
        Recovered { state, root, case: None, object: None, version: None, place: None, count: 0, why: None }
    }

    fn of_action(store: &ArchiveReader, action: &RecoveryAction) -> Recovered {
        use RecoveryAction as A;
        let about = |state, id: &ObjectId, version: Option<u32>| Recovered {
            case: code_of(store, id),
            object: Some(id.clone()),
            version,
            ..Self::of(state, store.root())
        };
        let at = |state, place: &Path| Recovered {
            place: Some(place.to_owned()),
            ..Self::of(state, store.root())
        };
        match action {
            A::RolledForward { id, version } => about(RecoveredState::Finished, id, Some(version.get())),
            A::SidecarRewritten { id, version } => about(RecoveredState::Completed, id, Some(version.get())),
            A::Finished { id, version } => about(RecoveredState::Tidied, id, Some(version.get())),
            A::NotStored { id, version } => about(RecoveredState::NotStored, id, Some(version.get())),
            A::VersionQuarantined { id, version, to, why } => Recovered {
                place: Some(to.clone()),
                why: Some(why.clone()),
                ..about(RecoveredState::VersionPutAside, id, Some(version.get()))
            },
            A::WorkQuarantined { to } => {
                Recovered { case: code_below(to), ..at(RecoveredState::WorkPutAside, to) }
            }
            A::Destroyed { id } => about(RecoveredState::Destroyed, id, None),
            A::NotDestroyed { id } => about(RecoveredState::NotDestroyed, id, None),
            A::Damaged { path, why } => {
                Recovered { why: Some(why.clone()), ..at(RecoveredState::Damaged, path) }
            }
        }
    }

    /// What was found, what was done, and where it lies now: a sentence.
    pub fn text(&self, lang: Lang) -> String {
        let who = match (&self.case, &self.object, lang) {
            (Some(code), _, Lang::Vi) => format!("hồ sơ {code}"),
            (Some(code), _, Lang::En) => format!("case file {code}"),
            (None, Some(id), _) => id.to_string(),
            (None, None, Lang::Vi) => "một hồ sơ".to_owned(),
            (None, None, Lang::En) => "a case file".to_owned(),
        };
        let version = self.version.unwrap_or_default();
        let place = self.place.as_ref().map_or(String::new(), |place| place.display().to_string());
        let why = self.why.as_deref().unwrap_or_default();
        let count = self.count;
        use RecoveredState as S;
        match (self.state, lang) {
            (S::Finished, Lang::Vi) => format!(
                "{who}: bản {version} đã nằm trọn trên đĩa khi chương trình bị ngắt; đã hoàn tất, nay là bản mới nhất"
            ),
            (S::Finished, Lang::En) => format!(
                "{who}: version {version} was on the disk whole when a program was stopped; it was finished and is the latest now"
            ),
            (S::Completed, Lang::Vi) => format!(
                "{who}: bản {version} đã lưu, chỉ còn thiếu tệp mã kiểm tra (inventory.json.sha512) khi chương trình bị ngắt; đã ghi tệp đó"
            ),
            (S::Completed, Lang::En) => format!(
                "{who}: version {version} was stored but for its checksum (inventory.json.sha512) when a program was stopped; that was written"
            ),
            (S::Tidied, Lang::Vi) => {
                format!(
                    "{who}: bản {version} đã lưu xong trước khi chương trình bị ngắt; đã dọn dấu vết còn lại"
                )
            }
            (S::Tidied, Lang::En) => {
                format!(
                    "{who}: version {version} was stored before a program was stopped; what was left of the work is cleared away"
                )
            }
            (S::NotStored, Lang::Vi) => {
                format!("{who}: bản {version} chưa vào kho khi chương trình bị ngắt; hồ sơ vẫn như trước đó")
            }
            (S::NotStored, Lang::En) => format!(
                "{who}: version {version} had not reached the archive when a program was stopped; the case file is as before"
            ),
            (S::VersionPutAside, Lang::Vi) => format!(
                "{who}: bản {version} dở dang không đúng như đã báo trước nên không được dùng; đã chuyển sang {place}; hồ sơ vẫn như trước đó"
            ),
            (S::VersionPutAside, Lang::En) => format!(
                "{who}: the unfinished version {version} is not what was announced ({why}) and was not taken; it lies in {place}; the case file is as before"
            ),
            (S::WorkPutAside, Lang::Vi) => {
                format!(
                    "{who}: phần đang làm dở khi chương trình bị ngắt đã chuyển sang {place}; chưa có gì của nó trong kho"
                )
            }
            (S::WorkPutAside, Lang::En) => {
                format!(
                    "{who}: what was half done when a program was stopped lies in {place}; nothing of it is in the archive"
                )
            }
            (S::Destroyed, Lang::Vi) => {
                format!(
                    "{who}: việc tiêu hủy đã quyết định bị ngắt giữa chừng; đã làm xong, bia hồ sơ còn lại"
                )
            }
            (S::Destroyed, Lang::En) => {
                format!(
                    "{who}: its destruction was stopped on the way; it was carried out, the tombstone stays"
                )
            }
            (S::NotDestroyed, Lang::Vi) => {
                format!("{who}: việc tiêu hủy bị ngắt trước khi bắt đầu; hồ sơ vẫn còn nguyên")
            }
            (S::NotDestroyed, Lang::En) => {
                format!("{who}: its destruction was stopped before it began; the case file is whole")
            }
            (S::Logged, Lang::Vi) => {
                format!("{count} bản đã ở trong kho nhưng chưa có trong nhật ký; đã ghi vào nhật ký")
            }
            (S::Logged, Lang::En) => {
                format!("{count} versions were in the archive and not in its log; they were entered")
            }
            (S::Damaged, Lang::Vi) => {
                format!("{place}: bị hỏng theo cách mà việc ngắt chương trình không gây ra; chưa thay đổi gì")
            }
            (S::Damaged, Lang::En) => {
                format!(
                    "{place}: damaged in a way that no stopped program leaves ({why}); nothing was changed"
                )
            }
        }
    }

    /// The next step, where there is one for people.
    pub fn hint(&self, lang: Lang) -> Option<&'static str> {
        use RecoveredState as S;
        match self.state {
            S::WorkPutAside => Some(lang.pick(
                "chạy lại lệnh đang làm khi bị ngắt (với lô: hoso batch resume)",
                "run again what was running then (of a batch: hoso batch resume)",
            )),
            S::VersionPutAside => Some(lang.pick(
                "báo người quản trị xem đĩa, rồi chạy lại lệnh đang làm khi bị ngắt",
                "have the administrator look at the disk, then run again what was running then",
            )),
            S::Damaged => Some(lang.pick(
                "báo người quản trị; xem: hoso archive check, rồi hoso archive repair --from BẢN_SAO",
                "tell the administrator; see: hoso archive check, then hoso archive repair --from REPLICA",
            )),
            _ => None,
        }
    }
}

/// The code of a case file, or of the one that a volume belongs to.
fn code_of(store: &ArchiveReader, id: &ObjectId) -> Option<CaseCode> {
    let object = store.object(id).ok()??;
    Some(pack::read_case(&object).ok()?.case.header.code)
}

/// Longest register that is looked into for a name.
const MAX_REGISTER_BYTES: u64 = 64 << 20;

/// The code in the register of work that was put aside; `None` where it had none yet.
fn code_below(folder: &Path) -> Option<CaseCode> {
    let register = registers_below(folder, 10)?;
    if register.metadata().ok()?.len() > MAX_REGISTER_BYTES {
        return None;
    }
    let register: serde_json::Value = serde_json::from_slice(&std::fs::read(register).ok()?).ok()?;
    CaseCode::new(register.get("header")?.get("code")?.as_str()?).ok()
}

/// The first `metadata/other/case.json` at most so many folders down.
fn registers_below(folder: &Path, depth: u32) -> Option<PathBuf> {
    let register = folder.join("metadata/other/case.json");
    if register.is_file() {
        return Some(register);
    }
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    let mut folders = entries.into_iter().filter(|path| path.is_dir() && !path.is_symlink());
    folders.find_map(|path| registers_below(&path, depth.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every outcome names the case file and where something lies, in both languages, and a half-stored version says so.
    #[test]
    fn every_outcome_is_told_in_both_languages() {
        let dir = tempfile::tempdir().unwrap();
        crate::small_archive::archive(dir.path());
        crate::small_archive::store(dir.path(), "HS-1", b"trang");
        let store = Archive::open_read(dir.path()).unwrap();
        let id = store.objects().unwrap().remove(0);
        let code = code_of(&store, &id).unwrap();
        let version = archive_store::VersionNo::first();
        let (to, why) = (PathBuf::from("/kho/work/quarantine/x"), "why".to_owned());
        let actions = [
            RecoveryAction::RolledForward { id: id.clone(), version },
            RecoveryAction::SidecarRewritten { id: id.clone(), version },
            RecoveryAction::Finished { id: id.clone(), version },
            RecoveryAction::NotStored { id: id.clone(), version },
            RecoveryAction::VersionQuarantined { id: id.clone(), version, to: to.clone(), why: why.clone() },
            RecoveryAction::WorkQuarantined { to: to.clone() },
            RecoveryAction::Destroyed { id: id.clone() },
            RecoveryAction::NotDestroyed { id },
            RecoveryAction::Damaged { path: to, why },
        ];
        let mut sentences = std::collections::BTreeSet::new();
        for found in told(&store, &Recovery { actions: actions.to_vec() }) {
            let texts = [Lang::Vi, Lang::En].map(|lang| found.text(lang));
            for text in &texts {
                let named = found.object.is_none() || text.contains(code.as_str());
                let placed = found.place.as_ref().is_none_or(|place| text.contains(place.to_str().unwrap()));
                assert!(named && placed, "{text}");
                sentences.insert(text.clone());
            }
            assert_ne!(texts[0], texts[1]);
        }
        assert_eq!(sentences.len(), 2 * actions.len(), "{sentences:#?}");
    }
}
