"""With curl as the client of `signet serve --www`."""

import pathlib
import tempfile
import unittest

import cases
from cases import NAME
from support.peers import run


class Curl(cases.OurServer, unittest.TestCase):
    payload = cases.binary(300_000)
    refusal_says = {
        "wrong name": r"no alternative certificate subject name matches",
        "unknown CA": r"unable to get local issuer certificate",
        "expired": r"certificate has expired",
    }

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        pathlib.Path(folder.name, "file.bin").write_bytes(self.payload)
        self.serve_options = ("--www", folder.name)

    def talk(self, port, ca, version):
        only = version.replace("TLSv", "")
        return run("/usr/bin/curl", "--silent", "--show-error", "--verbose", "--fail", "--noproxy", "*", "--cacert", ca, "--capath",
                   "/nonexistent", f"--tlsv{only}", "--tls-max", only, "--resolve", f"{NAME}:{port}:127.0.0.1",
                   f"https://{NAME}:{port}/file.bin")


if __name__ == "__main__":
    unittest.main()
