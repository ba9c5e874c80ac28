//! The indexes that an archive has in a cluster, and a page as a document of one. docs/format/index.md says what each field is.

use crate::analysis::{GAP, MAX_OTHERS};
use crate::backend::{Field, NEXT_PAGE, PageDoc, SCHEMA_VERSION, Seam, Token};
use serde_json::{Map, Value, json};
use vitext::syllable;

/// In which commit a page was put.
pub(super) const GENERATION: &str = "generation";
pub(super) const PAGE: &str = "page";
pub(super) const DOCUMENT: &str = "document";
pub(super) const FOLIO: &str = "folio";
pub(super) const FOLIO_NUMBER: &str = "folio_number";
pub(super) const DATE_FROM: &str = "date_from";
pub(super) const DATE_TO: &str = "date_to";
pub(super) const FINGERPRINT: &str = "fingerprint";
pub(super) const LENGTH: &str = "length";
/// The tokens as they can be read again.
pub(super) const TOKENS: &str = "tokens";
/// Those at the break to the next page.
pub(super) const SEAM: &str = "seam";

/// Other readings of one word, one layer each: a field cannot hold two tokens at one position.
const ALT_LAYERS: [&str; MAX_OTHERS] = ["alt", "alt_2", "alt_3", "alt_4"];

/// Stands at a position that is free, and between names; no token has it.
const FREE: &str = "-";
/// The names that a field has here.
pub(super) fn names_of(field: Field) -> Vec<&'static str> {
    match field {
        Field::Alt => ALT_LAYERS.to_vec(),
        _ => vec![field.name()],
    }
}

/// What was written by which program: other tokens or fields would silently miss.
pub(super) fn stamp() -> String {
    format!("hoso-index schema={SCHEMA_VERSION} analyzer={} engine=opensearch-2", syllable::ANALYZER)
}

/// Of the index of pages.
pub(super) fn of_pages(shards: u32, replicas: u32) -> Value {
    // Nothing is analysed here: tokens are split at spaces. Without norms, for ranks are ours.
    let words =
        json!({"type": "text", "analyzer": "whitespace", "norms": false, "index_options": "positions"});
    let mut fields = Map::new();
    for field in Field::ALL {
        for name in names_of(field) {
            let kind = if field.has_positions() { words.clone() } else { json!({"type": "keyword"}) };
            fields.insert((*name).to_owned(), kind);
        }
    }
    for name in [GENERATION, PAGE, DOCUMENT, DATE_FROM, DATE_TO, LENGTH] {
        fields.insert(name.to_owned(), json!({"type": "long"}));
    }
    fields.insert(FOLIO.to_owned(), json!({"type": "keyword", "index": false}));
    fields.insert(FOLIO_NUMBER.to_owned(), json!({"type": "unsigned_long"}));
    fields.insert(FINGERPRINT.to_owned(), json!({"type": "unsigned_long", "index": false}));
    for name in [TOKENS, SEAM] {
        fields.insert(name.to_owned(), json!({"type": "text", "index": false, "store": true}));
    }
    json!({
        "settings": {
            "number_of_shards": shards,
            "number_of_replicas": replicas,
            "write.wait_for_active_shards": replicas + 1,
            // A commit shows, nothing else does.
            "refresh_interval": "-1",
            // So long a page that was taken out is remembered, and an older order to put it comes too late.
            "gc_deletes": "1d",
            // And so long, no longer, what was deleted is kept for a copy that is away: it is copied anew then.
            "soft_deletes.retention_lease.period": "1s",
        },
        "mappings": {"dynamic": "strict", "_source": {"enabled": false}, "_meta": {"stamp": stamp()}, "properties": fields},
    })
}

/// Of the index of words: the dictionary, a document for each term of a field, and the state of the whole.
pub(super) fn of_words(replicas: u32) -> Value {
    json!({
        "settings": {
            "number_of_shards": 1,
            "number_of_replicas": replicas,
            "write.wait_for_active_shards": replicas + 1,
            "soft_deletes.retention_lease.period": "1s",
        },
        "mappings": {"dynamic": "strict", "properties": {
            "field": {"type": "keyword"},
            "term": {"type": "keyword"},
            "state": {"type": "object", "enabled": false},
        }},
    })
}

