"""Each example does what it says, against real peers on the loopback; and what README quotes is what was built and run."""

import pathlib
import re
import socket
import ssl
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.peers import PATIENCE, PKI, TOOL, Program, run, signet_server  # noqa: E402
from support.toolchain import BUILD, SOURCE  # noqa: E402

TRUSTING = {"SSL_CERT_FILE": str(PKI / "ca.pem"), "SSL_CERT_DIR": "/nonexistent"}
TRUSTING_OTHERS = {"SSL_CERT_FILE": str(PKI / "other-ca.pem"), "SSL_CERT_DIR": "/nonexistent"}


def example(name):
    return BUILD / "bin" / f"example_{name}"


def openssl_server(*mode, identity="server"):
    program = Program("/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", PKI / f"{identity}.pem", "-key",
                      PKI / f"{identity}.key", *mode)
    return program, int(program.wait_for(r"^ACCEPT 127\.0\.0\.1:(\d+)", "stdout")[1])


class Client(unittest.TestCase):
    def test_it_prints_the_page(self):
        program, port = openssl_server("-www")
        with program:
            status, page, said = run(example("client"), f"127.0.0.1:{port}", env=TRUSTING)
            self.assertEqual(status, 0, said)
            self.assertTrue(page.startswith(b"HTTP/1.0 200"), page)
            self.assertIn(b"</html>", page.lower())

    def test_it_explains_a_refusal(self):
        program, port = openssl_server("-www")
        with program:
            status, page, said = run(example("client"), f"127.0.0.1:{port}", env=TRUSTING_OTHERS)
            self.assertEqual((status, page), (1, b""), said)
            self.assertRegex(said, r"issuer")

    def test_it_explains_an_argument_that_does_not_parse(self):
        status, page, said = run(example("client"), "two words")
        self.assertEqual((status, page), (1, b""))
        self.assertIn("two words", said)


