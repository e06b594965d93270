"""What has to hold with every peer that other people wrote: TLS 1.2 and 1.3, RSA and ECDSA, each with a byte-exact exchange,
and each kind of refusal. A test of one peer says how that peer is started and what its refusals sound like."""

import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.peers import PKI, TOOL, run, signet_server  # noqa: E402

NAME = "server.test"
CA = PKI / "ca.pem"
VERSIONS = ("TLSv1.2", "TLSv1.3")
IDENTITIES = {"ECDSA": "server", "RSA": "server-rsa"}
# What is wrong: (the server's identity, whom the client trusts, what our client says of it).
FAULTS = {
    "wrong name": ("wrong-name", "ca.pem", r"server\.test"),
    "unknown CA": ("server", "other-ca.pem", r"issued by .* not among the trusted"),
    "expired": ("expired", "ca.pem", r"expired"),
    "self-signed": ("self-signed", "ca.pem", r"self-signed"),
}


def certificate(identity):
    return PKI / f"{identity}.pem"


def key(identity):
    return PKI / f"{identity}.key"


def lines(count):
    """Random lines of printable text, the same in every run."""
    source = random.Random(7)
    return b"".join(bytes(source.choices(range(0x21, 0x7F), k=source.randrange(1, 900))) + b"\n" for _ in range(count))


def binary(size):
    """Random bytes, the same in every run."""
    return random.Random(11).randbytes(size)


def assert_negotiated(test, text, version, kind):
    """What one end printed names the version, and under TLS 1.2 the key's kind by the suite; TLS 1.3 suites have none."""
    test.assertRegex(text, rf"{version.replace('.', '[._]')}\b")
    if version == "TLSv1.2":
        # OpenSSL writes ECDHE-RSA-AES256..., GnuTLS (TLS1.2)-(ECDHE-...)-(RSA-...)-..., RFC 5246 ECDHE_RSA_WITH.
        test.assertRegex(text, rf"ECDHE[-_]{kind}[-_]|ECDHE-\w+\)-\({kind}-")


class OurClient:
    """`signet` against a server of somebody else's. Subclasses start it."""

    payload = lines(50)

    def start_server(self, identity, version):
        """(program, port) of a server that speaks this version only."""
        raise NotImplementedError

    def talk(self, port, *options):
        """One exchange with it: exit status, bytes received, what was said."""
        return run(TOOL, "cat", f"127.0.0.1:{port}", "--timeout", "60", *options, given=self.payload)

    def expected(self):
        return self.payload

    def served(self, program, version, kind):
        """What else can be seen on the server's side of a good exchange."""

    def refused(self, program, fault):
        """What else can be seen on the server's side of a refusal."""

    def test_a_good_peer_is_talked_to(self):
        for version in VERSIONS:
            for kind, identity in IDENTITIES.items():
                with self.subTest(version=version, kind=kind):
                    program, port = self.start_server(identity, version)
                    with program:
                        status, received, said = self.talk(port, "--ca", CA, "--name", NAME, "-v")
                        self.assertEqual(status, 0, said + program.said())
                        self.assertEqual(received, self.expected())
                        assert_negotiated(self, said, version, kind)
                        self.served(program, version, kind)

    def test_a_bad_peer_is_refused(self):
        for version in VERSIONS:
            for fault, (identity, ca, says) in FAULTS.items():
                with self.subTest(version=version, fault=fault):
                    program, port = self.start_server(identity, version)
                    with program:
                        status, received, said = self.talk(port, "--ca", PKI / ca, "--name", NAME)
                        self.assertEqual(status, 1, said)
                        self.assertEqual(received, b"", "a refused peer's bytes came through")
                        self.assertRegex(said, rf"(?m)^signet: .*({says})")
                        self.assertRegex(said, r"(?m)^hint: \S")
                        self.refused(program, fault)


class OurServer:
    """A client of somebody else's against `signet serve`. Subclasses run it."""

    payload = binary(40000)
    serve_options = ("--echo",)
    # The reason that client gives for each fault.
    refusal_says = {}

    def talk(self, port, ca, version):
        """One exchange with it: exit status, bytes received, what the client said."""
        raise NotImplementedError

    def expected(self):
        return self.payload

    def test_a_good_client_is_served(self):
        for kind, identity in IDENTITIES.items():
            program, port = signet_server(*self.serve_options, "--cert", certificate(identity), "--key", key(identity))
            with program:
                for version in VERSIONS:
                    with self.subTest(version=version, kind=kind):
                        status, received, said = self.talk(port, CA, version)
                        self.assertEqual(status, 0, said + program.said())
                        self.assertEqual(received, self.expected())
                        assert_negotiated(self, said, version, kind)

    def test_our_bad_server_is_refused_and_lives(self):
        for fault, says in self.refusal_says.items():
            identity, ca, _ = FAULTS[fault]
            program, port = signet_server(*self.serve_options, "--cert", certificate(identity), "--key", key(identity))
            with program:
                for version in VERSIONS:
                    with self.subTest(version=version, fault=fault):
                        status, received, said = self.talk(port, PKI / ca, version)
                        self.assertNotEqual(status, 0, said)
                        self.assertEqual(received, b"")
                        self.assertRegex(said, says)
                        self.assertTrue(program.running(), program.said())
                # The same program still serves who trusts it: what went wrong was the identity, not the server.
                if fault == "unknown CA":
                    status, received, said = self.talk(port, CA, VERSIONS[-1])
                    self.assertEqual((status, received), (0, self.expected()), said)
