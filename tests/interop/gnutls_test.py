"""With GnuTLS: gnutls-serv and gnutls-cli."""

import pathlib
import tempfile
import unittest

import cases
from cases import NAME, certificate, key
from support.peers import TOOL, Program, on_a_free_port, run, signet_server


def priority(version):
    return f"NORMAL:-VERS-ALL:+VERS-{version.replace('v', '')}"


class GnutlsServ(cases.OurClient, unittest.TestCase):
    def start_server(self, identity, version):
        return on_a_free_port(lambda port: Program(
            "/usr/bin/gnutls-serv", "--echo", "--crlf", "--quiet", "--port", port, "--x509certfile", certificate(identity),
            "--x509keyfile", key(identity), "--priority", priority(version)))


class OldServer(unittest.TestCase):
    def test_that_cannot_renegotiate_safely_is_said_to_be_too_old(self):
        server, port = on_a_free_port(lambda port: Program(
            "/usr/bin/gnutls-serv", "--echo", "--quiet", "--port", port, "--x509certfile", certificate("server"), "--x509keyfile",
            key("server"), "--priority", priority("TLSv1.2") + ":%DISABLE_SAFE_RENEGOTIATION"))
        with server:
            status, _, said = run(TOOL, "cat", f"127.0.0.1:{port}", "--ca", cases.CA, "--name", NAME)
        self.assertEqual(status, 4, said)
        self.assertIn("the server is too old to renegotiate safely (RFC 5746)", said)


class ServerThatWantsACertificate(unittest.TestCase):
    def test_is_said_to_want_one(self):
        for version in cases.VERSIONS:
            with self.subTest(version):
                server, port = on_a_free_port(lambda port: Program(
                    "/usr/bin/gnutls-serv", "--echo", "--quiet", "--port", port, "--x509certfile", certificate("server"),
                    "--x509keyfile", key("server"), "--x509cafile", cases.CA, "--require-client-cert", "--priority",
                    priority(version)))
                with server:
                    status, _, said = run(TOOL, "cat", f"127.0.0.1:{port}", "--ca", cases.CA, "--name", NAME)
                self.assertEqual(status, 4, said)
                self.assertIn("client certificate", said)
                self.assertIn("CN=signet test root", said)


class GnutlsCli(cases.OurServer, unittest.TestCase):
    refusal_says = {
        "wrong name": r"name in the certificate does not match",
        "unknown CA": r"issuer is unknown",
        "expired": r"expired",
    }

    def talk(self, port, ca, version):
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder, "log")
            with Program("/usr/bin/gnutls-cli", "--port", port, "--x509cafile", ca, "--sni-hostname", NAME, "--verify-hostname",
                         NAME, "--priority", priority(version), "--logfile", log, "127.0.0.1") as client:
                client.send(self.payload)
                try:
                    client.wait_for_bytes(len(self.payload))
                except AssertionError:
                    pass  # the caller sees what is missing
                client.end_input()
                status = client.finish()
                # GnuTLS writes TLS1.3 where everybody else writes TLSv1.3.
                return status, client.stdout, client.stderr + log.read_text(errors="replace").replace("(TLS1.", "(TLSv1.")

    def test_a_client_that_says_nothing_resumes(self):
        server, port = signet_server("--echo", "--cert", certificate("server"), "--key", key("server"))
        with server:
            for version in cases.VERSIONS:
                with self.subTest(version), Program(
                        "/usr/bin/gnutls-cli", "--port", port, "--x509cafile", cases.CA, "--sni-hostname", NAME, "--verify-hostname",
                        NAME, "--priority", priority(version), "--resume", "127.0.0.1") as client:
                    client.wait_for(r"This is a resumed session", "stdout")


if __name__ == "__main__":
    unittest.main()
