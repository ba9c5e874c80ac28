"""Writes judgements.tsv from pages.txt, misread.txt and queries.tsv: python3 judge.py

A page is judged by rule from its text without errors, never by what a search finds. Standard library only (difflib, re,
unicodedata); shares nothing with the crate. Rules of queries.tsv:

  phrase A B        the words stand together with these marks, on the page or from its end into the next one of the document: 2; with
                    other marks: 0 (may be found, is not wanted)
  exact A B         the same, other marks may not be found
  near N A B        in this order with at most N other words between
  words A B         all on the page with these marks: 1, together 2; with other marks: 0
  but A B / C D     phrase A B on the page and phrase C D not (marks aside): 2 with the marks of A B, 0 without
  either A B / C D  one of the phrases; with their marks 2, else 0
  number N/SYMBOL   a document number in the text or of the document
  date FROM TO      a day, month or year in the text or of the document lies wholly in this range
  article N k p     an article, with its clause and point if given
  card N            the number of an identity card, with or without spaces and full stops in it
  cited FROM TO     a bút lục of this range is named in the text
  casefile N/YEAR   a case file is named in the text by this number
  field NAME VALUE  NAME is kind, person, unit, folio (or FROM-TO), case
  both RULE + RULE  all of these
  seam A B          the same as phrase
  as ID             what the other query wants
  nothing           nothing
Columns: query, page (case:number), grade, and the words to be lit (by number on the page, from 0); `?` where only particulars and
references are asked for, whose places are not judged. Which words those are follows from the query as typed (`lit`); of group misread they are
numbered as in misread.txt.
"""
import difflib, pathlib, re, unicodedata

TONES = "\u0300\u0301\u0309\u0303\u0323"
HERE = pathlib.Path(__file__).parent


def exact(word):
    letters, tones = "", ""
    for mark in unicodedata.normalize("NFD", word.lower()):
        letters, tones = (letters, tones + mark) if mark in TONES else (letters + mark, tones)
    return unicodedata.normalize("NFC", letters) + tones


def plain(text):
    marks = unicodedata.normalize("NFD", text.lower().replace("đ", "d").replace("Đ", "d"))
    return "".join(c for c in marks if not unicodedata.combining(c))


def folded(word):
    word = plain(word)
    return word[0] + "i" if re.fullmatch("[hklmst]y", word) else word


class Page:
    def __init__(self, title, lines):
        parts = (title + "\t" * 9).split("\t")
        self.case, self.no, self.document, self.folio, self.kind, self.date, self.number, units, people = parts[:9]
        self.units, self.people = units.split(";"), people.split(";")
        self.id = f"{self.case}:{self.no}"
        self.lines = lines
        self.text = " ".join(lines)
        self.pieces = []  # (number of the word, piece)
        for n, word in enumerate(self.text.split()):
            self.pieces += [(n, piece) for piece in re.findall(r"[^\W_]+", word)]
        self.forms = {form: [form(piece) for _, piece in self.pieces] for form in (exact, folded)}

    def places(self, words, form, slop=0):
        """Piece numbers of each place where the words stand."""
        here, wanted, found = self.forms[form], [form(w) for w in words], []
        for start in range(len(here)):
            places, at = [], start
            for word in wanted:
                last = len(here) if places else start + 1
                at = next((n for n in range(at, min(last, start + len(wanted) + slop)) if here[n] == word), None)
                if at is None:
                    break
                places.append(at)
                at += 1
            else:
                found.append(places)
        return found

    def places_over(self, after, words, form):
        """The same where they run on from the end of this page into the beginning of the next."""
        if not after:
            return []
        here, there, wanted = self.forms[form], after.forms[form], [form(w) for w in words]
        cuts = [cut for cut in range(1, len(words)) if here[-cut:] + there[: len(words) - cut] == wanted]
        return [list(range(len(here) - cut, len(here))) for cut in cuts]

    def words_at(self, places):
        return sorted({self.pieces[n][0] for place in places for n in place})


def read_pages(name):
    pages, lines, title = [], [], None
    for line in (HERE / name).read_text().split("\n") + ["=== "]:
        if line.startswith("=== "):
            if title:
                pages.append(Page(title, lines))
            title, lines = line[4:], []
        elif line:
            lines.append(line)
    return pages


def pieces(text):
    return re.findall(r"[^\W_]+", text)


def places(page, after, words, form, slop=0):
    """Where a phrase stands on the page, or from its end on."""
    return page.places(words, form, slop) + ([] if slop else page.places_over(after, words, form))


def by_marks(page, after, words, slop=0):
    """Grade of a phrase, whatever its marks."""
    if not places(page, after, words, folded, slop):
        return None
    return 2 if places(page, after, words, exact, slop) else 0


