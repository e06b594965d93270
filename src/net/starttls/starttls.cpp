#include <signet/net/starttls.hpp>

#include <algorithm>
#include <array>

#include <signet/verify/server_name.hpp>

#include "base/host_name.hpp"
#include "base/printable.hpp"
#include "base/sentence.hpp"
#include "net/starttls/conversation.hpp"
#include "net/tls_socket_impl.hpp"

namespace signet {
namespace starttls {
namespace {

struct entry {
  protocol which;
  std::string_view name;
  std::uint16_t port;
};
constexpr std::array table{
    entry{protocol::smtp, "smtp", 25},
    entry{protocol::lmtp, "lmtp", 24},
    entry{protocol::imap, "imap", 143},
    entry{protocol::pop3, "pop3", 110},
    entry{protocol::ftp, "ftp", 21},
    entry{protocol::ldap, "ldap", 389},
    entry{protocol::xmpp, "xmpp", 5222},
    entry{protocol::xmpp_server, "xmpp-server", 5269},
    entry{protocol::nntp, "nntp", 119},
    entry{protocol::sieve, "sieve", 4190},
    entry{protocol::postgres, "postgres", 5432},
    entry{protocol::mysql, "mysql", 3306},
    entry{protocol::http_connect, "http-connect", 443},
    entry{protocol::http_upgrade, "http-upgrade", 80},
};

constexpr bool table_is_in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].which) != i) return false;
  return true;
}
static_assert(table_is_in_order(), "every protocol has its line, in the enumeration's order");

const entry& entry_of(protocol which) noexcept {
  return table[static_cast<std::size_t>(which)];
}

class socket_stream final : public net::plain_stream {
 public:
  socket_stream(tcp_socket& socket, deadline until) noexcept : socket_(&socket), until_(until) {}
  result<std::string> read_until(std::string_view delimiter, read_limit limit) override {
    return socket_->read_until(delimiter, limit, until_);
  }
  result<void> read_exactly(byte_span buffer) override { return socket_->read_exactly(buffer, until_); }
  result<void> write_all(byte_view bytes) override { return socket_->write_all(bytes, until_); }

 private:
  tcp_socket* socket_;
  deadline until_;
};

// RFC 5321 section 4.1.3: whoever has no name says the address.
std::string address_literal(const endpoint& local) {
  const auto address = server_name::parse(local.host);
  if (!address || !address->is_ip()) return "localhost";
  return (address->address().size() == 16 ? "[IPv6:" : "[") + address->ascii() + ']';
}

// What the dialogue will say: nothing that a line or a quotation could end in.
result<net::dialogue_names> names_for(const tcp_socket& plain, protocol which, const options& with) {
  const auto harmless = [](char c) { return c > ' ' && c < 0x7f && c != '\'' && c != '<' && c != '&' && c != '>'; };
  if (!std::all_of(with.own_name.begin(), with.own_name.end(), harmless))
    return error(errc::invalid_argument, base::quoted(with.own_name) + " is no name to greet a server with");
  net::dialogue_names out{.own = with.own_name, .from = with.own_name};
  if (out.own.empty()) out.own = address_literal(plain.local_endpoint());

  const bool of_http = which == protocol::http_connect || which == protocol::http_upgrade;
  if (!of_http && which != protocol::xmpp && which != protocol::xmpp_server) return out;
  auto peer = with.peer;
  if (peer.host.empty() && which != protocol::http_connect)
    peer = endpoint::parse(inside(plain).wire->whom().asked).value_or(plain.remote_endpoint());
  // The path of a local socket is nobody's name.
  if (peer.host.empty() || peer.host.starts_with("unix:"))
    return error(errc::invalid_argument, "starttls " + std::string(name(which)) + ": it is not said whom to ask for",
                 "set options::peer");
  if (peer.port == 0) peer.port = default_port(which);
  auto parsed = server_name::parse(peer.host);
  if (!parsed) return std::move(parsed).error();
  out.domain = parsed->display();
  out.authority = to_string(endpoint{parsed->ascii(), peer.port});
  return out;
}

}  // namespace

std::string_view name(protocol which) noexcept {
  return entry_of(which).name;
}

std::uint16_t default_port(protocol which) noexcept {
  return entry_of(which).port;
}

