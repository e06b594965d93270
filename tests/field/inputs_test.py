"""Inputs on which the tool failed in the field, judged as it says it should be: tests/field/inputs."""

import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from support.signet_testing import PKI, ToolTest, signet  # noqa: E402

INPUTS = HERE / "inputs"
# All of them are valid then.
AT = ("--at", "2026-11-29T05:26:30Z")
HOST = ("--name", "host.example.org")


class Verify(ToolTest):
    def findings(self, root, *args):
        status, out, err = signet("verify", "--json", *AT, "--ca", INPUTS / root, *args)
        self.assertEqual(status, 1, err)
        return json.loads(out)["findings"]

    def test_an_issuer_that_was_sent_and_does_not_fit_is_not_to_be_trusted(self):
        first = self.findings("c-root.pem", *HOST, INPUTS / "c-chain.pem")[0]
        self.assertEqual(first["error"], "unknown_issuer")
        self.assertRegex(first["message"], "that was sent does not fit: .*'CN=C Int'.*'CN=C Root'")
        self.assertNotIn("--add-ca", first["hint"])
        self.assertEqual((first["expected"], first["presented"]),
                         ("a certificate issued by 'CN=C Int'", "a certificate issued by 'CN=C Root'"))

        # Followed all the same, the advice of before leads to the same answer.
        first = self.findings("c-root.pem", "--add-ca", INPUTS / "c-int.pem", *HOST, INPUTS / "c-chain.pem")[0]
        self.assertRegex(first["message"], "'CN=C Int'.*'CN=C Root'")

    def test_a_renewed_root_differs_in_its_serial_number(self):
        first = self.findings("e-new.pem", "--profile", "webpki", *HOST, INPUTS / "e-leaf.pem")[0]
        self.assertIn("the serial number", first["message"])
        self.assertNotIn("key identifiers differ", first["message"])
        out, _ = self.fine("verify", *AT, "--ca", INPUTS / "e-new.pem", *HOST, INPUTS / "e-leaf.pem")
        self.assertRegex(out.decode(), "by another serial number than the one at hand has")
        self.assertEqual(signet("verify", *AT, "--ca", INPUTS / "e-old.pem", *HOST, INPUTS / "e-leaf.pem")[0], 0)

    def test_an_address_as_a_dns_name_and_names_of_other_kinds(self):
        held = self.findings("g-root.pem", "--name", "127.0.0.1", INPUTS / "g-ipasdns.pem")[0]
        self.assertIn("as a DNS name, which speaks for no address", held["message"])
        other = self.findings("g-root.pem", "--name", "127.0.0.1", INPUTS / "g-ipuri.pem")[0]
        self.assertRegex(other["message"], r"do not speak for a host \(URI:")

    def test_what_cannot_be_read_leads(self):
        for name in ("o-badsan.pem", "o-dupext.pem"):
            with self.subTest(name=name):
                first = self.findings("o-root.pem", *HOST, INPUTS / name)[0]
                self.assertEqual(first["error"], "invalid_extension")
                self.assertIn("cannot be read", first["message"])


class Check(ToolTest):
    def findings(self, *args):
        status, out, err = signet("cert", "check", "--json", *args)
        self.assertEqual(err, "")
        return status, {one["id"]: one for one in json.loads(out)["sources"][0]["findings"]}

    def test_names_that_can_never_match_are_found(self):
        for name, held in (("g-ipasdns.pem", "DNS:127.0.0.1"), ("o-urlsan.pem", "DNS:https://")):
            with self.subTest(name=name):
                status, found = self.findings(*AT, INPUTS / name)
                self.assertEqual(status, 1)
                self.assertIn(held, found["useless_name"]["message"])

    def test_a_file_is_judged_as_a_servers_unless_told(self):
        client = PKI / "client.pem"
        status, found = self.findings("--ca", PKI / "ca.pem", client)
        self.assertEqual((status, list(found)), (1, ["wrong_purpose"]))
        self.assertEqual((found["wrong_purpose"]["expected"], found["wrong_purpose"]["presented"]), ("serverAuth", "clientAuth"))
        self.assertIn("--purpose client", found["wrong_purpose"]["hint"])
        for purpose in ("client", "any"):
            self.assertEqual(self.findings("--ca", PKI / "ca.pem", "--purpose", purpose, client), (0, {}))
        self.assertEqual(self.findings("--ca", PKI / "ca.pem", "--purpose", "client", PKI / "server.pem")[0], 1)

    def test_a_time_that_was_given_is_no_age(self):
        for at in ("2040-01-01T00:00:00Z", "2001-01-01T00:00:00Z"):
            for more in ((), HOST):
                _, out, _ = signet("cert", "check", "--json", "--at", at, *more, INPUTS / "g-ipuri.pem")
                said = next(one["message"] for one in json.loads(out)["sources"][0]["findings"] if one["id"] in ("expired", "not_yet_valid"))
                self.assertIn(f"{at}, the time that was given", said)
                self.assertNotRegex(said, r"days?( ago)?$")

    def test_days_left_are_counted_from_the_end(self):
        for at, left in (("2027-12-01T07:26:30Z", -1), ("2027-11-29T05:26:29Z", 1), ("2027-11-30T05:26:31Z", 0)):
            status, out, _ = signet("cert", "check", "--json", "--at", at, INPUTS / "g-ipuri.pem")
            self.assertEqual(json.loads(out)["sources"][0]["certificates"][0]["days_left"], left, at)


class Making(ToolTest):
    def test_a_ca_needs_no_name(self):
        ca, key = self.folder / "ca.pem", self.folder / "ca-key.pem"
        status, _, err = signet("cert", "ca", "--out", ca, "--out-key", key)
        self.assertEqual(status, 0, err)
        out = json.loads(signet("cert", "show", "--json", ca)[1])
        self.assertRegex(out["certificates"][0]["common_name"], r"^CA of \S")


class Passwords(ToolTest):
    def test_pkcs12_whose_password_is_in_another_encoding(self):
        given = {"UTF-8": self.write("utf8", "s\u00e9cret\n".encode()), "ISO-8859-1": self.write("latin1", b"s\xe9cret\n")}
        client = ("--in", PKI / "client.pem", "--key", PKI / "client.key")
        stored = self.folder / "utf8.p12"
        self.fine("cert", "convert", *client, "--to", "pkcs12", "--out-password-file", given["UTF-8"], "--out", stored)
        get = ("get", "https://127.0.0.1:1/", "--ca", PKI / "ca.pem", "--cert", stored, "--password-file")
        self.refused(3, *get, given["UTF-8"], says="connection refused")
        self.refused(5, *get, given["ISO-8859-1"], says="--cert: .*in another encoding: .*UTF-8", hint="iconv -f ISO-8859-1 -t UTF-8")


if __name__ == "__main__":
    unittest.main()
