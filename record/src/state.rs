use crate::{Lang, Official, Timestamp};

/// How far a case file has come. Derived from what the archive holds and what was decided, never kept as a truth of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseState {
    /// In hand; the archive does not hold it yet.
    Draft,
    /// In the archive, under the signature of the station.
    Stored(Stored),
    /// Somebody has counted its paper, and it is as many pages as the package holds.
    Reviewed(Reviewed),
    /// Signed by an officer and the agency.
    Sealed(Sealed),
}

/// A version that the archive holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    version: u32,
    pages: u32,
}

/// A stored version whose pages a person has counted on paper. Only [`Stored::review`] makes one. The next version is
/// stored again, and not reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    stored: Stored,
    review: Review,
}

/// A version with the signatures of an officer and of the agency, made of a reviewed version, which it follows: it adds their
/// signatures and what they state. Only [`Reviewed::seal`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    reviewed: Reviewed,
    version: u32,
    signers: Signers,
}

/// Who sealed, by the names in their certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signers {
    /// The person.
    pub officer: Official,
    /// The agency.
    pub agency: Official,
}

/// Whoever counted the paper must not be the one who signs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} counted the paper; somebody else must sign")]
pub struct SamePerson(pub Official);

/// What somebody says who counted the paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Who.
    pub by: Official,
    /// When.
    pub at: Timestamp,
    /// Pages counted: sides with something on them that were to be digitized.
    pub pages_on_paper: u32,
}

/// The count on paper is not that of the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{on_paper} pages on paper, {in_package} in the package: {}", difference(*on_paper, *in_package))]
pub struct CountDiffers {
    /// Pages counted on paper.
    pub on_paper: u32,
    /// Pages that the package holds.
    pub in_package: u32,
}

fn difference(on_paper: u32, in_package: u32) -> String {
    match on_paper.checked_sub(in_package) {
        Some(missing) => format!("{missing} missing"),
        None => format!("{} too many", in_package - on_paper),
    }
}

impl Stored {
    /// A version, from 1, with so many pages.
    pub fn new(version: u32, pages: u32) -> Stored {
        Stored { version, pages }
    }

    /// The version, from 1.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Its pages.
    pub fn pages(&self) -> u32 {
        self.pages
    }

    /// Takes the counting statement, if it agrees.
    pub fn review(self, review: Review) -> Result<Reviewed, CountDiffers> {
        match review.pages_on_paper == self.pages {
            true => Ok(Reviewed { stored: self, review }),
            false => Err(CountDiffers { on_paper: review.pages_on_paper, in_package: self.pages }),
        }
    }
}

impl Reviewed {
    /// The version reviewed.
    pub fn stored(&self) -> &Stored {
        &self.stored
    }

    /// Who counted it, and when.
    pub fn review(&self) -> &Review {
        &self.review
    }

    /// The next version, which these signed. `is_officer` and `is_agency` say whether the name of whoever counted, which
    /// comes first, is that of the signer.
    pub fn seal(
        self,
        signers: Signers,
        is_officer: impl Fn(&Official, &Official) -> bool,
        is_agency: impl Fn(&Official, &Official) -> bool,
    ) -> Result<Sealed, SamePerson> {
        let by = &self.review.by;
        if is_officer(by, &signers.officer) || is_agency(by, &signers.agency) {
            return Err(SamePerson(self.review.by));
        }
        Ok(Sealed { version: self.stored.version + 1, reviewed: self, signers })
    }
}

impl Sealed {
    /// The version that was counted.
    pub fn reviewed(&self) -> &Reviewed {
        &self.reviewed
    }

    /// The version that bears the signatures.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Who signed.
    pub fn signers(&self) -> &Signers {
        &self.signers
    }
}

impl CaseState {
    /// For programs: `draft`, `stored`, `reviewed` or `sealed`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Stored(_) => "stored",
            Self::Reviewed(_) => "reviewed",
            Self::Sealed(_) => "sealed",
        }
    }

    /// For people.
    pub fn title(&self, lang: Lang) -> &'static str {
        match self {
            Self::Draft => lang.pick("đang lập", "draft"),
            Self::Stored(_) => lang.pick("đã lưu", "stored"),
            Self::Reviewed(_) => lang.pick("đã đối chiếu", "reviewed"),
            Self::Sealed(_) => lang.pick("đã ký niêm phong", "sealed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(pages_on_paper: u32) -> Review {
        Review { by: Official::new("Trần Thị B").unwrap(), at: Timestamp::UNIX_EPOCH, pages_on_paper }
    }

    #[test]
    fn only_two_people_make_a_sealed_case_file() {
        let reviewed = || Stored::new(2, 84).review(counted(84)).unwrap();
        let name = |text| Official::new(text).unwrap();
        let signers = |officer| Signers { officer: name(officer), agency: name("VKSND") };
        let is_one = |one: &Official, other: &Official| one == other;
        let sealed = reviewed().seal(signers("Lê Văn C"), is_one, is_one).unwrap();
        assert_eq!((sealed.version(), sealed.reviewed().stored().version()), (3, 2));
        assert_eq!(CaseState::Sealed(sealed).code(), "sealed");
        let refused = reviewed().seal(signers("Trần Thị B"), is_one, is_one).unwrap_err();
        assert_eq!(refused, SamePerson(name("Trần Thị B")));
    }

    #[test]
    fn only_a_count_that_agrees_makes_a_reviewed_case_file() {
        let reviewed = Stored::new(2, 84).review(counted(84)).unwrap();
        assert_eq!((reviewed.stored().version(), reviewed.review().pages_on_paper), (2, 84));
        assert_eq!(CaseState::Reviewed(reviewed).code(), "reviewed");
        for (on_paper, said) in [(85, "1 missing"), (80, "4 too many")] {
            let refused = Stored::new(1, 84).review(counted(on_paper)).unwrap_err();
            assert!(refused.to_string().ends_with(said), "{refused}");
        }
    }
}
