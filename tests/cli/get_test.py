"""signet get and its kin: what is asked, what is printed, and what is never printed."""

import json
import os
import ssl
import unittest

import common  # noqa: F401
from support.signet_testing import CA, CERT, KEY, Peer, ToolTest, answering, read_head, signet, signet_server, tls_peer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class Get(ToolTest):
    def get(self, peer, *options, path="/", env=None):
        return self.fine("get", peer.url(path), "--ca", CA, *options, env=env)

    def recorded(self, *answers):
        """A peer that gives one answer a connection, and the requests it gets."""
        heads = []

        def talk(connection):
            heads.append(read_head(connection))
            connection.sendall(answers[min(len(heads), len(answers)) - 1])
            connection.unwrap()

        return tls_peer(talk), heads

    def test_a_page_arrives_byte_for_byte(self):
        page = os.urandom(1 << 20)
        chunked = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in (page[i:i + 70001] for i in range(0, len(page), 70001)))
        for what, answer in (("length", b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(page) + page),
                             ("chunked", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked + b"0\r\n\r\n"),
                             ("to the end", b"HTTP/1.0 200 OK\r\n\r\n" + page),
                             ("after a hint", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                                              b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(page) + page)):
            with self.subTest(what=what), tls_peer(answering(answer)) as peer:
                self.assertEqual(self.get(peer)[0], page)

    def test_a_plain_url_needs_no_trust(self):
        with Peer(answering(OK)) as peer:
            self.assertEqual(self.fine("get", peer.url(scheme="http"), "--ca", self.folder / "none")[0], b"hello")

    def test_one_family_can_be_asked_for(self):
        with tls_peer(answering(OK)) as peer:
            self.assertEqual(self.fine("get", f"https://localhost:{peer.port}/", "-4", "--ca", CA)[0], b"hello")
            self.refused(2, "get", peer.url(), "-6", "--ca", CA, says="127.0.0.1 is not an IPv6 address")

    def test_what_is_asked(self):
        peer, heads = self.recorded(OK)
        with peer:
            self.get(peer, "-H", "X-Mine: 1", "-H", "Accept: text/html", path="/a?b#c")
            head = heads[0].decode()
            self.assertTrue(head.startswith("GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % peer.port), head)
            for line in ("X-Mine: 1", "Accept: text/html", "Connection: close"):
                self.assertIn(f"\r\n{line}\r\n", head)
            self.assertEqual(head.lower().count("accept:"), 1)

    def test_sending_and_its_methods(self):
        got = []

        def talk(connection):
            data = read_head(connection)
            head, _, body = data.partition(b"\r\n\r\n")
            length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
            while len(body) < length:
                body += connection.recv(65536)
            got.append((head.split(b" ")[0], body))
            connection.sendall(OK if not head.startswith(b"HEAD") else OK[:-5])
            connection.unwrap()

        big = os.urandom(300000)
        file = self.write("body", big)
        with tls_peer(talk) as peer:
            for args, given, expected in ((("post", "--data", "a=b"), b"", (b"POST", b"a=b")),
                                          (("put", "--data-file", file), b"", (b"PUT", big)),
                                          (("post", "--data-file", "-"), big, (b"POST", big)),
                                          (("post",), b"", (b"POST", b"")), (("delete",), b"", (b"DELETE", b""))):
                with self.subTest(args=args[:2]):
                    out, _ = self.fine(args[0], peer.url(), "--ca", CA, *args[1:], given=given)
                    self.assertEqual((out, got.pop()), (b"hello", expected))
            out, _ = self.fine("head", peer.url(), "--ca", CA)
            self.assertEqual((out, got.pop()[0]), (OK[:-5], b"HEAD"))

    def test_headers_too(self):
        with tls_peer(answering(OK)) as peer:
            self.assertEqual(self.get(peer, "-i")[0], OK)

    def test_fail_makes_an_error_status_1_and_silent(self):
        with tls_peer(answering(b"HTTP/1.1 404 Gone\x1b[2J\r\nContent-Length: 2\r\n\r\nno")) as peer:
            self.refused(4, "get", peer.url(), "--ca", CA)
        with tls_peer(answering(b"HTTP/1.1 404 Not There\r\nContent-Length: 2\r\n\r\nno")) as peer:
            self.assertEqual(self.get(peer)[0], b"no")
            self.refused(1, "get", peer.url(), "--ca", CA, "--fail", "-o", self.folder / "x", says="404 Not There")
            self.assertFalse((self.folder / "x").exists())

    def test_what_a_server_says_cannot_act_on_the_terminal(self):
        with tls_peer(answering("HTTP/1.1 500 \u202edrow \x9b31m grün\r\nContent-Length: 0\r\n\r\n".encode())) as peer:
            err = self.refused(1, "get", peer.url(), "--ca", CA, "--fail")
            self.assertIn(r"\xe2\x80\xaedrow \xc2\x9b31m grün", err)

    def test_a_file_appears_whole_or_not_at_all(self):
        target = self.write("page", b"old")
        with tls_peer(answering(OK)) as peer:
            self.assertEqual(self.get(peer, "-o", target)[0], b"")
            self.assertEqual(target.read_bytes(), b"hello")
        with tls_peer(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello")) as peer:
            self.refused(4, "get", peer.url(), "--ca", CA, "-o", target, says="cut after 5 bytes of 50")
        self.assertEqual(target.read_bytes(), b"hello")
        self.assertEqual([p.name for p in self.folder.iterdir()], ["page"])

    def test_redirects_are_followed_when_asked_and_never_out_of_tls(self):
        def redirect(to, status=302):
            return b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 4\r\n\r\nmove" % (status, to.encode())

        peer, heads = self.recorded(redirect("/b/c"), redirect("../d?e", 307), OK)
        with peer:
            self.assertEqual(self.get(peer, path="/a")[0], b"move")
            heads.clear()
            self.assertEqual(self.get(peer, "--location", path="/a")[0], b"hello")
            self.assertEqual([h.split(b" ")[1] for h in heads], [b"/a", b"/b/c", b"/d?e"])
        with Peer(answering(OK)) as plain:
            peer, heads = self.recorded(redirect(plain.url(scheme="http")))
            with peer:
                self.refused(4, "get", peer.url(), "--ca", CA, "--location", says="out of TLS")
        peer, heads = self.recorded(redirect("/again"))
        with peer:
            self.refused(4, "get", peer.url(), "--ca", CA, "--location", says="more than 20")
            self.assertEqual(len(heads), 21)
        peer, _ = self.recorded(redirect("file:///etc/passwd"))
        with peer:
            self.refused(4, "get", peer.url(), "--ca", CA, "--location", says="not supported")

    def test_secrets_stay_with_the_server_they_were_for(self):
        second, seen = self.recorded(OK)
        with second:
            first, _ = self.recorded(b"HTTP/1.1 302 Moved\r\nLocation: %s\r\n\r\n" % second.url().encode())
            with first:
                self.get(first, "--location", "-H", "Authorization: Bearer secret", "-H", "Cookie: c", "-H", "X-Other: mine", "-H", "Accept-Language: la")
            self.assertNotIn(b"secret", seen[0])
            self.assertNotIn(b"Cookie", seen[0])
            self.assertNotIn(b"X-Other", seen[0])
            self.assertIn(b"Accept-Language: la", seen[0])

    def test_a_post_that_is_sent_elsewhere_becomes_a_get(self):
        peer, heads = self.recorded(b"HTTP/1.1 303 See Other\r\nLocation: /done\r\n\r\n", OK)
        with peer:
            self.fine("post", peer.url(), "--ca", CA, "--location", "--data", "x=y")
            self.assertTrue(heads[1].startswith(b"GET /done "), heads)

    def test_json(self):
        with tls_peer(answering(b"HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 6\r\n\r\ngr\xc3\xbc\xc3\x9f")) as peer:
            document = json.loads(self.get(peer, "--json")[0])
            self.assertEqual((document["status"], document["reason"], document["body"]), (200, "OK", "grüß"))
            self.assertIn({"name": "X", "value": "1"}, document["headers"])
            connection = document["connection"]
            self.assertEqual((connection["version"], connection["resumed"]), ("TLSv1.3", False))
            self.assertTrue(connection["peer_chain"][0].startswith("-----BEGIN CERTIFICATE-----"))
        with tls_peer(answering(b"HTTP/1.1 200 \r\nX: \xff\r\nContent-Length: 2\r\n\r\n\xff\x00")) as peer:
            self.assertEqual(json.loads(self.get(peer, "--json")[0])["body_hex"], "ff00")

    def test_whom_it_talked_to(self):
        with tls_peer(answering(OK)) as peer:
            out, err = self.get(peer, "-v", "--name", "server.test", "--alpn", "http/1.1")
            self.assertEqual(out, b"hello")
            for line in (rf"peer: +127\.0\.0\.1:{peer.port}", r"server name: +server\.test", r"protocol: +TLSv1\.3, TLS_",
                         r"certificate: +CN=server\.test", r"issuer: +.*signet test root", r"expires: +2049-12-31T23:59:59Z",
                         r"trust: +.*ca\.pem"):
                self.assertRegex(err, rf"(?m)^{line}")

    def test_the_key_log_gets_the_secrets(self):
        log = self.folder / "keys"
        log.write_text("# mine\n")
        with tls_peer(answering(OK)) as peer:
            self.get(peer, "--keylog", log)
            self.assertRegex(log.read_text(), r"\A# mine\n(?s:.*)CLIENT_TRAFFIC_SECRET_0 [0-9a-f]+ [0-9a-f]+\n")

    def test_versions_and_sni_are_as_asked(self):
        names, versions = [], []

        def talk(connection):
            versions.append(connection.version())
            answering(OK)(connection)

        peer = tls_peer(talk, sni_callback=lambda _, name, __: names.append(name))
        with peer:
            _, err = self.get(peer, "-v", "--tls-max", "1.2", "--name", "server.test", "--sni", "localhost")
            self.assertRegex(err, r"protocol: +TLSv1\.2")
            self.get(peer, "--name", "server.test", "--sni", "none")
            self.get(peer, "--name", "server.test", "--tls-min", "1.3")
        self.assertEqual(names, ["localhost", None, "server.test"])
        self.assertEqual(versions, ["TLSv1.2", "TLSv1.3", "TLSv1.3"])
        with tls_peer(answering(OK), maximum_version=ssl.TLSVersion.TLSv1_2) as old:
            self.refused(4, "get", old.url(), "--ca", CA, "--tls-min", "1.3", says="version")
        status, _, err = signet("get", "https://127.0.0.1:1/", "--ca", CA, "--tls-min", "1.0")
        self.assertEqual(status, 3)
        self.assertRegex(err, r"(?m)^signet: warning: TLS 1\.0")

    def test_trust_from_a_folder_and_from_several_files(self):
        self.write("cas/one.pem", CA.read_bytes())
        program, port = signet_server("--echo", "--cert", CERT, "--key", KEY)
        with program:
            for trust in (("--ca", self.folder / "cas"), ("--ca", CERT.parent / "other-ca.pem", "--ca", CA),
                          ("--ca", CERT.parent / "other-ca.pem", "--add-ca", CA), ("--add-ca", CA)):
                out, _ = self.fine("cat", f"127.0.0.1:{port}", *trust, given=b"x")
                self.assertEqual(out, b"x")


if __name__ == "__main__":
    unittest.main()
