"""Whom a connection trusts, by the options that are the same for every command: against our own server and openssl's."""

import os
import unittest

import common  # noqa: F401
from support.peers import on_a_free_port
from support.signet_testing import CA, CERT, PKI, Program, ToolTest, answering, run, signet, signet_server, tls_peer

OTHER_CA = PKI / "other-ca.pem"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def fingerprint(file, digest):
    return run("openssl", "x509", "-in", file, "-noout", "-fingerprint", f"-{digest}")[1].decode().strip().partition("=")[2]


def key_fingerprint(file, digest):
    """Of the bits of the key: for a point on P-256 the last 65 octets of what openssl prints."""
    public = run("openssl", "x509", "-in", file, "-noout", "-pubkey")[1]
    der = run("openssl", "pkey", "-pubin", "-outform", "DER", given=public)[1]
    return run("openssl", "dgst", f"-{digest}", "-r", given=der[-65:])[1].decode().split()[0]


class TrustTest(ToolTest):
    def echoing(self, certificate, key=None):
        """The port of `signet serve`."""
        program, port = signet_server("--echo", "--cert", certificate, "--key", key or certificate.with_suffix(".key"))
        self.addCleanup(program.stop)
        return port

    def openssl_server(self, certificate, key=None):
        """The port of a server by the openssl program; it answers get with a page of its own."""
        program, port = on_a_free_port(lambda p: Program("openssl", "s_server", "-accept", f"127.0.0.1:{p}", "-cert", certificate, "-key",
                                                         key or certificate.with_suffix(".key"), "-www"))
        self.addCleanup(program.stop)
        return port

    def cat(self, port, *options):
        """The status of a conversation; one that comes about has to echo, one that does not says nothing on stdout."""
        status, out, err = signet("cat", f"127.0.0.1:{port}", *options, given=b"hello")
        self.assertIn(status, (0, 1), err)
        self.assertEqual(out, b"hello" if status == 0 else b"", err)
        self.assertNotRegex(err, r"Sanitizer|terminate called")
        return status


