"""--starttls: the plain dialogue, then the conversation inside TLS; what a server or a proxy can do wrong."""

import json
import socket
import ssl
import threading
import unittest

import common  # noqa: F401
from support.signet_testing import CA, CERT, KEY, PATIENCE, PKI, Peer, ToolTest, signet, signet_server

OID = b"1.3.6.1.4.1.1466.20037"
XMPP = (b"<stream:stream xmlns='jabber:%s' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'><stream:features>"
        b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>")
XMPP_ASKS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
XMPP_GOES = b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
MYSQL = b"\x0a8.0\0" + b"\1" * 12 + b"\0\xff\xff\x2d\x02\0\xff\xdf\x15" + b"\0" * 10 + b"r" * 13
SMTP = [(b"", b"220 mail.test\r\n"), (b"EHLO [127.0.0.1]\r\n", b"250-mail.test\r\n250 STARTTLS\r\n"), (b"STARTTLS\r\n", b"220 go\r\n")]

# What the server hears (its end at least), and what it answers.
DIALOGUES = {
    "smtp": SMTP,
    "lmtp": [SMTP[0], (b"LHLO [127.0.0.1]\r\n", SMTP[1][1]), SMTP[2]],
    "imap": [(b"", b"* OK\r\n"), (b"CAPABILITY\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\ns1 OK\r\n"), (b"STARTTLS\r\n", b"s2 OK\r\n")],
    "pop3": [(b"", b"+OK\r\n"), (b"CAPA\r\n", b"+OK\r\nSTLS\r\n.\r\n"), (b"STLS\r\n", b"+OK\r\n")],
    "ftp": [(b"", b"220 files\r\n"), (b"AUTH TLS\r\n", b"234 go\r\n")],
    "ldap": [(OID, b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0")],
    "xmpp": [(b"to='server.test' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>", XMPP % b"client"),
             (XMPP_ASKS, XMPP_GOES)],
    "xmpp-server": [(b"xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>", XMPP % b"server"), (XMPP_ASKS, XMPP_GOES)],
    "nntp": [(b"", b"200 news\r\n"), (b"CAPABILITIES\r\n", b"101 list\r\nSTARTTLS\r\n.\r\n"), (b"STARTTLS\r\n", b"382 go\r\n")],
    "sieve": [(b"", b'"SIEVE" "fileinto"\r\n"STARTTLS"\r\nOK\r\n'), (b"STARTTLS\r\n", b"OK\r\n")],
    "postgres": [(b"\x04\xd2\x16\x2f", b"S")],
    "mysql": [(b"", bytes([len(MYSQL), 0, 0, 0]) + MYSQL), (b"\x2d" + b"\0" * 23, b"")],
    "http-upgrade": [(b"\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade\r\n\r\n")],
}


def hear(connection, end):
    """One octet at a time: what comes after the end may be TLS already, for MySQL's client waits for no answer."""
    data = b""
    while not data.endswith(end):
        piece = connection.recv(1)
        if not piece:
            raise OSError(f"the client ended after {data!r}")
        data += piece
    return data


def speak(connection, dialogue):
    for heard, said in dialogue:
        if heard:
            hear(connection, heard)
        connection.sendall(said)


def starting_tls(dialogue, version=None):
    """A Peer that holds the dialogue, shakes hands, says a line and returns what it hears."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERT, KEY)
    if version:
        context.minimum_version = context.maximum_version = version

    def talk(connection):
        speak(connection, dialogue)
        with context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False) as secure:
            secure.sendall(b"inside\n")
            while piece := secure.recv(4096):
                secure.sendall(piece)
            secure.unwrap()

    return Peer(talk)


def only(dialogue):
    """A Peer that holds the dialogue and waits for the client's end."""

    def talk(connection):
        speak(connection, dialogue)
        connection.recv(4096)

    return Peer(talk)


class Proxy:
    """Takes one CONNECT a connection and joins the two ends, or answers as told."""

    def __init__(self, target_port, answer=b"HTTP/1.1 200 Connection established\r\n\r\n"):
        self.asked = []
        self._target, self._answer = target_port, answer
        self._peer = Peer(self._talk)

    def __enter__(self):
        self.port = self._peer.__enter__().port
        return self

    def __exit__(self, *why):
        self._peer.__exit__(*why)

    def _talk(self, client):
        self.asked.append(hear(client, b"\r\n\r\n"))
        if b" 200 " not in self._answer:
            client.sendall(self._answer)
            return
        with socket.create_connection(("127.0.0.1", self._target), PATIENCE) as server:
            client.sendall(self._answer)
            back = threading.Thread(target=self._carry, args=(server, client), daemon=True)
            back.start()
            self._carry(client, server)
            back.join(PATIENCE)

    @staticmethod
    def _carry(source, sink):
        try:
            while piece := source.recv(65536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Starttls(ToolTest):
    def cat(self, port, protocol, *more):
        return ("cat", f"127.0.0.1:{port}", "--ca", CA, "--name", "server.test", "--starttls", protocol, *more)

    def test_each_protocol_leads_to_a_conversation(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for protocol, dialogue in DIALOGUES.items():
                with self.subTest(protocol=protocol, version=version.name), starting_tls(dialogue, version) as peer:
                    out, err = self.fine(*self.cat(peer.port, protocol), given=b"question\n")
                    # Nothing of the dialogue is on stdout, nor anywhere unless asked for.
                    self.assertEqual((out, err), (b"inside\nquestion\n", ""))

    def test_the_dialogue_is_told_on_stderr_when_asked(self):
        with starting_tls(SMTP) as peer:
            out, err = self.fine(*self.cat(peer.port, "smtp", "-v"))
        self.assertEqual(out, b"inside\n")
        self.assertIn("< 220 mail.test\n> EHLO [127.0.0.1]\n< 250-mail.test\n< 250 STARTTLS\n> STARTTLS\n< 220 go\n", err)
        self.assertRegex(err, r"(?m)^certificate: +CN=server\.test$")

    def test_a_refusal_is_told_in_the_servers_words(self):
        refusals = {
            "smtp": ([*SMTP[:2], (b"STARTTLS\r\n", b"454 no TLS \x1b[31mtoday\r\n")], r'"454 no TLS \\+(1B|x1b)\[31mtoday"'),
            "imap": ([(b"", b"* PREAUTH welcome\r\n")], "PREAUTH welcome"),
            "ldap": ([(OID, b"\x30\x0e\x02\x01\x01\x78\x09\x0a\x01\x34\x04\0\x04\x02no")], "unavailable: no"),
            "postgres": ([(b"\x16\x2f", b"N")], '"N"'),
        }
        for protocol, (dialogue, words) in refusals.items():
            with self.subTest(protocol=protocol), only(dialogue) as peer:
                self.refused(4, *self.cat(peer.port, protocol), says=words)

    def test_a_hidden_offer_is_no_reason_to_go_on_in_plain(self):
        with only([SMTP[0], (SMTP[1][0], b"250 mail.test\r\n")]) as peer:
            self.refused(4, *self.cat(peer.port, "smtp"), given=b"secret\n", says="does not offer STARTTLS", hint="hides the offer")

    def test_injected_lines_are_refused(self):
        for protocol, dialogue in DIALOGUES.items():
            heard, said = dialogue[-1]
            if not said:
                continue  # nothing comes after what nobody says
            with self.subTest(protocol=protocol), only([*dialogue[:-1], (heard, said + b"250 injected\r\n")]) as peer:
                self.refused(4, *self.cat(peer.port, protocol), says="before TLS")

    def test_another_protocol_is_told_as_such(self):
        with only([(b"", b"SSH-2.0-Other\r\n")]) as peer:
            self.refused(4, *self.cat(peer.port, "imap"), says="SSH", hint="port")
        with only([(OID, b"\x15\x03\x03\0\x02\x02\x46")]) as peer:  # the alert to what is no ClientHello
            self.refused(4, *self.cat(peer.port, "ldap"), says="TLS already", hint="without STARTTLS")

    def test_an_end_and_silence_are_the_network(self):
        with Peer(lambda connection: connection.sendall(b"220 ma")) as peer:
            self.refused(3, *self.cat(peer.port, "smtp"), says="closed the connection")
        with only([]) as peer:
            self.refused(3, *self.cat(peer.port, "smtp", "--timeout", "0.2"), says="timed out", hint="TLS from the start")

    def test_the_peer_is_verified_as_ever(self):
        with starting_tls(SMTP) as peer:
            for ca, name, says in ((CA, "other.test", "other.test"), (PKI / "other-ca.pem", "server.test", "issued by")):
                self.refused(1, "cat", f"127.0.0.1:{peer.port}", "--ca", ca, "--name", name, "--starttls", "smtp", says=says)

    def test_certificates_are_looked_at_behind_it(self):
        with starting_tls(DIALOGUES["imap"]) as peer:
            out, _ = self.fine("cert", "show", "--json", f"127.0.0.1:{peer.port}", "--ca", CA, "--starttls", "imap")
            self.assertIn("CN=server.test", json.dumps(json.loads(out)))
            self.assertIn(b"sha256", self.fine("cert", "fingerprint", f"127.0.0.1:{peer.port}", "--ca", CA, "--starttls", "imap")[0])

    def test_a_proxy_is_asked_for_the_address(self):
        program, port = signet_server("--echo", "--cert", CERT, "--key", KEY)
        with program, Proxy(port) as proxy:
            out, err = self.fine("cat", "server.test:8443", "--ca", CA, "--starttls", f"http-connect:127.0.0.1:{proxy.port}",
                                 given=b"through\n")
            self.assertEqual((out, err), (b"through\n", ""))
            self.assertEqual(proxy.asked, [b"CONNECT server.test:8443 HTTP/1.1\r\nHost: server.test:8443\r\n\r\n"])
            self.refused(1, "cat", "other.test:8443", "--ca", CA, "--starttls", f"http-connect:127.0.0.1:{proxy.port}",
                         says="other.test:8443 through a proxy")

    def test_what_a_proxy_answers_counts(self):
        for answer, words, hint in ((b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407 Proxy", "password"),
                                    (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "502 Bad Gateway", "reach"),
                                    (b"SSH-2.0-x\r\n", "SSH", "port")):
            with self.subTest(answer=answer), Proxy(0, answer) as proxy:
                self.refused(4, "cat", "server.test:443", "--ca", CA, "--starttls", f"http-connect:127.0.0.1:{proxy.port}",
                             says=words, hint=hint)

    def test_bytes_behind_the_proxys_answer_stay_out_of_tls(self):
        program, port = signet_server("--echo", "--cert", CERT, "--key", KEY)
        with program, Proxy(port, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") as proxy:
            self.refused(4, "cat", "server.test:443", "--ca", CA, "--starttls", f"http-connect:127.0.0.1:{proxy.port}",
                         says="before TLS")

    def test_usage(self):
        for wrong, says in (("smtps", "smtps"), ("SMTP", "SMTP"), ("http-connect", "http-connect"), ("http-connect:", "endpoint"),
                            ("http-connect:proxy", "port"), ("smtp:25", "smtp:25")):
            with self.subTest(wrong=wrong):
                self.refused(2, "cat", "server.test:25", "--starttls", wrong, says=says)
        self.refused(2, "get", "https://server.test/", "--starttls", "smtp", says="--starttls")

    def test_the_port_is_that_of_the_protocol_unless_said(self):
        # Nobody listens at either here, or somebody does: whom it went to is what is told.
        _, _, err = signet("cat", "127.0.0.1", "--ca", CA, "--starttls", "sieve", "--timeout", "5")
        self.assertIn("127.0.0.1:4190: ", err)


if __name__ == "__main__":
    unittest.main()
