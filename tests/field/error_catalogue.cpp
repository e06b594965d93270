// The catalogue of errors as the library has it, and the errors that no command line brings about, for
// tests/field/errors_test.py.
//   error_catalogue               code, number, kind, meaning and remedy of each, one a line, with tabs between
//   error_catalogue EXAMPLE       the message and the hint of that error, a line each
#include <signet/net/connect.hpp>
#include <signet/net/start_tls.hpp>
#include <signet/verify/verify_peer.hpp>
#include <signet/x509/certificate_builder.hpp>
#include <signet/x509/pkcs7.hpp>

#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <iostream>
#include <map>

namespace {

using namespace signet;
using namespace std::chrono_literals;

struct sockets {
  tcp_socket one;
  tcp_socket other;
};

sockets connected() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) throw std::runtime_error("no sockets");
  return {tcp_socket::adopt(ends[0]).value(), tcp_socket::adopt(ends[1]).value()};
}

error not_connected() {
  auto [one, other] = connected();
  one.close();
  return one.write_all("too late").error();
}

error unread() {
  auto [one, other] = connected();
  other.write_all("hello\nmore\n").value();
  one.read_line().value();
  return one.release().error();
}

error ended() {
  auto [one, other] = connected();
  other.write_all("hel").value();
  other.close();
  std::array<std::byte, 5> buffer{};
  return one.read_exactly(buffer).error();
}

error injected() {
  auto [one, other] = connected();
  other.write_all("250 fine\r\n").value();
  return start_tls(std::move(one), "server.test", client_config::make({.trust = trust_store::none()}).value()).error();
}

error without_descriptors() {
  // What UBSan looks at for the first time takes a descriptor of its own.
  static_cast<void>(tcp_socket::connect({"127.0.0.1", 1}));
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{3, before.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &none) != 0) throw std::runtime_error("no limit");
  auto failed = tcp_socket::connect({"127.0.0.1", 1}).error();
  ::setrlimit(RLIMIT_NOFILE, &before);
  return failed;
}

error too_much() {
  auto [one, other] = connected();
  other.write_all(std::string(100, 'x')).value();
  return one.read_line({10}).error();
}

error refused_address() {
  return tcp_socket::connect({"127.0.0.1", 1}, {.permit = [](const endpoint&) { return false; }}).error();
}

error judged(const verify_request& request) {
  return to_error("server.test", std::make_shared<const verdict>(verify_peer(request)));
}

// Good but for a check of the application's.
verify_request of_an_application() {
  const auto who = make_self_signed({.dns_names = {"server.test"}}, private_key::generate("ec:P-256").value()).value();
  const auto objects = [](const verdict&) -> std::optional<finding> {
    return finding{.code = errc::certificate_rejected, .message = "the account of server.test is closed"};
  };
  return {.sent = who.chain(), .trust = trust_store::of(who.chain()), .options = {.further = objects}};
}

const std::map<std::string_view, std::function<error()>> examples{
    {"invalid_argument", [] { return make_pkcs7({}).error(); }},
    {"not_connected", not_connected},
    {"unread_data", unread},
    {"end_of_stream", ended},
    {"plaintext_before_tls", injected},
    {"resource_exhausted", without_descriptors},
    {"limit_exceeded", too_much},
    {"permission_denied", refused_address},
    {"no_peer_certificate", [] { return judged({.trust = trust_store::none()}); }},
    {"certificate_rejected", [] { return judged(of_an_application()); }},
};

void print_table() {
  // The block of each kind has a hundred numbers.
  for (std::uint16_t number = 100; number < 1000; ++number) {
    const auto code = static_cast<errc>(number);
    if (name(code) == name(errc::internal) && code != errc::internal) continue;
    std::cout << name(code) << '\t' << number << '\t' << name(kind_of(code)) << '\t' << meaning(code) << '\t'
              << remedy(code) << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) {
    print_table();
    return 0;
  }
  const auto found = examples.find(argv[1]);
  if (found == examples.end()) return 2;
  const auto made = found->second();
  if (name(made.code()) != argv[1]) {
    std::cerr << "this is " << name(made.code()) << ": " << made.message() << '\n';
    return 1;
  }
  std::cout << made.message() << '\n';
  if (!made.hint().empty()) std::cout << "hint: " << made.hint() << '\n';
  return 0;
}