class Pins(TrustTest):
    def certificate(self, name, *options):
        self.fine("cert", *options, "--out", self.folder / f"{name}.pem", "--out-key", self.folder / f"{name}.key")
        return self.folder / f"{name}.pem"

    def ca(self, name, *options):
        return self.certificate(name, "ca", "--cn", name, *options)

    def leaf(self, name, ca):
        return self.certificate(name, "create", "--dns", name, "--ip", "127.0.0.1", "--ca", ca, "--ca-key", ca.with_suffix(".key"))

    def test_fingerprints_instead_of_a_chain_and_beside_it(self):
        ca1, ca2 = self.ca("ca1"), self.ca("ca2", "--path-length", "1")
        ica2 = self.ca("ica2", "--ca", ca2, "--ca-key", ca2.with_suffix(".key"))
        cert1, cert2 = self.leaf("cert1", ca1), self.leaf("cert2", ica2)
        ports = {1: self.echoing(cert1), 2: self.echoing(cert2)}
        fp1, fp2, of_ica2 = (fingerprint(c, "sha1") for c in (cert1, cert2, ica2))
        pub1 = "sha1$pub$" + key_fingerprint(cert1, "sha1")
        nobody = OTHER_CA  # a trust that is none of theirs
        for server, cas, pins, option, good in (
                (1, [], [fp1], "--accept-pin", True), (1, [], [pub1], "--accept-pin", True), (2, [], [fp2], "--accept-pin", True),
                (2, [], [of_ica2], "--accept-pin", False), (1, [], [fp2], "--accept-pin", False), (2, [], [fp1], "--accept-pin", False),
                (1, [], [fp1, fp2], "--accept-pin", True), (2, [], [fp1, fp2], "--accept-pin", True), (2, [ca1], [fp2], "--accept-pin", True),
                (2, [ca2], [], "", True), (1, [ca2], [], "", False), (1, [ca1, ca2], [], "", True), (1, [ca1, ca2], [fp2], "--pin", False),
                (1, [ca1, ca2], [fp1], "--pin", True), (1, [cert1], [], "", True),
                # And what that list leaves out.
                (1, [ca1], [fp2, fp1], "--pin", True), (1, [ca1], [pub1], "--pin", True), (1, [], [fp1], "--pin", False),
                (1, [ca1], [fp2], "--accept-pin", True), (1, [ca1], ["sha512$" + fingerprint(cert1, "sha512")], "--pin", True)):
            with self.subTest(server=server, cas=[c.name for c in cas], pins=pins, option=option):
                options = [x for ca in cas or [nobody] for x in ("--ca", ca)] + [x for pin in pins for x in (option, pin)]
                self.assertEqual(self.cat(ports[server], *options), 0 if good else 1)

    def test_a_demanded_pin_is_demanded_of_the_insecure_too(self):
        port = self.echoing(PKI / "self-signed.pem")
        self.assertEqual(self.cat(port, "--insecure", "--pin", fingerprint(PKI / "self-signed.pem", "sha256")), 0)
        self.refused(1, "cat", f"127.0.0.1:{port}", "--insecure", "--pin", fingerprint(CERT, "sha256"), says="pin", given=b"secret")

    def test_get_and_openssls_server(self):
        port = self.openssl_server(PKI / "self-signed.pem")
        url = f"https://127.0.0.1:{port}/"
        self.refused(1, "get", url, "--ca", CA, says="self-signed")
        for pin in (fingerprint(PKI / "self-signed.pem", "sha256"), "sha256$pub$" + key_fingerprint(PKI / "self-signed.pem", "sha256")):
            for version in ("1.2", "1.3"):
                out, _ = self.fine("get", url, "--ca", CA, "--name", "somebody.else", "--accept-pin", pin, "--tls-max", version, "--tls-min", version)
                self.assertIn(b"s_server", out)
            self.refused(1, "get", url, "--ca", CA, "--pin", pin, says="self-signed")
        self.refused(1, "get", url, "--ca", CA, "--accept-pin", fingerprint(CERT, "sha256"), says="self-signed")
        self.refused(1, "get", url, "--ca", PKI / "self-signed.pem", "--pin", fingerprint(CERT, "sha256"), says="pin")

    def test_a_pin_that_is_none_is_2_before_anything_is_sent(self):
        for command in (("get", "https://127.0.0.1:1/"), ("cat", "127.0.0.1:1")):
            for option in ("--pin", "--accept-pin"):
                for pin in ("", "x", "00" * 48, "sha256$" + "00" * 20, "pub$" + "00" * 20):
                    self.refused(2, *command, option, pin, says=f"{option}: ")


