"""Vectors that are not there fail the tests that need them; only SIGNET_VECTORS=none skips these, and they say so."""

import os
import pathlib
import subprocess
import sys
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
USERS = {
    "limbo_test.py": [sys.executable, TESTS / "vectors/limbo_test.py"],
    "psl_test.py": [sys.executable, TESTS / "cli/psl_test.py",
                    "Psl.test_the_official_vectors_by_the_systems_list_and_by_a_newer_one"],
    "public_suffix_list_test.cpp": [pathlib.Path(os.environ["SIGNET_BUILD"]) / "bin/verify_tests",
                                    "--gtest_filter=public_suffix_list.passes_the_lists_own_tests"],
}


class Absence(unittest.TestCase):
    def test_each_user_of_vectors_is_known_here(self):
        ours = {path.name for kind in ("*.py", "*.cpp") for path in TESTS.rglob(kind)
                if path.name != "vectors.py" and ("support.vectors" in (text := path.read_text(encoding="utf-8"))
                                                  or "support/vectors.hpp" in text)}
        self.assertEqual(ours - {pathlib.Path(__file__).name}, USERS.keys())

    def test_it_is_a_failure_unless_it_was_asked_for(self):
        for user, command in USERS.items():
            for folder, fails, says in (("/nowhere", True, "THE TEST VECTORS ARE ABSENT: "), ("none", False, "SIGNET_VECTORS=none")):
                with self.subTest(user=user, folder=folder):
                    run = subprocess.run([*command, *(["-v"] if command[0] == sys.executable else [])], text=True, timeout=100,
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | {"SIGNET_VECTORS": folder})
                    self.assertEqual(run.returncode != 0, fails, run.stdout)
                    self.assertIn(says, run.stdout)
                    self.assertIn("FAILED" if fails else "skipped" if command[0] == sys.executable else "SKIPPED", run.stdout)


if __name__ == "__main__":
    unittest.main()
