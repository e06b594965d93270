"""The settings of a server and of its clients: reload, names, shared keys, tickets, sessions. Judged by the openssl program
where it can show them."""

import json
import os
import re
import shutil
import signal
import stat
import time
import unittest

import common  # noqa: F401
from support.signet_testing import CA, CERT, KEY, PATIENCE, PKI, Program, ToolTest, free_port, signet, signet_server, tls_client


def s_client(port, *options, given=""):
    """What the openssl program says of a connection. It stays until what it sends has come back, so that tickets have come."""
    with Program("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "server.test", "-CAfile", CA, *options) as client:
        if given:
            client.send(given.encode())
            client.wait_for(rf"^{given.strip()}", "stdout")
        client.end_input()
        client.finish()
        return client.stdout.decode(errors="replace") + client.stderr


class Server(ToolTest):
    def serve(self, *options, echo=True):
        program, port = signet_server(*(("--echo",) if echo else ()), *options)
        self.addCleanup(program.stop)
        return program, port

    def hang_up(self, program, times=1):
        """SIGHUP; what the server says of it."""
        program._process.send_signal(signal.SIGHUP)
        program.wait_for(rf"(?s)(SIGHUP: .*){{{times}}}")
        return [line for line in program.stderr.splitlines() if "SIGHUP" in line][-1]

    def make(self, name, *names):
        """A self-signed certificate and its key."""
        self.fine("cert", "create", "--self-signed", *[a for n in names for a in ("--dns", n)], "--out", self.folder / f"{name}.pem", "--out-key",
                  self.folder / f"{name}.key")
        return (self.folder / f"{name}.pem").read_bytes(), (self.folder / f"{name}.key").read_bytes()

    def shown(self, port, name="server.test"):
        """The fingerprint of what a client is shown."""
        out, _ = self.fine("cert", "fingerprint", f"127.0.0.1:{port}", "--sni", name)
        return re.search(rb"[0-9a-f]{64}", out.replace(b":", b"").lower())[0]


class Reload(Server):
    def setUp(self):
        super().setUp()
        self.first, self.second = self.make("first", "server.test"), self.make("second", "server.test")
        self.use(self.first)
        self.options = ("--cert", self.folder / "cert.pem", "--key", self.folder / "key.pem")

    def use(self, pair):
        self.write("cert.pem", pair[0])
        self.write("key.pem", pair[1])
        (self.folder / "key.pem").chmod(0o600)

    def test_sighup_reads_certificates_again(self):
        program, port = self.serve(*self.options)
        before = self.shown(port)
        self.use(self.second)
        self.assertEqual(self.shown(port), before, "nobody asked for it")
        self.assertIn("read again", self.hang_up(program))
        self.assertNotEqual(self.shown(port), before)

    def test_on_failure_the_old_stays_and_the_file_is_named(self):
        program, port = self.serve(*self.options)
        before = self.shown(port)
        self.write("cert.pem", self.second[0])
        self.assertRegex(self.hang_up(program), r"nothing is changed: --key: .*key\.pem.*does not belong")
        (self.folder / "cert.pem").unlink()
        self.assertRegex(self.hang_up(program, 2), r"nothing is changed: --cert: .*cert\.pem")
        self.assertEqual(self.shown(port), before)
        self.use(self.second)
        self.assertIn("read again", self.hang_up(program, 3))
        self.assertNotEqual(self.shown(port), before)

    def test_open_connections_live_on(self):
        program, port = self.serve("--cert", CERT, "--key", KEY)
        with tls_client(port) as connection:
            connection.sendall(b"one")
            self.assertEqual(connection.recv(10), b"one")
            self.hang_up(program)
            connection.sendall(b"two")
            self.assertEqual(connection.recv(10), b"two")

    def test_client_ca_and_lists_are_read_again(self):
        shutil.copy(PKI / "other-ca.pem", self.folder / "clients.pem")
        program, port = self.serve("--cert", CERT, "--key", KEY, "--client-ca", self.folder / "clients.pem", "--require-client-cert")
        client = ("cat", f"127.0.0.1:{port}", "--ca", CA, "--cert", PKI / "client.pem", "--key", PKI / "client.key")
        self.refused(4, *client, given=b"x", says="unknown.ca")
        shutil.copy(CA, self.folder / "clients.pem")
        self.hang_up(program)
        self.assertEqual(self.fine(*client, given=b"x")[0], b"x")

    def test_a_self_signed_certificate_stays_the_same(self):
        program, port = self.serve("--self-signed", "server.test")
        before = self.shown(port)
        self.hang_up(program)
        self.assertEqual(self.shown(port), before)


class Names(Server):
    def test_strict_sni(self):
        _, port = self.serve("--cert", CERT, "--key", KEY, "--strict-sni")
        self.assertEqual(self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, "--sni", "server.test", given=b"x")[0], b"x")
        self.assertEqual(self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, "--sni", "none", given=b"x")[0], b"x")
        self.refused(4, "cat", f"127.0.0.1:{port}", "--ca", CA, "--sni", "other.test", given=b"x", says="other.test")
        text = s_client(port, "-servername", "other.test")
        self.assertIn("alert number 112", text)

    def test_without_it_the_first_is_shown(self):
        _, port = self.serve("--cert", CERT, "--key", KEY)
        self.assertEqual(self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, "--sni", "other.test", given=b"x")[0], b"x")


