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
        out, _ = self.fine("cert", "check", self.path("cert.pem"))
        self.assertRegex(out.decode(), r"CN=a\.example, until .*\(\d+ days left, (99|100) % of its life\)\n  ok: ")

    def test_expiry_within_days_is_1(self):
        cert = self.leaf(89)
        self.assertEqual(self.ids(cert, "--days", "10"), (0, []))
        self.assertEqual(self.ids(cert, "--days", "100"), (1, ["expires_soon"]))
        soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=80)).strftime("%Y-%m-%dT%H:%M:%SZ")
        late = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=91)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.assertEqual(self.ids(cert, "--at", soon), (1, ["expires_soon"]))
        status, source = self.check(cert, "--at", late)
        self.assertEqual((status, source["worst"], source["findings"][0]["id"]), (1, "problem", "expired"))
        self.assertEqual(source["findings"][0]["index"], 0)
        self.assertEqual(source["certificates"][0]["remaining_life"], 0)
        self.assertLess(source["certificates"][0]["days_left"], 0)

    def test_a_key_that_does_not_match_is_1(self):
        self.assertEqual(self.ids(PKI / "server.pem", "--key", PKI / "server.key"), (0, []))
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
                    self.assertEqual(set(one), {"severity", "id", "index", "message", "hint"})
                    self.assertIn(one["severity"], ("note", "warning", "problem"))
                self.assertEqual(status, 1 if source["worst"] == "problem" else 0)
        self.assertIn("missing_intermediate", self.ids(joined(leaf), "--ca", root)[1])
        self.assertIn("untrusted", self.ids(joined(leaf, between), "--ca", PKI / "other-ca.pem")[1])

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
        self.assertEqual((status, document["worst"], [one["worst"] for one in document["sources"]]), (1, "problem", ["ok", "problem"]))

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

    def test_mistakes_are_2(self):
        for args in ((), ("--fix",), ("--out", "x"), ("--days", "-1"), ("--days", "x"), ("--at", "now"),
                     ("--fix", "--out", "-", "--json"), (PKI / "ca.pem", "--fix", "--out", self.path("x"))):
            with self.subTest(args=args):
                self.refused(2, "cert", "check", *([PKI / "server.pem"] if args else []), *args)
        self.refused(5, "cert", "check", PKI / "server.key", says="no certificate")
        self.refused(5, "cert", "check", PKI / "server.pem", "--key", PKI / "garbage.pem")


if __name__ == "__main__":
    unittest.main()
