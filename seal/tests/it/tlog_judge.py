"""Checks a transparency log and its proofs from the C2SP and RFC 6962 texts alone: hashlib and the program openssl."""
import base64, hashlib, json, os, subprocess, sys, tempfile

def sha(b): return hashlib.sha256(b).digest()
def leaf(e): return sha(b"\0" + e)
def node(l, r): return sha(b"\1" + l + r)
def b64(s): return base64.b64decode(s, validate=True)

def mth(h):  # RFC 6962, 2.1
    if len(h) < 2: return h[0] if h else sha(b"")
    k = 1 << (len(h) - 1).bit_length() - 1
    return node(mth(h[:k]), mth(h[k:]))

def root_of(h, index, size, path):  # follows the definition of PATH, top down, then folds back
    if size == 1: return h if not path else None
    k = 1 << (size - 1).bit_length() - 1
    if index < k: return node(root_of(h, index, k, path[:-1]), path[-1])
    return node(path[-1], root_of(h, index - k, size - k, path[:-1]))

def ed25519(key, sig, message):
    with tempfile.TemporaryDirectory() as d:
        for name, data in ("k", bytes.fromhex("302a300506032b6570032100") + key), ("s", sig), ("m", message):
            open(os.path.join(d, name), "wb").write(data)
        run = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", "k", "-sigfile", "s", "-in", "m"]
        assert subprocess.run(run, cwd=d, capture_output=True).returncode == 0, "signature"

def check_note(note, vkey):  # the text, if signed by this key
    name, kid, key = (part if n < 2 else b64(part) for n, part in enumerate(vkey.split("+", 2)))
    assert sha(name.encode() + b"\n" + key)[:4].hex() == kid, "key id"
    text, signatures = note[: note.rindex("\n\n") + 1], note[note.rindex("\n\n") + 2 :]
    ours = [b64(s.split(" ")[2]) for s in signatures.splitlines() if s.startswith(f"— {name} ")]
    ours = [s[4:] for s in ours if s[:4].hex() == kid]
    assert ours, "not signed by " + name
    for s in ours:
        said = f"cosignature/v1\ntime {int.from_bytes(s[:8], 'big')}\n{text}" if key[0] == 4 else text
        ed25519(key[1:], s[8:] if key[0] == 4 else s, said.encode())
    return text

def check_receipt(text, vkeys, entry=None):
    lines = text[: text.index("\n\n")].split("\n")
    assert lines.pop(0) == "c2sp.org/tlog-proof@v1"
    entry = b64(lines.pop(0)[6:]) if lines[0].startswith("extra ") else entry
    index = int(lines.pop(0)[6:])
    for vkey in vkeys: note = check_note(text[text.index("\n\n") + 2 :], vkey)
    _, size, root = note.splitlines()
    assert root_of(leaf(entry), index, int(size), [b64(l) for l in lines]) == b64(root), "root"
    return entry

def check_page(text, page, vkeys):
    head, entry, receipt = text.split("\n\n", 2)
    lines = head.split("\n")
    record = json.loads(check_receipt(receipt, vkeys, entry.encode()))
    line = f"{hashlib.sha256(page).hexdigest()}  {lines[1][5:]}".encode()
    got = root_of(leaf(line), int(lines[2][5:]), record["tree_size"], [b64(l) for l in lines[3:]])
    assert got == b64(record["tree_root"]), "page"

def check_log(folder, vkey):
    _, size, root = check_note(open(folder + "/checkpoint").read(), vkey).splitlines()
    def shelf(level, hashes):
        for n in range(0, len(hashes), 256):
            part, i = hashes[n : n + 256], n // 256
            name = "".join(f"x{i // 1000 ** p % 1000:03}/" for p in (3, 2, 1) if i >= 1000**p) + f"{i % 1000:03}"
            name += f".p/{len(part)}" if len(part) < 256 else ""
            yield part, open(f"{folder}/tile/{level}/{name}", "rb").read()
    leaves = []
    for part, data in shelf("entries", range(int(size))):
        for _ in part: length = int.from_bytes(data[:2], "big"); leaves.append(leaf(data[2 : 2 + length])); data = data[2 + length :]
        assert not data, "bundle"
    level, hashes = 0, leaves
    while hashes:
        for part, data in shelf(level, hashes): assert b"".join(part) == data, f"tile of level {level}"
        level, hashes = level + 1, [mth(hashes[n : n + 256]) for n in range(0, len(hashes) // 256 * 256, 256)]
    assert mth(leaves) == b64(root), "root"

if __name__ == "__main__":
    what, path, *rest = sys.argv[1:]
    if what == "log": check_log(path, *rest)
    if what == "receipt": check_receipt(open(path).read(), rest)
    if what == "page": check_page(open(path).read(), open(rest[0], "rb").read(), rest[1:])
    if what == "note": check_note(open(path).read(), *rest)
