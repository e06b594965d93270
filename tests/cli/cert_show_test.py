"""signet cert show: every field, from every form and place; keys keep their secret, and foreign text its place."""

import json
import os
import re
import socket
import ssl
import unittest

import common  # noqa: F401
from cert_support import CertTest
from support.signet_testing import CA, PATIENCE, PKI, TOOL, Peer, Program, free_port, run, signet, signet_server

RICH = """[req]
distinguished_name = name
prompt = no
utf8 = yes
string_mask = utf8only
x509_extensions = rich
[name]
C = DE
O = Löwe GmbH
CN = rich.example
[rich]
basicConstraints = critical,CA:TRUE,pathlen:3
keyUsage = critical,digitalSignature,keyCertSign,cRLSign
extendedKeyUsage = serverAuth,1.2.3.4.5
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always,issuer:always
subjectAltName = DNS:rich.example,DNS:*.rich.example,IP:192.0.2.1,IP:2001:db8::1,email:me@rich.example,URI:https://rich.example/,RID:1.2.3.4,dirName:other,otherName:1.2.3.4.9;UTF8:someone
authorityInfoAccess = OCSP;URI:http://ocsp.example/,caIssuers;URI:http://ca.example/ca.der
crlDistributionPoints = points
certificatePolicies = 1.2.3.4.6,@policy
nameConstraints = critical,permitted;DNS:rich.example,permitted;IP:192.0.2.0/255.255.255.0,excluded;DNS:bad.rich.example
tlsfeature = status_request
1.2.3.4.7 = critical,ASN1:UTF8String:hi
[other]
CN = someone else
[points]
fullname = URI:http://crl.example/list
reasons = keyCompromise, CACompromise
[policy]
policyIdentifier = 1.2.3.4.8
CPS.1 = http://cps.example/
userNotice.1 = @notice
[notice]
explicitText = UTF8:be careful
"""


