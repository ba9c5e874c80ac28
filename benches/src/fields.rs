//! Header fields of the documents of a set, as `hoso case show --json` tells them after the whole main job, against the truth of the
//! generator. A field is right, wrong (accepted, but not so) or open (a proposal or nothing).

use crate::Setting;
use crate::measure::cost;
use crate::pages::{MadeSet, fresh, make};
use crate::table::{Demand, Report, Section, percent};
use anyhow::{Context, Result, ensure};
use clap::Args;
use fixtures::truth::{CaseTruth, DocumentTruth, PageTruth, to_box};
use record::PxBox;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Pages of each set.
    #[arg(long, default_value_t = 60)]
    pub pages: u32,
    /// The sets.
    #[arg(long, value_delimiter = ',', default_values_t = ["demo", "stamped-300", "clean-300", "signed-300"].map(str::to_owned))]
    pub sets: Vec<String>,
    /// Workers.
    #[arg(long, default_value_t = 2)]
    pub workers: u16,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            pages: 60,
            sets: ["demo", "stamped-300", "clean-300", "signed-300"].map(str::to_owned).into(),
            workers: 2,
        }
    }
}

/// Rows of the table, in this order.
const ROWS: [&str; 23] = [
    "document type",
    "year",
    "date, printed",
    "date, day and month by pen",
    "symbol",
    "number, printed",
    "number, by pen",
    "issuing body",
    "place",
    "subject",
    "signer's name",
    "under a seal, authority",
    "under a seal, title",
    "under a seal, rank",
    "under a seal, name",
    "person, name and role",
    "person, date of birth",
    "person, identity card",
    "person, residence",
    "charge",
    "article",
    "bút lục stamp",
    "secrecy or urgency",
];

/// What came of one field over all documents.
#[derive(Debug, Default, Clone)]
struct Tally {
    /// Truths, and of those the right, wrong and open ones.
    all: u64,
    right: u64,
    wrong: u64,
    /// Accepted where the truth has nothing.
    invented: u64,
    cases: Vec<Value>,
}

#[derive(Default)]
struct Account {
    documents: u64,
    rows: BTreeMap<&'static str, Tally>,
}

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let mut account = Account::default();
    for name in &order.sets {
        let set = make(setting, name, order.pages)?;
        let archive = fresh(&setting.work.join("fields"))?.join("archive");
        cost(setting.programs.hoso().arg("init").arg(&archive), &[0])?;
        write_units(&set, &archive)?;
        eprintln!("benches: main job on {} pages of {name}", order.pages);
        let mut command = setting.programs.hoso();
        command.args(["batch", "run"]).arg(&set.batch).arg("--archive").arg(&archive);
        cost(command.args(["--secrecy", "thuong", "--workers", &order.workers.to_string()]), &[0, 3])?;
        for (case, pages) in &set.truth.cases {
            let mut command = setting.programs.hoso();
            command.args(["case", "show", &case.code, "--json", "--archive"]).arg(&archive);
            let out = command.stdout(std::process::Stdio::piped()).output()?;
            ensure!(
                out.status.success(),
                "case show {}: {}",
                case.code,
                String::from_utf8_lossy(&out.stderr)
            );
            let lines = String::from_utf8(out.stdout)?;
            let shown: Vec<Value> = lines
                .lines()
                .map(serde_json::from_str)
                .collect::<std::result::Result<_, _>>()
                .context("case show --json")?;
            let shown: Vec<&Value> = shown.iter().filter(|v| v["type"] == "document").collect();
            account.case(name, case, pages, &shown)?;
        }
    }
    let title = format!("Header fields: {} documents of {}", account.documents, order.sets.join(", "));
    report.add(account.section(title));
    Ok(())
}

/// The list that an archive brings: the units whose papers are in its case files. All provinces of the sets are invented, so
/// that the built-in registry cannot have them.
fn write_units(set: &MadeSet, archive: &Path) -> Result<()> {
    let mut names = BTreeSet::new();
    for (case, _) in &set.truth.cases {
        names.extend(case.units.iter().cloned());
        names.extend(case.documents.iter().map(|d| issuer(d).to_owned()));
    }
    let lines: String = names.iter().enumerate().map(|(n, name)| format!("own-{n},\"{name}\"\n")).collect();
    std::fs::write(archive.join("units.csv"), format!("id,name\n{lines}"))?;
    Ok(())
}

