//! From what a person typed to a [`Query`]: any text either means something or is refused with its place.

use super::field::FieldName;
use super::lex::{Lexed, Lexeme, Piece, character, lexed};
use super::{Asked, Clause, Manner, Node, Query, QueryWord, unused};
use crate::error::QueryError;
use std::ops::Range;
use std::str::FromStr;
use vitext::{legacy, nfc, tokens};

/// Words and filters.
const MAX_WORDS: usize = 64;
/// Brackets within brackets.
const MAX_DEPTH: usize = 16;
/// Different beginnings of words: the engine walks the lists of all words that each stands for.
const MAX_BEGINNINGS: usize = 4;
/// Letters that a beginning of a word must have.
const LEAST_PREFIX: usize = 2;

impl Query {
    /// The longest question that is taken, in bytes as typed. Who limits what can be typed by characters must let more through, so that
    /// too long a question is refused and not cut.
    pub const MAX_BYTES: usize = 4096;

    /// Understands words (all must be on the page), `"phrases"` (also with curly quotes), `"phrases"~2` with up to two other
    /// words between, what is typed without spaces like `12/CT-VKS-P1` (its parts must stand together), `=word` and
    /// `="phrase"` (marks as typed), `~word` and `~"phrase"` (also misread ones), `beginning*`, `VÀ`, `HOẶC`, `KHÔNG` (`AND`,
    /// `OR`, `NOT`, `-word`), brackets, and filters `name:value`, `name:"value"`. docs/search.md lists them.
    ///
    /// KHÔNG binds closest, then words side by side and VÀ, then HOẶC. Filters of one kind side by side widen each other
    /// where a page can have but one value, else they narrow, as those of different kinds do. Signs that are operators elsewhere than
    /// where they stand are named by [`Query::unused_signs`].
    pub fn parse(text: &str) -> Result<Query, QueryError> {
        if text.len() > Self::MAX_BYTES {
            return Err(QueryError::TooLong { bytes: text.len(), max: Self::MAX_BYTES });
        }
        let text = nfc(text);
        if let Some(encoding) = legacy::detect(&text, None) {
            let meant = legacy::convert(&text, encoding);
            return Err(QueryError::LegacyEncoding { encoding: encoding.name(), meant });
        }
        let Lexed { lexemes, unused: unused_signs } = lexed(&text)?;
        let mut parser = Parser {
            text: &text,
            lexemes: &lexemes,
            next: 0,
            words: Vec::new(),
            filters: Vec::new(),
            places: Vec::new(),
            slots: 0,
        };
        let root = parser.any(0)?;
        if let Some((at, _)) = parser.peek() {
            return Err(QueryError::Unopened { sign: ')', at: parser.place(at) });
        }
        let Parser { words, filters, places, .. } = parser;
        let root = root.ok_or(QueryError::Empty)?;
        let unused = unused::named(&text, unused_signs);
        Ok(Query { root, words, filters, places, unused, text: text.clone().into_owned() })
    }
}

impl FromStr for Query {
    type Err = QueryError;
    fn from_str(text: &str) -> Result<Self, QueryError> {
        Query::parse(text)
    }
}

