"""What the tests of `signet cert` share: a CA made by the tool, and the openssl program as the stranger that judges."""

import json
import re

import common  # noqa: F401
from support.signet_testing import ToolTest, run


class CertTest(ToolTest):
    def path(self, name):
        return self.folder / name

    def ca(self, *options, name="ca"):
        self.fine("cert", "ca", "--cn", "Test CA", "--out", self.path(f"{name}.pem"), "--out-key", self.path(f"{name}-key.pem"),
                  *options)

    def create(self, *options, name="cert", ca="ca"):
        return self.fine("cert", "create", "--ca", self.path(f"{ca}.pem"), "--ca-key", self.path(f"{ca}-key.pem"), "--out",
                         self.path(f"{name}.pem"), "--out-key", self.path(f"{name}-key.pem"), *options)

    def openssl(self, *args, given=b""):
        """The stranger's output; its refusal fails the test."""
        status, out, err = run("openssl", *args, given=given)
        self.assertEqual(status, 0, f"{args}\n{err}{out.decode(errors='replace')}")
        return out.decode()

    def printed(self, certificate):
        """What the stranger reads in it."""
        return self.openssl("x509", "-in", self.path(certificate), "-noout", "-text")

    def strict(self, certificate, *options, ca="ca.pem"):
        self.openssl("verify", "-x509_strict", "-check_ss_sig", "-CAfile", self.path(ca), *options, self.path(certificate))

    def json_of(self, *args, given=b""):
        return json.loads(self.fine(*args, given=given)[0])

    def password_file(self, password="correct horse", name="password"):
        return self.write(name, password.encode() + b"\nanother line\n")

    def remaining(self):
        return sorted(p.name for p in self.folder.iterdir())

    def fingerprint(self, certificate, digest="sha256"):
        text = self.openssl("x509", "-in", certificate, "-noout", "-fingerprint", f"-{digest}")
        return re.sub("[^0-9a-f]", "", text.partition("=")[2].lower())


__all__ = ["CertTest"]
