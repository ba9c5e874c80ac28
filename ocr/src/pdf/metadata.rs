//! What the document says of itself: the XMP packet, which rules in PDF/A, and the older Info dictionary, which
//! says the same.

use pdf_writer::{Chunk, Date, Name, Ref, TextStr};
use record::Timestamp;
use xmp_writer::{DateTime, LangId, Timezone, XmpWriter};

pub(super) struct About<'a> {
    pub(super) title: &'a str,
    pub(super) producer: &'a str,
    pub(super) created: Timestamp,
    pub(super) id: [u8; 16],
}

/// Leaves out what XML 1.0 cannot hold, and line breaks: titles are one line.
pub(super) fn xml_text(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}')).collect()
}

/// The metadata stream: PDF/A-2 conformance B. Not compressed, so that any program can find it.
pub(super) fn write_xmp(chunk: &mut Chunk, id: Ref, about: &About<'_>) {
    let [year, month, day, hour, minute, second] = utc_fields(about.created);
    let date = DateTime {
        year,
        month: Some(month as u8),
        day: Some(day as u8),
        hour: Some(hour as u8),
        minute: Some(minute as u8),
        second: Some(second as u8),
        timezone: Some(Timezone::Utc),
    };
    let mut xmp = XmpWriter::new();
    xmp.pdfa_part(2).pdfa_conformance("B");
    xmp.title([(Some(LangId("x-default")), about.title)]);
    xmp.language([LangId("vi-VN")]);
    xmp.format("application/pdf");
    xmp.create_date(date).modify_date(date).metadata_date(date);
    xmp.producer(about.producer);
    let urn = urn_uuid(about.id);
    xmp.document_id(&urn).instance_id(&urn);
    let packet = xmp.finish(None);
    chunk.metadata(id, packet.as_bytes());
}

/// The Info dictionary, in step with the XMP packet.
pub(super) fn write_info(chunk: &mut Chunk, id: Ref, about: &About<'_>) {
    let [year, month, day, hour, minute, second] = utc_fields(about.created);
    let date = Date::new(year)
        .month(month as u8)
        .day(day as u8)
        .hour(hour as u8)
        .minute(minute as u8)
        .second(second as u8)
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    let mut info = chunk.indirect(id).dict();
    info.pair(Name(b"Title"), TextStr(about.title));
    info.pair(Name(b"Producer"), TextStr(about.producer));
    info.pair(Name(b"CreationDate"), date);
    info.pair(Name(b"ModDate"), date);
}

/// Year, month, day, hour, minute, second; times before year 0 become year 0.
fn utc_fields(time: Timestamp) -> [u16; 6] {
    let text = time.to_string();
    let mut parts = text.split(['-', 'T', ':', '.', 'Z']).map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

fn urn_uuid(id: [u8; 16]) -> String {
    let hex: String = id.iter().map(|b| format!("{b:02x}")).collect();
    let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
    format!("urn:uuid:{a}-{b}-{c}-{d}-{e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_taken_apart() {
        let time: Timestamp = "2026-03-09T17:05:09.25Z".parse().unwrap();
        assert_eq!(utc_fields(time), [2026, 3, 9, 17, 5, 9]);
        assert_eq!(urn_uuid([0xab; 16]), "urn:uuid:abababab-abab-abab-abab-abababababab");
        assert_eq!(xml_text("Cáo\u{0} trạng\n"), "Cáo trạng");
    }
}
