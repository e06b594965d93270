"""Local files that are missing or bad: status 5, nothing on stdout, never a prompt."""

import os
import pty
import stat
import unittest

import common  # noqa: F401
from support.signet_testing import CA, CERT, KEY, PATIENCE, PKI, ToolTest, free_port, started

NOWHERE = f"https://127.0.0.1:{free_port()}/"


class BadFiles(ToolTest):
    def bad_files(self):
        huge = self.folder / "huge.pem"
        with open(huge, "wb") as file:
            file.truncate(200 << 20)
        closed = self.write("closed.pem", b"x")
        yield "missing", self.folder / "missing.pem"
        yield "empty", PKI / "empty.pem"
        yield "binary", PKI / "binary.bin"
        yield "text", PKI / "garbage.pem"
        yield "truncated", PKI / "truncated.pem"
        yield "huge", huge
        yield "folder", self.folder
        if os.geteuid() != 0:
            closed.chmod(0)
            yield "unreadable", closed

    def test_as_trust_are_5(self):
        for what, file in self.bad_files():
            if what == "folder":
                continue  # a folder is read as one, below
            with self.subTest(what=what):
                self.refused(5, "get", NOWHERE, "--ca", file)
                self.refused(5, "get", NOWHERE, "--ca", CA, "--add-ca", file)

    def test_a_bundle_with_one_broken_entry_is_5(self):
        self.refused(5, "get", NOWHERE, "--ca", PKI / "bundle-with-broken-entry.pem")

    def test_as_a_certificate_are_5(self):
        for what, file in self.bad_files():
            with self.subTest(what=what):
                self.refused(5, "get", NOWHERE, "--ca", CA, "--cert", file, "--key", KEY)
                self.refused(5, "serve", "127.0.0.1:0", "--echo", "--cert", file, "--key", KEY)

    def test_as_a_key_are_5(self):
        for what, file in self.bad_files():
            with self.subTest(what=what):
                self.refused(5, "serve", "127.0.0.1:0", "--echo", "--cert", CERT, "--key", file)

    def test_a_key_that_does_not_match_is_5(self):
        self.refused(5, "serve", "127.0.0.1:0", "--echo", "--cert", CERT, "--key", PKI / "chain.key", says="match|belong",
                     hint=None)

    def test_an_encrypted_key_without_a_password_is_5_and_asks_nobody(self):
        for key in ("server-enc-pkcs8.key", "server-enc-traditional.key"):
            with self.subTest(key=key):
                # A terminal to ask on, and nobody who types: a prompt would wait for ever. Where the system has no
                # terminals (a bare chroot), a pipe that nobody writes to.
                try:
                    ours, its = pty.openpty()
                except OSError:
                    its, ours = os.pipe()
                try:
                    with started("serve", "127.0.0.1:0", "--echo", "--cert", CERT, "--key", PKI / key, stdin=its,
                                 stdout=-1, stderr=-1, start_new_session=True) as program:
                        out, err = program.communicate(timeout=PATIENCE)
                    self.assertEqual((program.returncode, out), (5, b""), err)
                    self.assertIn(b"password", err)
                finally:
                    os.close(ours)
                    os.close(its)

    def test_a_password_comes_from_the_first_line_of_a_file(self):
        wrong = self.write("wrong", b"foxglove\n")
        self.refused(5, "serve", "127.0.0.1:0", "--echo", "--cert", CERT, "--key", PKI / "server-enc-pkcs8.key",
                     "--password-file", wrong, says="password")
        self.refused(5, "serve", "127.0.0.1:0", "--echo", "--cert", CERT, "--key", PKI / "server-enc-pkcs8.key",
                     "--password-file", self.folder / "none", says="none")
        right = self.write("right", b"bluebell\nand more\n")
        # It gets as far as the network.
        self.refused(3, "get", NOWHERE, "--ca", CA, "--cert", CERT, "--key", PKI / "server-enc-pkcs8.key", "--password-file",
                     right)

    def test_a_folder_that_is_none_is_5(self):
        self.refused(5, "serve", "127.0.0.1:0", "--www", self.folder / "none", "--self-signed", "localhost")
        self.refused(5, "serve", "127.0.0.1:0", "--www", self.write("file", b""), "--self-signed", "localhost")

    def test_output_that_cannot_be_written_is_5(self):
        self.refused(5, "get", NOWHERE, "--ca", CA, "-o", self.folder / "no" / "such", says="writing")
        self.refused(5, "get", NOWHERE, "--ca", CA, "-o", self.folder, says="writing")

    def test_cipher_lists_that_name_nothing_are_5(self):
        self.refused(5, "get", NOWHERE, "--ca", CA, "--ciphers", "NO-SUCH-CIPHER", says="ciphers: .*NO-SUCH-CIPHER")

    def test_the_key_log_is_private(self):
        log = self.folder / "keys"
        self.refused(3, "get", NOWHERE, "--ca", CA, "--keylog", log)
        self.assertEqual(stat.S_IMODE(log.stat().st_mode), 0o600)
        self.refused(5, "get", NOWHERE, "--ca", CA, "--keylog", self.folder / "no" / "keys", says="key log")
        other = self.folder / "other"
        self.refused(3, "get", NOWHERE, "--ca", CA, env={"SSLKEYLOGFILE": str(other)})
        self.assertEqual(stat.S_IMODE(other.stat().st_mode), 0o600)
        # The option goes before the environment, and without either nothing is written down.
        self.refused(3, "get", NOWHERE, "--ca", CA, "--keylog", log, env={"SSLKEYLOGFILE": str(self.folder / "third")})
        self.refused(3, "get", NOWHERE, "--ca", CA, env={"SSLKEYLOGFILE": ""})
        self.refused(3, "get", NOWHERE, "--ca", CA)
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"keys", "other"})


if __name__ == "__main__":
    unittest.main()
