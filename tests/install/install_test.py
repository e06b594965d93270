"""The package: what `cmake --install` puts down is enough to build a program that knows nothing of this tree, by
find_package and by pkg-config; and the tree itself can be a folder of somebody else's project."""

import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.toolchain import BUILD, SOURCE, cached, sanitizer_flags  # noqa: E402

PROGRAM = r"""
#include <cstdio>

#include <signet/signet.hpp>

int main() {
  const auto config = signet::client_config::make({.trust = signet::trust_store::none(), .alpn = {"http/1.1"}});
  if (!config) return std::puts(config.error().message().c_str()), 1;
  const auto name = signet::server_name::parse("WWW.Example.ORG.");
  if (!name) return std::puts(name.error().message().c_str()), 1;
  if (signet::server_name::parse("two words")) return std::puts("a name with a blank was taken"), 1;
  std::printf("%s with signet %s\n", name->ascii().c_str(), signet::version().library.c_str());
}
"""

# Nobody is there, and it is said of whom.
REDIS_PROGRAM = r"""
#include <cstdio>

#include <signet/redis/redis_session_store.hpp>
#include <signet/redis/redis_ticket_source.hpp>

int main() {
  const auto url = signet::redis_url::parse("unix:/nowhere/redis.sock");
  const auto client = signet::redis_client::make(*url, std::string(32, 's'));
  if (!client || !make_redis_ticket_source(*client) || !make_redis_session_store(*client)) return 1;
  std::puts(client->ping().error().message().c_str());
}
"""

PROJECT = """
cmake_minimum_required(VERSION 3.22)
project(outside LANGUAGES CXX)
{how}
add_executable(outside main.cpp)
target_link_libraries(outside PRIVATE signet::signet)
"""