struct Parser<'a> {
    text: &'a str,
    lexemes: &'a [(usize, Lexeme<'a>)],
    next: usize,
    words: Vec<QueryWord>,
    filters: Vec<Vec<Asked>>,
    /// As `Query::places`.
    places: Vec<(usize, Range<usize>)>,
    slots: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<(usize, Lexeme<'a>)> {
        self.lexemes.get(self.next).copied()
    }

    fn place(&self, byte: usize) -> usize {
        character(self.text, byte)
    }

    fn operator(&self, word: &str, at: usize) -> QueryError {
        QueryError::Operator { word: word.to_owned(), at: self.place(at) }
    }

    /// `… HOẶC …`; nothing where there is nothing but signs.
    fn any(&mut self, depth: usize) -> Result<Option<Node>, QueryError> {
        let first = self.all(depth)?;
        let mut parts = Vec::from_iter(first);
        while let Some((at, Lexeme::Or(word))) = self.peek() {
            self.next += 1;
            let part = self.all(depth)?;
            match part {
                Some(part) if !parts.is_empty() => parts.push(part),
                _ => return Err(self.operator(word, at)),
            }
        }
        Ok(if parts.len() > 1 { Some(Node::Any(parts)) } else { parts.pop() })
    }

    /// Parts side by side, or with `VÀ` between.
    fn all(&mut self, depth: usize) -> Result<Option<Node>, QueryError> {
        let mut group = Group::default();
        let mut and: Option<(usize, &str)> = None;
        let mut first_not = None;
        while let Some((at, lexeme)) = self.peek() {
            let is_something = match lexeme {
                Lexeme::Or(_) | Lexeme::Close => break,
                Lexeme::And(word) => {
                    if and.is_some() || group.parts.is_empty() {
                        return Err(self.operator(word, at));
                    }
                    self.next += 1;
                    and = Some((at, word));
                    group.part_here();
                    continue;
                }
                Lexeme::Not(word) => {
                    self.next += 1;
                    first_not.get_or_insert(at);
                    let unwanted = self.unwanted(depth)?.ok_or_else(|| self.operator(word, at))?;
                    group.push(Node::Not(Box::new(unwanted)));
                    true
                }
                _ => self.one(depth, &mut group)?,
            };
            if is_something {
                and = None;
            }
        }
        if let Some((at, word)) = and {
            return Err(self.operator(word, at));
        }
        if !group.parts.is_empty() && group.parts.iter().all(|p| matches!(p, Node::Not(_))) {
            return Err(QueryError::NegativeOnly { at: self.place(first_not.unwrap_or(0)) });
        }
        Ok(if group.parts.len() > 1 { Some(Node::All(group.parts)) } else { group.parts.pop() })
    }

    /// What follows `KHÔNG`.
    fn unwanted(&mut self, depth: usize) -> Result<Option<Node>, QueryError> {
        let mut group = Group::default();
        match self.peek() {
            Some((_, Lexeme::And(_) | Lexeme::Or(_) | Lexeme::Close)) | None => return Ok(None),
            Some((at, Lexeme::Not(_))) => return Err(QueryError::NegativeOnly { at: self.place(at) }),
            _ => self.one(depth, &mut group).map(drop)?,
        }
        Ok(group.parts.pop())
    }

    /// One word, phrase, filter or pair of brackets. Gives whether it holds anything but signs.
    fn one(&mut self, depth: usize, group: &mut Group) -> Result<bool, QueryError> {
        let Some((at, lexeme)) = self.peek() else { return Ok(false) };
        self.next += 1;
        match lexeme {
            Lexeme::Open => {
                if depth == MAX_DEPTH {
                    return Err(QueryError::TooDeep { at: self.place(at), max: MAX_DEPTH });
                }
                let inner = self.any(depth + 1)?;
                let Some((_, Lexeme::Close)) = self.peek() else {
                    return Err(QueryError::Unclosed { sign: '(', at: self.place(at) });
                };
                self.next += 1;
                let Some(inner) = inner else { return Ok(false) };
                group.push(inner);
            }
            Lexeme::Phrase { piece, manner, slop } => {
                let unit = self.unit(piece, manner)?;
                if unit.is_empty() {
                    return Ok(false);
                }
                group.push(Node::Words(Clause { units: vec![unit], quoted: true, slop }));
            }
            Lexeme::Loose { piece, manner } => {
                let unit = self.unit(piece, manner)?;
                if unit.is_empty() {
                    return Ok(false);
                }
                group.push_loose(unit);
            }
            Lexeme::Filter { field, value } => {
                let asked = self.filter(field, value)?;
                group.push_filter(asked, &mut self.filters);
            }
            Lexeme::And(_) | Lexeme::Or(_) | Lexeme::Not(_) | Lexeme::Close => return Ok(false),
        }
        Ok(true)
    }

    fn count(&mut self, at: usize) -> Result<(), QueryError> {
        self.slots += 1;
        if self.slots > MAX_WORDS {
            return Err(QueryError::TooManyWords { at: self.place(at), max: MAX_WORDS });
        }
        Ok(())
    }

    /// Different ones so far.
    fn beginnings(&self) -> usize {
        self.words.iter().filter(|word| word.is_prefix).count()
    }

    fn filter(&mut self, field: FieldName, value: Piece<'_>) -> Result<Asked, QueryError> {
        self.count(value.at)?;
        let is_wildcard = |(at, c): &(usize, char)| match c {
            '?' => field.takes_words() && value.text[at + 1..].starts_with(char::is_alphanumeric),
            _ => *c == '*',
        };
        if let Some((at, sign)) = value.text.char_indices().find(is_wildcard) {
            return Err(QueryError::Wildcard { sign, at: self.place(value.at + at) });
        }
        let text = value.text.trim();
        Asked::parse(field, text).ok_or_else(|| QueryError::BadValue {
            field: field.vietnamese(),
            value: text.to_owned(),
            at: self.place(value.at),
            expected: field.expected(record::Lang::En),
        })
    }

    /// The words of a piece, as slots.
    fn unit(&mut self, piece: Piece<'_>, manner: Manner) -> Result<Vec<usize>, QueryError> {
        self.refuse_wildcards(piece)?;
        let mut unit = Vec::new();
        for token in tokens(piece.text) {
            let at = piece.at + token.range.start;
            self.count(at)?;
            let is_prefix = piece.text[token.range.end..].starts_with('*');
            if is_prefix && manner == Manner::Tolerant {
                return Err(QueryError::TolerantPrefix { at: self.place(at) });
            }
            if is_prefix && token.text.chars().count() < LEAST_PREFIX {
                return Err(QueryError::ShortPrefix { at: self.place(at), least: LEAST_PREFIX });
            }
            let word = QueryWord::new(token.text, manner, is_prefix);
            let known = self.words.iter().position(|w| *w == word);
            if is_prefix && known.is_none() && self.beginnings() == MAX_BEGINNINGS {
                return Err(QueryError::TooManyBeginnings { at: self.place(at), max: MAX_BEGINNINGS });
            }
            let slot = known.unwrap_or_else(|| {
                self.words.push(word);
                self.words.len() - 1
            });
            self.places.push((slot, at..piece.at + token.range.end));
            unit.push(slot);
        }
        Ok(unit)
    }

    /// `*` right behind a word is its unknown rest. `*` anywhere else and `?` before a letter are wildcards in other languages; here they
    /// would be lost.
    fn refuse_wildcards(&self, piece: Piece<'_>) -> Result<(), QueryError> {
        let ends: Vec<usize> = tokens(piece.text).map(|token| token.range.end).collect();
        let mut chars = piece.text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let is_before_word = chars.peek().is_some_and(|(_, next)| next.is_alphanumeric());
            if c == '*' && (is_before_word || !ends.contains(&at)) || c == '?' && is_before_word {
                return Err(QueryError::Wildcard { sign: c, at: self.place(piece.at + at) });
            }
        }
        Ok(())
    }
}

