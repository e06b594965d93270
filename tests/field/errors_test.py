"""docs/guide/errors.md is the catalogue of errors: what the library's table says of each code, and an example as it is printed,
which is brought about here. Run with --write to make it anew."""

import json
import pathlib
import re
import socket
import ssl
import struct
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "cli")]
from support.peers import ENVIRONMENT, PATIENCE, run  # noqa: E402
from support.signet_testing import CA, CERT, KEY, PKI, Peer, answering, read_head, signet, signet_server, tls_peer  # noqa: E402
from support.toolchain import BUILD  # noqa: E402

PAGE = HERE.parent.parent / "docs" / "guide" / "errors.md"
CATALOGUE = BUILD / "bin" / "error_catalogue"
AT = ("--at", "2026-11-29T05:26:30Z")
NOBODY = "https://127.0.0.1:1/"
# Of these there is none, and why.
WITHOUT = {
    "out_of_memory": "it takes a system without memory",
    "resolve_failed": "it takes a name server that fails",
    "io_failed": "it stands for what the system has no other word for",
    "no_verdict": "it would be a fault",
    "path_search_exhausted": "it takes a maze of certificates",
    "internal": "it would be a fault",
}


def alert(number):
    """A server whose answer to a ClientHello is that alert."""
    return Peer(lambda connection: (connection.recv(65536), connection.sendall(b"\x15\x03\x03\x00\x02\x02" + bytes([number])),
                                    connection.recv(1)))


def says(text):
    return Peer(lambda connection: (connection.sendall(text), connection.recv(65536), connection.recv(65536)))


