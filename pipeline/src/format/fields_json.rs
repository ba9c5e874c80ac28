//! `fields` of a document in `case.json`: what it says of itself, facts and proposals. Optional; packages of earlier
//! versions have none. Re-implementable from `docs/format/case-json.md`.

use record::{
    Article, DocType, DocumentFields, Field, PageNo, PartialDate, Person, Place, PxBox, Reading, Role,
    SecrecyStamp, Signer, UnitName, UrgencyStamp,
};
use serde::{Deserialize, Serialize};

type Text = JsonField<String>;

/// All fields; absent ones were not found.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct JsonFields {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    articles: Vec<JsonField<JsonArticle>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    charges: Vec<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc_type: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuing_body: Option<JsonField<JsonUnit>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    persons: Vec<JsonPerson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secrecy: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<JsonField<JsonSigner>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    superior_body: Option<JsonField<JsonUnit>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    urgency: Option<Text>,
}

#[derive(Serialize, Deserialize)]
struct JsonField<V> {
    at: Vec<JsonPlace>,
    confidence: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    read: Option<String>,
    rule: String,
    /// `accepted` or `proposal`; anything else is taken as a proposal.
    standing: String,
    value: V,
}

#[derive(Serialize, Deserialize)]
struct JsonPlace {
    /// Left, top, right, bottom.
    #[serde(rename = "box")]
    bbox: [u32; 4],
    page: u32,
}

