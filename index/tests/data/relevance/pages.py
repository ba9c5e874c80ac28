"""Makes pages.txt and misread.txt: python3 pages.py TRUTH TEXTS

TRUTH  truth folder of `fixtures clean-300 --pages 40 --seed 104`
TEXTS  fixtures/texts
Standard library only; shares nothing with the crate. own.txt holds the pages written by hand.
"""
import json, pathlib, random, sys, textwrap, unicodedata

PAGES_OF_A_LAW = 8
WORDS_A_PAGE = 260
NOISE = 0.03
MARKS = ["aàáảãạăằắẳẵặâầấẩẫậ", "eèéẻẽẹêềếểễệ", "iìíỉĩị", "oòóỏõọôồốổỗộơờớởỡợ", "uùúủũụưừứửữự", "yỳýỷỹỵ", "dđ"]
SHAPES = {"a": "o", "b": "h", "c": "e", "e": "c", "g": "q", "h": "b", "i": "l", "l": "1", "n": "u", "o": "0", "r": "n",
          "s": "5", "t": "f", "u": "v", "v": "y", "y": "v"}


def head(case, page, document="1", folio="", kind="", date="", number="", units="", people=""):
    return "=== " + "\t".join([case, str(page), str(document), folio, kind, date, number, units, people])


def case_files(truth):
    for code in json.load(open(truth / "truth.json"))["cases"]:
        case = json.load(open(truth / code / "case.json"))
        for file in sorted((truth / code).glob("page-*.json")):
            page = json.load(open(file))
            document = case["documents"][page["document"] - 1]
            header = document["header"]
            first = document["first_page"] == page["page"]
            number = header["number"] if first and "/" in header["number"] else ""
            people = ";".join(p["name"] for p in document["fields"]["persons"]) if first else ""
            yield head(code, page["page"], page["document"], page["folio"] or "", page["doc_type"], header["date"], number,
                       header["issuing_body"].replace(" - ", ";"), people), page["body"].split("\n")


def laws(texts):
    for file in sorted(texts.glob("*.txt")):
        words = unicodedata.normalize("NFC", file.read_text()).split()
        for no in range(PAGES_OF_A_LAW):
            of_page = words[no * WORDS_A_PAGE:(no + 1) * WORDS_A_PAGE]
            if len(of_page) == WORDS_A_PAGE:
                yield head(file.stem, no + 1), textwrap.wrap(" ".join(of_page), 80)


def misread(line, dice):
    out = []
    for letter in line:
        if dice.random() < NOISE:
            small = letter.lower()
            group = next((g for g in MARKS if small in g), None)
            kind = dice.random()
            if kind < 0.65 and group:
                other = dice.choice([c for c in group if c != small])
                letter = other.upper() if letter != small else other
            elif kind < 0.9:
                letter = SHAPES.get(unicodedata.normalize("NFD", small)[0], letter)
            elif letter != " ":
                letter = ""
        out.append(letter)
    return "".join(out)


def main():
    truth, texts = map(pathlib.Path, sys.argv[1:3])
    here = pathlib.Path(__file__).parent
    pages = list(case_files(truth)) + list(laws(texts))
    own = unicodedata.normalize("NFC", (here / "own.txt").read_text()).strip().split("\n=== ")
    for page in own:
        title, *lines = page.removeprefix("=== ").split("\n")
        pages.append(("=== " + title, lines))
    dice = random.Random(7)
    with open(here / "pages.txt", "w") as clean, open(here / "misread.txt", "w") as wrong:
        for title, lines in pages:
            lines = [line for line in (unicodedata.normalize("NFC", l).strip() for l in lines) if line]
            clean.write("\n".join([title, *lines, ""]))
            wrong.write("\n".join([title, *(misread(line, dice) or "." for line in lines), ""]))


main()
