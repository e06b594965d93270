"""Programs that tests talk to: started, waited for by what they print or by connecting, and stopped. Only what was started
here is ever stopped. Every wait has a bound, and ends as soon as what it waits for has happened."""

import os
import pathlib
import re
import shlex
import socket
import subprocess
import threading
import time

PATIENCE = 60  # seconds; a bound for a loaded machine, not a length of anything

TOOL = os.environ.get("SIGNET_TOOL", "signet")
PKI = pathlib.Path(os.environ.get("SIGNET_TEST_PKI", "pki"))
# nginx is not on every user's PATH, and another perl or python there would lack what Debian's have.
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith(("SSL_CERT_", "SSLKEYLOGFILE")) and not k.lower().endswith("_proxy")},
    "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
    "LC_ALL": "C",
    "NO_COLOR": "1",
}


class Program:
    """A running program whose output is collected while it runs."""

    def __init__(self, *argv, cwd=None, env=None):
        self.argv = [str(a) for a in argv]
        self.output = {"stdout": bytearray(), "stderr": bytearray()}
        self._changed = threading.Condition()
        self._open = 2
        self._process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                         cwd=cwd, env={**ENVIRONMENT, **(env or {})})
        self._readers = [threading.Thread(target=self._collect, args=(name,), daemon=True) for name in self.output]
        for reader in self._readers:
            reader.start()

    def _collect(self, name):
        stream = getattr(self._process, name)
        while chunk := stream.read1(65536):
            with self._changed:
                self.output[name] += chunk
                self._changed.notify_all()
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def stdout(self):
        with self._changed:
            return bytes(self.output["stdout"])

    @property
    def stderr(self):
        with self._changed:
            return self.output["stderr"].decode("utf-8", "replace")

    def said(self):
        """Everything it printed, for a failure's report."""
        return f"$ {shlex.join(self.argv)}\nstdout: {self.stdout[:2000]!r}\nstderr: {self.stderr[:4000]}"

    def _wait_until(self, happened, what):
        give_up = time.monotonic() + PATIENCE
        with self._changed:
            while not (found := happened()):
                if self._open == 0:
                    raise AssertionError(f"ended without {what}\n{self.said()}")
                if not self._changed.wait(give_up - time.monotonic()) and time.monotonic() >= give_up:
                    raise AssertionError(f"no {what} within {PATIENCE} s\n{self.said()}")
            return found

    def wait_for(self, pattern, stream="stderr"):
        """Waits until it has printed a match, and returns that."""
        compiled = re.compile(pattern.encode(), re.MULTILINE)
        return self._wait_until(lambda: compiled.search(self.output[stream]), f"'{pattern}' on {stream}")

    def wait_for_bytes(self, count):
        """Waits for so many bytes on stdout, and returns all there are."""
        self._wait_until(lambda: len(self.output["stdout"]) >= count, f"{count} bytes on stdout")
        return self.stdout

    def send(self, data):
        """Writes to its stdin while what it prints is read on."""
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended: what it printed says why

    def end_input(self):
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass

    def finish(self):
        """Waits for its end and returns the exit status."""
        status = self._process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return status

    def running(self):
        return self._process.poll() is None

    def stop(self):
        if self.running():
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for reader in self._readers:
            reader.join(10)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass


def run(*argv, given=b"", cwd=None, env=None):
    """Runs a program to its end: exit status, stdout as bytes, stderr as text."""
    with Program(*argv, cwd=cwd, env=env) as program:
        program.send(given)
        program.end_input()
        status = program.finish()
        return status, program.stdout, program.stderr


def free_port():
    """A port that was free a moment ago, for programs that cannot choose one and say which."""
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def wait_for_port(program, port):
    """Waits until something accepts connections there."""
    give_up = time.monotonic() + PATIENCE
    pause = threading.Event()
    while program.running():
        try:
            socket.create_connection(("127.0.0.1", port), PATIENCE).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() >= give_up:
                raise AssertionError(f"nothing listens on port {port} after {PATIENCE} s\n{program.said()}") from None
            pause.wait(0.02)
    raise AssertionError(f"ended before it listened\n{program.said()}")


def on_a_free_port(start):
    """start(port) -> Program; again with another port when somebody else was quicker."""
    for attempts_left in (2, 1, 0):
        port = free_port()
        program = start(port)
        try:
            wait_for_port(program, port)
            return program, port
        except AssertionError:
            program.stop()
            if not attempts_left:
                raise
    raise AssertionError("unreachable")


def signet_server(*options, env=None):
    """`signet serve` on a free loopback port; (program, port)."""
    program = Program(TOOL, "serve", "127.0.0.1:0", *options, env=env)
    try:
        port = int(program.wait_for(r"^listening on 127\.0\.0\.1:(\d+)$")[1])
    except AssertionError:
        program.stop()
        raise
    return program, port
