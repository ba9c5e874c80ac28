//! People named in the text: after "Họ và tên:", after the word that says in which capacity ("bị can …", "Bị hại: …"),
//! with date of birth, number of the identity card and residence where they follow.

use super::names::{self, Name};
use super::sheet::Flow;
use super::{ACCEPT, field};
use record::{DocType, Field, PartialDate, Person, Role};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;
use vitext::patterns::dates;

/// People of one document.
const MOST_PERSONS: usize = 200;
/// Mentions of one document that are counted.
const MOST_MENTIONS: usize = 2_000;
/// Bytes after a name in which its data stand.
const REACH: usize = 700;
/// Bytes before a label in which the capacity stands, with nothing but signs and figures between.
const BEFORE: usize = 60;

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bho\s*(?:va\s+)?(?:chu\s+dem\s+va\s+)?ten(?:\s+khai\s+sinh)?\s*(?:[:;.]\s*|\n\s*)")
        .expect("a fixed pattern")
});
static ROLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?P<role>bi\s+can|bi\s+cao|(?:nguoi\s+)?bi\s+hai|nguoi\s+lam\s+chung|nhan\s+chung|nguoi\s+bi\s+tam\s+giu|",
        r"nguyen\s+don(?:\s+dan\s+su)?|bi\s+don(?:\s+dan\s+su)?|nguoi\s+co\s+quyen\s+loi,?\s+nghia\s+vu\s+lien\s+quan|",
        r"nguoi\s+bao\s+chua|luat\s+su)\b\s*(?P<after>[:;]?\s*(?:(?:ong|ba|anh|chi|la)\s*[:;]?\s*){0,2})",
    ))
    .expect("a fixed pattern")
});
static BORN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\bsinh\s*(?:ngay|nam)?\b[^\n;\d]{0,3}").expect("a fixed pattern"));
static YEAR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\W{0,3}(?P<year>(?:19|20)\d{2})\b").expect("a fixed pattern"));
static IDENTITY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:cccd|cmnd|cmtnd|can\s+cuoc(?:\s+cong\s+dan)?|chung\s+minh\s+(?:nhan\s+dan|thu)|dinh\s+danh(?:\s+ca\s+nhan)?)",
        r"(?:\s*/\s*(?:cccd|cmnd|cc))?\s*(?:so)?\s*[:;.]?\s*(?P<digits>\d[\d ]{7,14}\d)\b",
    ))
    .expect("a fixed pattern")
});
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:noi\s+cu\s+tru|noi\s+thuong\s+tru|noi\s+o(?:\s+hien\s+(?:nay|tai))?|dkhktt|hktt|ho\s+khau\s+thuong\s+tru|",
        r"noi\s+dang\s+ky\s+(?:ho\s+khau|nhan\s+khau|hktt)(?:\s+thuong\s+tru)?|cho\s+o(?:\s+hien\s+(?:nay|tai))?|dia\s+chi|cu\s+tru\s+tai|tru\s+tai)",
        r"\s*[:;]?\s*",
    ))
    .expect("a fixed pattern")
});

/// A person with how often the name was read in each spelling.
struct Candidate {
    person: Person,
    key: String,
    spellings: Vec<(String, u32)>,
}

/// Collects people over the pages of a document.
#[derive(Default)]
pub(super) struct Collector {
    people: Vec<Candidate>,
    mentions: usize,
}

impl Collector {
    /// Takes the people of one page.
    pub(super) fn page(&mut self, flow: &Flow<'_>, doc_type: Option<DocType>) {
        let folded = flow.folded.text();
        let mut labels: Vec<(usize, Name, Range<usize>)> = Vec::new();
        for m in LABEL.find_iter(folded) {
            let at = flow.folded.original(m.range());
            let Some(name) = name_at(flow, at.end) else { continue };
            let range = at.end..at.end + name.text.len();
            labels.push((m.start(), name, range));
        }
        let ends: Vec<usize> =
            labels.iter().skip(1).map(|(start, ..)| *start).chain([folded.len()]).collect();
        for ((start, name, range), end) in labels.into_iter().zip(ends) {
            let role = role_before(folded, start).or_else(|| role_of(doc_type));
            self.labelled(flow, name, range, role, end);
        }
        self.mentioned(flow);
    }

    fn labelled(&mut self, flow: &Flow<'_>, name: Name, range: Range<usize>, role: Option<Role>, end: usize) {
        let evidence = flow.evidence(range.clone());
        let trust = match name.is_known {
            true => evidence.mean.min(93).min(evidence.least.saturating_add(20)),
            false => evidence.mean.min(70),
        };
        let window = window(flow, range.end, end);
        let (born, id_number, address) = data(flow, window);
        let name = field(name.text, None, evidence.places, trust, "name-label", ACCEPT);
        self.put(Person { role, name, born, id_number, address });
    }

