//! A password from a file that only its owner reads, or from whoever sits at the terminal; never from the command line, where
//! every user of the machine sees it.

use crate::commands::file_failure;
use crate::say::{Exit, Failure, Speaker};
use console::Term;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use zeroize::Zeroizing;

/// The password of a backup repository; asked for twice where it is a new one.
pub(crate) fn password(file: Option<&Path>, is_new: bool, speaker: Speaker) -> Result<String, Failure> {
    match file {
        Some(path) => Ok(from_file(path, speaker)?.to_string()),
        None => from_terminal(is_new, speaker),
    }
}

fn misused(message: String, hint: &str) -> Failure {
    Failure { exit: Exit::Misused, message, hint: Some(hint.to_owned()) }
}

/// The password or PIN of a signing key, asked for once: from its file, from the credential `hoso-NAME` that systemd hands
/// over, or from whoever sits at the terminal. Wiped when it goes.
pub(crate) fn secret(
    file: Option<&Path>,
    key: &str,
    question: &str,
    speaker: Speaker,
) -> Result<Zeroizing<String>, Failure> {
    if let Some(path) = file {
        return from_file(path, speaker);
    }
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(std::path::PathBuf::from);
    if let Some(path) =
        credentials.map(|folder| folder.join(format!("hoso-{key}"))).filter(|path| path.is_file())
    {
        let text = Zeroizing::new(std::fs::read_to_string(&path).map_err(|e| file_failure(&path, &e))?);
        return Ok(first_line(&text));
    }
    // A token says of itself what it is called.
    ask(&speaker.harmless(question)).map(Zeroizing::new).map_err(|_| {
        misused(
            speaker.pick("không có bàn phím để nhập PIN", "there is no terminal to type a PIN at").to_owned(),
            speaker.pick(
                "ghi vào một tệp chỉ mình đọc được (chmod 600) rồi dùng --officer-secret-file, --agency-secret-file",
                "put it into a file that only you may read (chmod 600) and give --officer-secret-file, --agency-secret-file",
            ),
        )
    })
}

fn first_line(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.lines().next().unwrap_or_default().to_owned())
}

/// The first line of a file that nobody else may read.
pub(crate) fn from_file(path: &Path, speaker: Speaker) -> Result<Zeroizing<String>, Failure> {
    let failed = |e: std::io::Error| file_failure(path, &e);
    let mode = std::fs::metadata(path).map_err(failed)?.mode();
    if mode & 0o077 != 0 {
        let shown = path.display();
        let message = speaker.pick(
            format!("{shown}: người khác cũng đọc được tệp mật khẩu này (quyền {:o})", mode & 0o777),
            format!("{shown}: others may read this password file (mode {:o})", mode & 0o777),
        );
        return Err(misused(message, &format!("chmod 600 {shown}")));
    }
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
    Ok(first_line(&text))
}

fn from_terminal(is_new: bool, speaker: Speaker) -> Result<String, Failure> {
    let ask = |vi: &str, en: &str| {
        ask(speaker.pick(vi, en)).map_err(|_| {
            misused(
                speaker
                    .pick("không có bàn phím để nhập mật khẩu", "there is no terminal to type a password at")
                    .to_owned(),
                speaker.pick(
                    "ghi mật khẩu vào một tệp chỉ mình đọc được (chmod 600) rồi dùng --password-file",
                    "put it into a file that only you may read (chmod 600) and give --password-file",
                ),
            )
        })
    };
    let password = ask("Mật khẩu sao lưu: ", "Password of the backup: ")?;
    if is_new && ask("Nhập lại mật khẩu: ", "The same again: ")? != password {
        let message = speaker.pick("hai lần nhập khác nhau", "the two are different").to_owned();
        return Err(misused(message, speaker.pick("chạy lại", "run again")));
    }
    Ok(password)
}

/// Asks at the terminal; what is typed is not shown.
fn ask(question: &str) -> std::io::Result<String> {
    let terminal = Term::stderr();
    if !terminal.is_term() {
        return Err(std::io::ErrorKind::NotFound.into());
    }
    terminal.write_str(question)?;
    terminal.read_secure_line()
}
