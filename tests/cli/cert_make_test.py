"""signet cert ca, create, csr and sign: all that can be asked for stands in what is made, and nothing else is made."""

import re
import stat
import unittest

import common  # noqa: F401
from cert_support import GUIDE, CertTest
from support.signet_testing import PKI, TOOL, run


class Authorities(CertTest):
    def test_a_ca_may_issue_for_what_it_is_permitted_only(self):
        self.ca("--permit", "inside.example", "--permit", "192.0.2.0/24", "--permit", "2001:db8::/32", "--exclude", "out.inside.example")
        text = self.printed("ca.pem")
        for part in ("DNS:inside.example", "IP:192.0.2.0/255.255.255.0", "IP:2001:DB8:0:0:0:0:0:0/FFFF:FFFF:0:0:0:0:0:0",
                     "X509v3 Name Constraints: critical", "pathlen:0"):
            self.assertIn(part, text)
        self.create("--dns", "a.inside.example", "--ip", "192.0.2.9")
        self.strict("cert.pem")
        for option, value in (("--dns", "elsewhere.example"), ("--dns", "out.inside.example"), ("--ip", "198.51.100.1")):
            self.refused(2, "cert", "create", "--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"), option, value, "--out",
                         self.path("bad.pem"), "--out-key", self.path("bad-key.pem"), says=f"may not issue for (DNS|IP):{value}: by its name constraints")
        self.assertEqual(self.remaining(), ["ca-key.pem", "ca.pem", "cert-key.pem", "cert.pem"])

    def test_an_intermediate_stands_between_root_and_leaf(self):
        self.ca("--path-length", "1")
        self.fine("cert", "ca", "--cn", "Issuing", "--org", "Example", "--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"),
                  "--out", self.path("issuing.pem"), "--out-key", self.path("issuing-key.pem"))
        self.create("--dns", "a.example", ca="issuing")
        chain = self.path("cert.pem").read_text()
        self.assertEqual(chain.count("BEGIN CERTIFICATE"), 2, "leaf and intermediate, without the root")
        self.openssl("verify", "-x509_strict", "-CAfile", self.path("ca.pem"), "-untrusted", self.path("cert.pem"), self.path("cert.pem"))

    def test_a_ca_below_a_ca_that_may_not_have_one_is_2(self):
        self.ca()
        self.refused(2, "cert", "ca", "--cn", "x", "--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"), "--out",
                     self.path("i.pem"), "--out-key", self.path("i-key.pem"), says="path length|below")
        self.assertEqual(self.remaining(), ["ca-key.pem", "ca.pem"])

    def test_a_whole_subject(self):
        self.fine("cert", "ca", "--subject", "CN=Müller\\, Sohn,OU=Keys,O=Example,C=DE", "--out", self.path("ca.pem"), "--out-key",
                  self.path("ca-key.pem"))
        subject = self.openssl("x509", "-in", self.path("ca.pem"), "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8")
        self.assertEqual(subject.strip(), "subject=CN=Müller\\, Sohn,OU=Keys,O=Example,C=DE")
        self.refused(2, "cert", "ca", "--subject", "CN", "--out", self.path("a"), "--out-key", self.path("b"), says="--subject")
        self.refused(2, "cert", "ca", "--subject", "CN=a", "--cn", "b", "--out", self.path("a"), "--out-key", self.path("b"))

    def test_keys_are_encrypted_with_a_password_from_a_file(self):
        password = self.password_file()
        self.ca("--out-password-file", password)
        key = self.path("ca-key.pem")
        self.assertIn("BEGIN ENCRYPTED PRIVATE KEY", key.read_text())
        self.assertEqual(stat.S_IMODE(key.stat().st_mode), 0o600)
        self.openssl("pkey", "-in", key, "-passin", "pass:correct horse", "-noout")
        self.refused(5, "cert", "create", "--ca", self.path("ca.pem"), "--ca-key", key, "--dns", "a.example", "--out", self.path("c"),
                     "--out-key", self.path("k"), says="password", hint="--ca-password-file")
        self.create("--dns", "a.example", "--ca-password-file", password)
        self.strict("cert.pem")
        empty = self.write("empty", b"\nsecond\n")
        self.refused(5, "cert", "ca", "--cn", "x", "--out", self.path("x"), "--out-key", self.path("y"), "--out-password-file", empty)