class Show(CertTest):
    def rich(self):
        self.write("rich.cnf", RICH.encode())
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-config", self.path("rich.cnf"), "-days", "100", "-set_serial",
                     "0x0123456789abcdef", "-keyout", self.path("rich.key"), "-out", self.path("rich.pem"))
        return self.path("rich.pem")

    def show(self, *args, given=b""):
        document = self.json_of("cert", "show", "--json", *args, given=given)
        self.assertEqual(set(document), {"certificates", "keys", "requests", "crls", "peers", "skipped"})
        return document

    def only(self, *args):
        (certificate,) = self.show(*args)["certificates"]
        return certificate

    def test_json_has_every_field(self):
        file = self.rich()
        cert = self.only(file)
        der = ssl.PEM_cert_to_DER_cert(file.read_text())
        plain = {
            "source": str(file), "version": 3, "serial_number": "0123456789abcdef", "subject": "CN=rich.example,O=Löwe GmbH,C=DE",
            "issuer": "CN=rich.example,O=Löwe GmbH,C=DE", "common_name": "rich.example", "dns_names": ["rich.example", "*.rich.example"],
            "ip_addresses": ["192.0.2.1", "2001:db8::1"], "is_self_issued": True, "must_staple": True, "broken_extensions": [],
            "signed_timestamps": [], "ocsp_urls": ["http://ocsp.example/"], "ca_issuer_urls": ["http://ca.example/ca.der"],
            "crl_urls": ["http://crl.example/list"], "basic_constraints": {"is_ca": True, "path_length": 3},
            "key_usage": ["digitalSignature", "keyCertSign", "cRLSign"],
            "subject_attributes": [{"type": "C", "value": "DE", "is_joined": False},
                                   {"type": "O", "value": "Löwe GmbH", "is_joined": False},
                                   {"type": "CN", "value": "rich.example", "is_joined": False}],
            "extended_key_usage": [{"oid": "1.3.6.1.5.5.7.3.1", "name": "serverAuth"}, {"oid": "1.2.3.4.5", "name": None}],
            "authority_access": [{"method": {"oid": "1.3.6.1.5.5.7.48.1", "name": "OCSP"},
                                  "location": {"kind": "uniformResourceIdentifier", "value": "http://ocsp.example/"}},
                                 {"method": {"oid": "1.3.6.1.5.5.7.48.2", "name": "caIssuers"},
                                  "location": {"kind": "uniformResourceIdentifier", "value": "http://ca.example/ca.der"}}],
            "crl_distribution_points": [{"names": [{"kind": "uniformResourceIdentifier", "value": "http://crl.example/list"}],
                                         "relative_name": None, "crl_issuer": [], "reasons": ["keyCompromise", "cACompromise"]}],
            "policies": [{"oid": "1.2.3.4.6", "name": None, "statement_urls": [], "notices": []},
                         {"oid": "1.2.3.4.8", "name": None, "statement_urls": ["http://cps.example/"], "notices": ["be careful"]}],
            "name_constraints": {"permitted": [{"kind": "dNSName", "value": "rich.example"},
                                               {"kind": "iPAddress", "value": "192.0.2.0/24"}],
                                 "excluded": [{"kind": "dNSName", "value": "bad.rich.example"}]},
            "signature_algorithm": {"oid": "1.2.840.113549.1.1.11", "name": "RSA-SHA256"},
            "pem": file.read_text(),
        }
        for key, value in plain.items():
            self.assertEqual(cert[key], value, key)
        self.assertEqual(cert["issuer_attributes"], cert["subject_attributes"])
        self.assertEqual([(one["kind"], one["value"]) for one in cert["alternative_names"]][:7],
                         [("dNSName", "rich.example"), ("dNSName", "*.rich.example"), ("iPAddress", "192.0.2.1"),
                          ("iPAddress", "2001:db8::1"), ("rfc822Name", "me@rich.example"),
                          ("uniformResourceIdentifier", "https://rich.example/"), ("registeredID", "1.2.3.4")])
        self.assertEqual(cert["alternative_names"][7], {"kind": "directoryName", "value": "CN=someone else"})
        self.assertEqual(cert["alternative_names"][8]["kind"], "otherName")
        self.assertTrue(cert["alternative_names"][8]["value"].startswith("1.2.3.4.9="))
        for digest in ("sha1", "sha256", "sha384", "sha512"):
            self.assertEqual(cert["fingerprints"][digest], self.fingerprint(file, digest))
        key = cert["public_key"]
        self.assertEqual(key["type"], "RSA 2048")
        self.assertIn(bytes.fromhex(key["der"]), der)
        self.assertRegex(key["info_fingerprints"]["sha256"], "^[0-9a-f]{64}$")
        self.assertEqual(key["key_fingerprints"]["sha1"], cert["subject_key_id"], "RFC 5280 section 4.2.1.2, method 1")
        self.assertEqual(cert["authority_key_id"]["key_id"], cert["subject_key_id"])
        self.assertEqual(cert["authority_key_id"]["serial_number"], "0123456789abcdef")
        self.assertTrue(der.endswith(bytes.fromhex(cert["signature"])))
        names = {one["oid"]: one for one in cert["extensions"]}
        self.assertEqual(len(cert["extensions"]), 12)
        self.assertEqual({k: names["1.2.3.4.7"][k] for k in ("name", "is_critical", "value")},
                         {"name": None, "is_critical": True, "value": "0c026869"})
        self.assertIn("DNS:rich.example", names["2.5.29.17"]["text"])
        when = self.openssl("x509", "-in", file, "-noout", "-dates", "-dateopt", "iso_8601").replace(" ", "T")
        self.assertEqual(when.split(), ["notBefore=" + cert["not_before"], "notAfter=" + cert["not_after"]])
        self.assertIn(cert["days_left"], (99, 100))
        self.assertTrue(0.98 < cert["remaining_life"] <= 1)
        self.assertEqual(len(cert), 37, "a new field needs a line here and one in the guide")

    def test_absent_fields_are_null_or_empty(self):
        cert = self.only(PKI / "self-signed.pem")
        for key, value in (("authority_key_id", None), ("name_constraints", None), ("policies", []), ("must_staple", False),
                           ("crl_urls", [])):
            self.assertEqual(cert[key], value)
        (old,) = self.show(PKI / "crl-v1.pem")["crls"]
        self.assertIsNone(old["number"])
        self.assertTrue(old["entries"])
        for entry in old["entries"]:
            self.assertIsNone(entry["issuer"])
            self.assertIsNone(entry["invalid_since"])
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/O=x", "-addext",
                     "subjectKeyIdentifier=none", "-addext", "authorityKeyIdentifier=none", "-keyout", self.path("k"), "-out", self.path("bare"))
        bare = self.only(self.path("bare"))
        self.assertEqual([bare[key] for key in ("common_name", "subject_key_id", "authority_key_id")], [None] * 3)

    def test_every_form_is_told_by_its_content(self):
        self.ca()
        self.create("--dns", "a.example")
        cert, key, bundle = self.path("cert.pem"), self.path("cert-key.pem"), self.path("b.p12")
        self.openssl("x509", "-in", cert, "-outform", "DER", "-out", self.path("cert.txt"))
        self.openssl("pkey", "-in", key, "-outform", "DER", "-out", self.path("key.jpg"))
        self.openssl("req", "-new", "-key", key, "-subj", "/CN=b", "-outform", "DER", "-out", self.path("request"))
        self.openssl("pkcs12", "-export", "-in", cert, "-inkey", key, "-passout", "pass:pw", "-out", bundle)
        pem = self.only(cert)["pem"]
        self.assertEqual(self.only(self.path("cert.txt"))["pem"], pem)
        self.assertEqual(self.only("--password-file", self.password_file("pw"), bundle)["pem"], pem)
        document = self.show(self.path("key.jpg"), self.path("request"))
        self.assertEqual([one["type"] for one in document["keys"]], ["EC P-256"])
        self.assertEqual([one["subject"] for one in document["requests"]], ["CN=b"])
        self.assertEqual(self.show("-", given=cert.read_bytes())["certificates"][0]["source"], "stdin")

    def test_revocation_lists(self):
        lists = [p for p in sorted(PKI.glob("*crl*")) if p.suffix in (".pem", ".der")]
        self.assertTrue(lists, "the test PKI makes some")
        shown = 0
        for file in lists:
            status, out, err = signet("cert", "show", "--json", file)
            self.assertIn(status, (0, 5), err)
            if status == 0:
                for one in json.loads(out)["crls"]:
                    shown += 1
                    self.assertIn("signet tests", one["issuer"])
                    self.assertRegex(one["this_update"], "Z$")
                self.assertIn(b"revocation list", self.fine("cert", "show", file)[0])
        self.assertGreater(shown, 0)

    def test_the_short_form(self):
        out, err = self.fine("cert", "show", self.rich(), PKI / "server.pem")
        text = out.decode()
        self.assertEqual(err, "")
        for part in ("1 of 2: certificate (", "2 of 2: certificate (", "  subject       CN=rich.example,O=Löwe GmbH,C=DE\n",
                     "  names         rich.example, *.rich.example, 192.0.2.1, 2001:db8::1, me@rich.example",
                     "  public key    RSA 2048\n", "  CA            yes, path length 3\n",
                     "  must staple   yes\n", "  further       1.2.3.4.7 (critical)\n", "  issuer        CN=signet test root,O=signet tests\n",
                     f"  sha256        {self.fingerprint(PKI / 'server.pem')}\n"):
            self.assertIn(part, text)
        self.assertRegex(text, r"\((100|99) days left, (100|99) % of its life\)")
        self.assertNotIn("\x1b", text, "no colour where there is no terminal")
        self.assertIn("\x1b[", self.fine("cert", "show", "--color", "always", PKI / "expired.pem")[0].decode())
        self.assertIn("expired", self.fine("cert", "show", PKI / "expired.pem")[0].decode())

    def test_a_key_keeps_its_secret(self):
        secret = re.search(r"priv:\n((?:\s+[0-9a-f:]+\n)+)", self.openssl("pkey", "-in", PKI / "server.key", "-noout", "-text"))[1]
        secret = bytes.fromhex(re.sub("[^0-9a-f]", "", secret)).lstrip(b"\0")
        body = "".join(PKI.joinpath("server.key").read_text().splitlines()[1:-1])
        for options in ((), ("--json",), ("--pem",)):
            out = self.fine("cert", "show", PKI / "server.key", *options)[0].decode()
            self.assertNotIn(secret.hex(), out)
            self.assertNotIn("PRIVATE", out)
            self.assertNotIn(body[20:60], out.replace("\n", ""))
        (key,) = self.show(PKI / "server.key")["keys"]
        self.assertEqual(key["public_key_pem"], self.openssl("pkey", "-in", PKI / "server.key", "-pubout"))
        self.assertEqual(key["public_key"], self.only(PKI / "server.pem")["public_key"])

    def test_an_encrypted_key_beside_a_certificate_hides_nothing_else(self):
        both = self.write("both.pem", (PKI / "server.pem").read_bytes() + (PKI / "server-enc-pkcs8.key").read_bytes())
        out, err = self.fine("cert", "show", both)
        self.assertIn(b"CN=server.test", out)
        self.assertRegex(err, "^signet: warning: .*encrypted")
        out, err = self.fine("cert", "show", both, "--password-file", self.password_file("bluebell"))
        self.assertIn(b"private key", out)
        self.assertEqual(err, "")
        self.refused(5, "cert", "show", PKI / "server-enc-pkcs8.key", says="password|encrypted", hint="--password-file")
        self.refused(5, "cert", "show", both, "--password-file", self.password_file("wrong"), says="password")

    def test_hostile_names_stay_in_their_line(self):
        for options in ((), ("--json",)):
            out, _ = self.fine("cert", "show", PKI / "odd-subject.pem", *options)
            text = out.decode()
            self.assertFalse([c for c in text if (ord(c) < 32 and c != "\n") or 0x7f <= ord(c) < 0xa0 or c in "\u202e\u2066"])
            self.assertNotIn("\nline two", text)
        self.assertIn("Löwe, Söhne + Töchter", self.only(PKI / "odd-subject.pem")["subject_attributes"][0]["value"])

    def test_pem(self):
        out, _ = self.fine("cert", "show", "--pem", PKI / "chain.pem")
        self.assertEqual(out.count(b"BEGIN CERTIFICATE"), 2)
        self.assertEqual(self.fine("cert", "show", "--pem", PKI / "server.der")[0], (PKI / "server.pem").read_bytes())
        self.refused(2, "cert", "show", "--pem", "--json", CA)

    def test_a_folder_shows_what_is_in_it(self):
        folder = self.folder / "some"
        self.write("some/b.pem", CA.read_bytes())
        self.write("some/a.der", (PKI / "server.der").read_bytes())
        self.write("some/readme.txt", b"nothing of interest")
        self.write("some/below/c.pem", CA.read_bytes())
        os.mkfifo(folder / "pipe")
        status, out, err = signet("cert", "show", "--json", folder)
        self.assertEqual(status, 0, err)
        document = json.loads(out)
        self.assertEqual([one["source"] for one in document["certificates"]], [str(folder / "a.der"), str(folder / "b.pem")])
        self.assertEqual([one["source"] for one in document["skipped"]], [str(folder / "readme.txt")])
        self.assertRegex(err, "(?m)^passed over: .*readme.txt")
        self.refused(5, "cert", "show", folder / "below" / "none")
        self.write("none/readme.txt", b"x")
        self.refused(5, "cert", "show", self.folder / "none", says="none of its 1 files")
        (self.folder / "empty").mkdir()
        self.refused(5, "cert", "show", self.folder / "empty", says="none")