class Iostream(unittest.TestCase):
    def test_it_prints_the_header_of_the_page(self):
        program, port = openssl_server("-www")
        with program:
            status, out, said = run(example("iostream"), f"127.0.0.1:{port}", env=TRUSTING)
        self.assertEqual(status, 0, said)
        self.assertRegex(out.decode(), r"(?s)^200\n.*Content-type: text/html\n.*[1-9]\d* octets\n$")
        self.assertNotIn(b"\r", out)

    def test_a_page_that_was_cut_off_is_no_page(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(PKI / "server.pem", PKI / "server.key")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def serve():
                client, _ = listener.accept()
                client.settimeout(PATIENCE)
                with context.wrap_socket(client, server_side=True) as conn:
                    conn.recv(1000)
                    conn.sendall(b"HTTP/1.0 200 OK\r\n\r\nhalf a page")  # and closed without close_notify

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            status, out, said = run(example("iostream"), f"127.0.0.1:{listener.getsockname()[1]}", env=TRUSTING)
            thread.join(PATIENCE)
        self.assertEqual((status, out), (1, b"200\n"), said)
        self.assertIn("close_notify", said)


class Verify(unittest.TestCase):
    def test_it_prints_the_chain_of_a_good_certificate(self):
        status, out, said = run(example("verify"), PKI / "chain.pem", "server.test", PKI / "ca.pem")
        self.assertEqual(status, 0, out + said.encode())
        self.assertEqual(len(out.splitlines()), 3)

    def test_it_names_every_problem(self):
        status, out, said = run(example("verify"), PKI / "expired.pem", "other.test", PKI / "ca.pem")
        self.assertEqual(status, 1, said)
        self.assertRegex(out.decode(), r"(?m)^expired \(depth 0\): .*\nname_mismatch \(depth 0\): ")

    def test_it_says_what_its_arguments_lack(self):
        self.assertEqual(run(example("verify"))[0], 2)
        self.assertEqual(run(example("verify"), "/nowhere.pem", "server.test")[0], 2)


class Server(unittest.TestCase):
    def setUp(self):
        self.program = Program(example("server"), "127.0.0.1:0", PKI / "server.pem", PKI / "server.key")
        self.addCleanup(self.program.stop)
        self.port = int(self.program.wait_for(r"^listening on 127\.0\.0\.1:(\d+)$")[1])

    def client(self):
        return Program("/usr/bin/openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-CAfile", PKI / "ca.pem",
                       "-verify_return_error", "-brief")

    def test_it_echoes_lines(self):
        with self.client() as client:
            client.send(b"one\n")
            client.wait_for("^one$", "stdout")
            client.send(b"two\n")
            client.wait_for("^two$", "stdout")

    def test_a_client_that_stalls_delays_nobody(self):
        with socket.create_connection(("127.0.0.1", self.port)):
            self.test_it_echoes_lines()

    def test_it_says_what_its_arguments_lack(self):
        status, _, said = run(example("server"))
        self.assertEqual(status, 2)
        self.assertIn("usage", said)
        status, _, said = run(example("server"), "127.0.0.1:0", PKI / "server.pem", PKI / "client.key")
        self.assertEqual(status, 1)
        self.assertRegex(said, r"key")


class PollClient(unittest.TestCase):
    def test_it_asks_several_servers_at_once(self):
        one, port = openssl_server("-www")
        with one, socket.create_server(("127.0.0.1", 0)) as closed:
            refusing = closed.getsockname()[1]
            closed.close()
            status, out, said = run(example("poll_client"), f"127.0.0.1:{port}", f"localhost:{port}", f"127.0.0.1:{refusing}",
                                    env=TRUSTING)
        self.assertEqual(status, 1, said)
        self.assertEqual(sorted(out.decode().splitlines()),
                         [f"127.0.0.1:{port}: HTTP/1.0 200 ok", f"localhost:{port}: HTTP/1.0 200 ok"])
        self.assertRegex(said, rf"^127\.0\.0\.1:{refusing}: connecting: connection refused")

    def test_it_explains_a_refusal(self):
        program, port = openssl_server("-www")
        with program:
            status, out, said = run(example("poll_client"), f"127.0.0.1:{port}", env=TRUSTING_OTHERS)
        self.assertEqual((status, out), (1, b""), said)
        self.assertRegex(said, r"not among the trusted")

    def test_nobody_is_asked_without_arguments(self):
        self.assertEqual(run(example("poll_client"))[0], 0)


class EpollServer(unittest.TestCase):
    def setUp(self):
        self.program = Program(example("epoll_server"), "127.0.0.1:0", PKI / "server.pem", PKI / "server.key")
        self.addCleanup(self.program.stop)
        self.port = int(self.program.wait_for(r"^listening on 127\.0\.0\.1:(\d+)$")[1])
        self.context = ssl.create_default_context(cafile=PKI / "ca.pem")

    def client(self):
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        return self.context.wrap_socket(plain, server_hostname="server.test")

    def test_it_echoes_to_many_at_once_and_none_waits_for_another(self):
        clients = [self.client() for _ in range(20)]
        with socket.create_connection(("127.0.0.1", self.port)):  # says nothing
            for number, each in enumerate(clients):
                each.sendall(b"%d\n" % number)
            for number, each in enumerate(clients):
                self.assertEqual(each.makefile("rb").readline(), b"%d\n" % number)
            for each in clients:
                each.unwrap().close()

    def test_much_comes_back_whole(self):
        # Python's ssl is for one thread at a time: it cannot send and receive at once.
        sent = bytes(range(256)) * 8192
        status, got, said = run(TOOL, "cat", f"127.0.0.1:{self.port}", "--ca", PKI / "ca.pem", given=sent)
        self.assertEqual(status, 0, said)
        self.assertTrue(got == sent)

    def test_a_client_that_says_nothing_is_shown_out(self):
        with socket.create_connection(("127.0.0.1", self.port)) as silent:
            silent.settimeout(PATIENCE)
            self.program.wait_for("handshake: timed out after 5")
            self.assertEqual(silent.recv(100), b"")

    def test_it_says_what_its_arguments_lack(self):
        status, _, said = run(example("epoll_server"))
        self.assertEqual(status, 2)
        self.assertIn("usage", said)


class MailServer:
    """Speaks the plain beginning of SMTP, then has openssl's program speak the TLS: a relay behind one accepted client."""

    def __init__(self, test, injected=b"", go_ahead=b"220 go ahead\r\n"):
        self.tls, tls_port = openssl_server()
        test.addCleanup(self.tls.stop)
        self.listener = socket.create_server(("127.0.0.1", 0))
        test.addCleanup(self.listener.close)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, args=(tls_port, go_ahead + injected), daemon=True)
        self.thread.start()
        test.addCleanup(self.thread.join, PATIENCE)

    def serve(self, tls_port, answer):
        client, _ = self.listener.accept()
        with client, socket.create_connection(("127.0.0.1", tls_port), PATIENCE) as server:
            client.settimeout(PATIENCE)
            client.sendall(b"220 mail.test ESMTP\r\n")
            line = b""
            while not line.endswith(b"\r\n"):
                line += client.recv(1) or b"\r\n"
            client.sendall(answer)
            back = threading.Thread(target=self.copy, args=(server, client), daemon=True)
            back.start()
            self.copy(client, server)
            back.join(PATIENCE)

    @staticmethod
    def copy(source, target):
        try:
            while chunk := source.recv(65536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of the two went away


class StartTls(unittest.TestCase):
    def test_it_talks_tls_after_the_upgrade(self):
        server = MailServer(self)
        server.tls.send(b"250 over TLS\r\n")
        status, line, said = run(example("start_tls"), f"127.0.0.1:{server.port}", env=TRUSTING)
        self.assertEqual((status, line), (0, b"250 over TLS\n"), said)
        server.tls.wait_for("^EHLO client.example.org", "stdout")

    def test_plain_bytes_that_came_too_early_are_refused(self):
        server = MailServer(self, injected=b"250 injected\r\n")
        status, line, said = run(example("start_tls"), f"127.0.0.1:{server.port}", env=TRUSTING)
        self.assertEqual((status, line), (1, b""), said)
        self.assertRegex(said, r"before")

    def test_a_server_without_starttls_is_told(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def refuse():
                client, _ = listener.accept()
                with client:
                    client.sendall(b"220 mail.test ESMTP\r\n")
                    client.recv(100)
                    client.sendall(b"502 never heard of it\r\n")
                    client.recv(100)

            thread = threading.Thread(target=refuse, daemon=True)
            thread.start()
            status, line, said = run(example("start_tls"), f"127.0.0.1:{listener.getsockname()[1]}", env=TRUSTING)
            thread.join(PATIENCE)
        self.assertEqual((status, line), (1, b""))
        self.assertIn("no STARTTLS: 502 never heard of it", said)


class FtpServer:
    """An FTP server of one client, with nothing but a login: plain, encrypted, and plain again after CCC."""

    def __init__(self, test, ends_tls=True):
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._ends_tls = ends_tls
        self.heard = []
        thread = threading.Thread(target=self._serve, daemon=True)
        thread.start()
        test.addCleanup(self._door.close)
        test.addCleanup(thread.join, PATIENCE)

    def _answer(self, connection, answers):
        for answer in answers:
            self.heard.append(connection.recv(1000).decode().strip())
            connection.sendall(answer)

    def _serve(self):
        plain, _ = self._door.accept()
        plain.settimeout(PATIENCE)
        plain.sendall(b"220-ftp.test\r\n220 ready\r\n")
        self._answer(plain, [b"234 go\r\n"])
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(PKI / "server.pem", PKI / "server.key")
        tls = context.wrap_socket(plain, server_side=True)
        self._answer(tls, [b"331 who?\r\n", b"230 welcome\r\n", b"200 clear from here\r\n"])
        # A peer that does not end TLS, and goes on in plain all the same.
        plain = tls.unwrap() if self._ends_tls else socket.socket(fileno=tls.detach())
        with plain:
            try:
                self._answer(plain, [b'257 "/"\r\n', b"221 bye\r\n"] if self._ends_tls else [b"257 injected\r\n"])
            except OSError:
                pass


class FtpCcc(unittest.TestCase):
    ARGUMENTS = ("server.test", PKI / "ca.pem", "me", "secret")

    def test_the_login_is_encrypted_and_what_follows_is_not(self):
        server = FtpServer(self)
        status, out, said = run(example("ftp_ccc"), f"127.0.0.1:{server.port}", *self.ARGUMENTS)
        self.assertEqual((status, said), (0, ""))
        self.assertEqual(server.heard, ["AUTH TLS", "USER me", "PASS secret", "CCC", "PWD", "QUIT"])
        self.assertTrue(out.endswith(b'257 "/"\n221 bye\n'), out)

    def test_nothing_plain_is_taken_from_a_server_that_has_not_ended_tls(self):
        server = FtpServer(self, ends_tls=False)
        status, out, said = run(example("ftp_ccc"), f"127.0.0.1:{server.port}", *self.ARGUMENTS)
        self.assertEqual(status, 1, said)
        self.assertNotIn(b"injected", out)


class FtpsServer:
    """An FTP server of one client that wants each data connection to resume a session, as vsftpd does: after a handshake without it
    an empty file and 522."""

    FILES = {"a.bin": bytes(range(256)) * 200, "empty": b"", "folder/": b"-rw-r--r-- a.bin\r\n"}
    REPLIES = {"USER": b"331-a password\r\n 331 is asked for\r\n331 so who?\r\n", "PASS": b"230 welcome\r\n", "PBSZ": b"200 0\r\n",
               "PROT": b"200 private\r\n", "TYPE": b"200 binary\r\n", "QUIT": b"221 bye\r\n"}

    def __init__(self, test, ends_data=True):
        self._ends_data = ends_data
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(PKI / "server.pem", PKI / "server.key")
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self.heard, self.resumed = [], []
        thread = threading.Thread(target=self._serve, daemon=True)
        thread.start()
        test.addCleanup(thread.join, PATIENCE)
        test.addCleanup(self._door.close)

    def _serve(self):
        plain, _ = self._door.accept()
        plain.settimeout(PATIENCE)
        plain.sendall(b"220 ready\r\n")
        self.heard.append(plain.recv(1000).decode().strip())
        plain.sendall(b"234 go\r\n")
        try:
            with self._context.wrap_socket(plain, server_side=True) as control, control.makefile("rb") as lines:
                for line in lines:
                    self.heard.append(line.decode().strip())
                    self._answer(control, *self.heard[-1].split(" ", 1))
        except OSError:
            pass  # a client that gave up

    def _answer(self, control, command, argument=""):
        if command == "EPSV":
            self._data_door = socket.create_server(("127.0.0.1", 0))
            control.sendall(b"229 there (|||%d|)\r\n" % self._data_door.getsockname()[1])
        elif command not in ("RETR", "LIST"):
            control.sendall(self.REPLIES[command])
        else:
            with self._data_door, self._data_door.accept()[0] as data:
                if argument not in self.FILES:
                    control.sendall(b"550 no such file\r\n")
                    return
                control.sendall(b"150 it comes\r\n")
                answer = self._send(data, self.FILES[argument])
            control.sendall(answer)

    def _send(self, plain, content):
        plain.settimeout(PATIENCE)
        with self._context.wrap_socket(plain, server_side=True) as data:
            self.resumed.append(data.session_reused)
            if self.resumed[-1]:
                data.sendall(content)
            if self._ends_data:
                data.unwrap().close()
        return b"226 done\r\n" if self.resumed[-1] else b"522 SSL connection failed: session reuse required\r\n"


class Ftps(unittest.TestCase):
    def fetch(self, server, *paths, options=()):
        return run(example("ftps"), *options, f"127.0.0.1:{server.port}", "server.test", PKI / "ca.pem", "me", "secret", *paths)

    def test_each_data_connection_resumes_the_session_of_the_control_connection(self):
        # More of them than a server gives tickets at first: each has to bring the next one's.
        paths = ["a.bin", "folder/", "empty", "a.bin", "folder/", "a.bin"]
        for version in ("1.2", "1.3"):
            with self.subTest(version=version):
                server = FtpsServer(self)
                status, out, said = self.fetch(server, *paths, options=[f"--tls{version}"])
                self.assertEqual(status, 0, said)
                self.assertEqual(out, b"".join(server.FILES[path] for path in paths))
                self.assertEqual(server.resumed, [True] * len(paths))
                self.assertEqual(re.findall(r"(?m)^data: (.*)$", said), [f"TLSv{version}, resumed"] * len(paths))
                self.assertEqual(server.heard[:6], ["AUTH TLS", "USER me", "PASS secret", "PBSZ 0", "PROT P", "TYPE I"])
                self.assertEqual(server.heard[6:10], ["EPSV", "RETR a.bin", "EPSV", "LIST folder/"])
                self.assertEqual(server.heard[-1], "QUIT")

    def test_a_session_of_its_own_is_refused_and_told(self):
        for version in ("1.2", "1.3"):
            with self.subTest(version=version):
                server = FtpsServer(self)
                status, out, said = self.fetch(server, "a.bin", options=[f"--tls{version}", "--own-session"])
                self.assertEqual((status, out), (1, b""), said)
                self.assertEqual(server.resumed, [False])
                self.assertRegex(said, rf"(?m)^data: TLSv{version}, not resumed$")
                self.assertRegex(said, r"(?m)^ftps: a\.bin: 522 .*session reuse required$")

    def test_a_file_that_was_cut_off_is_no_file(self):
        status, _, said = self.fetch(FtpsServer(self, ends_data=False), "a.bin")
        self.assertEqual(status, 1, said)
        self.assertRegex(said, r"(?m)^a\.bin: .*close_notify")

    def test_a_file_that_is_not_there_is_told(self):
        status, out, said = self.fetch(FtpsServer(self), "b.bin")
        self.assertEqual((status, out), (1, b""), said)
        self.assertIn("ftps: RETR: 550 no such file", said)

    def test_a_path_of_two_lines_is_no_second_command(self):
        server = FtpsServer(self)
        status, out, said = self.fetch(server, "a.bin\r\nDELE a.bin")
        self.assertEqual((status, out), (1, b""), said)
        self.assertFalse([line for line in server.heard if line.startswith(("RETR", "DELE"))])

    def test_it_says_what_its_arguments_lack(self):
        status, _, said = run(example("ftps"), "--tls1.2", "ftp.example.org")
        self.assertEqual(status, 2)
        self.assertIn("usage", said)


class Starttls(unittest.TestCase):
    def test_it_tells_until_when_the_certificate_holds(self):
        server = MailServer(self, go_ahead=b"234 go\r\n")
        status, line, said = run(example("starttls"), "ftp", f"localhost:{server.port}", env=TRUSTING)
        self.assertEqual((status, said), (0, "< 220 mail.test ESMTP\n> AUTH TLS\n< 234 go\n"))
        self.assertRegex(line.decode(), r"^CN=server\.test holds until \d{4}-\d\d-\d\dT\S+Z\n$")

    def test_it_explains_a_refusal(self):
        server = MailServer(self, go_ahead=b"502 no TLS\r\n")
        status, line, said = run(example("starttls"), "ftp", f"localhost:{server.port}", env=TRUSTING)
        self.assertEqual((status, line), (1, b""))
        self.assertIn('the server refused: "502 no TLS"', said)
        status, line, said = run(example("starttls"), "smtps", "localhost")
        self.assertEqual((status, line), (1, b""))
        self.assertIn("xmpp-server", said)


class Evidence(unittest.TestCase):
    def server(self):
        program = Program("/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", PKI / "chain-leaf-only.pem",
                          "-key", PKI / "chain.key", "-www")
        return program, int(program.wait_for(r"^ACCEPT 127\.0\.0\.1:(\d+)", "stdout")[1])

    def test_it_finds_the_intermediate_that_the_server_forgets(self):
        program, port = self.server()
        with program:
            status, out, said = run(example("evidence"), f"localhost:{port}", PKI / "ca.pem", PKI / "intermediate.pem")
        self.assertEqual(status, 0, said)
        self.assertRegex(out.decode(), r"^CN=server\.test\nCN=signet test intermediate.*\n.+\n$")

    def test_without_it_the_server_is_refused(self):
        program, port = self.server()
        with program:
            status, out, said = run(example("evidence"), f"localhost:{port}", PKI / "ca.pem", PKI / "other-ca.pem")
        self.assertEqual((status, out), (1, b""))
        self.assertRegex(said, r"issued by")

    def test_it_says_what_its_arguments_lack(self):
        status, _, said = run(example("evidence"))
        self.assertEqual(status, 2)
        self.assertIn("usage", said)


class Certificates(unittest.TestCase):
    def test_openssl_accepts_what_it_makes(self):
        with tempfile.TemporaryDirectory() as folder:
            status, out, said = run(example("certificates"), folder)
            self.assertEqual((status, said), (0, ""))
            self.assertRegex(out.decode(), r"^CN=www\.example\.org, issued by CN=Example CA, until \S+Z\nsha256 [0-9a-f]{64}\n$")
            status, leaf, said = run("openssl", "pkcs12", "-in", f"{folder}/server.p12", "-passin", "pass:correct horse", "-nokeys")
            self.assertEqual(status, 0, said)
            pathlib.Path(folder, "leaf.pem").write_bytes(leaf)
            status, _, said = run("openssl", "verify", "-x509_strict", "-CAfile", f"{folder}/ca.pem", "-verify_hostname",
                                  "www.example.org", f"{folder}/leaf.pem")
            self.assertEqual(status, 0, said)

    def test_it_says_what_its_arguments_lack(self):
        status, _, said = run(example("certificates"))
        self.assertEqual(status, 2)
        self.assertIn("usage", said)
        status, _, said = run(example("certificates"), "/nonexistent")
        self.assertEqual(status, 1)


class Quotations(unittest.TestCase):
    """<!-- from FILE --> before a fenced block in a document: the block is that file."""

    QUOTE = re.compile(r"<!-- from (\S+) -->\n```\w*\n(.*?)```\n", re.DOTALL)

    @staticmethod
    def problems(text, read):
        """(how many quotations there are, those that differ from their file)."""
        found = Quotations.QUOTE.findall(text)
        return len(found), [name for name, block in found if block != read(name)]

    def test_documents_quote_the_sources_as_they_are(self):
        total = 0
        for document in [SOURCE / "README.md", *(SOURCE / "docs").rglob("*.md")]:
            with self.subTest(document=str(document.relative_to(SOURCE))):
                text = document.read_text()
                count, differ = self.problems(text, lambda name: (SOURCE / name).read_text())
                self.assertEqual(differ, [], "quoted, but not as the file is now")
                self.assertEqual(count, text.count("<!-- from "), "a marker without its block")
                total += count
        self.assertGreaterEqual(total, 4, "README quotes client, server and start_tls, the guide certificates")

    def test_a_difference_would_be_found(self):
        text = "<!-- from a.cpp -->\n```cpp\nint a;\n```\n"
        self.assertEqual(self.problems(text, lambda _: "int a;\n"), (1, []))
        self.assertEqual(self.problems(text, lambda _: "int b;\n"), (1, ["a.cpp"]))

    def test_the_refusal_in_readme_is_what_the_tool_says(self):
        quoted = re.search(r"<!-- said by the tool -->\n```\n\$ signet (.*?)\n(.*?)```\n", (SOURCE / "README.md").read_text(), re.DOTALL)
        self.assertIsNotNone(quoted)
        with tempfile.TemporaryDirectory() as folder:
            def tool(*arguments):
                return run(TOOL, *arguments, cwd=folder)

            self.assertEqual(tool("cert", "ca", "--cn", "CA", "--out", "ca.pem", "--out-key", "ca-key.pem")[0], 0)
            self.assertEqual(tool("cert", "create", "--ca", "ca.pem", "--ca-key", "ca-key.pem", "--dns", "site.example", "--out",
                                  "cert.pem", "--out-key", "key.pem")[0], 0)
            program, port = signet_server("--echo", "--cert", f"{folder}/cert.pem", "--key", f"{folder}/key.pem")
            with program:
                status, page, said = tool(*quoted[1].replace(":8443", f":{port}").split())
        self.assertEqual((status, page), (1, b""))
        self.assertEqual(said.replace(f":{port}", ":8443"), quoted[2])

    def test_every_example_is_run_here(self):
        programs = {p.stem for p in (SOURCE / "examples").glob("*.cpp")}
        tests = pathlib.Path(__file__).parent.glob("*_test.py")
        tested = {name for each in tests for name in re.findall(r'example\("(\w+)"\)', each.read_text())}
        self.assertEqual(programs, tested)


if __name__ == "__main__":
    unittest.main()
