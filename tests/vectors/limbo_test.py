"""x509-limbo: certificate chains that other people made to find what verifiers get wrong. Each goes through
`signet verify --batch` under the strict profile. What we answer otherwise stands in limbo_exclusions.tsv with its
reason; a case there that we answer rightly by now fails the run, so that the file only ever says what is so. For which
reason each core case has to be refused stands in limbo_reasons.tsv."""

import json
import lzma
import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.vectors import vectors  # noqa: E402

EXCLUSIONS = pathlib.Path(__file__).with_name("limbo_exclusions.tsv")
REASONS = pathlib.Path(__file__).with_name("limbo_reasons.tsv")

CORE_AT_LEAST = 202
ALL_AT_LEAST = 9774
KINDS = {"DNS": "dns", "IP": "ip", "RFC822": "email"}
# Codes that say little without their sentence.
BROAD = {"crl_invalid", "invalid_certificate", "invalid_extension", "invalid_purpose", "name_mismatch", "unknown_issuer", "weak_key"}


def cases():
    with lzma.open(vectors("limbo/limbo.jsonl.xz"), "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def is_core(name):
    return not name.startswith("bettertls::")


def question(case):
    asked = {"id": case["id"], "cert": case["peer_certificate"], "intermediates": case["untrusted_intermediates"],
             "roots": case["trusted_certs"], "profile": "strict",
             "purpose": "client" if case["validation_kind"] == "CLIENT" else "server"}
    if name := case["expected_peer_name"] or next(iter(case["expected_peer_names"]), None):
        asked |= {"name": name["value"], "name_kind": KINDS[name["kind"]]}
    if case["validation_time"]:
        asked["at"] = case["validation_time"]
    if case["max_chain_depth"] is not None:
        asked["max_depth"] = case["max_chain_depth"]
    for key in ("extended_key_usage", "crls"):
        if case[key]:
            asked[key] = case[key]
    return json.dumps(asked)


def table(file, columns):
    """The rows of a table by their first cell; each cell holds something."""
    found = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        name, *cells = line.split("\t")
        assert len(cells) == columns and all(cell.strip() for cell in cells), f"{file.name}:{number}: {line}"
        assert name not in found, f"{file.name}:{number}: {name} stands there twice"
        found[name] = cells
    return found


class Limbo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cases, questions = {}, []
        for case in cases():
            questions.append(question(case) + "\n")
            cls.cases[case["id"]] = {key: case.get(key) for key in ("expected_result", "conflicts_with")}
        run = subprocess.run([os.environ["SIGNET_TOOL"], "verify", "--batch"], text=True, capture_output=True, timeout=800,
                             input="".join(questions))
        assert run.returncode == 0, run.stderr
        cls.answers = {a["id"]: a for a in map(json.loads, run.stdout.splitlines())}
        assert cls.answers.keys() == cls.cases.keys()
        cls.excluded = table(EXCLUSIONS, 2)

    def verdict(self, name):
        answer = self.answers[name]
        if answer["error"] == "bad_input":
            return "unread"  # and no refusal
        if answer["ok"] == (self.cases[name]["expected_result"] == "SUCCESS"):
            return "right"
        return "too lax" if answer["ok"] else "too strict"

    def test_every_case_is_answered_rightly_or_excluded_with_a_reason(self):
        self.assertLessEqual(self.excluded.keys(), self.cases.keys())
        openssl = dict(line.split("\t")[0::3][:2] for line in
                       vectors("limbo/baseline-openssl.tsv").read_text(encoding="utf-8").splitlines()[1:])
        for name in self.cases:
            with self.subTest(case=name):
                verdict = self.verdict(name)
                self.assertEqual(verdict, self.excluded.get(name, ["right"])[0], self.answers[name])
                if verdict == "too lax":
                    self.assertNotEqual(openssl.get(name), "agree", "OpenSSL's harness refuses this one")

    def test_as_many_are_right_as_ever(self):
        right = [name for name in self.cases if self.verdict(name) == "right"]
        core = sum(map(is_core, right))
        print(f"\nx509-limbo: {core} core cases right, {len(right)} of {len(self.cases)} in all", file=sys.stderr)
        self.assertGreaterEqual(core, CORE_AT_LEAST)
        self.assertGreaterEqual(len(right), ALL_AT_LEAST)

    def test_where_limbo_is_said_to_know_of_a_conflict_it_does(self):
        for name, (_, reason) in self.excluded.items():
            named = re.findall(r"conflicts_with ([a-z0-9:-]+)", reason)
            self.assertEqual(named, self.cases[name]["conflicts_with"] or [], name)
            # One side of a contradiction is a case that we answer as it asks.
            others = re.findall(r"[a-z0-9]+(?:::[a-z0-9-]+)+", reason)
            self.assertTrue(others, f"{name}: the reason names no case that says otherwise")
            for other in others:
                self.assertEqual(self.verdict(other), "right", f"{name}: {other}")

    def test_every_core_case_is_refused_for_its_own_reason(self):
        reasons = table(REASONS, 3)
        refused = {name for name, case in self.cases.items() if is_core(name) and case["expected_result"] == "FAILURE"}
        self.assertEqual(reasons.keys(), refused)
        for name, (code, words, _) in reasons.items():
            answer = self.answers[name]
            with self.subTest(case=name):
                if name in self.excluded:
                    self.assertEqual((code, words), ("-", "-"))
                    continue
                self.assertFalse(code in BROAD and words == "-", "the code alone does not say enough")
                self.assertEqual(answer["error"], code, answer)
                self.assertIn("" if words == "-" else words, answer["message"])


if __name__ == "__main__":
    unittest.main()
