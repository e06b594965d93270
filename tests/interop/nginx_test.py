"""With nginx as the server: its own configuration, an unprivileged port of the loopback, and a folder that goes afterwards."""

import pathlib
import tempfile
import unittest

import cases
from cases import certificate, key
from support.peers import TOOL, Program, on_a_free_port, run

CONFIGURATION = """
daemon off;
master_process off;
error_log stderr notice;
pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols {version};
    root {folder}/site;
    add_header X-Protocol "$ssl_protocol $ssl_cipher";
    add_header X-Server-Name $ssl_server_name;
  }}
}}
"""


class Nginx(cases.OurClient, unittest.TestCase):
    payload = cases.binary(300_000)

    def setUp(self):
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.folder = pathlib.Path(kept.name)
        (self.folder / "site").mkdir()
        (self.folder / "site/file.bin").write_bytes(self.payload)
        # An nginx that root starts gives itself up to another user, who has to come in.
        self.folder.chmod(0o755)

    def start_server(self, identity, version):
        def start(port):
            configuration = self.folder / "nginx.conf"
            configuration.write_text(CONFIGURATION.format(folder=self.folder, port=port, certificate=certificate(identity),
                                                          key=key(identity), version=version))
            return Program("/usr/sbin/nginx", "-p", self.folder, "-c", configuration, "-e", "stderr")

        return on_a_free_port(start)

    def talk(self, port, *options):
        return run(TOOL, "get", f"https://127.0.0.1:{port}/file.bin", *options)

    def test_the_server_saw_what_the_client_says(self):
        for version in cases.VERSIONS:
            with self.subTest(version=version):
                program, port = self.start_server("server", version)
                with program:
                    status, received, said = self.talk(port, "--ca", cases.CA, "--name", cases.NAME, "-i")
                    self.assertEqual(status, 0, said)
                    head, _, body = received.partition(b"\r\n\r\n")
                    self.assertRegex(head.decode(), rf"(?im)^x-protocol: {version} ")
                    self.assertRegex(head.decode(), rf"(?im)^x-server-name: {cases.NAME}\r?$")
                    self.assertEqual(body, self.payload)


if __name__ == "__main__":
    unittest.main()