    fn mentioned(&mut self, flow: &Flow<'_>) {
        let folded = flow.folded.text();
        for c in ROLE.captures_iter(folded) {
            let (Some(role), Some(after)) = (c.name("role"), c.name("after")) else { continue };
            let Some(role) = role_named(role.as_str()) else { continue };
            let is_list = after.as_str().contains([':', ';']);
            let mut at = flow.folded.original(after.range()).end;
            while let Some(name) = name_at(flow, at).filter(|name| name.is_known) {
                if self.mentions == MOST_MENTIONS {
                    return;
                }
                self.mentions += 1;
                let range = at..at + name.text.len();
                let evidence = flow.evidence(range.clone());
                let trust =
                    evidence.mean.min(if is_list { 88 } else { 72 }).min(evidence.least.saturating_add(20));
                let (born, id_number, address) = match flow.text[range.end..].starts_with(',') {
                    true => data(flow, sentence(flow, range.end)),
                    false => (None, None, None),
                };
                // who is described is named with more care than who is mentioned
                let described = born.is_some() || id_number.is_some();
                let trust = if described {
                    evidence.mean.min(86).min(evidence.least.saturating_add(20))
                } else {
                    trust
                };
                let rule = if is_list { "role-list" } else { "role-word" };
                let name = field(name.text, None, evidence.places, trust, rule, ACCEPT);
                self.put(Person { role: Some(role), name, born, id_number, address });
                // "Bị can: A, B và C"
                let rest = &flow.text[range.end..];
                let Some(next) =
                    [", ", " và ", "; "].iter().find_map(|sign| rest.starts_with(sign).then_some(sign.len()))
                else {
                    break;
                };
                at = range.end + next;
            }
        }
    }

    /// Adds a person, or what is new of one that is there already.
    fn put(&mut self, new: Person) {
        let spelling = new.name.reading().value.clone();
        let key = names::key(&spelling);
        let same = |old: &&mut Candidate| {
            old.key == key && (old.person.role == new.role || old.person.role.is_none() || new.role.is_none())
        };
        let Some(old) = self.people.iter_mut().find(same) else {
            if self.people.len() < MOST_PERSONS {
                self.people.push(Candidate { person: new, key, spellings: vec![(spelling, 1)] });
            }
            return;
        };
        let room = old.spellings.len() < 20;
        match old.spellings.iter_mut().find(|(known, _)| *known == spelling) {
            Some((_, count)) => *count += 1,
            None if room => old.spellings.push((spelling, 1)),
            None => {}
        }
        let person = &mut old.person;
        person.role = person.role.or(new.role);
        if person.name.reading().confidence < new.name.reading().confidence {
            person.name = new.name;
        }
        surer(&mut person.born, new.born);
        surer(&mut person.id_number, new.id_number);
        surer(&mut person.address, new.address);
    }

    /// The people found. A name that several mentions spell alike is surer than one; one that is a letter away from a name
    /// read more often is a misreading of it and left out.
    pub(super) fn finish(self) -> Vec<Person> {
        let total = |c: &Candidate| c.spellings.iter().map(|(_, n)| n).sum::<u32>();
        let near = |a: &str, b: &str| {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            a.len().abs_diff(b.len()) <= 1 && vitext::cer::distance(&a, &b) == 1
        };
        // a name cut short by the end of a page or a sign is the beginning of the whole one
        let is_part =
            |a: &str, b: &str| b.len() > a.len() && b.starts_with(a) && b[a.len()..].starts_with(' ');
        let is_stray = |c: &Candidate| {
            let data = c.person.id_number.is_some() || c.person.born.is_some();
            !data
                && self.people.iter().any(|other| {
                    total(other) > total(c) && (near(&c.key, &other.key) || is_part(&c.key, &other.key))
                })
        };
        let kept: Vec<bool> = self.people.iter().map(|c| !is_stray(c)).collect();
        let people = self.people.into_iter().zip(kept).filter(|(_, kept)| *kept);
        people.map(|(candidate, _)| settled(candidate)).collect()
    }
}

/// The person under the spelling read most often.
fn settled(candidate: Candidate) -> Person {
    let Candidate { mut person, spellings, .. } = candidate;
    let most = spellings.iter().map(|(_, n)| *n).max().unwrap_or(0);
    let all: u32 = spellings.iter().map(|(_, n)| n).sum();
    let mut reading = person.name.reading().clone();
    let winner = spellings.iter().find(|(_, n)| *n == most).map(|(s, _)| s.clone());
    if let Some(winner) = winner.filter(|w| most * 2 > all && *w != reading.value) {
        reading.read = Some(std::mem::replace(&mut reading.value, winner));
    }
    if most >= 2 && most * 2 > all {
        reading.confidence = reading.confidence.clamp(82, 95);
    } else if all > 1 && most * 2 <= all {
        reading.confidence = reading.confidence.min(70);
    }
    person.name = Field::judged(reading, ACCEPT);
    person
}

fn surer<T>(old: &mut Option<Field<T>>, new: Option<Field<T>>) {
    let confidence = |f: &Option<Field<T>>| f.as_ref().map_or(0, |f| f.reading().confidence);
    if confidence(&new) > confidence(old) {
        *old = new;
    }
}

fn name_at(flow: &Flow<'_>, at: usize) -> Option<Name> {
    names::at_start(flow.text.get(at..)?)
}

