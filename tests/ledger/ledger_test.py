"""docs/coming-from-io-socket-ssl.md promises a row for each thing the Perl stack does. Here: that no row is lost, that each test
it names is there, and that its C++ way names what the public headers declare. docs/guide/states.md and docs/bug-classes.md name
their tests likewise."""

import collections
import fnmatch
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.toolchain import compilers  # noqa: E402

SOURCE = pathlib.Path(os.environ.get("SIGNET_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
LEDGER = "docs/coming-from-io-socket-ssl.md"
STATES = "docs/guide/states.md"
BUG_CLASSES = "docs/bug-classes.md"

# The IDs each section has: a letter with its first and last number, or the section of rows that are named, and their number.
EXPECTED = {
    0: [("0", 3)],
    1: [("G", 1, 12)],
    2: [("C", 1, 16)],
    3: [("S", 1, 9)],
    4: [("U", 1, 8)],
    5: [("B", 1, 8)],
    6: [("H", 1, 13)],
    7: [("X", 1, 14)],
    8: [("R", 1, 12)],
    9: [("W", 1, 9)],
    10: [("I", 1, 15)],
    11: [("11.1", 8), ("V", 0, 18)],
    12: [("P", 1, 8)],
    13: [("F", 1, 5)],
    14: [("A", 1, 12)],
    15: [("L", 1, 2)],
    16: [("O", 1, 15)],
    17: [("K", 1, 10)],
    18: [("N", 1, 7)],
    19: [("T", 1, 12)],
    20: [("E", 1, 12)],
    21: [("N", 20, 22)],
    22: [("Q", 1, 5)],
    23: [("Y", 1, 4)],
    24: [("Z", 1, 10)],
    25: [("M", 1, 4)],
    26: [("J", 1, 8)],
    27: [("27", 15)],
    28: [("28", 3)],
    29: [("UT", 1, 10), ("29.1", 23), ("29.2", 15)],
    30: [("IN", 1, 8)],
    31: [("HL", 0, 20)],
    32: [("CV", 1, 12)],
    33: [("33", 9)],
    34: [("HN", 1, 7)],
    35: [("35.1", 9), ("35.2", 6), ("35.3", 13)],
    36: [("FP", 1, 6)],
    37: [("37", 5)],
    38: [("38", 16)],
    39: [("39", 14)],
    40: [("D-", 1, 53)],
}

SECTION = re.compile(r"## (\d+)\. ")
GTEST = re.compile(r"^(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.MULTILINE)
PYTHON_TEST = re.compile(r"^ +def (test_\w+)\(self\b", re.MULTILINE)
NAMED_TEST = re.compile(r"`([^`/]+)(?:/([^`]+))?`")
NAME = re.compile(r"(?:[A-Za-z_]\w*::)*(?:operator[^\w\s(]+|[A-Za-z_]\w*)")
NAMESPACE = re.compile(r"(?:inline )?namespace ([\w:]+) \{")
SCOPE = re.compile(r"( *)(?:template <.*> )?(class|struct|enum class)(?: SIGNET_EXPORT| \[\[nodiscard\]\])* (\w+)[^;]*\{")

Row = collections.namedtuple("Row", "line section id perl way tests")


def rows_of(root):
    """The rows of the numbered sections, and what is no row."""
    rows, problems, section = [], [], None
    for number, line in enumerate((root / LEDGER).read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("## "):
            found = SECTION.match(line)
            section = int(found[1]) if found else None
        if section is None or not line.startswith("|") or line.startswith(("| ID |", "|---")):
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 4 and all(cells):
            rows.append(Row(number, section, *cells))
        else:
            problems.append(f"{LEDGER}:{number}: a row has four cells, and none of them is empty")
    return rows, problems


def problems_of_ids(root):
    """IDs that are there twice, missing, or unknown."""
    rows, found = rows_of(root)
    present = collections.Counter((row.section, row.id) for row in rows)
    for (section, name), times in present.items():
        if times > 1 or any(other != section and (other, name) in present for other in EXPECTED):
            found.append(f"{LEDGER}: {name} is there more than once")
    for section, parts in EXPECTED.items():
        left = {name for of, name in present if of == section}
        for prefix, *span in parts:
            if len(span) == 2:
                digits = 2 if prefix.endswith("-") else 1
                wanted = {f"{prefix}{n:0{digits}}" for n in range(span[0], span[1] + 1)}
                found += [f"{LEDGER}: section {section} has no row {name}" for name in sorted(wanted - left)]
                left -= wanted
            else:
                named = {name for name in left if name.startswith(f"{prefix} ")}
                if len(named) != span[0]:
                    found.append(f"{LEDGER}: section {section} has {len(named)} rows '{prefix} ...', and should have {span[0]}")
                left -= named
        found += [f"{LEDGER}: {name} is no ID of section {section}" for name in sorted(left)]
    return found + [f"{LEDGER}: there is no section {section}" for section in sorted({s for s, _ in present} - EXPECTED.keys())]


def tests_of(root):
    """What can be named: a test, and the sources that have it."""
    tests = collections.defaultdict(list)
    for path in sorted((root / "tests").rglob("*.cpp")):
        text = path.read_text(encoding="utf-8")
        for suite, name in GTEST.findall(text):
            if not name.startswith("DISABLED_") and not suite.startswith("DISABLED_"):
                tests[f"{suite}.{name}"].append(text)
    for path in sorted((root / "tests").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for name in PYTHON_TEST.findall(text):
            tests[f"{path.name}:{name}"].append(text)
    return tests


def state_of(row):
    """pending, moot, shown; None for what is none of them, a mixture among that."""
    if row.tests == "pending":
        return "pending"
    if re.fullmatch(r"MOOT: [^`]*\w[^`]*", row.tests):
        return "moot"
    return "shown" if all(NAMED_TEST.fullmatch(one) for one in row.tests.split(", ")) else None


def problems_of_tests(root):
    rows, found = rows_of(root)
    tests = tests_of(root)
    for row in rows:
        where = f"{LEDGER}:{row.line}: {row.id}"
        if state_of(row) is None:
            found.append(f"{where}: the last cell is tests, or 'pending', or 'MOOT: reason', and never two of them")
        if state_of(row) != "shown":
            continue
        found += [f"{where}: {missing}" for missing in missing_tests(row.tests, tests)]
    return found


def missing_tests(cell, tests):
    found = []
    for name, title in NAMED_TEST.findall(cell):
        if name not in tests:
            found.append(f"there is no test {name}")
        elif title and not any(f'"{title}"' in text for text in tests[name]):
            found.append(f'{name} has no row "{title}"')
    return found


def names_in(span):
    """What a way says to use: the name called, what is called on its result, and the fields its arguments name. What else stands
    between brackets or in quotes is the caller's."""
    text = re.sub(r'"[^"]*"', "", span)
    fields = re.findall(r"\.(\w+) ?=", text)
    while (outside := re.sub(r"\([^()]*\)|\{[^{}]*\}|(?<=\w)<[^<>]*>", "", text)) != text:
        text = outside
    return NAME.findall(text) + fields


def scopes_of(text):
    """The classes and enumerations of a header as it is laid out here, a level two blanks: their names from the outside in."""
    namespaces, owners = [], []
    for line in text.splitlines():
        if space := NAMESPACE.match(line):
            namespaces.append(space[1])
        elif line.startswith("}  // namespace"):
            namespaces.pop()
        elif scope := SCOPE.match(line):
            owners[len(scope[1]) // 2:] = [scope[3]]
            yield "::".join(namespaces + owners)
            yield from namespaces if not scope[1] else ()


class Declarations:
    """Which names the public headers declare where a user can reach them, by the compiler's word: a using-declaration takes
    functions, overloaded or not, types, members and enumerators, and nothing private, no parameter and no comment."""

    def __init__(self, root):
        self.root = root
        headers = {path.relative_to(root / "include"): path.read_text(encoding="utf-8")
                   for path in sorted((root / "include").rglob("*.hpp"))}
        self.includes = "#include <utility>\n" + "".join(f"#include <{path}>\n" for path in headers)
        self.scopes = [(scope, text) for text in headers.values() for scope in dict.fromkeys(scopes_of(text))]

    def probes(self, name):
        """Declarations of which one compiles if the name is there."""
        if re.fullmatch(r"[A-Z][A-Z0-9_]+", name):  # OpenSSL's type, which native.hpp hands out
            return [f"using ::{name};"]
        scope, _, last = name.rpartition("::")
        # A name without its class is one of any class; the row says which in words.
        scopes = [f"signet::{scope}"] if scope else ["signet", *(of for of, text in self.scopes if last in text)]
        found = []
        for of in scopes:
            found.append(f"using {of}::{last};")
            # A class is asked as a base, and a template as one of something.
            found += [f"struct in : {of}{arguments} {{ using {of}{arguments}::{last}; }};" for arguments in ("", "<int>")]
            if last.startswith("operator"):
                found.append(f"using in = decltype(std::declval<{of}>() {last.removeprefix('operator')} std::declval<{of}>());")
        return found

    def missing(self, names):
        """Those of `names` that are not declared."""
        lines, of_line = [self.includes], {}
        for name in sorted(names):
            for probe in self.probes(name):
                of_line[self.includes.count("\n") + len(lines)] = name
                lines.append(f"namespace probe_{len(lines)} {{ {probe} }}\n")
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "probe.cpp"
            source.write_text("".join(lines), encoding="utf-8")
            compiler = compilers()[0]
            unlimited = "-ferror-limit=0" if "clang" in compiler else "-fmax-errors=0"
            run = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-w", unlimited, "-I", self.root / "include", source],
                                 text=True, env={**os.environ, "LC_ALL": "C"}, capture_output=True, timeout=200)
        wrong = {int(line) for line in re.findall(r"probe\.cpp:(\d+):\d+: error", run.stderr)}
        assert run.returncode == bool(wrong) and not wrong - of_line.keys(), run.stderr
        return names - {name for line, name in of_line.items() if line not in wrong}


def problems_of_ways(root):
    """Rows that are shown, and whose C++ way names nothing or what no public header declares."""
    rows, found = rows_of(root)
    named = []
    for row in rows:
        if state_of(row) != "shown":
            continue
        where = f"{LEDGER}:{row.line}: {row.id}"
        if row.way == "-":
            found.append(f"{where}: is shown, but how it is done is not said")
        for span in re.findall(r"`([^`]+)`", row.way):
            # What is typed is the command line's, and poll(2) the system's.
            if not span.startswith(("signet ", "-")) and not re.fullmatch(r"\w+\([1-8]\)", span):
                named += [(where, name) for name in names_in(span)]
    missing = Declarations(root).missing({name for _, name in named})
    return found + [f"{where}: no public header declares '{name}'" for where, name in named if name in missing]


def problems_of_states(root):
    """Tests that the table of states names (`suite.claim`, or `suite.*`) and that are not there."""
    tests, found = tests_of(root), []
    for number, line in enumerate((root / STATES).read_text(encoding="utf-8").splitlines(), 1):
        for name in re.findall(r"`([a-z]\w+\.[a-z*][\w*]+)`", line):
            if not fnmatch.filter(tests, name):
                found.append(f"{STATES}:{number}: there is no test {name}")
    return found


def problems_of_bug_classes(root):
    """Rows of a class of bugs without a test that shows it is ruled out."""
    tests, found = tests_of(root), []
    for number, line in enumerate((root / BUG_CLASSES).read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("|") or line.startswith(("| class |", "|---")):
            continue
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) != 4 or not all(cells) or not all(NAMED_TEST.fullmatch(one) for one in cells[-1].split(", ")):
            found.append(f"{BUG_CLASSES}:{number}: a row has four cells, none of them empty, and the last one names tests")
        else:
            found += [f"{BUG_CLASSES}:{number}: {missing}" for missing in missing_tests(cells[-1], tests)]
    return found


def summary(root):
    lines = [f"{'section':>7} {'rows':>5} {'shown':>5} {'moot':>5} {'pending':>7}"]
    count = collections.Counter((row.section, state_of(row)) for row in rows_of(root)[0])
    for section in EXPECTED:
        shown, moot, pending = (count[section, state] for state in ("shown", "moot", "pending"))
        lines.append(f"{section:7} {shown + moot + pending:5} {shown:5} {moot:5} {pending:7}")
    shown, moot, pending = (sum(n for (_, of), n in count.items() if of == state) for state in ("shown", "moot", "pending"))
    return "\n".join([*lines, f"{'all':>7} {shown + moot + pending:5} {shown:5} {moot:5} {pending:7}"])


HEADER = """
#include <initializer_list>

// A word of a comment: unsaid.
struct outside;

namespace signet {

enum class family : unsigned char { any, ipv4 };

struct connect_options {
  int timeout = 0;
};

class tls_socket {
 public:
  int read_some(char* buffer);
  static tls_socket adopt(int descriptor);

 private:
  int unseen = 0;
};

template <class T>
class result {
 public:
  T value();
};

result<tls_socket> connect(std::initializer_list<int> to, connect_options options = {});

}  // namespace signet
"""


class TheLedger(unittest.TestCase):
    def assert_none(self, problems):
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def test_each_id_has_its_row(self):
        self.assert_none(problems_of_ids(SOURCE))

    def test_each_test_it_names_is_there(self):
        self.assert_none(problems_of_tests(SOURCE))

    def test_each_way_names_what_the_headers_declare(self):
        self.assert_none(problems_of_ways(SOURCE))

    def test_each_test_of_the_states_is_there(self):
        self.assert_none(problems_of_states(SOURCE))

    def test_each_class_of_bugs_has_its_tests(self):
        self.assert_none(problems_of_bug_classes(SOURCE))


class TheCheckItself(unittest.TestCase):
    """A planted fault of each kind is found."""

    ROWS = {
        "Q1": "| Q1 | `a` | `connect()` | `suite.claim`, `talk_test.py:test_it` |",
        "Q2": "| Q2 | `a \\| b` | `connect({\"a.test\", 443})`, `signet cat --any` | `table.claim/wrong name` |",
        "Q3": "| Q3 | c | - | MOOT: nobody has it |",
        "Q4": "| Q4 | d | - | pending |",
        "Q5": "| Q5 | e | planned: `later` | pending |",
    }

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.plant("include/signet/net/connect.hpp", HEADER)
        self.plant("tests/net/a_test.cpp", "TEST_F(suite, claim) {}\nTEST_P(table,\n       claim) {}\nrow{\"wrong name\"}\n"
                                           "TEST(suite, DISABLED_claim) {}\n// TEST(suite, commented_out) {}")
        self.plant("tests/cli/talk_test.py", "class Talk(unittest.TestCase):\n    def test_it(self):\n        pass")
        patch = mock.patch.dict(EXPECTED, {22: EXPECTED[22]}, clear=True)
        patch.start()
        self.addCleanup(patch.stop)
        self.ledger()

    def plant(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")

    def ledger(self, **changed):
        rows = {**self.ROWS, **changed}
        self.plant(LEDGER, "# Title\n\n| Perl | C++ |\n|---|---|\n| in words | only |\n\n## 22. PSK\n\n| ID | Perl | C++ | Test |\n|---|---|---|---|\n"
                   + "\n".join(row for row in rows.values() if row))

    def assert_found(self, check, text, **changed):
        self.ledger(**changed)
        problems = check(self.root)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(text, problems[0])

    def test_a_sound_ledger_has_no_problems_and_is_counted(self):
        for check in (problems_of_ids, problems_of_tests, problems_of_ways):
            self.assertEqual(check(self.root), [])
        self.assertEqual(summary(self.root).splitlines()[1].split(), ["22", "5", "2", "1", "2"])
        self.assertEqual(summary(self.root).splitlines()[-1].split(), ["all", "5", "2", "1", "2"])

    def test_a_state_without_its_test_is_found(self):
        self.plant(STATES, "| event | `suite.claim`, `table.*`, docs/guide/states.md |")
        self.assertEqual(problems_of_states(self.root), [])
        self.plant(STATES, "| event | `suite.claim`, `suite.gone_*` |")
        self.assertEqual(problems_of_states(self.root), [f"{STATES}:1: there is no test suite.gone_*"])

    def test_a_class_of_bugs_without_its_test_is_found(self):
        for row, text in (("| a | b | c | `suite.claim`, `table.claim/wrong name`, `talk_test.py:test_it` |", None),
                          ("| a | b | c | `suite.claim`, `suite.gone` |", "there is no test suite.gone"),
                          ("| a | b | c | `table.claim/right name` |", 'has no row "right name"'),
                          ("| a | b | c | see suite.claim |", "the last one names tests"),
                          ("| a | b | `suite.claim` |", "four cells"), ("| a | | c | `suite.claim` |", "none of them empty")):
            with self.subTest(row):
                self.plant(BUG_CLASSES, "| class | what | rule | test |\n|---|---|---|---|\n" + row)
                found = problems_of_bug_classes(self.root)
                self.assertEqual(len(found), 1 if text else 0, found)
                self.assertIn(text or "", "".join(found))

    def test_a_lost_row_is_found(self):
        self.assert_found(problems_of_ids, "section 22 has no row Q3", Q3=None)

    def test_a_lost_row_with_a_name_is_found(self):
        EXPECTED[22] = [*EXPECTED[22], ("22.1", 2)]
        self.assert_found(problems_of_ids, "has 1 rows '22.1 ...', and should have 2", Q6="| 22.1 serial | f | - | pending |")

    def test_a_row_that_is_there_twice_is_found(self):
        self.assert_found(problems_of_ids, "Q4 is there more than once", again=self.ROWS["Q4"])

    def test_a_row_that_is_there_again_in_another_section_is_found(self):
        EXPECTED[23] = []
        self.ledger(Q6="\n## 23. Verification\n\n" + self.ROWS["Q4"])
        self.assertTrue(any("Q4 is there more than once" in problem for problem in problems_of_ids(self.root)))

    def test_an_unknown_id_and_an_unknown_section_are_found(self):
        self.assert_found(problems_of_ids, "Q6 is no ID of section 22", Q6="| Q6 | f | - | pending |")
        self.assert_found(problems_of_ids, "there is no section 99", Q6="\n## 99. More\n\n| Z1 | f | - | pending |")

    def test_a_row_without_a_cell_is_found(self):
        for row in ("| Q4 | d | - |", "| Q4 | d | - | |", "| Q4 | a | b | c | pending |"):
            self.assert_found(problems_of_tests, "four cells", Q4=row)

    def test_an_unknown_test_is_found(self):
        for name in ("suite.other", "other.claim", "talk_test.py:test_other", "other_test.py:test_it", "suite.DISABLED_claim",
                     "suite.commented_out"):
            self.assert_found(problems_of_tests, f"there is no test {name}", Q4=f"| Q4 | d | `connect()` | `suite.claim`, `{name}` |")

    def test_an_unknown_row_of_a_table_is_found(self):
        self.assert_found(problems_of_tests, 'table.claim has no row "right name"',
                          Q4="| Q4 | d | `connect()` | `table.claim/right name` |")

    def test_a_mixture_is_found(self):
        for cell in ("pending, `suite.claim`", "`suite.claim` pending", "`suite.claim`, MOOT: no", "MOOT: no, `suite.claim`", "MOOT:",
                     "MOOT: -", "-", "suite.claim", "`suite.claim` `table.claim`"):
            self.assert_found(problems_of_tests, "the last cell is", Q4=f"| Q4 | d | `connect()` | {cell} |")

    def test_a_way_that_is_not_said_or_not_there_is_found(self):
        self.assert_found(problems_of_ways, "is shown, but how", Q4="| Q4 | d | - | `suite.claim` |")
        for way, missing in (("disconnect()", "disconnect"), ("connect_options::timeouts", "connect_options::timeouts"),
                             ("connect_options::any", "connect_options::any"), ("tls_socket::timeout", "tls_socket::timeout"),
                             ("tls_socket::unseen", "tls_socket::unseen"), ("unseen", "unseen"), ("unsaid", "unsaid"),
                             ("descriptor", "descriptor"), ("connect(to, {.deadline = 5s})", "deadline"), ("family::ipv6", "family::ipv6"),
                             ("tls_socket::adopt(3).peek()", "peek"), ("NO_SUCH_TYPE", "NO_SUCH_TYPE"), ("outside", "outside"),
                             ("nowhere::connect", "nowhere::connect")):
            with self.subTest(way=way):
                self.assert_found(problems_of_ways, f"no public header declares '{missing}'", Q4=f"| Q4 | d | `{way}` | `suite.claim` |")

    def test_a_way_may_be_anything_that_is_declared(self):
        for way in ("connect(to, {.timeout = 5s})", "connect_options::timeout", "timeout", "family::ipv4", "ipv4", "result<T>", "value()",
                    "tls_socket::adopt(3).read_some(buffer)", 'tls_socket::adopt("x")', '"anything"', "poll(2)", "--any", "signet any"):
            with self.subTest(way=way):
                self.ledger(Q4=f"| Q4 | d | `{way}` | `suite.claim` |")
                self.assertEqual(problems_of_ways(self.root), [])


if __name__ == "__main__":
    print(summary(SOURCE), flush=True)
    unittest.main()
