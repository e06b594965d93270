"""signet verify: one certificate judged off line, by every option there is."""

import json
import os
import unittest

import common  # noqa: F401
from cert_support import CertTest
from support.named_certificate import certificate_with
from support.signet_testing import CA, CERT, PKI, TOOL, run, run_over, signet

OTHER_CA = PKI / "other-ca.pem"
INTERMEDIATE = PKI / "intermediate.pem"
LEAF_ONLY = PKI / "chain-leaf-only.pem"
# When the lists of the test certificates were current.
THEN = ("--at", "2020-07-02T00:00:00Z")

SCHEMES = ("default http smtp ldap ftp imap pop3 acap sip gist www nntp xmpp netconf syslog snmp none rfc9525 rfc2818 rfc3920 rfc4217 "
           "rfc4513 rfc2595 rfc4642 rfc5539 rfc5538 rfc5425 rfc5953 rfc5971 rfc5922").split()


def fingerprint(file, digest="sha256", of="certificate"):
    """By the openssl program; hex with colons for the certificate, without for its public key."""
    if of == "certificate":
        return run("openssl", "x509", "-in", file, "-noout", "-fingerprint", f"-{digest}")[1].decode().strip().partition("=")[2]
    # The bits of the key, without what says which kind of key it is: for a point on P-256 the last 65 octets.
    public = run("openssl", "x509", "-in", file, "-noout", "-pubkey")[1]
    der = run("openssl", "pkey", "-pubin", "-outform", "DER", given=public)[1]
    return run("openssl", "dgst", f"-{digest}", "-r", given=der[-65:])[1].decode().split()[0]


class VerifyTest(CertTest):
    def json_of(self, *args, given=b""):
        """The report of a run that judged; its status has to fit it."""
        status, out, err = signet("verify", *args, "--json", given=given)
        self.assertIn(status, (0, 1), err)
        document = json.loads(out)
        self.assertEqual(document["ok"], status == 0)
        return document

    def codes(self, *args, given=b"", part="findings"):
        return [finding["error"] for finding in self.json_of(*args, given=given)[part]]


