"""Checks an evidence record from RFC 4998 alone: asn1crypto reads, hashlib hashes, openssl judges the tokens.

    evidence_judge.py RECORD TSA_ROOT OBJECT...     prints the time of each token, or fails"""
import hashlib, subprocess, sys, tempfile
from asn1crypto import algos, cms, core, tsp

class PartialHashtree(core.SequenceOf): _child_spec = core.OctetString
class PartialHashtrees(core.SequenceOf): _child_spec = PartialHashtree
class Attributes(core.SetOf): _child_spec = cms.CMSAttribute
class ArchiveTimeStamp(core.Sequence):
    _fields = [("digest_algorithm", algos.DigestAlgorithm, {"implicit": 0, "optional": True}), ("attributes", Attributes, {"implicit": 1, "optional": True}),
               ("reduced_hashtree", PartialHashtrees, {"implicit": 2, "optional": True}), ("time_stamp", cms.ContentInfo)]
class ArchiveTimeStampChain(core.SequenceOf): _child_spec = ArchiveTimeStamp
class ArchiveTimeStampSequence(core.SequenceOf): _child_spec = ArchiveTimeStampChain
class DigestAlgorithms(core.SequenceOf): _child_spec = algos.DigestAlgorithm
class EvidenceRecord(core.Sequence):
    # Neither certificates nor encryption besides: ours have none.
    _fields = [("version", core.Integer), ("digest_algorithms", DigestAlgorithms), ("sequence", ArchiveTimeStampSequence)]

def root_of(h, lists):  # 4.3
    value = None
    for each in lists:
        hashes = sorted(each + ([value] if value is not None else []))
        value = hashes[0] if len(hashes) == 1 else h(b"".join(hashes))
    return value

def main(record, tsa_root, *objects):
    data = open(record, "rb").read()
    record = EvidenceRecord.load(data, strict=True)
    assert record["version"].native == 1
    named = {algorithm["algorithm"].native for algorithm in record["digest_algorithms"]}
    objects = [open(name, "rb").read() for name in objects]
    older, tokens = [], []
    for chain in record["sequence"]:
        previous = None
        for stamp in chain:
            name = stamp["digest_algorithm"]["algorithm"].native
            assert name in named, name
            h = lambda b: hashlib.new(name, b).digest()
            lists = [[o.native for o in each] for each in stamp["reduced_hashtree"]]
            if previous is not None: covered = [h(previous)]
            elif older:
                before = ArchiveTimeStampSequence(older).dump(force=True)
                covered = [h(h(o) + h(before)) for o in objects]
            else: covered = [h(o) for o in objects]
            assert all(hash in lists[0] for hash in covered), "of other objects"
            root, token = root_of(h, lists), stamp["time_stamp"].dump()
            info = stamp["time_stamp"]["content"]["encap_content_info"]["content"].parsed
            assert isinstance(info, tsp.TSTInfo) and info["message_imprint"]["hashed_message"].native == root, "imprint"
            with tempfile.NamedTemporaryFile() as file:
                file.write(token), file.flush()
                run = ["openssl", "ts", "-verify", "-token_in", "-in", file.name, "-digest", root.hex(), "-CAfile", tsa_root]
                done = subprocess.run(run, capture_output=True, text=True)
                assert done.returncode == 0, done.stdout + done.stderr
            tokens.append(info["gen_time"].native)
            previous = token
        older.append(chain)
    assert tokens == sorted(tokens)
    for time in tokens: print(time.isoformat())

main(*sys.argv[1:])
