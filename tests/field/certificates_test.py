"""Certificates, lists and stores as people have them."""

import datetime
import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "cli")]
from cert_support import CertTest  # noqa: E402
from support.peers import on_a_free_port  # noqa: E402
from support.signet_testing import CA, CERT, KEY, PKI, Program, signet, signet_server  # noqa: E402


class Lists(CertTest):
    def setUp(self):
        super().setUp()
        self.bad = PKI / "server-rsa.pem"
        self.list = self.current_list(self.bad, self.folder / "lists")

    def codes(self, certificate, *args):
        status, out, err = signet("verify", "--json", "--ca", CA, "--crl", self.list, *args, certificate)
        document = json.loads(out)
        self.assertEqual(status, 1 if document["findings"] else 0, err)
        return [one["error"] for one in document["findings"]]

    def test_who_is_named_is_revoked_however_old_the_list_is(self):
        later = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=40)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.assertEqual(self.codes(CERT, "--at", later), ["crl_expired"])
        self.assertEqual(self.codes(self.bad, "--at", later), ["revoked"])

    def test_a_list_without_a_number_is_let_pass_by_compatible(self):
        (self.folder / "ca.cnf").write_text((self.folder / "ca.cnf").read_text().replace("crlnumber", "#crlnumber"))
        self.openssl("ca", "-config", self.folder / "ca.cnf", "-gencrl", "-cert", CA, "-keyfile", PKI / "ca.key", "-crldays", "30",
                     "-out", self.list)
        self.assertEqual(self.codes(CERT), [])
        self.assertEqual(self.codes(self.bad), ["revoked"])
        for profile in ("webpki", "strict"):
            self.assertIn("crl_invalid", self.codes(CERT, "--profile", profile))
            self.assertIn("revoked", self.codes(self.bad, "--profile", profile))


class Names(CertTest):
    URIS = ("urn:host.example.org:app", "sip:alice@example.org", "did:web:example.org", "mailto:alice@example.org")

    def test_uris_without_an_authority_are_made_asked_for_and_signed(self):
        self.fine("cert", "ca", "--cn", "test", "--out", self.path("ca.pem"), "--out-key", self.path("ca-key.pem"))
        options = [word for uri in self.URIS for word in ("--uri", uri)]
        self.create(*options)
        self.fine("cert", "csr", *options, "--out", self.path("r.pem"), "--out-key", self.path("r-key.pem"))
        signer = ("--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"))
        self.fine("cert", "sign", "--in", self.path("r.pem"), *signer, "--out", self.path("signed.pem"))
        self.openssl("req", "-new", "-key", KEY, "-subj", "/CN=x", "-addext", "subjectAltName=" + ",".join("URI:" + u for u in self.URIS),
                     "-out", self.path("theirs.pem"))
        self.fine("cert", "sign", "--in", self.path("theirs.pem"), *signer, "--out", self.path("theirs-signed.pem"))
        for name in ("cert.pem", "signed.pem", "theirs-signed.pem"):
            with self.subTest(name=name):
                printed = self.printed(name)
                for uri in self.URIS:
                    self.assertIn("URI:" + uri, printed)
        # An authority's host is looked at where there is one.
        self.refused(2, "cert", "csr", "--uri", "https://exa mple.org/", "--out", self.path("x"), "--out-key", self.path("y"))
        self.refused(2, "cert", "csr", "--uri", "https:///path", "--out", self.path("x"), "--out-key", self.path("y"))

    def test_a_urn_does_not_stand_in_the_way_of_a_common_name(self):
        # It speaks for no host; a URI with a host does.
        for uri, status in ((self.URIS[0], 0), ("https://other.example/", 1)):
            self.openssl("req", "-x509", "-key", KEY, "-subj", "/CN=host.example.org", "-addext", f"subjectAltName=URI:{uri}", "-days", "9",
                         "-out", self.path("c.pem"))
            with self.subTest(uri=uri):
                got, _, err = signet("verify", "--name-only", "--scheme", "http", "--name", "host.example.org", self.path("c.pem"))
                self.assertEqual(got, status, err)

    def test_an_a_label_is_compared_as_it_is(self):
        self.openssl("req", "-x509", "-key", KEY, "-subj", "/CN=x", "-addext", "subjectAltName=DNS:xn--n3h.example", "-days", "9", "-out",
                     self.path("c.pem"))
        self.fine("verify", "--name-only", "--name", "xn--n3h.example", self.path("c.pem"))
        self.assertEqual(signet("verify", "--name-only", "--name", "xn--n3h.test", self.path("c.pem"))[0], 1)

    def test_an_address_is_no_common_name(self):
        self.openssl("req", "-x509", "-key", KEY, "-subj", "/CN=192.0.2.1", "-days", "9", "-out", self.path("c.pem"))
        for scheme in ("default", "rfc9525", "smtp", "ldap"):
            with self.subTest(scheme=scheme):
                self.assertEqual(signet("verify", "--name-only", "--scheme", scheme, "--name", "192.0.2.1", self.path("c.pem"))[0], 1)

    def test_one_without_a_host_is_named_by_what_it_has(self):
        self.fine("cert", "ca", "--out", self.path("ca.pem"), "--out-key", self.path("ca-key.pem"))
        _, err = self.create("--purpose", "client", "--email", "jane@example.org")
        self.assertIn("(jane@example.org, valid until", err)


