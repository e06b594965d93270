"""What `signet serve` carries for others is whole, or is no end."""

import os
import pathlib
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "cli")]
from serve_carried_test import Backend, Served  # noqa: E402
from support.peers import ENVIRONMENT  # noqa: E402
from support.signet_testing import (CA, CERT, KEY, PATIENCE, PKI, TOOL, ToolTest, read_head, signet,  # noqa: E402
                                    signet_server, tls_client, tls_peer)

# The first octets of a handshake whose rest does not come.
HALF_A_HELLO = b"\x16\x03\x01\x02\x00"
# A handshake message of a kind that nobody knows.
NO_HELLO = b"\x16\x03\x01\x00\x04\x63\x00\x00\x00"

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


def is_running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Programs(Served):
    def test_what_one_leaves_running_ends_after_it(self):
        for command in ("sleep 1000 & echo $!; cat", "trap '' TERM; sleep 1000 & echo $!; cat"):
            with self.subTest(command=command):
                _, port = self.serve("--exec", command)
                # The client ends well, and is told so although the one that is left holds the program's output.
                pid, _, rest = self.cat(port, b"taken").partition(b"\n")
                self.assertEqual(rest, b"taken")
                for _ in range(int(PATIENCE * 100)):
                    if not is_running(int(pid)):
                        break
                    time.sleep(0.01)
                self.assertFalse(is_running(int(pid)))

    def test_their_status_is_told(self):
        program, port = self.serve("--exec", "exit 3")
        self.assertEqual(self.cat(port, b""), b"")
        program.wait_for(r"^signet: client 127\.0\.0\.1:\d+: program: ended with status 3$")
        program, port = self.serve("--exec", "sleep 0.5; exit 4")
        status, _, err = signet("cat", f"127.0.0.1:{port}", "--ca", CA, "--wait", "20", given=b"nobody reads it")
        self.assertIn(status, (3, 4), err)
        program.wait_for(r"client 127\.0\.0\.1:\d+: program: ended with status 4, and has not taken all that the client sent$")
        # A client that is served well is not worth a line.
        program, port = self.serve("--exec", "cat")
        self.assertEqual(self.cat(port, b"fine"), b"fine")
        program._process.send_signal(signal.SIGTERM)
        self.assertEqual(program.finish(), 0)
        self.assertNotIn("program", program.stderr)


class Requests(Served):
    def test_bare_line_feeds_are_answered_at_once(self):
        _, port = self.serve("--www", self.folder, "--timeout", str(PATIENCE))
        with tls_client(port) as client:
            client.settimeout(PATIENCE / 2)
            client.sendall(b"GET / HTTP/1.0\n\n")
            self.assertRegex(client.recv(100), rb"^HTTP/1\.[01] 400 ")


def connect(port, room=None):
    """A TCP connection that takes in no more than `room` ahead of its reader."""
    made = socket.socket()
    if room:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    made.settimeout(PATIENCE)
    made.connect(("127.0.0.1", port))
    return made


def secured(raw):
    context = ssl.create_default_context(cafile=CA)
    return context.wrap_socket(raw, server_hostname="server.test", suppress_ragged_eofs=False)


