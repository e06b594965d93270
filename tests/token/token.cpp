#include "token/token.hpp"

#include <cstdlib>
#include <set>
#include <stdexcept>

#include "support/run_program.hpp"

namespace signet::test {
namespace {

constexpr const char* module = "/usr/lib/softhsm/libsofthsm2.so";

void must_run(const std::vector<std::string>& arguments) {
  const auto ran = run_program(arguments);
  if (ran.status != 0) throw std::runtime_error(arguments.front() + ": " + ran.output);
}

// `openssl version -m` says MODULESDIR: "/usr/lib/x86_64-linux-gnu/ossl-modules", and -e the same of engines.
std::filesystem::path folder_of(const std::string& option) {
  const auto said = run_program({"openssl", "version", option}).output;
  const auto begin = said.find('"');
  return said.substr(begin + 1, said.rfind('"') - begin - 1);
}

std::string configuration_of_provider(const std::filesystem::path& provider) {
  return "openssl_conf = init\n[init]\nproviders = providers\n[providers]\ndefault = builtin\npkcs11 = pkcs11\n"
         "[builtin]\nactivate = 1\n[pkcs11]\nmodule = " +
         provider.string() + "\npkcs11-module-path = " + std::string(module) +
         "\npkcs11-module-quirks = no-deinit\nactivate = 1\n";
}

std::string configuration_of_engine() {
  return "openssl_conf = init\n[init]\nengines = engines\n[engines]\npkcs11 = pkcs11\n[pkcs11]\nengine_id = pkcs11\n"
         "MODULE_PATH = " +
         std::string(module) + "\ninit = 0\n";
}

std::set<std::filesystem::path> entries(const std::filesystem::path& folder) {
  return {std::filesystem::directory_iterator(folder), {}};
}

}  // namespace

token::token() {
  std::filesystem::create_directory(folder_ / "tokens");
  const auto softhsm = folder_.file("softhsm2.conf", "directories.tokendir = " + (folder_ / "tokens").string() +
                                                         "\nobjectstore.backend = file\nlog.level = ERROR\n");
  ::setenv("SOFTHSM2_CONF", softhsm.c_str(), 1);
  const auto provider = folder_of("-m") / "pkcs11.so";
  if (std::filesystem::exists(provider))
    way_ = way::provider;
  else if (!std::filesystem::exists(folder_of("-e") / "pkcs11.so"))
    throw std::runtime_error("neither pkcs11-provider nor libengine-pkcs11-openssl is installed");
  const std::pair<const char*, const char*> all[] = {
      {"web", "24680"}, {"locked", "13579"}, {"hasty", "97531"}, {"other", "86420"}, {"stick", "11223"}};
  for (const auto& [label, pin] : all) add(label, pin);
  make_key("web", "24680", "rsa:2048", "rsa", "02");
  make_key("web", "24680", "EC:prime256v1", "twin", "03");
  make_key("web", "24680", "EC:prime256v1", "twin", "04");
  const auto openssl = folder_.file(
      "openssl.cnf", way_ == way::provider ? configuration_of_provider(provider) : configuration_of_engine());
  ::setenv("OPENSSL_CONF", openssl.c_str(), 1);
}

const token& token::only() {
  static const token made;
  return made;
}

password_callback token::pin() {
  return [] { return std::optional<std::string>("24680"); };
}

void token::add(const std::string& label, const std::string& pin) const {
  const auto before = entries(folder_ / "tokens");
  must_run({"softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "1234567890", "--pin", pin});
  for (const auto& entry : entries(folder_ / "tokens"))
    if (!before.contains(entry)) std::filesystem::create_symlink(entry, folder_ / ("token-" + label));
  make_key(label, pin, "EC:prime256v1", "ec", "01");
}

void token::remove(const std::string& label) const {
  std::filesystem::remove_all(std::filesystem::read_symlink(folder_ / ("token-" + label)));
}

void token::make_key(const std::string& place, const std::string& pin, const std::string& type,
                     const std::string& label, const std::string& id) const {
  must_run({"pkcs11-tool", "--module", std::string(module), "--token-label", place, "--login", "--pin", pin,
            "--keypairgen", "--key-type", type, "--label", label, "--id", id});
}

}  // namespace signet::test
