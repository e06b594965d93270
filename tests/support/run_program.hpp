// Runs a program without a shell, within a bound of time: tests let the openssl program judge what we make.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace signet::test {

struct program_result {
  // The exit code; 128 plus the signal when one ended it; -1 when it could not be started or took too long.
  int status = -1;
  // Standard output and standard error as they came.
  std::string output = {};
};

// `arguments` begins with the program, looked up in PATH. Its standard input is `input`.
program_result run_program(const std::vector<std::string>& arguments, const std::string& input = {},
                           std::chrono::milliseconds limit = std::chrono::seconds(30));

}  // namespace signet::test
