"""With SoftHSM behind OpenSSL's PKCS#11 provider (Debian 13) or its engine (Debian 12), whichever is installed: keys that never leave
their token, served to curl and openssl, shown to a server, and signing certificates."""

import os
import pathlib
import pty
import re
import shutil
import subprocess
import tempfile
import unittest

import cases
from cases import NAME
from support.peers import ENVIRONMENT, PATIENCE, TOOL, Program, run, signet_server

MODULE = pathlib.Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "24680"


def folder_of(option):
    """MODULESDIR (-m) or ENGINESDIR (-e), where OpenSSL has its plug-ins."""
    return pathlib.Path(re.search(r'"(.*)"', run("openssl", "version", option)[1].decode())[1])


PROVIDER = folder_of("-m") / "pkcs11.so"
ENGINE = folder_of("-e") / "pkcs11.so"


class Token:
    """A token with an EC and an RSA key, and the environment in which OpenSSL finds it."""

    def __init__(self, folder, more=""):
        self.more = more
        self.folder = pathlib.Path(folder)
        (self.folder / "tokens").mkdir()
        self.env = {"SOFTHSM2_CONF": self.write("softhsm2.conf", f"directories.tokendir = {self.folder}/tokens\n"
                                                                 "objectstore.backend = file\nlog.level = ERROR\n")}
        self.must("softhsm2-util", "--init-token", "--free", "--label", "web", "--so-pin", "1234567890", "--pin", PIN)
        for number, (kind, label) in enumerate((("EC:prime256v1", "ec"), ("rsa:2048", "rsa")), 1):
            self.must("pkcs11-tool", "--module", MODULE, "--token-label", "web", "--login", "--pin", PIN, "--keypairgen", "--key-type",
                      kind, "--label", label, "--id", f"0{number}")
        self.env["OPENSSL_CONF"] = self.write("openssl.cnf", self.configuration())
        self.pin = self.write("pin", PIN + "\n")

    def configuration(self):
        if PROVIDER.exists():
            return ("openssl_conf = init\n[init]\nproviders = all\n[all]\ndefault = builtin\npkcs11 = pkcs11\n[builtin]\nactivate = 1\n"
                    f"[pkcs11]\nmodule = {PROVIDER}\npkcs11-module-path = {MODULE}\npkcs11-module-quirks = no-deinit\n{self.more}activate = 1\n")
        assert ENGINE.exists(), "neither pkcs11-provider nor libengine-pkcs11-openssl is installed"
        return ("openssl_conf = init\n[init]\nengines = all\n[all]\npkcs11 = pkcs11\n"
                f"[pkcs11]\nengine_id = pkcs11\nMODULE_PATH = {MODULE}\ninit = 0\n")

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def must(self, *argv):
        status, out, err = run(*argv, env=self.env)
        assert status == 0, f"{argv}\n{out.decode(errors='replace')}{err}"

    def signet(self, *args, **changed):
        return run(TOOL, *args, env={**self.env, **changed})


def uri(label):
    return f"pkcs11:token=web;object={label}"


class WithToken(unittest.TestCase):
    # Of the provider's section.
    MORE = ""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.token = Token(folder.name, self.MORE)

    def fine(self, *args):
        status, out, err = self.token.signet(*args)
        self.assertEqual(status, 0, f"{args}\n{err}")
        return out, err

    def certificate(self, label, *options):
        """Of the token's own key, signed by itself."""
        made = self.folder / f"{label}.pem"
        self.fine("cert", "create", "--self-signed", "--dns", NAME, "--key", uri(label), "--password-file", self.token.pin, "--out", made,
                  *options)
        return made

    def server(self, label, *options):
        return signet_server("--cert", self.certificate(label), "--key", uri(label), "--password-file", self.token.pin, *options,
                             env=self.token.env)


