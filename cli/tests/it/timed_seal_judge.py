"""pyHanko on a detached CMS with several signers: a line for each, whether it is right over the content, and whether the time stamp over it
is right and of somebody trusted. Arguments: the root (PEM), the content, the signatures."""

import asyncio
import sys

from asn1crypto import cms, pem, x509
from pyhanko.sign.validation import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext

root_file, content_file, p7s_file = sys.argv[1:]
root = x509.Certificate.load(pem.unarmor(open(root_file, "rb").read())[2])
content, p7s = open(content_file, "rb").read(), open(p7s_file, "rb").read()


def trusting():
    return ValidationContext(trust_roots=[root], allow_fetching=False)


def signed_data():
    return cms.ContentInfo.load(p7s)["content"]


for place in range(len(signed_data()["signer_infos"])):
    alone = signed_data()
    # pyHanko judges one signer at a time.
    alone["signer_infos"] = cms.SignerInfos([alone["signer_infos"][place]])
    judged = async_validate_detached_cms(
        content, alone, signer_validation_context=trusting(), ts_validation_context=trusting()
    )
    status = asyncio.run(judged)
    stamp = status.timestamp_validity
    print(
        "right" if status.intact and status.valid else "wrong",
        "no-time" if stamp is None else "timed" if stamp.intact and stamp.valid and stamp.trusted else "wrong-time",
    )
