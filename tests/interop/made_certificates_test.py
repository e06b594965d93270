"""Certificates that this library makes, judged by readers other people wrote: openssl, certtool and IO::Socket::SSL::Utils.
What is checked is what linters of certificates check: RFC 5280 and the habits of public CAs."""

import calendar
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from support.peers import ENVIRONMENT, run  # noqa: E402

MAKER = pathlib.Path(os.environ["SIGNET_BUILD"]) / "bin" / "x509_tests"
KEYS = ("rsa2048", "ecP256", "ecP384", "ecP521", "ed25519", "ed448")
LEAVES = ("server", "nameless", "full", "client", "code", "email", "stamps", "ocsp", "until2049", "from2050", "renewed",
          "cloned", "signed")
# By the names of `openssl x509 -text`: whether it has to be critical; None where that depends.
CRITICAL = {"X509v3 Basic Constraints": True, "X509v3 Key Usage": True, "X509v3 Name Constraints": True,
            "X509v3 Extended Key Usage": None, "X509v3 Subject Alternative Name": None,
            "X509v3 Subject Key Identifier": False, "X509v3 Authority Key Identifier": False,
            "Authority Information Access": False, "X509v3 CRL Distribution Points": False,
            "X509v3 Certificate Policies": False, "TLS Feature": False, "OCSP No Check": False}
PURPOSES = {"server": "1.3.6.1.5.5.7.3.1", "client": "1.3.6.1.5.5.7.3.2", "code": "1.3.6.1.5.5.7.3.3",
            "email": "1.3.6.1.5.5.7.3.4", "stamps": "1.3.6.1.5.5.7.3.8", "ocsp": "1.3.6.1.5.5.7.3.9"}
BEGIN_2050 = calendar.timegm((2050, 1, 1, 0, 0, 0))


def output(*argv):
    status, out, err = run(*argv)
    if status != 0:
        raise AssertionError(f"{' '.join(map(str, argv))}: {status} {err} {out.decode(errors='replace')}")
    return out.decode()


class Certificate:
    """One file as the openssl program shows it."""

    def __init__(self, path):
        self.path = path
        self.name = path.name
        self.is_ca = path.suffix == ".ca"
        self.text = output("openssl", "x509", "-noout", "-text", "-in", path)
        # Header line -> (critical, value).
        found = re.findall(r"^ {12}(\S.*?): ?(critical)?\s*\n((?: {16}.*\n|\n)*)", self.text, re.M)
        self.extensions = {header: (critical == "critical", value.strip()) for header, critical, value in found}
        self.serial = bytes.fromhex(output("openssl", "x509", "-noout", "-serial", "-in", path).split("=")[1].strip())
        self.asn1 = output("openssl", "asn1parse", "-in", path)
        self.subject = re.search(r"^ {8}Subject: ?(.*)$", self.text, re.M)[1]

    def key_id(self, of):
        return self.extensions[f"X509v3 {of} Key Identifier"][1].replace("keyid:", "")


class MadeCertificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="signet-made-")
        made = subprocess.run([MAKER, "--gtest_filter=made_certificates_test.one_of_each_kind_is_written_for_other_readers"],
                              env={**ENVIRONMENT, "SIGNET_MADE_CERTIFICATES": cls.folder.name}, capture_output=True,
                              timeout=120)
        if made.returncode != 0:
            raise AssertionError(made.stdout.decode(errors="replace") + made.stderr.decode(errors="replace"))
        cls.all = {p.name: Certificate(p) for p in sorted(pathlib.Path(cls.folder.name).iterdir()) if p.suffix != ".chain"}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def path(self, name):
        return pathlib.Path(self.folder.name) / name

    def test_all_kinds_were_made(self):
        expected = {f"{leaf}-{key}.pem" for leaf in LEAVES for key in KEYS}
        expected |= {f"{ca}-{key}.ca" for ca in ("root", "middle") for key in KEYS}
        self.assertEqual(set(self.all), expected)

    def test_version_and_serial_number(self):
        for c in self.all.values():
            with self.subTest(c.name):
                self.assertIn("Version: 3 (0x2)", c.text)
                self.assertTrue(8 <= len(c.serial) <= 20, c.serial.hex())
                self.assertLess(len(c.serial.lstrip(b"\0")) - (c.serial[0] < 0x80), 20)
                self.assertNotIn("Negative", c.text)
        self.assertEqual(len({c.serial for c in self.all.values()}), len(self.all))

    def test_extensions_and_which_are_critical(self):
        for c in self.all.values():
            with self.subTest(c.name):
                self.assertLessEqual(set(c.extensions), set(CRITICAL), c.text)
                for header, must in CRITICAL.items():
                    if header in c.extensions and must is not None:
                        self.assertEqual(c.extensions[header][0], must, header)
                kind = c.name.split("-")[0]
                usage = "X509v3 Extended Key Usage"
                self.assertEqual(usage in c.extensions, not c.is_ca)
                if not c.is_ca:
                    self.assertEqual(c.extensions[usage][0], kind == "stamps")
                    self.assertEqual(c.extensions["X509v3 Basic Constraints"][1], "CA:FALSE")
                    self.assertNotIn("Certificate Sign", c.extensions["X509v3 Key Usage"][1])
                else:
                    self.assertRegex(c.extensions["X509v3 Basic Constraints"][1], r"^CA:TRUE, pathlen:[01]$")
                names = c.extensions.get("X509v3 Subject Alternative Name")
                if names:
                    self.assertEqual(names[0], not c.subject, "critical exactly where the subject is empty")
                self.assertEqual("OCSP No Check" in c.extensions, kind == "ocsp")

    def test_no_extension_stands_there_empty_or_twice(self):
        for c in self.all.values():
            with self.subTest(c.name):
                headers = re.findall(rf"^ {{12}}({'|'.join(CRITICAL)}):", c.text, re.M)
                self.assertEqual(len(headers), len(set(headers)))
                values = re.findall(r"OCTET STRING +\[HEX DUMP\]:([0-9A-F]*)", c.asn1)
                self.assertEqual(len(values), len(headers))
                # An empty sequence is how DER writes CA:FALSE.
                self.assertEqual(values.count("3000"), 0 if c.is_ca else 1)
                self.assertFalse([v for v in values if len(v) < 4])
                self.assertNotRegex(c.asn1, r"BOOLEAN +:0\b", "DER leaves out what is false by default")

    def test_key_identifiers_lead_from_leaf_to_root(self):
        for c in self.all.values():
            with self.subTest(c.name):
                key = c.name.split("-")[1].split(".")[0]
                issuer = self.all[f"{'root' if c.is_ca else 'middle'}-{key}.ca"]
                self.assertEqual(c.key_id("Authority"), issuer.key_id("Subject"))
                self.assertEqual(len(c.key_id("Subject").split(":")), 20)

    def test_times_have_the_form_for_their_year(self):
        for c in self.all.values():
            with self.subTest(c.name):
                times = re.findall(r"(UTCTIME|GENERALIZEDTIME) +:(\d+)Z", c.asn1)
                self.assertEqual(len(times), 2)
                for form, digits in times:
                    if form == "UTCTIME":
                        self.assertEqual(len(digits), 12)
                        self.assertLess(int(digits[:2]), 50)
                    else:
                        self.assertEqual(len(digits), 14)
                        self.assertGreaterEqual(int(digits[:4]), 2050)
        self.assertRegex(self.all["until2049-ecP256.pem"].asn1, r"UTCTIME +:491231235959Z")
        self.assertRegex(self.all["from2050-ecP256.pem"].asn1, r"GENERALIZEDTIME +:20500101000000Z")

    def test_a_host_in_the_subject_is_among_the_names(self):
        for c in self.all.values():
            with self.subTest(c.name):
                host = re.search(r"CN = (\S+\.test)$", c.subject)
                if host:
                    self.assertIn(f"DNS:{host[1]}", c.extensions["X509v3 Subject Alternative Name"][1])

    def test_key_encipherment_is_for_rsa_only(self):
        for c in self.all.values():
            with self.subTest(c.name):
                is_rsa = "Public Key Algorithm: rsaEncryption" in c.text
                if not is_rsa:
                    self.assertNotIn("Encipherment", c.extensions["X509v3 Key Usage"][1])
        self.assertIn("Key Encipherment", self.all["server-rsa2048.pem"].extensions["X509v3 Key Usage"][1])

    def test_certtool_reads_and_verifies_each(self):
        for c in self.all.values():
            with self.subTest(c.name):
                said = output("certtool", "--certificate-info", "--infile", c.path)
                self.assertNotRegex(said, r"(?i)error|unknown extension (?!1\.3\.6\.1\.5\.5\.7\.48\.1\.5 )")
                if c.is_ca:
                    continue
                key = c.name.split("-")[1].split(".")[0]
                said = output("certtool", "--verify", "--load-ca-certificate", self.path(f"root-{key}.ca"), "--infile",
                              c.path.with_suffix(".chain"))
                self.assertIn("Verified. The certificate is trusted.", said)

    def test_perl_reads_each_field(self):
        paths = [c.path for c in self.all.values()]
        hashes = [json.loads(line) for line in output("/usr/bin/perl", HERE / "certificate_as_hash.pl", *paths).splitlines()]
        self.assertEqual(len(hashes), len(paths))
        now = time.time()
        for c, seen in zip(self.all.values(), hashes):
            with self.subTest(c.name):
                kind, key = c.path.stem.split("-")
                self.assertEqual(seen["version"], 2)
                self.assertEqual(int(seen["serial"]), int.from_bytes(c.serial, "big"))
                self.assertEqual(seen["issuer"]["commonName"], f"root {key}" if c.is_ca else f"middle {key}")
                self.assertLess(seen["not_before"], now)
                self.assertGreater(seen["not_before"], now - 3600 - 600)
                if kind in ("server", "full", "client", "code", "email", "stamps", "ocsp", "renewed", "signed"):
                    self.assertEqual(seen["not_after"] - seen["not_before"], 90 * 86400 + 3600 - 1)
                if kind == "from2050":
                    self.assertEqual(seen["not_after"], BEGIN_2050)
                if kind in PURPOSES:
                    self.assertEqual(seen["extkeyusage"]["oid"], [PURPOSES[kind]])
                self.assertIn("cRLSign" if c.is_ca else "digitalSignature", seen["keyusage"])
                self.assertFalse([e for e in seen["ext"] if not e["data"] and e["sn"] != "noCheck"])
                if kind in ("full", "renewed", "cloned"):
                    self.assertEqual(seen["subject"], {"countryName": "DE", "organizationName": "\u00c4",
                                                       "organizationalUnitName": ["a", "b"], "commonName": "www.a.test"})
                    self.assertEqual(seen["subjectAltNames"], [["DNS", "www.a.test"], ["DNS", "*.a.test"],
                                                               ["EMAIL", "me@a.test"]])
                if kind in ("full", "renewed"):
                    self.assertEqual(seen["ocsp_uri"], ["http://ocsp.test/1", "http://ocsp.test/2"])
                    self.assertEqual(seen["crl_uri"], ["http://crl.test/1"])
                if kind == "cloned":
                    self.assertFalse(seen.get("crl_uri"))


if __name__ == "__main__":
    unittest.main()
