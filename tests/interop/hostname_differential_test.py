"""Names compared by us and by IO::Socket::SSL's verify_hostname_of_cert, on certificates its own tools made. Where we
answer otherwise, a rule of ours says why, and the rule has to be one that can only say no."""

import collections
import json
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from signet_testing import TOOL  # noqa: E402

PERL = pathlib.Path(__file__).with_name("hostname_differential.pl")


def is_address(name):
    return re.fullmatch(r"[\d.]+", name) is not None


def why_we_refuse(case):
    """The rule by which we say no where IO::Socket::SSL says yes; None when there is none."""
    names = [value for _, value in case["san"]]
    # An address has a kind of name of its own; what `http` does of old it does on.
    if is_address(case["name"]) and case["scheme"] == "default":
        return "an address in the common name"
    # RFC 6125 section 6.4.4: any name in subjectAltName bars the common name, save under ldap.
    if names and case["scheme"] != "ldap":
        if is_address(case["name"]):
            return "an address in the common name beside subjectAltNames"
        if not any(kind == "DNS" and matches_somehow(value, case["name"]) for kind, value in case["san"]):
            return "the common name beside subjectAltNames"
    # RFC 6125 section 7.2, RFC 9525: a part of an A-label means nothing.
    first = case["name"].lower().split(".")[0]
    if first.startswith("xn--") and any(re.match(r"[^.]*\*[^.]+\.|[^.]+\*[^.]*\.", n) for n in [*names, case["cn"]]):
        return "a part of an A-label"
    return None


def matches_somehow(pattern, name):
    label, _, rest = pattern.lower().partition(".")
    own, _, own_rest = name.lower().partition(".")
    return rest == own_rest and re.fullmatch(re.escape(label).replace(r"\*", "[a-z0-9_-]+"), own) is not None


class HostnameDifferential(unittest.TestCase):
    def test_every_difference_is_one_we_mean(self):
        made = subprocess.run(["perl", str(PERL), "20261121", "400"], capture_output=True, text=True, timeout=200)
        self.assertEqual(made.returncode, 0, made.stderr)
        cases = [json.loads(line) for line in made.stdout.splitlines()]
        self.assertGreater(len(cases), 3000)
        questions = "".join(json.dumps({"id": i, "cert": c["cert"], "name": c["name"], "scheme": c["scheme"],
                                        "name_only": True}) + "\n" for i, c in enumerate(cases))
        run = subprocess.run([TOOL, "verify", "--batch"], input=questions, capture_output=True, text=True, timeout=100)
        self.assertEqual(run.returncode, 0, run.stderr)
        answers = [json.loads(line) for line in run.stdout.splitlines()]
        counted = collections.Counter()
        for case, ours in zip(cases, answers, strict=True):
            counted[case["answer"], ours["ok"]] += 1
            if case["answer"] == ours["ok"]:
                continue
            shown = {key: case[key] for key in ("name", "scheme", "cn", "san")}
            self.assertTrue(case["answer"], f"we accept what IO::Socket::SSL refuses: {shown}")
            rule = why_we_refuse(case)
            self.assertIsNotNone(rule, f"no rule of ours says why: {shown} {ours}")
            counted[rule] += 1
        # Both answers come up often enough to mean something.
        self.assertGreater(counted[True, True], 50)
        self.assertGreater(counted[False, False], 1000)


if __name__ == "__main__":
    unittest.main()