class Lists(Server):
    def test_a_revoked_client_is_refused(self):
        program, port = self.serve("--cert", CERT, "--key", KEY, "--client-ca", CA, "--require-client-cert", "--crl", PKI / "crl-v2.pem")
        err = self.refused(4, "cat", f"127.0.0.1:{port}", "--ca", CA, "--cert", PKI / "client.pem", "--key", PKI / "client.key", given=b"x")
        self.assertIn("revoked", err)
        program.wait_for("revoked")

    def test_what_is_no_list(self):
        self.refused(5, "serve", ":0", "--echo", "--cert", CERT, "--key", KEY, "--client-ca", CA, "--crl", CERT, says="--crl: ")
        self.refused(2, "serve", ":0", "--echo", "--cert", CERT, "--key", KEY, "--crl", CERT, says="--crl needs --client-ca")


class SharedKeys(Server):
    HEX = "00112233445566778899aabbccddeeff"

    def test_in_both_versions_beside_a_certificate_and_without_one(self):
        for own in ((), ("--cert", CERT, "--key", KEY)):
            _, port = self.serve("--psk", f"one:{self.HEX}", "--psk", "a:b:00ff", *own)
            for version in ("1.2", "1.3"):
                for psk in (f"one:{self.HEX.upper()}", "a:b:00FF"):
                    out, _ = self.fine("cat", f"127.0.0.1:{port}", "--psk", psk, "--tls-min", version, "--tls-max", version, given=b"x")
                    self.assertEqual(out, b"x", (own, version, psk))
            if own:
                self.assertEqual(self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, given=b"x")[0], b"x")

    def test_nothing_is_sent_to_a_server_that_does_not_use_it(self):
        program, port = self.serve("--cert", CERT, "--key", KEY)
        for version in ("1.2", "1.3"):
            status, out, err = signet("cat", f"127.0.0.1:{port}", "--ca", CA, "--psk", f"one:{self.HEX}", "--tls-min", version, "--tls-max",
                                      version, given=b"secret")
            self.assertIn(status, (1, 4), err)
            self.assertEqual(out, b"")
            self.assertNotIn(self.HEX, err)
        _, port = self.serve("--psk", f"one:{self.HEX}")
        self.assertIn(signet("cat", f"127.0.0.1:{port}", "--psk", "one:ffff", given=b"x")[0], (1, 4))
        self.assertIn(signet("cat", f"127.0.0.1:{port}", "--psk", f"two:{self.HEX}", given=b"x")[0], (1, 4))

    def test_the_openssl_program_agrees(self):
        _, port = self.serve("--psk", f"one:{self.HEX}")
        for version in ("-tls1_2", "-tls1_3"):
            text = s_client(port, version, "-psk", self.HEX, "-psk_identity", "one", given="hello\n")
            self.assertRegex(text, r"(?m)^hello" if version == "-tls1_3" else r"Cipher is \S*PSK", version)

    def test_no_suite_is_half_a_certificates_or_without_forward_secrecy(self):
        _, port = self.serve("--psk", f"one:{self.HEX}", "--cert", PKI / "server-rsa.pem", "--key", PKI / "server-rsa.key")
        for suite in ("RSA-PSK-AES128-GCM-SHA256", "PSK-AES128-GCM-SHA256"):
            text = s_client(port, "-tls1_2", "-cipher", suite, "-psk", self.HEX, "-psk_identity", "one")
            self.assertIn("Cipher is (NONE)", text, suite)
        text = s_client(port, "-tls1_2", "-cipher", "ECDHE-PSK-CHACHA20-POLY1305", "-psk", self.HEX, "-psk_identity", "one")
        self.assertIn("Cipher is ECDHE-PSK-CHACHA20-POLY1305", text)

    def test_what_is_no_key(self):
        for text, says in (("one", "no colon"), ("one:", "key is empty"), (":00", "identity is empty"), ("one:0", "pairs"), ("one:0g", "pairs")):
            status, _, err = signet("cat", "127.0.0.1:1", "--psk", text)
            self.assertEqual(status, 2, (text, err))
            self.assertIn("psk", err)
            self.assertIn(says, err)
            self.assertEqual(signet("serve", ":0", "--echo", "--psk", text)[0], 2, text)


