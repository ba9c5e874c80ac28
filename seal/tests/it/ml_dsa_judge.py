"""The experimental second signature (docs/format/manifest.md, section 8) before pyHanko and the OpenSSL in `cryptography`.

ml_dsa_judge.py make FOLDER                  signs FOLDER/manifest: judge-44, -65, -87 and judge-context (.p7s, .der)
ml_dsa_judge.py verify MANIFEST P7S PEM      what of intact, valid, trusted pyHanko says, trusting that certificate
ml_dsa_judge.py key P12 PASSWORD PEM         the key in it is ML-DSA-65 and that of the certificate
"""
import asyncio
import datetime
import sys

from asn1crypto import cms, keys, pkcs12 as asn1_pkcs12, x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.x509.oid import NameOID
from pyhanko.sign import signers
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

KEYS = {44: mldsa.MLDSA44PrivateKey, 65: mldsa.MLDSA65PrivateKey, 87: mldsa.MLDSA87PrivateKey}
DER = serialization.Encoding.DER


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def certify(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Judge")])
    start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    maker = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    maker = maker.serial_number(77).not_valid_before(start).not_valid_after(start + datetime.timedelta(days=900))
    return maker.add_extension(usage, True).sign(key, None)


def cms_of(key, certificate, manifest):
    pkcs8 = key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    signer = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate.public_bytes(DER)),
        signing_key=keys.PrivateKeyInfo.load(pkcs8),
        cert_registry=SimpleCertificateStore(),
    )
    return asyncio.run(signer.async_sign_general_data(manifest, "sha512", detached=True, use_cades=True))


def make(folder):
    manifest = read(f"{folder}/manifest")
    for number, kind in KEYS.items():
        key = kind.from_seed_bytes(bytes(range(32)))
        certificate = certify(key)
        signed = cms_of(key, certificate, manifest)
        write(f"{folder}/judge-{number}.p7s", signed.dump())
        write(f"{folder}/judge-{number}.der", certificate.public_bytes(DER))
        if number == 65:
            # The same bytes signed once more, under a context that nobody agreed on.
            info = signed["content"]["signer_infos"][0]
            attributes = info["signed_attrs"].untag().dump(force=True)
            key.public_key().verify(info["signature"].native, attributes)
            info["signature"] = key.sign(attributes, context=b"hoso")
            write(f"{folder}/judge-context.p7s", signed.dump(force=True))


def verify(manifest, p7s, pem):
    certificate = x509.load_pem_x509_certificate(read(pem))
    root = asn1_x509.Certificate.load(certificate.public_bytes(DER))
    signed = cms.ContentInfo.load(read(p7s))["content"]
    info = signed["signer_infos"][0]
    algorithm = info["signature_algorithm"]
    assert algorithm["algorithm"].dotted == "2.16.840.1.101.3.4.3.18", algorithm.native
    assert len(algorithm.dump()) == 13, "an OID and no parameters"
    assert info["digest_algorithm"]["algorithm"].native == "sha512"
    attributes = {attribute["type"].native: attribute["values"][0] for attribute in info["signed_attrs"]}
    assert set(attributes) == {"content_type", "message_digest", "signing_time", "signing_certificate_v2"}, attributes
    claimed = attributes["signing_time"].native
    context = ValidationContext(trust_roots=[root], allow_fetching=False, moment=claimed)
    status = asyncio.run(
        async_validate_detached_cms(read(manifest), signed, signer_validation_context=context)
    )
    words = ("intact", status.intact), ("valid", status.valid), ("trusted", status.trusted)
    print(" ".join(word for word, is_so in words if is_so))


def opened(algorithm, data, password):
    """What PBES2 of RFC 8018 hides, by AES-256-CBC and PBKDF2 with HMAC-SHA256."""
    assert (algorithm.kdf_hmac, algorithm.encryption_cipher, algorithm.key_length) == ("sha256", "aes", 32)
    kdf = PBKDF2HMAC(hashes.SHA256(), 32, algorithm.kdf_salt, algorithm.kdf_iterations)
    key = algorithms.AES(kdf.derive(password.encode()))
    decryptor = Cipher(key, modes.CBC(algorithm.encryption_iv)).decryptor()
    plain = decryptor.update(data) + decryptor.finalize()
    return plain[: -plain[-1]]


def bags(p12, password):
    for safe in asn1_pkcs12.Pfx.load(read(p12)).authenticated_safe:
        if safe["content_type"].native == "data":
            content = safe["content"].native
        else:
            inner = safe["content"]["encrypted_content_info"]
            content = opened(inner["content_encryption_algorithm"], inner["encrypted_content"].native, password)
        yield from asn1_pkcs12.SafeContents.load(content)


def check_key(p12, password, pem):
    found = [bag["bag_value"] for bag in bags(p12, password) if bag["bag_id"].native == "pkcs8_shrouded_key_bag"]
    assert len(found) == 1, found
    pkcs8 = opened(found[0]["encryption_algorithm"], found[0]["encrypted_data"].native, password)
    key = serialization.load_der_private_key(pkcs8, None)
    assert isinstance(key, mldsa.MLDSA65PrivateKey), key
    assert key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) == pkcs8
    certificate = x509.load_pem_x509_certificate(read(pem))
    assert certificate.public_key().public_bytes_raw() == key.public_key().public_bytes_raw()
    key.public_key().verify(certificate.signature, certificate.tbs_certificate_bytes)
    print("ML-DSA-65")


{"make": make, "verify": verify, "key": check_key}[sys.argv[1]](*sys.argv[2:])
