//! `hoso key list|show|trial|ml-dsa`

use super::told;
use crate::args::Key;
use crate::equipment::SystemClock;
use crate::password::from_file;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{KeyFacts, KeyView, PinState, find_key, key_names, make_ml_dsa_key, make_trial_signing_keys};
use record::{Clock, Lang};
use serde_json::json;
use std::path::Path;

pub(crate) fn run(args: &Key, speaker: Speaker) -> Result<Exit, Failure> {
    match args {
        Key::List { archive } => {
            let mut exit = Exit::Done;
            for name in key_names(&archive.archive).map_err(told(speaker))? {
                match view(&archive.archive, &name, speaker) {
                    Ok(key) => line(&key, speaker),
                    // A token in a drawer keeps no other key from being shown.
                    Err(failure) => {
                        exit = Exit::Failed;
                        absent(&name, &failure, speaker);
                    }
                }
            }
            Ok(exit)
        }
        Key::Show { name, archive } => {
            let key = view(&archive.archive, name, speaker)?;
            line(&key, speaker);
            if let Some(facts) = key.facts.filter(|_| !speaker.json) {
                whole(&facts, speaker);
            }
            Ok(Exit::Done)
        }
        Key::Trial { officer_name, archive } => {
            let name = pipeline::nfc(officer_name);
            make_trial_signing_keys(&archive.archive, &name, &SystemClock).map_err(told(speaker))?;
            let text = speaker.pick(
                "đã tạo khóa thử nghiệm officer và agency, KHÔNG CÓ GIÁ TRỊ PHÁP LÝ",
                "made the trial keys officer and agency, WITHOUT LEGAL VALUE",
            );
            match speaker.json {
                true => speaker.line("trial-keys", json!({"officer": name.as_ref()})),
                false => speaker.talk(text),
            }
            Ok(Exit::Done)
        }
        Key::MlDsa { archive } => {
            let made = make_ml_dsa_key(&archive.archive, &SystemClock).map_err(told(speaker))?;
            let (file, sha256) = (made.certificates.display(), made.sha256);
            if speaker.json {
                let value = json!({"certificates": made.certificates, "sha256": sha256.to_string()});
                speaker.line("ml-dsa-key", value);
                return Ok(Exit::Done);
            }
            speaker.talk(speaker.pick(
                    "THỬ NGHIỆM: đã tạo khóa ML-DSA-65; từ nay mỗi niêm phong có thêm chữ ký thứ hai, KHÔNG CÓ GIÁ TRỊ PHÁP LÝ; tắt: bỏ [seal.ml_dsa] trong hoso.toml",
                    "EXPERIMENTAL: made a key of ML-DSA-65; every seal bears a second signature from now on, WITHOUT LEGAL VALUE; to stop: remove [seal.ml_dsa] from hoso.toml",
            ));
            speaker.talk(match speaker.lang {
                Lang::Vi => format!("chứng thư để người đọc giữ riêng: {file}, SHA-256 {sha256}"),
                Lang::En => format!("the certificate, for readers to keep: {file}, SHA-256 {sha256}"),
            });
            Ok(Exit::Done)
        }
    }
}

/// Shows no private data: a key file is opened for its certificate, and only where its password lies in a file.
fn view(root: &Path, name: &str, speaker: Speaker) -> Result<KeyView, Failure> {
    let key = find_key(root, name, &SystemClock).map_err(told(speaker))?;
    let secret = match (&key.secret_file, key.token()) {
        (Some(path), None) => Some(from_file(path, speaker)?),
        _ => None,
    };
    key.view(secret.as_ref().map(|secret| secret.as_str())).map_err(told(speaker))
}

