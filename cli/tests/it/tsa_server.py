"""A time-stamp authority on loopback, good or bad, with `openssl ts` or certomancer behind it.

    tsa_server.py FOLDER KIND      prints its port; FOLDER gets root.pem (first start) and the keys
KIND: openssl, certomancer, brief, slow, rubbish, refuses, status500, replay, other-data, other-key, server-key, ahead"""
import http.server, os, subprocess, sys, time
from datetime import datetime, timedelta, timezone

folder, kind = os.path.abspath(sys.argv[1]), sys.argv[2]
os.makedirs(folder, exist_ok=True)

def openssl(*args):
    done = subprocess.run(["openssl", *args], cwd=folder, capture_output=True)
    assert done.returncode == 0, (args, done.stderr.decode())
def write(name, text):
    with open(os.path.join(folder, name), "w") as f: f.write(text)
def authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem",
            "-subj", f"/C=VN/O=TSA/CN={name}", "-days", "3000", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
def leaf(name, issuer, purpose="critical,timeStamping", days="1500"):
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/C=VN/O=TSA/CN={name}")
    write(f"{name}.ext", f"basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage={purpose}\nsubjectKeyIdentifier=hash\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial", "-days", days, "-sha256",
            "-extfile", f"{name}.ext", "-out", f"{name}.pem")
    write(f"{name}.cnf", f"[t]\nserial = {name}.serial\ncrypto_device = builtin\nsigner_cert = {name}.pem\nsigner_key = {name}.key\nsigner_digest = sha256\n"
          "default_policy = 1.2.3.4.1\ndigests = sha256, sha384, sha512\nclock_precision_digits = 3\nordering = yes\ntsa_name = no\ness_cert_id_chain = no\ness_cert_id_alg = sha256\n")
    write(f"{name}.serial", "01")

if not os.path.exists(os.path.join(folder, "root.pem")):
    authority("root"), authority("stranger")
    leaf("tsa", "root"), leaf("brief", "root", days="20"), leaf("false", "stranger"), leaf("web", "root", "serverAuth")

def in_folder(name, data=None):
    with open(os.path.join(folder, name), "rb" if data is None else "wb") as f: return f.read() if data is None else f.write(data)
def reply(query, signer="tsa"):
    in_folder("q.tsq", query)
    openssl("ts", "-reply", "-config", f"{signer}.cnf", "-section", "t", "-queryfile", "q.tsq", "-out", "q.tsr")
    return in_folder("q.tsr")

def certomancer(query, at=None, name="tsa"):
    from asn1crypto import keys, pem, tsp, x509
    from certomancer.services import TimeStamper
    certificate = x509.Certificate.load(pem.unarmor(in_folder(f"{name}.pem"))[2])
    key = keys.PrivateKeyInfo.load(pem.unarmor(in_folder(f"{name}.key"))[2])
    return TimeStamper(certificate, key, fixed_dt=at).request_tsa_response(tsp.TimeStampReq.load(query)).dump()

first = []
def answer(query):
    if kind == "certomancer": return 200, certomancer(query)
    if kind == "ahead": return 200, certomancer(query, datetime.now(timezone.utc) + timedelta(hours=1))
    if kind == "server-key": return 200, certomancer(query, name="web")  # openssl refuses to
    if kind == "rubbish": return 200, b"<html>Xin dang nhap</html>"
    if kind == "status500": return 500, b"tam ngung"
    if kind == "refuses": return 200, bytes.fromhex("30053003020102")
    if kind == "other-data":  # our nonce, another hash
        at = query.index(bytes.fromhex("0420")) + 2
        return 200, reply(query[:at] + bytes(32) + query[at + 32:])
    if kind == "replay":  # the answer to whoever asked first, or to the same question with another nonce
        first.append(reply(query[:-4] + bytes([query[-4] ^ 1]) + query[-3:]))
        return 200, first[0]
    if kind == "slow": time.sleep(6)
    return 200, reply(query, {"brief": "brief", "other-key": "false"}.get(kind, "tsa"))

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/timestamp-query"
        status, body = answer(query)
        self.send_response(status)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):  # the revocation list that somebody put into the folder
        name = os.path.basename(self.path)
        there = os.path.exists(os.path.join(folder, name))
        body = in_folder(name) if there else b""
        self.send_response(200 if there else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
