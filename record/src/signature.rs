use crate::Timestamp;

/// What the signatures of a received file were found to be. Only what a verifier said, at that moment, with what it knew then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureCheck {
    /// When it was looked at.
    pub at: Timestamp,
    /// Why nothing can be said: the file could not be read as far as its signatures.
    pub fault: Option<String>,
    /// In the order of the file.
    pub signatures: Vec<CheckedSignature>,
}

/// One signature, or one time stamp over a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedSignature {
    /// Name of its field.
    pub field: String,
    /// `approval`, `certification` or `time-stamp`.
    pub kind: String,
    /// `TOTAL-PASSED`, `INDETERMINATE` or `TOTAL-FAILED` (ETSI EN 319 102-1).
    pub status: String,
    /// Code and detail of everything that speaks against it, or should be known of it.
    pub reasons: Vec<(String, String)>,
    /// Subject, issuer (RFC 4514) and serial number (hexadecimal) of the signer's certificate, where it could be read.
    pub signer: Option<[String; 3]>,
    /// Scheme and digest in words.
    pub algorithm: String,
    /// The signing time that is claimed; nobody vouches for it.
    pub claimed: Option<Timestamp>,
    /// When it existed, as a valid time stamp proves.
    pub proven: Option<Timestamp>,
    /// Nothing follows what it covers.
    pub covers_whole_file: bool,
}

impl SignatureCheck {
    /// The worst status, `INDETERMINATE` where nothing can be said.
    pub fn status(&self) -> &str {
        let rank = |status: &str| match status {
            "TOTAL-PASSED" => 0,
            "TOTAL-FAILED" => 2,
            _ => 1,
        };
        let worst = self.signatures.iter().map(|s| s.status.as_str()).max_by_key(|status| rank(status));
        match (&self.fault, worst) {
            (None, Some(worst)) => worst,
            _ => "INDETERMINATE",
        }
    }
}

impl CheckedSignature {
    /// Who, what, why, when: one line. The words in it are those of the standards.
    pub fn line(&self) -> String {
        let who = self.signer.as_ref().map_or(self.field.as_str(), |[subject, ..]| subject);
        let reasons: Vec<&str> = self.reasons.iter().map(|(code, _)| code.as_str()).collect();
        let mut line = format!("{who}: {}", self.status);
        if !reasons.is_empty() {
            line += &format!(" ({})", reasons.join(", "));
        }
        for (word, time) in [("claimed", self.claimed), ("proven", self.proven)] {
            if let Some(time) = time {
                line += &format!(", {word} {time}");
            }
        }
        line
    }
}