TYPED = re.compile(r"""
    (?P<no>-|KHÔNG\s+)?
    (?: (?P<filter>[^\W\d][\w-]*:(?:"[^"]*"|\S+))
      | (?P<sign>[=~]?) (?: "(?P<phrase>[^"]*)" (?:~(?P<slop>\d+))? | (?P<word>[^\s"]+) ) )""", re.VERBOSE)


def is_marked(word):
    return plain(word) != word.lower()


def lit(typed, page, after):
    """Numbers of the words that answer a query as typed on a page that answers it; None where it asks for no words.

    A phrase where it stands; a single word that was typed with marks where it stands so, on a page that has it so, else wherever it stands
    whatever the marks; loose words also where they stand together in the order typed. Nothing of what must not be there. (Of
    alternatives those that are not on the page light nothing by themselves.)
    """
    found, run, has_words = [], [], False

    def one(words, sign, slop=0):
        if sign == "=":
            return places(page, after, words, exact, slop)
        if len(words) == 1 and is_marked(words[0]) and page.places(words, exact):
            return page.places(words, exact)
        return places(page, after, words, folded, slop)

    def end_of_run():
        if len(run) > 1:
            assert not any(sign for sign, _ in run), "loose words with signs are not thought of here"
            found.extend(page.places([word for _, word in run], folded))
        run.clear()

    for m in TYPED.finditer(typed):
        if m["filter"]:
            continue
        if m["no"] or m["word"] in ("HOẶC", "VÀ") or m["phrase"] is not None:
            end_of_run()
        if m["no"] or m["word"] in ("HOẶC", "VÀ"):
            continue
        has_words = True
        words = pieces(m["phrase"] if m["phrase"] is not None else m["word"])
        if m["phrase"] is None:
            assert len(words) == 1, typed
            run.append((m["sign"], words[0]))
        found.extend(one(words, m["sign"], int(m["slop"] or 0)))
    end_of_run()
    return page.words_at(found) if has_words else None


def renumbered(numbers, page, misread):
    """The same words on the page with errors, where a lost letter may have made two words one or none."""
    known, clean, wrong = {}, 0, 0
    for a, b in zip(page.lines, misread.lines, strict=True):
        a, b = a.split(), b.split()
        blocks = difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
        same = [(0, len(a), 0)] if len(a) == len(b) else [(i, j, k) for op, i, j, k, n in blocks if j - i == n - k]
        for first, last, there in same:
            known.update({clean + first + n: wrong + there + n for n in range(last - first)})
        clean, wrong = clean + len(a), wrong + len(b)
    return sorted(known[n] for n in numbers if n in known)


def spans_of_dates(page):
    text = plain(page.text)
    text = re.sub(r"\b(bl|but luc)( so)? ?\d+ ?- ?\d+", " ", text)
    day = r"(?:ngay\s+(\d\d?)\s+thang\s+(\d\d?)\s+nam\s+(\d{4})|(?<![\d/.-])(\d\d?)([/.-])(\d\d?)\5(\d{4})(?![\d/]))"
    spans = []
    for m in re.finditer(day, text):
        d, mo, y = (m[1], m[2], m[3]) if m[1] else (m[4], m[6], m[7])
        spans.append((f"{y}-{int(mo):02}-{int(d):02}",) * 2)
    for m in re.finditer(r"thang\s+(\d\d?)(?:/|\s+nam\s+)(\d{4})", text):
        spans.append((f"{m[2]}-{int(m[1]):02}-01", f"{m[2]}-{int(m[1]):02}-31"))
    for m in re.finditer(r"\bnam\s+(\d{4})\b", text):
        spans.append((f"{m[1]}-01-01", f"{m[1]}-12-31"))
    if page.date:
        spans.append(((page.date + "-01-01")[:10], (page.date + ("-12-31" if len(page.date) == 4 else "-31"))[:10]))
    return spans


def has_article(page, article, clause, point):
    text = unicodedata.normalize("NFC", page.text.lower())
    numbers = r"điều\s+((?:\d+[a-z]?(?:\s*,\s*|\s+và\s+)?)+)"
    if not clause:
        return any(article in re.findall(r"\d+", m[1]) for m in re.finditer(numbers, text))
    ways = [rf"khoản\s+{clause}\s+điều\s+{article}\b", rf"điều\s+{article},?\s+khoản\s+{clause}\b"]
    if point:
        ways = [rf"điểm\s+{point},?\s+{ways[0]}", rf"{ways[1]},?\s+điểm\s+{point}\b"]
    return any(re.search(way, text) for way in ways)


