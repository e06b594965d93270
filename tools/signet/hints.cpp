#include "hints.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace tool {
namespace {

struct entry {
  std::string_view library;
  std::string_view option;
  // Said by a subcommand that does not have the option; empty where every one has it that can be told so.
  std::string_view elsewhere = {};
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
    entry{"client_options::max_version", "--tls-max VERSION"},
    entry{"client_options::alpn", "--alpn LIST"},
    entry{"with ALPN", "with --alpn LIST"},
    entry{"(ALPN)", "(--alpn LIST)"},
    entry{"client_options::min_version", "--tls-min VERSION"},
    entry{"min_version", "--tls-min VERSION"},
    entry{"server_options::client_trust", "--client-ca FILE"},
    entry{"server_options::identities", "--cert FILE --key FILE, or --self-signed NAME"},
    entry{"certificate_check_options::role", "--purpose client", "signet cert check --purpose client"},
    entry{"existing_file::replace", "--force"},
    entry{"starttls::negotiate", "--starttls SERVICE", "signet cat --starttls SERVICE"},
    entry{"give it to tcp_socket::adopt()", "serve it with --inetd"},
    entry{"in_chain_order", "signet cert check --fix --out FILE"},
};

std::optional<std::vector<std::string>> known;

bool has(std::string_view option) {
  return !known || std::ranges::find(*known, option) != known->end();
}

}  // namespace

void set_known_options(std::vector<std::string> names) {
  known = std::move(names);
}

std::string in_options(std::string hint) {
  for (const auto& [library, option, elsewhere] : table) {
    const auto said = elsewhere.empty() || has(option.substr(0, option.find(' '))) ? option : elsewhere;
    for (auto at = hint.find(library); at != std::string::npos; at = hint.find(library, at + said.size()))
      hint.replace(at, library.size(), said);
  }
  return hint;
}

}  // namespace tool
