"""signet cert check: what is wrong is found, weighed and told; --fix writes the right order."""

import datetime
import json
import stat
import unittest

import common  # noqa: F401
from cert_support import CertTest
from support.signet_testing import CA, PKI, signet, signet_server


class Check(CertTest):
    def check(self, *args):
        status, out, err = signet("cert", "check", "--json", *args)
        self.assertIn(status, (0, 1), err)
        document = json.loads(out)
        (source,) = document["sources"]
        self.assertEqual(document["worst"], source["worst"])
        return status, source

    def ids(self, *args):
        status, source = self.check(*args)
        return status, [one["id"] for one in source["findings"]]

    def leaf(self, days, name="cert"):
        self.ca("--force")
        self.create("--dns", "a.example", "--days", str(days), "--force", name=name)
        return self.path(f"{name}.pem")

    def test_nothing_to_say_is_0(self):
        status, source = self.check(self.leaf(89), "--key", self.path("cert-key.pem"), "--ca", self.path("ca.pem"))
        self.assertEqual((status, source["findings"], source["worst"]), (0, [], "ok"))
        (cert,) = source["certificates"]
        self.assertIn(cert["days_left"], (88, 89))
        self.assertTrue(0.98 < cert["remaining_life"] <= 1)
        out, _ = self.fine("cert", "check", self.path("cert.pem"), "--ca", self.path("ca.pem"))
        self.assertRegex(out.decode(), r"CN=a\.example, until .*\(\d+ days left, (99|100) % of its life\)\n  ok: ")

    def test_expiry_within_days_is_1(self):
        cert, trusted = self.leaf(89), ("--ca", self.path("ca.pem"))
        self.assertEqual(self.ids(cert, "--days", "10", *trusted), (0, []))
        self.assertEqual(self.ids(cert, "--days", "100", *trusted), (1, ["expires_soon"]))
        soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=80)).strftime("%Y-%m-%dT%H:%M:%SZ")
        late = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=91)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.assertEqual(self.ids(cert, "--at", soon, *trusted), (1, ["expires_soon"]))
        status, source = self.check(cert, "--at", late)
        self.assertEqual((status, source["worst"], source["findings"][0]["id"]), (1, "problem", "expired"))
        self.assertEqual(source["findings"][0]["index"], 0)
        self.assertEqual(source["certificates"][0]["remaining_life"], 0)
        self.assertLess(source["certificates"][0]["days_left"], 0)

    def test_a_key_that_does_not_match_is_1(self):
        self.assertEqual(self.ids(PKI / "server.pem", "--key", PKI / "server.key", "--ca", CA), (0, []))
        status, found = self.ids(PKI / "server.pem", "--key", PKI / "wildcard.key")
        self.assertEqual((status, "key_mismatch" in found), (1, True))
        other = self.write("both.pem", (PKI / "server.pem").read_bytes() + (PKI / "wildcard.key").read_bytes())
        self.assertIn("key_mismatch", self.ids(other)[1], "the key in the same file counts")

    def test_each_fault_by_its_name(self):
        leaf, between, root = (PKI / f"{name}.pem" for name in ("chain-leaf-only", "intermediate", "ca"))

        def joined(*files):
            return self.write("joined.pem", b"".join(f.read_bytes() for f in files))

        for files, found in (((between, leaf), "wrong_order"), ((leaf, between, between), "duplicate_certificate"),
                             ((leaf, between, root), "root_included"), ((leaf, between, PKI / "other-ca.pem"), "unrelated_certificate"),
                             ((PKI / "weak-rsa1024.pem",), "weak_key"), ((PKI / "weak-digest.pem",), "weak_signature"),
                             ((PKI / "expired.pem",), "expired"), ((PKI / "not-yet.pem",), "not_yet_valid"),
                             ((PKI / "cn-only.pem",), "no_names")):
            with self.subTest(found=found):
                status, source = self.check(joined(*files))
                self.assertIn(found, [one["id"] for one in source["findings"]])
                for one in source["findings"]:
                    self.assertEqual(set(one), {"severity", "id", "index", "message", "hint", "expected", "presented"})
                    self.assertIn(one["severity"], ("note", "warning", "problem"))
                self.assertEqual(status, 1 if source["worst"] == "problem" else 0)
        self.assertIn("missing_intermediate", self.ids(joined(leaf), "--ca", root)[1])
        self.assertIn("untrusted", self.ids(joined(leaf, between), "--ca", PKI / "other-ca.pem")[1])

    def test_an_issuer_that_is_not_there_is_a_note(self):
        leaf, between, root = ((PKI / f"{name}.pem").read_bytes() for name in ("chain-leaf-only", "intermediate", "ca"))
        nobody = {"SSL_CERT_FILE": str(self.write("nobody.pem", b"")), "SSL_CERT_DIR": ""}
        system = {"SSL_CERT_FILE": str(CA), "SSL_CERT_DIR": ""}
        for content, env, where in ((leaf, None, 0), (leaf + between, None, 1), (between + leaf, None, 0), (leaf + between, nobody, 1),
                                    (leaf, system, 0), (leaf + between, system, None), (leaf + between + root, None, None),
                                    (root, None, None), ((PKI / "self-signed.pem").read_bytes(), None, None)):
            file = self.write("some.pem", content)
            with self.subTest(certificates=content.count(b"BEGIN"), env=env):
                status, out, err = signet("cert", "check", "--json", file, env=env)
                (source,) = json.loads(out)["sources"]
                found = [one for one in source["findings"] if one["id"] == "unknown_issuer"]
                self.assertEqual([one["index"] for one in found], [] if where is None else [where], err)
                self.assertEqual(status, 1 if content.startswith(between) else 0, "the order is a problem")
                for one in found:
                    issuer = "signet test root" if content.count(b"BEGIN") == 2 else "signet test intermediate"
                    self.assertRegex(one["message"], f"was issued by 'CN={issuer},.*', which is not in .*some.pem: .*intermediate.*root")
                    self.assertEqual(one["severity"], "note")
                    self.assertIn("--ca FILE", one["hint"])
        # The library's own word for it, where the certificate says where its issuer is.
        self.assertEqual(self.ids(PKI / "names-its-issuer.pem"), (0, ["missing_intermediate"]))

    def test_a_file_is_judged_by_the_rules_that_are_named(self):
        cert, trusted = PKI / "server.pem", ("--ca", CA)
        revoked = PKI / "server-rsa.pem"
        crl = self.current_list(revoked, self.folder / "lists")
        pin = "sha256$" + self.fingerprint(cert)
        other = "sha256$" + "00" * 32
        for file, options, expected in (
                (cert, ("--name", "server.test"), []), (cert, ("--name", "foo.example"), ["name_mismatch"]),
                (cert, ("--pin", pin), []), (cert, ("--pin", other), ["pin_mismatch"]),
                (cert, ("--crl", crl), []), (revoked, ("--crl", crl), ["revoked"]),
                (cert, ("--check-crl",), ["crl_not_found"]),
                (PKI / "dsa.pem", ("--profile", "webpki"), ["weak_key"]),
                (PKI / "cn-only.pem", ("--name", "server.test", "--scheme", "http"), ["no_names"]),
                (PKI / "client.pem", ("--pin", "sha256$" + self.fingerprint(PKI / "client.pem")), ["invalid_purpose"]),
                (PKI / "client.pem", ("--name", "server.test"), ["invalid_purpose", "name_mismatch"]),
                (PKI / "expired.pem", ("--name", "server.test"), ["expired"])):
            with self.subTest(file=file.name, options=options):
                status, source = self.check(file, *trusted, *options)
                self.assertEqual(sorted(one["id"] for one in source["findings"]), sorted(expected))
                self.assertEqual((status, source["worst"]), (1, "problem") if expected else (0, "ok"))
        # The verdict is that of signet verify, whomever it trusts.
        leaf, between = PKI / "chain-leaf-only.pem", PKI / "intermediate.pem"
        self.assertEqual(self.ids(leaf, *trusted, "--intermediates", between), (0, []))
        self.assertEqual(self.ids(leaf, *trusted, "--intermediates", PKI / "other-ca.pem"), (1, ["unknown_issuer"]))
        self.assertEqual(self.ids(cert, "--name", "server.test"), (1, ["unknown_issuer"]))
        self.assertEqual(self.ids(cert, "--accept-pin", pin), (0, []))
        # The leaf is what is judged, wherever it stands.
        wrong = self.write("wrong.pem", between.read_bytes() + leaf.read_bytes())
        status, source = self.check(wrong, *trusted, "--name", "foo.example")
        self.assertEqual([(one["id"], one["index"]) for one in source["findings"]], [("name_mismatch", 1), ("wrong_order", None)])
        fixed = self.path("fixed.pem")
        self.assertEqual(signet("cert", "check", wrong, *trusted, "--name", "foo.example", "--fix", "--out", fixed)[0], 1)
        self.fine("cert", "check", wrong, *trusted, "--name", "server.test", "--fix", "--out", fixed, "--force")
        for options, status in ((("--crl", "nofile"), 5), (("--intermediates", "nofile"), 5), (("--public-suffix", "nofile"), 5),
                                (("--name", "a b"), 2), (("--pin", "sha256$00"), 2), (("--crl-all",), 2)):
            self.refused(status, "cert", "check", cert, *trusted, *options)

    def test_options_for_connecting_need_a_peer(self):
        for option in (("--ciphers", "ALL"), ("--ciphersuites", "x"), ("--timeout", "3"), ("--starttls", "smtp"), ("-4",), ("--ipv6",),
                       ("--tls-min", "1.3"), ("--tls-max", "1.2"), ("--groups", "x"), ("--alpn", "h2"), ("--keylog", self.path("log")),
                       ("--sni", "none")):
            for reader in ("check", "show", "fingerprint"):
                with self.subTest(option=option, reader=reader):
                    self.refused(2, "cert", reader, PKI / "server.pem", *option, says=option[0].replace("-4", "--ipv4") + ".* HOST:PORT")
        for option in (("--ca", CA), ("--add-ca", "nofile"), ("--name", "server.test"), ("--pin", "sha256$" + "00" * 32), ("--check-crl",),
                       ("--crl", "nofile")):
            for reader in ("show", "fingerprint"):
                with self.subTest(option=option, reader=reader):
                    self.refused(2, "cert", reader, PKI / "server.pem", *option, says=option[0], hint="signet verify")

    def test_fix_writes_the_right_order(self):
        leaf, between, root = ((PKI / f"{name}.pem").read_bytes() for name in ("chain-leaf-only", "intermediate", "ca"))
        wrong = self.write("wrong.pem", root + between + leaf + between)
        fixed = self.path("fixed.pem")
        out, _ = self.fine("cert", "check", wrong, "--key", PKI / "chain.key", "--fix", "--out", fixed)
        self.assertIn(b"order", out)
        self.assertEqual(fixed.read_bytes(), leaf + between)
        self.assertEqual(stat.S_IMODE(fixed.stat().st_mode), 0o644)
        self.refused(5, "cert", "check", wrong, "--fix", "--out", fixed, hint="--force")
        self.assertEqual(self.fine("cert", "check", wrong, "--fix", "--out", "-")[0], leaf + between)
        with_key = self.write("with-key.pem", between + leaf + (PKI / "chain.key").read_bytes())
        self.fine("cert", "check", with_key, "--fix", "--out", fixed, "--force")
        self.assertEqual(fixed.read_bytes()[:len(leaf + between)], leaf + between)
        self.assertIn(b"PRIVATE KEY", fixed.read_bytes())
        self.assertEqual(stat.S_IMODE(fixed.stat().st_mode), 0o600)
        # What an order cannot mend is still told.
        expired = self.path("expired.pem")
        self.assertEqual(signet("cert", "check", PKI / "expired.pem", "--fix", "--out", expired)[0], 1)

    def test_several_sources_and_the_worst_counts(self):
        status, out, _ = signet("cert", "check", "--json", PKI / "server.pem", PKI / "expired.pem")
        document = json.loads(out)
        self.assertEqual((status, document["worst"], [one["worst"] for one in document["sources"]]), (1, "problem", ["note", "problem"]))

    def test_a_server(self):
        program, port = signet_server("--echo", "--cert", PKI / "chain-leaf-only.pem", "--key", PKI / "chain.key")
        with program:
            status, source = self.check(f"127.0.0.1:{port}", "--ca", CA)
            self.assertEqual((status, source["worst"]), (1, "problem"))
            self.assertIn("missing_intermediate", [one["id"] for one in source["findings"]])
        program, port = signet_server("--echo", "--cert", PKI / "server.pem", "--key", PKI / "server.key")
        with program:
            self.assertEqual(self.ids(f"127.0.0.1:{port}", "--ca", CA), (0, []))
            status, found = self.ids(f"127.0.0.1:{port}", "--ca", CA, "--name", "other.example")
            self.assertEqual((status, found[0]), (1, "name_mismatch"))
            both = ("cert", "check", "--json", PKI / "server.pem", f"127.0.0.1:{port}", "--ca", CA, "--timeout", "20", "--name")
            self.assertEqual(json.loads(self.fine(*both, "server.test")[0])["worst"], "ok")
            status, out, _ = signet(*both, "other.example")
            self.assertEqual([one["worst"] for one in json.loads(out)["sources"]], ["problem"] * 2)

    def test_mistakes_are_2(self):
        for args in ((), ("--fix",), ("--out", "x"), ("--days", "-1"), ("--days", "x"), ("--at", "now"),
                     ("--fix", "--out", "-", "--json"), (PKI / "ca.pem", "--fix", "--out", self.path("x"))):
            with self.subTest(args=args):
                self.refused(2, "cert", "check", *([PKI / "server.pem"] if args else []), *args)
        self.refused(2, "cert", "check", "-", "--key", "-", given=(PKI / "combined.pem").read_bytes(), says="stdin.*once")
        self.refused(5, "cert", "check", PKI / "server.key", says="no certificate")
        self.refused(5, "cert", "check", PKI / "server.pem", "--key", PKI / "garbage.pem")


if __name__ == "__main__":
    unittest.main()