def field(page, name, value):
    held = {"kind": [page.kind], "person": page.people, "unit": page.units + ["KV7"], "case": [page.case]}
    if name == "folio":
        first, last = (value.split("-") * 2)[:2]
        number = re.match(r"0*(\d+)$", page.folio)
        return bool(number) and int(first) <= int(number[1]) <= int(last)
    if name in ("kind", "case"):
        return plain(value) in map(plain, held[name])
    words = " ".join(map(folded, pieces(value)))
    return any(f" {words} " in f" {' '.join(map(folded, pieces(h)))} " for h in held[name])


def has_card(page, number):
    label = r"(?:cccd|cmnd|can cuoc|chung minh)[^0-9]{0,30}?"
    found = re.findall(label + r"(\d(?:[ .]?\d)*)", plain(page.text))
    return number in [re.sub(r"\D", "", f) for f in found]


def cites(page, first, last):
    """A bút lục between the two is named: BL 45, bút lục số 45, BL 45-47, bút lục từ 01 đến 14."""
    text = unicodedata.normalize("NFC", page.text)
    for m in re.finditer(r"(?:\bBL|[Bb]út lục)(?: từ)?(?: số)?:? (\d+)(?:(?: ?[-–] ?| đến )(\d+))?", text):
        a, b = int(m[1]), int(m[2] or m[1])
        if a <= last and first <= b:
            return True
    return False


def judge(rule, page, after):
    """Grade; None: must not be found."""
    kind, _, rest = rule.partition(" ")
    if kind in ("phrase", "seam"):
        return by_marks(page, after, pieces(rest))
    if kind == "exact":
        return 2 if places(page, after, pieces(rest), exact) else None
    if kind == "near":
        slop, _, rest = rest.partition(" ")
        return by_marks(page, after, pieces(rest), int(slop))
    if kind == "words":
        words = pieces(rest)
        if not all(folded(w) in page.forms[folded] for w in words):
            return None
        if not all(exact(w) in page.forms[exact] for w in words):
            return 0
        return 2 if page.places(words, exact) else 1
    if kind == "but":
        wanted, unwanted = rest.split(" / ")
        is_unwanted = by_marks(page, after, pieces(unwanted)) is not None
        return None if is_unwanted else by_marks(page, after, pieces(wanted))
    if kind == "either":
        grades = [by_marks(page, after, pieces(part)) for part in rest.split(" / ")]
        return max((grade for grade in grades if grade is not None), default=None)
    if kind == "number":
        wanted = re.escape(plain(rest))
        text = re.sub(r"\s*([/-])\s*", r"\1", plain(page.text))
        there = re.search(rf"(?<![\w/.-])0*{wanted}(?![\w/-])", text) or re.fullmatch(rf"0*{wanted}", plain(page.number))
        return 1 if there else None
    if kind == "date":
        first, last = rest.split()
        return 1 if any(first <= a and b <= last for a, b in spans_of_dates(page)) else None
    if kind == "article":
        article, clause, point = (rest.split() + ["", ""])[:3]
        return 1 if has_article(page, article, clause, point) else None
    if kind == "card":
        return 1 if has_card(page, rest) else None
    if kind == "cited":
        return 1 if cites(page, *map(int, rest.split())) else None
    if kind == "casefile":
        text = unicodedata.normalize("NFC", page.text.lower())
        return 1 if re.search(rf"hồ sơ (?:vụ án )?số:? 0*{rest}(?![\w/-])", text) else None
    if kind == "field":
        name, _, value = rest.partition(" ")
        return 1 if field(page, name, value) else None
    if kind == "both":
        grades = [judge(part, page, after) for part in rest.split(" + ")]
        return None if None in grades else min(grades)
    assert kind == "nothing", rule
    return None


def main():
    pages, misread = read_pages("pages.txt"), read_pages("misread.txt")
    rows = [line.split("\t") for line in (HERE / "queries.tsv").read_text().split("\n") if line and line[0] != "#"]
    rules = {row[0]: row[3] for row in rows}
    out = []
    for name, group, typed, rule in rows:
        rule = rules[rule[3:]] if rule.startswith("as ") else rule
        for page, wrong, after in zip(pages, misread, pages[1:] + [None]):
            same = after if after and (after.case, after.document) == (page.case, page.document) else None
            grade = judge(rule, page, same)
            if grade is None:
                continue
            words = lit(typed, page, same)
            if group == "misread":
                words = renumbered(words, page, wrong)
            shown = "?" if words is None else ",".join(map(str, words))
            out.append(f"{name}\t{page.id}\t{grade}\t{shown}\n")
    (HERE / "judgements.tsv").write_text("".join(out))


main()
