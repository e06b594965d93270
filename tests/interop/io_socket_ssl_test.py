"""With Perl's IO::Socket::SSL, both ways."""

import pathlib
import unittest

import cases
from cases import NAME, certificate, key
from support.peers import Program, run

HERE = pathlib.Path(__file__).resolve().parent


class IoSocketSslServer(cases.OurClient, unittest.TestCase):
    payload = cases.binary(60_000)

    def start_server(self, identity, version):
        program = Program("/usr/bin/perl", HERE / "io_socket_ssl_server.pl", certificate(identity), key(identity),
                          version.replace(".", "_"))
        try:
            return program, int(program.wait_for(r"^listening (\d+)$", "stdout")[1])
        except AssertionError:
            program.stop()
            raise

    def served(self, program, version, kind):
        said = program.wait_for(r"^served (.*) (\d+)$", "stdout")
        cases.assert_negotiated(self, said[1].decode(), version, kind)
        self.assertEqual(int(said[2]), len(self.payload))


class IoSocketSslClient(cases.OurServer, unittest.TestCase):
    refusal_says = {
        "wrong name": r"hostname verification failed",
        "unknown CA": r"certificate verify failed",
        "expired": r"certificate verify failed",
    }

    def talk(self, port, ca, version):
        return run("/usr/bin/perl", HERE / "io_socket_ssl_client.pl", port, ca, NAME, version.replace(".", "_"),
                   given=self.payload)


if __name__ == "__main__":
    unittest.main()