class Leaves(CertTest):
    def test_all_that_can_be_asked_for_stands_in_it(self):
        self.ca()
        self.create("--subject", "CN=host,O=Example", "--dns", "a.example", "--ip", "192.0.2.1", "--email", "me@a.example", "--uri",
                    "https://a.example/x", "--purpose", "server,client,email", "--extended-key-usage", "1.2.3.4.5", "--ocsp-url",
                    "http://ocsp.example/", "--crl-url", "http://crl.example/list", "--ca-issuer-url", "http://ca.example/ca.der", "--policy",
                    "1.2.3.4.6", "--must-staple", "--serial", "0123456789abcdef", "--digest", "sha384", "--not-before",
                    "2030-01-01T00:00:00Z", "--not-after", "2030-02-01T12:00:00+02:00", "--extension", "1.2.3.4.7=critical,ASN1:UTF8String:hi",
                    "--key-type", "rsa:2048")
        # openssl 3.0 writes "O = Example", 3.5 "O=Example".
        text = self.printed("cert.pem").replace(" = ", "=")
        for part in ("O=Example", "DNS:a.example", "IP Address:192.0.2.1", "email:me@a.example", "URI:https://a.example/x",
                     "TLS Web Server Authentication", "TLS Web Client Authentication", "E-mail Protection", "1.2.3.4.5",
                     "OCSP - URI:http://ocsp.example/", "URI:http://crl.example/list", "CA Issuers - URI:http://ca.example/ca.der",
                     "Policy: 1.2.3.4.6", "status_request", "01:23:45:67:89:ab:cd:ef", "ecdsa-with-SHA384", "Jan  1 00:00:00 2030",
                     "Feb  1 10:00:00 2030", "1.2.3.4.7: critical", "Public-Key: (2048 bit)", "CA:FALSE"):
            self.assertIn(part, text.replace("81985529216486895 (0x123456789abcdef)", "01:23:45:67:89:ab:cd:ef"))

    def test_each_purpose_is_its_own(self):
        self.ca()
        for purpose, words in (("server", "TLS Web Server Authentication"), ("client", "TLS Web Client Authentication"),
                               ("code-signing", "Code Signing"), ("email", "E-mail Protection"), ("time-stamping", "Time Stamping"),
                               ("ocsp-signing", "OCSP Signing")):
            with self.subTest(purpose=purpose):
                self.create("--dns", "a.example", "--purpose", purpose, "--force")
                usage = self.openssl("x509", "-in", self.path("cert.pem"), "-noout", "-ext", "extendedKeyUsage")
                self.assertEqual([line.strip() for line in usage.splitlines()][1:], [words])
                self.strict("cert.pem")

    def test_days_and_ends_of_the_period(self):
        self.ca("--days", "400")
        self.create("--dns", "a.example", "--days", "20")
        self.openssl("x509", "-in", self.path("cert.pem"), "-noout", "-checkend", str(19 * 86400))
        self.assertNotEqual(run("openssl", "x509", "-in", self.path("cert.pem"), "-noout", "-checkend", str(21 * 86400))[0], 0)
        self.fine("cert", "create", "--self-signed", "--dns", "a.example", "--not-before", "2030-01-01", "--out", self.path("s.pem"),
                  "--out-key", self.path("s-key.pem"))
        dates = self.openssl("x509", "-in", self.path("s.pem"), "-noout", "-dates")
        self.assertIn("notBefore=Jan  1 00:00:00 2030", dates)
        self.assertIn("notAfter=Mar 31 23:59:59 2030", dates)

    def test_what_ends_with_its_ca_is_told(self):
        self.ca("--path-length", "1", "--days", "40")
        issuer = ("--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"))
        ends = self.json_of("cert", "show", "--json", self.path("ca.pem"))["certificates"][0]["not_after"]
        self.fine("cert", "csr", "--dns", "a.example", "--out-key", self.path("r-key.pem"), "--out", self.path("r.pem"))
        self.create("--dns", "a.example", "--days", "39", name="old")
        for command in (("create", "--dns", "a.example", "--out-key", self.path("k1")), ("ca", "--cn", "Issuing", "--out-key", self.path("k2")),
                        ("sign", "--in", self.path("r.pem")),
                        ("create", "--renew", self.path("old.pem"), "--key", self.path("old-key.pem"))):
            with self.subTest(command=command):
                for days, told in (("400", True), ("39", False), (None, False)):
                    out, err = self.fine("cert", *command, *issuer, "--out", self.path("c.pem"), "--force",
                                         *(("--days", days) if days else ()))
                    (self.assertRegex if told else self.assertNotRegex)(err, f"(?m)^signet: warning: --days 400: .*ends with its CA, on {ends}$")
        err = self.create("--dns", "a.example", "--days", "41", "--json", name="json")[1]
        self.assertRegex(err, "(?m)^signet: warning: --days 41: ")

    def test_who_is_no_ca_is_5(self):
        self.ca()
        self.create("--dns", "a.example")
        leaf = ("--ca", self.path("cert.pem"), "--ca-key", self.path("cert-key.pem"), "--out", self.path("c"))
        request = self.write("r.pem", self.fine("cert", "csr", "--dns", "a.example", "--key", self.path("cert-key.pem"))[0])
        before = self.remaining()
        for command in (("create", "--dns", "b.example", "--out-key", self.path("k")), ("ca", "--cn", "x", "--out-key", self.path("k")),
                        ("sign", "--in", request), ("create", "--like", PKI / "server.pem", "--out-key", self.path("k"))):
            with self.subTest(command=command):
                self.refused(5, "cert", *command, *leaf, says="cert.pem: .*is not a CA")
                self.assertEqual(self.remaining(), before)

    def test_a_key_that_is_there_is_used_and_not_written(self):
        self.ca()
        self.fine("cert", "create", "--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"), "--dns", "a.example", "--key",
                  PKI / "server-enc-pkcs8.key", "--password-file", self.password_file("bluebell"), "--out", self.path("c.pem"))
        ours = self.openssl("x509", "-in", self.path("c.pem"), "-noout", "-pubkey")
        self.assertEqual(ours, self.openssl("pkey", "-in", PKI / "server.key", "-pubout"))
        self.assertEqual(self.remaining(), ["c.pem", "ca-key.pem", "ca.pem", "password"])

    def test_a_key_that_is_there_has_its_type(self):
        self.refused(2, "cert", "create", "--self-signed", "--dns", "a.example", "--key", PKI / "server.key", "--key-type", "ec:P-256",
                     "--out", self.path("c"), says="--key-type")
        self.refused(2, "cert", "csr", "--dns", "a.example", "--key", PKI / "server.key", "--key-type", "rsa:2048", says="--key-type")
        self.assertEqual(self.remaining(), [])

    def test_stdin_is_read_once(self):
        both = (PKI / "combined.pem").read_bytes()
        self.refused(2, "cert", "create", "--self-signed", "--renew", "-", "--key", "-", "--out", self.path("c"), given=both, says="once")
        self.fine("cert", "create", "--self-signed", "--dns", "a.example", "--key", "-", "--out", self.path("c"), given=both)

    def test_pkcs12_holds_key_and_chain(self):
        self.ca("--path-length", "1")
        self.fine("cert", "ca", "--cn", "Issuing", "--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"), "--out",
                  self.path("issuing.pem"), "--out-key", self.path("issuing-key.pem"))
        bundle = self.path("both.p12")
        self.fine("cert", "create", "--ca", self.path("issuing.pem"), "--ca-key", self.path("issuing-key.pem"), "--dns", "a.example",
                  "--out-p12", bundle, "--out-password-file", self.password_file())
        self.assertEqual(stat.S_IMODE(bundle.stat().st_mode), 0o600)
        text = self.openssl("pkcs12", "-in", bundle, "-passin", "pass:correct horse", "-nodes")
        self.assertEqual(text.count("BEGIN CERTIFICATE"), 2)
        self.assertIn("BEGIN PRIVATE KEY", text)
        self.refused(2, "cert", "create", "--self-signed", "--dns", "a.example", "--out-p12", self.path("x"), says="--out-password-file")

    def test_stdout_takes_both(self):
        out, err = self.fine("cert", "create", "--self-signed", "--dns", "a.example", "--out", "-", "--out-key", "-")
        self.assertIn(b"BEGIN CERTIFICATE", out)
        self.assertIn(b"BEGIN PRIVATE KEY", out)
        self.assertEqual(self.remaining(), [])
        self.refused(2, "cert", "create", "--self-signed", "--dns", "a.example", "--out", "-", "--out-key", self.path("k"), "--json",
                     says="stdout")

    def test_mistakes_are_2_and_leave_nothing(self):
        start = ("cert", "create", "--self-signed", "--dns", "a.example", "--out", self.path("c"), "--out-key", self.path("k"))
        for more in (("--days", "0"), ("--days", "x"), ("--days", "36501"), ("--serial", "xyz"), ("--serial", "00" * 21),
                     ("--not-before", "yesterday"), ("--not-before", "2030-02-30"), ("--not-before", "2030-01-01T25:00:00Z"),
                     ("--not-before", "2030-01-01T00:00:00"), ("--not-after", "2031-01-01T00:00:00Z", "--days", "3"),
                     ("--not-before", "2031-01-01", "--not-after", "2030-01-01"), ("--digest", "md5"), ("--digest", "sha-banana"),
                     ("--purpose", "server,party"), ("--key-usage", "signing"), ("--extended-key-usage", "not an oid"),
                     ("--policy", "1.x"), ("--extension", "novalue"), ("--extension", "=x"), ("--extension", "1.2.3=NONSENSE:1"),
                     ("--email", "no at sign"), ("--key-type", "dsa"), ("--like-mode", "fixed"), ("--like-mode", "nearly"),
                     ("--ca-key", "k"), ("--ocsp-url", ""), ("--uri", "")):
            with self.subTest(more=more):
                self.refused(2, *start, *more)
                self.assertEqual(self.remaining(), [])

    def test_renewal_keeps_what_it_says(self):
        self.ca()
        self.create("--dns", "a.example", "--purpose", "server,client", "--must-staple", "--days", "30")
        self.fine("cert", "create", "--renew", self.path("cert.pem"), "--key", self.path("cert-key.pem"), "--ca", self.path("ca.pem"),
                  "--ca-key", self.path("ca-key.pem"), "--days", "60", "--out", self.path("new.pem"))
        self.strict("new.pem", "-purpose", "sslclient")
        old, new = (self.json_of("cert", "show", "--json", self.path(n))["certificates"][0] for n in ("cert.pem", "new.pem"))
        for same in ("subject", "dns_names", "extended_key_usage", "must_staple", "public_key"):
            self.assertEqual(new[same], old[same])
        self.assertNotEqual(new["serial_number"], old["serial_number"])
        self.assertGreater(new["not_after"], old["not_after"])
        self.refused(2, "cert", "create", "--renew", self.path("cert.pem"), "--dns", "b.example", "--self-signed", "--out",
                     self.path("x"), "--out-key", self.path("y"), says="--dns does not go with --renew")

    def test_look_alikes(self):
        self.ca()

        def like(name, *options):
            self.fine("cert", "create", "--like", PKI / "server.pem", "--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"),
                      "--out", self.path(f"{name}.pem"), "--out-key", self.path(f"{name}-key.pem"), *options)
            return self.json_of("cert", "show", "--json", self.path(f"{name}.pem"))["certificates"][0]

        original = self.json_of("cert", "show", "--json", PKI / "server.pem")["certificates"][0]
        exact = like("exact")
        for same in ("subject", "alternative_names", "not_before", "not_after", "extended_key_usage", "key_usage"):
            self.assertEqual(exact[same], original[same])
        self.assertNotEqual(exact["public_key"], original["public_key"])
        self.strict("exact.pem")
        sni = like("sni", "--like-mode", "sni-only", "--dns", "other.example", "--serial", "77")
        self.assertEqual((sni["dns_names"], sni["not_after"], sni["serial_number"]), (["other.example"], original["not_after"], "77"))
        fixed = like("fixed", "--like-mode", "fixed", "--ip", "192.0.2.7")
        self.assertEqual(fixed["ip_addresses"], ["192.0.2.7"])
        self.assertNotEqual(fixed["not_after"], original["not_after"])
        self.refused(2, "cert", "create", "--like", PKI / "server.pem", "--self-signed", "--out", self.path("a"), "--out-key",
                     self.path("b"), says="--self-signed")
        self.refused(2, "cert", "create", "--like", PKI / "ca.pem", "--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"),
                     "--out", self.path("a"), "--out-key", self.path("b"))


