#include "tls/wire.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ossl/guard.hpp"

namespace signet {
namespace {

// A read goes here first, so that a connection that waits holds no buffer. What fills it is a stream, and streams get
// one.
constexpr std::size_t first_read = 4096;
constexpr std::size_t stream_read = std::size_t{64} << 10;

}  // namespace

struct wire_bio {
  static int read(BIO* bio, char* out, std::size_t size, std::size_t* got) {
    BIO_clear_retry_flags(bio);
    auto* self = static_cast<wire*>(BIO_get_data(bio));
    const auto answer = ossl::guarded(wire::read_answer::failed, [&] { return self->read({out, size}, *got); });
    if (answer == wire::read_answer::bytes) return 1;
    *got = 0;
    if (answer == wire::read_answer::not_yet) BIO_set_retry_read(bio);
    return 0;
  }
  static int write(BIO* bio, const char* data, std::size_t size, std::size_t* taken) {
    BIO_clear_retry_flags(bio);
    auto* self = static_cast<wire*>(BIO_get_data(bio));
    const bool held = ossl::guarded(false, [&] {
      self->hold(std::string_view(data, size));
      return true;
    });
    *taken = held ? size : 0;
    return held ? 1 : 0;
  }
  static long ctrl(BIO* bio, int command, long, void*) {
    auto* self = static_cast<wire*>(BIO_get_data(bio));
    switch (command) {
      case BIO_CTRL_FLUSH:
      case BIO_CTRL_DUP:
        return 1;
      case BIO_CTRL_EOF:
        return self->peer_ended() ? 1 : 0;
      case BIO_CTRL_PENDING:
        return static_cast<long>(self->buffered());
      case BIO_CTRL_WPENDING:
        return static_cast<long>(self->unsent());
      default:
        return 0;
    }
  }

  static BIO_METHOD* method() {
    // One a process, never freed: BIOs in other static objects may outlive any order of destruction.
    static BIO_METHOD* const made = [] {
      auto* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "signet wire");
      if (m == nullptr) throw std::bad_alloc();
      BIO_meth_set_read_ex(m, read);
      BIO_meth_set_write_ex(m, write);
      BIO_meth_set_ctrl(m, ctrl);
      return m;
    }();
    return made;
  }
};

ossl::bio_ptr wire::make_bio() {
  ossl::bio_ptr bio(BIO_new(wire_bio::method()));
  if (!bio) throw std::bad_alloc();
  BIO_set_data(bio.get(), this);
  BIO_set_init(bio.get(), 1);
  return bio;
}

void wire::note_first(byte_view bytes) noexcept {
  const auto n = std::min(bytes.size(), first_.size() - first_size_);
  if (n == 0) return;
  std::memcpy(first_.data() + first_size_, bytes.data(), n);
  first_size_ += n;
}

void wire::keep(byte_view rest, std::size_t capacity) {
  in_ = std::make_unique_for_overwrite<std::byte[]>(capacity);
  in_capacity_ = capacity;
  in_begin_ = 0;
  in_end_ = rest.size();
  std::memcpy(in_.get(), rest.data(), rest.size());
}

// That it cannot be sent is no reason not to hear why, and a read that has used its time says nothing about writing.
void wire::flush_for_reading() {
  if (write_failure_ || unsent() == 0) return;
  auto sent = push(patience::as_called);
  // A call without time is how event loops read; what it was made to answer leaves all the same.
  if (!sent && sent.error().code() == errc::timed_out) sent = push(patience::none);
  if (!sent && sent.error().code() != errc::timed_out) give_up(std::move(sent).error());
}