class Rules(TrustTest):
    def test_schemes(self):
        port = self.echoing(PKI / "cn-only.pem")
        options = ("--ca", CA, "--name", "server.test")
        self.refused(1, "cat", f"127.0.0.1:{port}", *options, says="no subjectAltName", hint="--scheme")
        for scheme in ("smtp", "default", "http", "ldap"):
            self.assertEqual(self.cat(port, *options, "--scheme", scheme), 0)
        self.assertEqual(self.cat(port, "--ca", CA, "--name", "other.test", "--scheme", "smtp"), 1)
        self.assertEqual(self.cat(port, "--ca", CA, "--name", "other.test", "--scheme", "none"), 0)
        self.assertEqual(self.cat(port, "--ca", OTHER_CA, "--scheme", "none"), 1)
        self.refused(2, "cat", f"127.0.0.1:{port}", "--scheme", "http2")

    def test_profiles(self):
        old_root = ("--ca", PKI / "ca-v1.pem")
        with tls_peer(answering(OK)) as peer:
            self.fine("get", peer.url(), "--ca", CA, "--profile", "strict")
            self.fine("get", peer.url(), *old_root)
            self.refused(1, "get", peer.url(), *old_root, "--profile", "strict", says="key identifier|does not say so")
            self.refused(2, "get", peer.url(), "--profile", "lax")

    def test_a_trust_is_a_file_or_a_folder_and_stands_instead_of_the_systems(self):
        port = self.echoing(CERT)
        for name, ca in (("right", CA), ("wrong", OTHER_CA)):
            self.write(f"{name}/ca.pem", ca.read_bytes())
        right, wrong = self.folder / "right", self.folder / "wrong"
        for system, options, good in (
                # The system's where none is given, or beside another.
                (CA, (), True), (OTHER_CA, (), False), (CA, ("--add-ca", OTHER_CA), True), (OTHER_CA, ("--add-ca", OTHER_CA), False),
                (CA, ("--ca", OTHER_CA), False), (CA, ("--ca", wrong), False), (OTHER_CA, ("--ca", CA), True), (OTHER_CA, ("--ca", right), True)):
            with self.subTest(system=system.name, options=options):
                status, out, err = signet("cat", f"127.0.0.1:{port}", *options, given=b"hello", env={"SSL_CERT_FILE": str(system)})
                self.assertEqual((status, out), (0, b"hello") if good else (1, b""), err)
        # It has to be there, and to hold a certificate.
        (self.folder / "empty").mkdir()
        for nothing in ("absent", "empty"):
            self.refused(5, "cat", f"127.0.0.1:{port}", "--ca", self.folder / nothing, says=nothing, env={"SSL_CERT_FILE": str(CA)})

    def test_intermediates(self):
        port = self.echoing(PKI / "chain-leaf-only.pem", PKI / "chain.key")
        self.assertEqual(self.cat(port, "--ca", CA), 1)
        self.assertEqual(self.cat(port, "--ca", CA, "--intermediates", PKI / "intermediate.pem"), 0)
        self.assertEqual(self.cat(port, "--ca", PKI / "intermediate.pem"), 0)
        self.assertEqual(self.cat(port, "--ca", OTHER_CA, "--intermediates", PKI / "intermediate.pem"), 1)

    def test_public_suffixes(self):
        port = self.echoing(PKI / "wildcard.pem")
        options = ("--ca", CA, "--name", "a.wild.test")
        self.assertEqual(self.cat(port, *options), 0)
        self.assertEqual(self.cat(port, *options, "--public-suffix", self.write("rules", b"wild.test\n")), 1)
        self.assertEqual(self.cat(port, *options, "--public-suffix", "none"), 0)

    def test_revocation_lists(self):
        serial = run("openssl", "x509", "-in", CERT, "-noout", "-serial")[1].decode().strip().partition("=")[2]
        index = self.write("index.txt", f"R\t491231235959Z\t260101000000Z\t{serial}\tunknown\t/CN=x\n".encode())
        number = self.write("number", b"01\n")
        config = self.write("ca.cnf", f"[ca]\ndefault_ca=a\n[a]\ndatabase={index}\ncrlnumber={number}\ndefault_md=sha256\n".encode())
        self.write("cas/ca.pem", CA.read_bytes())
        crl = self.folder / "cas/list.crl"
        status, _, err = run("openssl", "ca", "-config", config, "-gencrl", "-cert", CA, "-keyfile", PKI / "ca.key", "-crldays", "30", "-out", crl)
        self.assertEqual(status, 0, err)
        bad, good, longer = self.echoing(CERT), self.echoing(PKI / "server-rsa.pem"), self.echoing(PKI / "chain.pem")
        self.assertEqual(self.cat(good, "--ca", CA, "--crl", crl), 0)
        self.refused(1, "cat", f"127.0.0.1:{bad}", "--ca", CA, "--crl", crl, says="revoked")
        self.refused(1, "get", f"https://127.0.0.1:{self.openssl_server(CERT)}/", "--ca", CA, "--crl", crl, says="revoked")
        self.assertEqual(self.cat(bad, "--ca", CA), 0)
        self.assertEqual(self.cat(bad, "--ca", self.folder / "cas", "--check-crl"), 1)
        self.assertEqual(self.cat(good, "--ca", self.folder / "cas", "--check-crl"), 0)
        self.refused(1, "cat", f"127.0.0.1:{good}", "--ca", CA, "--check-crl", says="no revocation list")
        self.refused(1, "cat", f"127.0.0.1:{longer}", "--ca", CA, "--crl", crl, "--crl-all", says="no revocation list")
        self.refused(1, "cat", f"127.0.0.1:{good}", "--ca", CA, "--crl", PKI / "crl-numbered.pem", says="out of date")
        self.refused(2, "cat", f"127.0.0.1:{good}", "--ca", CA, "--crl-all")
        self.refused(5, "cat", f"127.0.0.1:{good}", "--ca", CA, "--crl", CERT, says="not a revocation list")


