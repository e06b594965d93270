#include <signet/net/buffered_writer.hpp>

#include <algorithm>

namespace signet {
namespace {

// The most that one TLS record carries.
constexpr std::size_t room = 16384;

}  // namespace

result<void> buffered_writer::send(byte_view bytes, deadline until) {
  auto sent = std::visit([&](auto* on) { return on->write_all(bytes, until); }, on_);
  if (!sent) failure_ = sent.error();
  return sent;
}

result<void> buffered_writer::flush(deadline until) {
  if (failure_) return *failure_;
  if (held_.empty()) return {};
  auto sent = send(held_, until);
  if (sent) held_.clear();
  return sent;
}

result<void> buffered_writer::write(byte_view bytes, deadline until) {
  if (failure_) return *failure_;
  if (bytes.size() > room) {
    if (auto sent = flush(until); !sent) return sent;
    return send(bytes, until);
  }
  if (held_.empty() && !bytes.empty()) held_.reserve(room);
  const auto first = std::min(bytes.size(), room - held_.size());
  held_.append(bytes.text(), 0, first);
  if (first == bytes.size()) return {};
  if (auto sent = flush(until); !sent) return sent;
  held_.append(bytes.text(), first);
  return {};
}

}  // namespace signet
