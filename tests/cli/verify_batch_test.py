"""signet verify --batch: one judgement a line, in order, whatever the lines are."""

import json
import os
import subprocess
import unittest

import common  # noqa: F401
from support.named_certificate import certificate_with
from support.signet_testing import CA, CERT, ENVIRONMENT, PATIENCE, PKI, TOOL, Program, ToolTest, run, started

PEM = CERT.read_text()
ROOT = CA.read_text()
GOOD = {"cert": PEM, "roots": [ROOT]}

# Reference name, common name, DNS names, addresses, whether they match under `www`: what IO::Socket::SSL's own test asks. Rows
# 22 and 66 differ from it: beside a subjectAltName a common name does not count (RFC 6125 section 6.4.4).
TABLE = r"""
foo.com | foo.com | - | - | match
f | f | - | - | match
h | i | - | - | no
bar.foo.com | *.foo.com | - | - | match
www.test.fr | common.name | *.test.com,*.test.co.uk,*.test.de,*.test.fr | - | match
wwW.tESt.fr | common.name | ,*.*,*.test.de,*.test.FR,www | - | match
f.uk | .uk | - | - | no
w.bar.foo.com | ?.bar.foo.com | - | - | no
www.foo.com | (www\|ftp).foo.com | - | - | no
www.foo.com | www.foo.com<NUL> | - | - | no
www.house.example | ww.house.example | - | - | no
test.org | - | www.test.org,*.test.org,*.org | - | no
w.bar.foo.com | w*.bar.foo.com | - | - | no
www.bar.foo.com | ww*ww.bar.foo.com | - | - | no
wwww.bar.foo.com | ww*ww.bar.foo.com | - | - | no
wwww.bar.foo.com | w*w.bar.foo.com | - | - | match
wwww.bar.foo.com | w*w.bar.foo.c0m | - | - | no
WALLY.bar.foo.com | wa*.bar.foo.com | - | - | match
wally.bar.foo.com | *Ly.bar.foo.com | - | - | match
www.test.co.jp | www.test.co.jp | *.test.de,*.jp,www.test.co.uk,www.*.co.jp | - | no
www.bar.foo.com | www.bar.foo.com | *.foo.com,*.*.foo.com,*.*.bar.foo.com,*..bar.foo.com, | - | no
www.bath.org | www.bath.org | - | 20.30.40.50 | no
66.77.88.99 | www.bath.org | www.bath.org | - | no
xn--poema-9qae5a.com.br | xn--poema-9qae5a.com.br | - | - | match
www.xn--poema-9qae5a.com.br | *.xn--poema-9qae5a.com.br | - | - | match
xn--poema-9qae5a.com.br | - | *.xn--poema-9qae5a.com.br,xn--poema-*.com.br,xn--*-9qae5a.com.br,*--poema-9qae5a.com.br | - | no
xn--poema-9qae5a.foo.com.br | *.foo.com.br | - | - | match
foo.example.com | *.example.com | - | - | match
bar.foo.example.com | *.example.com | - | - | no
example.com | *.example.com | - | - | no
baz1.example.net | baz*.example.net | - | - | match
foobaz.example.net | *baz.example.net | - | - | match
buzz.example.net | b*z.example.net | - | - | match
h.foo.com | *.foo.com | - | - | match
foo.com | *.com | - | - | no
foo.us | *.us | - | - | no
foo | * | - | - | no
foo.example.com | *.*.com | - | - | no
foo.bar.example.com | *.bar.*.com | - | - | no
foo.com | foo.com. | - | - | match
foo.com. | foo.com | - | - | match
foo.com. | foo.com. | - | - | match
f | f. | - | - | match
f. | f | - | - | match
f. | f. | - | - | match
www-3.bar.foo.com | *.bar.foo.com. | - | - | match
www-3.bar.foo.com. | *.bar.foo.com | - | - | match
www-3.bar.foo.com. | *.bar.foo.com. | - | - | match
. | . | - | - | no
example.com | *.com. | - | - | no
example.com. | *.com | - | - | no
example.com. | *.com. | - | - | no
foo. | *. | - | - | no
127.0.0.1 | 127.0.0.1 | - | - | match
192.168.1.1 | 192.168.1.1 | - | - | match
192.169.1.1 | 192.168.1.1 | - | - | no
12.19.1.1 | 12.19.1.1/255.255.255.0 | - | - | no
FEDC:ba98:7654:3210:FEDC:BA98:7654:3210 | FEDC:BA98:7654:3210:FEDC:ba98:7654:3210 | - | - | no
1111:2222:3333:4444:5555:6666:7777:8888 | 1111:2222:3333:4444:5555:6666:7777:8888 | - | - | no
::192.9.5.5 | [::192.9.5.5] | - | - | no
::192.9.5.5 | *.9.5.5 | - | - | no
2010:836B:4179::836B:4179 | *:836B:4179::836B:4179 | - | - | no
192.168.1.11 | *.168.1.11 | - | - | no
FEDC:BA98:7654:3210:FEDC:BA98:7654:3210 | *.] | - | - | no
10.1.2.3 | - | - | 10.1.2.3 | match
10.1.2.7 | 10.1.2.7 | - | 10.1.2.6,10.1.2.8 | no
10.1.2.8 | 10.20.2.8 | foo | - | no
::4.5.6.7 | - | - | x00000000000000000000000004050607 | match
::6.7.8.9 | ::6.7.8.9 | ::6.7.8.9 | x00000000000000000000000006070808,x0000000000000000000000000607080a,xff000000000000000000000006070809,6.7.8.9 | no
FE80::200:f8ff:fe21:67cf | no.common.name | - | x00000000000000000000000006070808,xfe800000000000000200f8fffe2167cf,xff0000000000000000000000060708ff,10.0.0.1 | match
12345.6 | 12345.6 | - | - | no
121.2.3.512 | - | 1*1.2.3.512,*1.2.3.512,1*.2.3.512,*.2.3.512 | 121.2.3.0 | no
1.2.3.4.5.6 | *.2.3.4.5.6 | - | - | no
www.*.com | www.*.com | - | - | no
w$w.f.com | w$w.f.com | - | - | no
nocolonallowed:example | - | nocolonallowed:example | - | no
www-1.[::FFFF:129.144.52.38] | *.[::FFFF:129.144.52.38] | - | - | no
[::4.5.6.9] | - | - | x00000000000000000000000004050609 | no
"""