#[derive(Serialize, Deserialize)]
struct JsonUnit {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct JsonSigner {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authority: Option<String>,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rank: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct JsonArticle {
    article: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    clauses: Vec<u8>,
    law: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    points: Vec<char>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    year: Option<u16>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    year_inferred: bool,
}

#[derive(Serialize, Deserialize)]
struct JsonPerson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    born: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_number: Option<Text>,
    name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<String>,
}

/// What is written for these fields; `None` when nothing was found.
pub(super) fn of(fields: &DocumentFields) -> Option<JsonFields> {
    if fields.is_empty() {
        return None;
    }
    let person = |p: &Person| JsonPerson {
        address: text(&p.address, String::clone),
        born: text(&p.born, PartialDate::to_string),
        id_number: text(&p.id_number, String::clone),
        name: json(&p.name, String::clone),
        role: p.role.map(|r| r.code().to_owned()),
    };
    let unit = |u: &UnitName| JsonUnit { name: u.name.clone(), unit: u.unit.clone() };
    let signer = |s: &Signer| JsonSigner {
        authority: s.authority.clone(),
        name: s.name.clone(),
        rank: s.rank.clone(),
        title: s.title.clone(),
    };
    let article = |a: &Article| JsonArticle {
        article: a.article.clone(),
        clauses: a.clauses.clone(),
        law: a.law.to_string(),
        points: a.points.clone(),
        year: a.year,
        year_inferred: a.year_inferred,
    };
    Some(JsonFields {
        articles: fields.articles.iter().map(|f| json(f, article)).collect(),
        charges: fields.charges.iter().map(|f| json(f, String::clone)).collect(),
        date: text(&fields.date, PartialDate::to_string),
        doc_type: text(&fields.doc_type, |t| t.code().to_owned()),
        issuing_body: fields.issuing_body.as_ref().map(|f| json(f, unit)),
        number: text(&fields.number, String::clone),
        persons: fields.persons.iter().map(person).collect(),
        place: text(&fields.place, String::clone),
        secrecy: text(&fields.secrecy, |s| s.code().to_owned()),
        signer: fields.signer.as_ref().map(|f| json(f, signer)),
        subject: text(&fields.subject, String::clone),
        superior_body: fields.superior_body.as_ref().map(|f| json(f, unit)),
        symbol: text(&fields.symbol, String::clone),
        urgency: text(&fields.urgency, |u| u.code().to_owned()),
    })
}

fn text<T>(field: &Option<Field<T>>, value: impl Fn(&T) -> String) -> Option<Text> {
    field.as_ref().map(|f| json(f, value))
}

fn json<T, V>(field: &Field<T>, value: impl Fn(&T) -> V) -> JsonField<V> {
    let reading = field.reading();
    let place = |p: &Place| {
        let b = p.bbox;
        JsonPlace { bbox: [b.left, b.top, b.right, b.bottom], page: p.page.get() }
    };
    JsonField {
        at: reading.places.iter().map(place).collect(),
        confidence: reading.confidence,
        read: reading.read.clone(),
        rule: reading.rule.to_string(),
        standing: if field.is_proposal() { "proposal" } else { "accepted" }.to_owned(),
        value: value(&reading.value),
    }
}

/// The fields; values that this version does not know (a type, a role of a later one) are passed over.
pub(super) fn read(json: JsonFields) -> Result<DocumentFields, String> {
    let unit = |u: JsonUnit| Some(UnitName { name: u.name, unit: u.unit });
    let signer =
        |s: JsonSigner| Some(Signer { authority: s.authority, title: s.title, name: s.name, rank: s.rank });
    let article = |a: JsonArticle| {
        Some(Article {
            law: a.law.into(),
            year: a.year,
            year_inferred: a.year_inferred,
            article: a.article,
            clauses: a.clauses,
            points: a.points,
        })
    };
    let mut persons = Vec::with_capacity(json.persons.len());
    for person in json.persons {
        let Some(name) = field(Some(person.name), Some)? else { continue };
        persons.push(Person {
            role: person.role.as_deref().and_then(Role::from_code),
            name,
            born: field(person.born, |v| PartialDate::parse(&v))?,
            id_number: field(person.id_number, Some)?,
            address: field(person.address, Some)?,
        });
    }
    Ok(DocumentFields {
        doc_type: field(json.doc_type, |v| DocType::from_code(&v))?,
        issuing_body: field(json.issuing_body, unit)?,
        superior_body: field(json.superior_body, unit)?,
        number: field(json.number, Some)?,
        symbol: field(json.symbol, Some)?,
        place: field(json.place, Some)?,
        date: field(json.date, |v| PartialDate::parse(&v))?,
        subject: field(json.subject, Some)?,
        secrecy: field(json.secrecy, |v| SecrecyStamp::from_code(&v))?,
        urgency: field(json.urgency, |v| UrgencyStamp::from_code(&v))?,
        signer: field(json.signer, signer)?,
        persons,
        charges: all(json.charges, Some)?,
        articles: all(json.articles, article)?,
    })
}

fn all<V, T>(json: Vec<JsonField<V>>, value: impl Fn(V) -> Option<T>) -> Result<Vec<Field<T>>, String> {
    let mut fields = Vec::with_capacity(json.len());
    for one in json {
        fields.extend(field(Some(one), &value)?);
    }
    Ok(fields)
}

fn field<V, T>(
    json: Option<JsonField<V>>,
    value: impl Fn(V) -> Option<T>,
) -> Result<Option<Field<T>>, String> {
    let Some(json) = json else { return Ok(None) };
    let Some(value) = value(json.value) else { return Ok(None) };
    let mut places = Vec::with_capacity(json.at.len());
    for place in json.at {
        let [left, top, right, bottom] = place.bbox;
        let page = PageNo::new(place.page).map_err(|e| e.to_string())?;
        places.push(Place { page, bbox: PxBox { left, top, right, bottom } });
    }
    let confidence = json.confidence.min(100);
    let reading = Reading { value, read: json.read, places, confidence, rule: json.rule.into() };
    Ok(Some(if json.standing == "accepted" { Field::Accepted(reading) } else { Field::Proposal(reading) }))
}

#[cfg(test)]
pub(super) fn sample() -> DocumentFields {
    fn found<T>(value: T, accepted: bool) -> Field<T> {
        let bbox = PxBox { left: 1, top: 2, right: 30, bottom: 40 };
        let place = Place { page: PageNo::new(1).expect("1 is a page"), bbox };
        let read = Some("as \"read\"".to_owned());
        let reading = Reading { value, read, places: vec![place], confidence: 91, rule: "test-rule".into() };
        if accepted { Field::Accepted(reading) } else { Field::Proposal(reading) }
    }
    let unit =
        UnitName { name: "Viện kiểm sát nhân dân khu vực 7".into(), unit: Some("vks-kv-7".into()) };
    let article = Article {
        law: "BLHS".into(),
        year: Some(2015),
        year_inferred: true,
        article: "174".into(),
        clauses: vec![1, 2],
        points: vec!['đ', 'd'],
    };
    let person = Person {
        role: Some(Role::Accused),
        name: found("Lê Văn A".into(), true),
        born: Some(found(PartialDate { year: 1980, month: None, day: None }, true)),
        id_number: Some(found("000330416209".into(), false)),
        address: Some(found("xã B".into(), true)),
    };
    DocumentFields {
        doc_type: Some(found(DocType::CaoTrang, true)),
        issuing_body: Some(found(unit.clone(), true)),
        superior_body: Some(found(UnitName { unit: None, ..unit }, false)),
        number: Some(found("12".into(), false)),
        symbol: Some(found("CT-VKSKV7".into(), true)),
        place: Some(found("Huế".into(), true)),
        date: Some(found(PartialDate { year: 2019, month: Some(3), day: None }, true)),
        subject: Some(found("truy tố".into(), true)),
        secrecy: Some(found(SecrecyStamp::Mat, false)),
        urgency: Some(found(UrgencyStamp::HoaToc, true)),
        signer: Some(found(
            Signer {
                authority: Some("KT. VIỆN TRƯỞNG".into()),
                title: Some("PHÓ VIỆN TRƯỞNG".into()),
                name: "Lê Văn B".into(),
                rank: None,
            },
            true,
        )),
        persons: vec![person],
        charges: vec![found("Đánh bạc".into(), true)],
        articles: vec![found(article, false)],
    }
}
