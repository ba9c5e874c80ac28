"""An authority on loopback that says over HTTP what it has revoked, by certomancer: answers of a responder, and lists.

    ocsp_server.py FOLDER      prints its port; FOLDER gets NAME.pem and NAME.key, and in `asked` a line for each time it was asked"""
import http.server, os, sys
from datetime import datetime, timezone
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../seal/tests"))
import certomancer_pki
from asn1crypto import ocsp
from certomancer.registry import ServiceLabel

folder = Path(sys.argv[1]).resolve()
folder.mkdir(parents=True, exist_ok=True)
(folder / "asked").write_text("")


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, media_type, body):
        with open(folder / "asked", "a") as asked:
            asked.write(f"{self.command} {self.path}\n")
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        query = ocsp.OCSPRequest.load(self.rfile.read(int(self.headers["Content-Length"])))
        responder = authority.service_registry.summon_responder(ServiceLabel("ocsp"), at_time=datetime.now(timezone.utc))
        self.answer("application/ocsp-response", responder.build_ocsp_response(query).dump())

    def do_GET(self):
        crl = authority.service_registry.get_crl(ServiceLabel("inter"), at_time=datetime.now(timezone.utc))
        self.answer("application/pkix-crl", crl.dump())

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
authority = certomancer_pki.make_certificates(folder, f"http://127.0.0.1:{server.server_port}")
print(server.server_port, flush=True)
server.serve_forever()
