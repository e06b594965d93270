"""With the openssl program: s_server and s_client."""

import pathlib
import tempfile
import time
import unittest

import cases
from cases import NAME, PKI, certificate, key
from support.peers import TOOL, Program, run, signet_server


def option(version):
    return "-" + version.replace("v1.", "1_").lower()  # -tls1_2


def start_s_server(identity, version, *mode, cwd=None):
    program = Program("/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate(identity),
                      "-key", key(identity), option(version), *mode, cwd=cwd)
    try:
        return program, int(program.wait_for(r"^ACCEPT 127\.0\.0\.1:(\d+)", "stdout")[1])
    except AssertionError:
        program.stop()
        raise


class CatAgainstSServer(cases.OurClient, unittest.TestCase):
    # What s_server calls the alert that each verdict has to send.
    ALERTS = {"wrong name": "bad certificate", "unknown CA": "unknown ca", "expired": "certificate expired",
              "self-signed": "unknown ca"}

    def start_server(self, identity, version):
        return start_s_server(identity, version, "-rev")

    def expected(self):
        # It answers each line with its reverse.
        return b"".join(line[::-1] + b"\n" for line in self.payload.splitlines())

    def refused(self, program, fault):
        program.wait_for(f"alert {self.ALERTS[fault]}")


class GetAgainstSServer(cases.OurClient, unittest.TestCase):
    payload = cases.binary(300_000)

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        pathlib.Path(self.folder.name, "file.bin").write_bytes(self.payload)

    def start_server(self, identity, version):
        return start_s_server(identity, version, "-WWW", cwd=self.folder.name)

    def talk(self, port, *options):
        return run(TOOL, "get", f"https://127.0.0.1:{port}/file.bin", *options)


class SClient(cases.OurServer, unittest.TestCase):
    # s_client acts on some letters at the start of what it reads; none of them is in here.
    payload = bytes(b for b in cases.binary(40000) if b not in b"QRKkBCPrSU")
    refusal_says = {
        "wrong name": r"[Hh]ostname mismatch",
        "unknown CA": r"unable to get local issuer certificate",
        "expired": r"certificate has expired",
    }

    def talk(self, port, ca, version):
        with Program("/usr/bin/openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", NAME, "-CAfile", ca,
                     "-no-CApath", "-no-CAstore", "-verify_return_error", "-verify_hostname", NAME, "-brief",
                     option(version)) as client:
            client.send(self.payload)
            try:
                client.wait_for_bytes(len(self.payload))
            except AssertionError:
                pass  # the caller sees what is missing
            client.end_input()
            return client.finish(), client.stdout, client.stderr


class SessionsAndRenegotiation(unittest.TestCase):
    def s_client(self, port, version, *more):
        return Program("/usr/bin/openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", NAME, "-CAfile", cases.CA,
                       "-no-CApath", "-no-CAstore", "-verify_return_error", option(version), *more)

    def test_a_ticket_comes_to_a_client_that_only_listens(self):
        """A checker sends nothing and looks for a ticket; the server has nothing to say either."""
        server, port = signet_server("--echo", "--cert", certificate("server"), "--key", key("server"))
        with server, tempfile.TemporaryDirectory() as folder:
            for version in cases.VERSIONS:
                with self.subTest(version):
                    kept = pathlib.Path(folder, version)
                    with self.s_client(port, version, "-sess_out", kept) as first:
                        first.wait_for(r"(?m)^New, TLSv1", "stdout")
                        deadline = time.monotonic() + 20
                        while not kept.exists() or b"END SSL SESSION" not in kept.read_bytes():
                            self.assertLess(time.monotonic(), deadline, "no ticket came")
                            time.sleep(0.02)
                    with self.s_client(port, version, "-sess_in", kept) as second:
                        second.wait_for(r"(?m)^Reused, TLSv1", "stdout")

    def test_a_client_that_asks_to_renegotiate_is_refused_at_once(self):
        server, port = signet_server("--echo", "--cert", certificate("server"), "--key", key("server"))
        with server, self.s_client(port, "TLSv1.2") as client:
            client.wait_for(r"(?m)^New, TLSv1", "stdout")
            client.send(b"R\n")
            client.wait_for(r"no renegotiation")

    def test_a_server_that_was_refused_a_renegotiation_is_said_to_have_wanted_one(self):
        server, port = start_s_server("server", "TLSv1.2")
        with server, Program(TOOL, "cat", f"127.0.0.1:{port}", "--ca", cases.CA, "--name", NAME, "-v") as client:
            client.wait_for(r"TLSv1\.2")
            server.wait_for(r"(?m)^Secure Renegotiation", "stdout")
            server.send(b"R\n")
            client.wait_for(r"renegotiation\), which is refused here")
            client.wait_for(r"hint: .*client certificate")
            self.assertNotEqual(client.finish(), 0)

    def test_a_diffie_hellman_key_that_is_too_weak_is_said_to_be(self):
        with tempfile.TemporaryDirectory() as folder:
            parameters = pathlib.Path(folder, "dh.pem")
            self.assertEqual(run("/usr/bin/openssl", "dhparam", "-out", parameters, "1024")[0], 0)
            server, port = start_s_server("server-rsa", "TLSv1.2", "-dhparam", parameters, "-cipher",
                                          "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
        with server:
            status, _, said = run(TOOL, "cat", f"127.0.0.1:{port}", "--ca", cases.CA, "--name", NAME)
        self.assertEqual(status, 4, said)
        self.assertIn("Diffie-Hellman key that is too weak", said)


if __name__ == "__main__":
    unittest.main()
