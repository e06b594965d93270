"""x509-limbo: certificate chains that other people made to find what verifiers get wrong. Each goes through
`signet verify --batch` under the strict profile. What we answer otherwise stands in limbo_exclusions.tsv with its
reason; a case there that we answer rightly by now fails the run, so that the file only ever says what is so."""

import collections
import json
import lzma
import os
import pathlib
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ["SIGNET_SOURCE"])
VECTORS = pathlib.Path(os.environ.get("SIGNET_VECTORS", SOURCE / "../shared/vectors")) / "limbo"
EXCLUSIONS = pathlib.Path(__file__).with_name("limbo_exclusions.tsv")

CORE_AT_LEAST = 195
ALL_AT_LEAST = 9765
KINDS = {"DNS": "dns", "IP": "ip", "RFC822": "email"}


def cases():
    with lzma.open(VECTORS / "limbo.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def question(case):
    asked = {"id": case["id"], "cert": case["peer_certificate"], "intermediates": case["untrusted_intermediates"],
             "roots": case["trusted_certs"], "profile": "strict",
             "purpose": "client" if case["validation_kind"] == "CLIENT" else "server"}
    if name := case["expected_peer_name"]:
        asked |= {"name": name["value"], "name_kind": KINDS[name["kind"]]}
    if case["validation_time"]:
        asked["at"] = case["validation_time"]
    if case["max_chain_depth"] is not None:
        asked["max_depth"] = case["max_chain_depth"]
    for key in ("extended_key_usage", "crls"):
        if case[key]:
            asked[key] = case[key]
    return json.dumps(asked)


def exclusions():
    """The answer we give and the reason, by the case's name."""
    found = {}
    for number, line in enumerate(EXCLUSIONS.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        parts = line.split("\t")
        assert len(parts) == 3 and parts[1] in ("too lax", "too strict") and parts[2].strip(), f"line {number}: {line}"
        assert parts[0] not in found, f"line {number}: {parts[0]} stands there twice"
        found[parts[0]] = (parts[1], parts[2])
    return found


class Limbo(unittest.TestCase):
    def test_every_case_is_answered_rightly_or_excluded_with_a_reason(self):
        if not (VECTORS / "limbo.jsonl.xz").exists():
            print(f"\n*** THE X509-LIMBO VECTORS ARE ABSENT: {VECTORS} (SIGNET_VECTORS names the folder) ***",
                  file=sys.stderr)
            self.skipTest("no vectors")
        wanted = {case["id"]: case for case in cases()}
        run = subprocess.run([os.environ["SIGNET_TOOL"], "verify", "--batch"], text=True, capture_output=True, timeout=280,
                             input="".join(question(case) + "\n" for case in wanted.values()))
        self.assertEqual(run.returncode, 0, run.stderr)
        answers = {a["id"]: a for a in map(json.loads, run.stdout.splitlines())}
        self.assertEqual(answers.keys(), wanted.keys())

        excluded = exclusions()
        self.assertLessEqual(excluded.keys(), wanted.keys())
        openssl = dict(line.split("\t")[0::3][:2] for line in
                       (VECTORS / "baseline-openssl.tsv").read_text(encoding="utf-8").splitlines()[1:])
        right = collections.Counter()
        for name, case in wanted.items():
            answer = answers[name]
            self.assertNotEqual(answer["error"], "bad_input" if case["expected_result"] == "SUCCESS" else None, answer)
            should = case["expected_result"] == "SUCCESS"
            verdict = "right" if answer["ok"] == should else "too lax" if answer["ok"] else "too strict"
            right[verdict == "right", not name.startswith("bettertls::")] += 1
            with self.subTest(case=name):
                if name in excluded:
                    self.assertEqual(verdict, excluded[name][0], f"excluded as {excluded[name]}, but: {answer}")
                else:
                    self.assertEqual(verdict, "right", answer)
                if verdict == "too lax":
                    self.assertNotEqual(openssl.get(name), "agree", "OpenSSL's harness refuses this one")
        core, others = right[True, True], right[True, False]
        print(f"\nx509-limbo: {core} core cases right, {core + others} of {len(wanted)} in all", file=sys.stderr)
        self.assertGreaterEqual(core, CORE_AT_LEAST)
        self.assertGreaterEqual(core + others, ALL_AT_LEAST)


if __name__ == "__main__":
    unittest.main()
