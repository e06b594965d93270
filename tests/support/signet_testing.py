"""What the tests of the command line share: peers that misbehave as a test wants it, and one way to run `signet`."""

import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.peers import ENVIRONMENT, PATIENCE, PKI, TOOL, Program, free_port, run, signet_server  # noqa: E402,F401

CA = PKI / "ca.pem"
CERT = PKI / "server.pem"
KEY = PKI / "server.key"


def signet(*args, given=b"", env=None):
    """Runs the tool to its end: exit status, stdout as bytes, stderr as text."""
    return run(TOOL, *args, given=given, env=env)


class Peer:
    """A server on a free loopback port whose conversation with each client is the test's function."""

    def __init__(self, talk):
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        # Wakes accept().
        try:
            socket.create_connection(("127.0.0.1", self.port), 5).close()
        except OSError:
            pass
        self._thread.join(PATIENCE)
        self._listener.close()

    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            if self._over.is_set():
                connection.close()
                return
            connection.settimeout(PATIENCE)
            try:
                with connection:
                    self._talk(connection)
            except (OSError, ssl.SSLError):
                pass  # the client's part is what is judged

    def url(self, path="/", scheme="https"):
        return f"{scheme}://127.0.0.1:{self.port}{path}"


def tls_peer(talk, cert=CERT, key=KEY, **context_options):
    """A Peer that speaks TLS by Python's own module; talk(connection) gets the encrypted connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    for name, value in context_options.items():
        setattr(context, name, value)

    def secured(connection):
        # suppress_ragged_eofs: an end without close_notify has to show.
        with context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False) as secure:
            talk(secure)

    return Peer(secured)


def read_head(connection):
    """The head of a request, as bytes."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            break
        data += piece
    return data


def answering(answer, close_properly=True):
    """A conversation that reads one request and sends these bytes."""

    def talk(connection):
        read_head(connection)
        connection.sendall(answer)
        if close_properly and isinstance(connection, ssl.SSLSocket):
            connection.unwrap()

    return talk


def run_over(folders, *argv):
    """As run(), of a program that finds these folders of ours where the system has its own: {"/etc": ours}. Skips the
    test where that is not allowed."""
    own = ("unshare", "--map-root-user", "--mount")
    if run(*own, "mount", "-t", "tmpfs", "none", "/tmp")[0] != 0:
        sys.stderr.write("\n*** SKIPPED: no mount namespaces here, so the system's own places cannot be replaced ***\n")
        raise unittest.SkipTest("no mount namespaces here")
    mounts = [arg for place, folder in folders.items() for arg in (folder, place)]
    script = 'for _ in $(seq "$0"); do mount --bind "$1" "$2"; shift 2; done; exec "$@"'
    return run(*own, "sh", "-ec", script, len(folders), *mounts, *argv)


def tls_client(port, name="server.test"):
    """A verified connection by Python's own module."""
    context = ssl.create_default_context(cafile=CA)
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), PATIENCE), server_hostname=name,
                               suppress_ragged_eofs=False)


class ToolTest(unittest.TestCase):
    """Assertions on the contract that all subcommands share."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def refused(self, status, *args, says="", hint=None, given=b"", env=None):
        """The run fails with that status, says why in the fixed form, and prints nothing on stdout."""
        got, out, err = signet(*args, given=given, env=env)
        self.assertEqual(got, status, f"{args}\n{err}")
        self.assertEqual(out, b"", "a failure printed a result")
        self.assertRegex(err, r"(?m)^signet: [^:\n]+: ?\S")
        self.assertNotRegex(err, r"error:[0-9A-F]{8}", "a bare OpenSSL error string")
        self.assertNotRegex(err, r"Sanitizer|terminate called")
        if says:
            self.assertRegex(err, says)
        if hint is not None:
            self.assertRegex(err, rf"(?m)^hint: .*(?:{hint})")
        return err

    def fine(self, *args, given=b"", env=None):
        """The run succeeds; returns stdout and stderr."""
        got, out, err = signet(*args, given=given, env=env)
        self.assertEqual(got, 0, f"{args}\n{err}")
        return out, err

    def write(self, name, data):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path


def started(*args, **popen):
    """A run whose descriptors are the test's own."""
    return subprocess.Popen([TOOL, *map(str, args)], env=ENVIRONMENT, **popen)


__all__ = [name for name in dir() if not name.startswith("_") and name not in ("os", "sys")]
