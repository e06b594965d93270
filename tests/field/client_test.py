"""What clients of the field met: redirects, odd answers, files that are there already, hostile text, failures explained."""

import json
import os
import pathlib
import socket
import ssl
import stat
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "cli")]
from support.signet_testing import (CA, CERT, KEY, PKI, TOOL, Peer, Program, ToolTest, answering, read_head,  # noqa: E402
                                    signet, signet_server, tls_peer)

TRUST = ("--ca", CA, "--name", "server.test")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def moved(to, status=302):
    return f"HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


def recording(seen, answer):
    def talk(connection):
        seen.append(read_head(connection))
        connection.sendall(answer)
        connection.unwrap()

    return talk


class Redirects(ToolTest):
    def test_another_server_gets_nothing_that_was_not_for_it(self):
        seen = []
        args = ("-H", "X-Token: mine", "-H", "Authorization: mine", "-H", "Accept-Language: la", "--location", "--ca", CA)
        with tls_peer(recording(seen, OK)) as second, tls_peer(answering(moved(second.url()))) as first:
            self.assertEqual(self.fine("get", first.url(), *args)[0], b"ok")
            self.assertNotIn(b"mine", seen[-1])
            self.assertIn(b"Accept-Language: la", seen[-1])
            self.fine("get", first.url(), *args, "--location-trusted")
            self.assertIn(b"X-Token: mine", seen[-1])
            # --name is of the first one; the second proves the name in its URL.
            localhost = f"https://localhost:{second.port}/"
            with tls_peer(answering(moved(localhost))) as named:
                self.fine("get", named.url(), *args, "--name", "server.test")

    def test_a_body_goes_nowhere_else(self):
        seen = []
        with tls_peer(recording(seen, OK)) as second, tls_peer(answering(moved(second.url(), 307))) as first:
            self.refused(4, "post", first.url(), "--data", "secret", "--location", "--ca", CA, says="would get the body",
                         hint="--location-trusted")
            self.assertEqual(seen, [])
            self.fine("post", first.url(), "--data", "secret", "--location-trusted", "--ca", CA)
            self.assertEqual(len(seen), 1)

    def test_a_certificate_of_ours_is_for_the_server_it_was_named_for(self):
        program, port = signet_server("--www", self.folder, "--cert", CERT, "--key", KEY, "--client-ca", CA, "--require-client-cert",
                                      "--tls-max", "1.2")
        self.addCleanup(program.stop)
        self.write("index.html", b"inside")
        ours = ("--cert", PKI / "client.pem", "--key", PKI / "client.key", "--ca", CA, "--location")
        self.assertEqual(self.fine("get", f"https://127.0.0.1:{port}/", *ours)[0], b"inside")
        with tls_peer(answering(moved(f"https://127.0.0.1:{port}/"))) as first:
            self.refused(4, "get", first.url(), *ours, hint="--location-trusted")
            self.assertEqual(self.fine("get", first.url(), *ours, "--location-trusted")[0], b"inside")

    def test_a_blank_in_a_location_is_encoded(self):
        seen = []

        def talk(connection):
            seen.append(read_head(connection))
            connection.sendall(moved("/a b") if len(seen) == 1 else OK)
            connection.unwrap()

        with tls_peer(talk) as peer:
            self.assertEqual(self.fine("get", peer.url(), "--ca", CA, "--location")[0], b"ok")
        self.assertTrue(seen[1].startswith(b"GET /a%20b HTTP/1.1\r\n"))


    def test_a_connection_that_leads_on_ends_properly(self):
        ends = []

        def ending(answer):
            def talk(connection):
                read_head(connection)
                connection.sendall(answer)
                # A cut would be an error here.
                ends.append(connection.recv(1))

            return talk

        with tls_peer(answering(OK)) as second, tls_peer(ending(moved(second.url()))) as first:
            self.assertEqual(self.fine("get", first.url(), "--location", "--ca", CA)[0], b"ok")
        with tls_peer(ending(b"HTTP/1.1 404 Gone\r\nContent-Length: 2\r\n\r\nno")) as peer:
            self.refused(1, "get", peer.url(), "--fail", "--ca", CA)
        self.assertEqual(ends, [b"", b""])