class Report(VerifyTest):
    def test_help_has_examples(self):
        self.assertIn(b"Examples:\n  signet verify ", self.fine("verify", "--help")[0])

    def test_a_good_chain_is_printed_from_the_leaf_to_the_anchor(self):
        out, err = self.fine("verify", PKI / "chain.pem", "--ca", CA, "--name", "server.test")
        self.assertEqual(err, "")
        self.assertRegex(out.decode(), r"\Atrust: .*ca\.pem, 1 certificate\nchain:\n  0  CN=server\.test, EC P-256, 2020.* to 2049.*\n"
                                       r"  1  .*signet test intermediate.*\n  2  .*signet test root.*\n\Z")

    def test_a_refusal_is_1_with_the_report_on_stdout_and_the_verdict_on_stderr(self):
        status, out, err = signet("verify", PKI / "expired.pem", "--ca", CA, "--name", "other.test")
        self.assertEqual(status, 1)
        self.assertRegex(out.decode(), r"(?m)^problems:\n  expired \(depth 0\): .*\n(    .*\n)?  name_mismatch \(depth 0\): ")
        self.assertRegex(err, r"\Asignet: .*expired\.pem: verification failed: the certificate 'server\.test' .*expired.*\n"
                              r"also: .*not for other\.test\n(hint: .*\n)?\Z")

    def test_json_holds_everything(self):
        document = self.json_of(PKI / "chain.pem", "--ca", CA)
        self.assertEqual(list(document), ["ok", "trust", "accepted_by", "chain", "findings", "waived", "passed_over"])
        self.assertEqual(document["chain"], [(PKI / f).read_text() for f in ("chain-leaf-only.pem", "intermediate.pem", "ca.pem")])
        finding, = self.json_of(CERT, "--ca", OTHER_CA)["findings"]
        self.assertEqual(list(finding), ["error", "depth", "subject", "message", "hint", "expected", "presented"])
        self.assertEqual((finding["error"], finding["depth"], finding["subject"]), ("unknown_issuer", 0, "server.test"))

    def test_every_fault_has_its_stable_code(self):
        for name, expected in (("self-signed", "self_signed"), ("expired", "expired"), ("not-yet", "not_yet_valid"),
                               ("by-a-leaf", "unknown_issuer"), ("weak-rsa1024", "weak_key"), ("weak-digest", "weak_signature"),
                               ("critical-unknown", "unknown_critical_extension"), ("server-clientonly-eku", "invalid_purpose"),
                               ("wrong-name", "name_mismatch"), ("cn-only", "name_mismatch"), ("chain-leaf-only", "unknown_issuer")):
            with self.subTest(name=name):
                self.assertEqual(self.codes(PKI / f"{name}.pem", "--ca", CA, "--name", "server.test"), [expected])
        self.assertEqual(self.codes(PKI / "constrained-outside.pem", "--ca", PKI / "constrained-ca.pem"), ["name_constraint"])
        self.assertIn("expired", self.codes(PKI / "under-expired-ca.pem", "--ca", PKI / "expired-ca.pem"))

    def test_what_was_refused_was_not_let_pass(self):
        document = self.json_of(PKI / "weak-rsa1024.pem", "--ca", CA)
        self.assertEqual([f["error"] for f in document["findings"]], ["weak_key"])
        self.assertEqual(document["passed_over"], [])

    def test_a_missing_intermediate_is_named_with_where_it_is(self):
        finding, = self.json_of(PKI / "names-its-issuer.pem", "--ca", CA)["findings"]
        self.assertRegex(finding["message"], "issued by .*signet test intermediate.*not sent along")
        self.assertRegex(finding["hint"], r"http://ca\.test/intermediate\.der .*--intermediates FILE")

    def test_what_a_certificate_says_cannot_act_on_the_terminal(self):
        status, out, err = signet("verify", PKI / "odd-subject.pem", "--ca", CA, "--name", "server.test")
        self.assertEqual(status, 1)
        for text in (out.decode(), err):
            self.assertNotRegex(text, "[\x1b\x9b\u202e]")
        self.assertEqual(len(out.splitlines()), len(out.decode().splitlines()))

    def test_a_certificate_on_stdin_and_in_every_form(self):
        self.assertTrue(self.json_of("-", "--ca", CA, given=CERT.read_bytes())["ok"])
        self.assertTrue(self.json_of("-", "--ca", CA, given=(PKI / "server.der").read_bytes())["ok"])
        for file in ("server.der", "combined.pem", "chain-no-password.p12"):
            with self.subTest(file=file):
                self.assertTrue(self.json_of(PKI / file, "--ca", CA)["ok"])

    def test_a_password_comes_from_a_file(self):
        bundle = self.path("both.p12")
        self.openssl("pkcs12", "-export", "-in", CERT, "-inkey", PKI / "server.key", "-passout", "pass:correct horse", "-out", bundle)
        self.refused(5, "verify", bundle, "--ca", CA, says="password", hint="--password-file FILE")
        self.refused(5, "verify", bundle, "--ca", CA, "--password-file", self.password_file("wrong", "wrong"), says="password")
        self.refused(5, "verify", bundle, "--ca", CA, "--password-file", self.path("none"), says="none")
        self.assertTrue(self.json_of(bundle, "--ca", CA, "--password-file", self.password_file())["ok"])
        self.refused(2, "verify", "--batch", "--password-file", self.password_file())


class Trust(VerifyTest):
    def test_from_files_and_folders_and_beside_others(self):
        self.write("cas/one.pem", CA.read_bytes())
        self.write("cas/two.pem", OTHER_CA.read_bytes())
        self.write("cas/notes.txt", b"nothing to see")
        for options in (("--ca", self.folder / "cas"), ("--ca", OTHER_CA, "--ca", CA), ("--ca", OTHER_CA, "--add-ca", CA),
                        ("--add-ca", CA), ("--ca", PKI / "server.pem")):
            with self.subTest(options=options):
                self.assertEqual(self.codes(CERT, *options), [])
        self.assertIn("2 certificates", self.json_of(CERT, "--ca", self.folder / "cas")["trust"])
        self.assertEqual(self.codes(CERT, "--ca", OTHER_CA), ["unknown_issuer"])

    def test_the_systems_store_is_the_one_when_none_is_named(self):
        document = self.json_of(CERT)
        self.assertFalse(document["ok"])
        self.assertIn("system", document["trust"])

    def test_intermediates_help_and_are_not_trusted(self):
        self.assertEqual(self.codes(LEAF_ONLY, "--ca", CA), ["unknown_issuer"])
        self.assertEqual(self.codes(LEAF_ONLY, "--ca", CA, "--intermediates", INTERMEDIATE), [])
        self.assertEqual(self.codes(LEAF_ONLY, "--ca", CA, "--intermediates", OTHER_CA, "--intermediates", INTERMEDIATE), [])
        self.assertNotEqual(self.codes(LEAF_ONLY, "--ca", OTHER_CA, "--intermediates", INTERMEDIATE, "--intermediates", CA), [])

    def test_a_trusted_intermediate_ends_the_chain(self):
        for options in ((), ("--partial-chain",)):
            document = self.json_of(LEAF_ONLY, "--ca", INTERMEDIATE, "--name", "server.test", *options)
            self.assertTrue(document["ok"])
            self.assertEqual(len(document["chain"]), 2)


