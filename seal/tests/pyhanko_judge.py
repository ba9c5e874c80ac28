"""What pyHanko says of the signatures of PDFs: pyhanko_judge.py ROOT.pem MOMENT [--list CRL]... [--require] FILE...

With --require revocation must be known of certificates that name a place to ask, from the lists (DER) or the file.
One line for each signature, fields with tabs: file, field, intact, valid, trusted, coverage, modifications, verdict.
A file that cannot be read gives one line with the word "unreadable".
pyhanko_judge.py ROOT.pem MOMENT --cms CONTENT SIGNATURE: one line of a detached CMS (DER): cms, intact, valid, trusted.
"""
import asyncio
import logging
import sys
from datetime import datetime

from asn1crypto import cms
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_detached_cms, validate_pdf_signature, validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

logging.disable(logging.CRITICAL)


def judge(name, roots, moment, **revocation):
    with open(name, "rb") as pdf:
        reader = PdfFileReader(pdf, strict=True)
        for signature in reader.embedded_signatures:
            context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=moment, **revocation)
            try:
                if signature.sig_object.get("/Type") == "/DocTimeStamp":
                    status = validate_pdf_timestamp(signature, validation_context=context)
                else:
                    status = validate_pdf_signature(
                        signature, signer_validation_context=context, ts_validation_context=context
                    )
                level = status.modification_level
                # The status of a time stamp has no bottom line of its own.
                good = getattr(status, "bottom_line", status.intact and status.valid and status.trusted)
                words = [
                    status.intact, status.valid, status.trusted,
                    status.coverage.name, level.name if level else "-", good,
                ]
            except Exception as error:
                words = [False, False, False, "-", type(error).__name__, False]
            print(name, signature.field_name, *words, sep="\t")


def judge_cms(content, signature, roots, moment):
    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=moment)
    try:
        with open(content, "rb") as signed, open(signature, "rb") as der:
            data = cms.ContentInfo.load(der.read())["content"]
            status = asyncio.run(async_validate_detached_cms(signed, data, signer_validation_context=context))
        words = [status.intact, status.valid, status.trusted]
    except Exception as error:
        words = [False, False, type(error).__name__]
    print("cms", *words, sep="\t")


def main():
    roots = [] if sys.argv[1] == "-" else [load_cert_from_pemder(sys.argv[1])]
    moment = datetime.fromisoformat(sys.argv[2])
    names, revocation = sys.argv[3:], {}
    if names[0] == "--cms":
        return judge_cms(*names[1:], roots, moment)
    while names and names[0] == "--list":
        with open(names[1], "rb") as file:
            revocation.setdefault("crls", []).append(file.read())
        names = names[2:]
    if names and names[0] == "--require":
        revocation["revocation_mode"] = "hard-fail"
        names = names[1:]
    for name in names:
        try:
            judge(name, roots, moment, **revocation)
        except Exception as error:
            print(name, "-", "unreadable", type(error).__name__, sep="\t")


main()
