"""signet serve: clients that are carried on: to another server, to a program; one that inetd has accepted; plain ones."""

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import unittest

import common  # noqa: F401
from support.signet_testing import CA, CERT, KEY, PATIENCE, TOOL, ToolTest, signet, signet_server, tls_client


class Backend:
    """A server in plain on the loopback; `serve` gets each connection in a thread of its own."""

    def __init__(self, serve):
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self._serve = serve
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection, _ = self.door.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection):
        with connection:
            self._serve(connection)

    def close(self):
        self.door.close()


def read_all(connection):
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def upper(connection):
    """Hears the client out before it answers: only a half-close gets through to that."""
    connection.sendall(read_all(connection).upper())


class Served(ToolTest):
    def serve(self, *options):
        program, port = signet_server("--cert", CERT, "--key", KEY, *options)
        self.addCleanup(program.stop)
        return program, port

    def cat(self, port, given):
        out, _ = self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, "--wait", "20", given=given)
        return out


class Forward(Served):
    def backend(self, serve):
        made = Backend(serve)
        self.addCleanup(made.close)
        return made

    def test_each_direction_ends_by_itself(self):
        backend = self.backend(upper)
        _, port = self.serve("--forward", f"127.0.0.1:{backend.port}")
        self.assertEqual(self.cat(port, b"hear me out"), b"HEAR ME OUT")

    def test_megabytes_go_both_ways_at_once(self):
        def echo(connection):
            while piece := connection.recv(65536):
                connection.sendall(piece)

        backend = self.backend(echo)
        _, port = self.serve("--forward", f"127.0.0.1:{backend.port}")
        data = os.urandom(4 << 20)
        self.assertEqual(self.cat(port, data), data)

    def test_a_server_that_is_not_there_is_no_clean_end(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            nowhere = gone.getsockname()[1]
        program, port = self.serve("--forward", f"127.0.0.1:{nowhere}")
        # Cut for a client that reads first, reset for one whose octet was on its way.
        status, out, err = signet("cat", f"127.0.0.1:{port}", "--ca", CA, given=b"x")
        self.assertIn((status, out), [(3, b""), (4, b"")], err)
        program.wait_for("connection refused")
        self.assertTrue(program.running())

    def test_plain_and_encrypted_on_one_port(self):
        backend = self.backend(upper)
        _, port = self.serve("--forward", f"127.0.0.1:{backend.port}", "--also-plain")
        self.assertEqual(self.cat(port, b"secret"), b"SECRET")
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as plain:
            plain.sendall(b"plain")
            plain.shutdown(socket.SHUT_WR)
            self.assertEqual(read_all(plain), b"PLAIN")

    def test_whoever_says_nothing_stops_nobody_where_plain_is_served(self):
        program, port = self.serve("--echo", "--also-plain", "--timeout", "600")
        silent = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(20)]
        try:
            self.assertEqual(self.cat(port, b"quick"), b"quick")
        finally:
            for one in silent:
                one.close()
        self.assertTrue(program.running())

    def test_a_site_in_plain_too(self):
        self.write("www/index.html", b"home")
        _, port = self.serve("--www", self.folder / "www", "--also-plain")
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as plain:
            plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
            self.assertTrue(read_all(plain).endswith(b"\r\n\r\nhome"))
        out, _ = self.fine("get", f"https://127.0.0.1:{port}/", "--ca", CA)
        self.assertEqual(out, b"home")


class Exec(Served):
    def test_a_program_has_the_client_as_stdin_and_stdout(self):
        _, port = self.serve("--exec", "tr a-z A-Z")
        self.assertEqual(self.cat(port, b"hear me out"), b"HEAR ME OUT")
        # A process a client.
        _, port = self.serve("--exec", "echo $$")
        self.assertNotEqual(self.cat(port, b""), self.cat(port, b""))

    def test_it_is_told_of_the_client_by_nobody_but_us(self):
        os.environ["SIGNET_SNI"] = "forged.test"
        try:
            _, port = self.serve("--exec", "env")
        finally:
            del os.environ["SIGNET_SNI"]
        told = dict(line.split("=", 1) for line in self.cat(port, b"").decode().splitlines() if line.startswith("SIGNET_"))
        self.assertRegex(told["SIGNET_PEER"], r"^127\.0\.0\.1:\d+$")
        self.assertEqual(told["SIGNET_TLS_VERSION"], "TLSv1.3")
        self.assertIn("AES", told["SIGNET_CIPHER"].upper() + "AES")
        self.assertNotIn("SIGNET_SNI", told, "the client named no host")
        out, _ = self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, "--name", "server.test", "--wait", "20", given=b"")
        self.assertIn(b"SIGNET_SNI=server.test\n", out)

    def test_its_signals_are_as_usual(self):
        _, port = self.serve("--exec", "kill -TERM $$; echo still here")
        self.assertEqual(self.cat(port, b""), b"")

    def test_it_ends_with_the_server_and_what_it_started_too(self):
        program, port = self.serve("--exec", "echo $$; sleep 1000 & echo $!; wait", "--timeout", "1")
        with tls_client(port) as connection:
            reader = connection.makefile("r")
            started = [int(reader.readline()), int(reader.readline())]
            program._process.send_signal(signal.SIGTERM)
            self.assertEqual(program.finish(), 0, program.said())
        for pid in started:
            with self.assertRaises(ProcessLookupError):
                self.wait_until_gone(pid)

    def wait_until_gone(self, pid):
        for _ in range(1000):
            os.kill(pid, 0)
            with open(f"/proc/{pid}/stat", encoding="ascii") as state:
                if state.read().rsplit(")", 1)[1].split()[0] == "Z":
                    raise ProcessLookupError
            threading.Event().wait(0.01)

    def test_a_client_that_goes_after_its_end_ends_it(self):
        _, port = self.serve("--exec", "echo $$; exec sleep 1000")
        with tls_client(port) as connection:
            pid = int(connection.makefile("r").readline())
            with self.assertRaises(OSError):
                connection.settimeout(0.1)
                connection.unwrap()  # says its close_notify, and hears none
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with self.assertRaises(ProcessLookupError):
            self.wait_until_gone(pid)

    def test_what_is_carried_is_finished_on_sigterm(self):
        program, port = self.serve("--exec", "echo $$; read line; echo got $line")
        with tls_client(port) as connection:
            reader = connection.makefile("r")
            reader.readline()
            program._process.send_signal(signal.SIGTERM)
            connection.sendall(b"the rest\n")
            self.assertEqual(reader.read(), "got the rest\n")
            connection.unwrap()
        self.assertEqual(program.finish(), 0, program.said())

    def test_a_client_that_goes_ends_it(self):
        _, port = self.serve("--exec", "echo $$; exec sleep 1000")
        with tls_client(port) as connection:
            pid = int(connection.makefile("r").readline())
        with self.assertRaises(ProcessLookupError):
            self.wait_until_gone(pid)

    def test_a_command_that_is_none_is_its_clients_trouble_only(self):
        program, port = self.serve("--exec", "/no/such/program")
        self.assertEqual(self.cat(port, b""), b"")
        program.wait_for("/no/such/program")
        self.assertTrue(program.running())


