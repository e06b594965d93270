"""signet serve: the site, who gets in, many clients at once, and an orderly end."""

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import unittest

import common  # noqa: F401
from support.signet_testing import CA, CERT, KEY, PATIENCE, PKI, TOOL, Program, ToolTest, free_port, read_head, signet_server, started, tls_client


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


class Answer:
    """One HTTP answer, read from a connection as raw as it is."""

    def __init__(self, connection, head_only=False):
        data = read_head(connection)
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1]) if lines[0] else 0
        self.fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        while not head_only and len(body) < int(self.fields.get("content-length", 0)):
            piece = connection.recv(65536)
            if not piece:
                break
            body += piece
        self.body = body


class Site(ToolTest):
    def setUp(self):
        super().setUp()
        self.home = b"<p>home</p>\n"
        self.big = os.urandom(3 << 20)
        self.write("secret.txt", b"outside")
        self.write("www/index.html", self.home)
        self.write("www/big.bin", self.big)
        self.write("www/sub/index.html", b"sub")
        self.write("www/.hidden", b"hidden")
        (self.folder / "www" / "leak").symlink_to("../secret.txt")
        (self.folder / "www" / "leak2").symlink_to(self.folder / "secret.txt")
        self.program, self.port = signet_server("--www", self.folder / "www", "--cert", CERT, "--key", KEY)
        self.addCleanup(self.program.stop)

    def ask(self, request, head_only=False):
        with tls_client(self.port) as connection:
            # A server may refuse, and close, before it has heard all of it.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
                connection.sendall(request)
            return Answer(connection, head_only)

    def path(self, path, fields="", method="GET"):
        return self.ask(f"{method} {path} HTTP/1.1\r\nHost: server.test\r\n{fields}\r\n".encode(), method == "HEAD")

    def test_our_own_client_gets_it_byte_for_byte(self):
        out, _ = self.fine("get", f"https://127.0.0.1:{self.port}/big.bin", "--ca", CA)
        self.assertEqual(out, self.big)

    def test_types_folders_and_heads(self):
        answer = self.path("/")
        self.assertEqual((answer.status, answer.body), (200, self.home))
        self.assertEqual(answer.fields["content-type"], "text/html; charset=utf-8")
        self.assertEqual(self.path("/sub").fields["location"], "/sub/")
        self.assertEqual(self.path("/sub/").body, b"sub")
        head = self.path("/big.bin", method="HEAD")
        self.assertEqual((head.status, head.fields["content-length"], head.body), (200, str(len(self.big)), b""))
        self.assertEqual(head.fields["content-type"], "application/octet-stream")
        self.assertEqual(self.path("/none").status, 404)
        self.assertEqual(self.path("/", method="DELETE").status, 405)

    def test_ranges(self):
        for field, status, body in (("bytes=0-9", 206, self.big[:10]), ("bytes=-9", 206, self.big[-9:]),
                                    (f"bytes={len(self.big) - 70000}-", 206, self.big[-70000:]),
                                    (f"bytes={len(self.big)}-", 416, None), ("bytes=5-2", 200, self.big)):
            with self.subTest(field=field):
                answer = self.path("/big.bin", f"Range: {field}\r\n")
                self.assertEqual(answer.status, status)
                if body is not None:
                    self.assertEqual(answer.body, body)
        self.assertEqual(self.path("/", f"If-None-Match: {self.path('/').fields['etag']}\r\n").status, 304)

    def test_hostile_paths_lead_nowhere(self):
        for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt", "/sub/../../secret.txt",
                     "/..\\secret.txt", "/..%5csecret.txt", "//secret.txt", "/leak", "/leak2", "/.hidden", "/index.html%00",
                     "/%c0%ae%c0%ae/secret.txt", "/" + "../" * 40 + "etc/passwd", "/" + "a/" * 2000, "/" + "a" * 5000,
                     "http://server.test/../secret.txt"):
            with self.subTest(path=path[:60]):
                answer = self.path(path)
                self.assertIn(answer.status, (400, 404))
                self.assertNotIn(b"outside", answer.body)
                self.assertNotIn(b"hidden", answer.body)
        self.assertEqual(self.path("/").status, 200)

    def test_requests_that_are_none_are_refused(self):
        good = b"GET / HTTP/1.1\r\nHost: a\r\n"
        for request, status in ((b"\x00\xff\r\n\r\n", 400), (b"GET /\r\n\r\n", 400), (b"GET / HTTP/1.1\r\n\r\n", 400),
                                (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505), (good + b"A: b\r\n c\r\n\r\n", 400),
                                (good + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
                                (good + b"Content-Length: 9999999999\r\n\r\n" + bytes(2 << 20), 413),
                                (good + b"X: " + b"y" * 40000, 431)):
            with self.subTest(request=request[:60]):
                answer = self.ask(request)
                self.assertEqual((answer.status, answer.fields["connection"]), (status, "close"))
        self.assertEqual(self.path("/").status, 200)

    def test_one_connection_carries_many_requests_until_close_is_said(self):
        with tls_client(self.port) as connection:
            for _ in range(3):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                answer = Answer(connection)
                self.assertEqual((answer.body, answer.fields.get("connection")), (self.home, None))
            # A body nobody wants is passed over, and what follows it is the next request.
            connection.sendall(b"GET /none HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /\r\n\r\n\r\n"[:-6])
            self.assertEqual(Answer(connection).status, 404)
            connection.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(Answer(connection, head_only=True).fields["content-length"], str(len(self.home)))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            self.assertEqual(Answer(connection).fields["connection"], "close")
            # close_notify, not a cut: anything else raises here.
            self.assertEqual(connection.recv(1), b"")

    def test_requests_in_one_go_are_answered_in_order(self):
        with tls_client(self.port) as connection:
            connection.sendall(b"HEAD /sub/ HTTP/1.1\r\nHost: a\r\n\r\n" * 50 + b"GET /sub/ HTTP/1.0\r\n\r\n")
            data = b""
            while piece := connection.recv(65536):
                data += piece
            self.assertEqual(data.count(b"HTTP/1.1 200 OK\r\n"), 51)
            self.assertTrue(data.endswith(b"\r\n\r\nsub"))


class Service(ToolTest):
    def serve(self, *options):
        program, port = signet_server("--cert", CERT, "--key", KEY, *options)
        self.addCleanup(program.stop)
        return program, port

    def test_stalled_clients_delay_nobody(self):
        program, port = self.serve("--echo", "--timeout", "600")
        stalled = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(20)]  # not a byte
        half = tls_client(port)  # a handshake and not a byte more
        try:
            for _ in range(3):
                out, _ = self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, "--timeout", "50", given=b"quick")
                self.assertEqual(out, b"quick")
        finally:
            for one in stalled:
                one.close()
            half.close()
        self.assertTrue(program.running(), program.said())

    def test_a_client_too_slow_with_its_request_is_sent_away(self):
        self.write("www/index.html", b"x")
        program, port = self.serve("--www", self.folder / "www", "--timeout", "2")
        with tls_client(port) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHo")
            self.assertEqual(Answer(connection).status, 408)
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as silent:
            silent.settimeout(PATIENCE)
            while silent.recv(1000):
                pass  # ends: the handshake has its time as well
        program.wait_for("timed out")

    def test_many_clients_at_once(self):
        program, port = self.serve("--echo")
        # All are connected before the first one speaks.
        clients = [tls_client(port) for _ in range(60)]
        wrong = []

        def talk(number, connection):
            try:
                data = bytes([number]) * 20000
                connection.sendall(data)
                got = b""
                while len(got) < len(data):
                    got += connection.recv(65536)
                if got != data:
                    wrong.append(number)
            except OSError as e:
                wrong.append(e)

        threads = [threading.Thread(target=talk, args=(i, c)) for i, c in enumerate(clients)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(PATIENCE)
        for one in clients:
            one.close()
        self.assertEqual(wrong, [], program.said())

    def test_more_clients_than_allowed_wait_their_turn(self):
        _, port = self.serve("--echo", "--max-clients", "1")
        first = tls_client(port)
        second = socket.create_connection(("127.0.0.1", port), PATIENCE)
        context = ssl.create_default_context(cafile=CA)
        secure = context.wrap_socket(second, server_hostname="server.test", do_handshake_on_connect=False)
        secure.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            secure.do_handshake()
        # One that is busy is not sent away; one that was idle for five seconds would be.
        first.unwrap().close()
        secure.settimeout(PATIENCE)
        secure.do_handshake()
        secure.close()

    def test_a_client_that_misbehaves_is_one_line_and_no_more(self):
        program, port = self.serve("--echo")
        for said, sent in (("plain HTTP", b"GET / HTTP/1.1\r\n\r\n"), ("not speak TLS", b"EHLO me\r\n"),
                           ("client", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")):
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
                connection.sendall(sent)
                try:
                    while connection.recv(1000):
                        pass
                except ConnectionResetError:
                    pass
            program.wait_for(said)
        out, _ = self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, given=b"still here")
        self.assertEqual(out, b"still here")
        lines = [line for line in program.stderr.splitlines() if not line.startswith(("listening", "signet: warning:"))]
        self.assertEqual(len(lines), 3, lines)
        self.assertEqual(program.stdout, b"")

    def test_addresses_have_these_forms(self):
        for address, shown in (("0", r"\[::\]|0\.0\.0\.0"), (":0", r"\[::\]|0\.0\.0\.0"), ("127.0.0.1:0", r"127\.0\.0\.1"),
                               ("localhost:0", "localhost"), ("[::1]:0", r"\[::1\]")):
            if "::1" in address and not has_ipv6():
                continue
            with self.subTest(address=address), Program(TOOL, "serve", address, "--echo", "--self-signed", "localhost") as program:
                self.assertGreater(int(program.wait_for(rf"^listening on (?:{shown}):(\d+)$")[1]), 0)

    def test_json_says_where(self):
        with Program(TOOL, "serve", "127.0.0.1:0", "--echo", "--self-signed", "localhost", "--json") as program:
            document = json.loads(program.wait_for(r"^\{.*\}$")[0])
            self.assertEqual((document["event"], document["host"]), ("listening", "127.0.0.1"))
            self.assertEqual(document["listening_on"], f"127.0.0.1:{document['port']}")

    def test_self_signed_serves_who_is_given_the_certificate(self):
        given = self.folder / "given.pem"
        with Program(TOOL, "serve", "127.0.0.1:0", "--echo", "--self-signed", "first.test", "--self-signed-out", given) as program:
            port = int(program.wait_for(r"^listening on 127\.0\.0\.1:(\d+)$")[1])
            self.assertRegex(program.stderr, r"(?m)^self-signed certificate for first\.test, SHA-256 [0-9a-f]{64}$")
            out, _ = self.fine("cat", f"127.0.0.1:{port}", "--ca", given, "--name", "first.test", given=b"x")
            self.assertEqual(out, b"x")
            self.refused(1, "cat", f"127.0.0.1:{port}", "--ca", given, "--name", "second.test")

    def test_each_name_gets_its_certificate(self):
        with Program(TOOL, "serve", "127.0.0.1:0", "--echo", "--cert", CERT, "--key", KEY, "--cert", PKI / "wildcard.pem", "--key",
                     PKI / "wildcard.key") as program:
            port = int(program.wait_for(r"^listening on 127\.0\.0\.1:(\d+)$")[1])
            for name in ("server.test", "a.wild.test"):
                self.assertEqual(self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, "--name", name, given=b"x")[0], b"x")

    def test_certificate_and_key_may_share_a_file(self):
        with Program(TOOL, "serve", "127.0.0.1:0", "--echo", "--cert", PKI / "combined.pem") as program:
            port = int(program.wait_for(r"^listening on 127\.0\.0\.1:(\d+)$")[1])
            self.assertEqual(self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, given=b"x")[0], b"x")

    def test_alpn_is_settled(self):
        _, port = self.serve("--echo", "--alpn", "one,two")
        _, err = self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, "--alpn", "two,three", "-v", given=b"x")
        self.assertRegex(err, "(?m)^alpn: +two$")
        self.refused(4, "cat", f"127.0.0.1:{port}", "--ca", CA, "--alpn", "three")

    def test_signals_end_it_with_0_and_finish_who_is_served(self):
        self.write("www/index.html", b"home")
        for number in (signal.SIGTERM, signal.SIGINT):
            for idle in (False, True):
                with self.subTest(signal=number, idle=idle):
                    program, port = self.serve("--www", self.folder / "www")
                    if idle:
                        connection = tls_client(port)
                        self.addCleanup(connection.close)
                        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                        self.assertEqual(Answer(connection).body, b"home")
                    program._process.send_signal(number)
                    self.assertEqual(program.finish(), 0, program.said())
                    if idle:
                        self.assertEqual(connection.recv(1), b"", "an idle client is told the end by close_notify")

    def test_an_answer_in_progress_is_finished(self):
        big = os.urandom(8 << 20)
        self.write("www/big", big)
        program, port = self.serve("--www", self.folder / "www")
        with tls_client(port) as connection:
            connection.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
            first = connection.recv(1000)  # the answer has begun, and is too long for the buffers between us
            program._process.send_signal(signal.SIGTERM)
            data = first
            while piece := connection.recv(1 << 16):
                data += piece
        self.assertEqual(data.partition(b"\r\n\r\n")[2], big)
        self.assertEqual(program.finish(), 0)

    def test_sighup_does_not_end_it(self):
        program, port = self.serve("--echo")
        program._process.send_signal(signal.SIGHUP)
        program.wait_for("SIGHUP")
        self.assertEqual(self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, given=b"x")[0], b"x")


