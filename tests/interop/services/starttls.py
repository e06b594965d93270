"""`signet cat --starttls`, and FTPS, against the servers people run: Postfix, Dovecot, vsftpd, ProFTPD, slapd and PostgreSQL, each with a
configuration of its own in a folder that goes afterwards, on a free port of the loopback, with a certificate that our own tool made.

scripts/interop installs them and runs this. Names of services as arguments, all when there are none; status 1 when a test failed.
What is not installed, or needs root, is told and passed over."""

import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.peers import ENVIRONMENT, PATIENCE, TOOL, Program, free_port, run, wait_for_port  # noqa: E402

NAME = "server.test"
VERSIONS = ("1.2", "1.3")
not_started = []


class Daemon(Program):
    """A server that may start helpers of its own: all of its process group goes with it."""

    def __init__(self, *argv, user=None):
        as_user = ("/usr/sbin/runuser", "-u", user, "--") if user and os.geteuid() == 0 else ()
        super().__init__("/usr/bin/setsid", "--wait", *as_user, *argv)

    def stop(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            for group in self.groups():
                try:
                    os.killpg(group, number)
                except ProcessLookupError:
                    pass
            give_up = time.monotonic() + 10
            while self.groups() and time.monotonic() < give_up:
                time.sleep(0.05)
        super().stop()

    def groups(self):
        """The process groups of what it started that are still there; helpers may lead their own."""
        found = subprocess.run(["/usr/bin/ps", "-eo", "pid=,ppid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
        rows = [line.split() for line in found.splitlines()]
        ours, groups = {str(self._process.pid)}, set(getattr(self, "_groups", ()))
        for _ in rows:
            more = {pid for pid, parent, _, _ in rows if parent in ours} - ours
            if not more:
                break
            ours |= more
        groups |= {group for pid, _, group, _ in rows if pid in ours}
        self._groups = groups - {str(os.getpgrp())}
        alive = {group for _, _, group, state in rows if not state.startswith("Z")}
        return {int(group) for group in self._groups & alive}


class Service:
    """What is the same with each of them. Subclasses say how it starts and what is said inside."""

    program = ""
    needs_root = True
    user = None  # whom its files have to belong to
    protocol = ""
    # What is said inside, what comes then, and what ends it. The goodbye waits for the answer: a server that hangs up on what
    # it has not read resets the connection.
    question, answer, goodbye = b"", b"", b"QUIT\r\n"
    sends_close_notify = True

    @classmethod
    def setUpClass(cls):
        why = f"{cls.program} is not installed" if not pathlib.Path(cls.program).exists() else \
            "it has to be started by root" if cls.needs_root and os.geteuid() != 0 else None
        if why:
            not_started.append(f"{cls.__name__}: {why}")
            raise unittest.SkipTest(why)
        cls.kept = tempfile.TemporaryDirectory(prefix="signet-interop-")
        cls.addClassCleanup(cls.kept.cleanup)
        cls.folder = pathlib.Path(cls.kept.name)
        cls.folder.chmod(0o755)
        cls.certificates()
        for attempts_left in (2, 1, 0):
            cls.port = free_port()
            cls.daemon = cls.start()
            try:
                wait_for_port(cls.daemon, cls.port)
                break
            except AssertionError:
                cls.daemon.stop()
                if not attempts_left:
                    raise
        cls.addClassCleanup(cls.daemon.stop)

    @classmethod
    def certificates(cls):
        def tool(*args):
            status, _, said = run(TOOL, *args, cwd=cls.folder)
            assert status == 0, said

        for ca in ("ca", "other"):
            tool("cert", "ca", "--cn", f"Test {ca}", "--key-type", "rsa:2048", "--out", f"{ca}.pem", "--out-key", f"{ca}.key")
        tool("cert", "create", "--ca", "ca.pem", "--ca-key", "ca.key", "--dns", NAME, "--key-type", "rsa:2048", "--out", "cert.pem",
             "--out-key", "key.pem")
        if cls.user and os.geteuid() == 0:
            cls.give("key.pem")

    @classmethod
    def give(cls, name):
        shutil.chown(cls.folder / name, cls.user, pwd.getpwnam(cls.user).pw_gid)

    @classmethod
    def directory(cls, name, mode=0o755):
        (cls.folder / name).mkdir(parents=True)
        (cls.folder / name).chmod(mode)
        return cls.folder / name

    @classmethod
    def write(cls, name, text):
        path = cls.folder / name
        path.write_text(text.format(folder=cls.folder, port=cls.port, protocol=cls.protocol, name=NAME))
        return path

    def cat(self, *options, ca="ca.pem", name=NAME):
        return (TOOL, "cat", f"127.0.0.1:{self.port}", "--starttls", self.protocol, "--ca", self.folder / ca, "--name", name, *options)

    def test_a_conversation(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                with Program(*self.cat("-v", "--wait", "0.1", "--tls-min", version, "--tls-max", version)) as cat:
                    cat.send(self.question)
                    cat.wait_for(re.escape(self.answer.decode()), "stdout")
                    cat.send(self.goodbye)
                    status = cat.finish()
                self.assertRegex(cat.stderr, rf"(?m)^protocol: +TLSv{version}")
                if self.sends_close_notify:
                    self.assertEqual(status, 0, cat.said())
                else:
                    self.assertEqual(status, 4, cat.said())
                    self.assertIn("close_notify", cat.stderr)

    def test_refusals(self):
        for fault, options in (("wrong name", {"name": "other.test"}), ("unknown CA", {"ca": "other.pem"})):
            with self.subTest(fault=fault):
                status, out, said = run(*self.cat(**options), given=self.question)
                self.assertEqual((status, out), (1, b""), said)

    def test_certificates_are_looked_at(self):
        status, out, said = run(TOOL, "cert", "show", f"127.0.0.1:{self.port}", "--ca", self.folder / "ca.pem", "--name", NAME,
                                "--starttls", self.protocol)
        self.assertEqual(status, 0, said)
        self.assertIn(NAME, out.decode())


class Postfix(Service, unittest.TestCase):
    program = "/usr/sbin/postfix"
    protocol = "smtp"
    question, answer = b"EHLO client.test\r\n", b"250-server.test"

    @classmethod
    def start(cls):
        for name in ("data", "queue", "conf"):
            shutil.rmtree(cls.folder / name, ignore_errors=True)
            cls.directory(name)
        cls.user = "postfix"
        cls.give("data")
        cls.write("conf/main.cf", """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
myhostname = {name}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
maillog_file = /dev/stdout
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_security_level = may
""")
        cls.write("conf/master.cf", """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
""")
        return Daemon(cls.program, "-c", cls.folder / "conf", "start-fg")


DOVECOT = """
protocols = {protocol}
base_dir = {folder}/run
state_dir = {folder}/run
log_path = /dev/stderr
ssl = required
ssl_min_protocol = TLSv1.2
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
listen = 127.0.0.1
mail_location = maildir:{folder}/mail
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail
}}
service {protocol}-login {{
  inet_listener {protocol} {{
    port = {port}
  }}
  inet_listener {protocol}s {{
    port = 0
  }}
}}
"""
class Dovecot(Service):
    program = "/usr/sbin/dovecot"

    @classmethod
    def start(cls):
        configuration = cls.write("dovecot.conf", DOVECOT)
        return Daemon(cls.program, "-F", "-c", configuration)


class DovecotImap(Dovecot, unittest.TestCase):
    protocol = "imap"
    question, answer, goodbye = b"a NOOP\r\n", b"a OK", b"b LOGOUT\r\n"


class DovecotPop3(Dovecot, unittest.TestCase):
    protocol = "pop3"
    question, answer = b"CAPA\r\n", b"+OK"


class Ftp(Service):
    protocol = "ftp"
    question = b"SYST\r\n"


class Vsftpd(Ftp, unittest.TestCase):
    """It shows a file to anybody, but only over data connections that resume a session."""

    program = "/usr/sbin/vsftpd"
    answer = b"530 "
    sends_close_notify = False
    file = random.Random(13).randbytes(300_000)

    @classmethod
    def start(cls):
        for name in ("empty", "files"):
            shutil.rmtree(cls.folder / name, ignore_errors=True)
        cls.directory("empty", 0o555)
        # Not writable for the user that it serves as, or it refuses to; its file readable for everybody, or it hides that.
        path = cls.directory("files") / "file.bin"
        path.write_bytes(cls.file)
        path.chmod(0o644)
        return Daemon(cls.program, cls.write("vsftpd.conf", """listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
anonymous_enable=YES
anon_root={folder}/files
secure_chroot_dir={folder}/empty
ssl_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl=YES
force_anon_data_ssl=YES
require_ssl_reuse=YES
rsa_cert_file={folder}/cert.pem
rsa_private_key_file={folder}/key.pem
"""))

    def fetch(self, *options):
        program = pathlib.Path(TOOL).parent / "example_ftps"
        if not program.exists():
            self.skipTest(f"{program} was not built")
        return run(program, *options, f"127.0.0.1:{self.port}", NAME, self.folder / "ca.pem", "anonymous", "me@client.test",
                   *["file.bin"] * 4, "./")

    def test_data_connections_resume_the_session_of_the_control_connection(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                status, out, said = self.fetch(f"--tls{version}")
                self.assertEqual(status, 0, said)
                self.assertTrue(out.startswith(4 * self.file), "the files differ")
                self.assertRegex(out[4 * len(self.file):].decode(), r"^-r\S+ .* 300000 .* file\.bin\r\n$")
                self.assertEqual(re.findall(r"(?m)^data: (.*)$", said), [f"TLSv{version}, resumed"] * 5)

    def test_a_data_connection_with_a_session_of_its_own_is_refused(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                status, out, said = self.fetch(f"--tls{version}", "--own-session")
                self.assertEqual((status, out), (1, b""), said)
                self.assertRegex(said, rf"(?m)^data: TLSv{version}, not resumed$")
                self.assertRegex(said, r"(?m)^ftps: file\.bin: 522 .*session reuse required")


class Proftpd(Ftp, unittest.TestCase):
    program = "/usr/sbin/proftpd"
    answer = b"215 "

    @classmethod
    def start(cls):
        return Daemon(cls.program, "--nodaemon", "--config", cls.write("proftpd.conf", """
ServerName {name}
ServerType standalone
DefaultAddress 127.0.0.1
Port {port}
UseIPv6 off
User nobody
Group nogroup
PidFile {folder}/proftpd.pid
ScoreboardFile {folder}/scoreboard
SystemLog {folder}/system.log
WtmpLog off
ControlsEngine off
DelayEngine off
ModulePath /usr/lib/proftpd
LoadModule mod_tls.c
TLSEngine on
TLSLog {folder}/tls.log
TLSProtocol TLSv1.2 TLSv1.3
TLSRSACertificateFile {folder}/cert.pem
TLSRSACertificateKeyFile {folder}/key.pem
<Anonymous {folder}>
  User nobody
  Group nogroup
  UserAlias anonymous nobody
  RequireValidShell off
  UseFtpUsers off
</Anonymous>
"""))


    def test_the_control_connection_goes_back_to_plain(self):
        program = pathlib.Path(TOOL).parent / "example_ftp_ccc"
        if not program.exists():
            self.skipTest(f"{program} was not built")
        status, out, said = run(program, f"127.0.0.1:{self.port}", NAME, self.folder / "ca.pem", "anonymous", "me@client.test")
        self.assertEqual(status, 0, said)
        self.assertRegex(out.decode(), r"(?m)^200 .*\n257 .*\n221 ")


class Slapd(Service, unittest.TestCase):
    program = "/usr/sbin/slapd"
    needs_root = False
    protocol = "ldap"
    # An anonymous bind with its answer, and unbind.
    question = bytes.fromhex("300c020101600702010304008000")
    goodbye = bytes.fromhex("30050201024200")
    answer = bytes.fromhex("300c02010161070a010004000400")

    @classmethod
    def start(cls):
        configuration = cls.write("slapd.conf", """include /etc/ldap/schema/core.schema
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
TLSVerifyClient never
""")
        return Daemon(cls.program, "-f", configuration, "-h", f"ldap://127.0.0.1:{cls.port}", "-d", "none")


def postgres_program(name):
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return str(found[-1]) if found else f"/usr/lib/postgresql/bin/{name}"


class Postgres(Service, unittest.TestCase):
    program = postgres_program("postgres")
    needs_root = False
    protocol = "postgres"
    user = "postgres"
    # Startup as user "x", then Terminate; AuthenticationOk.
    question = b"\0\0\0\x10\0\x03\0\0user\0x\0\0"
    goodbye = b"X\0\0\0\x04"
    answer = b"R\0\0\0\x08\0\0\0\0"

    @classmethod
    def start(cls):
        if not (cls.folder / "data").exists():
            cls.directory("data")
            if os.geteuid() == 0:
                cls.give("data")
            with Daemon(postgres_program("initdb"), "--auth=trust", "--no-sync", "--username=x", "-D", cls.folder / "data",
                        user=cls.user) as made:
                assert made.finish() == 0, made.said()
        return Daemon(cls.program, "-D", cls.folder / "data", "-p", str(cls.port), "-c", "listen_addresses=127.0.0.1", "-c",
                      "unix_socket_directories=", "-c", "ssl=on", "-c", f"ssl_cert_file={cls.folder}/cert.pem", "-c",
                      f"ssl_key_file={cls.folder}/key.pem", user=cls.user)


if __name__ == "__main__":
    done = unittest.main(exit=False, verbosity=2).result
    for line in not_started:
        print(f"interop: not started: {line}", file=sys.stderr)
    sys.exit(0 if done.wasSuccessful() else 1)
