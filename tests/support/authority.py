"""A timestamp authority of one's own: `openssl ts` behind HTTP on this machine."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

# DER orders a set, shorter members first, and `openssl ts` leaves the authority's own in front: the
# one above it is longer if its issuer's name is.
ROOT = "Test root, whose name is long for what it signs to be longer"

CONFIG = """
[tsa]
default_tsa = mine
[mine]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/own.pem
certs = {folder}/chain.pem
signer_key = {folder}/own.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True)
class Authority:
    """Where it answers, the certificate that it leads to, and what it can be made to do."""

    url: str
    root: x509.Certificate
    folder: Path


def _certificate(
    name: str, key: Key, by: x509.Certificate | None, by_key: Key, *, stamping: bool,
    days: int = 3650,
) -> x509.Certificate:  # fmt: skip
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    begin = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=not stamping, path_length=None), critical=True)
    )
    if stamping:
        usage = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING])
        made = made.add_extension(usage, critical=True)
    return made.sign(by_key, hashes.SHA256())


def _key(rsa_key: bool) -> Key:
    if rsa_key:
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def _write(path: Path, *certificates: x509.Certificate) -> None:
    parts = [c.public_bytes(serialization.Encoding.PEM) for c in certificates]
    path.write_bytes(b"".join(parts))


@contextmanager
def serving_authority(folder: Path, *, rsa_key: bool = False) -> Iterator[Authority]:
    """Make root, intermediate and own certificate, and answer until the end."""
    folder.mkdir(parents=True)
    keys = [_key(rsa_key) for _ in range(3)]
    own = keys[2]
    root = _certificate(ROOT, keys[0], None, keys[0], stamping=False)
    # DER orders a set, shorter members first; `openssl ts` leaves the authority's own in front.
    middle = _certificate(
        "Test intermediate, of a longer name than the authority's",
        keys[1],
        root,
        keys[0],
        stamping=False,
    )
    leaf = _certificate("Test authority", own, middle, keys[1], stamping=True)
    _write(folder / "own.pem", leaf)
    _write(folder / "chain.pem", middle)
    _write(folder / "root.pem", root)
    (folder / "own.key").write_bytes(
        own.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (folder / "serial").write_text("01", encoding="ascii")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder), encoding="ascii")
    lock = threading.Lock()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = folder / "asked.tsq"
            with lock:
                asked.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
                made = subprocess.run(
                    ["openssl", "ts", "-reply", "-config", str(folder / "tsa.cnf"),
                     "-queryfile", str(asked)],
                    check=True, capture_output=True,
                ).stdout  # fmt: skip
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(made)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Authority(f"http://127.0.0.1:{server.server_address[1]}/tsa", root, folder)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