class Requests(CertTest):
    def request(self, *options):
        self.fine("cert", "csr", "--out", self.path("request.pem"), "--out-key", self.path("key.pem"), *options)

    def sign(self, *options, given=b""):
        return self.fine("cert", "sign", "--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"), *options, given=given)

    def test_a_request_that_openssl_accepts_becomes_a_certificate(self):
        self.ca()
        self.request("--dns", "a.example", "--ip", "192.0.2.1", "--org", "Example")
        self.assertIn("DNS:a.example, IP Address:192.0.2.1", self.openssl("req", "-in", self.path("request.pem"), "-verify", "-noout", "-text"))
        self.assertEqual(stat.S_IMODE(self.path("key.pem").stat().st_mode), 0o600)
        self.sign("--in", self.path("request.pem"), "--out", self.path("cert.pem"), "--days", "10")
        self.strict("cert.pem", "-verify_hostname", "a.example")
        self.assertEqual(self.openssl("x509", "-in", self.path("cert.pem"), "-noout", "-pubkey"),
                         self.openssl("pkey", "-in", self.path("key.pem"), "-pubout"))

    def test_openssls_request_from_stdin_to_stdout(self):
        self.ca()
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=b.example", "-addext",
                     "subjectAltName=DNS:b.example", "-keyout", self.path("k"), "-out", self.path("r"))
        out, err = self.sign("--in", "-", given=self.path("r").read_bytes())
        self.assertEqual(err, "")
        self.write("cert.pem", out)
        self.strict("cert.pem", "-verify_hostname", "b.example")

    def test_the_issuer_has_the_last_word(self):
        self.ca()
        self.request("--dns", "a.example", "--purpose", "client")
        self.refused(2, "cert", "sign", "--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"), "--in",
                     self.path("request.pem"), says="clientAuth|purpose|client")
        self.sign("--in", self.path("request.pem"), "--purpose", "client", "--dns", "z.example", "--out", self.path("cert.pem"))
        shown = self.json_of("cert", "show", "--json", self.path("cert.pem"))["certificates"][0]
        self.assertEqual(shown["dns_names"], ["z.example"])
        self.assertEqual([one["name"] for one in shown["extended_key_usage"]], ["clientAuth"])

    def test_json(self):
        document = self.json_of("cert", "csr", "--dns", "a.example", "--out-key", self.path("k"), "--json")
        self.assertEqual(document["alternative_names"], [{"kind": "dNSName", "value": "a.example"}])
        self.assertEqual(document["key"], str(self.path("k")))
        self.openssl("req", "-verify", "-noout", given=document["pem"].encode())
        self.ca()
        signed = self.json_of("cert", "sign", "--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"), "--in", "-", "--json",
                              given=document["pem"].encode())
        self.assertEqual((signed["key"], signed["pkcs12"]), (None, None))
        self.assertEqual((signed["certificate"], signed["dns_names"], signed["issuer"]), (None, ["a.example"], "CN=Test CA"))

    def test_a_forged_request_is_refused(self):
        self.ca()
        self.request("--dns", "a.example")
        der = bytearray(self.openssl_bytes("req", "-in", self.path("request.pem"), "-outform", "DER"))
        der[-5] ^= 1
        self.refused(1, "cert", "sign", "--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"), "--in",
                     self.write("forged", bytes(der)), says="signature|shown|key")
        for other in (PKI / "server.pem", PKI / "server.key", PKI / "garbage.pem", PKI / "empty.pem", self.path("none")):
            self.refused(5, "cert", "sign", "--ca", self.path("ca.pem"), "--ca-key", self.path("ca-key.pem"), "--in", other)

    def openssl_bytes(self, *args):
        status, out, err = run("openssl", *args)
        self.assertEqual(status, 0, err)
        return out


