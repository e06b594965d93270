"""What goes wrong with a peer: the exit status, the sentence, and nothing on stdout."""

import socket
import unittest

import common  # noqa: F401
from support.signet_testing import CA, PKI, Peer, ToolTest, answering, free_port, read_head, signet, signet_server, tls_peer


class Verdicts(ToolTest):
    def both(self, port, *options, says, hint=None):
        """get and cat judge alike."""
        for command in (("get", f"https://127.0.0.1:{port}/"), ("cat", f"127.0.0.1:{port}")):
            with self.subTest(command=command[0]):
                self.refused(1, *command, *options, says=says, hint=hint)

    def serving(self, identity):
        program, port = signet_server("--echo", "--cert", PKI / f"{identity}.pem", "--key", PKI / f"{identity}.key")
        self.addCleanup(program.stop)
        return port

    def test_a_wrong_name_is_1_with_a_hint(self):
        self.both(self.serving("server"), "--ca", CA, "--name", "other.test", says=r"server\.test.*, not for other\.test", hint=r"\S")

    def test_an_unknown_ca_is_1_with_a_hint(self):
        self.both(self.serving("server"), "--ca", PKI / "other-ca.pem", "--name", "server.test", says="issued by.*signet test root.*not among the trusted", hint=r"\S")

    def test_an_expired_certificate_is_1_and_named(self):
        self.both(self.serving("expired"), "--ca", CA, "--name", "server.test", says=r"expired")
        self.both(self.serving("under-expired-ca"), "--ca", PKI / "expired-ca.pem", "--name", "server.test",
                  says=r"expired root.*expired|expired.*expired root")

    def test_a_certificate_of_the_future_is_1(self):
        self.both(self.serving("not-yet"), "--ca", CA, "--name", "server.test", says="not.*valid|valid.*from|future")

    def test_a_self_signed_certificate_is_1(self):
        self.both(self.serving("self-signed"), "--ca", CA, "--name", "server.test", says="self-signed", hint=r"\S")

    def test_insecure_takes_it_and_warns_every_time(self):
        port = self.serving("self-signed")
        for _ in range(2):
            out, err = self.fine("cat", f"127.0.0.1:{port}", "--insecure", "--ca", CA, given=b"hello\n")
            self.assertEqual(out, b"hello\n")
            self.assertRegex(err, r"(?m)^signet: warning: --insecure")
            self.assertRegex(err, r"(?m)^signet: warning: accepted all the same: .*self-signed")