class Served(WithToken):
    def test_to_curl_and_openssl(self):
        (self.folder / "www").mkdir()
        (self.folder / "www/file").write_bytes(cases.binary(50_000))
        for label in ("ec", "rsa"):
            program, port = self.server(label, "--www", self.folder / "www")
            with program:
                for version in cases.VERSIONS:
                    with self.subTest(label=label, version=version):
                        only = version.replace("TLSv", "")
                        status, got, said = run("/usr/bin/curl", "-sS", "--noproxy", "*", "--cacert", self.folder / f"{label}.pem",
                                                f"--tlsv{only}", "--tls-max", only, "--resolve", f"{NAME}:{port}:127.0.0.1",
                                                f"https://{NAME}:{port}/file")
                        self.assertEqual((status, got), (0, cases.binary(50_000)), said + program.said())
                        status, _, said = run("/usr/bin/openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile",
                                              self.folder / f"{label}.pem", "-verify_return_error", "-verify_hostname", NAME, "-brief",
                                              "-" + version.replace("v1.", "1_").lower())
                        self.assertEqual(status, 0, said + program.said())
                        self.assertIn("Verification: OK", said)

    def test_by_a_client_that_shows_a_certificate(self):
        us = self.certificate("rsa", "--purpose", "client")
        shown = Program("/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", cases.certificate("server"), "-key",
                        cases.key("server"), "-CAfile", us, "-Verify", "1", "-verify_return_error", "-rev")
        with shown:
            port = int(shown.wait_for(r"^ACCEPT 127\.0\.0\.1:(\d+)", "stdout")[1])
            status, got, said = run(TOOL, "cat", f"127.0.0.1:{port}", "--ca", cases.CA, "--name", NAME, "--cert", us, "--key", uri("rsa"),
                                    "--password-file", self.token.pin, given=b"abc\n", env=self.token.env)
        self.assertEqual((status, got), (0, b"cba\n"), said + shown.said())


class TakenAway(WithToken):
    # Else the provider signs with a copy that it has SoftHSM keep in memory.
    MORE = "pkcs11-module-cache-keys = false\n"

    def test_while_a_server_runs(self):
        program, port = self.server("ec", "--echo")
        with program:
            ca = ("--ca", self.folder / "ec.pem", "--name", NAME)
            status, got, said = run(TOOL, "cat", f"127.0.0.1:{port}", *ca, given=b"before\n")
            self.assertEqual((status, got), (0, b"before\n"), said)
            for one in (self.folder / "tokens").iterdir():
                shutil.rmtree(one)
            status, _, said = run(TOOL, "cat", f"127.0.0.1:{port}", *ca, given=b"after\n")
            self.assertEqual(status, 4, said)
            program.wait_for(r"our private key \(EC P-256\) did not sign")
            self.assertTrue(program.running(), program.said())
            self.assertNotRegex(program.said(), "Sanitizer")


class Certificates(WithToken):
    def test_of_a_ca_whose_key_is_in_a_token(self):
        self.fine("cert", "ca", "--key", uri("rsa"), "--password-file", self.token.pin, "--out", self.folder / "ca.pem")
        with_ca = ("--ca", self.folder / "ca.pem", "--ca-key", uri("rsa"), "--ca-password-file", self.token.pin)
        self.fine("cert", "create", *with_ca, "--dns", NAME, "--out", self.folder / "leaf.pem", "--out-key", self.folder / "leaf.key")
        self.fine("cert", "csr", "--key", uri("ec"), "--password-file", self.token.pin, "--dns", NAME, "--out", self.folder / "csr.pem")
        self.fine("cert", "sign", *with_ca, "--in", self.folder / "csr.pem", "--out", self.folder / "signed.pem")
        for made in ("leaf.pem", "signed.pem"):
            status, out, err = run("openssl", "verify", "-x509_strict", "-CAfile", self.folder / "ca.pem", self.folder / made)
            self.assertEqual(status, 0, err + out.decode())
        status, out, err = self.token.signet("cert", "check", self.folder / "signed.pem", "--key", uri("ec"), "--password-file",
                                             self.token.pin)
        self.assertNotIn("does not belong", out.decode() + err)
        _, out, err = self.token.signet("cert", "check", self.folder / "signed.pem", "--key", uri("rsa"), "--password-file",
                                        self.token.pin)
        self.assertIn("does not belong", out.decode() + err)

    def test_are_converted_but_never_its_key(self):
        made = self.certificate("ec")
        password = self.token.write("password", "correct horse\n")
        for to in (("pem",), ("der", "--only", "keys"), ("pkcs12", "--out-password-file", password)):
            out = self.folder / "converted"
            status, _, err = self.token.signet("cert", "convert", "--in", made, "--key", uri("ec"), "--password-file", self.token.pin, "--to",
                                               *to, "--out", out)
            self.assertEqual(status, 5, err)
            self.assertIn("cannot be read out", err)
            self.assertFalse(out.exists())


