//! `hoso init`

use super::{file_failure, told};
use crate::args::Init;
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{Layout, NewArchive, init_archive};
use serde_json::json;

/// Letters and digits that are not mistaken for each other when copied by hand.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789x";

pub(crate) fn run(args: &Init, speaker: Speaker) -> Result<Exit, Failure> {
    let given = match &args.password_file {
        Some(path) => {
            Some(std::fs::read_to_string(path).map_err(|e| file_failure(path, &e))?.trim().to_owned())
        }
        None => None,
    };
    let password = given.clone().unwrap_or_else(new_password);
    access::check_account(&args.user, &password).map_err(|e| Failure {
        exit: Exit::Misused,
        message: e.to_string(),
        hint: None,
    })?;
    let new = NewArchive {
        fonds: args.fonds.clone(),
        agency: args.agency.clone(),
        station: station_name(),
        on_network_disk: args.on_network_disk,
    };
    init_archive(&args.archive, &new, &SystemClock).map_err(told(speaker))?;
    let layout = Layout { root: args.archive.clone() };
    access::create_account(&layout.account(), &args.user, &password).map_err(|e| Failure {
        exit: Exit::Failed,
        message: e.to_string(),
        hint: None,
    })?;
    super::warn_of_network_disk(&args.archive, speaker);
    if speaker.json {
        let shown = given.is_none().then_some(&password);
        speaker.line("initialised", json!({"archive": args.archive, "user": args.user, "password": shown}));
        return Ok(Exit::Done);
    }
    let path = args.archive.display();
    speaker.talk(match speaker.lang {
        record::Lang::Vi => format!("đã tạo kho {path} (khóa thử nghiệm, không có giá trị pháp lý)"),
        record::Lang::En => format!("made the archive {path} (trial keys, without legal value)"),
    });
    if given.is_none() {
        let user = &args.user;
        speaker.talk(match speaker.lang {
            record::Lang::Vi => format!("tài khoản {user}, mật khẩu {password} (chỉ hiện một lần)"),
            record::Lang::En => format!("account {user}, password {password} (shown only once)"),
        });
    }
    Ok(Exit::Done)
}

/// 20 characters of 5 bits each.
fn new_password() -> String {
    let mut bytes = [0u8; 20];
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    bytes.iter().map(|b| ALPHABET[usize::from(b % 32)] as char).collect()
}

fn station_name() -> String {
    std::fs::read_to_string("/etc/hostname")
        .map(|n| n.trim().to_owned())
        .ok()
        .filter(|n| !n.is_empty())
        .unwrap_or_else(|| "station".into())
}