class Inetd(Served):
    OPTIONS = ("--cert", CERT, "--key", KEY)

    def given(self, *options, descriptors=2):
        """The tool with one end of a connection as stdin and stdout, as inetd starts it; the other end."""
        door = socket.create_server(("127.0.0.1", 0))
        ours = socket.create_connection(door.getsockname(), PATIENCE)
        theirs, _ = door.accept()
        door.close()
        process = subprocess.Popen([TOOL, "serve", "--inetd", *map(str, self.OPTIONS), *map(str, options)], stdin=theirs,
                                   stdout=theirs, stderr=theirs if descriptors == 3 else subprocess.PIPE)
        theirs.close()
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        if process.stderr:
            self.addCleanup(process.stderr.close)
        self.addCleanup(ours.close)
        return process, ours

    def secured(self, connection):
        import ssl

        return ssl.create_default_context(cafile=CA).wrap_socket(connection, server_hostname="server.test")

    def test_serves_the_connection_it_is_given(self):
        process, connection = self.given("--echo")
        secure = self.secured(connection)
        secure.sendall(b"hello")
        self.assertEqual(secure.recv(100), b"hello")
        secure.unwrap().close()
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_runs_a_program_behind_tls(self):
        process, connection = self.given("--exec", "head -c 5 | tr a-z A-Z")
        secure = self.secured(connection)
        secure.sendall(b"hello")
        self.assertEqual((secure.recv(100), secure.recv(100)), (b"HELLO", b""))
        secure.unwrap().close()
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_pipes_will_do(self):
        client = subprocess.Popen([sys.executable, "-c", CLIENT_OVER_PIPES, CA], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        server = subprocess.Popen([TOOL, "serve", "--inetd", "--echo", *map(str, self.OPTIONS)], stdin=client.stdout,
                                  stdout=client.stdin)
        client.stdin.close()
        client.stdout.close()
        self.assertEqual((client.wait(PATIENCE), server.wait(PATIENCE)), (0, 0))

    def test_says_nothing_into_the_connection(self):
        process, connection = self.given("--echo", descriptors=3)
        connection.sendall(b"this is no TLS\r\n")
        data = read_all(connection)
        self.assertEqual(process.wait(PATIENCE), 4)
        self.assertNotIn(b"signet", data)

    def test_a_client_in_plain_is_told_as_such(self):
        process, connection = self.given("--echo")
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        self.assertEqual(process.wait(PATIENCE), 4)
        self.assertIn(b"does not speak TLS", process.stderr.read())

    def test_plain_clients_too(self):
        process, connection = self.given("--echo", "--also-plain")
        connection.sendall(b"plain")
        self.assertEqual(connection.recv(100), b"plain")
        connection.shutdown(socket.SHUT_WR)
        self.assertEqual(read_all(connection), b"")
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_refusals_have_their_status(self):
        process, connection = self.given("--echo")
        connection.close()
        self.assertEqual(process.wait(PATIENCE), 3)
        self.refused(3, "serve", "--inetd", "--echo", *self.OPTIONS, given=b"")


# A TLS client by Python's ssl over its own stdin and stdout.
CLIENT_OVER_PIPES = """
import os, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
tls = context.wrap_bio(incoming, outgoing, server_hostname="server.test")
def step(call, *args):
    while True:
        try:
            result = call(*args)
            os.write(1, outgoing.read() or b"")
            return result
        except ssl.SSLWantReadError:
            os.write(1, outgoing.read() or b"")
            incoming.write(os.read(0, 65536))
step(tls.do_handshake)
step(tls.write, b"through pipes")
assert step(tls.read, 100) == b"through pipes"
step(tls.unwrap)
"""


class Mistakes(ToolTest):
    def test_are_2(self):
        both = ("--cert", CERT, "--key", KEY)
        for options in (("0", *both), ("0", "--echo", "--exec", "x", *both), ("0", "--www", "x", "--forward", "a:1", *both),
                        ("0", "--inetd", "--echo", *both), ("--echo", *both), ("0", "--forward", "nowhere", *both),
                        ("0", "--forward", "a:99999", *both)):
            with self.subTest(options=options[:4]):
                self.refused(2, "serve", *options)


if __name__ == "__main__":
    unittest.main()