# More of the kind: reference name, common name, DNS names, scheme, whether they match.
FURTHER = (("10.1.2.3", "10.1.2.3", ["foo.example.com"], "www", False), ("::1", "::1", [], "default", False), ("10.1.2.3", "10.1.2.3", [], "default", False), ("::1", "::1", [], "http", False),
           ("xn--poema.foo.com", None, ["*--poema.foo.com"], "www", False), ("abc.foo.org", None, ["ab*.foo.org"], "www", True),
           ("ab.foo.org", None, ["ab*.foo.org"], "www", False), ("xn--ab.foo.org", None, ["ab*.foo.org"], "www", False),
           ("abc.foo.org", None, ["ab*.foo.org"], "rfc9525", False), ("abc.foo.org", None, ["*.foo.org"], "rfc9525", True),
           ("foo.org", "foo.org", [], "rfc9525", False))

# One certificate under three schemes. `server.local` under smtp differs from IO::Socket::SSL's answer, as above.
SERVER_LOCAL = {"cn": "server.local", "ip": ["127.0.0.1"],
                "dns": ["*.server.local", "www*.other.local", "smtp.mydomain.local", "xn--lwe-sna.idntest.local"]}
THREE_SCHEMES = (("127.0.0.1", "smtp ldap www"), ("server.local", "ldap"), ("blafasel.server.local", "smtp ldap www"),
                 ("lala.blafasel.server.local", ""), ("www.other.local", ""), ("www-13.other.local", "www"), ("www-13.lala.other.local", ""),
                 ("smtp.mydomain.local", "smtp ldap www"), ("xn--lwe-sna.idntest.local", "smtp ldap www"),
                 ("smtp.mydomain.localizing.useless.local", ""), ("löwe.idntest.local", "smtp ldap www"), ("www.server.local", "www smtp ldap"),
                 ("does.not.match.server.local", ""))