/// The issuing body without the superior one.
fn issuer(document: &DocumentTruth) -> &str {
    document.header.issuing_body.split(" - ").next().unwrap_or_default()
}

/// A field as shown: its value and whether it is accepted; `None` when it was not found.
fn found<'v>(document: &'v Value, name: &str) -> Option<(&'v Value, bool)> {
    of(&document["fields"][name])
}

fn of(field: &Value) -> Option<(&Value, bool)> {
    (!field.is_null()).then(|| (&field["value"], field["standing"] == "accepted"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Without white space, lower case: letter case and spacing are not what is asked.
fn loosely(text: &str) -> String {
    text.split_whitespace().collect::<String>().to_lowercase()
}

impl Account {
    /// Counts one field; `truth` is empty where the document has none. `says` tells whether the value says it.
    fn field(
        &mut self,
        row: &'static str,
        of: &str,
        truth: &str,
        found: Option<(&Value, bool)>,
        says: impl Fn(&Value) -> bool,
    ) {
        let tally = self.rows.entry(row).or_default();
        let accepted = found.filter(|(_, accepted)| *accepted).map(|(value, _)| value);
        let outcome = match (truth.is_empty(), accepted) {
            (true, None) => return,
            (true, Some(_)) => {
                tally.invented += 1;
                "invented"
            }
            (false, Some(value)) if says(value) => {
                tally.right += 1;
                "right"
            }
            (false, Some(_)) => {
                tally.wrong += 1;
                "wrong"
            }
            (false, None) => "open",
        };
        tally.all += u64::from(!truth.is_empty());
        if outcome != "right" {
            let shown = found.map(|(value, _)| value);
            tally.cases.push(json!({"of": of, "outcome": outcome, "truth": truth, "found": shown}));
        }
    }

    fn case(&mut self, set: &str, case: &CaseTruth, pages: &[PageTruth], shown: &[&Value]) -> Result<()> {
        let forms = || case.documents.iter().filter_map(|d| d.fields.as_ref());
        let charges: BTreeSet<String> = forms().flat_map(|f| &f.charges).map(|c| loosely(c)).collect();
        let articles: BTreeSet<String> = forms().flat_map(|f| &f.articles).map(|a| cited(a)).collect();
        for truth in &case.documents {
            let name = truth.path.rsplit('/').next().unwrap_or_default();
            let document = shown.iter().find(|d| text(&d["name"]) == name);
            let document = document.with_context(|| format!("{}: {name} is not shown", case.code))?;
            let first = truth.first_page as usize - 1;
            let its_pages = &pages[first..first + truth.pages as usize];
            let of = format!("{set} {}", truth.path);
            self.documents += 1;
            self.header(&of, truth, &its_pages[0], document);
            self.signer_under_seal(&of, truth, &pages[first..], document);
            self.people(&of, case, truth, document);
            self.law(&of, truth, document, &charges, &articles);
            self.folios(&of, its_pages, document);
        }
        Ok(())
    }

    fn header(&mut self, of: &str, truth: &DocumentTruth, page: &PageTruth, document: &Value) {
        let by_pen = |kind: &str| page.handwriting.iter().any(|mark| mark.kind == kind);
        let is = |wanted: &str| {
            let wanted = loosely(wanted);
            move |value: &Value| loosely(text(value)) == wanted
        };
        let header = &truth.header;
        self.field("document type", of, &truth.doc_type, found(document, "doc_type"), is(&truth.doc_type));
        let date = found(document, "date");
        let year = header.date.get(..4).unwrap_or_default();
        self.field("year", of, year, date, |value| text(value).starts_with(year));
        // a part that is left out is no mistake; one that is there has to be right
        let partly = |value: &Value| header.date.starts_with(text(value));
        let row = if by_pen("day") { "date, day and month by pen" } else { "date, printed" };
        let whole = date.map(|(value, accepted)| {
            (value, accepted && (text(value).len() == header.date.len() || !partly(value)))
        });
        self.field(row, of, &header.date, whole, partly);
        // a cover has the code of the case file in place of a number
        let numbered = header.number.split_once('/').filter(|_| truth.doc_type != "bia-ho-so");
        let (number, symbol) = numbered.unwrap_or_default();
        self.field("symbol", of, symbol, found(document, "symbol"), is(symbol));
        let row = if by_pen("number") { "number, by pen" } else { "number, printed" };
        let same_number =
            |value: &Value| text(value).trim_start_matches('0') == number.trim_start_matches('0');
        self.field(row, of, number, found(document, "number"), same_number);
        let printed = truth.fields.as_ref().is_some_and(|f| f.issuing_body_printed);
        let body = if printed { issuer(truth) } else { "" };
        let named = |value: &Value| loosely(text(&value["name"])) == loosely(body);
        self.field("issuing body", of, body, found(document, "issuing_body"), named);
        let place = if number.is_empty() { "" } else { header.place.as_str() };
        self.field("place", of, place, found(document, "place"), is(place));
        let subject = truth.fields.as_ref().map_or("", |f| f.subject.as_str());
        self.field("subject", of, subject, found(document, "subject"), is(subject));
        let signed = |value: &Value| loosely(text(&value["name"])) == loosely(&header.signer);
        self.field("signer's name", of, &header.signer, found(document, "signer"), signed);
        let stamp =
            page.marks.iter().find(|mark| mark.kind == "secrecy-stamp").map_or("", |m| m.text.as_str());
        let secrecy = found(document, "secrecy").or_else(|| found(document, "urgency"));
        self.field("secrecy or urgency", of, stamp, secrecy, |value| {
            vitext::ascii_slug(stamp).to_lowercase() == text(value)
        });
    }

    /// What stands around the signer's name where a seal lies on it.
    fn signer_under_seal(&mut self, of: &str, truth: &DocumentTruth, pages: &[PageTruth], document: &Value) {
        let Some(fields) = &truth.fields else { return };
        let signer = &truth.header.signer;
        let last = &pages[truth.pages as usize - 1];
        if signer.is_empty() || !is_sealed(last, signer) {
            return;
        }
        let all = [
            ("under a seal, authority", "authority", &fields.signer.authority),
            ("under a seal, title", "title", &fields.signer.title),
            ("under a seal, rank", "rank", &fields.signer.rank),
            ("under a seal, name", "name", signer),
        ];
        for (row, key, wanted) in all {
            let said = found(document, "signer").filter(|(value, _)| !text(&value[key]).is_empty());
            self.field(row, of, wanted, said, |value| loosely(text(&value[key])) == loosely(wanted));
        }
    }

    fn people(&mut self, of: &str, case: &CaseTruth, truth: &DocumentTruth, document: &Value) {
        let empty = Vec::new();
        let shown = document["fields"]["persons"].as_array().unwrap_or(&empty);
        for person in truth.fields.iter().flat_map(|f| &f.persons) {
            let same = |p: &&Value| {
                loosely(text(&p["name"]["value"])) == loosely(&person.name) && text(&p["role"]) == person.role
            };
            // a person of this name in the right role, else nobody
            let best = shown.iter().filter(same).max_by_key(|p| p["name"]["confidence"].as_u64());
            let name = best.and_then(|p| self::of(&p["name"]));
            self.field("person, name and role", of, &person.name, name, |_| true);
            let data = [
                ("person, date of birth", "born", &person.born),
                ("person, identity card", "id_number", &person.id_number),
                ("person, residence", "address", &person.address),
            ];
            for (row, key, wanted) in data {
                let value = best.and_then(|p| self::of(&p[key]));
                self.field(row, of, wanted, value, |v| loosely(text(v)) == loosely(wanted));
            }
        }
        let known: BTreeSet<String> = case.people.iter().map(|name| loosely(name)).collect();
        for person in shown {
            let name = self::of(&person["name"]);
            let is_known = name.is_some_and(|(name, _)| known.contains(&loosely(text(name))));
            if !is_known {
                self.field("person, name and role", of, "", name, |_| false);
            }
        }
    }

    fn law(
        &mut self,
        of: &str,
        truth: &DocumentTruth,
        document: &Value,
        charges: &BTreeSet<String>,
        articles: &BTreeSet<String>,
    ) {
        let empty = Vec::new();
        let shown = |name: &str| document["fields"][name].as_array().unwrap_or(&empty).iter();
        for charge in truth.fields.iter().flat_map(|f| &f.charges) {
            let same = shown("charges").find(|c| loosely(text(&c["value"])) == loosely(charge));
            self.field("charge", of, charge, same.and_then(self::of), |_| true);
        }
        for charge in shown("charges").filter(|c| !charges.contains(&loosely(text(&c["value"])))) {
            self.field("charge", of, "", self::of(charge), |_| false);
        }
        for article in truth.fields.iter().flat_map(|f| &f.articles) {
            let same = shown("articles").find(|a| text(&a["value"]["text"]) == cited(article));
            self.field("article", of, article, same.and_then(self::of), |_| true);
        }
        // the cover names the article alone
        let is_known = |a: &&Value| {
            let cited = text(&a["value"]["text"]);
            articles.iter().any(|known| known == cited || known.ends_with(&format!(" {cited}")))
        };
        for article in shown("articles").filter(|a| !is_known(a)) {
            self.field("article", of, "", self::of(article), |_| false);
        }
    }

    fn folios(&mut self, of: &str, pages: &[PageTruth], document: &Value) {
        let empty = Vec::new();
        let shown = document["pages"].as_array().unwrap_or(&empty);
        for (page, shown) in pages.iter().zip(shown) {
            let stamped = page.folio.as_deref().filter(|_| page.folio_stamped).unwrap_or_default();
            let read = (shown["folio_source"] == "stamp").then_some((&shown["folio"], true));
            let label = stamped.trim_start_matches('0');
            self.field("bút lục stamp", of, stamped, read, |v| text(v) == label);
        }
    }

    fn section(self, title: String) -> Section {
        let rate = |part: u64, all: u64| if all == 0 { 0.0 } else { part as f64 / all as f64 };
        let tally = |row: &str| self.rows.get(row).cloned().unwrap_or_default();
        let rows = ROWS.iter().map(|row| {
            let t = tally(row);
            let open = t.all - t.right - t.wrong;
            let share = |part: u64| format!("{part} ({})", percent(rate(part, t.all)));
            vec![
                row.to_string(),
                t.all.to_string(),
                share(t.right),
                share(t.wrong),
                share(open),
                t.invented.to_string(),
            ]
        });
        let at_least = |row: &'static str, wanted: f64| {
            let t = tally(row);
            let found = rate(t.right, t.all);
            Demand {
                what: format!("{row}, right"),
                wanted: format!("≥ {}", percent(wanted)),
                found: percent(found),
                met: found >= wanted,
            }
        };
        let sealed = ROWS.iter().filter(|row| row.starts_with("under a seal")).map(|row| tally(row));
        let (under, read) = sealed.fold((0, 0), |(all, right), t| (all + t.all, right + t.right));
        let folios = tally("bút lục stamp");
        let wrong = rate(folios.wrong + folios.invented, folios.all);
        let demands = vec![
            at_least("document type", 0.98),
            at_least("year", 0.98),
            at_least("symbol", 0.95),
            at_least("bút lục stamp", 0.95),
            Demand {
                what: format!("signer under a seal, {read} of {under} fields right"),
                wanted: format!("≥ {}", percent(0.85)),
                found: percent(rate(read, under)),
                met: rate(read, under) >= 0.85,
            },
            Demand {
                what: "bút lục stamp, wrong".into(),
                wanted: "≤ 0.50 %".into(),
                found: percent(wrong),
                met: wrong <= 0.005,
            },
        ];
        let details: serde_json::Map<String, Value> =
            self.rows.iter().map(|(row, t)| ((*row).to_owned(), json!(t.cases))).collect();
        Section {
            title,
            about: "`hoso batch run`, then `hoso case show --json`. Wrong: accepted, but not so; open: a proposal or nothing; invented: \
                    accepted where the truth has none. The archive has a `units.csv` with the units of the set, whose provinces are invented."
                .into(),
            columns: vec!["field", "documents that have it", "right", "wrong", "open", "invented"],
            rows: rows.collect(),
            demands,
            details: details.into(),
        }
    }
}

/// Whether a seal lies on the signature: on its name, or no further above that than a signature is tall.
fn is_sealed(page: &PageTruth, signer: &str) -> bool {
    let above = page.dpi * 84 / 72;
    let names = page.lines.iter().filter(|line| line.text.ends_with(signer));
    let places: Vec<PxBox> = names
        .map(|line| to_box(line.bbox))
        .map(|b| PxBox { top: b.top.saturating_sub(above), ..b })
        .collect();
    let seals = page.marks.iter().filter(|mark| mark.kind == "seal");
    seals
        .map(|mark| to_box(mark.bbox))
        .any(|seal| places.iter().any(|place| !place.intersect(&seal).is_empty()))
}

/// An article of the truth as citations are shown: the code by its short name.
fn cited(article: &str) -> String {
    article.replace("Bộ luật Hình sự năm ", "BLHS ")
}