result<protocol> parse(std::string_view text) {
  const auto* found = std::find_if(table.begin(), table.end(), [&](const entry& one) { return one.name == text; });
  if (found != table.end()) return found->which;
  std::string known;
  for (const auto& one : table) known += (known.empty() ? "" : ", ") + std::string(one.name);
  return error(errc::invalid_argument, base::quoted(text) + " is no protocol that starts TLS", "there are " + known);
}

}  // namespace starttls

result<void> net::hold_dialogue(conversation& with, starttls::protocol which, const dialogue_names& names) {
  using enum starttls::protocol;
  switch (which) {
    case smtp:
      return smtp_dialogue(with, "EHLO", names.own);
    case lmtp:
      return smtp_dialogue(with, "LHLO", names.own);
    case imap:
      return imap_dialogue(with);
    case pop3:
      return pop3_dialogue(with);
    case ftp:
      return ftp_dialogue(with);
    case ldap:
      return ldap_dialogue(with);
    case xmpp:
      return xmpp_dialogue(with, "jabber:client", names.domain, {});
    case xmpp_server:
      return xmpp_dialogue(with, "jabber:server", names.domain, names.from);
    case nntp:
      return nntp_dialogue(with);
    case sieve:
      return sieve_dialogue(with);
    case postgres:
      return postgres_dialogue(with);
    case mysql:
      return mysql_dialogue(with);
    case http_connect:
      return connect_dialogue(with, names.authority);
    case http_upgrade:
      return upgrade_dialogue(with, names.authority);
  }
  return error(errc::invalid_argument, "no such protocol");
}

namespace starttls {

result<void> negotiate(tcp_socket& plain, protocol which, const options& with, deadline until) {
  if (!plain.is_open()) return net::not_open("starttls " + std::string(name(which)));
  const auto names = names_for(plain, which, with);
  if (!names) return names.error();
  const auto& from = inside(plain);
  socket_stream stream(plain, from.patience.of_call(until).until);
  net::conversation talk(stream, which, from.wire->describe(), with.trace);
  return net::hold_dialogue(talk, which, *names);
}

result<tls_socket> connect(const endpoint& to, protocol which, const client_config& config, connect_options how,
                           options with) {
  const auto expected = how.name.empty() ? base::without_zone(to.host) : how.name;
  // Before anybody is spoken to: without a name there is nothing to verify.
  if (auto parsed = server_name::parse(expected); !parsed) return std::move(parsed).error();
  const bool proxied = which == protocol::http_connect;
  if (proxied && with.proxy.host.empty())
    return base::sentence{.whom = to_string(to),
                          .phase = "starttls http-connect",
                          .why = "no proxy is named",
                          .hint = "set options::proxy"}
        .as(errc::invalid_argument);
  if (proxied && how.permit)
    return base::sentence{.whom = to_string(to),
                          .phase = "starttls http-connect",
                          .why = "permit cannot be asked: the proxy looks the host up",
                          .hint = "decide about the host before, or let the proxy decide"}
        .as(errc::invalid_argument);
  if (with.peer.host.empty()) with.peer = {proxied ? to.host : expected, to.port};
  const auto until = net::deadline_of(how);
  auto plain = tcp_socket::connect(proxied ? with.proxy : to, net::plain_options_of(how, until));
  if (!plain) return std::move(plain).error();
  if (auto agreed = negotiate(*plain, which, with, until); !agreed) return std::move(agreed).error();
  // Behind one proxy there are many servers.
  if (proxied && how.session_key.empty()) how.session_key = to_string(to);
  auto secure = start_tls(std::move(*plain), expected, config,
                          {.timeout = std::chrono::milliseconds::max(),
                           .until = until,
                           .sni = how.sni,
                           .session_key = how.session_key,
                           .port = to.port,
                           .first_bytes = how.first_bytes,
                           .trace = how.trace});
  if (secure) return secure;
  // So that the alert which tells the server why arrives.
  inside(*plain).wire->depart(until);  // NOLINT(bugprone-use-after-move): moved from only on success
  return proxied ? secure.error().in(to_string(to) + " through a proxy") : std::move(secure).error();
}

result<tls_socket> connect(const endpoint& to, protocol which, connect_options how, options with) {
  auto config = client_config::standard();
  if (!config) return std::move(config).error();
  return connect(to, which, *config, std::move(how), std::move(with));
}

}  // namespace starttls
}  // namespace signet
