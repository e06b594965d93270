"""The compilers a test may use, and the flags of the build it belongs to."""

import os
import pathlib
import shutil

SOURCE = pathlib.Path(os.environ.get("SIGNET_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("SIGNET_BUILD", SOURCE / "build/asan"))


def compilers():
    """Both that the library promises to be usable with, by name; scripts/deps installs them."""
    found = [c for c in ("g++", "clang++") if shutil.which(c)]
    if not found:
        raise RuntimeError("neither g++ nor clang++ is installed")
    return found


def cached(variable):
    """What a variable was configured as in the build under test, or ''."""
    for line in (BUILD / "CMakeCache.txt").read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and name.split(":")[0] == variable:
            return value
    return ""


def sanitizer_flags():
    """An archive built with sanitizers only links into programs that are."""
    sanitizers = cached("SIGNET_SANITIZE")
    return f"-fsanitize={sanitizers}" if sanitizers else ""
