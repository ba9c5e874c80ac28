#!/usr/bin/env python3
"""Kiểm tra độc lập một hồ sơ số do Viện kiểm sát giao; chỉ cần Python 3.9 và chương trình openssl (3.0 trở lên).
Checks a case file that was handed to a court, without any program of the archive's. See README.md beside this file.
    python3 kiem_tra.py --root GOC.pem [--log-key NHATKY.vkey] [--checkpoint TEP] [--tsa-root TSA.pem] THU-MUC
Believed is only what stands on the command line; everything in the folder is a stranger's. GOC.pem: root certificates, and revocation lists where there are.
Exit: 0 TOTAL-PASSED, 1 TOTAL-FAILED, 3 INDETERMINATE; 2 misused: no openssl, or the reader's own files cannot be used."""
import argparse, base64, calendar, hashlib, json, os, re, subprocess, sys, tempfile, time, unicodedata
PASSED, NOT_CHECKED, UNKNOWN, FAILED = "TOTAL-PASSED", "NOT-CHECKED", "INDETERMINATE", "TOTAL-FAILED"
MANIFEST, P7S, CASE = "seal/manifest-sha256.txt", "seal/manifest.p7s", "metadata/other/case.json"
BATCH, PROOF, STATEMENT, SECOND = "seal/batch.txt", "seal/batch.proof", "metadata/other/statement.json", "seal/manifest-ml-dsa.p7s"
class Found(Exception):  # what a check found: status, reason, and whether the whole hangs on it
    def __init__(self, status, reason, needed=False): super().__init__(reason); self.status, self.reason, self.needed = status, reason, needed
def wrong(reason): raise Found(FAILED, reason, True)
def read(path, limit=64 << 20):
    if not os.path.isfile(path) or os.path.islink(path) or os.path.getsize(path) > limit: wrong(f"thiếu tệp, hay quá dài / missing, or too long: {path}")
    with open(path, "rb") as f: return f.read()
