"""Mistakes that must not compile. Each snippet stands beside a control that differs in the mistake only and compiles, so
that a snippet cannot be refused for a reason of its own."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.toolchain import SOURCE, compilers  # noqa: E402

# What all of them include, compiled once.
HEADER = """
#include <string>
#include <utility>
#include <signet/signet.hpp>
"""

PROLOGUE = """
{includes}
using namespace std::chrono_literals;

[[maybe_unused]] void snippet([[maybe_unused]] signet::tcp_socket plain, [[maybe_unused]] signet::tls_socket secure,
                              [[maybe_unused]] signet::incoming client, [[maybe_unused]] const signet::client_config& config,
                              [[maybe_unused]] signet::transport& wire, [[maybe_unused]] const signet::server_name& name) {{
  {code}
}}
"""

# name: (the mistake, what the compiler says of it, the control). A mistake may need other includes: (code, includes).
NODISCARD = r"nodiscard|warn_unused_result|ignoring return value"
CASES = {
    "dropping the result of a write": ('secure.write_all("x");', NODISCARD, '(void)secure.write_all("x");'),
    "dropping the result of a read": ("char b[9]; secure.read_some(b);", NODISCARD, "char b[9]; (void)secure.read_some(b);"),
    "dropping the result of close_write": ("secure.close_write();", NODISCARD, "secure.close_write().value();"),
    "dropping the result of a plain write": ('plain.write_all("x");', NODISCARD, 'if (!plain.write_all("x")) return;'),
    "dropping a connection": (
        'signet::connect({"server.test", 443});', NODISCARD, 'auto c = signet::connect({"server.test", 443});'),
    "dropping a config": (
        "signet::server_config::make({});", NODISCARD, "auto c = signet::server_config::make({});"),
    "dropping an error": (
        'signet::error(signet::errc::internal, "x").in("y");', NODISCARD,
        'auto e = signet::error(signet::errc::internal, "x").in("y");'),
    "upgrading without the peer's name": (
        "auto c = signet::start_tls(std::move(plain), config);", r"no matching function",
        'auto c = signet::start_tls(std::move(plain), "server.test", config);'),
    "upgrading without anything": (
        "auto c = signet::start_tls(std::move(plain));", r"no matching function",
        'auto c = signet::start_tls(std::move(plain), "server.test");'),
    "upgrading a socket that is kept": (
        'auto c = signet::start_tls(plain, "server.test", config);', r"no matching function|cannot bind rvalue",
        'auto c = signet::start_tls(std::move(plain), "server.test", config);'),
    "connecting to nobody": (
        "auto c = signet::connect();", r"no matching function", 'auto c = signet::connect({"server.test", 443});'),
    "a client engine without a name": (
        "auto e = signet::engine::client(config, wire);", r"no matching function|too few arguments",
        "auto e = signet::engine::client(config, name, wire);"),
    "a client engine with text for a name": (
        'auto e = signet::engine::client(config, "server.test", wire);',
        r"cannot convert|could not bind",
        'auto e = signet::engine::client(config, *signet::server_name::parse("server.test"), wire);'),
    "a name out of nothing": (
        "signet::server_name n;", r"private", 'auto n = signet::server_name::parse("server.test");'),
    "shaking hands with a client that is kept": (
        "auto c = client.handshake();", r"discards qualifiers|as lvalue|is an lvalue|rvalue",
        "auto c = std::move(client).handshake();"),
    "a view into a name that is gone": (
        'auto bytes = signet::server_name::parse("::1").value().address();', r"deleted",
        'auto n = signet::server_name::parse("::1").value(); auto bytes = n.address();'),
    "a certificate out of nothing": (
        "signet::certificate c(nullptr); (void)c;", r"private|no matching",
        'auto c = signet::certificate::from_pem("");'),
    "a verdict that nobody reached": (
        "signet::verdict v(signet::verdict_parts{}); (void)v;", r"private",
        "auto v = signet::verify_peer({}); (void)v;"),
    "a connection out of nothing": (
        "signet::tls_socket s(nullptr); (void)s;", r"private|no matching", "signet::tls_socket s(std::move(secure));"),
    "the inside of a connection": (
        "secure.get();", r"no member named", "(void)secure.is_open();"),
    "a plain client taken for one that speaks TLS": (
        "if (client.speaks().value()) return;", r"could not convert|cannot convert|not contextually convertible|is not convertible",
        "if (client.speaks().value() == signet::client_speaks::tls) return;"),
    "copying a TLS connection": (
        "signet::tls_socket two = secure;", r"deleted", "signet::tls_socket two = std::move(secure);"),
    "copying a plain connection": (
        "signet::tcp_socket two = plain;", r"deleted", "signet::tcp_socket two = std::move(plain);"),
    "plain bytes as a TLS connection": (
        "signet::tls_socket s = std::move(plain);", r"conversion from|no viable conversion|could not convert",
        "signet::tls_socket s = std::move(secure);"),
    "loosening verification by the way": (
        'signet::loosened_verification l("just this once");', r"private",
        "signet::loosened_verification l; (void)l;"),
    "loosening verification without <signet/dangerous.hpp>": (
        'auto l = signet::dangerous::accept_any_certificate("why");', r"incomplete type|not been declared|no member named",
        ('auto l = signet::dangerous::accept_any_certificate("why");', "#include <signet/dangerous.hpp>")),
    "loosening verification without a reason": (
        ("auto l = signet::dangerous::accept_any_certificate();", "#include <signet/dangerous.hpp>"),
        r"no matching function|too few arguments",
        ('auto l = signet::dangerous::accept_any_certificate("why");', "#include <signet/dangerous.hpp>")),
    "a number where bytes are meant": (
        "(void)secure.write_all(42);", r"no matching function|could not convert|no viable conversion|cannot convert|invalid conversion",
        '(void)secure.write_all(std::string("42"));'),
    "a buffer without its size where bytes are meant": (
        "char b[9] = {}; (void)secure.write_all(b);", r"deleted",
        "char b[9] = {}; (void)secure.write_all(std::string_view(b, sizeof b));"),
    "reading into text that cannot change": (
        "const std::string s(9, 'x'); (void)secure.read_some(s);",
        r"no matching function|could not convert|no viable conversion|cannot convert",
        "std::string s(9, 'x'); (void)secure.read_some(s);"),
    "OpenSSL by the front door": (
        "SSL* s = signet::native::handle(secure); (void)s;", r"not declared|undeclared|unknown type",
        ("SSL* s = signet::native::handle(secure); (void)s;", "#include <signet/native.hpp>")),
}


class MustNotCompile(unittest.TestCase):
    def compiler(self, name, *argv):
        return subprocess.Popen([name, "-std=c++20", f"-I{SOURCE / 'include'}", *map(str, argv)], stderr=subprocess.PIPE, text=True,
                                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"})

    def precompile(self, compiler, folder):
        header = pathlib.Path(folder, "all.hpp")
        header.write_text(HEADER)
        made = f"{header}.{'pch' if compiler == 'clang++' else 'gch'}"
        process = self.compiler(compiler, "-x", "c++-header", header, "-o", made)
        self.assertEqual((process.communicate(timeout=120)[1], process.returncode), ("", 0))

    def start(self, compiler, folder, stem, snippet):
        code, includes = snippet if isinstance(snippet, tuple) else (snippet, "")
        path = pathlib.Path(folder, f"{stem}.cpp")
        path.write_text(PROLOGUE.format(includes=includes, code=code))
        return self.compiler(compiler, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused-variable",
                             "-Wno-unused-but-set-variable", "-Winvalid-pch", "-include", path.with_name("all.hpp"), path)

    def check(self, compiler):
        with tempfile.TemporaryDirectory() as folder:
            self.precompile(compiler, folder)
            for index, (name, (mistake, said, control)) in enumerate(CASES.items()):
                with self.subTest(name):
                    bad = self.start(compiler, folder, f"{index}-mistake", mistake)
                    good = self.start(compiler, folder, f"{index}-control", control)
                    bad_text, good_text = bad.communicate(timeout=120)[1], good.communicate(timeout=120)[1]
                    self.assertEqual(good.returncode, 0, f"the control does not compile:\n{good_text}")
                    self.assertNotEqual(bad.returncode, 0, "the mistake compiles")
                    self.assertRegex(bad_text, said, "refused, but not for this mistake")

    def test_an_older_standard_is_named_first(self):
        for compiler in compilers():
            with self.subTest(compiler), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder, "main.cpp")
                path.write_text("#include <signet/signet.hpp>\n")
                process = self.compiler(compiler, "-std=c++17", "-fsyntax-only", path)
                text = process.communicate(timeout=120)[1]
                self.assertNotEqual(process.returncode, 0)
                first = next(line for line in text.splitlines() if "error" in line)
                self.assertIn("signet needs C++20", first)

    def test_with_each_compiler(self):
        for compiler in compilers():
            with self.subTest(compiler):
                self.check(compiler)


if __name__ == "__main__":
    unittest.main()