def unix_client(path):
    """A verified connection over a local socket, by Python's own module."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE)
    connection.connect(str(path))
    return ssl.create_default_context(cafile=CA).wrap_socket(connection, server_hostname="server.test", suppress_ragged_eofs=False)


class Doors(ToolTest):
    """Where it listens, other than at a port of its own."""

    ECHO = ("--echo", "--cert", CERT, "--key", KEY)

    def serve(self, address, *options):
        program = Program(TOOL, "serve", address, *self.ECHO, *options)
        self.addCleanup(program.stop)
        return program

    def echoes(self, connection):
        with connection:
            connection.sendall(b"hello\n")
            self.assertEqual(connection.recv(100), b"hello\n")

    def test_a_local_socket_is_served_and_its_file_goes_with_it(self):
        path = self.folder / "door.sock"
        program = self.serve(f"unix:{path}")
        program.wait_for(f"^listening on unix:{path}$")
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.echoes(unix_client(path))
        self.refused(3, "serve", f"unix:{path}", *self.ECHO, says="a server listens there already")
        self.echoes(unix_client(path))
        program._process.send_signal(signal.SIGTERM)
        self.assertEqual(program.finish(), 0, program.said())
        self.assertFalse(path.exists())

    def test_what_a_killed_one_left_behind_is_replaced(self):
        path = self.folder / "door.sock"
        program = self.serve(f"unix:{path}")
        program.wait_for("^listening on")
        program._process.kill()
        program.finish()
        self.assertTrue(path.is_socket())
        program = self.serve(f"unix:{path}", "--socket-mode", "660", "--json")
        said = json.loads(program.wait_for(r"^\{.*\}$")[0])
        self.assertEqual(said, {"event": "listening", "listening_on": f"unix:{path}", "path": str(path)})
        self.assertEqual(path.stat().st_mode & 0o777, 0o660)
        self.echoes(unix_client(path))

    def test_another_file_is_kept(self):
        path = self.write("kept", b"content")
        self.refused(5, "serve", f"unix:{path}", *self.ECHO, says="a file that is no socket is there, and stays")
        self.assertEqual(path.read_bytes(), b"content")

    def test_what_is_no_door_is_refused(self):
        for address, says in (("unix:", "is empty"), ("unix:/" + "x" * 200, "has 201 bytes"), ("fd:", "no descriptor"),
                              ("fd:0", "no descriptor"), ("fd:x", "no descriptor"), ("fd:3x", "no descriptor"),
                              ("fd:77", "descriptor 77"), ("systemd", "systemd has passed no socket")):
            with self.subTest(address):
                self.refused(2, "serve", address, *self.ECHO, says=says)
        for mode in ("8", "1777", "rw", "-1", "0x1"):
            self.refused(2, "serve", f"unix:{self.folder}/door", f"--socket-mode={mode}", *self.ECHO, says="no mode of a file")
        self.refused(2, "serve", "127.0.0.1:0", "--socket-mode", "660", *self.ECHO, says="--socket-mode is for")

    def test_a_socket_that_was_left_open_for_it_is_served(self):
        with socket.create_server(("127.0.0.1", 0)) as door:
            fd = door.fileno()
            process = started("serve", f"fd:{fd}", *self.ECHO, pass_fds=(fd,), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
            self.addCleanup(process.stderr.close)
            self.addCleanup(process.wait, PATIENCE)
            self.addCleanup(process.terminate)
            port = door.getsockname()[1]
            self.assertEqual(process.stderr.readline(), f"listening on 127.0.0.1:{port}\n".encode())
            self.echoes(tls_client(port))
            process.terminate()
            self.assertEqual(process.wait(PATIENCE), 0)
            # It is still a door, for the next one.
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as client, door.accept()[0] as server:
                self.assertEqual(server.getpeername(), client.getsockname())

    def test_the_sockets_of_systemd_are_served(self):
        path = self.folder / "door.sock"
        port = free_port()
        program = Program("systemd-socket-activate", "-l", f"127.0.0.1:{port}", "-l", path, TOOL, "serve", "systemd", *self.ECHO)
        self.addCleanup(program.stop)
        program.wait_for("Listening on")
        with tls_client(port) as first:
            program.wait_for(rf"^listening on 127\.0\.0\.1:{port}$")
            self.echoes(unix_client(path))
            self.echoes(first)
        program._process.send_signal(signal.SIGTERM)
        self.assertEqual(program.finish(), 0, program.said())


if __name__ == "__main__":
    unittest.main()