def resets(connection):
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def cut(connection):
    read_head(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of")


def altered(connection):
    read_head(connection)
    raw = socket.socket(fileno=connection.detach())
    raw.sendall(b"\x17\x03\x03\x00\x40" + bytes(64))
    raw.recv(1000)
    raw.close()


class Examples:
    """A function for each code: it returns what was printed, and the code that a program was told where it was told one."""

    def __init__(self, folder):
        self.folder = folder

    # -- helpers

    def run(self, *args):
        status, out, err = signet(*args)
        assert status != 0, f"{args}: {out[:200]}"
        return err

    def told(self, *args):
        """A subcommand with --json, whose document names the code."""
        document = json.loads(signet(*args, "--json")[1])
        code = document["failure"]["error"] if "failure" in document else document["findings"][0]["error"]
        return self.run(*args), code

    def get(self, peer, *args):
        with peer:
            return self.told("get", peer.url(), "--ca", CA, *args)

    def judged(self, file, *args):
        return self.told("verify", *AT, *args, file)

    def serving(self, client, *args):
        """What a server says of a client."""
        program, port = signet_server("--echo", "--cert", CERT, "--key", KEY, *args)
        client(port)
        program.wait_for("^signet: client .*$")
        program.stop()
        return "".join(line + "\n" for line in program.stderr.splitlines() if line.startswith("signet: client")), None

    def made(self, name, *args):
        """A certificate made by a CA of its own, both by the tool."""
        path = self.folder / f"{name}.pem"
        status, _, err = signet("cert", *args, "--out", path, "--out-key", self.folder / f"{name}.key", "--force")
        assert status == 0, err
        return path

    def openssl(self, *args):
        status, out, err = run("openssl", *args)
        assert status == 0, err
        return out

    def file(self, name, content=b""):
        path = self.folder / name
        path.write_bytes(content)
        return path

    # -- usage and files

    def invalid_name(self):
        return self.run("get", "https://a..b/"), None

    def invalid_endpoint(self):
        return self.run("cat", "example.org"), None

    def invalid_configuration(self):
        return self.told("get", NOBODY, "--ca", CA, "--ciphers", "NONE-OF-THEM")

    def not_supported(self):
        return self.run("cert", "convert", "--in", PKI / "ed25519.key", "--traditional", "--out", self.folder / "x"), None

    def file_not_readable(self):
        return self.told("get", NOBODY, "--ca", self.folder / "missing.pem")

    def file_malformed(self):
        return self.told("get", NOBODY, "--ca", PKI / "garbage.pem")

    def file_too_large(self):
        huge = self.file("huge.pem")
        with open(huge, "r+b") as out:
            out.truncate((64 << 20) + 1)
        return self.told("get", NOBODY, "--ca", huge)

    def file_exists(self):
        return self.run("cert", "convert", "--in", CERT, "--out", self.file("there.pem")), None

    def password_required(self):
        return self.told("get", NOBODY, "--cert", CERT, "--key", PKI / "server-enc-pkcs8.key")

    def wrong_password(self):
        return self.told("get", NOBODY, "--cert", CERT, "--key", PKI / "server-enc-pkcs8.key", "--password-file",
                         self.file("password.txt", b"wrong\n"))

    def key_mismatch(self):
        return self.told("get", NOBODY, "--cert", CERT, "--key", PKI / "client.key")

    def file_io_failed(self):
        return self.run("cert", "convert", "--in", CERT, "--out", self.folder / "no-such-folder" / "x.pem"), None

    # -- the network

    def name_not_found(self):
        return self.told("get", "https://does-not-exist.invalid/", "--ca", CA)

    def connection_refused(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        return self.told("get", f"https://127.0.0.1:{port}/", "--ca", CA)

    def connection_reset(self):
        return self.get(Peer(resets))

    def unreachable(self):
        return self.told("get", "https://255.255.255.255/", "--ca", CA)

    def address_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            return self.run("serve", f"127.0.0.1:{taken.getsockname()[1]}", "--echo", "--cert", CERT, "--key", KEY), None

    def timed_out(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            return self.told("get", f"https://127.0.0.1:{silent.getsockname()[1]}/", "--ca", CA, "--timeout", "0.2")

    def closed(self):
        return self.get(Peer(lambda connection: connection.recv(65536)))

    def truncated(self):
        return self.get(tls_peer(cut))

    # -- the peer

    def handshake_failed(self):
        # A handshake message of a kind that nobody knows.
        return self.get(says(b"\x16\x03\x03\x00\x04\x63\x00\x00\x00"))

    def not_tls(self):
        return self.get(says(b"SSH-2.0-OpenSSH_9.2\r\n"))

    def plain_http(self):
        def client(port):
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
                while connection.recv(1000):
                    pass

        return self.serving(client)

    def protocol_version(self):
        return self.get(tls_peer(answering(b""), maximum_version=ssl.TLSVersion.TLSv1_2), "--tls-min", "1.3")

    def no_shared_cipher(self):
        def client(port):
            signet("cat", f"127.0.0.1:{port}", "--ca", CA, "--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256",
                   "--groups", "P-256")

        return self.serving(client, "--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384")

    def no_shared_alpn(self):
        program, port = signet_server("--echo", "--cert", CERT, "--key", KEY, "--alpn", "imap")
        try:
            return self.told("cat", f"127.0.0.1:{port}", "--ca", CA, "--alpn", "pop3")
        finally:
            program.stop()

    def unrecognized_name(self):
        return self.get(alert(112), "--name", "server.test")

    def certificate_required(self):
        program, port = signet_server("--echo", "--cert", CERT, "--key", KEY, "--client-ca", CA, "--require-client-cert", "--tls-max", "1.2")
        try:
            return self.told("cat", f"127.0.0.1:{port}", "--ca", CA)
        finally:
            program.stop()

    def bad_record(self):
        return self.get(tls_peer(altered))

    def protocol_violation(self):
        return self.get(tls_peer(answering(b"220 mail.example.org ESMTP\r\n")))

    def alert_received(self):
        return self.get(alert(80))

    def starttls_refused(self):
        peer = Peer(lambda c: (c.sendall(b"220 mail.example.org\r\n"), c.recv(1000), c.sendall(b"250 mail.example.org\r\n"), c.recv(1000)))
        with peer:
            return self.told("cat", f"127.0.0.1:{peer.port}", "--ca", CA, "--starttls", "smtp")

    def dialogue_failed(self):
        with says(b"* OK IMAP4rev1 ready\r\n") as peer:
            return self.told("cat", f"127.0.0.1:{peer.port}", "--ca", CA, "--starttls", "smtp")

    # -- verification

    def no_trust_anchors(self):
        empty = {**ENVIRONMENT, "SSL_CERT_FILE": str(self.file("nothing.pem"))}
        document = json.loads(signet("verify", *AT, "--json", CERT, env=empty)[1])
        return signet("verify", *AT, CERT, env=empty)[2], document["findings"][0]["error"]

    def unknown_issuer(self):
        return self.judged(CERT, "--ca", PKI / "other-ca.pem", "--name", "server.test")

    def self_signed(self):
        return self.judged(PKI / "self-signed.pem", "--ca", CA, "--name", "server.test")

    def self_signed_in_chain(self):
        return self.judged(self.file("with-root.pem", CERT.read_bytes() + CA.read_bytes()), "--ca", PKI / "other-ca.pem")

    def expired(self):
        return self.judged(PKI / "expired.pem", "--ca", CA)

    def not_yet_valid(self):
        return self.judged(PKI / "not-yet.pem", "--ca", CA)

    def name_mismatch(self):
        return self.judged(CERT, "--ca", CA, "--name", "www.example.org")

    def name_constraint(self):
        return self.judged(PKI / "constrained-outside.pem", "--ca", PKI / "constrained-ca.pem", "--name", "www.elsewhere.test")

    def invalid_purpose(self):
        return self.judged(PKI / "client.pem", "--ca", CA)

    def invalid_ca(self):
        return self.judged(PKI / "by-a-leaf.pem", "--ca", CA, "--intermediates", CERT)

    def path_too_long(self):
        root = self.made("root", "ca", "--cn", "Root", "--path-length", "0")
        # Our own tool would not make it: by the openssl program.
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.folder / "sub.key",
                     "-subj", "/CN=Below", "-out", self.folder / "sub.csr")
        extensions = self.file("sub.cnf", b"basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n")
        self.openssl("x509", "-req", "-in", self.folder / "sub.csr", "-CA", root, "-CAkey", self.folder / "root.key", "-days", "30", "-extfile",
                     extensions, "-out", self.folder / "sub.pem")
        leaf = self.made("low", "create", "--ca", self.folder / "sub.pem", "--ca-key", self.folder / "sub.key", "--dns", "a.test")
        return self.told("verify", "--ca", root, leaf)

    def bad_signature(self):
        der = bytearray(ssl.PEM_cert_to_DER_cert(CERT.read_text()))
        der[-1] ^= 1
        return self.judged(self.file("altered.pem", ssl.DER_cert_to_PEM_cert(bytes(der)).encode()), "--ca", CA)

    def weak_key(self):
        return self.judged(PKI / "weak-rsa1024.pem", "--ca", CA)

    def weak_signature(self):
        return self.judged(PKI / "weak-digest.pem", "--ca", CA, "--profile", "webpki")

    def revoked(self):
        ca = self.made("ca", "ca", "--cn", "CA")
        leaf = self.made("leaf", "create", "--ca", ca, "--ca-key", self.folder / "ca.key", "--dns", "a.test")
        serial = self.openssl("x509", "-in", leaf, "-noout", "-serial").decode().strip().partition("=")[2]
        index = self.file("index.txt", f"R\t491231235959Z\t260101000000Z\t{serial}\tunknown\t/CN=x\n".encode())
        config = self.file("ca.cnf", f"[ca]\ndefault_ca=a\n[a]\ndatabase={index}\ndefault_md=sha256\n".encode())
        self.openssl("ca", "-config", config, "-gencrl", "-cert", ca, "-keyfile", self.folder / "ca.key", "-crldays", "30", "-out",
                     self.folder / "list.crl")
        return self.told("verify", "--ca", ca, "--crl", self.folder / "list.crl", leaf)

    def unknown_critical_extension(self):
        return self.judged(PKI / "critical-unknown.pem", "--ca", CA)

    def odd(self, *args, subject="/CN=x", names="DNS:a.test", more=""):
        """A certificate with one thing that is not allowed, by the openssl program."""
        extensions = self.file("odd.cnf", f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n{more}".encode())
        self.openssl("req", "-new", "-key", KEY, "-subj", subject, "-out", self.folder / "odd.csr")
        self.openssl("x509", "-req", "-in", self.folder / "odd.csr", "-CA", CA, "-CAkey", PKI / "ca.key", "-days", "90", "-extfile", extensions,
                     *args, "-out", self.folder / "odd.pem")
        return self.folder / "odd.pem"

    def invalid_version(self):
        return self.told("verify", "--ca", PKI / "ca-v1.pem", "--profile", "webpki", PKI / "ca-v1.pem")

    def invalid_serial_number(self):
        return self.told("verify", "--ca", CA, "--profile", "strict", self.odd("-set_serial", "0"))

    def invalid_extension(self):
        return self.told("verify", "--ca", CA, "--profile", "strict", self.odd(more="subjectKeyIdentifier=critical,hash\n"))

    def no_alternative_names(self):
        return self.judged(PKI / "cn-only.pem", "--ca", CA, "--name", "server.test", "--profile", "webpki", "--scheme", "http")

    def wildcard_too_wide(self):
        return self.told("verify", "--ca", CA, "--name", "example.co.uk", self.odd(names="DNS:*.co.uk"))

    def invalid_certificate(self):
        return self.told("verify", "--ca", CA, "--profile", "strict", self.odd(subject="/CN=A.test", more="authorityKeyIdentifier=keyid\n"))

    def pin_mismatch(self):
        return self.judged(CERT, "--ca", CA, "--pin", "sha256$" + "0" * 64)

    def crl_not_found(self):
        return self.judged(PKI / "chain.pem", "--ca", CA, "--crl", PKI / "crl-numbered.pem")

    def crl_invalid(self):
        return self.judged(CERT, "--ca", CA, "--crl", PKI / "crl-delta.pem")

    def crl_expired(self):
        return self.judged(CERT, "--ca", CA, "--crl", PKI / "crl-numbered.pem")


def table():
    out = run(CATALOGUE)[1].decode()
    return [line.split("\t") for line in out.splitlines()]


def shown(text, folder):
    """What differs from run to run is told by its kind."""
    text = text.replace(str(folder) + "/", "").replace(str(PKI) + "/", "")
    text = re.sub(r"127\.0\.0\.1:(?!1\b)\d+", "127.0.0.1:8443", text)
    text = re.sub(r"\bport (?!1\b)\d+", "port 8443", text)
    text = re.sub(r"\b(?!0+\b)[0-9a-f]{40,64}\b", "3f" * 32, text)
    text = re.sub(r"after \d+(\.\d+)? (ms|s)\b", "after 200 ms", text)
    text = re.sub(r"\d+ days ago", "80 days ago", text)
    text = re.sub(r"(\d{4})-\d\d-\d\dT\d\d:\d\d:\d\dZ", r"\1-11-29T05:26:30Z", text)
    # Warnings of the test's own certificates, and what was printed of a chain.
    return "\n".join(line for line in text.splitlines() if not line.startswith("signet: warning"))


def example(code, folder):
    """As printed, the code that went with it, or nothing."""
    examples = Examples(folder)
    if made := getattr(examples, code, None):
        printed, told = made()
        return shown(printed, folder), told
    status, out, err = run(CATALOGUE, code)
    assert status == 0, f"{code}: {err}"
    return shown(out.decode(), folder), code


def page(folder):
    text = """# Errors

Every failure has a code, which programs compare, and words for people. This page is the catalogue: what each code means, what
to do about it, and an example as `signet` prints it, or, where no command line brings it about, the message of the library.
It is made by `tests/field/errors_test.py --write` from the library's own table (`src/base/errc.cpp`), and each example is
brought about by that test.

In C++ the code is `error::code()`; `name()`, `meaning()` and `remedy()` give these words. In JSON it is `"error"`.
"""
    wrong = []
    kind = None
    for code, number, of_kind, meaning, remedy in table():
        if of_kind != kind:
            kind = of_kind
            text += f"\n## {kind}\n"
        text += f"\n### `{code}` ({number})\n{meaning} {remedy}\n\n"
        if code in WITHOUT:
            text += f"No example: {WITHOUT[code]}.\n"
            continue
        printed, told = example(code, folder)
        if told not in (None, code):
            wrong.append(f"{code}: the example is one of {told}: {printed}")
        text += "```\n" + printed.strip() + "\n```\n"
    return text, wrong


class Catalogue(unittest.TestCase):
    def test_each_code_has_its_example(self):
        with tempfile.TemporaryDirectory() as folder:
            made, wrong = page(pathlib.Path(folder))
        self.assertEqual(wrong, [])
        self.assertEqual(PAGE.read_text(), made, "docs/guide/errors.md is not what the table says: make it anew with --write")


if __name__ == "__main__":
    if "--write" in sys.argv:
        with tempfile.TemporaryDirectory() as where:
            made, wrong = page(pathlib.Path(where))
        PAGE.write_text(made)
        sys.exit("\n".join(wrong) or 0)
    unittest.main()
