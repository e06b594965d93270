"""signet cert fingerprint: pins as --pin and curl take them, the same as openssl computes."""

import base64
import hashlib
import re
import unittest

import common  # noqa: F401
from cert_support import GUIDE, CertTest
from support.signet_testing import CA, PKI, run, signet_server


class Fingerprint(CertTest):
    def lines(self, *args, given=b""):
        return self.fine("cert", "fingerprint", *args, given=given)[0].decode().splitlines()

    def key_info(self, certificate):
        pem = self.openssl("x509", "-in", certificate, "-noout", "-pubkey")
        status, der, err = run("openssl", "pkey", "-pubin", "-outform", "DER", given=pem.encode())
        self.assertEqual(status, 0, err)
        return der

    def test_of_the_certificate(self):
        server = PKI / "server.pem"
        self.assertEqual(self.lines(server), [f"sha256${self.fingerprint(server)}"])
        self.assertEqual(self.lines(PKI / "server.der"), self.lines(server))
        self.assertEqual(self.lines("-", given=server.read_bytes()), self.lines(server))
        expected = [f"{digest}${self.fingerprint(server, digest)}" for digest in ("sha1", "sha512", "md5")]
        self.assertEqual(self.lines(server, "--digest", "sha1,sha512", "--digest", "md5"), expected)

    def test_of_every_certificate_in_order(self):
        self.assertEqual(self.lines(PKI / "chain.pem"), [f"sha256${self.fingerprint(PKI / name)}" for name in
                                                         ("chain-leaf-only.pem", "intermediate.pem")])

    def test_of_the_public_key(self):
        server = PKI / "server.pem"
        der = self.key_info(server)
        # The bits alone: for P-256 the uncompressed point that ends the SubjectPublicKeyInfo.
        self.assertEqual(self.lines(server, "--public-key"), ["sha256$pub$" + hashlib.sha256(der[-65:]).hexdigest()])
        self.assertEqual(self.lines(server, "--curl"), ["sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()])

    def test_json(self):
        server = PKI / "server.pem"
        (entry,) = self.json_of("cert", "fingerprint", "--json", server)["certificates"]
        self.assertEqual(entry["subject"], "CN=server.test")
        self.assertEqual(entry["pins"], self.lines(server) + self.lines(server, "--public-key"))
        self.assertEqual([entry["curl"]], self.lines(server, "--curl"))

    def test_curl_takes_the_pin(self):
        program, port = signet_server("--www", PKI, "--cert", PKI / "server.pem", "--key", PKI / "server.key")
        with program:
            def curl(pin):
                return run("curl", "-s", "--cacert", CA, "--resolve", f"server.test:{port}:127.0.0.1", "--pinnedpubkey", pin,
                           f"https://server.test:{port}/server.pem")[0]

            (pin,) = self.lines(f"127.0.0.1:{port}", "--curl", "--ca", CA)
            self.assertEqual(curl(pin), 0)
            self.assertEqual(curl(self.lines(PKI / "wildcard.pem", "--curl")[0]), 90, "curl's code for a pin that does not match")

    def test_the_examples_pin_the_leaf_of_a_chain(self):
        self.write("cert.pem", (PKI / "chain.pem").read_bytes())
        said = self.fine("cert", "fingerprint", "--help")[0].decode() + GUIDE.read_text()
        examples = set(re.findall(r'"\$\((signet cert fingerprint .*?)\)"', said))
        self.assertEqual({"--curl" in one for one in examples}, {True, False}, said)
        for one in examples:
            status, out, err = self.in_sh(one)
            form = ["--curl"] if "--curl" in one else ["--public-key"] if "--public-key" in one else []
            self.assertEqual((status, out.decode().splitlines()), (0, self.lines(PKI / "chain-leaf-only.pem", *form)), err)

    def test_a_server_that_does_not_verify_is_said_to(self):
        program, port = signet_server("--echo", "--cert", PKI / "self-signed.pem", "--key", PKI / "self-signed.key")
        with program:
            out, err = self.fine("cert", "fingerprint", f"127.0.0.1:{port}", "--ca", CA)
            self.assertEqual(out.decode(), f"sha256${self.fingerprint(PKI / 'self-signed.pem')}\n")
            self.assertRegex(err, "(?m)^signet: warning: .* is not verified: .*self-signed")

    def test_an_unknown_digest_is_2(self):
        for digest in ("banana", "sha256,banana", "sha256 ", "RSA"):
            with self.subTest(digest=digest):
                self.refused(2, "cert", "fingerprint", PKI / "server.pem", "--digest", digest, says="digest")
        self.refused(2, "cert", "fingerprint", PKI / "server.pem", "--curl", "--digest", "sha512")
        self.refused(2, "cert", "fingerprint", PKI / "server.pem", "--curl", "--public-key")

    def test_without_a_certificate_is_5(self):
        self.refused(5, "cert", "fingerprint", PKI / "server.key", says="no certificate")


if __name__ == "__main__":
    unittest.main()
