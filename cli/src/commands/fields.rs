//! The fields of a document as a table for people and as JSON for programs.

use crate::say::Speaker;
use record::{DocumentFields, Field, PartialDate, Signer, UnitName};
use serde_json::{Value, json};

/// Rows of the table below a document; proposals are marked as such.
pub(super) fn table(fields: &DocumentFields, speaker: Speaker) {
    let rows = Rows { speaker };
    let pick = |vi, en| speaker.pick(vi, en);
    rows.row(pick("cơ quan ban hành", "issuing body"), &fields.issuing_body, unit_name);
    rows.row(pick("cơ quan cấp trên", "superior body"), &fields.superior_body, unit_name);
    rows.row(pick("số", "number"), &fields.number, String::clone);
    rows.row(pick("ký hiệu", "symbol"), &fields.symbol, String::clone);
    rows.row(pick("địa danh", "place"), &fields.place, String::clone);
    rows.row(pick("ngày", "date"), &fields.date, PartialDate::to_string);
    rows.row(pick("loại văn bản", "document type"), &fields.doc_type, |t| {
        pick(t.vietnamese(), t.english()).into()
    });
    rows.row(pick("trích yếu", "subject"), &fields.subject, String::clone);
    rows.row(pick("độ mật", "secrecy"), &fields.secrecy, |s| pick(s.vietnamese(), s.english()).into());
    rows.row(pick("độ khẩn", "urgency"), &fields.urgency, |u| pick(u.vietnamese(), u.english()).into());
    rows.row(pick("người ký", "signer"), &fields.signer, signer);
    for person in &fields.persons {
        let role = person.role.map(|role| pick(role.vietnamese(), role.english()).to_lowercase());
        let role = role.unwrap_or_else(|| pick("người", "person").to_owned());
        rows.one(&role, &person.name, String::clone);
        rows.row(pick("  sinh", "  born"), &person.born, PartialDate::to_string);
        rows.row(pick("  số CCCD/CMND", "  identity card"), &person.id_number, String::clone);
        rows.row(pick("  nơi cư trú", "  residence"), &person.address, String::clone);
    }
    for charge in &fields.charges {
        rows.one(pick("tội danh", "charge"), charge, String::clone);
    }
    for article in &fields.articles {
        rows.one(pick("điều luật", "article"), article, |a| {
            let inferred = if a.year_inferred { pick(" (năm suy ra)", " (year inferred)") } else { "" };
            format!("{a}{inferred}")
        });
    }
}

struct Rows {
    speaker: Speaker,
}

impl Rows {
    fn row<T>(&self, label: &str, field: &Option<Field<T>>, shown: impl Fn(&T) -> String) {
        if let Some(field) = field {
            self.one(label, field, shown);
        }
    }

    fn one<T>(&self, label: &str, field: &Field<T>, shown: impl Fn(&T) -> String) {
        let reading = field.reading();
        let mut notes = Vec::new();
        if field.is_proposal() {
            notes.push(self.speaker.pick("đề xuất", "proposal").to_owned());
        }
        notes.push(format!("{} %", reading.confidence));
        let page = self.speaker.pick("trang", "page");
        notes.extend(reading.places.first().map(|place| format!("{page} {}", place.page)));
        let value = shown(&reading.value);
        let pad = 18usize.saturating_sub(label.chars().count());
        self.speaker.data(format_args!("       {label}{:pad$}  {value}  [{}]", "", notes.join(", ")));
    }
}

fn unit_name(unit: &UnitName) -> String {
    unit.name.clone()
}

fn signer(signer: &Signer) -> String {
    let parts = [&signer.authority, &signer.title, &signer.rank];
    let mut parts: Vec<&str> = parts.into_iter().filter_map(|part| part.as_deref()).collect();
    parts.push(&signer.name);
    parts.join(" · ")
}

/// All fields as JSON; what was not found is null or an empty list.
pub(super) fn json(fields: &DocumentFields) -> Value {
    let person = |p: &record::Person| {
        json!({
            "role": p.role.map(|r| r.code()), "name": one(&p.name, |n| json!(n)),
            "born": opt(&p.born, |d| json!(d.to_string())), "id_number": opt(&p.id_number, |n| json!(n)),
            "address": opt(&p.address, |a| json!(a)),
        })
    };
    let unit = |u: &UnitName| json!({"name": u.name, "unit": u.unit});
    let article = |a: &record::Article| {
        json!({
            "text": a.to_string(), "law": a.law, "year": a.year, "year_inferred": a.year_inferred, "article": a.article,
            "clauses": a.clauses, "points": a.points,
        })
    };
    json!({
        "doc_type": opt(&fields.doc_type, |t| json!(t.code())),
        "issuing_body": opt(&fields.issuing_body, unit), "superior_body": opt(&fields.superior_body, unit),
        "number": opt(&fields.number, |n| json!(n)), "symbol": opt(&fields.symbol, |s| json!(s)),
        "place": opt(&fields.place, |p| json!(p)), "date": opt(&fields.date, |d| json!(d.to_string())),
        "subject": opt(&fields.subject, |s| json!(s)),
        "secrecy": opt(&fields.secrecy, |s| json!(s.code())), "urgency": opt(&fields.urgency, |u| json!(u.code())),
        "signer": opt(&fields.signer, |s| json!({
            "authority": s.authority, "title": s.title, "rank": s.rank, "name": s.name,
        })),
        "persons": fields.persons.iter().map(person).collect::<Vec<_>>(),
        "charges": fields.charges.iter().map(|f| one(f, |c| json!(c))).collect::<Vec<_>>(),
        "articles": fields.articles.iter().map(|f| one(f, article)).collect::<Vec<_>>(),
    })
}

fn opt<T>(field: &Option<Field<T>>, value: impl Fn(&T) -> Value) -> Value {
    field.as_ref().map_or(Value::Null, |field| one(field, value))
}

fn one<T>(field: &Field<T>, value: impl Fn(&T) -> Value) -> Value {
    let reading = field.reading();
    let place = |p: &record::Place| json!({"page": p.page.get(), "box": [p.bbox.left, p.bbox.top, p.bbox.right, p.bbox.bottom]});
    json!({
        "value": value(&reading.value), "standing": if field.is_proposal() { "proposal" } else { "accepted" },
        "confidence": reading.confidence, "rule": reading.rule, "read": reading.read,
        "at": reading.places.iter().map(place).collect::<Vec<_>>(),
    })
}
