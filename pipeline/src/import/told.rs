//! What an import says of each thing that it looked at.

use super::of_the_source;
use crate::PipelineError;
use crate::volumes::case_of_volume;
use archive_store::{AdoptError, Problem, StoreError, ZipError};
use record::{CaseCode, ObjectId, Secrecy};
use seal::PackageReport;

/// What became of one object or package.
#[derive(Debug)]
pub enum ImportEvent {
    /// It is in the archive now (in a dry run: it would be).
    Taken {
        /// Its code.
        code: CaseCode,
        /// Its object.
        id: ObjectId,
        /// Its latest version.
        version: u32,
    },
    /// Its earlier versions were in the archive, with the same bytes; the later ones are now (in a dry run: would be).
    Continued {
        /// Its code.
        code: CaseCode,
        /// Its object.
        id: ObjectId,
        /// Its latest version.
        version: u32,
    },
    /// It was in the archive, with the same bytes.
    Present {
        /// Its code.
        code: CaseCode,
        /// Its object.
        id: ObjectId,
        /// The version that it is.
        version: u32,
    },
    /// It was not taken.
    Refused {
        /// The folder, file or object.
        what: String,
        /// Why.
        why: ImportRefusal,
    },
}

impl ImportEvent {
    pub(super) fn is_of_a_volume(&self) -> bool {
        let (Self::Taken { id, .. } | Self::Continued { id, .. } | Self::Present { id, .. }) = self else {
            return false;
        };
        case_of_volume(id).is_some()
    }

    /// The same, where the archive had earlier versions.
    pub(super) fn of_a_known_case(self) -> Self {
        match self {
            Self::Taken { code, id, version } => Self::Continued { code, id, version },
            other => other,
        }
    }
}

/// Why something is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportRefusal {
    /// It is none of the kinds that are taken, or nobody declared what another program's package is.
    #[error("it lacks {}", missing.join(", "))]
    Foreign {
        /// What a package of this program has.
        missing: Vec<String>,
    },
    /// The object is not as this program writes objects.
    #[error("{0}")]
    OtherKind(String),
    /// A state secret does not enter this archive.
    #[error("its secrecy is {}", .0.code())]
    Secret(Secrecy),
    /// A zip that is damaged or hostile.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// Its bytes are not what was stored or sealed.
    #[error("it is not as it was stored and sealed: {}", in_words(storage))]
    Broken {
        /// What is wrong with object, bag or list.
        storage: Vec<Problem>,
        /// What is wrong with the package.
        package: Option<Box<PackageReport>>,
    },
    /// A file of it cannot be read, or says nothing that is understood.
    #[error("it is not as it was stored and sealed: {0}")]
    Unreadable(Box<PipelineError>),
    /// Everything is right, but nobody trusted vouches for whoever sealed it.
    #[error("whoever sealed it is not trusted here: {}", .0.signature.reason())]
    Untrusted(Box<PackageReport>),
    /// The archive holds something else under its id.
    #[error("the archive holds it already, and differently: {0}")]
    Differs(String),
    /// The archive holds another case file with this code.
    #[error("the archive holds another case file {code}, {id}")]
    CodeTaken {
        /// The code.
        code: CaseCode,
        /// The object that has it.
        id: ObjectId,
    },
    /// Volumes of the case file are neither in the archive nor came before it.
    #[error("these volumes of it are missing: {}", missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    VolumesMissing {
        /// Their objects.
        missing: Vec<ObjectId>,
    },
    /// It was destroyed here by decision of two people.
    #[error("case file {code} was destroyed in this archive")]
    Destroyed {
        /// Its code.
        code: CaseCode,
    },
    /// A package of this program with options for those of others.
    #[error("it was packed by this program")]
    Own,
    /// Neither a bag nor an OCFL object nor a package with METS.
    #[error("it is no BagIt bag, no OCFL object and no package with METS")]
    Unknown,
    /// A package of another program that does not say what must be known.
    #[error("it does not say what {} would", missing.join(", "))]
    Undeclared {
        /// Options to give.
        missing: Vec<&'static str>,
    },
    /// A package of another program in which nothing has pages.
    #[error("no PDF, JPEG, PNG or TIFF file is where its pages should be")]
    NoPages,
    /// A batch that is not finished waits with an earlier package of the same case file.
    #[error("batch {batch} still waits with an earlier package of case file {code}")]
    Waiting {
        /// The code.
        code: CaseCode,
        /// The batch.
        batch: String,
    },
    /// A SIP or DIP: parts of a case file are not in it.
    #[error("it is a {0} made from a stored case file, not the whole of it")]
    Part(&'static str),
    /// Its register does not name its object, or names another.
    #[error("its sealed register does not name the object that it is")]
    Nameless,
}

fn in_words(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// A refusal, or an error that ends the import.
pub(super) enum Stop {
    Refused(ImportRefusal),
    Failed(PipelineError),
}

impl From<PipelineError> for Stop {
    fn from(error: PipelineError) -> Stop {
        Stop::Failed(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Failed(error.into())
    }
}

impl From<AdoptError> for Stop {
    fn from(error: AdoptError) -> Stop {
        match error {
            AdoptError::Invalid { problems, .. } => {
                ImportRefusal::Broken { storage: problems, package: None }.into()
            }
            AdoptError::Foreign { why, .. } => ImportRefusal::OtherKind(why).into(),
            AdoptError::Differs { why, .. } => ImportRefusal::Differs(why).into(),
            AdoptError::Store(error) => of_the_source(error),
        }
    }
}

impl From<ImportRefusal> for Stop {
    fn from(why: ImportRefusal) -> Stop {
        Stop::Refused(why)
    }
}
