"""The shape of the house (docs/architecture.md): arrows point down only, public headers name nothing but the standard
library, stand alone, and stay short enough to be read."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.toolchain import SOURCE, compilers  # noqa: E402

# A layer and what stands directly under it. What is further down may be included as well; what is not below, may not.
UNDER = {
    "base": [],
    "ossl": ["base"],
    "x509": ["ossl"],
    "verify": ["x509"],
    "tls": ["verify"],
    "http1": ["base"],
    "net": ["tls", "http1"],
    "http": ["net"],
    "intercept": ["http"],
    "asio": ["tls"],
    "redis": ["net"],
}
# The headers at the top gather what others define.
TOP_HEADERS = {"signet.hpp", "native.hpp", "dangerous.hpp", "version.hpp"}
# Headers of another library that a public header may name.
FOREIGN_ALLOWED = {f"{layer}/native.hpp": ["openssl/types.h"] for layer in ("x509", "tls", "net")}
FOREIGN_ALLOWED_IN = {"asio": re.compile(r"(boost/)?asio(/|\.hpp)")}
MOST_HEADER_LINES = 250
MOST_SOURCE_LINES = 600

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def below(layer):
    """Every layer that `layer` may include, itself among them."""
    reached, to_visit = set(), [layer]
    while to_visit:
        one = to_visit.pop()
        if one not in reached:
            reached.add(one)
            to_visit += UNDER[one]
    return reached


def includes(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := INCLUDE.match(line):
            yield number, found[1], found[2]


def layer_of(included):
    """The layer of a header of ours, None at the top, and False when it is not ours."""
    if included.startswith("signet/"):
        included = included[len("signet/"):]
        if "/" not in included:
            return None
    first = included.split("/")[0]
    return first if first in UNDER and "/" in included else False


def is_standard(included):
    return re.fullmatch(r"[a-z_0-9]+", included) is not None


def problems_of_layers(root):
    """Includes under include/signet and src that point up or beside."""
    found = []
    for top in (root / "include/signet", root / "src"):
        for path in sorted([*top.rglob("*.hpp"), *top.rglob("*.cpp")]):
            where = path.relative_to(root)
            inside = path.relative_to(top).parts
            own = inside[0] if len(inside) > 1 else None
            if own is not None and own not in UNDER:
                found.append(f"{where}: no layer is called '{own}'")
                continue
            for number, bracket, included in includes(path):
                target = layer_of(included)
                if target is False and bracket == '"':
                    found.append(f"{where}:{number}: \"{included}\" does not name its layer")
                elif target in (None, False):
                    if target is None and own is not None:
                        if included != "signet/version.hpp" or path.suffix != ".cpp":
                            found.append(f"{where}:{number}: <{included}> gathers other layers and stands above '{own}'")
                elif own is not None and target not in below(own):
                    found.append(f"{where}:{number}: '{own}' may not include '{target}' ({included})")
    return found


def problems_of_public_headers(root):
    """Public headers that name more than the standard library and each other."""
    found = []
    top = root / "include/signet"
    for path in sorted(top.rglob("*.hpp")):
        inside = path.relative_to(top)
        for number, bracket, included in includes(path):
            where = f"{path.relative_to(root)}:{number}"
            if included.startswith("signet/"):
                if not (root / "include" / included).is_file():
                    found.append(f"{where}: <{included}> is not a public header")
                elif bracket != "<":
                    found.append(f"{where}: <{included}> has to be in angle brackets")
            elif not is_standard(included):
                beside = FOREIGN_ALLOWED_IN.get(inside.parts[0])
                if included not in FOREIGN_ALLOWED.get(str(inside), []) and not (beside and beside.match(included)):
                    found.append(f"{where}: a public header may not name {included}")
    return found


# What of src/ the tool may name as well.
ROOMS_OF_TOOL = re.compile(r"http1/\w+\.hpp")


def problems_of_tool(root):
    """Files of the tool that reach past the public headers."""
    found = []
    top = root / "tools/signet"
    for path in sorted(top.rglob("*.[ch]pp")):
        for number, bracket, included in includes(path):
            if bracket == '"' and ROOMS_OF_TOOL.fullmatch(included) and (root / "src" / included).is_file():
                continue
            elsewhere = bracket == '"' and not (path.parent / included).is_file() and not (top / included).is_file()
            if elsewhere or "src/" in included or included.startswith("openssl/"):
                found.append(f"{path.relative_to(root)}:{number}: the tool may not name {included}")
    return found


def problems_of_length(root):
    found = []
    for folder, pattern, most in (("include", "*.hpp", MOST_HEADER_LINES), ("src", "*.hpp", MOST_HEADER_LINES),
                                  ("src", "*.cpp", MOST_SOURCE_LINES), ("tools", "*.[ch]pp", MOST_SOURCE_LINES)):
        for path in sorted((root / folder).rglob(pattern)):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > most:
                found.append(f"{path.relative_to(root)}: {lines} lines, of {most} at most: usually two concepts")
    return found


# OpenSSL's functions that do I/O, and how a line may name one: through the one door, which clears the error queue before
# and drains it after.
SSL_IO = re.compile(r"\bSSL_(read|write|peek|do_handshake|connect|accept|shutdown|key_update|sendfile)(_ex)?\b")
DOOR = "src/ossl/call.hpp"
# What reads a whole store into a context, or lists the CA folder on each handshake.
NEVER = re.compile(r"\b(SSL_CTX_set_default_verify_\w+|SSL_CTX_load_verify_\w+|SSL_CTX_set_read_ahead|SSL_set_fd)\b")


def problems_of_doors(root):
    """Calls into OpenSSL that go round the one door, and those that are not made at all."""
    found = []
    for path in sorted((root / "src").rglob("*.[ch]pp")):
        where = str(path.relative_to(root))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            code = line.split("//")[0]
            if (call := SSL_IO.search(code)) and where != DOOR and "ossl::call(" not in code:
                found.append(f"{where}:{number}: {call[0]} goes round {DOOR}")
            if call := NEVER.search(code):
                found.append(f"{where}:{number}: {call[0]} is not for us")
    return found


# A concept, what its code looks like, and the one file that may hold it.
HOMES = {
    "a letter in lower case": (r">= 'A' && \w+ <= 'Z'", "src/base/ascii.hpp"),
    "a descriptor with an owner": (r"^class \w*descriptor\b(?!_)", "src/base/descriptor.hpp"),
    "whom: phase: why": (r'": " \+ std::string\(\w*phase|out \+= ": "', "src/base/sentence.cpp"),
    "an extension, decoded": (r"\b(X509_get_ext_d2i|X509V3_get_d2i|X509_CRL_get_ext_d2i|X509_REVOKED_get_ext_d2i)\b",
                              "src/x509/extension_reader.hpp"),
    "the first octets of TLS": (r"== 0x16|\\x16\\x03|>= 0x14|>= 20 && ", "src/tls/first_octets.hpp"),
    "the inside of a public object": (r"^struct access \{", "src/base/access.hpp"),
    "our direction has ended": (r"our direction has been ended", "src/net/channel/channel.hpp"),
    "the end of our direction": (r"engine_?->close_write\(|\btls\w*\.close_write\(\)", "src/net/tls_connection.cpp"),
    "does a verdict still stand": (r"^bool stands\(", "src/verify/standing.cpp"),
    "which identity": (r"\bspeaks_for\(list_", "src/tls/identities.cpp"),
}
# The tool's options belong to the tool; a library's user has none of them.
FLAG = re.compile(r'"[^"]*(?<![\w-])--[a-z][^"]*"')


def problems_of_homes(root, homes=None):
    """Concepts that live in a second place, or in none; and hints of the library that name options of the tool."""
    found = []
    lines = [(str(path.relative_to(root)), number, line)
             for path in sorted((root / "src").rglob("*.[ch]pp"))
             for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)]
    for concept, (pattern, home) in (HOMES if homes is None else homes).items():
        places = [(where, number) for where, number, line in lines if re.search(pattern, line)]
        found += [f"{where}:{number}: {concept}: its home is {home}" for where, number in places if where != home]
        if not any(where == home for where, _ in places):
            found.append(f"{concept}: not found in {home}")
    found += [f"{where}:{number}: names an option of the tool" for where, number, line in lines
              if FLAG.search(line) and "openssl " not in line]
    return found


class TheHouse(unittest.TestCase):
    def assert_none(self, problems):
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def test_there_is_something_to_check(self):
        self.assertGreater(len(list((SOURCE / "include/signet").rglob("*.hpp"))), 20)
        self.assertGreater(len(list((SOURCE / "src").rglob("*.cpp"))), 5)

    def test_arrows_point_down_only(self):
        self.assert_none(problems_of_layers(SOURCE))

    def test_public_headers_name_only_the_standard_library_and_each_other(self):
        self.assert_none(problems_of_public_headers(SOURCE))

    def test_the_tool_uses_public_headers_and_http1_only(self):
        self.assert_none(problems_of_tool(SOURCE))

    def test_openssl_does_io_through_one_door(self):
        self.assert_none(problems_of_doors(SOURCE))
        self.assertRegex((SOURCE / "src/tls/engine.cpp").read_text(), r"ossl::call\(.*SSL_read_ex")

    def test_each_concept_has_one_home(self):
        self.assert_none(problems_of_homes(SOURCE))

    def test_files_are_short_enough_to_be_read(self):
        self.assert_none(problems_of_length(SOURCE))

    def test_each_public_header_stands_alone(self):
        headers = sorted(p.relative_to(SOURCE / "include") for p in (SOURCE / "include/signet").rglob("*.hpp"))
        # Those of asio/ need their own library, which their tests bring.
        headers = [h for h in headers if h.parts[1] not in FOREIGN_ALLOWED_IN]
        with tempfile.TemporaryDirectory() as folder:
            # The header comes twice: once for what it needs, once for its guard. What it needs is the same for any compiler; what
            # another one warns of is seen in all of them together.
            for index, header in enumerate(headers):
                pathlib.Path(folder, f"{index}.cpp").write_text(f"#include <{header}>\n#include <{header}>\n")
            everything = [h for h in headers if str(h) in ("signet/signet.hpp", "signet/native.hpp", "signet/dangerous.hpp")]
            self.assertEqual(len(everything), 3)
            for which, compiler in enumerate(compilers()):
                left = list(headers if which == 0 else everything)
                while left:
                    running = []
                    for header in left[:os.cpu_count() or 1]:
                        argv = [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
                                f"-I{SOURCE / 'include'}", f"{folder}/{headers.index(header)}.cpp"]
                        running.append((header, subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)))
                    del left[:len(running)]
                    for header, process in running:
                        _, text = process.communicate(timeout=120)
                        with self.subTest(compiler=compiler, header=str(header)):
                            self.assertEqual(process.returncode, 0, text)


class TheCheckItself(unittest.TestCase):
    """A planted fault of each kind is found; a check that cannot fail is worth nothing."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.plant("include/signet/base/error.hpp", "#include <string>")
        self.plant("include/signet/x509/certificate.hpp", "#include <signet/base/error.hpp>")
        self.plant("include/signet/net/connect.hpp", "#include <signet/x509/certificate.hpp>")
        self.plant("include/signet/signet.hpp", "#include <signet/net/connect.hpp>")
        self.plant("src/ossl/handles.hpp", "#include <openssl/ssl.h>")
        self.plant("src/x509/certificate.cpp", '#include <signet/x509/certificate.hpp>\n#include "ossl/handles.hpp"')
        self.plant("src/http1/url.hpp", "#include <signet/base/error.hpp>")
        self.plant("src/net/starttls.cpp", '#include "http1/url.hpp"\n#include <signet/x509/certificate.hpp>')
        self.plant("tools/signet/main.cpp", '#include <signet/signet.hpp>\n#include "http/site.hpp"\n#include "http1/url.hpp"')
        self.plant("tools/signet/http/site.hpp", '#include "output.hpp"')
        self.plant("tools/signet/output.hpp", "#include <string>")

    def plant(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")

    def assert_found(self, problems, text):
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(text, problems[0])

    def test_a_sound_tree_has_no_problems(self):
        for check in (problems_of_layers, problems_of_public_headers, problems_of_tool, problems_of_doors,
                      problems_of_length):
            self.assertEqual(check(self.root), [])

    def test_an_arrow_up_is_found(self):
        self.plant("include/signet/base/bytes.hpp", "#include <signet/net/connect.hpp>")
        self.assert_found(problems_of_layers(self.root), "include/signet/base/bytes.hpp:1: 'base' may not include 'net'")

    def test_an_arrow_up_in_a_source_is_found(self):
        self.plant("src/ossl/call.cpp", '#include "x509/impl.hpp"')
        self.assert_found(problems_of_layers(self.root), "'ossl' may not include 'x509'")

    def test_an_arrow_beside_is_found(self):
        self.plant("include/signet/asio/tls_stream.hpp", "#include <signet/net/connect.hpp>")
        self.assert_found(problems_of_layers(self.root), "'asio' may not include 'net'")

    def test_hiredis_in_a_public_header_is_found(self):
        self.plant("include/signet/redis/redis_client.hpp", "#include <hiredis/hiredis.h>")
        self.assert_found(problems_of_public_headers(self.root), "may not name hiredis/hiredis.h")

    def test_http1_stands_over_base_alone_and_beside_the_others(self):
        for layer in ("ossl", "x509", "net"):
            with self.subTest(layer=layer):
                self.plant("src/http1/body.cpp", f'#include "{layer}/any.hpp"')
                self.assert_found(problems_of_layers(self.root), f"'http1' may not include '{layer}'")
        self.plant("src/http1/body.cpp", "")
        for layer in ("base", "x509", "verify", "tls"):
            with self.subTest(layer=layer):
                self.plant(f"src/{layer}/any.cpp", '#include "http1/url.hpp"')
                self.assert_found(problems_of_layers(self.root), f"'{layer}' may not include 'http1'")
                self.plant(f"src/{layer}/any.cpp", "")

    def test_an_include_of_everything_is_found(self):
        self.plant("src/tls/engine.cpp", "#include <signet/signet.hpp>")
        self.assert_found(problems_of_layers(self.root), "gathers other layers")

    def test_a_quoted_include_without_its_layer_is_found(self):
        self.plant("src/x509/key.cpp", '#include "handles.hpp"')
        self.assert_found(problems_of_layers(self.root), "does not name its layer")

    def test_a_folder_that_is_no_layer_is_found(self):
        self.plant("src/util/strings.cpp", "")
        self.assert_found(problems_of_layers(self.root), "no layer is called 'util'")

    def test_openssl_in_a_public_header_is_found(self):
        self.plant("include/signet/tls/engine.hpp", "#include <openssl/ssl.h>")
        self.assert_found(problems_of_public_headers(self.root), "may not name openssl/ssl.h")

    def test_native_may_name_the_types_and_no_more(self):
        self.plant("include/signet/tls/native.hpp", "#include <openssl/types.h>\n#include <openssl/ssl.h>")
        self.assert_found(problems_of_public_headers(self.root), "tls/native.hpp:2: a public header may not name openssl/ssl.h")

    def test_a_private_header_in_a_public_one_is_found(self):
        self.plant("include/signet/tls/engine.hpp", "#include <signet/ossl/handles.hpp>")
        self.assert_found(problems_of_public_headers(self.root), "is not a public header")

    def test_a_tool_that_reaches_inside_is_found(self):
        self.plant("tools/signet/get.cpp", '#include "ossl/handles.hpp"')
        self.assert_found(problems_of_tool(self.root), "the tool may not name ossl/handles.hpp")

    def test_a_tool_that_names_what_http1_has_not_is_found(self):
        self.plant("tools/signet/get.cpp", '#include "http1/cookies.hpp"')
        self.assert_found(problems_of_tool(self.root), "the tool may not name http1/cookies.hpp")

    def test_a_call_round_the_door_is_found(self):
        self.plant("src/tls/engine.cpp", "// SSL_read is not called here\nossl::call(ssl, SSL_do_handshake);\nSSL_read_ex(s, p, n, &got);")
        self.assert_found(problems_of_doors(self.root), "src/tls/engine.cpp:3: SSL_read_ex goes round")

    def test_a_store_per_context_is_found(self):
        self.plant("src/tls/context.cpp", "SSL_CTX_set_default_verify_paths(ctx);")
        self.assert_found(problems_of_doors(self.root), "is not for us")

    def test_a_second_home_and_an_empty_one_are_found(self):
        homes = {"a letter": (r"'A' && c", "src/base/ascii.hpp")}
        self.plant("src/base/ascii.hpp", "return c >= 'A' && c <= 'Z';")
        self.assertEqual(problems_of_homes(self.root, homes), [])
        self.plant("src/tls/names.cpp", "if (c >= 'A' && c <= 'Z') c += 32;")
        self.assert_found(problems_of_homes(self.root, homes), "src/tls/names.cpp:1: a letter: its home is src/base/ascii.hpp")
        self.plant("src/tls/names.cpp", "")
        self.plant("src/base/ascii.hpp", "")
        self.assert_found(problems_of_homes(self.root, homes), "a letter: not found in src/base/ascii.hpp")

    def test_a_flag_in_a_hint_is_found(self):
        self.plant("src/tls/context.cpp", 'hint = "give a file (--ca FILE)";\nhint = "`openssl ciphers --v` lists them";')
        self.assert_found(problems_of_homes(self.root, {}), "src/tls/context.cpp:1: names an option of the tool")

    def test_a_long_header_is_found(self):
        self.plant("include/signet/base/long.hpp", "\n" * MOST_HEADER_LINES)
        self.assert_found(problems_of_length(self.root), "251 lines")


if __name__ == "__main__":
    unittest.main()
