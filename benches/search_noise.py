"""How much of what was really misread is found: three-word phrases of generated pages, searched in an archive that read them.

search_noise.py BIN [--sets worn-200,…] [--pages N] [--seed S] [--work DIR]

BIN holds hoso, hoso-worker and fixtures. For each set: pages are made, read by `hoso batch run`, and searched by `hoso search`. A page is
relevant when its truth has the phrase, marks aside; that is decided here, with the standard library alone. Prints recall and precision of
="…", "…" and ~"…".
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import unicodedata

PHRASES = 60
SIGNS = ["=", "", "~"]


def plain(text):
    marks = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(c for c in marks if not unicodedata.combining(c))


def pieces(text):
    return re.findall(r"[^\W_]+", plain(unicodedata.normalize("NFC", text)))


def has(page, words):
    return any(page[n : n + len(words)] == words for n in range(len(page) - len(words) + 1))


def truth_of(folder):
    pages = {}
    for file in sorted(folder.glob("*/page-*.json")):
        page = json.loads(file.read_text())
        if page["body"]:
            pages[page["case"], page["page"]] = page["body"]
    return pages


def phrases_of(pages, dice):
    """Three words of a line as they stand, letters only."""
    lines = [line.split() for body in pages.values() for line in body.split("\n")]
    lines = [line for line in lines if len(line) >= 3]
    found = []
    while len(found) < PHRASES:
        line = dice.choice(lines)
        at = dice.randrange(len(line) - 2)
        words = line[at : at + 3]
        if all(word.isalpha() for word in words):
            found.append(" ".join(words))
    return found


def main():
    args = argparse.ArgumentParser()
    args.add_argument("bin", type=pathlib.Path)
    args.add_argument("--sets", default="worn-200,fax-100,typewriter-200")
    args.add_argument("--pages", default="40")
    args.add_argument("--seed", default="101")
    args.add_argument("--work", type=pathlib.Path, default=pathlib.Path("target/tmp/search-noise"))
    args = args.parse_args()

    env = {**os.environ, "HOSO_PDFIUM": str(pathlib.Path(os.environ["HOSO_DEV_CACHE"]) / "pdfium")}

    def run(program, *words, codes=(0,)):
        said = subprocess.run([args.bin / program, *map(str, words)], capture_output=True, text=True, env=env)
        assert said.returncode in codes, said.stderr + said.stdout[-1000:]
        return [json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")]

    print(f"{'set':<16} {'pages':>5} {'words':>6}  " + "  ".join(f"{sign + chr(34) + '…' + chr(34):>13}" for sign in SIGNS))
    for name in args.sets.split(","):
        work = args.work / name
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        run("fixtures", name, "--pages", args.pages, "--seed", args.seed, "--out", work / "set")
        (work / "password").write_text("mật khẩu thử nghiệm 1\n")
        archive = work / "archive"
        run("hoso", "init", archive, "--password-file", work / "password")
        # 3: done, some pages are to be looked at.
        run("hoso", "batch", "run", "--json", "--secrecy", "thuong", "--stamps-checked", "--archive", archive, work / "set/batch", codes=(0, 3))
        bodies = truth_of(work / "set/truth")
        truth = {page: pieces(body) for page, body in bodies.items()}
        scores = {sign: [0, 0, 0] for sign in SIGNS}
        for typed in phrases_of(bodies, random.Random(int(args.seed))):
            words = pieces(typed)
            relevant = {page for page, text in truth.items() if has(text, words)}
            for sign in SIGNS:
                hits = run("hoso", "search", "--json", "--limit", 100000, f'{sign}"{typed}"', "--archive", archive)
                found = {(hit["case"], hit["page"]) for hit in hits if hit["type"] == "hit"}
                scores[sign][0] += len(relevant)
                scores[sign][1] += len(found)
                scores[sign][2] += len(found & relevant)
        cells = []
        for relevant, found, both in scores.values():
            cells.append(f"{both / relevant:.3f} / {both / max(found, 1):.3f}")
        print(f"{name:<16} {len(truth):>5} {sum(map(len, truth.values())):>6}  " + "  ".join(cells), flush=True)
        shutil.rmtree(work)


main()