/// Parts that must all hold, as they come.
#[derive(Default)]
struct Group {
    parts: Vec<Node>,
    /// The run of loose words that goes on, if any.
    run: Option<usize>,
    /// Parts before this one are behind a `VÀ`: filters do not widen them.
    from: usize,
}

impl Group {
    fn push(&mut self, node: Node) {
        self.parts.push(node);
        self.run = None;
    }

    fn part_here(&mut self) {
        self.from = self.parts.len();
        self.run = None;
    }

    fn push_loose(&mut self, unit: Vec<usize>) {
        if let Some(run) = self.run
            && let Node::Words(clause) = &mut self.parts[run]
        {
            clause.units.push(unit);
            return;
        }
        self.push(Node::Words(Clause { units: vec![unit], quoted: false, slop: 0 }));
        self.run = Some(self.parts.len() - 1);
    }

    fn push_filter(&mut self, asked: Asked, filters: &mut Vec<Vec<Asked>>) {
        let widens = |node: &Node| match node {
            Node::Filter(idx) => asked.field.has_one_value() && filters[*idx][0].field == asked.field,
            _ => false,
        };
        let wider = self.parts[self.from..].iter().find(|node| widens(node));
        if let Some(Node::Filter(idx)) = wider {
            filters[*idx].push(asked);
            return;
        }
        filters.push(vec![asked]);
        let run = self.run;
        self.push(Node::Filter(filters.len() - 1));
        self.run = run;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Condition;
    use super::*;
    use record::{DocType, Lang};

    /// A question as it was understood, on one line: `[…]` all, `{…}` any, `!` not, `"…"` a phrase.
    fn shape(text: &str) -> String {
        let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        shape_of(&query, &query.root)
    }

    fn shape_of(query: &Query, node: &Node) -> String {
        let list = |nodes: &[Node]| nodes.iter().map(|n| shape_of(query, n)).collect::<Vec<_>>().join(" ");
        let word = |slot: &usize| {
            let word = &query.words[*slot];
            let sign = ["", "=", "~"][word.manner as usize];
            format!("{sign}{}{}", word.folded, if word.is_prefix { "*" } else { "" })
        };
        match node {
            Node::All(parts) => format!("[{}]", list(parts)),
            Node::Any(parts) => format!("{{{}}}", list(parts)),
            Node::Not(part) => format!("!{}", shape_of(query, part)),
            Node::Filter(idx) => {
                let values: Vec<_> = query.filters[*idx].iter().map(|a| a.value.as_str()).collect();
                format!("<{:?} {}>", query.filters[*idx][0].field, values.join("|"))
            }
            Node::Words(clause) => {
                let units: Vec<String> =
                    clause.units.iter().map(|u| u.iter().map(word).collect::<Vec<_>>().join("+")).collect();
                match (clause.quoted, clause.slop) {
                    (true, 0) => format!("\"{}\"", units.join(" ")),
                    (true, slop) => format!("\"{}\"~{slop}", units.join(" ")),
                    (false, _) => format!("({})", units.join(" ")),
                }
            }
        }
    }

    fn refused(text: &str) -> QueryError {
        Query::parse(text).expect_err(text)
    }

    #[test]
    fn words_phrases_and_codes() {
        assert_eq!(shape("Tội trộm"), "(toi trom)");
        assert_eq!(shape("12/CT-VKS, an"), "(12+ct+vks an)");
        assert_eq!(shape("a “viện kiểm sát” b c"), "[(a) \"vien+kiem+sat\" (b c)]");
        assert_eq!(shape("năm: 2019, là:"), "(nam 2019 la)");
        assert_eq!(shape("Ai làm? \"\" …"), "(ai lam)");
        assert_eq!(shape("\"viện sát\"~2 x"), "[\"vien+sat\"~2 (x)]");
        assert_eq!(shape("=tội ~\"bị can\" ~khởi =“án”"), "[(=toi) \"~bi+~can\" (~khoi) \"=an\"]");
        assert_eq!(shape("khở* tố \"viện kiể*\" 12/CT* Lý*"), "[(kho* to) \"vien+kie*\" (12+ct* ly*)]");
        assert_eq!(shape("trộm 🙂 cắp\u{0}tài\u{7}sản …"), "(trom cap tai san)");
        assert_eq!(shape("lúc 10:30 - 11:00; a = b ~ c"), "(luc 10+30 11+00 a b c)");
        assert_eq!(shape("http://x.vn/a"), "(http+x+vn+a)");
    }

    #[test]
    fn operators_and_brackets() {
        assert_eq!(shape("a b HOẶC c d"), "{(a b) (c d)}");
        assert_eq!(shape("a OR b OR c"), "{(a) (b) (c)}");
        assert_eq!(shape("a VÀ b AND c"), "[(a) (b) (c)]");
        assert_eq!(shape("a KHÔNG b c"), "[(a) !(b) (c)]");
        assert_eq!(shape("a -b -\"c d\" -(e HOẶC f) -=g"), "[(a) !(b) !\"c+d\" !{(e) (f)} !(=g)]");
        assert_eq!(shape("(a HOẶC b) (c d)"), "[{(a) (b)} (c d)]");
        assert_eq!(shape("a VÀ (b) KHÔNG loai:ban-an"), "[(a) (b) !<DocType ban-an>]");
        assert_eq!(shape("và hoặc không and or not"), "(va hoac khong and or not)");
        assert_eq!(shape("NO\u{302}T không"), "(not khong)");
        assert_eq!(shape("a-b --c"), "(a+b c)");
        assert_eq!(shape("KHO\u{302}NG a b"), "[!(a) (b)]");
        assert_eq!(shape("() a (…)"), "(a)");
    }

    #[test]
    fn filters_are_taken_out_of_the_words() {
        assert_eq!(
            shape("bl:045A trộm loại:\"Bản án\" cắp ho_so:HS-Đ/01 nam:2019 BL:45-47 loai:indictment"),
            "[<Folio 045A|45-47> (trom cap) <DocType Bản án|indictment> <Case HS-Đ/01> <Year 2019>]"
        );
        let query = Query::parse("bl:045A BL:45-47 loai:\"Bản án\" loai:indictment ho_so:HS-Đ/01").unwrap();
        let conditions: Vec<_> = query.filters.iter().flatten().map(|a| a.condition.clone()).collect();
        assert_eq!(
            conditions,
            [
                Condition::Folio("45a".into()),
                Condition::FolioRange(45, 47),
                Condition::DocType(DocType::BanAn),
                Condition::DocType(DocType::CaoTrang),
                Condition::Case("hs-d/01".into()),
            ]
        );
        assert_eq!(shape("dieu:173 dieu:174"), "[<Article 173> <Article 174>]", "a page may cite both");
        assert_eq!(
            shape("nam:2019 nam:2020"),
            "[<Year 2019> <Year 2020>]",
            "of the document and of the register"
        );
        assert_eq!(shape("don-vi:a don-vi:b"), "[<Unit a> <Unit b>]");
        assert_eq!(shape("bl:45 VÀ bl:46"), "[<Folio 45> <Folio 46>]");
        assert_eq!(
            shape("so:12/CT-VKS-P1 người:\"Nguyễn Văn A\" đơn_vị:KV7 ngày:1998..2001-05"),
            "[<Number 12/CT-VKS-P1> <Person Nguyễn Văn A> <Unit KV7> <Date 1998..2001-05>]"
        );
        assert_eq!(shape("điều:\"điểm b khoản 2 Điều 173\""), "<Article điểm b khoản 2 Điều 173>");
        assert_eq!(shape("(loai:ban-an)"), "<DocType ban-an>");
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_place() {
        use QueryError::*;
        assert_eq!(refused(" ... "), Empty);
        assert_eq!(refused("()"), Empty);
        assert_eq!(refused("tội *tr"), Wildcard { sign: '*', at: 5 });
        for (text, at) in [
            ("*", 1),
            ("khở *", 5),
            ("khở**", 5),
            ("\"viện kiểm\"*", 12),
            ("~\"viện kiểm\"~2*", 15),
            ("\"viện * sát\"", 7),
            ("(trộm)*", 7),
            ("12/*", 4),
            ("trộm, *, cắp", 7),
            ("=*", 2),
            ("-*", 2),
        ] {
            assert_eq!(refused(text), Wildcard { sign: '*', at }, "{text}");
        }
        assert_eq!(refused("tội ?án"), Wildcard { sign: '?', at: 5 });
        assert_eq!(refused("k*m"), Wildcard { sign: '*', at: 2 });
        assert_eq!(refused("to\u{302}\u{323}i t?i"), Wildcard { sign: '?', at: 6 });
        assert_eq!(refused("a t*"), ShortPrefix { at: 3, least: 2 });
        assert_eq!(refused("a ~tr*"), TolerantPrefix { at: 4 });
        assert_eq!(refused("a =(b)"), Sign { sign: '=', at: 3 });
        assert_eq!(refused("~bl:45"), Sign { sign: '~', at: 1 });
        for text in ["\"a b\"~x", "\"a b\"~16", "\"a b\"~", "\"a b\"~3x", "\"a b\"~99999999999"] {
            assert_eq!(refused(text), Slop { at: 6, max: 15 }, "{text}");
        }
        assert_eq!(refused("nguoi:\"A B\"~2"), Slop { at: 12, max: 15 });
        assert_eq!(refused("a \"còn mở"), Unclosed { sign: '"', at: 3 });
        assert_eq!(refused("a (b"), Unclosed { sign: '(', at: 3 });
        assert_eq!(refused("a) b"), Unopened { sign: ')', at: 2 });
        for (text, word, at) in [
            ("a VÀ", "VÀ", 3),
            ("VÀ a", "VÀ", 1),
            ("a HOẶC", "HOẶC", 3),
            ("OR a", "OR", 1),
            ("a AND OR b", "AND", 3),
            ("a VÀ VÀ b", "VÀ", 6),
            ("a NOT", "NOT", 3),
            ("a (b HOẶC) c", "HOẶC", 6),
            ("a HOẶC () b HOẶC", "HOẶC", 13),
        ] {
            assert_eq!(refused(text), Operator { word: word.into(), at }, "{text}");
        }
        for (text, at) in
            [("-a", 1), ("KHÔNG a", 1), ("x (-a)", 4), ("x HOẶC -a", 8), ("x -(-a)", 5), ("x NOT NOT a", 7)]
        {
            assert_eq!(refused(text), NegativeOnly { at }, "{text}");
        }
        assert_eq!(refused("x loia:ban-an"), UnknownField { name: "loia".into(), at: 3 });
        for text in ["loai:", "loai:\"\"", "(loai:)", "loai: "] {
            assert!(matches!(refused(text), EmptyField { field: "loai", .. }), "{text}");
        }
        assert!(matches!(refused("x loai:blah"), BadValue { field: "loai", at: 8, .. }));
        for bad in [
            "bl:x",
            "bl:47-45",
            "bl:45ab",
            "bl:1-2-3",
            "nam:19",
            "nam:abcd",
            "so:x",
            "dieu:x",
            "dieu:\"Luật Thương mại\"",
            "dieu:\"Điều 5 Luật Tố cáo\"",
            "ngay:31/4/2020",
            "ngay:2001..1998",
        ] {
            assert!(matches!(refused(bad), BadValue { .. }), "{bad}");
        }
        assert_eq!(refused("nguoi:Nguy*"), Wildcard { sign: '*', at: 11 });
        assert_eq!(refused("nguoi:Nguy?n"), Wildcard { sign: '?', at: 11 });
    }

    /// The signs of a question that mean nothing where they stand, and where.
    fn unused(text: &str) -> Vec<(String, Vec<usize>)> {
        let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        query.unused_signs().iter().map(|sign| (sign.signs.clone(), sign.at.clone())).collect()
    }

    #[test]
    fn signs_that_mean_nothing_where_they_stand_are_named() {
        type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a [usize])]);
        let cases: &[Case<'_>] = &[
            ("==án", "(an)", &[("==", &[1])]),
            ("~~kiểm", "(kiem)", &[("~~", &[1])]),
            ("= án", "(an)", &[("=", &[1])]),
            ("tài sản - trộm", "(tai san trom)", &[("-", &[9])]),
            ("a –trộm — b", "(a trom b)", &[("–", &[3]), ("—", &[9])]),
            ("a !b", "(a b)", &[("!", &[3])]),
            ("a ! (b)", "[(a) (b)]", &[("!", &[3])]),
            ("a | b || c|d", "(a b c+d)", &[("|", &[3, 11]), ("||", &[7])]),
            (
                "lúc 10:30 - 11:00; a = b ~ c",
                "(luc 10+30 11+00 a b c)",
                &[("-", &[11]), ("=", &[22]), ("~", &[26])],
            ),
            ("a-b --c", "(a+b c)", &[("--", &[5])]),
            ("án~2 =", "(an+2)", &[("~", &[3]), ("=", &[6])]),
            ("+a & b && c^2", "(a b c+2)", &[("+", &[1]), ("&", &[4]), ("&&", &[8]), ("^", &[12])]),
            ("[a HOẶC b] {c}", "{(a) (b c)}", &[("[", &[1]), ("]", &[10]), ("{", &[12]), ("}", &[14])]),
            ("năm>2000 a\\b", "(nam+2000 a+b)", &[(">", &[4]), ("\\", &[11])]),
            ("a :b loai :ban-an", "(a b loai ban+an)", &[(":", &[3, 11])]),
            ("\"a b\"-c (d)-e x-\"y z\"", "[\"a+b\" (c) (d) (e x) \"y+z\"]", &[("-", &[6, 12, 16])]),
            ("\"viện ~kiểm =sát\"", "\"vien+kiem+sat\"", &[("~", &[7]), ("=", &[13])]),
            ("a =\"\" ~\"…\"~3", "(a)", &[("=", &[3]), ("~", &[7]), ("~3", &[11])]),
            ("nguoi:=An don-vi:\"=KV7\"", "[<Person =An> <Unit =KV7>]", &[("=", &[7, 19])]),
            ("A\u{301} =- b", "(a b)", &[("=-", &[3])]),
        ];
        for (text, understood, signs) in cases {
            assert_eq!(shape(text), *understood, "{text}");
            let signs: Vec<_> = signs.iter().map(|(s, at)| ((*s).to_owned(), at.to_vec())).collect();
            assert_eq!(unused(text), signs, "{text}");
        }
    }

    #[test]
    fn punctuation_of_running_text_and_operators_are_not_named() {
        for text in [
            "Độc lập, tự do… Dừng lại! “Ai làm?” (theo Điều 173; 174), Số: 12/CT- VKS, lúc 10:30.",
            "\"Độc lập - Tự do - Hạnh phúc\"",
            "\"a = b | c! [d]\"",
            "=án ~kiểm -trộm =\"bị can\" ~\"viện kiểm\"~2 -(a) -=b -~\"c d\" khở*",
            "bl:45-47 ngay:1998..2001 ho-so:HS-1 giu:\"A = B\" nguoi:\"A - B\"",
            "01/CT- VKSTC người làm chứng: A",
            "a--b a\u{301}\u{327}-c",
            "Công ty A/B 50% #1 a_b 'c'",
        ] {
            assert_eq!(unused(text), [], "{text}");
        }
    }

    #[test]
    fn an_unused_sign_is_said_in_both_languages() {
        let query = Query::parse("tài - sản – a = b | c !d & e [f] :g ^").unwrap();
        let said = |lang| query.unused_signs().iter().map(|sign| sign.said(lang)).collect::<Vec<_>>();
        let (vi, en) = (said(Lang::Vi), said(Lang::En));
        assert_eq!(
            vi[0],
            "dấu “-” ở ký tự thứ 5 không được dùng, đã bỏ qua; muốn loại một từ, hãy viết “-” sau dấu cách và liền trước từ ấy: -trộm"
        );
        assert_eq!(
            en[0],
            "“-” at character 5 means nothing there and was passed over; to leave a word out, write “-” behind a space and right before the word: -trộm"
        );
        assert_eq!(vi.len(), 10);
        assert!(
            vi.iter()
                .zip(&en)
                .all(|(vi, en)| vi != en && vi.contains("ở ký tự thứ") && en.contains("character"))
        );
        assert!(vi[3].contains("HOẶC") && en[2].contains("right before a word"));
        let many = Query::parse(&"a | ".repeat(20)).unwrap();
        assert!(
            many.unused_signs()[0].said(Lang::Vi).contains("thứ 3, 7, 11, 15, 19, 23, 27, 31 và 12 chỗ nữa")
        );
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let many = "từ ".repeat(65);
        assert_eq!(refused(&many), QueryError::TooManyWords { at: 193, max: 64 });
        assert!(matches!(refused(&"nam:2019 ".repeat(65)), QueryError::TooManyWords { .. }));
        assert!(matches!(refused(&"x".repeat(1 << 20)), QueryError::TooLong { .. }));
        let deep = |n: usize| format!("{}a{}", "(".repeat(n), ")".repeat(n));
        assert_eq!(shape(&deep(16)), "(a)");
        assert_eq!(refused(&deep(17)), QueryError::TooDeep { at: 17, max: 16 });
        assert!(matches!(refused(&"(".repeat(4000)), QueryError::TooDeep { .. }));
    }

    #[test]
    fn a_question_has_four_beginnings_and_no_more() {
        assert_eq!(
            shape("kh* tr* ng* th* kh* tr*"),
            "(kh* tr* ng* th* kh* tr*)",
            "the same again is no other"
        );
        for text in ["kh* tr* ng* th* nh*", "kh* (tr* HOẶC ng*) th* -nh*", "kh* \"tr* ng*\" th* nh*"] {
            let at = text.find("nh*").unwrap();
            let at = text[..at].chars().count() + 1;
            assert_eq!(refused(text), QueryError::TooManyBeginnings { at, max: 4 }, "{text}");
        }
        assert_eq!(refused("kh* =kh* tr* =tr* th*"), QueryError::TooManyBeginnings { at: 19, max: 4 });
        let error = refused("kh* tr* ng* th* nh*");
        assert!(error.vietnamese().contains("hãy viết đủ chữ"), "{}", error.vietnamese());
        assert!(error.to_string().contains("write some of the words in full"), "{error}");
    }

    #[test]
    fn text_of_old_encodings_is_offered_in_unicode() {
        let QueryError::LegacyEncoding { encoding, meant } = refused("Céng hßa x· héi chñ nghÜa ViÖt Nam")
        else {
            panic!()
        };
        assert_eq!((encoding, meant.as_str()), ("TCVN3 (ABC)", "Cộng hòa xã hội chủ nghĩa Việt Nam"));
    }

    #[test]
    fn every_refusal_is_said_in_both_languages() {
        for text in [
            "",
            "\"",
            "a VÀ",
            "-a",
            "x:y",
            "bl:",
            "bl:x",
            "k*m",
            "k*",
            "~kk*",
            "=(a)",
            "\"a\"~x",
            ")",
            "ka* ke* ki* ko* ku*",
        ] {
            let error = refused(text);
            assert!(error.to_string().is_ascii() || error.to_string() != error.vietnamese(), "{text}");
            assert_eq!(error.at().is_some(), !text.is_empty(), "{text}");
        }
        assert!(refused("bl:x").vietnamese().contains("ví dụ 45"));
    }

    #[test]
    fn a_question_is_said_back() {
        let query = Query::parse("(trộm HOẶC =\"cướp giật\"~1) -tha* bl:45 bl:46").unwrap();
        let mut lines = Vec::new();
        fn list(outline: &super::super::Outline, depth: usize, lines: &mut Vec<String>) {
            lines.push(format!("{}{} {}", " ".repeat(depth), outline.kind, outline.text));
            outline.parts.iter().for_each(|part| list(part, depth + 1, lines));
        }
        list(&query.outline(Lang::Vi), 0, &mut lines);
        assert_eq!(
            lines,
            [
                "all tất cả những điều sau",
                " any ít nhất một điều sau",
                "  words từ: “trộm”",
                "  phrase cụm từ: “cướp giật”; xen tối đa 1 từ khác; cướp = đúng dấu như đã gõ; giật = đúng dấu như đã gõ",
                " not không có",
                "  words từ: “tha”; tha = phần đầu của từ",
                " filter bút lục: 45 hoặc 46",
            ]
        );
    }
}