class Guide(CertTest):
    def test_its_commands_run_as_printed(self):
        script = re.search("^### Making.*?^```sh\n(.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE).group(1)
        self.assertGreaterEqual(script.count("signet cert "), 5)
        status, _, err = self.in_sh(script)
        self.assertEqual(status, 0, err)
        for name in ("ca.pem", "cert.pem"):
            self.assertIn(name, self.remaining())


class Together(CertTest):
    """Files that belong together come together or not at all."""

    def test_a_target_that_is_full_leaves_no_other(self):
        for full in ("--out", "--out-key", "--out-p12"):
            with self.subTest(full=full):
                files = {"--out": self.path("c"), "--out-key": self.path("k"), "--out-p12": self.path("p"), full: "/dev/full"}
                self.refused(5, "cert", "create", "--self-signed", "--dns", "a.example", "--out-password-file", self.password_file(),
                             *[word for pair in files.items() for word in pair], says="No space")
                self.assertEqual(self.remaining(), ["password"])

    def test_one_that_exists_keeps_the_others_away(self):
        for existing in ("c", "k", "p"):
            with self.subTest(existing=existing):
                self.write(existing, b"precious")
                self.refused(5, "cert", "create", "--self-signed", "--dns", "a.example", "--out", self.path("c"), "--out-key",
                             self.path("k"), "--out-p12", self.path("p"), "--out-password-file", self.password_file(), hint="--force")
                self.assertEqual(self.remaining(), sorted([existing, "password"]))
                self.path(existing).unlink()

    def test_a_refusal_by_the_library_leaves_nothing(self):
        self.refused(2, "cert", "create", "--self-signed", "--dns", "a b", "--out", self.path("c"), "--out-key", self.path("k"))
        self.assertEqual(self.remaining(), [])

    def test_an_stdout_that_takes_nothing_is_5_and_leaves_no_key(self):
        for redirected in (">/dev/full", ">&-"):
            with self.subTest(redirected=redirected):
                status, _, err = run("/bin/sh", "-c", f'exec "$0" "$@" {redirected}', TOOL, "cert", "create",
                                     "--self-signed", "--dns", "a.example", "--out", "-", "--out-key", self.path("k"))
                self.assertEqual(status, 5, err)
                self.assertRegex(err, "(?m)^signet: writing")
                self.assertEqual(self.remaining(), [])


if __name__ == "__main__":
    unittest.main()