def listed(text):
    return [] if text == "-" else [part for part in text.split(",") if part]


def rows_of_the_table():
    for row in TABLE.strip().splitlines():
        yield [cell.strip() for cell in row.replace(r"\|", "\0").split("|")]


class BatchTest(ToolTest):
    def ask(self, *questions, status=0):
        """The answers to these lines: objects, or text as it is."""
        given = "".join((q if isinstance(q, str) else json.dumps(q, ensure_ascii=False)) + "\n" for q in questions)
        got, out, err = run(TOOL, "verify", "--batch", given=given.encode())
        self.assertEqual((got, err), (status, ""), out.decode()[:2000])
        answers = [json.loads(line) for line in out.splitlines()]
        for answer in answers:
            self.assertEqual(list(answer), ["id", "ok", "error", "message", "chain_length"])
            self.assertEqual(answer["ok"], answer["error"] == "")
            self.assertEqual(bool(answer["message"]), not answer["ok"])
        return answers

    def errors(self, *questions, status=0):
        return [answer["error"] for answer in self.ask(*questions, status=status)]


class Names(BatchTest):
    def test_the_table_of_names(self):
        rows = list(rows_of_the_table())
        self.assertEqual(len(rows), 78)
        questions = []
        for name, cn, dns, ip, _ in rows:
            cn = None if cn == "-" else cn.replace("\0", "|").replace("<NUL>", "\0")
            questions.append({"cert": certificate_with(cn=cn, dns=listed(dns), ip=listed(ip)), "name": name, "scheme": "www", "name_only": True})
        answers = self.ask(*questions)
        self.assertEqual(len(answers), 78)
        for number, (row, answer) in enumerate(zip(rows, answers), 1):
            with self.subTest(number=number, row=row):
                self.assertEqual(answer["ok"], row[-1] == "match", answer)
                self.assertIn(answer["error"], ("", "name_mismatch"))

    def test_further_rows(self):
        answers = self.ask(*({"cert": certificate_with(cn=cn, dns=dns), "name": name, "scheme": scheme, "name_only": True}
                             for name, cn, dns, scheme, _ in FURTHER))
        for row, answer in zip(FURTHER, answers, strict=True):
            with self.subTest(row=row):
                self.assertEqual(answer["ok"], row[-1])

    def test_one_certificate_under_three_schemes(self):
        pem = certificate_with(**SERVER_LOCAL)
        asked = [(name, scheme, scheme in good.split()) for name, good in THREE_SCHEMES for scheme in ("smtp", "ldap", "www")]
        answers = self.ask(*({"cert": pem, "name": name, "scheme": scheme, "name_only": True} for name, scheme, _ in asked))
        for row, answer in zip(asked, answers, strict=True):
            with self.subTest(row=row):
                self.assertEqual(answer["ok"], row[-1])

    def test_kinds_of_names(self):
        pem = certificate_with(dns=["a.test", "192.0.2.1"], ip=["192.0.2.7"], email=["who@mail.test"])
        for name, kind, ok in (("a.test", None, True), ("a.test", "dns", True), ("a.test", "ip", False), ("192.0.2.7", None, True),
                               ("192.0.2.7", "ip", True), ("192.0.2.7", "dns", False), ("192.0.2.1", None, False),
                               ("192.0.2.1", "dns", False), ("[::1]", "ip", False), ("", None, False), ("a.test\0", "dns", False)):
            with self.subTest(name=name, kind=kind):
                asked = {"cert": pem, "name": name, "name_only": True} | ({"name_kind": kind} if kind else {})
                self.assertEqual(self.ask(asked)[0]["ok"], ok)
        mail = self.write("mail.cnf", b"[req]\ndistinguished_name=n\nx509_extensions=e\n[n]\n[e]\nsubjectAltName=email:who@mail.test\n")
        made = run("openssl", "req", "-x509", "-new", "-key", PKI / "server.key", "-config", mail, "-subj", "/CN=who", "-days", "9")[1].decode()
        asked = {"cert": made, "roots": [made], "purpose": "any", "name_kind": "email"}
        self.assertEqual(self.errors(asked | {"name": "who@mail.test"}, asked | {"name": "who@MAIL.test"}, asked | {"name": "Who@mail.test"},
                                     asked | {"name": "mail.test"}), ["", "", "name_mismatch", "name_mismatch"])

    def test_of_a_name_that_is_none_the_certificate_is_judged_all_the_same(self):
        expired = GOOD | {"cert": (PKI / "expired.pem").read_text()}
        for name in ("a..test", "xn--n3h.test", ""):
            self.assertEqual(self.errors(GOOD | {"name": name}, expired | {"name": name}, expired | {"name": name, "name_only": True}),
                             ["name_mismatch", "expired", "name_mismatch"])

    def test_public_suffixes(self):
        asked = {"cert": certificate_with(dns=["*.co.uk", "*.mine.test", "*.github.io"]), "name": "a.co.uk", "name_only": True}
        for more, ok in (({}, False), ({"public_suffix": "default"}, False), ({"public_suffix": None}, False), ({"public_suffix": "none"}, True),
                         ({"public_suffix": ["mine.test"]}, True), ({"public_suffix": ["uk", "co.uk"]}, False),
                         ({"name": "a.mine.test"}, True), ({"name": "a.mine.test", "public_suffix": ["mine.test"]}, False),
                         ({"name": "a.github.io"}, True), ({"name": "a.github.io", "profile": "strict"}, False)):
            with self.subTest(more=more):
                self.assertEqual(self.ask(asked | more)[0]["ok"], ok)


