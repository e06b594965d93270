"""Test vectors that other people made; they lie outside the project."""

import os
import pathlib
import unittest

SOURCE = pathlib.Path(os.environ.get("SIGNET_SOURCE", pathlib.Path(__file__).resolve().parents[2]))


def vectors(name):
    """A file of them, in SIGNET_VECTORS or beside the checkout. That it is absent is a failure; only where SIGNET_VECTORS says
    "none" the test is skipped."""
    folder = os.environ.get("SIGNET_VECTORS") or SOURCE / "../shared/vectors"
    if folder == "none":
        raise unittest.SkipTest(f"SIGNET_VECTORS=none: {name} is not looked for")
    file = pathlib.Path(folder) / name
    if not file.exists():
        raise AssertionError(f"THE TEST VECTORS ARE ABSENT: {file} (SIGNET_VECTORS names their folder, or says none)")
    return file
