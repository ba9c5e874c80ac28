"""An authority with revocations, by certomancer: certomancer_pki.py make FOLDER | stamp FOLDER MOMENT AUTHORITY <request >answer

Writes NAME.pem and NAME.key for every certificate, lists at two moments (`early`, `late`: inter-*.crl, root-*.crl) and answers
of responders (CERTIFICATE-RESPONDER-MOMENT.ocsp), all DER.
"""
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from asn1crypto import algos, ocsp, pem, tsp
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, ServiceLabel

EARLY = datetime(2026, 5, 15, tzinfo=timezone.utc)
LATE = datetime(2026, 10, 15, tzinfo=timezone.utc)

NAMES = {
    "root": "Goc", "inter": "Trung gian", "tsa": "TSA", "tsa-sealer": "TSA chi ma hoa", "ocsp": "OCSP", "ocsp-other": "OCSP cua goc",
    "ocsp-unnamed": "OCSP khong duoc giao", "ocsp-asked": "OCSP phai hoi", "good": "Can bo tot", "revoked": "Can bo bi thu hoi", "moved": "Can bo chuyen",
    "held": "Can bo tam dung", "expired": "Can bo het han", "silent": "Khong noi thu hoi", "wrong-use": "May chu",
    "sealer": "Chi ma hoa",
}


def certificate(name, issuer, years=(2024, 2029), **more):
    extensions = list(more.pop("extensions", []))
    return {
        "subject": name, "issuer": issuer, "subject-key": name, "authority-key": issuer,
        "validity": {"valid-from": f"{years[0]}-01-01T00:00:00+0000", "valid-to": f"{years[1]}-01-01T00:00:00+0000"},
        "extensions": extensions, **more,
    }


def usage(*words):
    return {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": list(words)}}


def purposes(*words, critical=False):
    return {"id": "extended_key_usage", "critical": critical, "value": list(words)}


CA = [{"id": "basic_constraints", "critical": True, "value": {"ca": True}}, usage("digital_signature", "key_cert_sign", "crl_sign")]
ASK = [
    {"id": "crl_distribution_points", "smart-value": {"schema": "crl-dist-url", "params": {"crl-repo-names": ["inter"]}}},
    {"id": "authority_information_access", "smart-value": {"schema": "aia-urls", "params": {"ocsp-responder-names": ["ocsp"]}}},
]
SIGN = [usage("digital_signature", "non_repudiation")]
RESPOND = [usage("digital_signature"), purposes("ocsp_signing")]
NO_CHECK = {"id": "ocsp_no_check"}


def revoked(reason):
    return {"revocation": {"revoked-since": "2026-06-01T00:00:00+0000", "reason": reason}}


CERTS = {
    "root": certificate("root", "root", (2020, 2050), extensions=CA),
    "inter": certificate("inter", "root", (2020, 2040), extensions=CA),
    "tsa": certificate("tsa", "root", (2020, 2040), extensions=[usage("digital_signature"), purposes("time_stamping", critical=True)]),
    "tsa-sealer": certificate("tsa-sealer", "root", (2020, 2040), extensions=[usage("key_encipherment"), purposes("time_stamping", critical=True)]),
    "ocsp": certificate("ocsp", "inter", (2020, 2040), extensions=[*RESPOND, NO_CHECK]),
    "ocsp-other": certificate("ocsp-other", "root", (2020, 2040), extensions=[*RESPOND, NO_CHECK]),
    "ocsp-unnamed": certificate("ocsp-unnamed", "inter", (2020, 2040), extensions=[usage("digital_signature")]),
    "ocsp-asked": certificate("ocsp-asked", "inter", (2020, 2040), extensions=[*RESPOND, *ASK]),
    "good": certificate("good", "inter", extensions=[*SIGN, *ASK]),
    "revoked": certificate("revoked", "inter", extensions=[*SIGN, *ASK], **revoked("key_compromise")),
    "moved": certificate("moved", "inter", extensions=[*SIGN, *ASK], **revoked("superseded")),
    "held": certificate("held", "inter", extensions=[*SIGN, *ASK], **revoked("certificate_hold")),
    "expired": certificate("expired", "inter", (2022, 2026), extensions=[*SIGN, *ASK]),
    "silent": certificate("silent", "inter", extensions=SIGN),
    "wrong-use": certificate("wrong-use", "inter", extensions=[usage("digital_signature"), purposes("server_auth", "client_auth")]),
    "sealer": certificate("sealer", "inter", extensions=[usage("key_encipherment")]),
}


def responder(cert):
    return {"for-issuer": "inter", "responder-cert": cert, "signing-key": cert, "issuer-cert": "inter"}


def lists(issuer):
    return {"for-issuer": issuer, "signing-key": issuer, "issuer-cert": issuer, "simulated-update-schedule": "P30D"}


def architecture(folder, prefix="http://127.0.0.1:9"):
    config = {
        "external-url-prefix": prefix,
        "keysets": {"k": {"path-prefix": str(folder), "keys": {n: {"path": f"{n}.key"} for n in NAMES}}},
        "pki-architectures": {
            "vks": {
                "keyset": "k",
                "entity-defaults": {"country-name": "VN", "organization-name": "VKS"},
                "entities": {n: {"common-name": c} for n, c in NAMES.items()},
                "certs": CERTS,
                "services": {
                    "ocsp": {n: responder(n) for n in ("ocsp", "ocsp-other", "ocsp-unnamed", "ocsp-asked")},
                    "crl-repo": {"inter": lists("inter"), "root": lists("root")},
                    "time-stamping": {n: {"signing-key": n, "signing-cert": n} for n in ("tsa", "tsa-sealer")},
                },
            }
        },
    }
    config = CertomancerConfig(config, key_search_dir=str(folder), external_url_prefix=prefix)
    return config.get_pki_arch(ArchLabel("vks"))


def answer(arch, subject, by, moment, asked=None, of=None):
    """What responder `by` says of a certificate; `asked` makes it speak of the number of another, `of` of another moment."""
    issuer = arch.get_cert(CertLabel("inter"))
    serial = asked or arch.get_cert(CertLabel(subject)).serial_number
    cid = ocsp.CertId({
        "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha1"}),
        "issuer_name_hash": issuer.subject.sha1, "issuer_key_hash": issuer.public_key.sha1, "serial_number": serial,
    })
    server = arch.service_registry.summon_responder(ServiceLabel(by), at_time=moment)
    single = server.format_single_ocsp_response(cid=cid, issuer_cert=issuer)
    if of:
        single["this_update"] = of
        single["next_update"] = of + timedelta(days=1)
    return server.assemble_simple_ocsp_responses(responses=[single]).dump()


