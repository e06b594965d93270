"""signet cert: certificates a strict stranger accepts, keys nobody else reads, files nobody loses."""

import json
import os
import stat
import unittest

import common  # noqa: F401
from cert_support import CertTest
from support.signet_testing import CA, PKI, signet_server


class Cert(CertTest):
    def test_openssl_accepts_each_kind_under_its_strictest_rules(self):
        for kind in ("ec:P-256", "ec:P-384", "rsa:2048", "ed25519"):
            with self.subTest(kind=kind):
                self.ca("--key-type", kind, "--force", "--org", "Example")
                self.create("--dns", "a.example", "--dns", "*.b.example", "--ip", "192.0.2.1", "--ip", "2001:db8::1", "--key-type",
                            kind, "--days", "365", "--purpose", "server,client", "--force")
                for purpose in ("sslserver", "sslclient"):
                    self.openssl("verify", "-x509_strict", "-check_ss_sig", "-purpose", purpose, "-verify_hostname", "a.example",
                                 "-CAfile", self.path("ca.pem"), self.path("cert.pem"))
                text = self.openssl("x509", "-in", self.path("cert.pem"), "-noout", "-ext", "subjectAltName,extendedKeyUsage")
                for part in ("DNS:a.example", "DNS:*.b.example", "IP Address:192.0.2.1", "TLS Web Client Authentication"):
                    self.assertIn(part, text)
                certificate = self.openssl("x509", "-in", self.path("cert.pem"), "-noout", "-pubkey")
                self.assertEqual(certificate, self.openssl("pkey", "-in", self.path("cert-key.pem"), "-pubout"))

    def test_what_was_made_serves(self):
        self.ca()
        self.create("--dns", "a.example")
        program, port = signet_server("--echo", "--cert", self.path("cert.pem"), "--key", self.path("cert-key.pem"))
        with program:
            out, _ = self.fine("cat", f"127.0.0.1:{port}", "--ca", self.path("ca.pem"), "--name", "a.example", given=b"x")
            self.assertEqual(out, b"x")

    def test_keys_are_private_from_the_start(self):
        before = os.umask(0)
        try:
            self.ca()
            self.create("--dns", "a.example")
        finally:
            os.umask(before)
        for key in ("ca-key.pem", "cert-key.pem"):
            self.assertEqual(stat.S_IMODE(self.path(key).stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.path("cert.pem").stat().st_mode), 0o644)

    def test_nothing_is_overwritten_unasked(self):
        for existing in ("ca.pem", "ca-key.pem"):
            with self.subTest(existing=existing):
                path = self.write(existing, b"precious")
                self.refused(5, "cert", "ca", "--cn", "x", "--out", self.path("ca.pem"), "--out-key", self.path("ca-key.pem"),
                             says=existing, hint="--force")
                self.assertEqual(path.read_bytes(), b"precious")
                self.assertEqual([p.name for p in self.folder.iterdir()], [existing], "a failure left files behind")
                path.unlink()
        self.write("ca.pem", b"old")
        self.write("ca-key.pem", b"old").chmod(0o644)
        self.ca("--force")
        self.assertIn(b"BEGIN CERTIFICATE", self.path("ca.pem").read_bytes())
        self.assertEqual(stat.S_IMODE(self.path("ca-key.pem").stat().st_mode), 0o600, "the new key took the old file's mode")

    def test_failures_leave_nothing(self):
        self.refused(5, "cert", "ca", "--cn", "x", "--out", self.path("no/ca.pem"), "--out-key", self.path("ca-key.pem"))
        self.refused(5, "cert", "ca", "--cn", "x", "--out", self.path("ca.pem"), "--out-key", self.path("no/ca-key.pem"))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_bad_issuers_are_5(self):
        for ca, key in ((self.path("none.pem"), self.path("none.key")), (PKI / "garbage.pem", PKI / "ca.key"),
                        (CA, PKI / "server.key"), (CA, PKI / "empty.pem")):
            with self.subTest(ca=ca.name, key=key.name):
                self.refused(5, "cert", "create", "--ca", ca, "--ca-key", key, "--dns", "a.example", "--out", self.path("c"),
                             "--out-key", self.path("k"))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_bad_names_are_2(self):
        self.ca()
        for option, value in (("--dns", "a b"), ("--dns", "-"), ("--dns", ""), ("--ip", "1.2.3"), ("--ip", "a.example")):
            with self.subTest(option=option, value=value):
                self.refused(2, "cert", "create", "--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"), option, value,
                             "--out", self.path("c"), "--out-key", self.path("k"))

    def test_self_signed(self):
        self.fine("cert", "create", "--self-signed", "--dns", "localhost", "--out", self.path("c.pem"), "--out-key",
                  self.path("k.pem"))
        program, port = signet_server("--echo", "--cert", self.path("c.pem"), "--key", self.path("k.pem"))
        with program:
            out, _ = self.fine("cat", f"127.0.0.1:{port}", "--ca", self.path("c.pem"), "--name", "localhost", given=b"x")
            self.assertEqual(out, b"x")

    def test_json(self):
        self.ca()
        document = json.loads(self.create("--dns", "bücher.example", "--ip", "192.0.2.1", "--json")[0])
        self.assertEqual(document["dns_names"], ["xn--bcher-kva.example"])
        self.assertEqual(document["ip_addresses"], ["192.0.2.1"])
        self.assertRegex(document["not_after"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(document["pem"], self.path("cert.pem").read_text())

    def test_a_device_may_take_the_key(self):
        self.fine("cert", "ca", "--cn", "x", "--out", self.path("ca.pem"), "--out-key", "/dev/null")
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode), "a device was replaced by a file")
        self.assertIn(b"BEGIN CERTIFICATE", self.path("ca.pem").read_bytes())


if __name__ == "__main__":
    unittest.main()
