#include "hints.hpp"

#include <array>
#include <string_view>

namespace tool {
namespace {

struct entry {
  std::string_view library;
  std::string_view option;
};
// One that begins with another stands before it.
constexpr std::array table{
    entry{"trust_store::system, trust_store::pem_file", "--ca FILE"},
    entry{"trust_store::pem_file", "--add-ca FILE"},
    entry{"verify_options::intermediates", "--intermediates FILE"},
    entry{"verify_options::scheme", "--scheme http"},
    entry{"revocation_lists", "--crl FILE"},
    entry{"connect_options::name", "--name NAME"},
    entry{"connect_options::sni", "--sni NAME"},
    entry{"client_options::identity", "--cert FILE --key FILE"},
    entry{"client_options::min_version", "--tls-min VERSION"},
    entry{"min_version", "--tls-min VERSION"},
    entry{"server_options::client_trust", "--client-ca FILE"},
    entry{"server_options::identities", "--cert FILE --key FILE, or --self-signed NAME"},
    entry{"certificate_check_options::role", "--purpose client"},
    entry{"existing_file::replace", "--force"},
    entry{"starttls::negotiate", "--starttls SERVICE"},
    entry{"in_chain_order", "signet cert check --fix"},
};

}  // namespace

std::string in_options(std::string hint) {
  for (const auto& [library, option] : table) {
    for (auto at = hint.find(library); at != std::string::npos; at = hint.find(library, at + option.size()))
      hint.replace(at, library.size(), option);
  }
  return hint;
}

}  // namespace tool