def make_certificates(folder, prefix="http://127.0.0.1:9"):
    for name in NAMES:
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", folder / f"{name}.key"], check=True)
    arch = architecture(folder, prefix)
    for name in NAMES:
        der = arch.get_cert(CertLabel(name)).dump()
        (folder / f"{name}.pem").write_bytes(pem.armor("CERTIFICATE", der))
    return arch


def make(folder):
    arch = make_certificates(folder)
    for word, moment in (("early", EARLY), ("late", LATE)):
        for issuer in ("inter", "root"):
            der = arch.service_registry.get_crl(ServiceLabel(issuer), at_time=moment).dump()
            (folder / f"{issuer}-{word}.crl").write_bytes(der)
        for subject in ("good", "revoked"):
            (folder / f"{subject}-ocsp-{word}.ocsp").write_bytes(answer(arch, subject, "ocsp", moment))
    for by in ("ocsp-other", "ocsp-unnamed", "ocsp-asked"):
        (folder / f"good-{by}-late.ocsp").write_bytes(answer(arch, "good", by, LATE))
    (folder / "good-ocsp-ahead.ocsp").write_bytes(answer(arch, "good", "ocsp", EARLY, of=LATE))
    unknown = ocsp.OCSPResponse({"response_status": "unauthorized"})
    (folder / "refused.ocsp").write_bytes(unknown.dump())


def main():
    command, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    if command == "make":
        return make(folder)
    moment = datetime.fromisoformat(sys.argv[3])
    stamper = architecture(folder).service_registry.summon_timestamper(ServiceLabel(sys.argv[4]), at_time=moment)
    request = tsp.TimeStampReq.load(sys.stdin.buffer.read())
    sys.stdout.buffer.write(stamper.request_tsa_response(request).dump())


if __name__ == "__main__":
    main()
