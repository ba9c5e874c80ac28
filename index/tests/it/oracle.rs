//! What must be true of any text taken for a question: every word of it is said back, every sign works or is named. The text is read a second
//! time here, by the rules of docs/search.md alone.

use index::{Lexicon, Outline, Query, QueryError, highlight};
use record::{Lang, PageText};
use std::collections::BTreeSet;
use std::sync::LazyLock;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::public);

const OPERATORS: [&str; 6] = ["VÀ", "AND", "HOẶC", "OR", "KHÔNG", "NOT"];
/// Names of filters, without marks, with hyphens.
const FILTERS: &str = " bl but-luc folio so so-hieu number dieu article ngay date nam year loai type don-vi dv unit nguoi ten person \
    ho-so hs case giu owner loai-an case-kind chat-luong quality do-mat secrecy bl-dan but-luc-dan cited-folio ho-so-dan hs-dan \
    cited-case cccd cmnd can-cuoc so-dinh-danh id ";
/// Filters whose value is looked up word by word.
const BY_WORDS: &str = " don-vi dv unit nguoi ten person ";
/// Signs that are never punctuation.
const SIGNS: &str = "=~|+&^<>\\[]{}";
const DASHES: &str = "-–—−";

/// What a text asks for, by the manual.
#[derive(Debug, Default, PartialEq, Eq)]
struct Account {
    /// To be said back, sorted.
    words: Vec<String>,
    filters: usize,
    nots: usize,
    /// Words with `=`, `~`, `*`.
    exact: usize,
    tolerant: usize,
    beginnings: usize,
    /// Distances other than 0, sorted.
    slops: Vec<u32>,
}

/// Reads a text that was taken for a question.
struct Reader<'a> {
    letters: &'a [char],
    account: Account,
    /// Characters, from 1, of signs that mean nothing where they stand.
    unused: BTreeSet<usize>,
    /// Those of signs that work.
    working: BTreeSet<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Plain,
    Exact,
    Tolerant,
}

