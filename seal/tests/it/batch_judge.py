"""Checks a batch seal as docs/format/manifest.md, section 7, says, with hashlib alone.

batch_judge.py case FOLDER                the manifest of FOLDER is one of the signed batch
batch_judge.py page FOLDER PATH           PATH is: by its line, its way to the manifest's root, and the rest of the batch's proof
batch_judge.py alone FILE PROOF BATCH_TXT FILE is, by the proof of a page alone, without any manifest
"""
import base64
import hashlib
import sys


def leaf(data):
    return hashlib.sha256(b"\0" + data).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root(hashes):
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    return node(root(hashes[:k]), root(hashes[k:]))


def path_of(m, hashes):
    if len(hashes) == 1:
        return []
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    if m < k:
        return path_of(m, hashes[:k]) + [root(hashes[k:])]
    return path_of(m - k, hashes[k:]) + [root(hashes[:k])]


def climb(hash_, index, size, path):
    """RFC 6962, 2.1.1, the other way round."""
    if size == 1:
        assert not path, "the proof is too long"
        return hash_
    k = 1
    while 2 * k < size:
        k *= 2
    assert path, "the proof is too short"
    if index < k:
        return node(climb(hash_, index, k, path[:-1]), path[-1])
    return node(path[-1], climb(hash_, index - k, size - k, path[:-1]))


def alone(file, proof, text):
    """All that somebody has who was handed one page: no manifest."""
    page, batch = open(proof).read().split("\n\n")
    form, path, line, *way = page.split("\n")
    assert form == "hoso-batch-page/1" and path.startswith("path ") and line.startswith("line ")
    leaf_text, form, index, *batch_way = batch.splitlines()
    assert form == "hoso-batch-proof/1"
    _manifest, lines, lines_root = leaf_text.split(" ")
    form, _archive, _time, size, signed = open(text).read().splitlines()
    assert form == "hoso-batch/1"
    digest = hashlib.sha256(open(file, "rb").read()).hexdigest()
    hashes = lambda texts: [base64.b64decode(hash_) for hash_ in texts]
    found = climb(leaf(f"{digest}  {path[5:]}".encode()), int(line[5:]), int(lines), hashes(way))
    assert found == base64.b64decode(lines_root), "not in the manifest"
    found = climb(leaf(leaf_text.encode()), int(index), int(size), hashes(batch_way))
    assert found == base64.b64decode(signed), "not the root that was signed"


def main():
    kind, folder = sys.argv[1:3]
    if kind == "alone":
        return alone(*sys.argv[2:])
    read = lambda name: open(f"{folder}/seal/{name}", "rb").read()
    form, _archive, _time, size, signed = read("batch.txt").decode().splitlines()
    assert form == "hoso-batch/1"
    form, index, *path = read("batch.proof").decode().splitlines()
    assert form == "hoso-batch-proof/1"
    manifest = read("manifest-sha256.txt")
    lines = [leaf(line) for line in manifest.splitlines()]
    tree_root = root(lines)
    if kind == "page":
        # What somebody is handed who has one page: its line, a way of hashes, digest and size of the manifest.
        name = sys.argv[3]
        digest = hashlib.sha256(open(f"{folder}/{name}", "rb").read()).hexdigest()
        line = leaf(f"{digest}  {name}".encode())
        at = [entry.split(b"  ", 1)[1] for entry in manifest.splitlines()].index(name.encode())
        tree_root = climb(line, at, len(lines), path_of(at, lines))
    text = f"{hashlib.sha256(manifest).hexdigest()} {len(lines)} {base64.b64encode(tree_root).decode()}"
    found = climb(leaf(text.encode()), int(index), int(size), [base64.b64decode(hash_) for hash_ in path])
    assert found == base64.b64decode(signed), "not the root that was signed"


main()