class Tickets(Server):
    def keys(self, name, data, mode=0o600):
        file = self.write(name, data)
        file.chmod(mode)
        return file

    def resumed(self, port, session, *options):
        """Whether the openssl program resumed the session in that file."""
        saved = ("-sess_in", session) if session.exists() else ()
        text = s_client(port, *saved, "-sess_out", session, *options, given="hello\n")
        self.assertRegex(text, "(New|Reused), TLS", text)
        return "Reused, TLS" in text

    def test_servers_with_the_same_keys_resume_each_others_sessions(self):
        keys = self.keys("keys", os.urandom(160))
        ports = [self.serve("--cert", CERT, "--key", KEY, "--ticket-keys", keys)[1] for _ in range(2)]
        alone = self.serve("--cert", CERT, "--key", KEY)[1]
        for version in ("-tls1_2", "-tls1_3"):
            session = self.folder / f"session{version}"
            self.assertFalse(self.resumed(ports[0], session, version))
            self.assertTrue(self.resumed(ports[1], session, version))
            self.assertTrue(self.resumed(ports[0], session, version))
            self.assertFalse(self.resumed(alone, session, version))

    def test_rotated_at_a_reload(self):
        old, new = os.urandom(80), os.urandom(80)
        keys = self.keys("keys", old)
        program, port = self.serve("--cert", CERT, "--key", KEY, "--ticket-keys", keys)
        session = self.folder / "session"
        self.assertFalse(self.resumed(port, session))
        self.keys("keys", new + old)
        self.hang_up(program)
        self.assertTrue(self.resumed(port, session))
        self.keys("keys", new)
        self.hang_up(program, 2)
        self.assertTrue(self.resumed(port, session), "it was renewed under the new key")
        self.keys("keys", new[:-1])
        self.assertRegex(self.hang_up(program, 3), r"nothing is changed: --ticket-keys: .*keys")
        self.assertTrue(self.resumed(port, session))

    def test_what_is_no_key_file(self):
        for file in (self.keys("empty", b""), self.keys("short", b"x" * 79), self.keys("open", b"x" * 80, 0o644), self.folder, self.folder / "none"):
            self.refused(5, "serve", ":0", "--echo", "--cert", CERT, "--key", KEY, "--ticket-keys", file, says=re.escape(str(file)))

    def test_session_lifetime(self):
        _, port = self.serve("--cert", CERT, "--key", KEY, "--session-lifetime", "0")
        session = self.folder / "session"
        for version in ("-tls1_2", "-tls1_3"):
            text = s_client(port, version, "-sess_out", session, given="hello\n")
            self.assertNotIn("session ticket:", text)
        _, port = self.serve("--cert", CERT, "--key", KEY, "--session-lifetime", "100")
        text = s_client(port, "-tls1_2", given="hello\n")
        self.assertRegex(text, r"lifetime hint: (99|100) ")
        for wrong in ("604801", "-1", "x"):
            self.refused(2, "serve", ":0", "--echo", "--cert", CERT, "--key", KEY, "--session-lifetime", wrong, says="--session-lifetime")


