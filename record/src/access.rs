use crate::CaseCode;

/// Độ mật: Luật Bảo vệ bí mật nhà nước (117/2025/QH15). Anything above [`Secrecy::Thuong`] may not enter a
/// networked archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Secrecy {
    /// Thường: not a state secret.
    Thuong,
    /// Mật.
    Mat,
    /// Tối mật.
    ToiMat,
    /// Tuyệt mật.
    TuyetMat,
}

impl Secrecy {
    /// The code used in `batch.csv`, flags and formats.
    pub fn code(self) -> &'static str {
        match self {
            Self::Thuong => "thuong",
            Self::Mat => "mat",
            Self::ToiMat => "toi-mat",
            Self::TuyetMat => "tuyet-mat",
        }
    }
    /// The Vietnamese term.
    pub fn vietnamese(self) -> &'static str {
        match self {
            Self::Thuong => "Thường",
            Self::Mat => "Mật",
            Self::ToiMat => "Tối mật",
            Self::TuyetMat => "Tuyệt mật",
        }
    }
    /// In English.
    pub fn english(self) -> &'static str {
        match self {
            Self::Thuong => "not secret",
            Self::Mat => "secret",
            Self::ToiMat => "very secret",
            Self::TuyetMat => "top secret",
        }
    }
    /// From its code or the Vietnamese term in NFC, in any letter case.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        [Self::Thuong, Self::Mat, Self::ToiMat, Self::TuyetMat]
            .into_iter()
            .find(|s| text == s.code() || text == s.vietnamese().to_lowercase())
    }
}

/// What decides who may see a case file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLabel {
    /// Its secrecy.
    pub secrecy: Secrecy,
    /// The unit that owns it; empty where the batch named none.
    pub unit: String,
}

/// What a person may search. There is no default: somebody has to say who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clearance {
    max_secrecy: Secrecy,
    units: Option<Vec<String>>,
    left_out: Vec<CaseCode>,
}

impl Clearance {
    /// Everything up to `max_secrecy`, in all units: the one local account of a trial archive.
    pub fn whole_archive(max_secrecy: Secrecy) -> Self {
        Self { max_secrecy, units: None, left_out: Vec::new() }
    }
    /// Everything up to `max_secrecy`, owned by one of `units`.
    pub fn for_units(max_secrecy: Secrecy, units: Vec<String>) -> Self {
        Self { max_secrecy, units: Some(units), left_out: Vec::new() }
    }
    /// The same without these case files, whatever label they are found under: for a label that is known to be outdated.
    pub fn without(&self, cases: impl IntoIterator<Item = CaseCode>) -> Self {
        let mut less = self.clone();
        less.left_out.extend(cases);
        less.left_out.sort_unstable();
        less.left_out.dedup();
        less
    }
    /// The highest secrecy included.
    pub fn max_secrecy(&self) -> Secrecy {
        self.max_secrecy
    }
    /// The units included; `None` means all.
    pub fn units(&self) -> Option<&[String]> {
        self.units.as_deref()
    }
    /// Case files that are not included, whatever their labels; in order.
    pub fn left_out(&self) -> &[CaseCode] {
        &self.left_out
    }
    /// Whether a file with this label may be seen, unless it is left out by name.
    pub fn allows(&self, label: &AccessLabel) -> bool {
        label.secrecy <= self.max_secrecy
            && self.units.as_ref().is_none_or(|units| units.contains(&label.unit))
    }
}

/// Leave to read one case file. Only [`permit`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    case: CaseCode,
}

impl Permit {
    /// The case file it is for.
    pub fn case(&self) -> &CaseCode {
        &self.case
    }
}

/// The rule: a permit for this case file, if the clearance covers its label and does not leave it out.
pub fn permit(clearance: &Clearance, case: &CaseCode, label: &AccessLabel) -> Option<Permit> {
    let is_covered = clearance.allows(label) && clearance.left_out.binary_search(case).is_err();
    is_covered.then(|| Permit { case: case.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_needs_secrecy_and_unit() {
        let case = CaseCode::new("HS-1").unwrap();
        let label = |secrecy, unit: &str| AccessLabel { secrecy, unit: unit.into() };
        let all = Clearance::whole_archive(Secrecy::Thuong);
        assert!(permit(&all, &case, &label(Secrecy::Thuong, "KV7")).is_some());
        assert!(permit(&all, &case, &label(Secrecy::Mat, "KV7")).is_none());
        let one = Clearance::for_units(Secrecy::Thuong, vec!["KV7".into()]);
        assert!(permit(&one, &case, &label(Secrecy::Thuong, "KV7")).is_some());
        assert!(permit(&one, &case, &label(Secrecy::Thuong, "KV8")).is_none());
    }

    #[test]
    fn what_is_left_out_by_name_gets_no_permit() {
        let code = |code: &str| CaseCode::new(code).unwrap();
        let label = AccessLabel { secrecy: Secrecy::Thuong, unit: "KV7".into() };
        let less = Clearance::whole_archive(Secrecy::Mat).without([code("HS-2"), code("HS-1"), code("HS-2")]);
        assert_eq!(less.left_out(), [code("HS-1"), code("HS-2")]);
        let permitted = |name: &str| permit(&less.without([code("HS-4")]), &code(name), &label).is_some();
        assert_eq!(["HS-1", "HS-2", "HS-3", "HS-4"].map(permitted), [false, false, true, false]);
    }

    #[test]
    fn secrecy_is_read_from_code_and_term() {
        assert_eq!(Secrecy::parse("thuong"), Some(Secrecy::Thuong));
        assert_eq!(Secrecy::parse(" TỐI MẬT "), Some(Secrecy::ToiMat));
        assert_eq!(Secrecy::parse("mật"), Some(Secrecy::Mat));
        assert_eq!(Secrecy::parse("secret"), None);
    }
}
