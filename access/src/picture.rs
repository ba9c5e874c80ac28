//! The picture of a page with the proof of the very bytes that were read for it.
//!
//! - `X-Hoso-Sha256`: digest of the body as sent, so that the browser can compare what it draws.
//! - `X-Hoso-Seal`: `good` or `broken`.
//! - `X-Hoso-Proof`: JSON in ASCII, [`Proof`]: what to tell people.
//!
//! A page that differs from its seal is answered with 409 and no picture; `?sai-lech=1` gives it to somebody who asks
//! what is wrong with it. Lines cut out of it for the list of hits are answered in the same way, without that exception.

use crate::desk::Cost;
use crate::failure::Failure;
use crate::visit::{Visit, place};
use crate::wording;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pipeline::{Deviant, FileProof, LineSpan, PagePicture};
use record::Lang;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::SystemTime;

#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(rename = "sai-lech")]
    deviant: Option<u8>,
}

#[derive(Deserialize)]
pub(crate) struct Counted {
    /// SHA-256 of the sealed text that the lines were counted in.
    #[serde(rename = "van-ban")]
    text: Option<String>,
}

/// What the browser is told of a picture.
#[derive(Debug, Serialize)]
struct Proof {
    good: bool,
    /// `KHỚP NIÊM PHONG` or `SAI LỆCH NIÊM PHONG`.
    headline: &'static str,
    /// What was compared, who sealed it.
    detail: String,
    /// Warning about keys for a trial.
    trial: Option<&'static str>,
    /// Whether the body is the master itself.
    as_received: bool,
    /// SHA-256 of the master as read.
    found: String,
    /// SHA-256 in the manifest.
    sealed: Option<String>,
    /// When this was checked, for people.
    checked: String,
}

/// `GET /ho-so/{code}/trang/{page}/anh`
pub(crate) async fn picture(
    visit: Visit,
    Path((code, page)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let deviant = if wanted.deviant == Some(1) { Deviant::Show } else { Deviant::Withhold };
    let result = async {
        let (_, page) = place(&code, &page)?;
        let picture = visit
            .at_page(Cost::Picture, &code, page, move |books, case| case.picture(page, &books.pool, deviant));
        picture.await
    };
    match result.await {
        Ok(picture) => answer(picture, visit.asked.lang),
        Err(failure) => failure.line(visit.asked.lang),
    }
}

/// `GET /ho-so/{code}/trang/{page}/dong/{lines}`
pub(crate) async fn lines(
    visit: Visit,
    Path((code, page, lines)): Path<(String, String, String)>,
    Query(counted): Query<Counted>,
) -> Response {
    let result = async {
        let (_, page) = place(&code, &page)?;
        let lines: LineSpan = lines.parse().map_err(|()| Failure::NotHere)?;
        let text: Option<record::Sha256> = counted.text.and_then(|text| text.parse().ok());
        let text = text.ok_or(Failure::NotHere)?;
        let cutout = visit.at_page(Cost::Picture, &code, page, move |books, case| {
            case.cutout(page, lines, text, &books.pool)
        });
        cutout.await
    };
    match result.await {
        Ok(picture) => answer(picture, visit.asked.lang),
        Err(failure) => failure.line(visit.asked.lang),
    }
}

fn answer(picture: PagePicture, lang: Lang) -> Response {
    let PagePicture { proof, bytes, media_type, as_received } = picture;
    let told = told(&proof, as_received, lang);
    let status = if bytes.is_some() { StatusCode::OK } else { StatusCode::CONFLICT };
    let body = bytes.unwrap_or_default();
    let digest: String = Sha256::digest(&body).iter().map(|b| format!("{b:02x}")).collect();
    let json = ascii(&serde_json::to_string(&told).expect("strings and booleans can be written as JSON"));
    let mut headers = HeaderMap::new();
    let mut set = |name: HeaderName, value: &str| {
        headers.insert(name, HeaderValue::from_str(value).expect("printable ASCII"));
    };
    set(header::CONTENT_TYPE, media_type);
    set(HeaderName::from_static("x-hoso-sha256"), &digest);
    set(HeaderName::from_static("x-hoso-seal"), if told.good { "good" } else { "broken" });
    set(HeaderName::from_static("x-hoso-proof"), &json);
    (status, headers, body).into_response()
}

fn told(proof: &FileProof, as_received: bool, lang: Lang) -> Proof {
    let good = proof.is_good();
    let signer = wording::signed_by(&proof.signature, lang);
    let detail = if good {
        let what = if as_received {
            lang.pick("ảnh là chính tệp đã niêm phong", "the picture is the sealed file itself")
        } else {
            lang.pick("ảnh dựng từ tệp đã niêm phong", "the picture is rendered from the sealed file")
        };
        signer.into_iter().chain([what.to_owned()]).collect::<Vec<_>>().join(" · ")
    } else {
        proof.reasons(lang).join("; ")
    };
    let trial = proof
        .signature
        .is_trial()
        .then(|| lang.pick("khóa thử nghiệm – không có giá trị pháp lý", "trial key – without legal value"));
    let now = record::Timestamp::try_from(SystemTime::now()).unwrap_or_default();
    Proof {
        good,
        headline: headline(good, lang),
        detail,
        trial,
        as_received,
        found: proof.found.to_string(),
        sealed: proof.sealed.map(|s| s.to_string()),
        checked: wording::moment(now, lang),
    }
}

/// The words on the court's screen.
pub(crate) fn headline(good: bool, lang: Lang) -> &'static str {
    match good {
        true => lang.pick("KHỚP NIÊM PHONG", "MATCHES THE SEAL"),
        false => lang.pick("SAI LỆCH NIÊM PHONG", "DIFFERS FROM THE SEAL"),
    }
}

/// JSON whose other characters than ASCII are escaped, fit for a header.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    for character in json.chars() {
        if character.is_ascii() {
            out.push(character);
            continue;
        }
        let mut units = [0u16; 2];
        for unit in character.encode_utf16(&mut units) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::ascii;

    #[test]
    fn a_header_takes_vietnamese_as_json() {
        let text = "Viện kiểm sát 🖋";
        let json = ascii(&serde_json::to_string(text).unwrap());
        assert!(json.bytes().all(|b| b.is_ascii_graphic() || b == b' '));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