class FirstUse(TrustTest):
    def test_the_key_of_the_first_use_is_the_one_from_then_on(self):
        known = self.folder / "known"
        options = ("--ca", CA, "--name", "server.test", "--known-peers", known)
        port = self.echoing(PKI / "self-signed.pem")
        self.assertEqual(self.cat(port, "--ca", CA, "--name", "server.test"), 1)
        self.assertEqual(self.cat(port, *options), 0)
        line = known.read_text()
        self.assertTrue(line.startswith(f"server.test:{port} sha256$pub$" + key_fingerprint(PKI / "self-signed.pem", "sha256") + " "), line)
        self.assertEqual(os.stat(known).st_mode & 0o777, 0o600)
        self.assertEqual(self.cat(port, *options), 0)
        self.assertEqual(known.read_text(), line)

        # Another key under that name, by our server and by openssl's.
        self.fine("cert", "create", "--self-signed", "--dns", "server.test", "--out", self.folder / "new.pem", "--out-key", self.folder / "new.key")
        for changed in (self.echoing(self.folder / "new.pem"), self.openssl_server(self.folder / "new.pem")):
            for entry in (line.replace(f":{port} ", f":{changed} "), line.replace(f":{port} ", " ")):
                known.write_text(entry)
                self.refused(1, "get", f"https://127.0.0.1:{changed}/", *options, says="is not the one that .*known knows",
                             hint="remove its line")
                self.assertEqual(known.read_text(), entry)
        # Another port is another server.
        known.write_text(line)
        other = self.echoing(self.folder / "new.pem")
        self.assertEqual(self.cat(other, *options), 0)
        self.assertEqual([entry.split()[0] for entry in known.read_text().splitlines()],
                         [f"server.test:{port}", f"server.test:{other}"])
        known.write_text(line)
        # The name is checked all the same, and by its own line.
        self.assertEqual(self.cat(port, "--ca", CA, "--name", "other.test", "--known-peers", known), 1)
        self.assertEqual(self.cat(port, "--ca", CA, "--name", "localhost", "--known-peers", known), 0)
        self.assertEqual([entry.split()[0] for entry in known.read_text().splitlines()], [f"server.test:{port}", f"localhost:{port}"])
        # Who has a chain is not looked up.
        self.assertEqual(self.cat(self.echoing(CERT), *options), 0)
        self.assertEqual(len(known.read_text().splitlines()), 2)

    def test_a_file_that_cannot_be_used_is_5_and_nobody_is_talked_to(self):
        for content, says in ((b"server.test nonsense\n", "line 1"), (b"# fine\n\nserver.test sha256$pub$00 x\n", "line 3"), (b"\x00\x01" * 100, "")):
            self.refused(5, "cat", "127.0.0.1:1", "--ca", CA, "--known-peers", self.write("known", content), says=f"known: .*{says}")
        self.refused(5, "cat", "127.0.0.1:1", "--ca", CA, "--known-peers", self.folder, says="directory")


if __name__ == "__main__":
    unittest.main()