/// Bytes of the text after `from`: at most [`REACH`], at most to `end` of the folded text.
fn window(flow: &Flow<'_>, from: usize, end: usize) -> Range<usize> {
    let end = flow.folded.original(end..end).end;
    from..floor(&flow.text, (from + REACH).min(end.max(from)))
}

/// To the end of the sentence, at most [`REACH`] bytes.
fn sentence(flow: &Flow<'_>, from: usize) -> Range<usize> {
    let to = floor(&flow.text, (from + REACH).min(flow.text.len()));
    let rest = &flow.text[from..to];
    let end = rest.find(". ").or_else(|| rest.find(".\n")).map_or(to, |at| from + at);
    from..end
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

type Data = (Option<Field<PartialDate>>, Option<Field<String>>, Option<Field<String>>);

/// Birth, identity card and residence in a part of the text.
fn data(flow: &Flow<'_>, window: Range<usize>) -> Data {
    let text = &flow.text[window.clone()];
    let folded = vitext::Folded::new(text);
    let of_text = |range: Range<usize>| {
        let range = folded.original(range);
        window.start + range.start..window.start + range.end
    };
    let born = BORN.find(folded.text()).and_then(|m| {
        let from = folded.original(m.range()).end;
        let to = floor(text, from + 40);
        let first = dates(&text[from..to]).into_iter().find(|f| f.range.start <= 12);
        let (date, range) = match first {
            Some(found) => {
                let d = found.value;
                let date = PartialDate { year: d.year, month: d.month, day: d.day };
                (date, from + found.range.start..from + found.range.end)
            }
            None => {
                let c = YEAR.captures(&text[from..to])?;
                let year = c.name("year")?;
                let date = PartialDate { year: year.as_str().parse().ok()?, month: None, day: None };
                (date, from + year.start()..from + year.end())
            }
        };
        let evidence = flow.evidence(window.start + range.start..window.start + range.end);
        Some(field(date, None, evidence.places, evidence.least.min(92), "birth-label", ACCEPT))
    });
    let id_number = IDENTITY.captures(folded.text()).and_then(|c| {
        let digits = c.name("digits")?;
        let value: String = digits.as_str().chars().filter(char::is_ascii_digit).collect();
        let evidence = flow.evidence(of_text(digits.range()));
        let trust = if matches!(value.len(), 9 | 12) { evidence.least.min(92) } else { 50 };
        Some(field(value, None, evidence.places, trust, "identity-label", ACCEPT))
    });
    let address = ADDRESS.find(folded.text()).and_then(|m| {
        let from = folded.original(m.range()).end;
        let rest = &text[from..];
        let end = rest.char_indices().find(|(at, c)| {
            matches!(c, ';' | '\n')
                || *at > 200
                || *c == '.'
                    && rest[at + 1..].trim_start().chars().next().is_none_or(char::is_uppercase)
                    && !ends_short(&rest[..*at])
        });
        let value = rest[..end.map_or(rest.len(), |(at, _)| at)].trim().trim_end_matches([',', '.']);
        if value.chars().count() < 4 {
            return None;
        }
        let start = window.start + from + (rest.len() - rest.trim_start().len());
        let evidence = flow.evidence(start..start + value.len());
        let trust = evidence.mean.min(86).min(evidence.least.saturating_add(25));
        Some(field(value.to_owned(), None, evidence.places, trust, "address-label", ACCEPT))
    });
    (born, id_number, address)
}

/// "TP.", "P." and the like do not end an address.
fn ends_short(text: &str) -> bool {
    let last = text.rsplit([' ', ',']).next().unwrap_or_default();
    last.chars().count() <= 2
}

/// The last capacity named before a label, on this page.
fn role_before(folded: &str, at: usize) -> Option<Role> {
    let from = floor(folded, at.saturating_sub(BEFORE));
    let before = &folded[from..at];
    let found = ROLE.captures_iter(before).last()?;
    let rest = &before[found.get_match().end()..];
    let is_beside = rest.chars().all(|c| !c.is_alphabetic());
    role_named(found.name("role")?.as_str()).filter(|_| is_beside)
}

/// Whom the first "Họ và tên" of a form is about.
fn role_of(doc_type: Option<DocType>) -> Option<Role> {
    match doc_type? {
        DocType::QuyetDinhKhoiToBiCan
        | DocType::LenhTamGiam
        | DocType::BienBanHoiCung
        | DocType::CaoTrang
        | DocType::KetLuanDieuTra => Some(Role::Accused),
        _ => None,
    }
}

fn role_named(folded: &str) -> Option<Role> {
    let words: String = folded.to_ascii_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    Some(match words.as_str() {
        "bi can" => Role::Accused,
        "bi cao" => Role::Defendant,
        "bi hai" | "nguoi bi hai" => Role::Victim,
        "nguoi lam chung" | "nhan chung" => Role::Witness,
        "nguoi bi tam giu" => Role::Detainee,
        "nguoi bao chua" | "luat su" => Role::Counsel,
        w if w.starts_with("nguyen don") => Role::Plaintiff,
        w if w.starts_with("bi don") => Role::CivilDefendant,
        w if w.starts_with("nguoi co quyen") => Role::Interested,
        _ => return None,
    })
}