class Network(ToolTest):
    def test_a_refused_connection_is_3(self):
        self.refused(3, "get", f"https://127.0.0.1:{free_port()}/", "--ca", CA, says="refused")

    def test_a_name_that_is_not_found_is_3(self):
        self.refused(3, "get", "https://does-not-exist.invalid/", "--ca", CA, "--timeout", "20", says="does-not-exist.invalid")

    def test_a_listener_that_never_answers_is_3_within_the_timeout(self):
        # Accepted by the system, answered by nobody.
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            self.refused(3, "get", f"https://127.0.0.1:{port}/", "--ca", CA, "--timeout", "0.2", says="timed out")
            self.refused(3, "cat", f"127.0.0.1:{port}", "--ca", CA, "--timeout", "0.2", says="timed out")
            self.refused(3, "get", f"http://127.0.0.1:{port}/", "--timeout", "0.2", says="timed out")

    def test_a_server_that_shakes_hands_and_falls_silent_is_3(self):
        def silent(connection):
            read_head(connection)
            connection.recv(1)

        with tls_peer(silent) as peer:
            self.refused(3, "get", peer.url(), "--ca", CA, "--timeout", "0.5", says="timed out")

    def test_a_connection_closed_during_the_handshake_is_3(self):
        with Peer(lambda connection: connection.recv(1)) as peer:
            self.refused(3, "get", peer.url(), "--ca", CA)

    def test_an_address_in_use_is_3(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.refused(3, "serve", f"127.0.0.1:{port}", "--echo", "--self-signed", "localhost", says="in use", hint=r"\S")


class Dialogue(ToolTest):
    def test_plain_text_on_a_tls_port_is_4(self):
        with Peer(lambda connection: (connection.recv(10), connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
                                      connection.recv(65536))) as peer:
            self.refused(4, "get", peer.url(), "--ca", CA, says="TLS", hint="http:")

    def test_garbage_is_4(self):
        with Peer(lambda connection: (connection.recv(10), connection.sendall(bytes(range(255, 0, -1)) * 40),
                                      connection.recv(65536))) as peer:
            self.refused(4, "get", peer.url(), "--ca", CA)
            self.refused(4, "cat", f"127.0.0.1:{peer.port}", "--ca", CA)

    def test_what_is_not_http_is_4(self):
        for answer in (b"SSH-2.0-OpenSSH_9\r\n", b"\x00\xff\x00", b"HTTP/9.9 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n a: b\r\n\r\n",
                       b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
                       b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                       b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100000, b"HTTP/1.1 200", b""):
            with self.subTest(answer=answer[:60]), tls_peer(answering(answer)) as peer:
                self.refused(4, "get", peer.url(), "--ca", CA, says="reading the HTTP response|reading the HTTP head")

    def test_a_plain_url_for_a_tls_port_is_4_with_a_hint(self):
        with Peer(lambda connection: (read_head(connection), connection.sendall(b"\x15\x03\x01\x00\x02\x02\x46"))) as peer:
            self.refused(4, "get", peer.url(scheme="http"), says="TLS", hint="https://")

    def test_our_own_tls_port_tells_a_plain_client_so(self):
        program, port = signet_server("--echo", "--cert", PKI / "server.pem", "--key", PKI / "server.key")
        with program:
            self.refused(1, "get", "--fail", f"http://127.0.0.1:{port}/", says="400")
            program.wait_for("plain HTTP")

    def test_a_cut_body_is_4(self):
        head = b"HTTP/1.1 200 OK\r\n"
        for what, answer, properly in (("length", head + b"Content-Length: 100\r\n\r\nhello", True),
                                       ("chunk", head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", True),
                                       ("stream", head + b"\r\nhello", False)):
            with self.subTest(what=what), tls_peer(answering(answer, properly)) as peer:
                target = self.folder / "page"
                self.refused(4, "get", peer.url(), "--ca", CA, "-o", target, says="cut|close_notify|truncated")
                self.assertEqual(list(self.folder.iterdir()), [], "a cut body left a file behind")

    def test_a_cut_stream_ends_cat_with_4(self):
        def talk(connection):
            connection.sendall(b"hello")
            # Its close_notify: left unread, it would make this end reset the connection instead of ending it.
            connection.recv(1)

        with tls_peer(talk) as peer:
            status, out, err = signet("cat", f"127.0.0.1:{peer.port}", "--ca", CA)
            self.assertEqual((status, out), (4, b"hello"), err)

    def test_no_version_in_common_is_4(self):
        program, port = signet_server("--echo", "--cert", PKI / "server.pem", "--key", PKI / "server.key", "--tls-max", "1.2")
        with program:
            self.refused(4, "cat", f"127.0.0.1:{port}", "--ca", CA, "--tls-min", "1.3", says="version")

    def test_a_server_that_wants_a_certificate_is_4_without_and_0_with_one(self):
        program, port = signet_server("--echo", "--cert", PKI / "server.pem", "--key", PKI / "server.key", "--client-ca", CA,
                                      "--require-client-cert")
        with program:
            self.refused(4, "cat", f"127.0.0.1:{port}", "--ca", CA, says="certificate")
            self.refused(4, "cat", f"127.0.0.1:{port}", "--ca", CA, "--cert", PKI / "client-wrong-ca.pem", "--key",
                         PKI / "client-wrong-ca.key")
            out, _ = self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, "--cert", PKI / "client.pem", "--key", PKI / "client.key",
                               given=b"it is me\n")
            self.assertEqual(out, b"it is me\n")


if __name__ == "__main__":
    unittest.main()