class Answers(ToolTest):
    def test_a_folded_field_is_one_field(self):
        with tls_peer(answering(b"HTTP/1.1 200 OK\r\nX-Long: a\r\n  b\r\nContent-Length:\r\n 2\r\n\r\nok")) as peer:
            document = json.loads(self.fine("get", "--json", peer.url(), "--ca", CA)[0])
        self.assertEqual(document["body"], "ok")
        self.assertIn({"name": "X-Long", "value": "a b"}, document["headers"])
        # A value that begins on the next line has no blank before it.
        with tls_peer(answering(OK)) as second:
            folded = b"HTTP/1.1 302 Moved\r\nLocation:\r\n " + second.url().encode() + b"\r\nContent-Length: 0\r\n\r\n"
            with tls_peer(answering(folded)) as first:
                self.assertEqual(self.fine("get", first.url(), "--location", "--ca", CA)[0], b"ok")

    def test_what_would_move_or_turn_text_is_escaped(self):
        # C1's CSI, right-to-left override, an isolate, a line separator.
        hostile = "x\u009b31m\u202ey\u2066z\u2028"
        body = hostile.encode()
        answer = b"HTTP/1.1 404 " + body + b"\r\nX: " + body + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        with tls_peer(answering(answer)) as peer:
            out, _ = self.fine("get", "--json", peer.url(), "--ca", CA)
            _, _, err = signet("get", "--fail", peer.url(), "--ca", CA)
        for text in (out.decode(), err):
            for character in hostile.replace("x", "").replace("31m", "").replace("y", "").replace("z", ""):
                self.assertNotIn(character, text)
        self.assertEqual(json.loads(out)["body"], hostile)
        self.assertIn("\\u202e", out.decode())
        answer = b"HTTP/1.1 200 " + body + b"\r\nX: a\x9b31m" + body + b"\r\nContent-Length: 2\r\n\r\nok"
        with tls_peer(answering(answer)) as peer:
            for args in (("head",), ("get", "-i")):
                out, _ = self.fine(*args, peer.url(), "--ca", CA)
                head, _, rest = out.partition(b"\r\n\r\n")
                self.assertEqual(rest, b"" if args == ("head",) else b"ok")
                self.assertIn(b"\r\nX: a\\x9b31mx\\xc2\\x9b31m\\xe2\\x80\\xae", head)
                self.assertRegex(head, rb"^HTTP/1.1 200 x[ -~]+\r\n")


class Files(ToolTest):
    def test_an_output_keeps_its_mode_and_its_link(self):
        private = self.write("private", b"old")
        private.chmod(0o600)
        target = self.write("elsewhere/target", b"old")
        target.chmod(0o640)
        link = self.folder / "link"
        link.symlink_to("elsewhere/target")
        with tls_peer(answering(OK)) as peer:
            self.fine("get", peer.url(), "--ca", CA, "-o", private)
            self.fine("get", peer.url(), "--ca", CA, "-o", link)
        self.assertEqual((private.read_bytes(), stat.S_IMODE(private.stat().st_mode)), (b"ok", 0o600))
        self.assertTrue(link.is_symlink())
        self.assertEqual((target.read_bytes(), stat.S_IMODE(target.stat().st_mode)), (b"ok", 0o640))
        # A link that leads to nothing yet.
        loose = self.folder / "loose"
        loose.symlink_to("elsewhere/new")
        with tls_peer(answering(OK)) as peer:
            self.fine("get", peer.url(), "--ca", CA, "-o", loose)
        self.assertEqual(((self.folder / "elsewhere" / "new").read_bytes(), loose.is_symlink()), (b"ok", True))

    def test_a_strangers_link_in_a_folder_for_everybody_is_not_followed(self):
        protected = pathlib.Path("/proc/sys/fs/protected_symlinks")
        if os.geteuid() != 0 or not protected.exists() or protected.read_text().strip() != "1":
            self.skipTest("it takes root, and a system that protects links")
        shared = self.folder / "shared"
        shared.mkdir()
        victim = self.write("victim", b"precious")
        link = shared / "page"
        link.symlink_to(victim)
        os.lchown(link, 12345, 12345)
        os.chown(shared, 12346, 12346)
        shared.chmod(0o1777)
        with tls_peer(answering(OK)) as peer:
            self.refused(5, "get", peer.url(), "--ca", CA, "-o", link, says="Permission denied")
        self.assertEqual((victim.read_bytes(), link.is_symlink()), (b"precious", True))

    def test_a_key_is_private_whatever_was_there(self):
        key = self.write("key.pem", b"old")
        key.chmod(0o644)
        self.fine("cert", "create", "--self-signed", "--dns", "a.test", "--out", self.folder / "c.pem", "--out-key", key, "--force")
        self.assertEqual(stat.S_IMODE(key.stat().st_mode), 0o600)


