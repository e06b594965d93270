"""With Python's ssl module as the client of `signet serve --echo`."""

import pathlib
import unittest

import cases
from cases import NAME
from support.peers import run

CLIENT = pathlib.Path(__file__).resolve().parent / "python_client.py"


class Python(cases.OurServer, unittest.TestCase):
    refusal_says = {
        "wrong name": r"refused: Hostname mismatch",
        "unknown CA": r"refused: unable to get local issuer certificate",
        "expired": r"refused: certificate has expired",
    }

    def talk(self, port, ca, version):
        return run("/usr/bin/python3", CLIENT, port, ca, NAME, version.replace(".", "_"), given=self.payload)


if __name__ == "__main__":
    unittest.main()
