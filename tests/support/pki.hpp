// The certificates that the build made for the tests (tests/pki/make.sh), and folders that go with their test.
#pragma once

#include <signet/verify/trust_store.hpp>
#include <signet/x509/identity.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace signet::test {

inline std::filesystem::path pki(const std::string& name) {
  return std::filesystem::path(SIGNET_TEST_PKI) / name;
}

// "server" stands for server.pem and server.key.
inline identity load_identity(const std::string& stem) {
  return identity::load({.certificate = pki(stem + ".pem"), .key = pki(stem + ".key")}).value();
}
inline trust_store test_ca() {
  return trust_store::pem_file(pki("ca.pem")).value();
}

inline std::string contents_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

class temporary_folder {
 public:
  temporary_folder() {
    std::string made = (std::filesystem::temp_directory_path() / ("signet-test-" + std::string(6, 'X'))).string();
    if (::mkdtemp(made.data()) == nullptr) throw std::runtime_error("cannot make " + made);
    path_ = made;
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  // A file in it with this content.
  std::filesystem::path file(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace signet::test