class Redis(Server):
    def redis(self, *options):
        """A redis-server on a socket in the test's folder."""
        self.socket = self.folder / "redis.sock"
        server = Program("redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--dir", self.folder, *options)
        self.addCleanup(server.stop)
        server.wait_for("[Rr]eady to accept connections|server is now ready", "stdout")
        return server

    def serve_pair(self, *options):
        return [self.serve("--cert", CERT, "--key", KEY, "--redis", f"unix:{self.socket}", *options) for _ in range(2)]

    def resumed(self, port, session, version):
        saved = ("-sess_in", session) if session.exists() else ()
        text = s_client(port, *saved, "-sess_out", session, version, given="hello\n")
        return "Reused, TLS" in text

    def test_two_servers_resume_each_others_sessions(self):
        self.redis()
        (_, one), (_, two) = self.serve_pair()
        for version in ("-tls1_2", "-tls1_3"):
            session = self.folder / f"session{version}"
            self.assertEqual([self.resumed(port, session, version) for port in (one, two, one, two)], [False, True, True, True], version)

    def test_a_client_without_tickets_resumes_by_the_id_of_its_session(self):
        self.redis()
        (_, one), (_, two) = self.serve_pair()
        session = self.folder / "session"
        text = s_client(one, "-tls1_2", "-no_ticket", "-sess_out", session, given="hello\n")
        self.assertIn("New, TLS", text)
        self.assertIn("Reused, TLS", s_client(two, "-tls1_2", "-no_ticket", "-sess_in", session, given="hello\n"))

    def test_another_policy_resumes_nothing(self):
        self.redis()
        (_, one), _ = self.serve_pair()
        _, other = self.serve("--cert", CERT, "--key", KEY, "--redis", f"unix:{self.socket}", "--client-ca", CA)
        session = self.folder / "session"
        self.assertFalse(self.resumed(one, session, "-tls1_3"))
        self.assertFalse(self.resumed(other, session, "-tls1_3"))

    def test_killed_and_brought_back(self):
        server = self.redis()
        (first, one), (_, two) = self.serve_pair()
        server.stop()
        for port in (one, two) * 20:
            with tls_client(port) as connection:
                connection.sendall(b"x")
                self.assertEqual(connection.recv(1), b"x")
        self.redis()
        session = self.folder / "session"
        self.resumed(one, session, "-tls1_3")
        give_up = time.monotonic() + PATIENCE
        while not self.resumed(two, session, "-tls1_3"):
            self.assertLess(time.monotonic(), give_up, "not shared again")
        self.assertLessEqual(first.stderr.count("sessions are not shared"), 1)

    def test_away_at_the_start_is_one_line_and_no_end(self):
        program, port = self.serve("--cert", CERT, "--key", KEY, "--redis", f"redis://user:s3cret@127.0.0.1:{free_port()}/1")
        program.wait_for("signet: redis: sessions are not shared: .*127.0.0.1")
        for _ in range(3):
            with tls_client(port) as connection:
                connection.sendall(b"x")
                self.assertEqual(connection.recv(1), b"x")
        program.stop()
        self.assertEqual(program.stderr.count("sessions are not shared"), 1, program.stderr)
        self.assertNotIn("s3cret", program.stderr)

    def test_a_url_that_is_none(self):
        for url in ("http://a", "redis://", "redis://a:99999", "unix:", "redis://u:s3cret@"):
            err = self.refused(2, "serve", ":0", "--echo", "--cert", CERT, "--key", KEY, "--redis", url, says="--redis")
            self.assertNotIn("s3cret", err)