class Slow(Served):
    """Slow is not stalled: with a limit of half a second, and a rate at which no wait for room is as short as that."""

    SIZE = 5 << 20
    RATE = 1 << 20

    def setUp(self):
        super().setUp()
        self.big = os.urandom(self.SIZE)

    def sip(self, connection):
        got, began = b"", time.monotonic()
        while len(got) < self.SIZE and (piece := connection.recv(16384)):
            got += piece
            time.sleep(max(0, began + len(got) / self.RATE - time.monotonic()))
        return got

    def test_a_client_that_takes_little_at_a_time_gets_it_all(self):
        self.write("www/big", self.big)
        _, port = self.serve("--www", self.folder / "www", "--timeout", "0.5")
        with secured(connect(port, room=65536)) as client:
            client.sendall(b"GET /big HTTP/1.0\r\n\r\n")
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            self.assertEqual(self.sip(client), self.big)

    def test_a_client_that_takes_nothing_is_cut(self):
        self.write("www/big", self.big * 4)
        program, port = self.serve("--www", self.folder / "www", "--timeout", "0.5")
        with secured(connect(port, room=65536)) as client:
            client.sendall(b"GET /big HTTP/1.0\r\n\r\n")
            program.wait_for("the peer has taken nothing for 500 ms")

    def test_a_server_that_takes_little_at_a_time_is_sent_all(self):
        got = []

        def slow(connection):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            read_head(connection)
            got.append(self.sip(connection))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        body = self.write("body", self.big)
        with tls_peer(slow) as server:
            out, _ = self.fine("put", "--ca", CA, "--name", "server.test", "--timeout", "0.5", "--data-file", body,
                               server.url())
        self.assertEqual((out, len(got[0])), (b"ok", self.SIZE))

    def test_what_trickles_ends_by_the_time_for_everything(self):
        def trickle(connection):
            read_head(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
            for octet in b"trickled":
                time.sleep(0.2)
                connection.sendall(bytes([octet]))

        args = ("get", "--ca", CA, "--name", "server.test", "--timeout")
        with tls_peer(trickle) as server:
            self.assertEqual(self.fine(*args, "1", server.url())[0], b"trickled")
            status, _, err = signet(*args, "1", "--max-time", "0.7", server.url())
            self.assertEqual(status, 3, err)
            self.assertIn("timed out", err)

        def flood(connection):
            read_head(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(bytes(65536))

        with tls_peer(flood) as server:
            status, _, err = signet(*args, "1", "--max-time", "0.7", "-o", "/dev/null", server.url())
            self.assertEqual(status, 3, err)
            self.assertIn("timed out", err)
        # Nobody says anything, and stdin stays open.
        with tls_peer(lambda connection: connection.recv(1)) as server:
            with subprocess.Popen([TOOL, "cat", f"127.0.0.1:{server.port}", "--ca", CA, "--max-time", "0.5"], env=ENVIRONMENT,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
                self.assertEqual(program.wait(PATIENCE), 3)
        with tls_peer(lambda connection: (read_head(connection), time.sleep(2))) as server:
            status, _, err = signet(*args, "0.3", server.url())
            self.assertEqual(status, 3, err)
            self.assertIn("the peer has sent nothing for 300 ms", err)


class Crowd(Served):
    def outcomes_of(self, count, port, talk):
        """What so many clients at once have heard."""
        outcomes = []

        def one():
            try:
                with tls_client(port) as client:
                    outcomes.append(talk(client))
            except OSError as e:
                outcomes.append(e)

        threads = [threading.Thread(target=one) for _ in range(count)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(PATIENCE)
        return outcomes

    def test_honest_newcomers_wait_for_their_turn(self):
        program, port = self.serve("--echo", "--max-clients", "4")

        def talk(client):
            client.sendall(b"x")
            heard = client.recv(1)
            time.sleep(0.1)
            return heard

        self.assertEqual(self.outcomes_of(24, port, talk), [b"x"] * 24, program.said())

    def test_who_pauses_before_a_request_is_served(self):
        self.write("www/index.html", b"home")
        program, port = self.serve("--www", self.folder / "www", "--max-clients", "4")

        def talk(client):
            time.sleep(1.5)
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return client.recv(12)[-3:]

        self.assertEqual(self.outcomes_of(12, port, talk), [b"200"] * 12, program.said())

    def test_who_is_silent_in_a_handshake_gives_way_and_is_told(self):
        program, port = self.serve("--echo", "--max-clients", "1", "--timeout", str(PATIENCE))
        with connect(port) as silent:
            silent.sendall(HALF_A_HELLO)
            with tls_client(port) as client:
                client.sendall(b"x")
                self.assertEqual(client.recv(1), b"x")
            # A fatal alert, user_canceled.
            self.assertEqual(silent.recv(100), b"\x15\x03\x03\x00\x02\x02\x5a")
        program.wait_for("gives way to newer clients")

    def test_the_longest_idle_one_makes_room(self):
        self.write("www/index.html", b"home")
        for service, word in ((("--www", self.folder / "www"), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), (("--echo",), b"hello")):
            with self.subTest(service=service[0]):
                _, port = self.serve(*service, "--max-clients", "3")
                idle = [tls_client(port) for _ in range(3)]
                for one in idle:
                    one.sendall(word)
                    self.assertTrue(one.recv(1000))
                    # One after the other, for the server too.
                    time.sleep(0.2)
                # An empty line is no request.
                if service[0] == "--www":
                    idle[0].sendall(b"\r\n")
                with tls_client(port) as client:
                    client.sendall(word)
                    self.assertTrue(client.recv(1000))
                # It was told so in the regular way.
                idle[0].settimeout(PATIENCE)
                self.assertEqual(idle[0].recv(100), b"")
                for one in idle:
                    one.close()


class LastWord(Served):
    def test_an_alert_arrives_while_the_peer_still_writes(self):
        _, port = self.serve("--echo")
        with connect(port) as client:
            client.sendall(NO_HELLO)
            for _ in range(20):
                client.sendall(b"more of a flight that nobody reads")
                time.sleep(0.01)
            self.assertEqual(client.recv(100)[:1], b"\x15")

    def test_an_answer_arrives_while_the_peer_still_writes(self):
        self.write("www/index.html", b"home")
        _, port = self.serve("--www", self.folder / "www")
        with tls_client(port) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
            for _ in range(150):
                client.sendall(bytes(16384))
            self.assertRegex(client.recv(100), rb"^HTTP/1.1 413 ")


class Log(Served):
    CLIENT = r"^signet: client 127\.0\.0\.1:\d+"

    def test_lines_about_who_is_carried_name_the_client(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            nowhere = f"127.0.0.1:{gone.getsockname()[1]}"
        program, port = self.serve("--forward", nowhere)
        signet("cat", f"127.0.0.1:{port}", "--ca", CA)
        program.wait_for(f"{self.CLIENT}: backend: {nowhere}: connecting: connection refused$")

        def reset(connection):
            connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        backend = Backend(reset)
        self.addCleanup(backend.close)
        program, port = self.serve("--forward", f"127.0.0.1:{backend.port}")
        signet("cat", f"127.0.0.1:{port}", "--ca", CA, "--wait", "20", given=b"x")
        program.wait_for(f"{self.CLIENT}: backend 127.0.0.1:{backend.port}: relaying: ")

    def test_lines_about_who_is_left_at_the_end_name_the_client(self):
        def echo_once(connection):
            connection.sendall(connection.recv(100))
            try:
                connection.recv(100)
            except ConnectionResetError:
                pass

        backend = Backend(echo_once)
        self.addCleanup(backend.close)
        at = f"127.0.0.1:{backend.port}"
        for service, name in ((("--forward", at), f"backend {at}"), (("--exec", "cat"), "program")):
            with self.subTest(service=service[0]):
                program, port = self.serve(*service, "--timeout", "2")
                with tls_client(port) as client:
                    client.sendall(b"carried")
                    self.assertEqual(client.recv(100), b"carried")
                    program._process.send_signal(signal.SIGTERM)
                    self.assertEqual(program.finish(), 0, program.said())
                self.assertRegex(program.stderr, f"(?m){self.CLIENT} and {name}: relaying: told to stop$")

    def test_nobody_waits_for_who_reads_it(self):
        with subprocess.Popen([TOOL, "serve", "127.0.0.1:0", "--echo", "--cert", CERT, "--key", KEY],
                              env=ENVIRONMENT, stderr=subprocess.PIPE) as program:
            try:
                port = int(program.stderr.readline().rpartition(b":")[2])
                # Of the certificate, which no root of the system has issued.
                self.assertIn(b"warning", program.stderr.readline())
                # Each is a line of a hundred octets, and a pipe holds 64 KiB.
                for _ in range(1500):
                    with connect(port) as bad:
                        bad.sendall(b"no TLS at all, and a line of a certain length for the log of the server\r\n")
                with tls_client(port) as client:
                    client.sendall(b"still here")
                    self.assertEqual(client.recv(100), b"still here")
                program.terminate()
                self.assertEqual(program.wait(PATIENCE), 0)
            finally:
                program.kill()

    def test_what_was_left_out_is_counted(self):
        with subprocess.Popen([TOOL, "serve", "127.0.0.1:0", "--echo", "--cert", CERT, "--key", KEY],
                              env=ENVIRONMENT, stderr=subprocess.PIPE) as program:
            try:
                port = int(program.stderr.readline().rpartition(b":")[2])
                # Of the certificate, which no root of the system has issued.
                self.assertIn(b"warning", program.stderr.readline())
                bad = 2500
                for _ in range(bad):
                    with connect(port) as one:
                        one.sendall(b"no TLS at all, and a line of a certain length for the log of the server\r\n")
                        one.settimeout(PATIENCE)
                        # Judged before the next one comes.
                        while one.recv(1000):
                            pass
                seen = missing = 0
                while seen + missing < bad:
                    line = program.stderr.readline().decode()
                    if "lines are missing here" in line:
                        missing += int(line.split()[1])
                    else:
                        self.assertIn("does not speak TLS", line)
                        seen += 1
                self.assertGreater(missing, 0)
                self.assertEqual(seen + missing, bad)
            finally:
                program.kill()


class WeakPoints(ToolTest):
    def warned(self, name, pattern):
        program, _ = signet_server("--echo", "--cert", PKI / f"{name}.pem", "--key", PKI / f"{name}.key")
        self.addCleanup(program.stop)
        program.wait_for(pattern)

    def test_one_for_clients_is_no_matter_of_options(self):
        self.warned("client", r"is for clientAuth by its extended key usage, not for serverAuth: have it issued for a server$")

    def test_where_the_issuer_is_is_said(self):
        self.warned("names-its-issuer", r"put its certificate behind this one: it is at http://ca\.test/intermediate\.der$")


class Secrets(Served):
    def test_the_key_is_never_served(self):
        folder = self.folder / "www"
        for name in ("server.key", "server.pem"):
            self.write(f"www/{name}", (PKI / name).read_bytes())
        both = self.write("www/both.pem", CERT.read_bytes() + KEY.read_bytes())
        os.link(folder / "server.key", folder / "hard.txt")
        (folder / "soft.txt").symlink_to("server.key")

        def status_of(port, path):
            with tls_client(port) as client:
                client.sendall(f"GET /{path} HTTP/1.0\r\n\r\n".encode())
                return int(client.recv(100).split()[1])

        program, port = signet_server("--www", folder, "--cert", folder / "server.pem", "--key", folder / "server.key")
        self.addCleanup(program.stop)
        for path, status in (("server.key", 404), ("hard.txt", 404), ("soft.txt", 404), ("server.pem", 200)):
            with self.subTest(path=path):
                self.assertEqual(status_of(port, path), status)
        program, port = signet_server("--www", folder, "--cert", both)
        self.addCleanup(program.stop)
        self.assertEqual(status_of(port, "both.pem"), 404)


if __name__ == "__main__":
    unittest.main()