class Rules(VerifyTest):
    def test_the_time_to_judge_by(self):
        for when, expected in (("2020-06-01T00:00:00Z", []), ("2020-05-31T23:59:59Z", ["not_yet_valid"]),
                               ("2049-12-31T23:59:59Z", []), ("2049-12-31T23:59:59.999Z", []), ("2050-01-01T00:00:00Z", ["expired"]),
                               ("2050-01-01T00:59:59+01:00", []), ("2020-05-31T23:59:59-00:01", []), ("2020-06-01t00:00:00z", [])):
            with self.subTest(when=when):
                self.assertEqual(self.codes(CERT, "--ca", CA, "--at", when), expected)

    def test_a_time_that_is_given_is_not_doubted(self):
        for file, code, options in ((CERT, "expired", ("--at", "2050-01-01T00:00:00Z")), (PKI / "expired.pem", "expired", ()),
                                    (CERT, "not_yet_valid", ("--at", "2020-01-01T00:00:00Z")), (PKI / "not-yet.pem", "not_yet_valid", ()),
                                    (PKI / "under-expired-ca.pem", "expired", ("--at", "2050-01-01T00:00:00Z"))):
            with self.subTest(file=file.name, options=options):
                found = self.json_of(file, "--ca", CA, "--ca", PKI / "expired-ca.pem", *options)["findings"]
                hints = [one["hint"] for one in found if one["error"] == code]
                self.assertTrue(hints)
                for hint in hints:
                    (self.assertNotRegex if options else self.assertRegex)(hint, "check this machine's clock, which says 20")
                    self.assertNotRegex(hint, r"; ?\Z")

    def test_purposes(self):
        for file, purpose, expected in ((CERT, "server", []), (CERT, "client", ["invalid_purpose"]), (CERT, "any", []),
                                        (PKI / "client.pem", "server", ["invalid_purpose"]), (PKI / "client.pem", "client", []),
                                        (PKI / "client.pem", "any", [])):
            with self.subTest(file=file.name, purpose=purpose):
                self.assertEqual(self.codes(file, "--ca", CA, "--purpose", purpose), expected)

    def test_profiles(self):
        dsa = PKI / "dsa.pem"
        for options in ((), ("--profile", "compatible")):
            document = self.json_of(dsa, "--ca", CA, *options)
            self.assertTrue(document["ok"])
            self.assertEqual([f["error"] for f in document["passed_over"]], ["weak_key"])
        self.assertEqual(self.codes(dsa, "--ca", CA, "--profile", "webpki"), ["weak_key"])
        # The system's store is part of the trust: webpki.
        self.assertEqual(self.codes(dsa, "--add-ca", CA), ["weak_key"])
        self.assertEqual(self.codes(CERT, "--ca", CA, "--profile", "strict"), [])
        # A root of version 1 is trusted as it is; only strict looks at it.
        old = (CERT, "--ca", PKI / "ca-v1.pem")
        self.assertEqual(self.codes(*old, "--profile", "webpki"), [])
        self.assertIn("invalid_ca", self.codes(*old, "--profile", "strict"))

    def test_revocation_lists(self):
        bad, good = PKI / "server-rsa.pem", CERT
        lists = self.folder / "lists"
        self.write("cas/ca.pem", CA.read_bytes())
        crl = self.current_list(bad, lists)
        self.assertEqual(self.codes(good, "--ca", CA, "--crl", crl), [])
        self.assertEqual(self.codes(bad, "--ca", CA, "--crl", crl), ["revoked"])
        # Without the issuer's list, and with one that is over, has no number, is for changes only or for others.
        self.assertEqual(self.codes(PKI / "chain.pem", "--ca", CA, "--crl", crl), ["crl_not_found"])
        for name, expected in (("crl-numbered", []), ("crl-v2", []), ("crl-v1", []),
                               ("crl-delta", ["crl_invalid"]), ("crl-indirect", ["crl_invalid"]), ("crl-critical", ["crl_invalid"]),
                               ("crl-twin", ["crl_invalid"])):
            with self.subTest(name=name):
                self.assertEqual(self.codes(good, "--ca", CA, "--crl", PKI / f"{name}.pem", *THEN), expected)
        self.assertEqual(self.codes(good, "--ca", CA, "--crl", PKI / "crl-numbered.pem"), ["crl_expired"])
        # One without a number is let pass by `compatible` alone, which says so.
        for name in ("crl-v2", "crl-v1"):
            asked = (good, "--ca", CA, "--crl", PKI / f"{name}.pem", *THEN)
            self.assertEqual(self.codes(*asked, "--profile", "webpki"), ["crl_invalid"])
            passed = json.loads(self.fine("verify", "--json", *asked)[0])["passed_over"]
            self.assertIn("without a number", " ".join(one["message"] for one in passed))

    def test_lists_for_the_whole_chain_and_from_the_folder_of_the_trust(self):
        crl = self.current_list(INTERMEDIATE, self.folder / "cas")
        self.write("cas/ca.pem", CA.read_bytes())
        # The intermediate is revoked; asked of the leaf only, there is no list of its issuer.
        self.assertEqual(self.codes(PKI / "chain.pem", "--ca", CA, "--crl", crl, "--crl-all"), ["revoked", "crl_not_found"])
        self.assertEqual(self.codes(CERT, "--ca", CA, "--crl", crl, "--crl-all"), [])
        self.assertEqual(self.codes(CERT, "--ca", self.folder / "cas", "--check-crl"), [])
        self.assertIn("revoked", self.codes(PKI / "chain.pem", "--ca", self.folder / "cas", "--check-crl", "--crl-all"))
        # No list found is a failure.
        self.assertEqual(self.codes(CERT, "--ca", CA, "--check-crl"), ["crl_not_found"])
        self.refused(2, "verify", CERT, "--ca", CA, "--crl-all", says="--crl-all needs")

    def test_pins(self):
        for pin in (fingerprint(CERT), "SHA256$" + fingerprint(CERT).lower(), "sha1$" + fingerprint(CERT, "sha1"),
                    fingerprint(CERT, "md5"), "sha512$" + fingerprint(CERT, "sha512"), "sha256$pub$" + fingerprint(CERT, of="key"),
                    "sha1$PUB$" + fingerprint(CERT, "sha1", "key").upper()):
            with self.subTest(pin=pin):
                self.assertEqual(self.codes(CERT, "--ca", CA, "--pin", pin), [])
                self.assertEqual(self.codes(CERT, "--ca", CA, "--pin", fingerprint(CA), "--pin", pin), [])
                self.assertEqual(self.codes(PKI / "server-rsa.pem", "--ca", CA, "--pin", pin), ["pin_mismatch"])
                # Demanded pins accept nobody, accepted ones stand in and demand nothing.
                self.assertEqual(self.codes(CERT, "--ca", OTHER_CA, "--pin", pin), ["unknown_issuer"])
                self.assertEqual(self.codes(CERT, "--ca", OTHER_CA, "--name", "x.test", "--accept-pin", pin), [])
                self.assertEqual(self.codes(PKI / "server-rsa.pem", "--ca", CA, "--accept-pin", pin), [])
                self.assertEqual(self.codes(PKI / "server-rsa.pem", "--ca", OTHER_CA, "--accept-pin", pin), ["unknown_issuer"])

    def test_who_was_accepted_by_a_pin_is_told(self):
        pin = "sha256$" + fingerprint(CERT).replace(":", "").lower()
        document = self.json_of(CERT, "--ca", OTHER_CA, "--name", "x.test", "--accept-pin", pin)
        self.assertEqual(document["accepted_by"], f"pin {pin}")
        self.assertEqual([f["error"] for f in document["waived"]], ["unknown_issuer", "name_mismatch"])
        out, _ = self.fine("verify", CERT, "--ca", OTHER_CA, "--accept-pin", pin)
        self.assertIn(f"accepted by: pin {pin}\n", out.decode())
        # A chain that is good needs nobody to stand in.
        self.assertEqual(self.json_of(CERT, "--ca", CA, "--accept-pin", pin)["accepted_by"], "")
        # Another pin is demanded all the same.
        self.assertEqual(self.codes(CERT, "--ca", OTHER_CA, "--accept-pin", pin, "--pin", fingerprint(CA)), ["pin_mismatch"])

    def test_known_peers(self):
        file = self.folder / "known"
        options = ("--ca", OTHER_CA, "--name", "server.test", "--known-peers", file)
        self.assertIn("known", self.json_of(CERT, *options)["accepted_by"])
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        line = file.read_text()
        self.assertRegex(line, rf"\Aserver\.test sha256\$pub\${fingerprint(CERT, of='key')} \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n\Z")
        self.assertEqual(self.codes(CERT, *options), [])
        self.assertEqual(file.read_text(), line)
        self.assertEqual(self.codes(PKI / "server-rsa.pem", *options), ["pin_mismatch", "unknown_issuer"])
        self.assertEqual(self.codes(PKI / "expired.pem", "--ca", OTHER_CA, "--name", "localhost", "--known-peers", file),
                         ["unknown_issuer", "expired"])
        self.assertEqual(file.read_text(), line)


