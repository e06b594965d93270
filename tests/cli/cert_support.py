"""What the tests of `signet cert` share: a CA made by the tool, and the openssl program as the stranger that judges."""

import json
import os
import pathlib
import re

import common  # noqa: F401
from support.signet_testing import CA, PKI, TOOL, ToolTest, run


GUIDE = pathlib.Path(os.environ["SIGNET_SOURCE"]) / "docs/guide/certificates.md"


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

    def current_list(self, revoked, folder):
        """A list of the test root that is current, made by the openssl program."""
        serial = self.openssl("x509", "-in", revoked, "-noout", "-serial").strip().partition("=")[2]
        index = self.write("index.txt", f"R\t491231235959Z\t260101000000Z\t{serial}\tunknown\t/CN=x\n".encode())
        self.write("number", b"01\n")
        config = self.write("ca.cnf", f"[ca]\ndefault_ca=a\n[a]\ndatabase={index}\ncrlnumber={self.folder}/number\ndefault_md=sha256\n"
                                      "crl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid:always\n".encode())
        folder.mkdir()
        self.openssl("ca", "-config", config, "-gencrl", "-cert", CA, "-keyfile", PKI / "ca.key", "-crldays", "30", "-out",
                     folder / "list.crl")
        return folder / "list.crl"

    def in_sh(self, script):
        """Runs it in the test's folder, where `signet` is the one under test."""
        return run("/bin/sh", "-euc", f'signet() {{ "{TOOL}" "$@"; }}\ncd "{self.folder}"\n{script}')

    def remaining(self):
        return sorted(p.name for p in self.folder.iterdir())

    def fingerprint(self, certificate, digest="sha256"):
        text = self.openssl("x509", "-in", certificate, "-noout", "-fingerprint", f"-{digest}")
        return re.sub("[^0-9a-f]", "", text.partition("=")[2].lower())


__all__ = ["GUIDE", "CertTest"]