wire::read_answer wire::read(byte_span into, std::size_t& got) {
  if (overfull()) {
    if (!only_buffered_) flush_for_reading();
    if (overfull()) return read_answer::not_yet;
  }
  if (in_begin_ == in_end_) {
    if (only_buffered_ || budget_ == 0) return read_answer::not_yet;
    // A silent peer may be waiting for what we hold.
    flush_for_reading();

    std::byte small[first_read];
    const byte_span target = in_ ? byte_span(in_.get(), in_capacity_) : byte_span(small);
    auto answer = postponed_ ? below_->try_read(target) : below_->read(target);
    if (postponed_ && answer && answer->bytes == 0 && !answer->end) {
      postponed_ = false;
      flush_for_reading();
      answer = below_->read(target);
    }
    if (!answer) {
      const bool may_go_on = answer.error().code() == errc::timed_out;
      read_failure_ = std::move(answer).error();
      in_.reset();
      return may_go_on ? read_answer::not_yet : read_answer::failed;
    }
    if (answer->end) {
      peer_ended_ = true;
      in_.reset();
      return read_answer::end;
    }
    if (answer->bytes == 0) {
      in_.reset();
      return read_answer::not_yet;
    }
    const auto n = std::min(answer->bytes, target.size());
    budget_ -= std::min(n, budget_);
    if (first_size_ < first_.size()) note_first(target.first(n));
    more_expected_ = n == target.size();
    if (!in_) {
      got = std::min(n, into.size());
      std::memcpy(into.data(), small, got);
      if (more_expected_)
        keep(std::span<const std::byte>(small + got, n - got), stream_read);
      else if (got < n)
        keep(std::span<const std::byte>(small + got, n - got), n - got);
      return read_answer::bytes;
    }
    in_begin_ = 0;
    in_end_ = n;
  }
  got = std::min(in_end_ - in_begin_, into.size());
  std::memcpy(into.data(), in_.get() + in_begin_, got);
  in_begin_ += got;
  if (in_begin_ == in_end_ && !more_expected_) in_.reset();
  return read_answer::bytes;
}

void wire::hold(byte_view bytes) {
  postponed_ = false;
  if (write_failure_) return;  // reported by the engine's next flush; TLS below a broken wire goes nowhere
  if (out_end_ + bytes.size() > out_capacity_) {
    const auto held = unsent();
    const auto needed = held + bytes.size();
    // A full record is seldom the only one of its flight.
    const auto capacity = needed <= 1024   ? 1024
                          : needed < 16384 ? std::max(needed, 2 * out_capacity_)
                                           : std::max(needed, held_limit);
    auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
    if (held != 0) std::memcpy(larger.get(), out_.get() + out_begin_, held);
    out_ = std::move(larger);
    out_capacity_ = capacity;
    out_begin_ = 0;
    out_end_ = held;
  }
  std::memcpy(out_.get() + out_end_, bytes.data(), bytes.size());
  out_end_ += bytes.size();
}

result<bool> wire::push(patience how) {
  while (unsent() != 0) {
    const byte_view held(std::span<const std::byte>(out_.get() + out_begin_, unsent()));
    auto sent = how == patience::none ? below_->try_write(held) : below_->write(held);
    if (!sent) return std::move(sent).error();
    out_begin_ += std::min(sent->bytes, unsent());
    if (sent->bytes == 0) return false;
  }
  drop_held();
  return true;
}

void wire::drop_held() noexcept {
  out_begin_ = out_end_ = out_capacity_ = 0;
  out_.reset();
}

void wire::give_up(error why) {
  write_failure_ = std::move(why);
  drop_held();
}

result<bool> wire::flush(patience how) {
  if (postponed_) return true;
  if (write_failure_) return *write_failure_;
  auto sent = push(how);
  if (sent) return sent;
  give_up(std::move(sent).error());
  return *write_failure_;
}

bool wire::fetch() {
  if (in_begin_ != in_end_) return true;
  std::byte small[first_read];
  const auto answer = below_->try_read(small);
  if (!answer || answer->bytes == 0) return false;
  const auto came = byte_view(std::span<const std::byte>(small, std::min(answer->bytes, sizeof small)));
  note_first(came);
  keep(came, came.size());
  more_expected_ = false;
  return true;
}

void wire::feed(byte_view bytes) {
  if (bytes.empty()) return;
  note_first(bytes);
  std::string all = take_buffered();
  all.append(bytes.text());
  keep(byte_view(all), all.size());
  more_expected_ = false;
}

std::string wire::take_buffered() {
  std::string out;
  if (in_) out.assign(reinterpret_cast<const char*>(in_.get()) + in_begin_, buffered());
  in_begin_ = in_end_ = 0;
  in_.reset();
  return out;
}

}  // namespace signet