class Names(VerifyTest):
    def test_every_scheme_has_its_name(self):
        for scheme in SCHEMES:
            with self.subTest(scheme=scheme):
                self.assertEqual(self.codes(CERT, "--ca", CA, "--name", "server.test", "--scheme", scheme), [])
                expected = [] if scheme == "none" else ["name_mismatch"]
                self.assertEqual(self.codes(CERT, "--ca", CA, "--name", "other.test", "--scheme", scheme), expected)

    def test_a_common_name_counts_when_the_scheme_says_so(self):
        options = (PKI / "cn-only.pem", "--ca", CA, "--name", "server.test")
        for scheme in SCHEMES:
            with self.subTest(scheme=scheme):
                self.assertEqual(self.codes(*options, "--scheme", scheme), ["name_mismatch"] if scheme == "rfc9525" else [])
        finding, = self.json_of(*options)["findings"]
        self.assertRegex(finding["hint"], r"RFC 9525.*--scheme ")

    def test_name_only_looks_at_the_name_and_at_nothing_else(self):
        out, err = self.fine("verify", PKI / "expired.pem", "--name-only", "--name", "SERVER.test")
        self.assertEqual((out, err), (b"the certificate is for server.test\n", ""))
        self.refused(1, "verify", CERT, "--name-only", "--name", "other.test", says="not for other.test")
        for name in ("[::1]", "server.test:443", "https://server.test", "a b", "", "server.test\n", "*.test", "127.0.0.01"):
            with self.subTest(name=name):
                self.refused(1, "verify", CERT, "--name-only", "--name", name)
        for name, scheme, ok in (("server.test", "smtp", True), ("other.test", "none", True), ("::1", "http", True)):
            document = json.loads(self.fine("verify", CERT, "--name-only", "--name", name, "--scheme", scheme, "--json")[0])
            self.assertEqual(document, {"ok": ok, "name": name, "error": ""})
        status, out, _ = signet("verify", CERT, "--name-only", "--name", "other.test", "--json")
        self.assertEqual((status, json.loads(out)), (1, {"ok": False, "name": "other.test", "error": "name_mismatch"}))

    def test_wildcards_over_public_suffixes(self):
        wide = self.write("wide.pem", certificate_with(dns=["*.co.uk", "*.mine.test"]).encode())
        rules = self.write("rules", b"mine.test\n")
        for name, options, ok in (("a.co.uk", (), False), ("a.co.uk", ("default",), False), ("a.co.uk", ("none",), True),
                                  ("a.co.uk", (rules,), True), ("a.mine.test", (), True), ("a.mine.test", (rules,), False)):
            with self.subTest(name=name, options=options):
                options = tuple(x for option in options for x in ("--public-suffix", option))
                self.assertEqual(signet("verify", wide, "--name-only", "--name", name, *options)[0], 0 if ok else 1)

    def test_idns_both_ways(self):
        file = self.write("idn.pem", certificate_with(dns=["xn--lwe-sna.idntest.local"]).encode())
        for name in ("löwe.idntest.local", "LÖWE.idntest.local", "xn--lwe-sna.idntest.local"):
            self.assertEqual(self.fine("verify", file, "--name-only", "--name", name)[0].decode(), "the certificate is for löwe.idntest.local\n")