class Failures(ToolTest):
    """-v and --json on failure: what was reached, and every field."""

    def test_what_was_reached_is_told(self):
        with tls_peer(answering(OK), cert=PKI / "chain.pem", key=PKI / "chain.key") as peer:
            _, _, err = signet("get", "-v", peer.url(), "--ca", PKI / "self-signed.pem")
            self.assertRegex(err, r"(?m)^protocol:    TLSv1\.3")
            self.assertRegex(err, r"(?m)^certificate: ")
            self.assertRegex(err, r"(?m)^then:        .*, issued by ")
            self.assertRegex(err, r"(?m)^alert:       unknown_ca, sent by us")
            _, _, err = signet("cat", "-v", f"127.0.0.1:{peer.port}", "--ca", PKI / "self-signed.pem")
            self.assertRegex(err, r"(?m)^alert:       unknown_ca, sent by us")

    def test_a_certificate_that_was_asked_for_is_told_whatever_the_end(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            asking = {"verify_mode": ssl.CERT_OPTIONAL, "maximum_version": version}
            with self.subTest(version), tls_peer(answering(b""), **asking) as silent, \
                    tls_peer(answering(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), **asking) as refusing:
                self.refused(4, "get", silent.url(), "--ca", CA, says="asked for a client certificate", hint="--cert")
                self.refused(1, "get", refusing.url(), "--ca", CA, "--fail", says="403", hint="asked for a client certificate.*--cert")

    def test_a_failure_has_its_fields(self):
        with tls_peer(answering(OK)) as peer:
            for args in (("get", peer.url()), ("cat", f"127.0.0.1:{peer.port}")):
                with self.subTest(command=args[0]):
                    status, out, err = signet(*args, "--json", "--ca", CA, "--name", "other.test")
                    self.assertEqual(status, 1, err)
                    why = json.loads(out)["failure"]
                    self.assertEqual((why["error"], why["kind"], why["phase"]), ("name_mismatch", "verification", "verification failed"))
                    self.assertEqual((why["whom"], why["expected"]), (f"127.0.0.1:{peer.port}", "DNS:other.test"))
                    self.assertIn("server.test", why["presented"])
                    self.assertEqual((why["alert"]["number"], why["alert"]["from"]), (42, "us"))
                    self.assertEqual(len(why["connection"]["peer_chain"]), 1)
                    self.assertIn("hint", why)
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        why = json.loads(signet("get", "--json", f"https://127.0.0.1:{port}/", "--ca", CA)[1])["failure"]
        self.assertEqual((why["error"], why["phase"], why["alert"], why["connection"]), ("connection_refused", "connecting", None, None))

    def failure(self, status, *args, **given):
        got, out, err = signet(*args, "--json", **given)
        self.assertEqual(got, status, err)
        return json.loads(out)["failure"], err

    def test_an_answer_that_is_none_is_told_in_full(self):
        ok = b"HTTP/1.1 200 OK\r\n"
        cases = {
            "truncated": (ok + b"Content-Length: 100\r\n\r\nabc", "HTTP body", "100 bytes", "3 bytes"),
            "protocol_violation": (b"SSH-2.0-\xc2\x9bx\r\nmore", "HTTP response", "HTTP/1.x", r'"SSH-2.0-\C2\9Bx"'),
            "end_of_stream": (b"", "HTTP response", "an HTTP head up to its empty line", "nothing"),
        }
        for code, (answer, phase, expected, presented) in cases.items():
            with self.subTest(code=code), tls_peer(answering(answer)) as peer:
                why, err = self.failure(4, "get", peer.url(), "--ca", CA)
                self.assertEqual((why["error"], why["whom"], why["phase"]), (code, f"127.0.0.1:{peer.port}", "reading the " + phase))
                self.assertEqual((why["expected"], why["presented"]), (expected, presented))
                self.assertTrue(why["message"].startswith(f"{why['whom']}: {why['phase']}: "), why["message"])
                self.assertEqual(len(why["connection"]["peer_chain"]), 1)
                self.assertRegex(err, r"(?m)^hint: \S")
        for length in (b"12x", b"-1", b"7, 8", b"9" * 200):
            with self.subTest(length=length), tls_peer(answering(ok + b"Content-Length: " + length + b"\r\n\r\n")) as peer:
                why, _ = self.failure(4, "get", peer.url(), "--ca", CA)
                self.assertEqual(why["presented"], '"' + length.decode()[:80] + ('..."' if len(length) > 80 else '"'))
                self.assertIn(why["presented"], why["message"])
        with Peer(answering(b"\x15\x03\x01\x00\x02\x02\x28")) as plain:
            self.refused(4, "get", plain.url(scheme="http"), says="speaks TLS", hint="https://")

    def test_no_answer_says_how_to_wait_for_it(self):
        def silent(connection):
            read_head(connection)
            time.sleep(1)

        with tls_peer(silent) as peer:
            why, _ = self.failure(3, "get", peer.url(), "--ca", CA, "--timeout", "0.3")
        self.assertEqual((why["whom"], why["phase"]), (f"127.0.0.1:{peer.port}", "reading"))
        self.assertIn("--timeout", why["hint"])
        self.assertIsNotNone(why["connection"])

    def test_the_time_for_everything_is_named_when_it_is_over(self):
        def trickle(connection):
            read_head(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 80\r\n\r\n")
            for _ in range(80):
                time.sleep(0.1)
                connection.sendall(b"x")

        # Takes the connection, and says nothing.
        with tls_peer(trickle) as peer, Peer(lambda connection: connection.recv(1 << 16) and time.sleep(1)) as mute:
            limited = ("--ca", CA, "--max-time", "0.5")
            over = r"--max-time, 0\.5 s\) is over"
            for server in (peer, mute):
                self.refused(3, "get", server.url(), "-o", "/dev/null", *limited, says=over, hint="--max-time")
            self.refused(3, "cat", f"127.0.0.1:{mute.port}", *limited, says=over, hint="--max-time")

    def test_a_cut_says_how_much_had_gone_and_come(self):
        def stuck(connection):
            read_head(connection)
            time.sleep(2)

        big = self.write("big", bytes(32 << 20))
        with tls_peer(stuck) as peer:
            self.refused(3, "put", peer.url(), "--ca", CA, "--timeout", "0.3", "--data-file", big,
                         says=r"(?m)^also: sending the HTTP request: it was cut after \d+ of 33554432 bytes")
        # Takes our end, and leaves without one of its own.
        with tls_peer(lambda connection: (connection.recv(5), connection.sendall(b"hi"), connection.recv(1))) as peer:
            status, out, err = signet("cat", f"127.0.0.1:{peer.port}", "--ca", CA, given=b"hello")
        self.assertEqual((status, out), (4, b"hi"), err)
        self.assertRegex(err, r"(?m)^also: cat: 2 bytes had come, and 5 of 5 had been sent")

    def test_json_tells_every_failure(self):
        with tls_peer(answering(b"HTTP/1.1 404 Gone\r\nContent-Length: 2\r\n\r\nno")) as peer:
            why, _ = self.failure(1, "get", peer.url(), "--ca", CA, "--fail")
        self.assertIn("404 Gone", why["message"])
        self.assertEqual(why["kind"], "peer")
        with tls_peer(answering(moved("http://127.0.0.1:1/"))) as peer:
            why, _ = self.failure(4, "get", peer.url(), "--ca", CA, "--location")
        self.assertIn("out of TLS", why["message"])
        with tls_peer(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", close_properly=False)) as peer:
            why, err = self.failure(4, "get", peer.url(), "--ca", CA)
        self.assertEqual([f"also: {one}" for one in why["also"]], [line for line in err.splitlines() if line.startswith("also: ")])
        self.assertIn("3 bytes of 9", " ".join(why["also"]))

    def test_a_hint_names_options_that_are_there(self):
        with Peer(lambda connection: (connection.sendall(b"220 mail ESMTP\r\n"), connection.recv(1 << 16))) as mail:
            self.refused(4, "get", mail.url(), "--ca", CA, hint=r"signet cat --starttls SERVICE")
            self.refused(4, "cat", f"127.0.0.1:{mail.port}", "--ca", CA, hint=r"STARTTLS \(--starttls SERVICE\)")
        program, port = signet_server("--echo", "--cert", CERT, "--key", KEY, "--alpn", "imap")
        self.addCleanup(program.stop)
        self.refused(4, "cat", f"127.0.0.1:{port}", "--ca", CA, "--alpn", "pop3", hint="--alpn LIST")
        chain = PKI / "chain.pem"
        leaf, issuer = chain.read_bytes().split(b"-----END CERTIFICATE-----\n", 1)
        turned = self.write("turned.pem", issuer + leaf + b"-----END CERTIFICATE-----\n")
        self.assertIn("signet cert check --fix --out FILE", signet("cert", "check", turned)[1].decode())

    def test_a_file_is_told_with_its_option(self):
        missing = self.folder / "missing.pem"
        url = "https://127.0.0.1:1/"
        for option in ("--ca", "--add-ca", "--intermediates", "--crl"):
            with self.subTest(option=option):
                self.refused(5, "get", url, option, missing, says=f"{option}: .*missing.pem")
        self.refused(5, "get", url, "--cert", missing, says="--cert: .*missing.pem")
        self.refused(5, "get", url, "--cert", PKI / "client.pem", "--key", missing, says="--key: .*missing.pem")
        self.refused(5, "get", url, "--cert", CERT, "--key", PKI / "server-enc-pkcs8.key", says="--key: ",
                     hint="--password-file FILE")
        wrong = self.write("wrong", b"not the password\n")
        self.refused(5, "get", url, "--cert", CERT, "--key", PKI / "server-enc-pkcs8.key", "--password-file", wrong,
                     hint="first line of .*wrong")
        self.refused(5, "get", url, "--cert", CERT, "--key", KEY, "--password-file", missing, says="--password-file: .*missing.pem")
        self.refused(5, "get", url, "--public-suffix", missing, says="--public-suffix: .*missing.pem")
        self.refused(5, "post", url, "--data-file", missing, says="--data-file: .*missing.pem")

    def test_a_key_has_to_belong_to_its_certificate(self):
        url = "https://127.0.0.1:1/"
        self.refused(5, "get", url, "--cert", PKI / "client.pem", "--key", KEY, says="--key: .*does not belong", hint="--key FILE")
        # Of PKCS#12, which holds a key of its own, too.
        stored = PKI / "chain-no-password.p12"
        self.refused(5, "get", url, "--cert", stored, "--key", KEY, says="--key: .*does not belong", hint="leave --key out")
        self.refused(3, "get", url, "--ca", CA, "--cert", stored, "--key", PKI / "chain.key", says="connection refused")

    def test_a_protocol_that_is_not_spoken_is_refused(self):
        self.refused(2, "get", "https://127.0.0.1:1/", "--alpn", "h2,http/1.1", says="h2 is not spoken here", hint="http/1.1")
        self.refused(2, "serve", "0", "--www", self.folder, "--self-signed", "localhost", "--alpn", "h2", says="h2 is not spoken")
        for command in ("get", "cat", "serve"):
            self.assertNotIn("h2", self.fine(command, "--help")[0].decode())


class Zones(ToolTest):
    def test_a_zone_is_an_interface(self):
        there_is_none = 'there is no network interface "nope"'
        self.refused(2, "get", "https://[fe80::1%25nope]/", "--ca", CA, says=there_is_none, hint=r"\blo\b")
        self.refused(2, "cat", "[fe80::1%nope]:443", "--ca", CA, says=there_is_none, hint=r"\blo\b")
        self.refused(2, "get", "https://[fe80::1]/", "--ca", CA, says="needs a zone", hint=r"\[fe80::1%25eth0\]")
        self.refused(2, "cat", "[fe80::1]:443", "--ca", CA, says="needs a zone", hint=r"\[fe80::1%eth0\]")
        self.refused(2, "get", "https://[fe80::1%lo]/", "--ca", CA, says="not encoded", hint=r"\[fe80::1%25lo\]")
        self.refused(2, "get", "https://[::1%25lo]/", "--ca", CA, says="::1 is no link-local address", hint="leave the zone out")

    def test_a_zone_is_for_the_way_there_only(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("this machine has no IPv6 on the loopback")
        self.write("index.html", b"there")
        program = Program(TOOL, "serve", "[::1]:0", "--www", self.folder, "--cert", CERT, "--key", KEY)
        self.addCleanup(program.stop)
        port = int(program.wait_for(r"^listening on \[::1\]:(\d+)$")[1])
        loopback = socket.if_nametoindex("lo")
        self.assertEqual(self.fine("get", f"https://[::1%25{loopback}]:{port}/", "--ca", CA)[0], b"there")
        out, _ = self.fine("cat", f"[::1%{loopback}]:{port}", "--ca", CA, given=b"GET / HTTP/1.0\r\n\r\n")
        self.assertIn(b"there", out)
        self.fine("cert", "show", f"[::1%{loopback}]:{port}")


if __name__ == "__main__":
    unittest.main()
