#!/bin/sh
# Kiểm tra hồ sơ số bằng công cụ có sẵn của Linux: sha256sum và openssl.
#     sh verify.sh GỐC.pem [GỐC-TSA.pem]
# GỐC.pem là chứng thư gốc do Tòa án TỰ CÓ, không lấy trong thư mục này.
# Kết thúc: 0 đúng; 1 SAI; 2 gọi sai; 3 chưa xác định được người ký (thiếu chứng thư gốc).
# Checks the case file with stock programs. GỐC.pem is the reader's own copy of the root certificate, never the one in here.
# Exit: 0 right, 1 WRONG, 2 misused, 3 undetermined (no root certificate was given).
set -u
LC_ALL=C; export LC_ALL
root=${1:-} tsa=${2:-} line='@LINE@'
for file in "$root" "$tsa"; do [ -z "$file" ] || [ -r "$file" ] || { echo "? $file: không đọc được / unreadable"; exit 2; }; done
case $root in '' | /*) ;; *) root=$PWD/$root ;; esac
case $tsa in '' | /*) ;; *) tsa=$PWD/$tsa ;; esac
cd "$(dirname "$0")/data" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
manifest=seal/manifest-sha256.txt result=0
good() { echo "✓ $1"; }
bad() { echo "✗ SAI / WRONG: $1"; [ ! -s "$tmp/said" ] || sed 's/^/    /' "$tmp/said"; result=1; }
unknown() { echo "? CHƯA KIỂM TRA / NOT CHECKED: $1"; }

if [ -n "$line" ]; then sed -n "$((line + 1))p" "$manifest"; else cat "$manifest"; fi >"$tmp/lines" 2>"$tmp/said"
sha256sum -c --strict --quiet "$tmp/lines" >"$tmp/said" 2>&1 &&
    good "nội dung tệp đúng bảng kê / files are as the manifest says" ||
    bad "nội dung tệp / contents of files"

{ cut -c67- "$tmp/lines"; echo "$manifest"; echo seal/manifest.p7s; } | sort >"$tmp/listed"
find . ! -type d | sed 's|^\./||' | sort >"$tmp/found"
diff "$tmp/listed" "$tmp/found" >"$tmp/said" && find . ! -type d ! -type f >"$tmp/said" && [ ! -s "$tmp/said" ] &&
    good "không thừa, không thiếu tệp / no file too many, none missing" ||
    bad "danh sách tệp (< thiếu, > thừa) / list of files (< missing, > not listed)"
: >"$tmp/said"

# Ai ký thì hỏi sau: chữ ký có đúng với bảng kê không / who signed is asked below: is it the signature of this manifest
openssl cms -verify -binary -noverify -inform DER -in seal/manifest.p7s -content "$manifest" -out /dev/null 2>"$tmp/said" &&
    good "chữ ký đúng với bảng kê / the signature fits the manifest" ||
    bad "chữ ký hoặc bảng kê đã bị thay đổi / the signature or the manifest was changed"
: >"$tmp/said"

openssl cms -cmsout -print -inform DER -in seal/manifest.p7s 2>/dev/null | sed -n '/signerInfos:/,$p' |
    grep -A1 'digestAlgorithm:' | grep -Eiq 'algorithm: *(sha1|md5)' && bad "thuật toán băm yếu / a weak digest"

if [ -n "$root" ]; then
    verify() {
        openssl cms -verify -binary -cades -inform DER -in seal/manifest.p7s -content "$manifest" -CAfile "$root" -no-CApath \
            -no-CAstore -auth_level 2 -purpose "$1" -out /dev/null 2>"$tmp/said"
    }
    verify any &&
        good "người ký thuộc chứng thư gốc của Tòa án / the signer belongs to your root certificate" ||
        bad "người ký không thuộc chứng thư gốc của Tòa án / the signer does not belong to your root certificate"
    if [ $result -eq 0 ] && ! verify smimesign; then
        unknown "chứng thư có dùng để ký được không / whether the certificate is for signing"
        result=3
    fi
    : >"$tmp/said"
else
    unknown "người ký, vì thiếu chứng thư gốc / the signer: no root certificate was given"
    [ $result -ne 0 ] || result=3
fi

token=../proof/evidence.tst
if [ ! -f "$token" ]; then
    unknown "dấu thời gian: không có / time stamp: there is none"
elif [ -z "$tsa" ]; then
    unknown "dấu thời gian, vì thiếu GỐC-TSA.pem / time stamp: no root of the authority was given"
else
    openssl ts -verify -token_in -in "$token" -digest "$(cat ../proof/evidence.root)" -CAfile "$tsa" >"$tmp/said" 2>&1 &&
        good "dấu thời gian đúng / the time stamp is right" ||
        bad "dấu thời gian / time stamp"
fi
unknown "nhật ký, cây băm, số trang: dùng kiem_tra.py / log, hash tree, counts: see kiem_tra.py"
openssl cms -cmsout -print -inform DER -in seal/manifest.p7s 2>/dev/null |
    sed -n '/signerInfos:/,$p' | grep -E 'issuer:|UTCTIME|GENERALIZEDTIME' | sed 's/^ */  /'
case $result in
    0) echo "KẾT LUẬN: ĐÚNG / RIGHT" ;;
    1) echo "KẾT LUẬN: SAI / WRONG" ;;
    *) echo "KẾT LUẬN: CHƯA XÁC ĐỊNH / UNDETERMINED" ;;
esac
exit $result