def text(path, limit=1 << 20): return read(path, limit).decode("utf-8")
sha256, b64 = lambda b: hashlib.sha256(b).digest(), lambda s: base64.b64decode(s, validate=True)
def canonical(value): return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
def openssl(*args):
    done = subprocess.run(["openssl", *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode == 0, done.stdout.decode("utf-8", "replace")
# --- The list of files -------------------------------------------------------------------------------------------------------
def manifest(kit):
    raw = read(f"{kit.data}/{MANIFEST}"); lines = raw.decode("utf-8").split("\n")
    if lines.pop() != "" or not lines: wrong("bảng kê không kết thúc bằng xuống dòng / manifest without a line feed at its end")
    kit.lines, kit.files = lines, {}
    for line in lines:
        found = re.fullmatch(r"([0-9a-f]{64})  (.+)", line, re.S); path = found and found[2]
        odd = not path or path in ("-", "seal") or path.startswith("seal/") or "\\" in path or len(path.encode()) > 2048 \
            or any(part in ("", ".", "..") for part in path.split("/")) or unicodedata.normalize("NFC", path) != path \
            or any(unicodedata.category(c) == "Cc" for c in path)
        if odd or path in kit.files: wrong(f"dòng không đúng dạng / line not in its one form: {line[:120]!r}")
        kit.files[path] = found[1]
    if sorted(kit.files, key=str.encode) != list(kit.files): wrong("bảng kê không theo thứ tự / manifest is not sorted")
    kit.manifest = raw; return f"{len(lines)} tệp/files, SHA-256 {hashlib.sha256(raw).hexdigest()}"
def files(kit):
    expected = {path: kit.files.get(path) for path in (kit.page, STATEMENT) if path != STATEMENT or path in kit.files} if kit.page else kit.files
    there, faults = set(), []
    for folder, folders, names in os.walk(kit.data, onerror=lambda e: faults.append(f"{e.filename}: không đọc được / unreadable")):
        for path in [os.path.join(folder, name) for name in names + folders if name in names or os.path.islink(os.path.join(folder, name))]:
            short = os.path.relpath(path, kit.data).replace(os.sep, "/"); there.add(short)
            if os.path.islink(path) or not os.path.isfile(path): faults.append(f"{short}: không phải tệp thường / not a plain file")
            elif short in (MANIFEST, P7S, BATCH, PROOF, SECOND): continue
            elif short not in expected: faults.append(f"{short}: không có trong bảng kê / not in the manifest")
            else:
                digest = hashlib.sha256()
                with open(path, "rb") as f:
                    for block in iter(lambda: f.read(1 << 20), b""): digest.update(block)
                if digest.hexdigest() != expected[short]: faults.append(f"{short}: nội dung đã đổi / differs")
    faults += [f"{path}: thiếu / missing" for path in expected if path not in there]
    if faults: wrong("\n      ".join(faults))
    return f"{len(expected)} tệp đúng / files are right" + f"; chỉ một trang, {len(kit.files) - len(expected)} tệp khác không giao / one page only, the others are not here" * bool(kit.page)
# --- Time stamps (RFC 4998, RFC 3161) ----------------------------------------------------------------------------------------
def der(b):
    out, at = [], 0  # the elements: tag, contents, all bytes
    while at < len(b):
        size, start = b[at + 1], at + 2
        if size & 0x80: start, size = start + (size & 0x7F), int.from_bytes(b[start:start + (size & 0x7F)], "big")
        if start + size > len(b): wrong("DER")
        out.append((b[at], b[start:start + size], b[at:start + size])); at = start + size
    return out
def sequence(b): size = len(b).to_bytes(4, "big").lstrip(b"\0"); return b"\x30" + (size if len(b) < 128 else bytes([0x80 | len(size)]) + size) + b
DIGESTS = {f"06096086480165030402{n:02x}": name for n, name in ((1, "sha256"), (2, "sha384"), (3, "sha512"))}
def evidence(kit):
    name, older, stamps = f"{kit.proof}/evidence.er", b"", []
    if not os.path.exists(name): raise Found(NOT_CHECKED, "không có / there is none")
    whole, used = der(read(name, 1 << 20)), []
    for chain in der(der(whole[0][1])[2][1]):
        token = None
        for stamp in der(chain[1]):
            parts = der(stamp[1]); used += [parts[0][1]] * (parts[0][1] not in used)
            h = lambda b, name=DIGESTS[parts[0][1].hex()]: hashlib.new(name, b).digest()
            covers = [h(token)] if token else [h(h(o) + h(sequence(older))) if older else h(o) for o in (kit.manifest, read(f"{kit.data}/{P7S}"))]
            lists, root = [[e[1] for e in der(each[1])] for each in der(parts[1][1])], []
            if parts[1][0] != 0xA2 or any(hash not in lists[0] for hash in covers): wrong("của dữ liệu khác / of other objects")
            for each in lists: root = [h(b"".join(sorted(each + root)))] if len(each + root) > 1 else each
            token = parts[2][2]; signed = der(der(der(der(token)[0][1])[1][1])[0][1]); info = der(der(der(signed[2][1])[1][1])[0][1])[0][1]
            if der(der(info)[2][1])[1][1] != root[0]: wrong("dấu của dữ liệu khác / the time stamp is for other data")
            if not any(hashlib.new(name, c[2]).digest() in token for c in der(signed[3][1]) for name in ("sha1", "sha256", "sha384", "sha512")): wrong("không phải chứng thư mà dấu nêu / not the certificate that the time stamp names")
            stamps.append((calendar.timegm(time.strptime(der(info)[4][1][:14].decode(), "%Y%m%d%H%M%S")), root[0].hex(), token))
        older += chain[2]
    if len(whole) != 1 or whole[0][1] != b"\2\1\1" + sequence(b"".join(map(sequence, used))) + sequence(older): wrong("không đúng dạng / not in its one form")
    any(later[0] < one[0] for one, later in zip(stamps, stamps[1:])) and wrong("các dấu không theo thứ tự / time stamps are not in order"); told = f"niêm phong có từ trước / the seal existed at {time.strftime('%Y-%m-%d %H:%M:%SZ', time.gmtime(stamps[0][0]))}"
    for (_, root, token), at in zip(stamps, [at for at, _, _ in stamps[1:]] + [int(time.time())]):
        with tempfile.NamedTemporaryFile() as file:
            file.write(token), file.flush()
            good, said = openssl("ts", "-verify", "-token_in", "-in", file.name, "-digest", root, "-CAfile", kit.tsa_root, "-attime", at) if kit.tsa_root else (False, "certificate verify")
            whole, _ = openssl("cms", "-verify", "-noverify", "-inform", "DER", "-in", file.name, "-out", os.devnull)
        if not whole or not good and "certificate verify" not in said: wrong("dấu thời gian sai / wrong time stamp: " + said.strip()[-200:])
        if not good and kit.tsa_root: raise Found(UNKNOWN, "máy chủ không được gốc bảo đảm / authority not vouched for: " + said.strip()[-200:])
    if not kit.tsa_root: raise Found(UNKNOWN, told + "; thiếu gốc của máy chủ / no root of the authority (--tsa-root)")
    kit.proven = stamps[0][0]; return f"{told}; {len(stamps)} dấu / time stamps"
# --- Who signed --------------------------------------------------------------------------------------------------------------
def batch(kit):  # what is signed: the manifest, or the text of a batch that it is proven to be of (manifest.md, section 7)
    if not any(os.path.lexists(f"{kit.data}/{name}") for name in (BATCH, PROOF)): return MANIFEST
    said, way = (text(f"{kit.data}/{name}", 8 << 10).split("\n") for name in (BATCH, PROOF))
    of = f"{sha256(kit.manifest).hex()} {len(kit.lines)} {base64.b64encode(tree([leaf(line.encode()) for line in kit.lines])).decode()}"
    if [said[0], said[5:], way[0], way[-1]] != ["hoso-batch/1", [""], "hoso-batch-proof/1", ""] or not re.fullmatch(r"(0|[1-9]\d{0,18}) (0|[1-9]\d{0,18})", f"{said[3]} {way[1]}", re.A) \
            or not all(re.fullmatch("[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=", h) for h in [said[4], *way[2:-1]]) \
            or root_of(leaf(of.encode()), int(way[1]), int(said[3]), [b64(h) for h in way[2:-1]]) != b64(said[4]):
        wrong("bảng kê không thuộc lô đã ký / the manifest is not one of the batch that was signed")
    return BATCH
def statement(kit):  # what two people stated: of this case file, and signed by both (manifest.md, section 6)
    raw = text(f"{kit.data}/{STATEMENT}", 64 << 10); said = json.loads(raw)
    keys = set("agency case counted_at counted_by format object officer pages pages_on_paper reviewed_manifest_sha256 reviewed_version sealed_at".split())
    two = [(role, said[role]["name"], said[role]["certificate_sha256"]) for role in ("officer", "agency")]
    if canonical(said) != raw or set(said) != keys or said["format"] != "hoso-statement/1" or not all(re.fullmatch("[0-9a-f]{64}", of) for *_, of in two) \
            or any(type(said[k]) is not int for k in ("pages", "pages_on_paper")): wrong("tuyên bố niêm phong không đúng dạng / statement not in its one form")
    if two[0][2] == two[1][2]: wrong("hai chữ ký của một chứng thư / both signers that the statement names are one")
    for role, name, of in two: bytes.fromhex(of) in kit.signer_digests or wrong(f"thiếu chữ ký mà tuyên bố nêu / signature missing that the statement names: {role} {canonical(name)}")
    if said["pages"] != said["pages_on_paper"]: wrong(f"{said['pages_on_paper']} trang trên giấy, {said['pages']} trang trong gói / pages on paper, pages in the package")
    case = said if kit.page else json.loads(text(f"{kit.data}/{CASE}", 256 << 20))
    if any(said[k] != case[k] for k in ("object", "pages")): wrong("tuyên bố của hồ sơ khác / statement of another case file")
    kit.stated = f"{canonical(said['counted_by'])} đã đếm {said['pages_on_paper']} trang giấy / counted pages on paper; ký / signed: " + ", ".join(canonical(name) for _, name, _ in two)
def signature(kit):
    whole = der(read(f"{kit.data}/{P7S}", 1 << 20))
    cms = ["cms", "-verify", "-binary", "-inform", "DER", "-in", f"{kit.data}/{P7S}", "-content", f"{kit.data}/{batch(kit)}", "-out", os.devnull]
    good, said = openssl(*cms, "-noverify")
    if not good: wrong("chữ ký không phải của bảng kê này / not the signature of this manifest: " + said.strip().split("\n")[0])
    _, printed = openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", f"{kit.data}/{P7S}"); signers = printed[printed.rindex("signerInfos:"):]
    digests = re.findall(r"digestAlgorithm: *\n *algorithm: (\S+)", signers)
    times = [calendar.timegm(time.strptime(t, "%b %d %H:%M:%S %Y")) for t in re.findall(r"(?:UTCTIME|GENERALIZEDTIME):(\w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}) GMT", signers)]
    kit.signers = len(digests); _, chain = openssl("pkcs7", "-inform", "DER", "-in", f"{kit.data}/{P7S}", "-print_certs", "-text", "-noout")
    keys = re.findall(r"Public Key Algorithm: (\S+)\n *Public-Key: \((\d+) bit\)(?:\n *pub: *\n *ASN1 OID: (\w+))?", re.sub(r"(?m)^ *([0-9a-f]{2}:)+.*\n", "", chain))
    odd = set(re.findall(r"X509v3 ([^:\n]+): critical", chain)) - {"Basic Constraints", "Key Usage", "Extended Key Usage"}
    infos = der(der(der(der(whole[0][1])[1][1])[0][1])[-1][1])
    for signed in [[e[2] for e in der(part[1])] for info in infos for part in der(info[1]) if part[0] == 0xA0]: signed == sorted(signed) or wrong("thuộc tính đã ký không theo thứ tự DER / signed attributes not in the order of DER (RFC 5652, 5.3)")
    for kind, bits, _ in keys: kind.startswith("rsa") and int(bits) < 2048 and wrong(f"khóa yếu / weak key: {kind} {bits} bits")
    if len(whole) != 1 or not keys or len(keys) != chain.count("Public Key Algorithm") or "eContent: <ABSENT>" not in printed or odd or not digests or set(digests) - set(DIGESTS.values()) or not all(
            curve in ("prime256v1", "secp384r1") or kind.startswith("rsa") for kind, _, curve in keys):
        wrong(f"chữ ký không đúng dạng / not of the profile of docs/format/manifest.md: {keys} {digests} {odd or ''}")
    with tempfile.TemporaryDirectory() as tmp:
        openssl(*cms, "-noverify", "-signer", f"{tmp}/signers.pem")
        blocks = re.findall(r"-----BEGIN CERTIFICATE-----\n[\s\S]+?-----END CERTIFICATE-----\n", text(f"{tmp}/signers.pem"))
        kit.signer_digests = [sha256(b64("".join(block.split("\n")[1:-2]))) for block in blocks]
        names = [os.path.join(tmp, str(n)) for n in range(len(blocks))]
        for name, block in zip(names, blocks): open(name, "w", encoding="ascii").write(block)
        names = [openssl("x509", "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8", "-in", name)[1].strip() for name in names]; STATEMENT in kit.files and statement(kit)
        told = [f"{name}, ghi giờ ký / claims {time.strftime('%Y-%m-%d %H:%M:%SZ', time.gmtime(at))}" for name, at in zip(names, times)]
        told += ["không có tuyên bố nêu người phải ký: có ai bị bỏ không, hỏi nhật ký và kho / no statement names who had to sign"] * (not kit.stated)
        if len(names) != kit.signers: raise Found(UNKNOWN, f"{kit.signers} chữ ký, {len(names)} chứng thư / signatures, certificates", True)
        if not kit.root: raise Found(UNKNOWN, "\n      ".join(["thiếu chứng thư gốc của người đọc / no root certificate was given (--root)", *told]), True)
        at, own, place = kit.proven or int(time.time()), text(kit.root, 64 << 20), f"{kit.proof}/revocation"; asked = "X509 CRL" in own or re.search("CRL Distribution Points|OCSP - URI", chain)
        lists = [f"{place}/{name}" for name in sorted(os.listdir(place))[:64] if name.endswith(".crl")] if os.path.isdir(place) and "X509 CRL" not in own else []  # signed by their issuers
        open(f"{tmp}/roots", "w", encoding="utf-8").write("\n".join([own, *(said for good, said in (openssl("crl", "-inform", "DER", "-in", name) for name in lists if read(name)) if good)]))
        if any(claimed > at + 300 for claimed in times): raise Found(UNKNOWN, "giờ ký ở tương lai / claimed time lies in the future", True)
        for moment, *more in [(moment, "-purpose", purpose) for moment in [at, *times] for purpose in ("any", "smimesign")] + [(at, "-purpose", "any", "-crl_check_all")] * bool(asked):
            good, said = openssl(*cms, "-cades", "-CAfile", f"{tmp}/roots", "-no-CApath", "-no-CAstore", "-auth_level", 2, "-verify_depth", 3, "-attime", moment, *more)
            reason = next((r for r in ("revoked", "CRL", "expired", "not yet valid", "purpose") if r in said), "no path to the root")
            if not good: raise Found(UNKNOWN, "\n      ".join([f"người ký không được chứng thư gốc bảo đảm / signer not vouched for: {reason}", *told]), True)
    proven = f", theo giờ đã chứng minh / judged at the proven time {time.strftime('%Y-%m-%d', time.gmtime(at))}" if kit.proven else ""
    lists = "thu hồi: theo danh sách có được / revocation: by the lists at hand" if asked else "chứng thư không nêu nơi hỏi thu hồi / no place to ask about revocation is named"
    return "\n      ".join([f"{kit.signers} người ký / signers{proven}; {lists}", *told])
# --- Pages and counts --------------------------------------------------------------------------------------------------------
def counts(kit):
    if kit.page: raise Found(NOT_CHECKED, "chỉ một trang / one page only")
    case = json.loads(text(f"{kit.data}/{CASE}", 256 << 20))
    if case.get("format") != "hoso-case/1": wrong(f"format {case.get('format')}")
    if case.get("object", kit.json.get("object")) != kit.json.get("object") or case["header"]["code"] != kit.json.get("case"):
        wrong("kit.json nói về hồ sơ khác / kit.json speaks of another case file")
    pages = [page for document in case.get("documents", []) for page in document["pages"]]
    if not case.get("volumes"):
        gaps = any(b["no"] != a["no"] + 1 for a, b in zip(pages, pages[1:]))
        if gaps or case["pages"] != len(pages): wrong(f"số trang không liên tục, hoặc ghi {case['pages']} mà có {len(pages)} / gaps, or pages stated, pages found")
        masters = [master["path"] for master in case["masters"]]
        for path in masters + [page["alto"] for page in pages]: path in kit.files or wrong(f"mô tả có, bảng kê không có / described, not in the manifest: {path}")
        if sorted(masters) != sorted(path for path in kit.files if path.startswith("representations/rep2/data/")): wrong("số tệp gốc / number of masters")
        if any(kit.files[master["path"]] != master["sha256"] for master in case["masters"]): wrong("mã băm tệp gốc / digest of a master")
        if any(not 0 <= page["master"] < len(masters) for page in pages): wrong("trang không có tệp gốc / a page without a master")
    up = os.path.dirname(os.path.abspath(kit.kit)); beside = {hashlib.sha256(read(path)).hexdigest() for path in (f"{up}/{name}/data/{MANIFEST}" for name in os.listdir(up)) if os.path.isfile(path)} if case.get("volumes") else set()
    for no, volume in enumerate(case.get("volumes") or [], 1): volume["manifest_sha256"] in beside or wrong(f"tập {no} không nằm cạnh, hoặc không phải bản đã liệt kê / volume {no}: not beside, or not the one listed")
    told = "".join(f"; sổ giấy khai / declared on paper: {pages}" for pages in [case["header"].get("pages")] if pages is not None)
    told += f"; THIẾU khi niêm phong / MISSING when sealed: {len(case['left_out'])}" if case.get("left_out") else ""
    return f"{case['pages']} trang / pages{told}; {kit.stated or ('không có biên bản đếm / no counting statement', 'biên bản đếm SAI / the counting statement is wrong')[STATEMENT in kit.files]}"
# --- The log (RFC 6962, C2SP) ------------------------------------------------------------------------------------------------
leaf, node = lambda entry: sha256(b"\0" + entry), lambda left, right: sha256(b"\1" + left + right)
def tree(hashes):
    if len(hashes) < 2: return hashes[0] if hashes else sha256(b"")
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return node(tree(hashes[:k]), tree(hashes[k:]))
def root_of(found, index, size, path):
    if not 0 <= index < size or (size > 1) != bool(path): wrong("đường băm / path of hashes")
    if size == 1: return found
    k = 1 << (size - 1).bit_length() - 1
    return node(root_of(found, index, k, path[:-1]), path[-1]) if index < k else node(path[-1], root_of(found, index - k, size - k, path[:-1]))
def note(signed, vkey):  # the size and root of a checkpoint, if this key signed it
    parts = vkey.strip().split("+", 2); name, key, body = parts[0], b64(parts[2]), signed[: signed.rindex("\n\n") + 1]
    signatures = [b64(line.split(" ")[2]) for line in signed[signed.rindex("\n\n") + 2:].splitlines() if line.startswith(f"— {name} ")]
    ours = [s[4:] for s in signatures if s[:4] == sha256(name.encode() + b"\n" + key)[:4]]
    if not ours or key[0] != 1: wrong(f"điểm kiểm không do {name} ký / checkpoint not signed by {name}")
    with tempfile.TemporaryDirectory() as tmp:
        for file, data in ("k", bytes.fromhex("302a300506032b6570032100") + key[1:]), ("s", ours[0]), ("m", body.encode()):
            with open(f"{tmp}/{file}", "wb") as f: f.write(data)
        good, _ = openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", f"{tmp}/k", "-sigfile", f"{tmp}/s", "-in", f"{tmp}/m")
    lines = body.split("\n")
    if not good or len(lines) != 4 or lines[0] != name or not re.fullmatch("0|[1-9][0-9]*", lines[1]): wrong("chữ ký điểm kiểm sai / checkpoint: wrong signature")
    return int(lines[1]), b64(lines[2])
def consistent(old, old_root, new, new_root, proof):  # RFC 9162, 2.1.4.2
    if old & (old - 1) == 0: proof = [old_root] + proof
    fn, sn = old - 1, new - 1
    while fn & 1: fn, sn = fn >> 1, sn >> 1
    if not proof: return False
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0: return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while fn and not fn & 1: fn, sn = fn >> 1, sn >> 1
        else: sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr, sn) == (old_root, new_root, 0)
def log(kit):
    name = f"{kit.proof}/" + (f"page-{kit.json['page']:04}.tlog-proof" if kit.page else "case.tlog-proof")
    if not os.path.exists(name):
        if kit.log_key: wrong("không có chứng minh của nhật ký / no proof of the log")
        raise Found(NOT_CHECKED, "không có chứng minh / there is no proof")
    proof = text(name, 64 << 10); vkey = kit.log_key or text(f"{kit.proof}/log.vkey", 4096)
    if kit.page:
        head, entry, proof = proof.split("\n\n", 2); head, entry = head.split("\n"), entry.encode()
        if head[0] != "hoso.vks.gov.vn/page-proof@v1" or head[1] != f"path {kit.page}": wrong("chứng minh của trang khác / proof of another page")
    lines = proof[: proof.index("\n\n")].split("\n")
    if lines.pop(0) != "c2sp.org/tlog-proof@v1" or len(lines) < 2: wrong("chứng minh bị hỏng / damaged proof")
    if lines[0].startswith("extra "): entry = b64(lines.pop(0)[6:])
    elif not kit.page: wrong("chứng minh không có mục / proof without its entry")
    if not re.fullmatch("index (0|[1-9][0-9]*)", lines[0]): wrong("chứng minh bị hỏng / damaged proof")
    index, checkpoint = int(lines.pop(0)[6:]), proof[proof.index("\n\n") + 2:]; size, root = note(checkpoint, vkey)
    if root_of(leaf(entry), index, size, [b64(line) for line in lines]) != root: wrong("mục không có trong nhật ký / entry is not in the log")
    record = json.loads(entry)
    if canonical(record).encode() != entry: wrong("mục không đúng dạng / entry not in its one form")
    same = {"manifest": b64(record.get("manifest_sha256", "")) == sha256(kit.manifest),
            "chữ ký / signature": b64(record.get("p7s_sha256", "")) == sha256(read(f"{kit.data}/{P7S}")),
            "cây dòng / tree of lines": (record.get("tree_size"), b64(record.get("tree_root", ""))) ==
            (len(kit.lines), tree([leaf(line.encode()) for line in kit.lines])),
            "người ký / signers": sorted(map(b64, record.get("signers", []))) == sorted(kit.signer_digests or map(b64, record["signers"])),
            "bản / version": record.get("version") == kit.json.get("version")}
    if not all(same.values()): wrong("không phải cái đã ghi vào nhật ký / not what was logged: " + ", ".join(k for k, v in same.items() if not v))
    if kit.page and root_of(leaf(f"{kit.files[kit.page]}  {kit.page}".encode()), int(head[2][5:]), record["tree_size"], [b64(h) for h in head[3:]]) \
            != b64(record["tree_root"]): wrong("trang không có trong bảng kê đã ghi / page is not in the logged manifest")
    told = f"mục / entry {index} ({record['at']}), điểm kiểm / checkpoint {size}"
    if not kit.log_key: raise Found(UNKNOWN, told + "; khóa nhật ký là của thư mục này / the log's key is the folder's own (--log-key)")
    if kit.checkpoint:
        own, own_root = kit.own
        if own > size: raise Found(UNKNOWN, f"điểm kiểm cũ hơn bản của người đọc / checkpoint older than the reader's: {size} < {own}", True)
        if own == size and own_root != root: wrong("điểm kiểm khác bản của người đọc / another checkpoint than the reader's")
        if own < size:
            if not os.path.exists(f"{kit.proof}/consistency"): raise Found(UNKNOWN, "không có chứng minh nối tiếp / no proof of consistency (--since)", True)
            shown = text(f"{kit.proof}/consistency", 64 << 10).split("\n\n")[0].split("\n")
            if shown[0] != f"old {own}" or (own and not consistent(own, own_root, size, root, [b64(h) for h in shown[1:] if h])):
                wrong("nhật ký không nối tiếp điểm kiểm của người đọc / the log does not continue the reader's checkpoint")
        told += f"; nối tiếp điểm kiểm / continues checkpoint {own}"
    return told
# --- Signatures inside PDFs: what they cover ---------------------------------------------------------------------------------
def coverage(pdf):  # how many signatures, and what is wrong with what they cover; none is judged
    found = [tuple(map(int, each.groups())) for each in re.finditer(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf)]
    if len(found) != pdf.count(b"/ByteRange") or any(a or not b < c <= c + d <= len(pdf) or not re.fullmatch(rb"<[0-9A-Fa-f]*>", pdf[b:c]) for a, b, c, d in found):
        return len(found), "ByteRange SAI / wrong ByteRange"
    rest = pdf[max((c + d for _, _, c, d in found), default=len(pdf)):]
    return len(found), f"CÒN {len(rest)} byte sau phần đã ký / bytes follow the signed part" if rest.strip(b"\r\n") or len(rest) > 2 else ""
def pdfs(kit):
    seen = [(path, *coverage(read(f"{kit.data}/{path}", 4 << 30))) for path in kit.files if path.endswith(".pdf") and os.path.isfile(f"{kit.data}/{path}")]
    told = [f"{path}: {count} chữ ký / signatures: {fault or 'phủ toàn tệp / the whole file is covered'}" for path, count, fault in seen if count or fault]
    lines = "\n      ".join(["chỉ xem phạm vi, chưa xem chữ ký / coverage only, the signatures are not checked", *told])
    raise Found(UNKNOWN if any(fault for *_, fault in seen) else NOT_CHECKED, lines if told else "không có chữ ký trong PDF / no signatures inside PDFs")
CHECKS = ("manifest", manifest), ("files", files), ("evidence", evidence), ("signature", signature), ("counts", counts), ("log", log), ("pdf", pdfs)
def main():
    sys.stdout.reconfigure(encoding="utf-8", errors="replace"); ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in "--root", "--log-key", "--checkpoint", "--tsa-root", "kit": ask.add_argument(name)
    kit = ask.parse_args()
    kit.data, kit.proof, kit.lines, kit.files, kit.manifest, kit.signer_digests, kit.proven, kit.stated = f"{kit.kit}/data", f"{kit.kit}/proof", [], {}, b"", [], None, None
    status, keys = {}, {"case": str, "format": str, "made": str, "object": str, "version": int, "page": int, "path": str}
    try:  # what is the reader's own
        kit.log_key = text(kit.log_key).strip() if kit.log_key else None
        if kit.log_key and len(b64(kit.log_key.split("+", 2)[2])) != 33: wrong("--log-key")
        kit.own = note(text(kit.checkpoint), kit.log_key) if kit.checkpoint and kit.log_key else None
        for name in filter(None, (kit.root, kit.tsa_root)): openssl("x509", "-noout", "-in", name)[0] or wrong(f"không có chứng thư / no certificate: {name}")
    except (Found, ValueError, IndexError) as error: ask.error(f"tệp của người đọc / the reader's own files: {error}")
    try:
        kit.json = json.loads(text(f"{kit.kit}/kit.json", 64 << 10), object_pairs_hook=lambda of: dict(of) if len(dict(of)) == len(of) else wrong("kit.json"))
        given = {key: value for key, value in kit.json.items() if value is not None or key not in ("page", "path")}
        if any(type(value) is not keys.get(key) or value == "" or type(value) is int and not 0 <= value < 1 << 32 for key, value in given.items()) \
                or set(keys) - set(given) not in (set(), {"page", "path"}) or given["format"] != "hoso-court/1": wrong("kit.json")
        kit.page = given.get("path")
    except (Found, ValueError, AttributeError, RecursionError) as error: return print(f"✗ kit: {error}\nKẾT LUẬN / VERDICT: {FAILED}") or 1
    for name, check in CHECKS:
        try: found = Found(PASSED, check(kit), name in ("manifest", "files", "signature"))
        except Found as other: found = other
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as error:
            found = Found(FAILED, f"bị hỏng / damaged: {type(error).__name__} {error}", True)
        status[name] = found
        print({PASSED: "✓", FAILED: "✗"}.get(found.status, "?"), f"{name}: {found.status}\n      {found.reason}")
    if os.path.lexists(f"{kit.data}/{SECOND}"): print("? ml-dsa: NOT-CHECKED\n      chữ ký thứ hai (thử nghiệm), openssl chưa đọc được / second signature (experimental), which openssl cannot read yet")
    print("? beyond: NOT-CHECKED\n      bản mới hơn, bản giấy / later versions, the paper itself")
    needed = [found.status for name, found in status.items() if found.needed or name in ("manifest", "files", "signature")]
    verdict = FAILED if any(f.status == FAILED for f in status.values()) else PASSED if all(s == PASSED for s in needed) else UNKNOWN
    print(f"KẾT LUẬN / VERDICT: {verdict}")
    return {PASSED: 0, FAILED: 1}.get(verdict, 3)
if __name__ == "__main__":
    try: sys.exit(main())
    except OSError as error: sys.exit(print(f"không kiểm tra được (có openssl chưa?) / could not be checked (is there openssl?): {error}") or 2)
