"""Makes folders for a court from docs/format alone, good ones and damaged ones: openssl signs, hashlib makes the log.

    court_kits.py OUT

Each kit is OUT/<name>; OUT/<name>.json says what its reader has from elsewhere: root (and what it has revoked), log_key, checkpoint, each a path
or null."""
import base64, hashlib, json, os, re, shutil, subprocess, sys

out = os.path.abspath(sys.argv[1])
pki = os.path.join(out, ".pki")
os.makedirs(pki)

def openssl(*args, data=None):
    done = subprocess.run(["openssl", *map(str, args)], cwd=pki, capture_output=True, input=data)
    assert done.returncode == 0, (args, done.stderr.decode())
    return done.stdout

def sha(b): return hashlib.sha256(b).digest()
def b64(b): return base64.b64encode(b).decode()
def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f: f.write(data)
def read(path):
    with open(path, "rb") as f: return f.read()
def tlv(tag, body):
    size = len(body).to_bytes(4, "big").lstrip(b"\0")
    return bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else bytes([0x80 | len(size)]) + size) + body
def der(b):  # the elements: tag, contents
    out, at = [], 0
    while at < len(b):
        size, start = b[at + 1], at + 2
        if size & 0x80: start, size = start + (size & 0x7F), int.from_bytes(b[start:start + (size & 0x7F)], "big")
        out.append((b[at], b[start:start + size])); at = start + size
    return out

# --- Certificates ------------------------------------------------------------------------------------------------------------

SIGNS = "keyUsage=critical,digitalSignature,nonRepudiation\nextendedKeyUsage=emailProtection,1.3.6.1.5.5.7.3.36"
AUTHORITY = "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign"
P256, P384, RSA = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]

def certificate(name, issuer=None, kind=P256, ext=SIGNS, start="20240101000000Z", end="20400101000000Z", md="sha256"):
    openssl("genpkey", *kind, "-out", f"{name}.key")
    openssl("req", "-new", "-utf8", "-key", f"{name}.key", "-subj", f"/C=VN/O=VKS thử/CN={name}", "-out", f"{name}.csr")
    write(f"{pki}/{name}.cnf", f"""[ca]\ndefault_ca=d\n[d]\ndatabase={name}.db\nserial={name}.srl\nnew_certs_dir=.\npolicy=p\ndefault_md={md}
x509_extensions=e\nunique_subject=no\nstring_mask=utf8only\n[p]\ncommonName=supplied\ncountryName=optional\norganizationName=optional
[e]\nsubjectKeyIdentifier=hash\n{ext}\n""".encode())
    write(f"{pki}/{name}.db", b""), write(f"{pki}/{name}.srl", f"{int.from_bytes(sha(name.encode())[:8], 'big') | 1 << 62:X}\n".encode())
    by = ["-selfsign", "-keyfile", f"{name}.key"] if issuer is None else ["-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key"]
    openssl("ca", "-batch", "-utf8", "-notext", "-config", f"{name}.cnf", *by, "-in", f"{name}.csr", "-out", f"{name}.pem",
            "-startdate", start, "-enddate", end)

