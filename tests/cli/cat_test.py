"""signet cat: both directions at once, their ends, and what is told about the peer."""

import os
import subprocess
import unittest

import common  # noqa: F401
from support.signet_testing import CA, CERT, KEY, PATIENCE, TOOL, Program, ToolTest, signet_server, started, tls_peer


class Cat(ToolTest):
    def to(self, port):
        return ("cat", f"127.0.0.1:{port}", "--ca", CA)

    def test_a_megabyte_goes_there_and_back(self):
        data = os.urandom(1 << 20)
        program, port = signet_server("--echo", "--cert", CERT, "--key", KEY)
        with program:
            for version in ("1.2", "1.3"):
                with self.subTest(version=version):
                    out, _ = self.fine(*self.to(port), "--tls-min", version, "--tls-max", version, given=data)
                    self.assertEqual(out, data)
                    # A file as stdin, which is readable at every moment.
                    with open(self.write("data", data), "rb") as file:
                        with started(*self.to(port), stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as cat:
                            out, err = cat.communicate(timeout=PATIENCE)
                    self.assertEqual((cat.returncode, out), (0, data), err)

    def test_a_conversation_flows_while_both_are_open(self):
        program, port = signet_server("--echo", "--cert", CERT, "--key", KEY)
        with program, Program(TOOL, *self.to(port)) as cat:
            received = 0
            for line in (b"one\n", b"two\n", b"three\n"):
                cat.send(line)
                received += len(line)
                self.assertTrue(cat.wait_for_bytes(received).endswith(line))
            cat.end_input()
            self.assertEqual(cat.finish(), 0, cat.said())

    def test_the_end_of_input_ends_our_direction_only(self):
        heard = []

        def talk(connection):
            while piece := connection.recv(65536):
                heard.append(piece)
            connection.sendall(b"after your end")
            connection.unwrap()

        with tls_peer(talk) as peer:
            self.assertEqual(self.fine(*self.to(peer.port), given=b"question")[0], b"after your end")
        self.assertEqual(b"".join(heard), b"question")

    def test_the_end_of_the_peer_ends_it_when_no_input_comes(self):
        def talk(connection):
            connection.sendall(b"all of it")
            connection.unwrap()

        with tls_peer(talk) as peer, Program(TOOL, *self.to(peer.port), "--wait", "0.2") as cat:
            self.assertEqual(cat.finish(), 0, cat.said())  # its stdin is still open
            self.assertEqual(cat.stdout, b"all of it")

    def test_lines_go_out_with_cr_lf_when_asked(self):
        program, port = signet_server("--echo", "--cert", CERT, "--key", KEY)
        with program:
            out, _ = self.fine(*self.to(port), "--crlf", given=b"a\nb\r\n\nc")
            self.assertEqual(out, b"a\r\nb\r\n\r\nc")
            self.assertEqual(self.fine(*self.to(port), given=b"a\nb\r\n")[0], b"a\nb\r\n")

    def test_the_peer_is_told_on_stderr_only(self):
        program, port = signet_server("--echo", "--cert", CERT, "--key", KEY)
        with program:
            out, err = self.fine(*self.to(port), "-v", given=b"x")
            self.assertEqual(out, b"x")
            self.assertRegex(err, r"(?m)^certificate: +CN=server\.test$")
            self.assertEqual(self.fine(*self.to(port), given=b"x")[1], "")


if __name__ == "__main__":
    unittest.main()