class SessionFile(Server):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "session"
        self.program, self.port = self.serve("--cert", CERT, "--key", KEY)

    def cat(self, *options):
        _, err = self.fine("cat", f"127.0.0.1:{self.port}", "--ca", CA, "--session-file", self.file, "-v", *options, given=b"x")
        return "resumed" in err

    def test_resumes_across_runs(self):
        for version in ("1.2", "1.3"):
            options = ("--tls-min", version, "--tls-max", version)
            self.file.unlink(missing_ok=True)
            self.assertEqual([self.cat(*options) for _ in range(3)], [False, True, True], version)
            self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
            self.assertNotIn(b"server.test", self.file.read_bytes())

    def test_is_for_its_owner_alone(self):
        self.file.touch()
        self.file.chmod(0o644)
        self.cat()
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)

    def test_a_damaged_one_is_a_full_handshake_and_good_again(self):
        self.cat()
        good = self.file.read_bytes()
        for bad in (good[:-1], good[:20], b"", b"garbage" * 1000, good[:30] + bytes([good[30] ^ 1]) + good[31:]):
            self.file.write_bytes(bad)
            self.assertFalse(self.cat())
            self.assertTrue(self.cat())

    def test_never_replaces_the_verdict(self):
        self.cat()
        target = ("cat", f"127.0.0.1:{self.port}", "--session-file", self.file)
        self.refused(1, *target, "--ca", PKI / "other-ca.pem", given=b"x")
        self.refused(1, *target, "--ca", CA, "--name", "other.test", given=b"x")
        self.refused(1, *target, "--ca", CA, "--pin", "a" * 64, given=b"x")
        self.assertFalse(self.cat("--sni", "localhost"))
        self.assertFalse(self.cat("--name", "server.test"))
        self.assertFalse(self.cat("--cert", PKI / "client.pem", "--key", PKI / "client.key"))

    def test_what_cannot_be_one(self):
        self.refused(5, "cat", f"127.0.0.1:{self.port}", "--ca", CA, "--session-file", self.folder, given=b"x", says="--session-file: ")


class AccessLog(Server):
    def test_one_json_object_for_each_client(self):
        log = self.folder / "log"
        program, port = self.serve("--cert", CERT, "--key", KEY, "--json-log", log, "-v", "--alpn", "x")
        self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, "--sni", "server.test", "--alpn", "x", given=b"x")
        self.refused(4, "cat", f"127.0.0.1:{port}", "--ca", CA, "--alpn", "y", given=b"x")
        program.wait_for("no_shared_alpn|application protocol")
        program.stop()
        served, refused = [json.loads(line) for line in log.read_text().splitlines()]
        self.assertEqual((served["event"], served["sni"], served["alpn"], served["resumed"], served["error"]),
                         ("served", "server.test", "x", False, None))
        self.assertRegex(served["peer"], r"^127\.0\.0\.1:\d+$")
        self.assertRegex(served["version"], r"^TLSv1\.[23]$")
        self.assertRegex(served["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual((refused["event"], refused["error"]["code"]), ("failed", "no_shared_alpn"))
        self.assertRegex(program.stderr, r"(?m)^127\.0\.0\.1:\d+: TLSv1\.[23], ")
        self.assertEqual(stat.S_IMODE(log.stat().st_mode), 0o600)

    def test_a_log_that_cannot_be_opened(self):
        self.refused(5, "serve", ":0", "--echo", "--cert", CERT, "--key", KEY, "--json-log", self.folder, says="--json-log: ")

    def test_a_log_that_nobody_reads_holds_up_nobody(self):
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        _, port = self.serve("--cert", CERT, "--key", KEY, "--json-log", fifo)
        for _ in range(400):
            with tls_client(port) as connection:
                connection.sendall(b"x")
                self.assertEqual(connection.recv(1), b"x")


class ClientCertificates(Server):
    def test_chosen_by_the_issuers_that_the_server_names(self):
        for ca, who in ((CA, "client one"), (PKI / "other-ca.pem", "client two")):
            _, port = self.serve("--exec", 'printf %s "$SIGNET_CLIENT_SUBJECT"', "--cert", CERT, "--key", KEY, "--client-ca", ca,
                                 "--require-client-cert", echo=False)
            out, _ = self.fine("cat", f"127.0.0.1:{port}", "--ca", CA, "--cert", PKI / "client.pem", "--key", PKI / "client.key", "--cert",
                               PKI / "client-wrong-ca.pem", "--key", PKI / "client-wrong-ca.key")
            self.assertIn(who.encode(), out)

    def test_an_uneven_number_of_keys(self):
        self.refused(2, "cat", "127.0.0.1:1", "--cert", CERT, "--cert", CERT, "--key", KEY, says="each --cert has its --key")


if __name__ == "__main__":
    unittest.main()