class Chains(BatchTest):
    def test_a_chain_is_judged_and_measured(self):
        leaf, between = ((PKI / f).read_text() for f in ("chain-leaf-only.pem", "intermediate.pem"))
        asked = {"cert": leaf, "roots": [ROOT], "intermediates": [between], "name": "server.test"}
        for more, error, length in (({}, "", 3), ({"intermediates": []}, "unknown_issuer", 0), ({"roots": []}, "no_trust_anchors", 0),
                                    ({"roots": None}, "no_trust_anchors", 0), ({"roots": [between]}, "", 2), ({"roots": [leaf], "intermediates": []}, "", 1),
                                    ({"roots": [between], "partial_chain": True}, "", 2), ({"name": "x.test"}, "name_mismatch", 0),
                                    ({"name": None}, "", 3), ({"max_depth": 1}, "", 3),
                                    ({"max_depth": 4294967296}, "", 3), ({"at": "2050-01-01T00:00:00Z"}, "expired", 0),
                                    ({"at": "2049-12-31T23:59:59+00:00"}, "", 3), ({"purpose": "client"}, "invalid_purpose", 0),
                                    ({"purpose": "any"}, "", 3), ({"profile": "strict"}, "", 3), ({"profile": "webpki"}, "", 3),
                                    ({"extended_key_usage": ["serverAuth"]}, "", 3), ({"extended_key_usage": ["1.3.6.1.5.5.7.3.1"]}, "", 3),
                                    ({"extended_key_usage": ["serverAuth", "clientAuth"]}, "invalid_purpose", 0)):
            with self.subTest(more=more):
                answer, = self.ask({"id": 7} | asked | more)
                self.assertEqual((answer["id"], answer["error"], answer["chain_length"]), (7, error, length))
        self.assertFalse(self.ask(asked | {"max_depth": 0})[0]["ok"])

    def test_profiles_and_lists(self):
        dsa = {"cert": (PKI / "dsa.pem").read_text(), "roots": [ROOT]}
        self.assertEqual(self.errors(dsa, dsa | {"profile": "compatible"}, dsa | {"profile": "webpki"}), ["", "", "weak_key"])
        lists = GOOD | {"at": "2020-07-02T00:00:00Z"}
        pems = {name: (PKI / f"crl-{name}.pem").read_text() for name in ("numbered", "delta", "v2")}
        self.assertEqual(self.errors(lists | {"crls": [pems["numbered"]]}, lists | {"crls": []}, lists | {"crls": [pems["delta"]]},
                                     lists | {"crls": [pems["delta"], pems["numbered"]]}, GOOD | {"crls": [pems["numbered"]]}),
                         ["", "crl_not_found", "crl_invalid", "", "crl_expired"])


