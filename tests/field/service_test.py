"""What `signet serve` carries for others is whole, or is no end."""

import os
import pathlib
import socket
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "cli")]
from serve_carried_test import Backend, Served  # noqa: E402
from support.signet_testing import PATIENCE, tls_client  # noqa: E402

HALF = b"DELETE FROM t WHERE id=1"


def cut(connection):
    """FIN without close_notify, as of a client that died or of somebody on the way."""
    raw = socket.socket(fileno=os.dup(connection.fileno()))
    raw.shutdown(socket.SHUT_WR)
    raw.close()


class Cut(Served):
    def test_a_backend_sees_a_reset_and_no_end(self):
        heard, over = [], threading.Event()

        def serve(connection):
            try:
                while piece := connection.recv(65536):
                    heard.append(piece)
                heard.append("END")
            except ConnectionResetError:
                heard.append("RESET")
            over.set()

        backend = Backend(serve)
        self.addCleanup(backend.close)
        program, port = self.serve("--forward", f"127.0.0.1:{backend.port}")
        with tls_client(port) as client:
            client.sendall(HALF + b"7;")
            cut(client)
            self.assertTrue(over.wait(PATIENCE))
        self.assertEqual(heard[-1], "RESET")
        # Whose end it was is told by name.
        program.wait_for("ended without close_notify")
        said = program.said()
        self.assertRegex(said, r"client 127\.0\.0\.1:\d+: .*the stream was cut")
        self.assertNotIn("first side", said)

    def test_a_stream_that_was_ended_is_an_end(self):
        heard, over = [], threading.Event()

        def serve(connection):
            while piece := connection.recv(65536):
                heard.append(piece)
            over.set()

        backend = Backend(serve)
        self.addCleanup(backend.close)
        _, port = self.serve("--forward", f"127.0.0.1:{backend.port}")
        self.cat(port, HALF)
        self.assertTrue(over.wait(PATIENCE))
        self.assertEqual(b"".join(heard), HALF)

    def test_a_program_is_told_before_its_input_ends(self):
        done = self.folder / "whole"
        told = self.folder / "told"
        _, port = self.serve("--exec", f"trap 'touch {told}; exit 1' TERM; echo ready; cat >/dev/null; touch {done}")
        with tls_client(port) as client:
            self.assertEqual(client.recv(6), b"ready\n")
            client.sendall(HALF)
            cut(client)
            for _ in range(int(PATIENCE * 100)):
                if told.exists() or done.exists():
                    break
                threading.Event().wait(0.01)
        self.assertTrue(told.exists())
        self.assertFalse(done.exists(), "half of a message was taken for all of it")
        # And where nothing is cut, nobody is told anything.
        self.cat(port, HALF)
        for _ in range(int(PATIENCE * 100)):
            if done.exists():
                break
            threading.Event().wait(0.01)
        self.assertTrue(done.exists())


class Requests(Served):
    def test_bare_line_feeds_are_answered_at_once(self):
        _, port = self.serve("--www", self.folder, "--timeout", str(PATIENCE))
        with tls_client(port) as client:
            client.settimeout(PATIENCE / 2)
            client.sendall(b"GET / HTTP/1.0\n\n")
            self.assertRegex(client.recv(100), rb"^HTTP/1\.[01] 400 ")


if __name__ == "__main__":
    unittest.main()
