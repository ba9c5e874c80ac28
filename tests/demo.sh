#!/bin/sh
# The main job on a folder, then a search and a PDF to open: demo.sh CACHE OUT [FOLDER]. `./dev run` calls it; `./dev test`
# calls it too, and asks tests/demo-check.sh whether what it says is true.
set -eu
cache=$1
out=$2
folder=${3:-}
export HOSO_PDFIUM="$cache/pdfium"
hoso=target/debug/hoso
case ${LANG:-} in vi*) lang=vi ;; *) lang=en ;; esac
say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
tell() { if [ "$lang" = vi ]; then say "$1"; else say "$2"; fi; }
# A value of the first line of `hoso --json …`.
value() { python3 -c 'import json, sys; print(json.loads(sys.stdin.readline())[sys.argv[1]])' "$1"; }

own_folder=$folder
if [ -z "$own_folder" ]; then
    folder=$out/fixtures/batch
    rm -rf "$out"
    mkdir -p "$out"
    tell "tạo ba hồ sơ mẫu (nhân vật hư cấu) trong $folder" "making three sample case files (fictional people) in $folder"
    target/debug/fixtures demo --out "$out/fixtures"
fi
archive=${HOSO_ARCHIVE:-$out/archive}
if [ ! -f "$archive/hoso.toml" ]; then
    tell "tạo kho $archive" "making the archive $archive"
    "$hoso" init "$archive"
fi
tell "việc chính: $folder → $archive" "the main job: $folder → $archive"
status=0
"$hoso" batch run "$folder" --archive "$archive" --secrecy thuong || status=$?
[ "$status" = 0 ] || [ "$status" = 3 ] || exit "$status"
tell "kiểm tra niêm phong" "verifying the seals"
"$hoso" verify "$archive"
if [ -z "$own_folder" ]; then
    query='"chiem doat tai san"'
    tell "tìm $query (gõ không dấu)" "searching for $query (typed without tone marks)"
    "$hoso" search "$query" --archive "$archive" --limit 5
    hit=$("$hoso" --json search "$query" --archive "$archive" --limit 1)
    code=$(echo "$hit" | value case)
    pdf=$(printf '%s.%03d.pdf' "$code" "$(echo "$hit" | value document)")
else
    code=$("$hoso" --json case show --archive "$archive" | value case)
    pdf='*.pdf'
fi
rm -rf "$out/export"
mkdir -p "$out"
"$hoso" case export "$code" --archive "$archive" --out "$out/export"
pdf=$(find "$out/export/representations/rep1/data" -name "$pdf" | sort | head -n 1)
tell "mở PDF: $pdf" "a PDF to open: $pdf"
tell "xem trong trình duyệt: HOSO_PDFIUM=$HOSO_PDFIUM $hoso serve --archive $archive" \
    "in a browser: HOSO_PDFIUM=$HOSO_PDFIUM $hoso serve --archive $archive"
exit "$status"