class Lines(BatchTest):
    def test_answers_keep_the_order_and_the_ids_as_they_are(self):
        ids = [1, "two", None, 3.5, [1, [2]], {"a": "ü"}, True, "😀", ""]
        answers = self.ask(*({"id": i} | GOOD for i in ids), GOOD)
        self.assertEqual([a["id"] for a in answers], [*ids, None])
        self.assertEqual(self.ask(*[{"id": i, "cert": "x"} if i % 3 else {"id": i} | GOOD for i in range(100)], status=5)[-1]["id"], 99)

    def test_lines_that_cannot_be_read_are_bad_input_and_the_run_goes_on(self):
        broken = PEM.replace("\n", "\nAAAA", 2)
        bad = ["{", "nonsense", "[]", "1", '"text"', "null", "{}", '{"cert": }', PEM.splitlines()[1], "\x00", '{"id": 1} {"id": 2}', "{'id': 1}",
               json.dumps(GOOD)[:-1], json.dumps(GOOD) + ",", *[GOOD | {"cert": bad} for bad in (None, 1, True, [], {}, [PEM], "", "x", broken, PEM[:200],
                                                                 (PKI / "server.key").read_text(), (PKI / "crl-v2.pem").read_text())],
               *[GOOD | {key: value} for key in ("roots", "intermediates", "crls") for value in (PEM, 1, {}, [1], [None], ["x"], [[PEM]], [broken])],
               *[GOOD | {"name": value} for value in (1, True, ["server.test"], {})],
               *[GOOD | {"name": "server.test", "name_kind": value} for value in ("DNS", "uri", 1)],
               *[GOOD | {key: value} for key in ("scheme", "profile", "purpose", "at") for value in ("nonsense", "", 1, [], {})],
               *[GOOD | {"public_suffix": value} for value in ("all", "", 1, True, {}, [1], [["uk"]])],
               *[GOOD | {"max_depth": value} for value in (-1, "1", 1.5, [], True, 1e30)],
               *[GOOD | {key: value} for key in ("partial_chain", "name_only") for value in (0, 1, "true", [])],
               *[GOOD | {"extended_key_usage": value} for value in ("serverAuth", [1], {})],
               GOOD | {"name_only": True}, GOOD | {"no_such_key": 1}, GOOD | {"Cert": PEM}]
        for question in bad:
            with self.subTest(question=str(question)[-100:]):
                first, second, third = self.ask({"id": "before"} | GOOD, question, {"id": "after"} | GOOD, status=5)
                self.assertEqual((first["id"], first["ok"]), ("before", True))
                self.assertEqual((second["error"], second["chain_length"]), ("bad_input", 0), second)
                self.assertEqual((third["id"], third["ok"]), ("after", True))
        # The id is told as soon as it can be read.
        self.assertEqual(self.ask({"id": "mine", "cert": "x"}, status=5)[0]["id"], "mine")

    def test_lines_that_are_not_utf8_or_nested_without_end_are_bad_input(self):
        lines = [b'{"id": "\xff"}', b'{"id": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}", b"[" * 2_000_000, b'{"a":' * 1_000_000,
                 b'{"id": "\\ud800"}', json.dumps(GOOD).encode()]
        status, out, err = run(TOOL, "verify", "--batch", given=b"\n".join(lines))
        self.assertEqual((status, err), (5, ""))
        self.assertEqual([json.loads(line)["error"] for line in out.splitlines()], ["bad_input"] * 5 + [""])

    def test_empty_lines_are_passed_over_and_the_last_needs_no_end(self):
        given = b"\n \r\n\t\n" + json.dumps(GOOD).encode() + b"\r\n\n" + json.dumps(GOOD | {"id": 2}).encode()
        status, out, err = run(TOOL, "verify", "--batch", given=given)
        self.assertEqual((status, err, [json.loads(line)["id"] for line in out.splitlines()]), (0, "", [None, 2]))
        self.assertEqual(run(TOOL, "verify", "--batch"), (0, b"", ""))

    def test_whoever_asks_line_by_line_is_answered_line_by_line(self):
        with Program(TOOL, "verify", "--batch") as program:
            for number in range(5):
                program.send(json.dumps(GOOD | {"id": number}).encode() + b"\n")
                program.wait_for(rf'^\{{"id":{number},"ok":true,.*\}}$', "stdout")
            program.send(b"{}\n")
            program.wait_for(r'"bad_input"', "stdout")
            program.end_input()
            self.assertEqual(program.finish(), 5)

    def test_a_line_that_is_too_long_is_refused_and_the_next_one_read(self):
        with Program(TOOL, "verify", "--batch") as program:
            program.send(b'{"cert": "')
            for _ in range(70):
                program.send(b"x" * (1 << 20))
            program.send(b'"}\n' + json.dumps(GOOD).encode() + b"\n")
            program.end_input()
            self.assertEqual(program.finish(), 5)
            answers = [json.loads(line) for line in program.stdout.splitlines()]
        self.assertEqual([a["error"] for a in answers], ["bad_input", ""])
        self.assertIn("64 MiB", answers[0]["message"])

    def test_memory_does_not_grow_with_the_lines(self):
        def peak(lines):
            """In MiB, of a run over so many lines with as many different roots."""
            # Freed memory is not for the sanitizer to keep.
            process = subprocess.Popen([TOOL, "verify", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                       env=ENVIRONMENT | {"ASAN_OPTIONS": "quarantine_size_mb=1"})
            for number in range(lines):
                # Text before a certificate makes another text of it.
                root = f"{number}\n{'x' * 3000}\n{ROOT}"
                process.stdin.write(json.dumps({"cert": PEM, "roots": [root], "purpose": "client"}).encode() + b"\n")
            process.stdin.close()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0)
            return used.ru_maxrss / 1024

        # What is kept for the next line is bounded, and both reach the bound.
        self.assertLess(peak(2_600) - peak(600), 10)

    def test_stdin_that_cannot_be_read_is_5(self):
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            process = started("verify", "--batch", stdin=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            os.close(folder)
        self.assertEqual((process.returncode, out), (5, b""))
        self.assertIn(b"signet: reading stdin: ", err)


class Options(ToolTest):
    def test_rules_stand_in_the_lines_and_not_on_the_command_line(self):
        for options in (["--ca", CA], ["--name", "server.test"], ["--profile", "strict"], ["--pin", "00"], ["--name-only"]):
            err = self.refused(2, "verify", "--batch", *options)
            self.assertIn(f"{options[0]} does not go with --batch", err)


if __name__ == "__main__":
    unittest.main()
