#!/bin/sh
# Kiểm tra hồ sơ số bằng công cụ có sẵn của Linux: sha256sum và openssl.
#     sh verify.sh GỐC.pem [GỐC-TSA.pem]
# GỐC.pem là chứng thư gốc do Tòa án TỰ CÓ, không lấy trong thư mục này.
# Kết thúc: 0 đúng; 1 SAI; 2 gọi sai; 3 chưa xác định (thiếu chứng thư gốc, gốc không bảo đảm người ký, chữ ký theo lô).
# Checks the case file with stock programs. GỐC.pem is the reader's own copy of the root certificate, never the one in here.
# Exit: 0 right, 1 WRONG, 2 misused, 3 undetermined (no root certificate, signer not vouched for by it, signature over a batch).
set -u
LC_ALL=C; export LC_ALL
root=${1:-} tsa=${2:-} line='@LINE@'
for file in "$root" "$tsa"; do [ -z "$file" ] || [ -r "$file" ] || { echo "? $file: không đọc được / unreadable"; exit 2; }; done
case $root in '' | /*) ;; *) root=$PWD/$root ;; esac
case $tsa in '' | /*) ;; *) tsa=$PWD/$tsa ;; esac
cd "$(dirname "$0")" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
manifest=seal/manifest-sha256.txt statement='metadata/other/statement[.]json' result=0
good() { echo "✓ $1"; }
bad() { echo "✗ SAI / WRONG: $1"; [ ! -s "$tmp/said" ] || sed 's/^/    /' "$tmp/said"; result=1; }
unknown() { echo "? CHƯA KIỂM TRA / NOT CHECKED: $1"; }

# Trước khi đọc tệp nào: ống, liên kết... thì dừng / before any file is read: with a pipe or a link in it nothing is read
find . ! -type d ! -type f >"$tmp/said" 2>&1
[ ! -s "$tmp/said" ] || { bad "không phải tệp thường / no plain files"; echo "KẾT LUẬN: SAI / WRONG"; exit 1; }
cd data || exit 2

if [ -n "$line" ]; then sed -n "$((line + 1))p" "$manifest"; else cat "$manifest"; fi >"$tmp/lines" 2>"$tmp/said"
[ -z "$line" ] || grep "^.\{66\}$statement\$" "$manifest" >>"$tmp/lines"
sha256sum -c --strict --quiet "$tmp/lines" >"$tmp/said" 2>&1 &&
    good "nội dung tệp đúng bảng kê / files are as the manifest says" ||
    bad "nội dung tệp / contents of files"

signed=$manifest batch=
second=
[ ! -f seal/manifest-ml-dsa.p7s ] || second=seal/manifest-ml-dsa.p7s
[ ! -f seal/batch.txt ] || { signed=seal/batch.txt; batch='seal/batch.txt seal/batch.proof'; }
{ cut -c67- "$tmp/lines"; printf '%s\n' "$manifest" seal/manifest.p7s $batch $second; } | sort >"$tmp/listed"
find . ! -type d | sed 's|^\./||' | sort >"$tmp/found"
diff "$tmp/listed" "$tmp/found" >"$tmp/said" &&
    good "không thừa, không thiếu tệp / no file too many, none missing" ||
    bad "danh sách tệp (< thiếu, > thừa) / list of files (< missing, > not listed)"
: >"$tmp/said"

# Ai ký thì hỏi sau: chữ ký có đúng với bảng kê không / who signed is asked below: is it the signature of this manifest
openssl cms -verify -binary -noverify -inform DER -in seal/manifest.p7s -content "$signed" -out /dev/null 2>"$tmp/said" &&
    good "chữ ký đúng với bảng kê / the signature fits the manifest" ||
    bad "chữ ký hoặc bảng kê đã bị thay đổi / the signature or the manifest was changed"
: >"$tmp/said"
if [ -n "$batch" ]; then
    unknown "chữ ký là của cả lô; bảng kê này có thuộc lô không (seal/batch.proof): dùng kiem_tra.py / the signature is over a batch; whether this manifest is of it: see kiem_tra.py"
    [ $result -ne 0 ] || result=3
fi

openssl cms -cmsout -print -inform DER -in seal/manifest.p7s 2>/dev/null | sed -n '/signerInfos:/,$p' |
    grep -A1 'digestAlgorithm:' | grep -Eiq 'algorithm: *(sha1|md5)' && bad "thuật toán băm yếu / a weak digest"

# Tuyên bố niêm phong nêu hai người ký; openssl nhận cả khi còn một / a statement names two signers; openssl accepts one of them alone
if grep -q "^.\{66\}$statement\$" "$manifest"; then
    signers=$(openssl cms -cmsout -print -inform DER -in seal/manifest.p7s 2>/dev/null | sed -n '/signerInfos:/,$p' |
        grep -c 'd\.issuerAndSerialNumber\|d\.subjectKeyIdentifier')
    [ "$signers" -ge 2 ] || bad "tuyên bố nêu hai người ký, chỉ có $signers chữ ký / the statement names two signers, there is one signature"
    unknown "tuyên bố niêm phong nói gì, có đúng hai người đó ký không: dùng kiem_tra.py / what the statement says, and whether those two signed: see kiem_tra.py"
fi

if [ -n "$root" ]; then
    cafile=$root
    verify() {
        openssl cms -verify -binary -cades -inform DER -in seal/manifest.p7s -content "$signed" -CAfile "$cafile" -no-CApath \
            -no-CAstore -auth_level 2 -purpose "$@" -out /dev/null 2>"$tmp/said"
    }
    # Chữ ký đúng mà gốc không bảo đảm (gốc khác, hết hạn) thì chưa xác định / right, but not vouched for: undetermined, not wrong
    if ! verify any; then
        unknown "người ký không được chứng thư gốc của Tòa án bảo đảm (gốc khác, hay hết hạn) / the signer is not vouched for by your root certificate (another root, or expired)"
        sed 's/^/    /' "$tmp/said"
        [ $result -ne 0 ] || result=3
    else
        good "người ký thuộc chứng thư gốc của Tòa án / the signer belongs to your root certificate"
        # Danh sách thu hồi (PEM) nối vào sau GỐC.pem; không có thì dùng proof/revocation, do nơi cấp ký
        # Revocation lists (PEM) go behind the root certificate in its file; without them those in proof/revocation, signed by issuers
        if grep -q 'X509 CRL' "$root" || openssl pkcs7 -inform DER -in seal/manifest.p7s -print_certs -text -noout 2>/dev/null |
            grep -Eq 'CRL Distribution Points|OCSP - URI'; then
            cafile=$tmp/root-and-lists.pem
            { cat "$root"; echo; } >"$cafile"
            grep -q 'X509 CRL' "$root" || for list in ../proof/revocation/*.crl; do
                openssl crl -inform DER -in "$list" 2>/dev/null
            done >>"$cafile"
            if verify any -crl_check_all; then
                good "chứng thư không bị thu hồi, theo danh sách / not revoked, by the lists"
            else
                unknown "chứng thư có bị thu hồi không (cần danh sách trong GỐC.pem) / whether a certificate was revoked (lists are wanted in your root file)"
                sed 's/^/    /' "$tmp/said"
                [ $result -ne 0 ] || result=3
            fi
            cafile=$root
        fi
        verify smimesign || {
            unknown "chứng thư có dùng để ký được không / whether the certificate is for signing"
            [ $result -ne 0 ] || result=3
        }
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
    if openssl ts -verify -token_in -in "$token" -digest "$(cat ../proof/evidence.root)" -CAfile "$tsa" >"$tmp/said" 2>&1; then
        good "dấu thời gian đúng với proof/evidence.root / the time stamp is right for proof/evidence.root"
        unknown "dấu đó có phải của hồ sơ này không: dùng kiem_tra.py / whether it is of this case file: see kiem_tra.py"
    elif grep -q 'certificate verify' "$tmp/said"; then
        unknown "dấu thời gian: GỐC-TSA.pem không bảo đảm / time stamp: not vouched for by your root of the authority"
    else
        bad "dấu thời gian / time stamp"
    fi
fi
[ -z "$second" ] || unknown "chữ ký thứ hai ML-DSA (thử nghiệm) / second signature, ML-DSA (experimental): $second"
unknown "nhật ký, cây băm, số trang: dùng kiem_tra.py / log, hash tree, counts: see kiem_tra.py"
openssl cms -cmsout -print -inform DER -in seal/manifest.p7s 2>/dev/null |
    sed -n '/signerInfos:/,$p' | grep -E 'issuer:|UTCTIME|GENERALIZEDTIME' | sed 's/^ */  /'
case $result in
    0) echo "KẾT LUẬN: ĐÚNG / RIGHT" ;;
    1) echo "KẾT LUẬN: SAI / WRONG" ;;
    *) echo "KẾT LUẬN: CHƯA XÁC ĐỊNH / UNDETERMINED" ;;
esac
exit $result