class ThePackage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.prefix = pathlib.Path(cls.folder.name, "prefix")
        cls.run_tool("cmake", "--install", str(BUILD), "--prefix", str(cls.prefix))

    @staticmethod
    def run_tool(*argv, **more):
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=800, **more)
        if done.returncode != 0:
            raise AssertionError(f"{shlex.join(argv)} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def project(self, name, how):
        root = pathlib.Path(self.folder.name, name)
        root.mkdir()
        (root / "main.cpp").write_text(PROGRAM)
        (root / "CMakeLists.txt").write_text(PROJECT.format(how=how))
        return root

    def configure(self, root, *options, compiler=None):
        self.run_tool("cmake", "-S", str(root), "-B", str(root / "build"), "-G", "Ninja",
                      f"-DCMAKE_CXX_COMPILER={compiler or cached('CMAKE_CXX_COMPILER')}",
                      f"-DCMAKE_CXX_COMPILER_LAUNCHER={shutil.which('ccache') or ''}", "-DCMAKE_BUILD_TYPE=None", *options)

    def assert_runs(self, program, **more):
        self.assertRegex(self.run_tool(str(program), **more), r"^www\.example\.org with signet \d+\.\d+\.\d+\n$")

    def test_find_package_builds_an_outside_project(self):
        root = self.project("found", "find_package(signet 0.1 CONFIG REQUIRED)")
        self.configure(root, f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_CXX_FLAGS={sanitizer_flags()} -Wall -Wextra -Werror")
        self.run_tool("cmake", "--build", str(root / "build"))
        self.assert_runs(root / "build/outside")

    def redis_project(self, name):
        if not any(self.prefix.rglob("signet-redis.pc")):
            self.skipTest("signet::redis was not built")
        root = self.project(name, "find_package(signet 0.1 CONFIG REQUIRED COMPONENTS redis)")
        (root / "main.cpp").write_text(REDIS_PROGRAM)
        lists = root / "CMakeLists.txt"
        lists.write_text(lists.read_text().replace("signet::signet", "signet::redis"))
        return root

    def assert_asks_redis(self, program):
        self.assertEqual(self.run_tool(str(program)),
                         "Redis at unix:/nowhere/redis.sock: connecting: No such file or directory\n")

    def test_find_package_finds_the_component_redis(self):
        root = self.redis_project("redis")
        self.configure(root, f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_CXX_FLAGS={sanitizer_flags()} -Wall -Wextra -Werror")
        self.run_tool("cmake", "--build", str(root / "build"))
        self.assert_asks_redis(root / "build/outside")

    def test_pkg_config_finds_the_library_for_redis(self):
        root = self.redis_project("redis_pkg_config")
        env = {**os.environ, "PKG_CONFIG_PATH": str(next(self.prefix.rglob("signet-redis.pc")).parent)}
        flags = self.run_tool("pkg-config", "--cflags", "--libs", "signet-redis", env=env)
        self.run_tool(cached("CMAKE_CXX_COMPILER"), "-std=c++20", *shlex.split(sanitizer_flags()), str(root / "main.cpp"),
                      "-o", str(root / "outside"), *shlex.split(flags))
        self.assert_asks_redis(root / "outside")

    def test_a_component_that_is_not_there_is_refused(self):
        root = self.project("no_component", "find_package(signet 0.1 CONFIG REQUIRED COMPONENTS teapot)")
        with self.assertRaisesRegex(AssertionError, "teapot"):
            self.configure(root, f"-DCMAKE_PREFIX_PATH={self.prefix}")

    def test_a_version_that_is_not_there_is_refused(self):
        root = self.project("too_new", "find_package(signet 99 CONFIG REQUIRED)")
        with self.assertRaisesRegex(AssertionError, "99"):
            self.configure(root, f"-DCMAKE_PREFIX_PATH={self.prefix}")

    def test_pkg_config_builds_an_outside_program(self):
        root = self.project("pkg_config", "")
        # Where it was not installed to: a package is moved, a sysroot stands elsewhere.
        moved = pathlib.Path(self.folder.name, "moved")
        shutil.copytree(self.prefix, moved, symlinks=True)
        where = next(moved.rglob("signet.pc")).parent
        env = {**os.environ, "PKG_CONFIG_PATH": str(where)}
        flags = self.run_tool("pkg-config", "--cflags", "--libs", "signet", env=env)
        self.assertNotIn(f"{self.prefix}/", flags)
        self.run_tool(cached("CMAKE_CXX_COMPILER"), "-std=c++20", *shlex.split(sanitizer_flags()), str(root / "main.cpp"),
                      "-o", str(root / "outside"), *shlex.split(flags), env=env)
        self.assert_runs(root / "outside")

    def test_the_tree_can_be_a_folder_of_another_project(self):
        root = self.project("subdirectory", f'add_subdirectory("{SOURCE}" signet)')
        # All of the library is built once more here: with as little as it takes, and by g++, for all else is built by clang++.
        self.configure(root, "-DCMAKE_CXX_FLAGS=-O0", "-DSIGNET_PRECOMPILE=ON", compiler="g++")
        self.run_tool("cmake", "--build", str(root / "build"), "--target", "outside")
        self.assert_runs(root / "build/outside")
        self.assertFalse((root / "build/bin/signet").exists(), "the tool was built into somebody else's project")

    def test_nothing_private_is_installed(self):
        files = {str(p.relative_to(self.prefix)) for p in self.prefix.rglob("*") if p.is_file()}
        headers = {f for f in files if f.endswith(".hpp")}
        public = {f"include/{p.relative_to(SOURCE / 'include')}" for p in (SOURCE / "include").rglob("*.hpp")}
        self.assertEqual(headers, public)
        exported = "".join(p.read_text() for p in self.prefix.rglob("*.cmake"))
        self.assertNotIn("-Werror", exported)
        self.assertNotIn("fsanitize", exported)
        self.assertNotIn(str(SOURCE), exported, "the package names the tree it came from")


if __name__ == "__main__":
    unittest.main()