fn pin(state: PinState, speaker: Speaker) -> (&'static str, &'static str) {
    match state {
        PinState::Fresh => ("fresh", ""),
        PinState::CountLow => ("count-low", speaker.pick("PIN đã có lần nhập sai", "a wrong PIN was given")),
        PinState::FinalTry => ("final-try", speaker.pick("CÒN MỘT LẦN THỬ PIN", "ONE TRY OF THE PIN LEFT")),
        PinState::Locked => ("locked", speaker.pick("TOKEN BỊ KHÓA", "THE TOKEN IS LOCKED")),
    }
}

fn line(key: &KeyView, speaker: Speaker) {
    let facts = key.facts.as_ref();
    if speaker.json {
        let token = key.token.as_ref().map(|token| {
            json!({"label": token.label, "serial": token.serial, "model": token.model, "pin": pin(token.pin, speaker).0})
        });
        let certificate = facts.map(|facts| {
            json!({
                "name": facts.name, "subject": facts.subject, "issuer": facts.issuer, "serial": facts.serial,
                "sha256": facts.cert_sha256.to_string(), "not_before": facts.not_before.to_string(),
                "not_after": facts.not_after.to_string(), "algorithm": facts.algorithm,
                "signs_until": facts.signs_until.to_string(), "trial": facts.trial,
            })
        });
        let value = json!({
            "name": key.name, "role": key.role.code(), "file": key.file, "token": token,
            "certificate": certificate,
        });
        return speaker.line("key", value);
    }
    let place = match (&key.file, &key.token) {
        (_, Some(token)) => {
            let said = pin(token.pin, speaker).1;
            let said = if said.is_empty() { String::new() } else { format!(", {said}") };
            format!("token {} ({} {}{said})", token.label, token.model, token.serial)
        }
        (Some(file), None) => file.display().to_string(),
        (None, None) => String::new(),
    };
    let whose = match facts {
        Some(facts) => whose(facts, speaker),
        None => {
            speaker.pick("chứng thư trong tệp có mật khẩu", "the certificate needs the password").to_owned()
        }
    };
    speaker.data(format_args!("{}  {}  {whose}  {place}", key.name, key.role.title(speaker.lang)));
}

fn whose(facts: &KeyFacts, speaker: Speaker) -> String {
    let now = SystemClock.now();
    let state = match (now < facts.not_before, now > facts.not_after, now > facts.signs_until) {
        (true, ..) => speaker.pick("CHƯA HIỆU LỰC", "NOT YET VALID"),
        (_, true, _) => speaker.pick("HẾT HẠN", "EXPIRED"),
        (_, _, true) => speaker.pick("THUẬT TOÁN HẾT THỜI HẠN KÝ", "ALGORITHM NO LONGER SIGNS"),
        _ => speaker.pick("còn hạn", "valid"),
    };
    let trial = if facts.trial {
        speaker.pick("  KHÔNG CÓ GIÁ TRỊ PHÁP LÝ", "  WITHOUT LEGAL VALUE")
    } else {
        ""
    };
    format!("{}  {}  {state} → {}{trial}", facts.name, facts.algorithm, facts.not_after)
}

fn whole(facts: &KeyFacts, speaker: Speaker) {
    let rows = [
        (speaker.pick("chủ thể", "subject"), facts.subject.clone()),
        (speaker.pick("nơi cấp", "issuer"), facts.issuer.clone()),
        (speaker.pick("số", "serial"), facts.serial.clone()),
        ("SHA-256", facts.cert_sha256.to_string()),
        (speaker.pick("hiệu lực", "valid"), format!("{} → {}", facts.not_before, facts.not_after)),
        (
            speaker.pick("thuật toán", "algorithm"),
            format!("{}, {} {}", facts.algorithm, speaker.pick("ký đến", "signs until"), facts.signs_until),
        ),
    ];
    for (what, value) in rows {
        speaker.data(format_args!("  {what}: {value}"));
    }
}

fn absent(name: &str, failure: &Failure, speaker: Speaker) {
    if speaker.json {
        return speaker.line("key-absent", json!({"name": name, "reason": failure.message}));
    }
    speaker.data(format_args!("{name}  ✗ {}", failure.message));
}