class Stores(CertTest):
    def setUp(self):
        super().setUp()
        self.password = self.write("password", b"changeit\n")

    def verified(self, *trust):
        return signet("verify", *trust, "--name", "server.test", CERT)[0]

    def test_pkcs7_and_pkcs12_are_trust_and_intermediates(self):
        p7b = self.path("cas.p7b")
        for form in ("PEM", "DER"):
            self.openssl("crl2pkcs7", "-nocrl", "-certfile", CA, "-outform", form, "-out", p7b)
            self.assertEqual(self.verified("--ca", p7b), 0)
            self.assertEqual(self.verified("--add-ca", p7b), 0)
            (self.folder / form).mkdir()
            self.openssl("crl2pkcs7", "-nocrl", "-certfile", CA, "-outform", form, "-out", self.folder / form / "cas.p7b")
            self.assertEqual(self.verified("--ca", self.folder / form), 0)
        for name, made in (("open.p12", ("-passout", "pass:")), ("sealed.p12", ("-passout", "pass:changeit"))):
            self.openssl("pkcs12", "-export", "-nokeys", "-in", CA, "-out", self.path(name), *made)
        self.assertEqual(self.verified("--ca", self.path("open.p12")), 0)
        self.assertEqual(self.verified("--ca", self.path("sealed.p12"), "--ca-password-file", self.password), 0)
        self.refused(5, "verify", "--ca", self.path("sealed.p12"), CERT, says="--ca: ", hint="--ca-password-file FILE")
        self.refused(5, "verify", "--ca", self.path("sealed.p12"), "--ca-password-file", self.write("wrong", b"no\n"), CERT, says="--ca: ",
                     hint="first line of .*wrong")
        leaf = self.write("leaf.pem", (PKI / "chain.pem").read_bytes().split(b"-----END CERTIFICATE-----")[0] + b"-----END CERTIFICATE-----\n")
        self.assertEqual(signet("verify", "--ca", CA, leaf)[0], 1)
        self.openssl("crl2pkcs7", "-nocrl", "-certfile", PKI / "intermediate.pem", "-out", p7b)
        self.fine("verify", "--ca", CA, "--intermediates", p7b, leaf)
        self.openssl("pkcs12", "-export", "-nokeys", "-in", PKI / "intermediate.pem", "-out", self.path("i.p12"), "-passout", "pass:changeit")
        self.fine("verify", "--ca", CA, "--intermediates", self.path("i.p12"), "--ca-password-file", self.password, leaf)

    def test_convert_makes_and_reads_both(self):
        self.fine("cert", "convert", "--in", PKI / "chain.pem", "--to", "pkcs7", "--out", self.path("c.p7b"))
        printed = self.openssl("pkcs7", "-inform", "DER", "-in", self.path("c.p7b"), "-print_certs")
        self.assertEqual(printed.count("BEGIN CERTIFICATE"), (PKI / "chain.pem").read_text().count("BEGIN CERTIFICATE"))
        self.fine("cert", "convert", "--in", self.path("c.p7b"), "--out", self.path("c.pem"))
        self.assertEqual(sorted(self.path("c.pem").read_text().split("-----BEGIN")), sorted((PKI / "chain.pem").read_text().split("-----BEGIN")))

        _, err = self.fine("cert", "convert", "--in", CA, "--to", "pkcs12", "--out-password-file", self.password, "--out", self.path("t.p12"))
        self.assertIn("a trust store is made", err)
        listed = self.openssl("pkcs12", "-in", self.path("t.p12"), "-passin", "pass:changeit", "-nokeys")
        # Oracle's mark, without which Java takes a certificate for none of its own.
        self.assertRegex(listed, r"2\.16\.840\.1\.113894\.746875\.1\.1|Trusted key usage")
        self.assertEqual(self.verified("--ca", self.path("t.p12"), "--ca-password-file", self.password), 0)
        self.fine("cert", "convert", "--in", self.path("t.p12"), "--password-file", self.password, "--out", self.path("back.pem"))
        self.assertEqual(self.path("back.pem").read_bytes(), CA.read_bytes())

    def test_a_key_is_told_by_what_it_is(self):
        for name, source in (("pkcs1", "server-rsa-traditional.key"), ("sealed", "server-enc-pkcs8.key")):
            text = (PKI / source).read_text().replace("RSA PRIVATE KEY", "PRIVATE KEY").replace("ENCRYPTED PRIVATE KEY", "PRIVATE KEY")
            key = self.write(f"{name}.key", text.encode())
            with self.subTest(name=name):
                if name == "pkcs1":
                    self.fine("cert", "show", key)
                else:
                    self.refused(5, "cert", "show", key, says="password", hint="--password-file")