class BadInput(VerifyTest):
    def test_what_cannot_be_used_as_a_certificate_is_5(self):
        huge = self.folder / "huge"
        with open(huge, "wb") as out:
            out.truncate(65 << 20)
        for file, says in ((self.folder / "absent", "No such file"), (PKI / "empty.pem", "empty"), (PKI / "garbage.pem", "not PEM"),
                           (PKI / "truncated.pem", "no end"), (PKI / "binary.bin", "binary"), (PKI / "server.key", "holds no certificate"),
                           (PKI / "crl-v2.pem", "holds no certificate"), (PKI / "chain.p12", "encrypted"), (self.folder, "directory"),
                           (huge, "larger than"), (PKI / "bundle-with-broken-entry.pem", "3 of 5|cannot be read")):
            with self.subTest(file=file.name):
                self.refused(5, "verify", file, "--ca", CA, says=says)
                status, out, _ = signet("verify", file, "--ca", CA, "--json")
                document = json.loads(out)
                self.assertEqual((status, document["ok"]), (5, False))
                self.assertRegex(document["failure"]["message"], says)
                if file.is_file():
                    self.refused(5, "verify", "-", "--ca", CA, given=file.read_bytes(), says="stdin")

    def test_what_cannot_be_used_beside_it_is_5(self):
        for option in ("--ca", "--add-ca", "--intermediates", "--crl", "--public-suffix", "--known-peers"):
            for file in ("binary.bin", "garbage.pem", "empty.pem", "absent", "server.key"):
                if (option, file) in (("--known-peers", "empty.pem"), ("--known-peers", "absent"), ("--public-suffix", "garbage.pem"),
                                      ("--public-suffix", "server.key")):
                    continue  # an empty file knows nobody; words are rules
                with self.subTest(option=option, file=file):
                    self.refused(5, "verify", CERT, option, PKI / file, says=file)
        self.refused(5, "verify", CERT, "--ca", CA, "--crl", CERT, says="not a revocation list")
        self.refused(5, "verify", CERT, "--ca", CA, "--crl", PKI / "crl-bundle-with-broken-entry.pem", says="2 of 3")
        self.refused(5, "verify", CERT, "--ca", PKI / "bundle-with-broken-entry.pem", says="3 of 5")
        self.refused(5, "verify", CERT, "--ca", self.folder, says="no certificate in this folder")
        self.write("cas/ca.pem", CA.read_bytes())
        self.write("cas/list.crl", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")
        self.refused(5, "verify", CERT, "--ca", self.folder / "cas", "--check-crl", says="list.crl")

    def test_a_file_of_known_peers_that_cannot_be_written_refuses_who_is_not_in_it(self):
        self.assertEqual(self.codes(CERT, "--ca", OTHER_CA, "--name", "server.test", "--known-peers", self.folder / "no/such/folder"),
                         ["certificate_rejected", "unknown_issuer"])

    def test_mistakes_are_2(self):
        for args in ((), (CERT, CA), (CERT, "--batch"), (CERT, "--nothing"), (CERT, "--name-only"), (CERT, "--crl-all"),
                     (CERT, "--scheme", "http2"), (CERT, "--scheme", "HTTP"), (CERT, "--scheme", "rfc0000"),
                     (CERT, "--profile", "lax"), (CERT, "--profile", "automatic"), (CERT, "--purpose", "fun"),
                     (CERT, "--at", "yesterday"), (CERT, "--at", ""), (CERT, "--at", "2026-02-29T00:00:00Z"),
                     (CERT, "--at", "2026-01-01"), (CERT, "--at", "2026-01-01T00:00:00"), (CERT, "--at", "2026-01-01T24:00:00Z"),
                     (CERT, "--at", "2026-01-01T00:00:00.Z"), (CERT, "--at", "2026-01-01T00:00:00Z "), (CERT, "--at", "-026-01-01T00:00:00Z"),
                     (CERT, "--name", ""), (CERT, "--name", "a b"), (CERT, "--name", "server.test:443"), (CERT, "--name", "*.test"),
                     (CERT, "--name", "x" * 64 + ".test"), (CERT, "--ca"),
                     *((CERT, option, pin) for option in ("--pin", "--accept-pin")
                       for pin in ("", "zz", "00", "sha256$", "sha256$00", "sha256$pub", "pub$" + "00" * 20, "nosuch$" + "00" * 20,
                                   "$" + "00" * 20, "00" * 48, "sha1$" + "00" * 32, "0:0" * 20, "sha256$" + "::".join(["00"] * 32),
                                   " " + "00" * 20, "00" * 3000))):
            with self.subTest(args=args[1:]):
                err = self.refused(2, "verify", *args)
                self.assertEqual(len([line for line in err.splitlines() if not line.startswith("hint: ")]), 1, err)


class SystemTrust(VerifyTest):
    def test_the_environment_names_the_systems_trust(self):
        """SSL_CERT_FILE and SSL_CERT_DIR replace the system's own places, alone or both, even when nothing is there."""
        folder = self.folder / "certs"
        # Only names that OpenSSL's tools or people give certificates are looked at.
        for name, content in (("5ad8a5d6.0", CA), ("other.pem", OTHER_CA), ("notes.txt", CA)):
            self.write(f"certs/{name}", content.read_bytes())
        nothing = self.write("empty.pem", b"")
        server = ("verify", PKI / "server.pem", "--name", "server.test", "--json")
        for environment, trusted, places in (
                ({"SSL_CERT_DIR": folder}, True, [folder]),
                ({"SSL_CERT_FILE": CA}, True, [CA]),
                ({"SSL_CERT_FILE": CA, "SSL_CERT_DIR": folder}, True, [CA, folder]),
                ({"SSL_CERT_FILE": OTHER_CA}, False, [OTHER_CA]),
                ({"SSL_CERT_FILE": nothing}, False, []),
                ({"SSL_CERT_DIR": self.folder / "absent"}, False, [])):
            with self.subTest(environment):
                named = {"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""} | {key: str(value) for key, value in environment.items()}
                status, out, err = signet(*server, env=named)
                self.assertEqual(status, 0 if trusted else 1, err)
                report = json.loads(out)
                for place in places:
                    self.assertIn(str(place), report["trust"])
                self.assertNotIn("/etc/ssl", report["trust"])
                if not places:
                    self.assertEqual(report["findings"][0]["error"], "no_trust_anchors")

    def test_without_the_environment_the_systems_own_places_are_tried_in_turn(self):
        """The first with a certificate that can be used is the system's store, and all of it."""
        bundles = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/pki/tls/certs/ca-bundle.crt",
                   "/etc/ssl/ca-bundle.pem", "/usr/local/share/certs/ca-root-nss.crt", "/etc/ssl/cert.pem")
        folders = ("/etc/ssl/certs", "/etc/pki/tls/certs")
        # What is read there, in turn, and what names it: for folders a file in them.
        places = [(bundle, bundle) for bundle in bundles] + [(f"{folder}/5ad8a5d6.0", folder) for folder in folders]
        right, wrong = CA.read_bytes(), OTHER_CA.read_bytes()
        rows = [({file: right} | {later: wrong for later, _ in places[at + 1:]}, name) for at, (file, name) in enumerate(places)]
        # What is empty, or holds nothing but text, is passed over.
        rows += [({bundles[0]: b"", bundles[1]: right}, bundles[1]), ({bundles[0]: b"nothing", places[-1][0]: right}, folders[1])]
        for at, (files, name) in enumerate(rows):
            with self.subTest(name=name, files=list(files)):
                for file, content in files.items():
                    self.write(f"{at}{file}", content)
                report = self.judged_among(self.folder / str(at))
                self.assertTrue(report["ok"], report)
                self.assertEqual(report["trust"], f"system ({name}, 1 certificate)")
        (self.folder / "bare").mkdir()
        report = self.judged_among(self.folder / "bare")
        self.assertEqual(report["findings"][0]["error"], "no_trust_anchors")

    def judged_among(self, root):
        """What a system says of our server that has in /etc and /usr/local what stands under `root`."""
        for folder in ("etc", "usr/local"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        status, out, err = run_over({"/etc": root / "etc", "/usr/local": root / "usr/local"}, TOOL, "verify", CERT, "--name", "server.test",
                                    "--json")
        self.assertIn(status, (0, 1), err)
        return json.loads(out)


if __name__ == "__main__":
    unittest.main()