/// A page as a document.
pub(super) fn document(page: &PageDoc, generation: u64) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set(GENERATION, generation.into());
    set(PAGE, page.page.get().into());
    set(DOCUMENT, page.document.get().into());
    set(FOLIO, json!(page.folio));
    set(FOLIO_NUMBER, json!(page.folio_number));
    set(DATE_FROM, json!(page.date.map(|date| date.0)));
    set(DATE_TO, json!(page.date.map(|date| date.1)));
    set(Field::Units.name(), names(&page.units).into());
    set(Field::Persons.name(), names(&page.persons).into());
    set(Field::Exact.name(), placed(&page.tokens, |token| Some(&token.exact)).into());
    set(Field::Folded.name(), placed(&page.tokens, |token| Some(&token.folded)).into());
    for (layer, name) in ALT_LAYERS.into_iter().enumerate() {
        set(name, placed(&page.tokens, |token| token.others.get(layer)).into());
    }
    set(TOKENS, kept(&page.tokens).into());
    set(FINGERPRINT, json!(page.fingerprint));
    set(LENGTH, page.tokens.len().into());
    if let Some(seam) = &page.seam {
        set(Field::SeamExact.name(), at_seam(seam, |token| &token.exact).into());
        set(Field::SeamFolded.name(), at_seam(seam, |token| &token.folded).into());
        set(SEAM, kept_seam(seam).into());
    }
    for term in &page.terms {
        let values = fields.entry(term.field.name()).or_insert_with(|| Value::Array(Vec::new()));
        values.as_array_mut().expect("fields of terms are lists").push(term.text.as_str().into());
    }
    Value::Object(fields)
}

fn names(names: &[Vec<String>]) -> String {
    let names: Vec<String> = names.iter().map(|words| words.join(" ")).collect();
    names.join(&format!(" {}", format!("{FREE} ").repeat(GAP as usize)))
}

/// One token a position, as far as a page has one there.
fn placed<'a>(tokens: &'a [Token], form: impl Fn(&'a Token) -> Option<&'a String>) -> String {
    let mut out = String::new();
    let mut next = 0;
    for token in tokens {
        let Some(form) = form(token) else { continue };
        for _ in next..token.position {
            out.push_str(FREE);
            out.push(' ');
        }
        out.push_str(form);
        out.push(' ');
        next = token.position + 1;
    }
    out
}

/// One form of the tokens at a page break. All of them stand one behind the other, so it does not matter where they begin.
fn at_seam(seam: &Seam, form: impl Fn(&Token) -> &str) -> String {
    let tail = seam.tail.iter().map(|token| form(token).to_owned());
    let head = seam.head.iter().map(|token| format!("{NEXT_PAGE}{}", form(token)));
    tail.chain(head).collect::<Vec<_>>().join(" ")
}

/// The position of the first one, then each.
fn kept_seam(seam: &Seam) -> String {
    format!("{} {}", seam.tail.first().map_or(0, |token| token.position), at_seam(seam, |token| &token.exact))
}

/// What [`kept_seam`] was made from, without other readings, which do not count there.
pub(super) fn seam(kept: &str) -> Option<Seam> {
    let (first, pieces) = kept.split_once(' ')?;
    let mut seam = Seam { tail: Vec::new(), head: Vec::new() };
    for (position, piece) in (first.parse().ok()?..).zip(pieces.split(' ')) {
        let (side, exact) = match piece.strip_prefix(NEXT_PAGE) {
            Some(exact) => (&mut seam.head, exact),
            None => (&mut seam.tail, piece),
        };
        side.push(Token {
            position,
            exact: exact.into(),
            folded: syllable::folded(exact),
            others: Vec::new(),
        });
    }
    Some(seam)
}

/// Tokens at their positions: each with its other readings behind `|`, an empty piece for a free position.
fn kept(tokens: &[Token]) -> String {
    let mut out = String::new();
    let mut next = 0;
    for token in tokens {
        out.extend(std::iter::repeat_n(' ', (token.position - next) as usize));
        out.push_str(&token.exact);
        for other in &token.others {
            out.push('|');
            out.push_str(other);
        }
        out.push(' ');
        next = token.position + 1;
    }
    out
}

/// The tokens that [`kept`] was made from.
pub(super) fn tokens(kept: &str) -> Vec<Token> {
    let pieces = (0..).zip(kept.split(' ')).filter(|(_, piece)| !piece.is_empty());
    let token = |(position, piece): (u32, &str)| {
        let mut forms = piece.split('|').map(str::to_owned);
        let exact = forms.next().unwrap_or_default();
        Token { position, folded: syllable::folded(&exact), exact, others: forms.collect() }
    };
    pieces.map(token).collect()
}
