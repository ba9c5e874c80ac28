//! The one local account: a name and an Argon2id hash in a file that only its owner may read.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use record::{Clearance, Secrecy};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// Shortest password accepted (OWASP ASVS 6.2.1).
const MIN_PASSWORD_CHARS: usize = 15;

/// Why an account cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// A name that is empty or longer than 64 characters.
    #[error("account name {0:?}: 1 to 64 characters, no white space")]
    Name(String),
    /// A password that is too short.
    #[error("the password has {0} characters; at least {MIN_PASSWORD_CHARS} are needed")]
    ShortPassword(usize),
    /// The file cannot be read or written.
    #[error("{path}: {problem}")]
    File {
        /// The account file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    format: String,
    user: String,
    /// PHC string.
    password: String,
    /// Units whose case files it may see; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    units: Option<Vec<String>>,
}

const FORMAT: &str = "hoso-account/1";

/// An account that somebody may log in with.
#[derive(Clone)]
pub(crate) struct Account {
    user: String,
    hash: String,
    units: Option<Vec<String>>,
}

/// Whether an account could be made with these.
pub fn check_account(user: &str, password: &str) -> Result<(), AccountError> {
    let chars = user.chars().count();
    if chars == 0 || chars > 64 || user.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(AccountError::Name(user.to_owned()));
    }
    let chars = password.chars().count();
    if chars < MIN_PASSWORD_CHARS { Err(AccountError::ShortPassword(chars)) } else { Ok(()) }
}

/// Writes the account file; the password itself is kept nowhere.
pub fn create_account(path: &Path, user: &str, password: &str) -> Result<(), AccountError> {
    check_account(user, password)?;
    let file_error = |problem: String| AccountError::File { path: path.to_owned(), problem };
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|e| file_error(e.to_string()))?;
    let file =
        AccountFile { format: FORMAT.into(), user: user.into(), password: hash.to_string(), units: None };
    let text = serde_json::to_string_pretty(&file).expect("strings can be written as JSON");
    pipeline::write_secret_file(path, text.as_bytes()).map_err(|e| file_error(e.to_string()))
}

impl Account {
    /// Reads the account file.
    pub(crate) fn read(path: &Path) -> Result<Self, AccountError> {
        let file_error = |problem: String| AccountError::File { path: path.to_owned(), problem };
        let text = std::fs::read_to_string(path).map_err(|e: io::Error| file_error(e.to_string()))?;
        let file: AccountFile = serde_json::from_str(&text).map_err(|e| file_error(e.to_string()))?;
        if file.format != FORMAT {
            return Err(file_error(format!("format {:?}, this program reads {FORMAT:?}", file.format)));
        }
        PasswordHash::new(&file.password).map_err(|e| file_error(e.to_string()))?;
        Ok(Self { user: file.user, hash: file.password, units: file.units })
    }

    /// The name.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// What it may see. State secrets are in no archive that a network reaches.
    pub(crate) fn clearance(&self) -> Clearance {
        match &self.units {
            Some(units) => Clearance::for_units(Secrecy::Thuong, units.clone()),
            None => Clearance::whole_archive(Secrecy::Thuong),
        }
    }

    /// Whether name and password are right. Takes as long for an unknown name as for a wrong password.
    pub(crate) fn admits(&self, user: &str, password: &str) -> bool {
        let Ok(hash) = PasswordHash::new(&self.hash) else { return false };
        let right = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
        right && user == self.user
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_is_admitted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("account.json");
        create_account(&path, "hoso", "mật khẩu đủ dài 1").unwrap();
        let account = Account::read(&path).unwrap();
        assert!(account.admits("hoso", "mật khẩu đủ dài 1"));
        assert!(!account.admits("hoso", "mật khẩu đủ dài 2"));
        assert!(!account.admits("khác", "mật khẩu đủ dài 1"));
        assert_eq!(account.user(), "hoso");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("đủ dài"));
    }

    #[test]
    fn weak_accounts_are_refused() {
        assert!(matches!(check_account("hoso", "ngắn"), Err(AccountError::ShortPassword(4))));
        assert!(matches!(check_account("a b", "x".repeat(20).as_str()), Err(AccountError::Name(_))));
    }
}
