//! A schema for a sheet, made from the table of its fields.

use super::profile::{Field, Kind, Profile, codes};

/// An XML schema (1.0) for the sheets of a profile: every field, in any order, empty where it is unknown.
pub(super) fn of(profile: Profile) -> Vec<u8> {
    let (what, fields) = (profile.about(), profile.fields());
    let (count, (package, annex)) = (fields.len(), profile.package());
    let mut schema = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
 <xs:annotation>
  <xs:documentation xml:lang="en">{what}, {count} fields ({package}, Thông tư 05/2025/TT-BNV, annex {annex}). This is how the program hoso reads
   the circular, not the schema printed there, which contradicts the circular's own tables. Every field is there; an empty one is unknown. The
   order is free for readers; hoso writes the order below. The full table with sources: docs/format/package.md of hoso.</xs:documentation>
  <xs:documentation xml:lang="vi">Cách hoso hiểu bảng trường của Thông tư 05/2025/TT-BNV, phụ lục {annex}; không phải lược đồ in trong Thông tư.</xs:documentation>
 </xs:annotation>
 <xs:element name="simpledc">
  <xs:complexType>
   <xs:all>
"#
    );
    for field in fields {
        let (name, vietnamese, limit) = (&field.name, &field.vietnamese, limit(field));
        schema.push_str(&format!(
            r#"    <xs:element name="{name}"><xs:annotation><xs:documentation xml:lang="vi">{vietnamese}</xs:documentation></xs:annotation><xs:simpleType>
     <xs:restriction base="xs:string">{limit}</xs:restriction>
    </xs:simpleType></xs:element>
"#
        ));
    }
    schema.push_str("   </xs:all>\n  </xs:complexType>\n </xs:element>\n</xs:schema>\n");
    schema.into_bytes()
}

/// What a value must be; an empty one always passes.
fn limit(field: &Field) -> String {
    const DAY: &str = "([0-2][0-9]|3[01])/";
    const MONTH: &str = "(0[1-9]|1[0-2])/";
    let one_of = |list| format!("({})", codes(list).collect::<Vec<_>>().join("|"));
    let pattern = match field.kind {
        Kind::Text => return format!(r#"<xs:maxLength value="{}"/>"#, field.max_chars),
        Kind::Number => format!("[0-9]{{0,{}}}", field.max_chars),
        Kind::Date => format!("({DAY}{MONTH}[0-9]{{4}})?"),
        Kind::PartialDate => format!("(({DAY})?{MONTH})?[0-9]{{4}}|"),
        Kind::Flag => "[01]?".to_owned(),
        Kind::Code(list) => format!("{}?", one_of(list)),
        Kind::Codes(list) => format!("({0}(,{0})*)?", one_of(list)),
    };
    format!(r#"<xs:pattern value="{pattern}"/>"#)
}