impl Reader<'_> {
    fn at(&self, at: usize) -> Option<char> {
        self.letters.get(at).copied()
    }

    fn read(&mut self) {
        let mut at = 0;
        while let Some(c) = self.at(at) {
            at = match c {
                _ if is_quote(c) => self.phrase(at, Manner::Plain, None),
                _ if ends_a_piece(c) => at + 1,
                _ => self.piece(at),
            };
        }
    }

    /// What stands between quotes; `sign` is the place of the sign before.
    fn phrase(&mut self, quote: usize, manner: Manner, sign: Option<usize>) -> usize {
        let end = (quote + 1..).find(|at| self.at(*at).is_some_and(is_quote)).expect("quotes are closed");
        let count = self.words(quote + 1..end, manner);
        for at in quote + 1..end {
            let is_meant = matches!(self.at(at), Some('=' | '~')) && self.is_letter(at + 1);
            if is_meant && !self.is_behind_word(at) && !self.is_behind_sign(at) {
                self.unused.insert(at + 1);
            }
        }
        let mut next = end + 1;
        if self.at(next) == Some('~') {
            let digits: String =
                self.letters[next + 1..].iter().take_while(|c| c.is_alphanumeric()).collect();
            let slop = digits.parse().expect("a distance is a number");
            if count == 0 {
                self.unused.insert(next + 1);
            } else if slop > 0 {
                self.account.slops.push(slop);
            }
            self.working.extend((count > 0).then_some(next + 1));
            next += 1 + digits.chars().count();
        }
        if let Some(sign) = sign {
            if count == 0 {
                self.unused.insert(sign + 1)
            } else {
                self.working.insert(sign + 1)
            };
        }
        next
    }

    /// What stands up to white space, a quote or a bracket.
    fn piece(&mut self, begin: usize) -> usize {
        let end = (begin..).find(|at| self.at(*at).is_none_or(ends_a_piece)).expect("texts end");
        let mut at = begin;
        let is_here = begin == 0 || self.at(begin - 1).is_some_and(|c| is_blank(c) || c == '(');
        let next = self.at(at + 1);
        if self.at(at) == Some('-')
            && is_here
            && next.is_some_and(|c| c.is_alphanumeric() || is_quote(c) || "(=~".contains(c))
        {
            self.account.nots += 1;
            self.working.insert(at + 1);
            at += 1;
        }
        let mut manner = Manner::Plain;
        let next = self.at(at + 1);
        if at < end && next.is_some_and(|c| c.is_alphanumeric() || is_quote(c)) {
            match self.at(at) {
                Some('=') => manner = Manner::Exact,
                Some('~') => manner = Manner::Tolerant,
                _ => {}
            }
        }
        if manner != Manner::Plain {
            if next.is_some_and(is_quote) {
                return self.phrase(at + 1, manner, Some(at));
            }
            self.working.insert(at + 1);
            at += 1;
        }
        let text: String = self.letters[at..end].iter().collect();
        if manner == Manner::Plain && OPERATORS.contains(&text.as_str()) {
            self.account.nots += usize::from(matches!(text.as_str(), "KHÔNG" | "NOT"));
            return end;
        }
        if manner == Manner::Plain
            && let Some((name, value)) = text.split_once(':')
        {
            let name_end = at + name.chars().count() + 1;
            let name = vitext::fold_ascii(name).to_ascii_lowercase().replace('_', "-");
            let is_filter = FILTERS.contains(&format!(" {name} ")) && !name.is_empty() && !name.contains(' ');
            let by_words = BY_WORDS.contains(&format!(" {name} "));
            if is_filter && !value.is_empty() {
                self.account.filters += 1;
                self.words(name_end..end, Manner::Plain);
                match by_words {
                    true => self.stray(name_end..end),
                    false => self.working.extend(name_end + 1..end + 1),
                }
                return end;
            }
            if is_filter && self.at(end).is_some_and(is_quote) {
                self.account.filters += 1;
                let close = (end + 1..).find(|at| self.at(*at).is_some_and(is_quote)).expect("it is closed");
                return match by_words {
                    true => self.phrase(end, Manner::Plain, None),
                    false => {
                        self.words(end + 1..close, Manner::Plain);
                        close + 1
                    }
                };
            }
        }
        self.words(at..end, manner);
        self.stray(at..end);
        end
    }

    /// Takes the words of a range; gives how many there are.
    fn words(&mut self, range: std::ops::Range<usize>, manner: Manner) -> usize {
        let text: String = self.letters[range].iter().collect();
        let mut count = 0;
        for token in vitext::tokens(&text) {
            count += 1;
            self.account.words.push(token.text.to_owned());
            self.account.exact += usize::from(manner == Manner::Exact);
            self.account.tolerant += usize::from(manner == Manner::Tolerant);
            self.account.beginnings += usize::from(text[token.range.end..].starts_with('*'));
        }
        let stars = text.chars().filter(|c| *c == '*').count();
        let ended = vitext::tokens(&text).filter(|token| text[token.range.end..].starts_with('*')).count();
        assert_eq!(stars, ended, "“*” stands behind words only: {text:?}");
        count
    }

    fn is_letter(&self, at: usize) -> bool {
        self.at(at).is_some_and(char::is_alphanumeric)
    }

    fn is_behind_word(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| self.at(at));
        before.is_some_and(|c| c.is_alphanumeric() || ('\u{300}'..='\u{36F}').contains(&c))
    }

    fn is_behind_sign(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| self.at(at));
        before.is_some_and(|c| SIGNS.contains(c) || DASHES.contains(c) || "!:".contains(c))
    }

    /// Signs that surely mean nothing outside of quotes.
    fn stray(&mut self, range: std::ops::Range<usize>) {
        for at in range {
            let c = self.letters[at];
            let next_begins = self.at(at + 1).is_some_and(|c| c.is_alphanumeric() || is_quote(c) || c == '(');
            let is_alone = !self.is_behind_word(at) && !self.is_behind_sign(at);
            let is_stray = match c {
                _ if SIGNS.contains(c) => true,
                _ if DASHES.contains(c) => is_alone,
                '!' => next_begins,
                ':' => next_begins && is_alone,
                _ => false,
            };
            if is_stray {
                self.unused.insert(at + 1);
            }
        }
    }
}

