//! What the signatures of received files were found to be: an event for each such file, with a detail for each signature.
//!
//! PREMIS `signatureInformation` would hold a second copy of each signature's bytes; they stay where they are, in the file.

use super::events::{EVENT_TYPES, linked, program};
use super::premis::identifier;
use super::xml::Xml;
use super::{Making, vietnam_time};
use record::{CheckedSignature, SignatureCheck, Timestamp};

/// What was found of a master, where somebody looked and there was something to find.
pub(super) fn of<'a>(making: &Making<'a>, master: usize) -> Option<&'a SignatureCheck> {
    making.d.signatures.get(master)?.as_ref()
}

/// The identifier of the event of a master.
pub(super) fn event_id(making: &Making<'_>, path: &str) -> String {
    making.id(&format!("event digital signature validation {} {path}", making.d.conversion.batch))
}

/// The events of all masters, in order.
pub(super) fn events(xml: &mut Xml, making: &Making<'_>) {
    for (idx, path) in making.d.master_paths.iter().enumerate() {
        if let Some(check) = of(making, idx) {
            event(xml, making, path, check);
        }
    }
}

fn event(xml: &mut Xml, making: &Making<'_>, path: &str, check: &SignatureCheck) {
    let id = event_id(making, path);
    xml.start("event", &[("xmlID", &id)]);
    identifier(xml, "eventIdentifier", "UUID", &id);
    let list = [("authority", "eventType"), ("authorityURI", EVENT_TYPES)];
    xml.leaf_with("eventType", &list, "digital signature validation");
    xml.leaf("eventDateTime", &vietnam_time(check.at));
    xml.start("eventDetailInformation", &[]);
    xml.leaf(
        "eventDetail",
        "Kiểm tra chữ ký số của tệp nhận được, theo ETSI EN 319 102-1; tệp giữ nguyên từng byte",
    );
    xml.end("eventDetailInformation");
    xml.start("eventOutcomeInformation", &[]);
    xml.leaf("eventOutcome", check.status());
    let fault = check.fault.iter().map(|fault| format!("không kiểm tra được: {fault}"));
    for note in fault.chain(check.signatures.iter().map(note)) {
        xml.start("eventOutcomeDetail", &[]);
        xml.leaf("eventOutcomeDetailNote", &note);
        xml.end("eventOutcomeDetail");
    }
    xml.end("eventOutcomeInformation");
    linked(xml, "Agent", ("UUID", &program(making)), "executing program");
    linked(xml, "Object", ("File", &making.file_id(path)), "source");
    xml.end("event");
}

fn note(signature: &CheckedSignature) -> String {
    let mut parts = vec![format!("{} ({}): {}", signature.field, signature.kind, signature.status)];
    parts.extend(signature.reasons.iter().map(|(code, detail)| match detail.as_str() {
        "" => code.clone(),
        detail => format!("{code}: {detail}"),
    }));
    if let Some([subject, issuer, serial]) = &signature.signer {
        parts.push(format!("người ký: {subject}; nơi cấp: {issuer}; số: {serial}"));
    }
    let time = |time: Option<Timestamp>| time.map_or("không có".to_owned(), vietnam_time);
    parts.push(format!("thuật toán: {}", signature.algorithm));
    parts.push(format!("thời gian tự khai: {}", time(signature.claimed)));
    parts.push(format!("thời gian được chứng minh: {}", time(signature.proven)));
    if !signature.covers_whole_file {
        parts.push("sau phần đã ký còn dữ liệu".into());
    }
    parts.join("; ")
}
