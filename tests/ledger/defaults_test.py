"""docs/defaults.md promises every option with its default, and every fixed limit that a user meets. Here: that it lists the
fields of each options struct in the public headers, no more and no fewer, with the defaults they have; and that each limit still
stands where the page says."""

import os
import pathlib
import re
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("SIGNET_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
PAGE = "docs/defaults.md"

STRUCT = re.compile(r"^struct (?:SIGNET_EXPORT )?(\w+) \{$", re.MULTILINE)
NAMESPACE = re.compile(r"^namespace signet((?:::\w+)*) \{$", re.MULTILINE)
NO_FIELD = re.compile(r"(?:enum|struct|class|using|friend|static|template)\b")
FIELD = re.compile(r"(?P<type>.*[\w>:&*]) (?P<name>\w+) ?= ?(?P<value>.+)|(?P<type_>.*[\w>:&*]) (?P<name_>\w+) ?\{(?P<value_>.*)\}",
                   re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def members_of(text, begin):
    """The declarations of the struct whose body begins there, each as one line without its semicolon."""
    depth, current, found = 1, "", []
    for c in text[begin:]:
        depth += (c in "{(") - (c in "})")
        if depth == 0:
            return found
        if c == ";" and depth == 1:
            found.append(" ".join(current.split()))
            current = ""
        else:
            current += c
    raise AssertionError("a struct without an end")


def structs_of(root):
    """name: {field: default}, by the name under which a user writes it, and what could not be read."""
    structs, problems = {}, []
    for path in sorted((root / "include/signet").rglob("*.hpp")):
        text = without_comments(path.read_text(encoding="utf-8"))
        inner = NAMESPACE.search(text)
        prefix = inner[1].removeprefix("::") + "::" if inner and inner[1] else ""
        for struct in STRUCT.finditer(text):
            fields = structs[prefix + struct[1]] = {}
            for member in members_of(text, struct.end()):
                if NO_FIELD.match(member) or member.startswith("[[") or not member:
                    continue
                if not (field := FIELD.fullmatch(member)):
                    problems.append((prefix + struct[1], f"{path.relative_to(root)}: {struct[1]}: what is '{member}'?"))
                    continue
                name = field["name"] or field["name_"]
                value = field["value"] if field["name"] else field["value_"]
                fields[name] = value
    return structs, problems


def tables_of(root):
    """The headings of structs with their rows (line, field, default), and the limits (line, file, text)."""
    tables, limits, table = {}, [], None
    for number, line in enumerate((root / PAGE).read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            heading = re.fullmatch(r"### `([\w:]+)`", line)
            table = tables.setdefault(heading[1], []) if heading else None
        elif line.startswith("| `") and table is not None:
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            default = SPAN.match(cells[1]) if len(cells) == 4 and all(cells) else None
            table.append((number, SPAN.match(cells[0])[1], default[1] if default else None))
        elif line.startswith("|") and table is None and not line.startswith(("| what |", "|---")):
            place = SPAN.findall(line.rsplit(" | ", 1)[-1])
            limits += [(number, place[0], text) for text in place[1:]] or [(number, "", "")]
    return tables, limits


def is_of_options(name):
    return name.split("::")[-1].endswith("options")


def problems_of_options(root):
    structs, problems = structs_of(root)
    tables, _ = tables_of(root)
    found = [text for name, text in problems if is_of_options(name) or name in tables]
    for name, fields in structs.items():
        if is_of_options(name) and name not in tables:
            found.append(f"{PAGE}: there is no table of {name}")
    for name, rows in tables.items():
        if name not in structs:
            found.append(f"{PAGE}: no public header has a struct {name}")
            continue
        listed = [field for _, field, _ in rows]
        found += [f"{PAGE}: {name} has no row '{field}'" for field in structs[name] if field not in listed]
        found += [f"{PAGE}: {name} has a row '{field}' more than once" for field in sorted(set(listed)) if listed.count(field) > 1]
        for number, field, default in rows:
            if field not in structs[name]:
                found.append(f"{PAGE}:{number}: {name} has no field '{field}'")
            elif default != structs[name][field]:
                found.append(f"{PAGE}:{number}: {name}::{field} is '{structs[name][field]}', not '{default}'")
    return found


def problems_of_limits(root):
    found = []
    for number, file, text in tables_of(root)[1]:
        if not file or not (root / file).is_file():
            found.append(f"{PAGE}:{number}: a limit says where it stands, as `file`: `text`")
        elif not re.search(rf"(?<!\w){re.escape(text)}(?![\w'])", without_comments((root / file).read_text(encoding="utf-8"))):
            found.append(f"{PAGE}:{number}: {file} has no '{text}'")
    return found


class TheDefaults(unittest.TestCase):
    def test_each_option_is_listed_with_its_default(self):
        found = problems_of_options(SOURCE)
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_each_limit_stands_where_it_is_said_to(self):
        found = problems_of_limits(SOURCE)
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_there_is_something_to_compare(self):
        tables, limits = tables_of(SOURCE)
        self.assertGreater(sum(map(len, tables.values())), 100)
        self.assertGreater(len(limits), 40)


HEADER = """
namespace signet {

struct serve_options {
  /// Handlers; 1 or more.
  std::size_t threads = 64;
  std::chrono::milliseconds idle{0};
  std::function<void(tcp_socket client, const stop_signal& stop)> on_plain = {};
  enum class how : unsigned char { one, other };
  how which = how::one;
  [[nodiscard]] bool empty() const noexcept;
};

struct not_listed {
  int any;
};

}  // namespace signet
"""
INNER = "namespace signet::starttls {\n\nstruct options {\n  endpoint peer = {};\n};\n\n}  // namespace signet::starttls\n"
TABLES = """
### `serve_options`
| option | default | unit, range | why |
|---|---|---|---|
| `threads` | `64` | handlers | enough |
| `idle` | `0` none | ms | rarely |
| `on_plain` | `{}` TLS only | function | rarely |
| `which` | `how::one` | how | rarely |

### `starttls::options`
| option | default | unit, range | why |
|---|---|---|---|
| `peer` | `{}` | endpoint | rarely |

## Fixed limits
| what | limit | where |
|---|---|---|
| a line | 64 octets | `src/line.cpp`: `longest = 64` |
"""


class TheCheckItself(unittest.TestCase):
    """A planted fault of each kind is found."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.plant("include/signet/net/serve.hpp", HEADER)
        self.plant("include/signet/net/starttls.hpp", INNER)
        self.plant("src/line.cpp", "constexpr int longest = 64;\n")
        self.plant(PAGE, TABLES)

    def plant(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def assert_found(self, check, text, page=(), header=()):
        for name, whole, change in ((PAGE, TABLES, page), ("include/signet/net/serve.hpp", HEADER, header)):
            if change:
                self.assertIn(change[0], whole)
            self.plant(name, whole.replace(*change) if change else whole)
        found = check(self.root)
        self.assertEqual(len(found), 1, found)
        self.assertIn(text, found[0])

    def test_what_agrees_has_no_problems(self):
        self.assertEqual(problems_of_options(self.root) + problems_of_limits(self.root), [])

    def test_another_default_is_found(self):
        self.assert_found(problems_of_options, "threads is '64', not '65'", page=("`64`", "`65`"))
        self.assert_found(problems_of_options, "threads is '8', not '64'", header=("= 64", "= 8"))
        self.assert_found(problems_of_options, "idle is '5', not '0'", header=("{0}", "{5}"))
        self.assert_found(problems_of_options, "which is 'how::other'", header=("= how::one", "= how::other"))

    def test_a_default_that_is_not_said_is_found(self):
        self.assert_found(problems_of_options, "threads is '64', not 'None'", page=("| `64` |", "| 64 |"))
        self.assert_found(problems_of_options, "threads is '64', not 'None'", page=("| `64` | handlers |", "| `64` | |"))

    def test_a_field_that_is_not_listed_is_found(self):
        self.assert_found(problems_of_options, "has no row 'on_plain'", page=("| `on_plain` | `{}` TLS only | function | rarely |\n", ""))
        self.assert_found(problems_of_options, "has no row 'more'", header=("  enum", "  bool more = false;\n  enum"))

    def test_a_row_without_a_field_is_found(self):
        self.assert_found(problems_of_options, "has no field 'idle'", header=("  std::chrono::milliseconds idle{0};\n", ""))

    def test_a_row_that_is_there_twice_is_found(self):
        row = "| `idle` | `0` none | ms | rarely |\n"
        self.assert_found(problems_of_options, "'idle' more than once", page=(row, row + row))

    def test_a_struct_without_a_table_and_a_table_without_a_struct_are_found(self):
        self.assert_found(problems_of_options, "no table of other_options",
                          header=("struct not_listed {\n  int any;", "struct other_options {\n  int any = 0;"))
        self.assert_found(problems_of_options, "no public header has a struct gone",
                          page=("## Fixed limits", "### `gone`\n\n## Fixed limits"))

    def test_a_field_that_cannot_be_read_is_found(self):
        self.assert_found(problems_of_options, "what is 'int bare'?", header=("  enum", "  int bare;\n  enum"))

    def test_a_limit_that_has_changed_or_says_no_place_is_found(self):
        self.assert_found(problems_of_limits, "has no 'longest = 65'", page=("longest = 64", "longest = 65"))
        self.assert_found(problems_of_limits, "has no 'longest = 6'", page=("longest = 64", "longest = 6"))
        self.assert_found(problems_of_limits, "says where it stands", page=("`src/line.cpp`: `longest = 64`", "somewhere"))
        self.assert_found(problems_of_limits, "says where it stands", page=("src/line.cpp", "src/gone.cpp"))


if __name__ == "__main__":
    unittest.main()