fn is_quote(c: char) -> bool {
    "\"“”„‟«»＂".contains(c)
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

fn ends_a_piece(c: char) -> bool {
    is_blank(c) || is_quote(c) || "()".contains(c)
}

/// Panics where it is not. Gives what kind of question it is, or of refusal.
pub(crate) fn judge(text: &str, page: &PageText) -> String {
    let composed = vitext::nfc(text);
    let parsed = Query::parse(text);
    assert_eq!(parsed, Query::parse(text), "the same each time");
    match parsed {
        Err(error) => {
            let characters = composed.chars().count();
            assert!(error.at().is_none_or(|at| (1..=characters).contains(&at)), "{text:?}: {error}");
            assert!(!error.to_string().is_empty() && !error.vietnamese().is_empty(), "{text:?}");
            kind_of(&error)
        }
        Ok(query) => {
            let found = highlight(&query, page, None);
            assert_eq!(found.words.len(), found.boxes.len(), "{text:?}");
            let mut restored = query.clone();
            restored.restore(&LEXICON);
            assert_eq!(
                highlight(&restored, page, None).words,
                found.words,
                "{text:?}: marks put in change what is lit"
            );
            let letters: Vec<char> = composed.chars().collect();
            compare(text, &letters, &query);
            let mut kind = String::new();
            list(&query.outline(Lang::Vi), &mut kind);
            kind.push_str(if query.unused_signs().is_empty() { "" } else { "!" });
            kind
        }
    }
}

/// What was understood and named against what the manual says.
fn compare(text: &str, letters: &[char], query: &Query) {
    let mut reader =
        Reader { letters, account: Account::default(), unused: BTreeSet::new(), working: BTreeSet::new() };
    reader.read();
    let Reader { mut account, unused, working, .. } = reader;
    account.words.sort_unstable();
    account.slops.sort_unstable();
    let mut said = Account::default();
    said_back(&query.outline(Lang::Vi), &mut said);
    said.words.sort_unstable();
    said.slops.sort_unstable();
    assert_eq!(said, account, "{text:?}: understood is left, asked is right");

    let named = query.unused_signs().iter().flat_map(|sign| {
        let length = sign.signs.chars().count();
        for at in &sign.at {
            let there: String = letters[at - 1..at - 1 + length].iter().collect();
            assert_eq!(there, sign.signs, "{text:?}");
        }
        sign.at.iter().flat_map(move |at| *at..at + length)
    });
    let named: BTreeSet<usize> = named.collect();
    let lost: Vec<&usize> = unused.difference(&named).collect();
    assert!(lost.is_empty(), "{text:?}: signs at {lost:?} are lost without a word");
    let wrong: Vec<&usize> = named.intersection(&working).collect();
    assert!(wrong.is_empty(), "{text:?}: signs at {wrong:?} work and are named as if not");
    let is_sign = |at: &&usize| {
        let c = letters[**at - 1];
        SIGNS.contains(c) || DASHES.contains(c) || "!:".contains(c)
    };
    // Behind a phrase without words the distance is named with its sign.
    let others: Vec<&usize> =
        named.iter().filter(|at| !is_sign(at) && !letters[**at - 1].is_numeric()).collect();
    assert!(others.is_empty(), "{text:?}: at {others:?} is no sign");
}

/// Adds up what an outline says.
fn said_back(outline: &Outline, said: &mut Account) {
    let tokens = |text: &String| vitext::tokens(text).map(|t| t.text.to_owned()).collect::<Vec<_>>();
    said.words.extend(outline.typed.iter().flat_map(tokens));
    match outline.kind {
        "filter" => said.filters += outline.typed.len(),
        "not" => said.nots += 1,
        "words" | "phrase" => {
            // Behind the words themselves, so that no word typed is taken for what is said of one.
            let notes = outline.text.rsplit('”').next().unwrap_or_default();
            said.exact += notes.matches("đúng dấu như đã gõ").count();
            said.tolerant += notes.matches("kể cả chữ nhận dạng sai").count();
            said.beginnings += notes.matches("phần đầu của từ").count();
            let slop = notes.split("xen tối đa ").nth(1).and_then(|rest| rest.split(' ').next());
            said.slops.extend(slop.map(|slop| slop.parse::<u32>().expect("a number")));
        }
        _ => {}
    }
    outline.parts.iter().for_each(|part| said_back(part, said));
}

fn kind_of(error: &QueryError) -> String {
    let shown = format!("{error:?}");
    shown.split([' ', '{']).next().unwrap_or_default().to_owned()
}

fn list(outline: &Outline, kind: &mut String) {
    kind.push_str(outline.kind);
    kind.push(if outline.text.contains(';') { ';' } else { '.' });
    kind.push_str(if outline.parts.is_empty() { "" } else { "(" });
    for part in outline.parts.iter().take(4) {
        let mut inner = String::new();
        list(part, &mut inner);
        kind.push_str(&inner.chars().take(24).collect::<String>());
    }
}

/// A line of the corpus as text: `\u{…}`, `\t`, `\n`, `\r`, `\0`, `\"`, `\'` and `\\` as Rust writes them.
pub(crate) fn unescaped(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('u') => {
                    let code: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                    text.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
                }
                Some('t') => text.push('\t'),
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('0') => text.push('\0'),
                other => text.extend(other),
            },
            c => text.push(c),
        }
    }
    text
}
