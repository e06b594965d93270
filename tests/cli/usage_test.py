"""The command line itself: help, versions, mistakes (2, one line), and an stdout that does not take what is printed."""

import json
import subprocess
import unittest

import common  # noqa: F401
from support.peers import free_port
from support.signet_testing import CA, CERT, KEY, PATIENCE, TOOL, ToolTest, signet_server, started

COMMANDS = (["get"], ["head"], ["post"], ["put"], ["delete"], ["cat"], ["serve"], ["cert", "ca"], ["cert", "create"],
            ["cert", "csr"], ["cert", "sign"], ["cert", "show"], ["cert", "convert"], ["cert", "fingerprint"], ["cert", "check"],
            ["verify"], ["psl"], ["version"])


class Usage(ToolTest):
    def test_every_command_has_help_with_examples(self):
        out, err = self.fine("--help")
        self.assertEqual(err, "")
        for command in COMMANDS:
            self.assertIn(command[0], out.decode())
            text, err = self.fine(*command, "--help")
            self.assertEqual(err, "")
            self.assertIn(f"Examples:\n  signet {' '.join(command)}", text.decode())
        for word in (b"ca", b"create"):
            self.assertIn(word, self.fine("cert", "--help")[0])

    def test_an_empty_value_is_2(self):
        for args in (["cat", "localhost:1", "--name", ""], ["cat", "localhost:1", "--cert", ""], ["psl", "--list", ""],
                     ["cert", "create", "--self-signed", "--dns", "a.test", "--out-password-file", ""],
                     ["cert", "ca", "--cn", "A", "--permit", ""], ["serve", "0", "--echo", "--client-ca", ""], ["get", ""]):
            with self.subTest(args=args):
                self.refused(2, *args, says="value is empty")
        # A body may be empty.
        self.refused(3, "post", f"http://127.0.0.1:{free_port()}/", "--data", "")

    def test_mistakes_are_2_and_one_line(self):
        for args in ([], ["fetch"], ["--nothing"], ["cert"], ["cert", "break"], ["get"], ["get", "a", "b"], ["get", "--nothing", "a"],
                     ["get", "https://a/", "--timeout", "soon"], ["get", "https://a/", "--timeout", "-1"],
                     ["get", "https://a/", "--timeout", "0"], ["get", "https://a/", "--timeout", "nan"],
                     ["get", "https://a/", "--timeout"], ["get", "https://a/", "-4", "-6"],
                     ["get", "https://a/", "--tls-min", "1.4"], ["get", "https://a/", "--tls-min", "1.3", "--tls-max", "1.2"],
                     ["get", "https://a/", "--key", "k"], ["get", "https://a/", "-H", "no colon"],
                     ["get", "https://a/", "-H", "A: b\r\nC: d"], ["get", "https://a/", "-H", "Content-Length: 5"],
                     ["get", "ftp://a/"], ["get", "https://"], ["get", "https://a b/"], ["get", "https://me:pw@a/"],
                     ["get", "https://a:99999/"], ["get", "https://-/"], ["get", "https://a/", "--color", "mauve"],
                     ["post", "https://a/", "--data", "x", "--data-file", "y"],
                     ["cat"], ["cat", "host"], ["cat", "host:no-such-service"], ["cat", "host:0"], ["cat", "host:70000"],
                     ["cat", "a:1", "--wait", "x"],
                     ["serve"], ["serve", "1"], ["serve", "1", "--echo"], ["serve", "1", "--echo", "--www", "."],
                     ["serve", "1", "--echo", "--cert", "a", "--cert", "b", "--key", "c"],
                     ["serve", "1", "--echo", "--self-signed", "a", "--require-client-cert"],
                     ["serve", "x:y", "--echo", "--self-signed", "localhost"],
                     ["serve", "99999", "--echo", "--self-signed", "localhost"],
                     ["serve", "0", "--echo", "--self-signed", "not a name"],
                     ["cert", "ca"], ["cert", "ca", "--cn", "x"], ["cert", "ca", "--cn", "x", "--out", "a", "--out-key", "a"],
                     ["cert", "ca", "--cn", "x", "--out", "a", "--out-key", "b", "--days", "0"],
                     ["cert", "ca", "--cn", "x", "--out", "a", "--out-key", "b", "--key-type", "dsa"],
                     ["cert", "create", "--dns", "a", "--out", "a", "--out-key", "b"],
                     ["cert", "create", "--self-signed", "--out", "a", "--out-key", "b"],
                     ["cert", "create", "--self-signed", "--dns", "a", "--purpose", "party", "--out", "a", "--out-key", "b"],
                     ["version", "now"]):
            with self.subTest(args=args):
                err = self.refused(2, *args)
                lines = [line for line in err.splitlines() if not line.startswith("hint: ")]
                self.assertEqual(len(lines), 1, err)

    def test_version_as_text_and_json(self):
        out, _ = self.fine("version")
        self.assertRegex(out.decode(), r"signet \d+\.\d+\.\d+\n(.*\n)*.*OpenSSL 3\.")
        document = json.loads(self.fine("version", "--json")[0])
        self.assertEqual(set(document), {"version", "openssl_built", "openssl_running", "features"})
        self.assertLessEqual({"psk", "alpn", "tls1.3", "redis", "pha"}, set(document["features"]))
        self.assertEqual(self.fine("--version")[0], out)

    def test_colour_shows_only_when_asked_for(self):
        plain = self.refused(2, "get", "ftp://a/")
        self.assertNotIn("\x1b", plain)
        with started("get", "ftp://a/", "--color", "always", stdout=-1, stderr=-1) as program:
            _, err = program.communicate(timeout=PATIENCE)
        self.assertIn(b"\x1b[", err)


class Stdout(ToolTest):
    def setUp(self):
        super().setUp()
        self.write("www/big.bin", bytes(3 << 20))
        program, port = signet_server("--www", self.folder / "www", "--cert", CERT, "--key", KEY)
        self.addCleanup(program.stop)
        self.fetch = ("get", f"https://127.0.0.1:{port}/big.bin", "--ca", CA)

    def test_a_reader_that_has_seen_enough_ends_the_run_quietly(self):
        with started(*self.fetch, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
            program.stdout.read(1)
            program.stdout.close()
            self.assertEqual(program.stderr.read(), b"")
            self.assertEqual(program.wait(PATIENCE), 0)

    def test_a_full_disk_is_5(self):
        for command in (self.fetch, ("version",), ("get", "--help")):
            with self.subTest(command=command), open("/dev/full", "wb") as full:
                with started(*command, stdout=full, stderr=subprocess.PIPE) as program:
                    _, err = program.communicate(timeout=PATIENCE)
                self.assertEqual(program.returncode, 5, err)
                self.assertRegex(err.decode(), "(?m)^signet: writing to stdout: ")

    def test_a_closed_stdout_is_5_and_nobody_elses_descriptor(self):
        with subprocess.Popen(["/bin/sh", "-c", 'exec "$0" "$@" >&-', TOOL, *map(str, self.fetch)],
                              stderr=subprocess.PIPE) as program:
            _, err = program.communicate(timeout=PATIENCE)
        self.assertEqual(program.returncode, 5, err)
        self.assertIn(b"writing to stdout", err)


if __name__ == "__main__":
    unittest.main()