class Looks(CertTest):
    def test_the_chain_is_seen_where_the_handshake_cannot_end(self):
        for version in ("-tls1_2", "-tls1_3"):
            program, port = on_a_free_port(lambda p: Program("openssl", "s_server", "-accept", f"127.0.0.1:{p}", "-cert", CERT, "-key", KEY,
                                                             "-CAfile", CA, "-Verify", "1", "-verify_return_error", version))
            self.addCleanup(program.stop)
            peer = f"127.0.0.1:{port}"
            with self.subTest(version=version):
                for command in (("show", "--pem"), ("fingerprint",), ("check",)):
                    _, out, err = signet("cert", *command, peer, "--ca", CA, "--name", "server.test")
                    self.assertNotEqual(out, b"", err)
                    self.assertRegex(err, r"asks for a client certificate from .*signet test root")
                own = ("--cert", PKI / "client.pem", "--key", PKI / "client.key")
                for command in ("show", "fingerprint", "check"):
                    _, err = self.fine("cert", command, peer, "--ca", CA, "--name", "server.test", *own)
                    self.assertNotIn("did not come to an end", err)
        self.refused(2, "cert", "show", CERT, "--key", KEY, says="--key needs --cert")

    def test_what_no_loosening_waives_is_told(self):
        program, port = signet_server("--echo", "--cert", CERT, "--key", KEY)
        self.addCleanup(program.stop)
        asked = (f"127.0.0.1:{port}", "--ca", CA, "--name", "server.test", "--pin", "sha256$" + "0" * 64)
        status, out, err = signet("cert", "check", *asked)
        self.assertEqual(status, 1, err)
        self.assertRegex(out.decode(), "problem: .*pin")
        seen = json.loads(self.fine("cert", "show", "--json", *asked)[0])["peers"][0]
        self.assertEqual((seen["verified"], seen["findings"][0]["code"]), (False, "pin_mismatch"))

    def test_what_cannot_be_read_is_a_finding_and_the_rest_is_checked(self):
        broken = self.write("folder/broken.pem", b"-----BEGIN CERTIFICATE-----\nAAAA")
        self.write("folder/good.pem", CA.read_bytes())
        # What lies beside certificates is none of its business.
        self.write("folder/README", b"live certificates\n")
        self.write("folder/privkey.pem", KEY.read_bytes())
        status, out, err = signet("cert", "check", "--json", self.folder / "folder", "127.0.0.1:1", CERT)
        self.assertEqual(status, 3, err)
        sources = json.loads(out)["sources"]
        self.assertEqual([pathlib.Path(one["source"]).name for one in sources], ["broken.pem", "good.pem", "127.0.0.1:1", "server.pem"])
        self.assertEqual([[f["id"] for f in one["findings"] if f["id"] == "unreadable"] for one in sources],
                         [["unreadable"], [], ["unreadable"], []])
        self.write("nothing/README", b"empty\n")
        self.refused(5, "cert", "check", self.folder / "nothing", says="no file in it holds a certificate")
        self.refused(2, "cert", "check", self.folder / "folder", "--fix", "--out", self.folder / "x", says="one chain")
        # One alone is an error as any; its document is whole all the same.
        self.refused(5, "cert", "check", broken)
        self.assertEqual(json.loads(signet("cert", "check", "--json", broken)[1])["sources"][0]["findings"][0]["id"], "unreadable")


