"""Two servers and a Redis between them, under load: keys that change at a reload, a Redis that is killed and comes back, and
clients that somebody else wrote. No handshake fails."""

import contextlib
import os
import pathlib
import signal
import socket
import ssl
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.peers import PATIENCE, PKI, Program, free_port, run, signet_server, wait_for_port  # noqa: E402

CA, CERT, KEY = PKI / "ca.pem", PKI / "server.pem", PKI / "server.key"
HANDSHAKES = 2000
THREADS = 8


class Fleet(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def redis(self):
        server = Program("redis-server", "--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder)
        self.addCleanup(server.stop)
        wait_for_port(server, self.redis_port)
        return server

    def servers(self, *options):
        self.programs, self.ports = [], []
        for _ in range(2):
            program, port = signet_server("--echo", "--cert", CERT, "--key", KEY, *options)
            self.addCleanup(program.stop)
            self.programs.append(program)
            self.ports.append(port)

    def client(self, context, port, session=None):
        """One verified connection that says something: whether it was resumed, and the session it got."""
        with context.wrap_socket(socket.create_connection(("127.0.0.1", port), PATIENCE), server_hostname="server.test",
                                 session=session) as connection:
            connection.sendall(b"x")
            if connection.recv(1) != b"x":
                raise AssertionError("nothing came back")
            return connection.session_reused, connection.session

    def load(self, meanwhile):
        """2,000 handshakes from eight threads, each at one server after the other; how many were resumed, and what failed."""
        failed, resumed, made = [], [], []
        begun = threading.Event()

        def work():
            context = ssl.create_default_context(cafile=CA)
            session = None
            for i in range(HANDSHAKES // THREADS):
                try:
                    reused, session = self.client(context, self.ports[i % 2], session)
                    made.append(1)
                    resumed.extend([1] if reused else [])
                except (OSError, ssl.SSLError, AssertionError) as why:
                    failed.append(repr(why))
                if len(made) > 50:
                    begun.set()

        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        begun.wait(PATIENCE)
        meanwhile(lambda: any(thread.is_alive() for thread in threads))
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [], f"{len(failed)} of {HANDSHAKES}")
        self.assertEqual(len(made), HANDSHAKES)
        return len(resumed)

    def test_a_redis_that_is_killed_and_comes_back_fails_no_handshake(self):
        self.redis_port = free_port()
        first = self.redis()
        self.servers("--redis", f"redis://127.0.0.1:{self.redis_port}")

        def kill_and_bring_back(goes_on):
            for _ in range(2):
                if not goes_on():
                    return
                self.current.stop()
                time.sleep(0.5)
                self.current = self.redis()
                time.sleep(0.5)

        self.current = first
        resumed = self.load(kill_and_bring_back)
        self.assertGreater(resumed, HANDSHAKES // 2, "sessions were hardly shared")
        for program in self.programs:
            self.assertLessEqual(program.stderr.count("sessions are not shared"), 3, program.stderr)

    def test_keys_of_a_file_that_change_under_load_fail_no_handshake(self):
        keys = self.folder / "keys"
        held = [os.urandom(80)]

        def write():
            new = self.folder / "new"
            new.write_bytes(b"".join(held))
            new.chmod(0o600)
            new.rename(keys)

        write()
        self.servers("--ticket-keys", keys)

        def rotate(goes_on):
            while goes_on():
                # First where it is only read, then where it is written with.
                for order in (held + [os.urandom(80)], None):
                    held[:] = order if order else held[-1:] + held[:-1]
                    write()
                    for program in self.programs:
                        program._process.send_signal(signal.SIGHUP)
                    time.sleep(0.2)
                del held[3:]

        resumed = self.load(rotate)
        self.assertGreater(resumed, HANDSHAKES * 9 // 10)
        for program in self.programs:
            self.assertIn("SIGHUP: read again", program.stderr)
            self.assertNotIn("nothing is changed", program.stderr)

    def test_clients_of_others_resume_across_servers(self):
        self.redis_port = free_port()
        self.redis()
        self.servers("--redis", f"redis://127.0.0.1:{self.redis_port}")
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.create_default_context(cafile=CA)
            context.minimum_version = context.maximum_version = version
            _, session = self.client(context, self.ports[0])
            reused, session = self.client(context, self.ports[1], session)
            self.assertTrue(reused, version)
            self.assertTrue(self.client(context, self.ports[0], session)[0], version)
        # gnutls-cli connects twice to the same address: behind one port, a server each.
        with self.alternating() as port:
            with Program("gnutls-cli", "--resume", "--waitresumption", "--x509cafile", CA, "--sni-hostname", "server.test", "--verify-hostname",
                         "server.test", "-p", port, "127.0.0.1") as client:
                client.wait_for(r"\*\*\* This is a resumed session", "stdout")

    @contextlib.contextmanager
    def alternating(self):
        """A port whose connections go to one server after the other, as a balancer does."""
        door = socket.create_server(("127.0.0.1", 0))
        open_ones = [door]

        def carry(source, to):
            with contextlib.suppress(OSError):
                while piece := source.recv(65536):
                    to.sendall(piece)
                to.shutdown(socket.SHUT_WR)

        def accept():
            with contextlib.suppress(OSError):
                turn = 0
                while True:
                    client, _ = door.accept()
                    server = socket.create_connection(("127.0.0.1", self.ports[turn % 2]), PATIENCE)
                    open_ones.extend((client, server))
                    turn += 1
                    for ends in ((client, server), (server, client)):
                        threading.Thread(target=carry, args=ends, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield door.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            for one in open_ones:
                one.close()


if __name__ == "__main__":
    unittest.main()
