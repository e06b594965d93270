"""signet psl: where registrations begin, by the list's own test file and by lists of the user's."""

import json
import lzma
import os
import subprocess
import unittest

import common  # noqa: F401
from support.signet_testing import ENVIRONMENT, PATIENCE, TOOL, ToolTest, run_over
from support.vectors import vectors

RULES = b"""// ===BEGIN ICANN DOMAINS===
com
uk
co.uk
*.ck
!www.ck
// ===END ICANN DOMAINS===
// ===BEGIN PRIVATE DOMAINS===
github.io
// ===END PRIVATE DOMAINS===
"""


class Psl(ToolTest):
    def asked(self, *args, given=b""):
        return self.fine("psl", *args, given=given)[0].decode()

    def rows(self, *args, given=b""):
        document = json.loads(self.asked("--json", *args, given=given))
        self.assertEqual(set(document), {"domains"})
        for row in document["domains"]:
            self.assertEqual(list(row), ["domain", "public_suffix", "registrable_domain"])
        return [tuple(row.values()) for row in document["domains"]]

    def official(self, *options):
        """Each row of the official test file, answered."""
        rows = [line.split("\t") for line in vectors("psl/official.tsv").read_text(encoding="utf-8").splitlines()[1:]]
        # "null" as a name is the absence of one, which a command line cannot say.
        rows = [(name, None if registrable == "null" else registrable) for name, registrable in rows if name != "null"]
        self.assertGreater(len(rows), 70)
        answers = self.rows(*options, given="".join(name + "\n" for name, _ in rows).encode())
        self.assertEqual(len(answers), len(rows))
        for (name, expected), answer in zip(rows, answers):
            with self.subTest(name=name):
                wanted = expected and ".".join(label.encode("idna").decode() for label in expected.split("."))
                self.assertEqual(answer[2], wanted)

    def test_the_official_vectors_by_the_systems_list_and_by_a_newer_one(self):
        self.official()
        with lzma.open(vectors("psl/public_suffix_list-2026.dat.xz")) as newer:
            self.official("--list", self.write("newer.dat", newer.read()))

    def test_answers_come_as_the_names_do(self):
        with subprocess.Popen([TOOL, "psl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT) as asked:
            for name, answer in ((b"www.example.co.uk", b"co.uk example.co.uk"), (b"com", b"com -")):
                asked.stdin.write(name + b"\n")
                asked.stdin.flush()
                self.assertEqual(asked.stdout.readline(), name + b" " + answer + b"\n")

    def test_it_ends_with_its_reader(self):
        endless = subprocess.Popen(["yes", "www.example.co.uk"], stdout=subprocess.PIPE)
        asked = subprocess.Popen([TOOL, "psl"], stdin=endless.stdout, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                 env=ENVIRONMENT)
        endless.stdout.close()
        asked.stdout.read(1)
        asked.stdout.close()
        self.assertEqual(asked.wait(PATIENCE), 0)
        endless.wait(PATIENCE)

    def test_a_stdin_that_cannot_be_read_is_5(self):
        folder = os.open(self.folder, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        asked = subprocess.run([TOOL, "psl"], stdin=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
                               timeout=PATIENCE)
        self.assertEqual((asked.returncode, asked.stdout), (5, b""))
        self.assertIn(b"reading stdin", asked.stderr)

    def test_names_as_arguments_keep_their_order(self):
        self.assertEqual(self.asked("www.example.co.uk", "co.uk", "127.0.0.1", "a.b.example.com"),
                         "www.example.co.uk co.uk example.co.uk\nco.uk co.uk -\n127.0.0.1 - -\na.b.example.com com example.com\n")

    def test_json_says_null_where_there_is_none_and_speaks_a_labels(self):
        self.assertEqual(self.rows("WWW.Example.CO.UK.", "com", "bücher.example.com", "[::1]"),
                         [("www.example.co.uk", "co.uk", "example.co.uk"), ("com", "com", None),
                          ("xn--bcher-kva.example.com", "com", "example.com"), ("::1", None, None)])

    def test_sections(self):
        self.assertEqual(self.rows("me.github.io"), [("me.github.io", "github.io", "me.github.io")])
        self.assertEqual(self.rows("--section", "all", "me.github.io"), [("me.github.io", "github.io", "me.github.io")])
        self.assertEqual(self.rows("--section", "icann", "me.github.io"), [("me.github.io", "io", "github.io")])
        self.refused(2, "psl", "--section", "private", "github.io")

    def test_a_list_of_the_users(self):
        file = self.write("rules.dat", RULES)
        self.assertEqual(self.asked("--list", file, "a.co.uk", "a.b.ck", "b.ck", "www.ck", "x.www.ck", "me.github.io"),
                         "a.co.uk co.uk a.co.uk\na.b.ck b.ck a.b.ck\nb.ck b.ck -\nwww.ck ck www.ck\nx.www.ck ck www.ck\n"
                         "me.github.io github.io me.github.io\n")
        self.assertEqual(self.rows("--list", file, "--section", "icann", "a.github.io")[0][2], "github.io")
        # Windows' line ends, a byte order mark and no sections.
        bare = self.write("bare.dat", b"\xef\xbb\xbfcom\r\nco.uk\r\n")
        self.assertEqual(self.asked("--list", bare, "a.b.co.uk", "a.b.com"), "a.b.co.uk co.uk b.co.uk\na.b.com com b.com\n")

    def test_of_the_systems_list_and_libpsls_own_the_newer_is_taken(self):
        # Where Debian's package publicsuffix puts the list, for every program.
        ours = self.write("share/publicsuffix/public_suffix_list.dafsa", RULES + b"new.example\n")
        for when, suffix in ((None, "new.example"), (0, "example")):
            if when is not None:
                os.utime(ours, (when, when))
            status, out, err = run_over({"/usr/share": self.folder / "share"}, TOOL, "psl", "a.b.new.example")
            self.assertEqual((status, out.decode().split()[1]), (0, suffix), err)

    def test_names_from_stdin(self):
        given = b"www.example.com\r\n\n  \nexample.co.uk \t\nco.uk"
        self.assertEqual(self.asked(given=given), "www.example.com com example.com\nexample.co.uk co.uk example.co.uk\nco.uk co.uk -\n")
        self.assertEqual(self.asked(), "")
        self.assertEqual(self.rows(), [])

    def test_what_is_no_name_has_no_suffix_and_is_told(self):
        given = b"good.example.com\nnot a name\n\x1b[2J.com\na..com\n\xff\xfe.com\n" + b"a" * 300 + b".com\nlast.example.com\n"
        out, err = self.fine("psl", given=given)
        lines = out.decode().splitlines()
        self.assertEqual(lines[0], "good.example.com com example.com")
        self.assertEqual(lines[-1], "last.example.com com example.com")
        self.assertEqual(len(lines), 7)
        for line in lines[1:-1]:
            self.assertTrue(line.endswith(" - -"), line)
        self.assertNotIn(b"\x1b", out)
        self.assertNotIn("\x1b", err)
        self.assertEqual(err.count("signet: warning: "), 5, err)
        self.assertEqual([row[1:] for row in self.rows(given=b"not a name\n\xff\n")], [(None, None), (None, None)])

    def test_a_line_that_is_too_long_is_5(self):
        self.refused(5, "psl", given=b"a" * 100_000 + b"\nexample.com\n", says="64 KiB")

    def test_bad_lists_are_5_and_say_what_they_are(self):
        for content, says in ((b"", r"holds no|empty"), (b"// only\n// comments\n", r"holds no"), (b"\n \n\n", r"holds no"),
                              (b"\x00\x01\x02" + os.urandom(4096), r"binary")):
            with self.subTest(says=says, content=content[:20]):
                self.refused(5, "psl", "--list", self.write("list.dat", content), "example.com", says=f"list.dat: .*({says})")
        self.refused(5, "psl", "--list", self.folder / "absent", "example.com", says="absent: .*No such file")
        self.refused(5, "psl", "--list", self.folder, "example.com", says="directory")
        with open(self.folder / "huge", "wb") as huge:
            huge.truncate(17 << 20)
        self.refused(5, "psl", "--list", self.folder / "huge", "example.com", says="huge: .*(larger|big)")
        if os.geteuid() != 0:
            locked = self.write("locked", RULES)
            locked.chmod(0)
            self.refused(5, "psl", "--list", locked, "example.com", says="Permission denied")


if __name__ == "__main__":
    unittest.main()
