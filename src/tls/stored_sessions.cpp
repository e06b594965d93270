#include "tls/stored_sessions.hpp"

#include <new>
#include <utility>

#include <signet/base/bytes.hpp>

#include "tls/octets.hpp"

namespace signet {
namespace {

// Of this form; another one is a full handshake.
constexpr char format = 1;

std::string der_of(SSL_SESSION* session) {
  const int size = i2d_SSL_SESSION(session, nullptr);
  if (size <= 0) throw std::bad_alloc();
  std::string out(static_cast<std::size_t>(size), '\0');
  auto* at = reinterpret_cast<unsigned char*>(out.data());
  i2d_SSL_SESSION(session, &at);
  return out;
}

}  // namespace

std::string stored_session::encoded() const {
  const auto der = der_of(session.get());
  std::string out(1, format);
  put_number(out, static_cast<std::uint64_t>(began.time_since_epoch().count()), 8);
  put_number(out, der.size(), 3);
  out += der;
  for (const auto& c : sent) {
    const auto one = c.der();
    put_number(out, one.size(), 3);
    out.append(byte_view(one).text());
  }
  return out;
}

std::optional<stored_session> stored_session::decode(std::string_view data) {
  if (!data.starts_with(format)) return {};
  byte_view rest(data.substr(1));
  const auto began = take_number(rest, 8);
  const auto session = take_counted(rest);
  // No year that a clock could not show.
  constexpr std::uint64_t latest = 1ULL << 40U;
  if (!began || *began > latest || !session) return {};
  stored_session out{.began = std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(*began)))};
  const auto* at = reinterpret_cast<const unsigned char*>(session->data());
  out.session.reset(d2i_SSL_SESSION(nullptr, &at, static_cast<long>(session->size())));
  if (!out.session) return {};
  while (!rest.empty()) {
    const auto one = take_counted(rest);
    auto parsed = one ? certificate::from_der(*one) : error(errc::file_malformed, "cut");
    if (!parsed) return {};
    out.sent.push_back(*std::move(parsed));
  }
  return out;
}

}  // namespace signet
