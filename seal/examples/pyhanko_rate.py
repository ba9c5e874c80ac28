"""CPU seconds of one signature by pyHanko: pyhanko_rate.py FILE.pdf KEY.p12 PASSWORD"""
import io
import sys
import time

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

path, key, password = sys.argv[1:]
signer = signers.SimpleSigner.load_pkcs12(key, passphrase=password.encode())
metadata = signers.PdfSignatureMetadata(
    field_name="Signature1", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
)
pdf = open(path, "rb").read()


def sign():
    signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), metadata, signer=signer, output=io.BytesIO())


sign()
rounds = 20 if len(pdf) < 4 << 20 else 3
start = time.process_time()
for _ in range(rounds):
    sign()
print((time.process_time() - start) / rounds)
