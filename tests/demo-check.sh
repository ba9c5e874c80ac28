#!/bin/sh
# Is what `./dev run` tells a newcomer there? demo-check.sh LOG, where LOG is what tests/demo.sh said in English.
set -eu
log=$1
die() { printf 'demo: %s; see %s\n' "$*" "$log" >&2; exit 1; }

grep -q 'complete: received 40 = stored 40 = indexed 40 pages' "$log" || die "not every page is stored and indexed"
grep -q '^3 case files intact' "$log" || die "the seals were not found intact"
# A hit of the search typed without marks: the line of its place, with the folio mark, and under it the words with marks.
grep -A 1 '^KV[-0-9A-Z]* · BL [0-9]* · page [0-9]* ' "$log" | grep -q '\[chiếm đoạt tài sản\]' ||
    die "no hit with its folio mark"
pdf=$(sed -n 's/.*a PDF to open: //p' "$log")
[ -s "$pdf" ] || die "no PDF: $pdf"
command -v pdftotext >/dev/null || die "pdftotext is missing (./dev setup test)"
pdftotext -enc UTF-8 "$pdf" - | tr -s ' \n\f' ' ' | grep -q 'chiếm đoạt tài sản' || die "$pdf does not hold the phrase"