certificate("root", ext=AUTHORITY)
certificate("stranger", ext=AUTHORITY)
certificate("between", "root", ext=AUTHORITY)
certificate("agency", "root")
certificate("leader", "between", RSA)
certificate("p384", "root", P384)
certificate("expired", "root", end="20250101000000Z")
certificate("unborn", "root", start="20390101000000Z")
certificate("unknown", "stranger")
certificate("rsa", "root", RSA)
certificate("web", "root", ext="keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth")
certificate("clock", "root", ext="keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping")
certificate("keyless", "root", ext="keyUsage=critical,keyEncipherment\nextendedKeyUsage=emailProtection")
certificate("weak", "root", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"])
certificate("below", "agency")
ASKS = SIGNS + "\ncrlDistributionPoints=URI:http://127.0.0.1:9/root.crl"  # nobody listens there
certificate("asked", "root", ext=ASKS)
certificate("revoked", "root", RSA, ext=ASKS)
openssl("ca", "-config", "root.cnf", "-cert", "root.pem", "-keyfile", "root.key", "-revoke", "revoked.pem")
openssl("ca", "-config", "root.cnf", "-cert", "root.pem", "-keyfile", "root.key", "-gencrl", "-crldays", "30", "-out", "list.pem")
write(f"{pki}/root-and-list.pem", read(f"{pki}/root.pem") + read(f"{pki}/list.pem"))
certificate("p521", "root", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"])
for name, above in ("deep", "between"), ("deeper", "deep"), ("deepest", "deeper"): certificate(name, above, ext=AUTHORITY)
certificate("far", "deepest")
certificate("bounded", "root", ext=AUTHORITY + "\nnameConstraints=critical,permitted;dirName:name\n[name]\nC=VN")
certificate("bound", "bounded")

def sign(manifest, signers=("agency",), md="sha256", chain=(), more=()):
    write(f"{pki}/m", manifest)
    who = [part for name in signers for part in ("-signer", f"{name}.pem", "-inkey", f"{name}.key")]
    write(f"{pki}/chain", b"".join(read(f"{pki}/{name}.pem") for name in chain))  # one file: of several the last counts
    more = [*more, *(["-certfile", "chain"] if chain else [])]
    return openssl("cms", "-sign", "-binary", "-cades", "-nosmimecap", "-md", md, "-outform", "DER", "-in", "m", *who, *more)

def signer_infos(p7s, change):  # the same SignedData with other SignerInfos
    (_, oid), (_, content) = der(der(p7s)[0][1])
    *before, (_, infos) = der(der(content)[0][1])
    infos = b"".join(tlv(0x30, info) for info in change([info for _, info in der(infos)]))
    return tlv(0x30, tlv(6, oid) + tlv(0xA0, tlv(0x30, b"".join(tlv(*part) for part in before) + tlv(0x31, infos))))
def without(p7s, name):  # one signer cut out; no key is needed
    serial = bytes.fromhex(openssl("x509", "-in", f"{name}.pem", "-noout", "-serial").decode().strip().split("=")[1])
    return signer_infos(p7s, lambda infos: [info for info in infos if serial not in der(info)[1][1]])
def reordered(p7s, key=None):  # the first two signed attributes exchanged; signed anew in that order where there is a key
    def change(infos):
        parts = der(infos[0])
        at = [tag for tag, _ in parts].index(0xA0)
        first, second, *rest = [tlv(*part) for part in der(parts[at][1])]
        body = b"".join([second, first, *rest])
        parts[at] = (0xA0, body)
        if key:
            write(f"{pki}/attributes", tlv(0x31, body))
            parts[at + 2] = (4, openssl("dgst", "-sha256", "-sign", f"{key}.key", "attributes"))
        return [b"".join(tlv(*part) for part in parts)]
    return signer_infos(p7s, change)
def claiming(p7s, key, time):  # another signing time, signed anew
    def change(infos):
        parts = der(infos[0])
        at = [tag for tag, _ in parts].index(0xA0)
        body = re.sub(rb"\x17\x0d\d{12}Z", b"\x17\x0d" + time, parts[at][1])
        write(f"{pki}/attributes", tlv(0x31, body))
        parts[at], parts[at + 2] = (0xA0, body), (4, openssl("dgst", "-sha256", "-sign", f"{key}.key", "attributes"))
        return [b"".join(tlv(*part) for part in parts)]
    return signer_infos(p7s, change)

def signed_pdf(name):  # one page, and a signature by openssl over the whole file
    objects = ["<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/SigFlags 3>>>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/Contents 4 0 R/Annots[5 0 R]>>",
        "<</Length 24>>\nstream\n0.5 g 100 100 50 50 re f\n\nendstream", "<</Type/Annot/Subtype/Widget/FT/Sig/T(a)/Rect[0 0 0 0]/P 3 0 R/V 6 0 R>>",
        "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/ByteRange[" + " " * 40 + "]/Contents<" + "0" * 8000 + ">>>"]
    pdf, places = b"%PDF-1.7\n", []
    for no, text in enumerate(objects, 1):
        places.append(len(pdf)); pdf += f"{no} 0 obj\n{text}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    pdf += f"xref\n0 7\n0000000000 65535 f \n{table}trailer\n<</Size 7/Root 1 0 R>>\nstartxref\n{len(pdf)}\n%%EOF\n".encode()
    start = pdf.index(b"/Contents<0") + 9; end = start + 8002
    pdf = pdf.replace(b" " * 40, f"{f'0 {start} {end} {len(pdf) - end}':40}".encode())
    p7s = sign(pdf[:start] + pdf[end:], (name,)).hex().encode()
    return pdf[:start + 1] + p7s.ljust(8000, b"0") + pdf[end - 1:]
def changed_later(pdf):  # another page content, by a revision
    at, start = len(pdf), pdf.rindex(b"startxref\n") + 10
    text = b"4 0 obj\n<</Length 24>>\nstream\n0 g 200 200 250 250 re f\n\nendstream\nendobj\n"
    end = f"xref\n4 1\n{at:010} 00000 n \ntrailer\n<</Size 7/Root 1 0 R/Prev {pdf[start:].split()[0].decode()}>>\nstartxref\n{at + len(text)}\n%%EOF\n"
    return pdf + text + end.encode()

# --- The log -----------------------------------------------------------------------------------------------------------------

def leaf(e): return sha(b"\0" + e)
def node(l, r): return sha(b"\1" + l + r)
def split(n): return 1 << (n - 1).bit_length() - 1
def mth(h): return (h[0] if h else sha(b"")) if len(h) < 2 else node(mth(h[: split(len(h))]), mth(h[split(len(h)):]))
def path(m, h):
    if len(h) < 2: return []
    k = split(len(h))
    return path(m, h[:k]) + [mth(h[k:])] if m < k else path(m - k, h[k:]) + [mth(h[:k])]
def subproof(m, h, whole):
    if m == len(h): return [] if whole else [mth(h)]
    k = split(len(h))
    if m <= k: return subproof(m, h[:k], whole) + [mth(h[k:])]
    return subproof(m - k, h[k:], False) + [mth(h[:k])]

class Log:
    def __init__(self, name, entries, key):
        self.name, self.entries, self.key = name, entries, key
        public = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")[-32:]
        self.id = sha(name.encode() + b"\n\x01" + public)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64(bytes([1]) + public)}"
    def checkpoint(self, size=None, root=None):
        size = len(self.entries) if size is None else size
        body = f"{self.name}\n{size}\n{b64(root or mth([leaf(e) for e in self.entries[:size]]))}\n"
        write(f"{pki}/note", body.encode())
        signature = openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", "note")
        return f"{body}\n— {self.name} {b64(self.id + signature)}\n"
    def receipt(self, index, extra=True, checkpoint=None, hashes=None):
        lines = [b64(h) for h in hashes or path(index, [leaf(e) for e in self.entries])]
        entry = [f"extra {b64(self.entries[index])}"] if extra else []
        return "\n".join(["c2sp.org/tlog-proof@v1", *entry, f"index {index}", *lines, "", checkpoint or self.checkpoint()])
    def consistency(self, old):
        hashes = [b64(h) for h in subproof(old, [leaf(e) for e in self.entries], True)]
        return "\n".join([f"old {old}", *hashes, "", self.checkpoint()])

openssl("genpkey", "-algorithm", "ED25519", "-out", "log.key")
openssl("genpkey", "-algorithm", "ED25519", "-out", "other-log.key")
NAME = "hoso.vks.gov.vn/VKS-THU"
def canonical(value): return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
def filler(n): return canonical({"at": "2026-11-30T01:00:00Z", "kind": "fixity", "report_sha256": b64(sha(b"%d" % n)), "v": 1})

# --- A package and its kit ---------------------------------------------------------------------------------------------------

PDF, STATEMENT = "representations/rep1/data/a.pdf", "metadata/other/statement.json"
MASTER, ALTO = "representations/rep2/data/0001/{:04}.png", "representations/rep2/metadata/ocr/0001/{:04}.xml"

def package(code, pages=3, edit=lambda case: None):
    files, masters, listed = {}, [], []
    for no in range(1, pages + 1):
        page = b"\x89PNG " + f"{code} trang {no}".encode() * 20
        files[MASTER.format(no)], files[ALTO.format(no)] = page, f"<alto>{no}</alto>".encode()
        masters.append({"bytes": len(page), "media_type": "image/png", "path": MASTER.format(no), "received_as": f"{code}/{no}.png", "sha256": sha(page).hex()})
        listed.append({"alto": ALTO.format(no), "master": no - 1, "no": no, "outcome": "blank", "page_of_master": 1})
    header = {"code": code, "pages": None, "paper_location": "", "retention": "", "secrecy": "thuong", "sheets": None, "title": "Vụ thử", "unit": "", "year": None}
    case = {"agency": "VKS thử", "batch": "b1", "created": "2026-11-30T01:00:00Z", "documents": [{"name": "", "no": 1, "pages": listed}],
            "format": "hoso-case/1", "header": header, "masters": masters, "object": f"urn:VKS-THU:uuid:{code}", "pages": pages, "software": "x"}
    edit(case)
    files["metadata/other/case.json"] = canonical(case)
    return files

def fingerprint(name): return sha(openssl("x509", "-in", f"{name}.pem", "-outform", "DER"))
def statement(officer="leader", agency="agency", **more):
    signer = lambda name: {"certificate_sha256": fingerprint(name).hex(), "name": name}
    return {"agency": signer(agency), "case": "HS-1", "counted_at": "2026-11-30T01:30:00Z", "counted_by": "Trần Thị B", "format": "hoso-statement/1",
            "object": "urn:VKS-THU:uuid:HS-1", "officer": signer(officer), "pages": 3, "pages_on_paper": 3, "reviewed_manifest_sha256": sha(b"v1").hex(),
            "reviewed_version": 1, "sealed_at": "2026-11-30T02:00:00Z"} | more

def manifest_of(files): return "".join(f"{sha(files[p]).hex()}  {p}\n" for p in sorted(files, key=str.encode)).encode()

class Kit:
    """A kit in the making; whatever a test leaves alone fits together."""
    def __init__(self, code="HS-1", signers=("agency",), chain=(), edit=lambda case: None, manifest=None, version=1, md="sha256", before=2, after=1,
                 more=()):
        self.code, self.version, self.page = code, version, None
        self.files = package(code, edit=edit) | dict(more)
        self.manifest = manifest(self.files) if manifest else manifest_of(self.files)
        self.p7s = sign(self.manifest, signers, md, chain)
        self.before, self.after, self.log_key, self.signers = before, after, "log.key", signers
    def entry(self):
        lines = self.manifest.removesuffix(b"\n").split(b"\n")
        certificates = [fingerprint(name) for name in self.signers]
        return canonical({"at": "2026-11-30T02:00:00Z", "case_tag": b64(sha(self.code.encode())), "inventory_sha512": b64(hashlib.sha512(b"i").digest()),
            "kind": "seal", "manifest_sha256": b64(sha(self.manifest)), "p7s_sha256": b64(sha(self.p7s)), "signers": [b64(c) for c in certificates],
            "tree_root": b64(mth([leaf(l) for l in lines])), "tree_size": len(lines), "v": 1, "version": self.version})
    def log(self):
        return Log(NAME, [filler(n) for n in range(self.before)] + [self.entry()] + [filler(100 + n) for n in range(self.after)], self.log_key)
    def save(self, name, root="root", log_key=True, checkpoint=None, then=lambda kit: None, proof=None):
        folder, log = f"{out}/{name}", self.log()
        for path_, data in self.files.items():
            if self.page in (None, path_) or path_ == STATEMENT: write(f"{folder}/data/{path_}", data)
        write(f"{folder}/data/seal/manifest-sha256.txt", self.manifest)
        write(f"{folder}/data/seal/manifest.p7s", self.p7s)
        kit = {"case": self.code, "format": "hoso-court/1", "made": "2026-11-30T03:00:00Z", "object": f"urn:VKS-THU:uuid:{self.code}", "version": self.version}
        text, proof_name = proof or log.receipt(self.before), "case"
        if self.page:
            kit |= {"page": 2, "path": self.page}
            lines = self.manifest.removesuffix(b"\n").split(b"\n")
            line = [l[66:].decode() for l in lines].index(self.page)
            head = ["hoso.vks.gov.vn/page-proof@v1", f"path {self.page}", f"line {line}", *[b64(h) for h in path(line, [leaf(l) for l in lines])]]
            text = proof or "\n".join([*head, "", log.entries[self.before].decode(), "", log.receipt(self.before, extra=False)])
            proof_name = "page-0002"
        write(f"{folder}/kit.json", canonical(kit))
        write(f"{folder}/proof/{proof_name}.tlog-proof", text.encode())
        write(f"{folder}/proof/log.vkey", (log.vkey + "\n").encode())
        shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../pipeline/src/court/verify.sh"), f"{folder}/verify.sh")
        script = read(f"{folder}/verify.sh").replace(b"@LINE@", str(line).encode() if self.page else b"")
        write(f"{folder}/verify.sh", script)
        then(folder)
        given = {"root": f"{pki}/{root}.pem" if root else None, "log_key": None, "checkpoint": None}
        if log_key:
            given["log_key"] = f"{out}/.{name}.vkey"
            write(given["log_key"], (Log(NAME, [], "log.key").vkey + "\n").encode())
        if checkpoint:
            given["checkpoint"] = f"{out}/.{name}.checkpoint"
            write(given["checkpoint"], checkpoint(log).encode())
        write(f"{out}/{name}.json", json.dumps(given).encode())

def flip(path_, at=-3):
    def change(folder):
        data = bytearray(read(f"{folder}/{path_}")); data[at] ^= 1; write(f"{folder}/{path_}", bytes(data))
    return change
def edited(path_, edit):
    return lambda folder: write(f"{folder}/{path_}", edit(read(f"{folder}/{path_}")))
def page_kit(**more):
    kit = Kit(**more); kit.page = MASTER.format(2)
    return kit

# --- Good ones ---------------------------------------------------------------------------------------------------------------

Kit().save("good-one-signer")
Kit(signers=("agency", "leader"), chain=("between",)).save("good-two-signers")
Kit(signers=("p384",), md="sha384").save("good-p384")
Kit(md="sha512").save("good-sha512")
Kit(before=0, after=0).save("good-first-entry-of-its-log")
Kit(before=9, after=14).save("good-long-log")
Kit().save("good-own-checkpoint-the-same", checkpoint=lambda log: log.checkpoint())
for old in 1, 2, 3, 6:
    kit = Kit(before=3, after=5); text = kit.log().consistency(old)
    kit.save(f"good-log-continues-{old}", checkpoint=lambda log, old=old: log.checkpoint(old), then=lambda f, t=text: write(f"{f}/proof/consistency", t.encode()))
page_kit().save("good-page")
Kit(edit=lambda c: c["header"].update(pages=4)).save("good-but-paper-declared-more")
def pdf_kit(pdf): return Kit(more={PDF: pdf})
signed = signed_pdf("agency")
pdf_kit(signed).save("good-pdf-signed")
pdf_kit(signed + b"%hidden\n").save("good-but-bytes-after-a-signed-pdf")
pdf_kit(signed.replace(b"/ByteRange[0 ", b"/ByteRange[9 ")).save("good-but-a-pdf-with-a-wrong-byte-range")
pdf_kit(changed_later(signed)).save("good-but-a-pdf-changed-after-it-was-signed")
def two(text=None, page=False, signers=("agency", "leader")):  # sealed by two, who stand in a statement
    return (page_kit if page else Kit)(signers=signers, chain=("between",), more={STATEMENT: text or canonical(statement())})
two().save("good-statement")
two(page=True).save("good-page-with-a-statement")

Kit(signers=("asked",)).save("good-not-revoked", root="root-and-list")

# --- What the reader does not know -------------------------------------------------------------------------------------------

Kit().save("unknown-no-root", root=None)
Kit().save("unknown-other-root", root="stranger")
Kit(signers=("unknown",)).save("unknown-issuer")
Kit(signers=("expired",)).save("unknown-expired")
Kit(signers=("unborn",)).save("unknown-not-yet-valid")
Kit(signers=("asked",)).save("unknown-whether-revoked")
Kit(signers=("revoked",)).save("unknown-revoked", root="root-and-list")
kit = Kit(signers=("rsa",)); kit.p7s = claiming(kit.p7s, "rsa", b"390101000000Z"); kit.save("unknown-claimed-time-to-come")
Kit(signers=("web",)).save("unknown-key-of-a-web-server")
Kit(signers=("clock",)).save("unknown-key-of-a-time-stamp-authority")
Kit(signers=("keyless",)).save("unknown-key-not-for-signing")
Kit(signers=("below",), chain=("agency",)).save("unknown-issuer-is-no-authority")
Kit(signers=("agency", "unknown")).save("unknown-second-signer")
Kit().save("good-log-key-of-the-kit", log_key=False)
Kit(before=3).save("unknown-checkpoint-rolled-back", checkpoint=lambda log: Log(NAME, log.entries + [filler(7)] * 3, "log.key").checkpoint())
Kit().save("unknown-log-does-not-show-that-it-continues", checkpoint=lambda log: log.checkpoint(2))

# --- Wrong ones --------------------------------------------------------------------------------------------------------------

Kit().save("bad-byte-in-a-page", then=flip("data/" + MASTER.format(2)))
Kit().save("bad-byte-in-metadata", then=flip("data/metadata/other/case.json"))
Kit().save("bad-byte-in-the-text", then=flip("data/" + ALTO.format(1)))
Kit().save("bad-byte-in-the-manifest", then=flip("data/seal/manifest-sha256.txt", 5))
Kit().save("bad-byte-in-the-signature", then=flip("data/seal/manifest.p7s", -20))
Kit().save("bad-bytes-after-the-signature", then=edited("data/seal/manifest.p7s", lambda b: b + b"\0\0"))
Kit().save("bad-no-signature", then=lambda f: os.remove(f"{f}/data/seal/manifest.p7s"))
Kit().save("bad-no-manifest", then=lambda f: os.remove(f"{f}/data/seal/manifest-sha256.txt"))
Kit().save("bad-file-added", then=lambda f: write(f"{f}/data/{MASTER.format(9)}", b"9"))
Kit().save("bad-file-added-beside-the-seal", then=lambda f: write(f"{f}/data/seal/x.txt", b"x"))
Kit().save("bad-file-removed", then=lambda f: os.remove(f"{f}/data/{MASTER.format(2)}"))
Kit().save("bad-file-renamed", then=lambda f: os.rename(f"{f}/data/{MASTER.format(2)}", f"{f}/data/{MASTER.format(7)}"))
def swap(f):
    a, b = f"{f}/data/{MASTER.format(1)}", f"{f}/data/{MASTER.format(2)}"
    x, y = read(a), read(b); write(a, y); write(b, x)
Kit().save("bad-pages-swapped", then=swap)
def link(f):
    page = f"{f}/data/{MASTER.format(2)}"; os.rename(page, f"{f}/page"); os.symlink("../../../../../page", page)
Kit().save("bad-link-for-a-page", then=link)
def line_added(f):
    write(f"{f}/data/zzz", b"z")
    edited("data/seal/manifest-sha256.txt", lambda b: b + f"{sha(b'z').hex()}  zzz\n".encode())(f)
Kit().save("bad-file-added-with-its-line", then=line_added)

other = Kit("HS-2")
def other_seal(f): write(f"{f}/data/seal/manifest.p7s", other.p7s)
Kit().save("bad-signature-of-another-case", then=other_seal)
def resigned(f): write(f"{f}/data/seal/manifest.p7s", sign(read(f"{f}/data/seal/manifest-sha256.txt"), ("agency",)))
Kit(signers=("agency", "leader"), chain=("between",)).save("bad-signed-again-by-one", then=resigned)
# Cut out of the signature: the log tells, or the statement; where neither is there nobody can know, and that is said.
def cut(name): return edited("data/seal/manifest.p7s", lambda p7s: without(p7s, name))
def alone(name):  # without the log
    def change(f): cut(name)(f); [os.remove(f"{f}/proof/{p}") for p in os.listdir(f"{f}/proof")]
    return change
Kit(signers=("agency", "leader"), chain=("between",)).save("bad-second-signer-cut-out", then=cut("leader"))
Kit(signers=("agency", "leader"), chain=("between",)).save("good-but-second-signer-cut-out-and-nothing-says-so", log_key=False, then=alone("leader"))
for name in "leader", "agency":
    two().save(f"bad-stated-{name}-cut-out", log_key=False, then=alone(name))
    two(page=True).save(f"bad-stated-{name}-cut-out-of-a-page", log_key=False, then=alone(name))
two(canonical(statement(officer="agency")), signers=("agency",)).save("bad-statement-of-one-signer")
two(canonical(statement(pages_on_paper=4))).save("bad-statement-of-another-count")
two(canonical(statement(agency="asked", pages_on_paper=4)), signers=("asked", "leader")).save("bad-statement-of-another-count-by-a-key-maybe-revoked")
two(canonical(statement(pages=4, pages_on_paper=4))).save("bad-statement-of-more-pages")
two(canonical(statement(object="urn:VKS-THU:uuid:HS-2"))).save("bad-statement-of-another-case")
two(canonical(statement()) + b"\n").save("bad-statement-not-in-its-one-form")
two().save("bad-statement-taken-away", then=lambda f: os.remove(f"{f}/data/{STATEMENT}"))
Kit().save("bad-statement-nobody-signed", then=lambda f: write(f"{f}/data/{STATEMENT}", canonical(statement())))
kit = Kit(signers=("rsa",)); kit.p7s = reordered(kit.p7s); kit.save("bad-attributes-in-another-order")
kit = Kit(signers=("rsa",)); kit.p7s = reordered(kit.p7s, "rsa"); kit.save("bad-attributes-signed-in-another-order")
old, new = Kit(), Kit(version=2, edit=lambda c: c["header"].update(title="Đã sửa"))
def replay(f):
    shutil.rmtree(f"{f}/data")
    for p, d in {**old.files, "seal/manifest-sha256.txt": old.manifest, "seal/manifest.p7s": old.p7s}.items(): write(f"{f}/data/{p}", d)
new.save("bad-old-version-replayed", then=replay)
def all_of(case):
    def change(f):
        shutil.rmtree(f"{f}/data")
        for p, d in {**case.files, "seal/manifest-sha256.txt": case.manifest, "seal/manifest.p7s": case.p7s}.items(): write(f"{f}/data/{p}", d)
    return change
Kit().save("bad-other-case-in-its-place", then=all_of(other))
def rewritten(f):  # all of it made anew by somebody with a key of his own
    case = Kit(signers=("unknown",), edit=lambda c: c["header"].update(title="Giả"))
    all_of(case)(f)
Kit().save("bad-rewritten-consistently", then=rewritten)

def broken_manifest(name, change): Kit(manifest=lambda files: change(manifest_of(files))).save(name)
broken_manifest("bad-manifest-not-sorted-but-signed", lambda m: b"".join(reversed(m.splitlines(True))))
broken_manifest("bad-manifest-crlf-but-signed", lambda m: m.replace(b"\n", b"\r\n"))
broken_manifest("bad-manifest-bom-but-signed", lambda m: b"\xef\xbb\xbf" + m)
broken_manifest("bad-manifest-upper-case-but-signed", lambda m: m[:64].upper() + m[64:])
broken_manifest("bad-manifest-no-last-line-feed-but-signed", lambda m: m[:-1])
broken_manifest("bad-manifest-twice-the-same-but-signed", lambda m: m.splitlines(True)[0] + m)

Kit(edit=lambda c: c.update(pages=5)).save("bad-pages-stated-not-found")
Kit(edit=lambda c: c["documents"][0]["pages"].pop(1)).save("bad-page-number-missing")
Kit(edit=lambda c: c["masters"].pop()).save("bad-master-not-described")
Kit(edit=lambda c: c["masters"][0].update(path="representations/rep2/data/0001/0099.png")).save("bad-master-described-not-there")
Kit().save("bad-kit-of-another-code", then=edited("kit.json", lambda b: b.replace(b"HS-1", b"HS-7")))
Kit().save("bad-kit-of-another-version", then=edited("kit.json", lambda b: b.replace(b'"version":1', b'"version":2')))
Kit().save("bad-kit-json", then=edited("kit.json", lambda b: b[:-9]))
Kit().save("bad-kit-with-an-unknown-key", then=edited("kit.json", lambda b: b[:-1] + b',"x":1}'))
Kit().save("bad-kit-without-its-time", then=edited("kit.json", lambda b: canonical({k: v for k, v in json.loads(b).items() if k != "made"})))
Kit().save("bad-kit-with-an-empty-path", then=edited("kit.json", lambda b: b[:-1] + b',"page":2,"path":""}'))

kit = Kit(); log = kit.log()
forged = path(2, [leaf(e) for e in log.entries]); forged[0] = sha(b"forged")
kit.save("bad-log-proof-forged", proof=log.receipt(2, hashes=forged))
kit.save("bad-log-proof-of-another-index", proof=log.receipt(2).replace("index 2", "index 1"))
kit.save("bad-log-proof-of-another-entry", proof=log.receipt(1))
kit.save("bad-log-proof-removed", then=lambda f: os.remove(f"{f}/proof/case.tlog-proof"))
kit.save("bad-log-proof-cut", proof=log.receipt(2)[:-30] + "\n")
kit.save("bad-checkpoint-changed", proof=log.receipt(2, checkpoint=log.checkpoint().replace("\n4\n", "\n5\n")))
kit = Kit(); kit.log_key = "other-log.key"; kit.save("bad-log-of-somebody-else")
kit = Kit(); kit.save("bad-log-forked", checkpoint=lambda log: log.checkpoint(root=sha(b"fork")))
kit = Kit(before=3, after=5); text = kit.log().consistency(3).split("\n"); text[1] = b64(sha(b"x"))
kit.save("bad-log-rewritten", checkpoint=lambda log: log.checkpoint(3), then=lambda f: write(f"{f}/proof/consistency", "\n".join(text).encode()))

page_kit().save("bad-page-changed", then=flip("data/" + MASTER.format(2)))
page_kit().save("bad-page-is-another", then=edited("data/" + MASTER.format(2), lambda b: package("HS-1")[MASTER.format(1)]))
page_kit().save("bad-page-kit-with-a-second-file", then=lambda f: write(f"{f}/data/{MASTER.format(1)}", package("HS-1")[MASTER.format(1)]))
page_kit().save("bad-page-kit-without-the-page", then=lambda f: os.remove(f"{f}/data/{MASTER.format(2)}"))
page_kit().save("bad-page-kit-names-a-page-not-listed", then=edited("kit.json", lambda b: b.replace(b"0002.png", b"0008.png")))
kit = Kit(); kit.save("bad-whole-kit-called-one-page", then=edited("kit.json", lambda b: b[:-1] + b',"page":2,"path":"' + MASTER.format(2).encode() + b'"}'))
kit = Kit(); kit.p7s = sign(kit.manifest, more=["-nodetach"]); kit.save("bad-content-inside")
kit = Kit(); kit.p7s += b"\0\0"; kit.save("bad-bytes-after-the-signature-and-logged")
Kit(signers=("p521",)).save("bad-curve-p521")
Kit(signers=("far",), chain=("between", "deep", "deeper", "deepest")).save("unknown-chain-of-six")
Kit(signers=("bound",), chain=("bounded",)).save("unknown-name-constraints")
Kit(signers=("weak",)).save("bad-rsa-1024")
Kit(md="sha1").save("bad-sha1")
