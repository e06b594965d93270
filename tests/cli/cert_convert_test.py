"""signet cert convert: another form, the same content, and keys that stay private."""

import stat
import unittest

import common  # noqa: F401
from cert_support import CertTest
from support.signet_testing import PKI, run


class Convert(CertTest):
    def convert(self, source, target, *options):
        self.fine("cert", "convert", "--in", source, "--out", self.path(target), *options)
        return self.path(target)

    def test_certificates_between_pem_and_der(self):
        der = self.convert(PKI / "server.pem", "c.der", "--to", "der")
        self.assertEqual(der.read_bytes(), (PKI / "server.der").read_bytes())
        self.assertEqual(stat.S_IMODE(der.stat().st_mode), 0o644)
        self.assertEqual(self.convert(der, "c.pem").read_bytes(), (PKI / "server.pem").read_bytes())
        out, _ = self.fine("cert", "convert", "--in", "-", "--out", "-", given=der.read_bytes())
        self.assertEqual(out, (PKI / "server.pem").read_bytes())

    def test_pkcs12_and_back_in_both_encryptions(self):
        password = self.password_file()
        # The chain in a wrong order: it goes in as it is sent.
        mixed = self.write("mixed.pem", (PKI / "ca.pem").read_bytes() + (PKI / "intermediate.pem").read_bytes() +
                           (PKI / "chain-leaf-only.pem").read_bytes())
        for extra, algorithm in (((), "PBES2, PBKDF2, AES-256-CBC"), (("--legacy",), "pbeWithSHA1And3-KeyTripleDES-CBC")):
            with self.subTest(extra=extra):
                bundle = self.convert(mixed, "b.p12", "--to", "pkcs12", "--key", PKI / "chain.key", "--out-password-file", password,
                                      "--force", *extra)
                self.assertEqual(stat.S_IMODE(bundle.stat().st_mode), 0o600)
                legacy = ("-legacy",) if extra else ()
                self.assertIn(algorithm, self.pkcs12_info(bundle, *legacy))
                back = self.convert(bundle, "back.pem", "--password-file", password, "--force")
                self.assertEqual(stat.S_IMODE(back.stat().st_mode), 0o600)
                text = back.read_text()
                order = [PKI / "chain-leaf-only.pem", PKI / "intermediate.pem", PKI / "ca.pem"]
                self.assertEqual(text, "".join(p.read_text() for p in order) + self.openssl("pkcs8", "-topk8", "-nocrypt", "-in",
                                                                                            PKI / "chain.key"))

    def pkcs12_info(self, bundle, *legacy):
        status, _, err = run("openssl", "pkcs12", "-in", bundle, "-passin", "pass:correct horse", "-noout", "-info", *legacy)
        self.assertEqual(status, 0, err)
        return err

    def test_only_one_kind(self):
        combined = PKI / "combined.pem"
        self.assertEqual(self.convert(combined, "c.pem", "--only", "certificates").read_bytes(), (PKI / "server.pem").read_bytes())
        key = self.convert(combined, "k.der", "--only", "keys", "--to", "der")
        self.assertEqual(stat.S_IMODE(key.stat().st_mode), 0o600)
        self.assertEqual(self.openssl("pkey", "-in", key, "-pubout"), self.openssl("pkey", "-in", PKI / "server.key", "-pubout"))
        self.refused(5, "cert", "convert", "--in", combined, "--out", self.path("x"), "--to", "der", hint="--only")
        self.refused(5, "cert", "convert", "--in", combined, "--out", self.path("x"), "--only", "crls", says="none")

    def test_keys_encrypted_plain_and_traditional(self):
        password = self.password_file()
        locked = self.convert(PKI / "server-rsa.key", "locked.pem", "--out-password-file", password)
        self.assertTrue(locked.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----"))
        self.openssl("pkey", "-in", locked, "-passin", "pass:correct horse", "-noout")
        self.refused(5, "cert", "convert", "--in", locked, "--out", self.path("x"), says="password|encrypted", hint="--password-file")
        old = self.convert(locked, "old.pem", "--password-file", password, "--traditional")
        self.assertEqual(old.read_bytes(), (PKI / "server-rsa-traditional.key").read_bytes())
        self.assertEqual(stat.S_IMODE(old.stat().st_mode), 0o600)

    def test_requests_and_lists(self):
        self.fine("cert", "csr", "--dns", "a.example", "--out", self.path("r.pem"), "--out-key", self.path("k.pem"))
        der = self.convert(self.path("r.pem"), "r.der", "--to", "der")
        self.assertEqual(self.convert(der, "again.pem").read_bytes(), self.path("r.pem").read_bytes())

    def test_mistakes(self):
        locked = self.password_file()
        start = ("cert", "convert", "--in", PKI / "server.pem", "--out", self.path("x"))
        for more in (("--to", "pkcs12"), ("--to", "pkcs8"), ("--to", "pkcs7", "--out-password-file", locked), ("--legacy",), ("--traditional", "--to", "der"),
                     ("--traditional", "--out-password-file", locked), ("--to", "der", "--out-password-file", locked), ("--only", "x")):
            with self.subTest(more=more):
                self.refused(2, *start, *more)
        self.refused(5, *start[:2], "--in", PKI / "combined.pem", *start[4:], "--to", "pkcs7", says="holds no keys", hint="--only")
        self.refused(5, *start[:2], "--in", PKI / "crl-numbered.pem", *start[4:], "--to", "pkcs12", "--out-password-file", locked,
                     hint="--key")
        self.refused(5, *start, "--to", "pkcs12", "--out-password-file", locked, "--key", PKI / "chain.key", says="key")
        self.refused(2, "cert", "convert", "--in", PKI / "ed25519.key", "--out", self.path("x"), "--traditional", says="traditional")
        self.assertEqual(self.remaining(), ["password"])

    def test_stdin_is_read_once(self):
        self.refused(2, "cert", "convert", "--in", "-", "--key", "-", "--out", "-", given=(PKI / "combined.pem").read_bytes(), says="once")

    def test_nothing_is_overwritten_unasked(self):
        precious = self.write("precious", b"precious")
        self.refused(5, "cert", "convert", "--in", PKI / "server.der", "--out", precious, hint="--force")
        self.assertEqual(precious.read_bytes(), b"precious")
        self.refused(5, "cert", "convert", "--in", PKI / "server.der", "--out", "/dev/full", says="No space")
        self.refused(5, "cert", "convert", "--in", PKI / "server.der", "--out", self.path("no/such"))
        # A key never takes over the mode of what it replaces.
        precious.chmod(0o666)
        self.fine("cert", "convert", "--in", PKI / "server.key", "--out", precious, "--force")
        self.assertEqual(stat.S_IMODE(precious.stat().st_mode), 0o600)


if __name__ == "__main__":
    unittest.main()
