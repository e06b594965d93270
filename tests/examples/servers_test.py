"""The examples of servers: one process with threads, several at one port, and one for each client."""

import os
import pathlib
import shutil
import signal
import socket
import ssl
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.peers import PATIENCE, PKI, Program, run  # noqa: E402
from support.toolchain import BUILD  # noqa: E402


def example(name):
    return BUILD / "bin" / f"example_{name}"


def is_there(pid):
    """Whether the process runs: one that has ended and waits for its parent does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class ServerCase(unittest.TestCase):
    def start(self, program, *more):
        self.program = Program(program, "127.0.0.1:0", PKI / "server.pem", PKI / "server.key", *more)
        self.addCleanup(self.program.stop)
        self.port = int(self.program.wait_for(r"^listening on 127\.0\.0\.1:(\d+)$")[1])

    def reach(self):
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        self.addCleanup(plain.close)
        return plain

    def client(self):
        context = ssl.create_default_context(cafile=PKI / "ca.pem")
        secure = context.wrap_socket(self.reach(), server_hostname="server.test")
        self.addCleanup(secure.close)
        return secure

    def ask(self, connection, line):
        connection.sendall(line + b"\n")
        with connection.makefile("rb") as lines:
            return lines.readline().rstrip(b"\n")

    def process_of(self, client):
        """The number of the process that serves this client."""
        pid, _, line = self.ask(client, b"who?").partition(b": ")
        self.assertEqual(line, b"who?")
        return int(pid)

    def wait_until(self, happened, what):
        give_up = time.monotonic() + PATIENCE
        pause = threading.Event()
        while not happened():
            self.assertLess(time.monotonic(), give_up, what)
            pause.wait(0.02)

    def says_what_its_arguments_lack(self, name):
        status, _, said = run(example(name))
        self.assertEqual(status, 2)
        self.assertIn("usage", said)


class ReloadingServer(ServerCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.use("server")
        self.program = Program(example("reloading_server"), "127.0.0.1:0", self.folder / "cert.pem", self.folder / "key.pem")
        self.addCleanup(self.program.stop)
        self.port = int(self.program.wait_for(r"^listening on 127\.0\.0\.1:(\d+)$")[1])

    def use(self, name):
        for kind, suffix in (("cert", "pem"), ("key", "key")):
            new = self.folder / "new"
            shutil.copy(PKI / f"{name}.{suffix}", new)
            new.rename(self.folder / f"{kind}.pem")

    def key_type(self):
        """Of what a client is shown, and what it is told."""
        with self.client() as client:
            self.assertEqual(client.recv(10), b"hello\n")
            return "RSA" if b"rsaEncryption" in run("openssl", "x509", "-noout", "-text", given=ssl.DER_cert_to_PEM_cert(
                client.getpeercert(True)).encode())[1] else "EC"

    def test_it_follows_its_files(self):
        self.assertEqual(self.key_type(), "EC")
        self.use("server-rsa")
        self.wait_until(lambda: self.key_type() == "RSA", "the new certificate")
        self.program.wait_for(r"^new certificate, valid until \d{4}-")
        shutil.copy(PKI / "server.key", self.folder / "key.pem")
        self.wait_until(lambda: self.key_type() == "RSA" and "nothing is changed" in self.program.stderr, "a word about the wrong key")

    def test_it_says_what_its_arguments_lack(self):
        self.says_what_its_arguments_lack("reloading_server")


class ServerLoop(ServerCase):
    def setUp(self):
        self.start(example("server_loop"))

    def test_it_echoes_to_encrypted_and_plain_clients_while_others_stall(self):
        self.reach()
        self.reach().sendall(b"\x16\x03")
        first, second = self.client(), self.client()
        self.assertEqual(self.ask(second, b"two"), b"two")
        self.assertEqual(self.ask(first, b"one"), b"one")
        self.assertEqual(self.ask(self.reach(), b"plain"), b"plain")

    def test_it_says_whom_it_did_not_serve(self):
        broken = self.reach()
        broken.sendall(b"\x16\x03\x01\x00\x05hello")
        self.program.wait_for(rf"^client 127\.0\.0\.1:{broken.getsockname()[1]}: handshake: ")

    def test_shutdown_lets_those_who_are_being_served_finish(self):
        other, silent = self.client(), self.reach()
        self.assertEqual(self.ask(other, b"before"), b"before")
        ending = self.client()
        self.assertEqual(self.ask(ending, b"shutdown"), b"shutdown")
        self.assertEqual(silent.recv(100), b"")
        self.assertEqual(self.ask(other, b"after"), b"after")
        self.assertTrue(self.program.running())
        ending.unwrap()
        other.unwrap()
        self.assertEqual(self.program.finish(), 0, self.program.said())

    def test_it_says_what_its_arguments_lack(self):
        self.says_what_its_arguments_lack("server_loop")


class PreforkServer(ServerCase):
    def setUp(self):
        self.start(example("prefork_server"), "2")

    def test_a_process_that_dies_is_replaced_and_delays_nobody(self):
        parent = self.program._process.pid
        for _ in range(3):
            serving = self.process_of(self.client())
            self.assertNotEqual(serving, parent)
            os.kill(serving, signal.SIGKILL)
            self.wait_until(lambda: not is_there(serving), "it lives on")
            self.assertNotEqual(self.process_of(self.client()), serving)

    def test_a_session_of_one_process_is_resumed_in_another(self):
        context = ssl.create_default_context(cafile=PKI / "ca.pem")
        with context.wrap_socket(self.reach(), server_hostname="server.test") as first:
            serving = self.process_of(first)  # and with the answer comes the ticket
            session = first.session
        os.kill(serving, signal.SIGKILL)
        self.wait_until(lambda: not is_there(serving), "it lives on")
        with context.wrap_socket(self.reach(), server_hostname="server.test", session=session) as second:
            self.assertNotEqual(self.process_of(second), serving)
            self.assertTrue(second.session_reused)

    def test_sigterm_to_one_of_them_ends_them_all(self):
        client = self.client()
        os.kill(self.process_of(client), signal.SIGTERM)
        client.unwrap()
        self.assertEqual(self.program.finish(), 0, self.program.said())

    def test_sigterm_ends_them_all_and_lets_clients_finish(self):
        client = self.client()
        serving = self.process_of(client)
        self.program._process.send_signal(signal.SIGTERM)

        def refuses():
            try:
                socket.create_connection(("127.0.0.1", self.port), PATIENCE).close()
            except ConnectionError:
                return True
            return False

        self.wait_until(refuses, "the door stays open")
        self.assertTrue(is_there(serving))
        self.assertEqual(self.ask(client, b"last"), b"%d: last" % serving)
        client.close()
        self.assertEqual(self.program.finish(), 0, self.program.said())
        self.assertFalse(is_there(serving))

    def test_it_says_what_its_arguments_lack(self):
        self.says_what_its_arguments_lack("prefork_server")


class ForkServer(ServerCase):
    def setUp(self):
        self.start(example("fork_server"))

    def test_each_client_has_a_process_which_ends_with_it(self):
        self.reach()  # says nothing, and delays nobody
        first, second = self.client(), self.client()
        processes = [self.process_of(first), self.process_of(second)]
        self.assertEqual(len({*processes, self.program._process.pid}), 3)
        # The parent let go of its copy, and the first connection is as it was.
        self.assertEqual(self.ask(first, b"still?"), b"%d: still?" % processes[0])
        first.unwrap()
        self.wait_until(lambda: not is_there(processes[0]), "the first one's process stays")
        self.assertEqual(self.process_of(second), processes[1])
        second.unwrap()
        self.wait_until(lambda: not is_there(processes[1]), "the second one's process stays")

    def test_the_parent_keeps_no_descriptor_of_a_client(self):
        folder = pathlib.Path(f"/proc/{self.program._process.pid}/fd")
        self.process_of(self.client())
        before = len(list(folder.iterdir()))
        clients = [self.client() for _ in range(5)]
        for each in clients:
            self.process_of(each)
        self.assertEqual(len(list(folder.iterdir())), before)

    def test_it_says_what_its_arguments_lack(self):
        self.says_what_its_arguments_lack("fork_server")


if __name__ == "__main__":
    unittest.main()