class Refused(WithToken):
    def refused(self, label, *options, says, hint="", status=5, env=None):
        got, out, err = self.token.signet("serve", "127.0.0.1:0", "--echo", "--cert", cases.certificate("server"), "--key", label, *options,
                                          **(env or {}))
        self.assertEqual((got, out), (status, b""), err)
        self.assertRegex(err, r"(?m)^signet: .*--key: pkcs11:")
        self.assertRegex(err, says)
        self.assertRegex(err, rf"(?m)^hint: .*{hint}")
        self.assertNotRegex(err, r"Sanitizer|error:[0-9A-F]{8}|Login|UI_process")
        # One line of error, one of hint: whoever keeps the key has nothing of its own to say here.
        self.assertEqual(len(err.splitlines()), 2, err)
        return err

    def test_with_a_wrong_pin(self):
        self.refused(uri("ec"), "--password-file", self.token.write("wrong", "11111\n"), says="PIN does not open")
        err = self.refused(uri("ec") + "?pin-value=11112", says="PIN does not open")
        self.assertNotIn("11112", err)

    def test_without_a_pin_asking_nobody(self):
        """A terminal to ask on, and nobody who types."""
        self.refused(uri("ec"), says="asks for a PIN", hint="--password-file")
        try:
            ours, its = pty.openpty()
        except OSError:
            return  # a bare chroot has no terminals
        with open(ours, "rb", buffering=0) as screen, open(its, "rb", buffering=0) as terminal:
            command = [TOOL, "serve", "127.0.0.1:0", "--echo", "--cert", str(cases.certificate("server")), "--key", uri("ec")]
            # setsid -c makes it the terminal that /dev/tty is.
            with subprocess.Popen(["setsid", "--ctty", "--wait", *command], stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env={**ENVIRONMENT, **self.token.env}) as program:
                out, err = program.communicate(timeout=PATIENCE)
            os.set_blocking(screen.fileno(), False)
            self.assertEqual((program.returncode, out), (5, b""), err)
            self.assertIn(screen.read(), (None, b""), "something was written to the terminal")

    def test_where_no_such_key_is(self):
        for missing in (uri("none"), "pkcs11:token=none;object=ec"):
            self.refused(missing, "--password-file", self.token.pin, says="no private key was found|token is not there")

    def test_that_is_another_certificate_s(self):
        self.refused(uri("rsa"), "--password-file", self.token.pin, says="does not belong to the certificate")

    def test_that_could_be_several(self):
        self.refused("pkcs11:token=web", "--password-file", self.token.pin, says="more than one private key", hint="object=")

    def test_where_nothing_knows_tokens(self):
        bare = {"OPENSSL_CONF": self.token.write("bare.cnf", ""), "OPENSSL_ENGINES": str(self.folder), "OPENSSL_MODULES": str(self.folder)}
        self.refused(uri("ec"), "--password-file", self.token.pin, says="nothing here knows", hint="pkcs11-provider.*libengine-pkcs11-openssl",
                     env=bare)


if __name__ == "__main__":
    unittest.main()