class Findings(CertTest):
    """What `cert check` finds, and that it says it once."""

    def check(self, *args):
        status, out, err = signet("cert", "check", "--json", *args)
        self.document = json.loads(out)
        self.assertNotIn("Sanitizer", err)
        return status, self.document["sources"][0]["findings"]

    def ids(self, *args):
        status, found = self.check(*args)
        return status, [one["id"] for one in found]

    def issued(self, name, *extensions, subject="/CN=x", key=KEY):
        config = self.write("x.cnf", "\n".join(("[req]", "distinguished_name=n", "[n]", "[e]", "subjectKeyIdentifier=hash",
                                                *extensions)).encode())
        self.openssl("req", "-x509", "-new", "-config", config, "-extensions", "e", "-key", key, "-subj", subject, "-days", "90",
                     "-CA", CA, "-CAkey", PKI / "ca.key", "-out", self.path(name))
        return self.path(name)

    def test_each_name_that_fits_no_host_is_told(self):
        useless = ("https://a.example", "http://b.example", "127.0.0.1", "*.com", "*.co.uk")
        some = self.issued("some.pem", "subjectAltName=" + ",".join("DNS:" + name for name in ("good.example", "*.good.example", *useless)))
        status, found = self.check(some, "--ca", CA)
        self.assertEqual((status, [(one["id"], one["severity"]) for one in found]), (0, [("useless_name", "warning")] * 3))
        for name in useless:
            self.assertEqual(len([one for one in found if f"DNS:{name}" in one["message"]]), 1, name)
        self.assertFalse([one for one in found if "DNS:*.good" in one["message"]])
        for name, value in (("ip.pem", "DER:30058703010203"), ("com.pem", "DNS:*.com")):
            status, found = self.check(self.issued(name, "subjectAltName=" + value), "--ca", CA)
            self.assertEqual((status, [(one["id"], one["severity"]) for one in found]), (1, [("useless_name", "problem")]), name)

    def test_a_ca_with_the_names_of_hosts_is_no_servers_own(self):
        ca, names = "basicConstraints=critical,CA:TRUE", "subjectAltName=DNS:ca.example"
        status, found = self.check(self.issued("served.pem", ca, names), "--ca", CA)
        self.assertEqual((status, [one["id"] for one in found]), (1, ["wrong_purpose"]))
        self.assertEqual((found[0]["expected"], found[0]["presented"]), ("CA:FALSE", "CA:TRUE"))
        # One without them is looked at as a CA; and one that vouches for itself is trusted as it is.
        self.assertEqual(self.ids(self.issued("ca.pem", ca), "--ca", CA), (0, []))
        self.openssl("req", "-x509", "-config", self.path("x.cnf"), "-key", KEY, "-subj", "/CN=x", "-addext", ca, "-addext", names, "-days",
                     "90", "-out", self.path("own.pem"))
        self.assertEqual(self.ids(self.path("own.pem"), "--ca", self.path("own.pem")), (0, []))

    def test_what_cannot_be_read_is_the_one_thing_told(self):
        at = ("--at", "2026-11-29T05:26:30Z")
        for name in ("o-badsan.pem", "o-dupext.pem"):
            with self.subTest(name=name):
                file, root = HERE / "inputs" / name, HERE / "inputs" / "o-root.pem"
                self.assertEqual(self.ids(*at, file, "--ca", root), (1, ["broken_extension"]))
                both = self.write("both.pem", file.read_bytes() + root.read_bytes())
                self.assertEqual(self.ids(*at, both)[1], ["broken_extension", "root_included"])

    def test_an_issuer_that_is_not_at_hand_is_told_once(self):
        leaf = PKI / "chain-leaf-only.pem"
        program, port = signet_server("--echo", "--cert", leaf, "--key", PKI / "chain.key")
        self.addCleanup(program.stop)
        for trust in (CA, PKI / "other-ca.pem"):
            status, out, err = signet("cert", "check", f"127.0.0.1:{port}", "--name", "server.test", "--ca", trust)
            with self.subTest(trust=trust):
                self.assertEqual(status, 1, err)
                self.assertEqual((out.decode() + err).count("was issued by 'CN=signet test intermediate"), 1, out)

    def test_what_differs_is_told_of_an_issuer_that_does_not_fit(self):
        misfit = self.issued("misfit.pem", "basicConstraints=critical,CA:TRUE", subject="/O=signet tests/CN=signet test intermediate")
        both = self.write("both.pem", (PKI / "chain-leaf-only.pem").read_bytes() + misfit.read_bytes())
        for trust, status in ((("--ca", CA), 1), ((), 0)):
            with self.subTest(trust=trust):
                got, found = self.check(both, *trust)
                self.assertEqual((got, sorted(one["id"] for one in found)), (status, ["missing_intermediate", "unrelated_certificate"]))
                missing = next(one for one in found if one["id"] == "missing_intermediate")
                self.assertRegex(missing["message"], "that was sent does not fit: their key identifiers differ")
                self.assertRegex(missing["expected"], "key identifier [0-9a-f]+")

    def test_a_time_that_was_given_is_no_age(self):
        for at, says in (("2090-01-01T00:00:00Z", "expired at the time given"), ("2001-01-01T00:00:00Z", "not yet valid at the time given")):
            out = signet("cert", "check", "--at", at, CERT)[1].decode()
            self.assertIn(says, out)
            self.assertNotRegex(out, r"\d+ days?\b")

    def test_a_folder_without_certificates_is_a_finding(self):
        empty = self.folder / "empty"
        empty.mkdir()
        for sources in ((empty,), (empty, CERT), (CERT, empty)):
            status, _ = self.check(*sources, "--ca", CA)
            self.assertEqual(status, 5)
            told = {one["source"]: [f["id"] for f in one["findings"]] for one in self.document["sources"]}
            self.assertEqual(told, {str(one): ["unreadable"] if one == empty else [] for one in sources})
        status, out, _ = signet("cert", "check", empty, CERT, "--ca", CA)
        self.assertEqual((status, out.count(b"nothing to say against it")), (5, 1))
        self.refused(5, "cert", "check", empty, says="no file in it holds a certificate")

    def test_json_is_whole_where_nothing_can_be_read(self):
        nothing, garbage = self.folder / "nothing.pem", self.write("garbage.pem", b"garbage")
        for file, code in ((nothing, "file_not_readable"), (garbage, "file_malformed"), (KEY, "file_malformed")):
            for command in (("verify",), ("cert", "check")):
                with self.subTest(file=file.name, command=command):
                    for where, args in (("source", (file, "--ca", CA)), ("trust", (CERT, "--ca", file))):
                        status, out, err = signet(*command, "--json", *args)
                        document = json.loads(out)
                        self.assertEqual(status, 5, err)
                        failure = (document["sources"][0] if where == "source" and "sources" in document else document)["failure"]
                        self.assertEqual(failure["error"], code)
                        self.assertLessEqual({"whom", "phase", "message", "expected", "presented", "hint"}, set(failure))
                        self.assertIn(file.name, failure["message"])
                        if where == "source":
                            self.assertEqual((failure["whom"], failure["phase"]), (str(file), "reading"))
        status, found = self.check(self.write("sealed.key", (PKI / "server-enc-pkcs8.key").read_bytes()))
        self.assertEqual((status, found[0]["id"]), (5, "unreadable"))
        self.assertIn("--password-file", found[0]["hint"])


