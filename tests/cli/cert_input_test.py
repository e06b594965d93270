"""Whatever the subcommands of `signet cert` are given to read: 5 with a reason, nothing on stdout, no prompt, no hang."""

import os
import unittest

import common  # noqa: F401
from cert_support import CertTest
from support.signet_testing import CA, PKI, TOOL, run, signet

READERS = (["show"], ["fingerprint"], ["check"], ["convert", "--out", "-", "--in"])


class BadInput(CertTest):
    def bad_files(self):
        huge = self.path("huge.pem")
        with open(huge, "wb") as file:
            file.truncate(200 << 20)
        yield "missing", self.path("missing.pem")
        yield "empty", PKI / "empty.pem"
        yield "binary", PKI / "binary.bin"
        yield "text", PKI / "garbage.pem"
        yield "truncated", PKI / "truncated.pem"
        yield "a bundle with one broken entry", PKI / "bundle-with-broken-entry.pem"
        yield "huge", huge
        yield "endless", "/dev/zero"
        yield "half of DER", self.write("half.der", (PKI / "server.der").read_bytes()[:200])
        if os.geteuid() != 0:
            locked = self.write("locked.pem", CA.read_bytes())
            locked.chmod(0)
            yield "unreadable", locked
        yield "more after DER", self.write("more.der", (PKI / "server.der").read_bytes() + b"more")

    def test_files_are_5(self):
        for what, file in self.bad_files():
            for reader in READERS:
                with self.subTest(what=what, reader=reader[0]):
                    self.refused(5, "cert", *reader, file)

    def test_stdin_is_5(self):
        broken = (PKI / "bundle-with-broken-entry.pem").read_bytes()
        for given in (b"", b"\0" * 100000, b"text", broken, (PKI / "truncated.pem").read_bytes()):
            for reader in READERS:
                with self.subTest(given=given[:20], reader=reader[0]):
                    self.refused(5, "cert", *reader, "-", given=given)

    def test_a_closed_stdin_is_5(self):
        for reader in READERS:
            status, out, err = run("/bin/sh", "-c", 'exec "$0" "$@" <&-', TOOL, "cert", *reader, "-")
            self.assertEqual((status, out), (5, b""), err)

    def test_the_broken_entry_is_named(self):
        self.refused(5, "cert", "show", PKI / "bundle-with-broken-entry.pem", says="3|third")

    def test_as_keys_and_issuers_they_are_5(self):
        for what, file in self.bad_files():
            with self.subTest(what=what):
                self.refused(5, "cert", "create", "--self-signed", "--dns", "a.example", "--key", file, "--out", self.path("c"))
                self.refused(5, "cert", "create", "--ca", file, "--dns", "a.example", "--out", self.path("c"), "--out-key", self.path("k"))
                self.refused(5, "cert", "create", "--renew", file, "--self-signed", "--out", self.path("c"), "--out-key", self.path("k"))
                self.assertEqual([p for p in self.remaining() if p in "ck"], [])

    def test_passwords(self):
        bundle = self.path("b.p12")
        self.openssl("pkcs12", "-export", "-in", PKI / "server.pem", "-inkey", PKI / "server.key", "-passout", "pass:pw", "-out", bundle)
        wrong = self.password_file("wrong", "wrong")
        for reader in READERS:
            with self.subTest(reader=reader[0]):
                self.refused(5, "cert", *reader, bundle, says="password", hint="--password-file")
                self.refused(5, "cert", *reader, bundle, "--password-file", wrong, says="password")
                self.refused(5, "cert", *reader, bundle, "--password-file", self.path("none"), says="none")
                self.fine("cert", *reader, bundle, "--password-file", self.password_file("pw"))

    def test_output_that_nobody_takes_is_5(self):
        for reader in READERS:
            for redirected in (">/dev/full", ">&-"):
                with self.subTest(reader=reader[0], redirected=redirected):
                    status, _, err = run("/bin/sh", "-c", f'exec "$0" "$@" {redirected}', TOOL, "cert", *reader, PKI / "server.pem")
                    self.assertEqual(status, 5, err)
                    self.assertRegex(err, "(?m)^signet: writing to stdout")

    def test_help_and_mistakes(self):
        for name in ("ca", "create", "csr", "sign", "show", "convert", "fingerprint", "check"):
            out, err = self.fine("cert", name, "--help")
            self.assertEqual(err, "")
            self.assertIn(f"Examples:\n  signet cert {name} ", out.decode())
            self.assertIn(f"\n  {name} ", self.fine("cert", "--help")[0].decode())
            self.assertEqual(signet("cert", name)[0], 2)
            self.refused(2, "cert", name, "--nothing")


if __name__ == "__main__":
    unittest.main()