class Peers(CertTest):
    def test_what_a_server_sends_is_shown_verified_or_not(self):
        program, port = signet_server("--echo", "--cert", PKI / "chain.pem", "--key", PKI / "chain.key")
        with program:
            where = f"127.0.0.1:{port}"
            out, err = self.fine("cert", "show", where, "--ca", CA, "--pem")
            self.assertEqual(out, (PKI / "chain.pem").read_bytes())
            self.assertRegex(err, rf"^{where}: verified")
            out, err = self.fine("cert", "show", where, "--ca", PKI / "other-ca.pem", "--json")
            document = json.loads(out)
            self.assertRegex(err, rf"(?m)^signet: warning: {where} is not verified: ")
            self.assertRegex(err, r"(?m)^hint: ")
            self.assertEqual(len(document["certificates"]), 2)
            (peer,) = document["peers"]
            self.assertEqual((peer["source"], peer["verified"]), (where, False))
            self.assertEqual(peer["findings"][0]["code"], "unknown_issuer")
            _, err = self.fine("cert", "show", where, "--ca", CA, "--name", "other.example")
            self.assertRegex(err, "not verified: .*other.example")

    def test_openssls_server_by_sni(self):
        program, port = self.openssl_server("-servername", "second.test", "-cert2", PKI / "wildcard.pem", "-key2", PKI / "wildcard.key")
        with program:
            for sni, subject in (("second.test", "CN=*.wild.test"), ("none", "CN=server.test"), ("server.test", "CN=server.test")):
                with self.subTest(sni=sni):
                    document = json.loads(self.fine("cert", "show", f"127.0.0.1:{port}", "--sni", sni, "--ca", CA, "--json")[0])
                    self.assertEqual(document["certificates"][0]["subject"], subject)

    def openssl_server(self, *options):
        program = Program("/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", PKI / "server.pem", "-key", PKI / "server.key",
                          *options)
        return program, int(program.wait_for(r"^ACCEPT 127\.0\.0\.1:(\d+)", "stdout")[1])

    def test_nothing_but_a_handshake_is_sent(self):
        program, port = self.openssl_server("-www")
        with program:
            self.fine("cert", "show", f"127.0.0.1:{port}", "--ca", CA)
        received = []

        def talk(connection):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(PKI / "server.pem", PKI / "server.key")
            with context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False) as secure:
                received.append(secure.recv(100))

        with Peer(talk) as peer:
            self.fine("cert", "show", f"127.0.0.1:{peer.port}", "--ca", CA)
        self.assertEqual(received, [b""], "an end with close_notify and no data")

    def test_peers_that_do_not_answer_as_they_should(self):
        for command in ("show", "fingerprint", "check"):
            with self.subTest(command=command):
                self.refused(3, "cert", command, f"127.0.0.1:{free_port()}", says="refused")
                with socket.create_server(("127.0.0.1", 0)) as silent:
                    self.refused(3, "cert", command, f"127.0.0.1:{silent.getsockname()[1]}", "--timeout", "0.2", says="timed out")
                with Peer(lambda c: (c.recv(10), c.sendall(b"220 mail.example ESMTP\r\n"), c.recv(PATIENCE))) as peer:
                    self.refused(4, "cert", command, f"127.0.0.1:{peer.port}")
                self.refused(2, "cert", command, "localhost:no-such-service")
                self.refused(3, "cert", command, "does-not-exist.invalid:443", "--timeout", "20")

    def test_a_file_named_like_a_peer_is_a_file(self):
        self.write("host:443", (PKI / "server.pem").read_bytes())
        status, out, err = run(TOOL, "cert", "fingerprint", "host:443", cwd=self.folder)
        self.assertEqual((status, out.decode()), (0, f"sha256${self.fingerprint(PKI / 'server.pem')}\n"), err)


if __name__ == "__main__":
    unittest.main()
