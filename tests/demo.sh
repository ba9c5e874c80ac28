#!/bin/sh
# `./dev run [FOLDER]`: the main job on a folder, then a search and a PDF to open. Called by ./dev.
set -eu
cache=$1
folder=${2:-}
export HOSO_PDFIUM="$cache/pdfium"
hoso=target/debug/hoso
case ${LANG:-} in vi*) lang=vi ;; *) lang=en ;; esac
say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
tell() { if [ "$lang" = vi ]; then say "$1"; else say "$2"; fi; }

out=target/demo
if [ -z "$folder" ]; then
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
if [ -z "${2:-}" ]; then
    query="chiem doat tai san"
    tell "tìm \"$query\" (gõ không dấu)" "searching for \"$query\" (typed without tone marks)"
    "$hoso" search "\"$query\"" --archive "$archive" --limit 5
fi
tell "kiểm tra niêm phong" "verifying the seals"
"$hoso" verify "$archive"
code=$("$hoso" --json case show --archive "$archive" | python3 -c 'import json,sys; print(json.loads(sys.stdin.readline())["case"])')
rm -rf "$out/export"
mkdir -p "$out"
"$hoso" case export "$code" --archive "$archive" --out "$out/export"
pdf=$(find "$out/export/representations/rep1/data" -name '*.pdf' | sort | head -n 1)
tell "mở PDF: $pdf" "a PDF to open: $pdf"
tell "xem trong trình duyệt: HOSO_PDFIUM=$HOSO_PDFIUM $hoso serve --archive $archive" \
    "in a browser: HOSO_PDFIUM=$HOSO_PDFIUM $hoso serve --archive $archive"
exit "$status"