class Made(CertTest):
    def test_all_kinds_of_names_are_in_the_json(self):
        self.ca()
        out, _ = self.create("--dns", "a.example", "--email", "jane@example.org", "--uri", "urn:x:y", "--json")
        self.assertEqual({(one["kind"], one["value"]) for one in json.loads(out)["alternative_names"]},
                         {("dNSName", "a.example"), ("rfc822Name", "jane@example.org"), ("uniformResourceIdentifier", "urn:x:y")})

    def test_whoever_looks_at_a_peer_tells_more_with_v(self):
        program, port = signet_server("--echo", "--cert", CERT, "--key", KEY)
        self.addCleanup(program.stop)
        for command in ("show", "fingerprint", "check"):
            _, err = self.fine("cert", command, "-v", f"127.0.0.1:{port}", "--ca", CA, "--name", "server.test")
            self.assertRegex(err, r"(?m)^protocol: +TLS")


class Serving(CertTest):
    def test_what_clients_will_object_to_is_told_at_the_start(self):
        loose = self.write("loose.key", KEY.read_bytes())
        loose.chmod(0o644)
        self.openssl("req", "-x509", "-key", KEY, "-subj", "/CN=x", "-addext", "subjectAltName=DNS:x.test", "-not_before", "20200101000000Z",
                     "-not_after", "20210101000000Z", "-out", self.path("over.pem")) if self.knows_dates() else \
            self.path("over.pem").write_bytes((PKI / "expired.pem").read_bytes())
        over_key = KEY if self.knows_dates() else PKI / "expired.key"
        for cert, key, says in ((CERT, loose, r"loose.key: .*others than its owner.*chmod 600"),
                                (self.path("over.pem"), over_key, "over.pem: .*expired"),
                                (PKI / "chain-leaf-only.pem", PKI / "chain.key", "chain-leaf-only.pem: its issuer, .*intermediate")):
            with self.subTest(says=says):
                program, _ = signet_server("--echo", "--cert", cert, "--key", key)
                self.addCleanup(program.stop)
                program.wait_for("^signet: warning: .*" + says)

    def knows_dates(self):
        return "-not_before" in signet_help("openssl", "req")

    def test_a_health_check_that_resets_after_its_answer_is_no_error(self):
        import socket
        import ssl
        import struct

        program, port = signet_server("--exec", "read line; echo healthy; cat >/dev/null", "--cert", CERT, "--key", KEY)
        self.addCleanup(program.stop)
        context = ssl.create_default_context(cafile=CA)
        for _ in range(3):
            raw = socket.create_connection(("127.0.0.1", port), 20)
            with context.wrap_socket(raw, server_hostname="server.test") as client:
                client.sendall(b"ping\n")
                self.assertEqual(client.recv(100), b"healthy\n")
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        program._process.terminate()
        self.assertEqual(program.finish(), 0)
        self.assertNotIn("reset", program.stderr)


def signet_help(*argv):
    from support.peers import run
    status, out, err = run(*argv, "-help")
    return out.decode() + err


if __name__ == "__main__":
    unittest.main()
