// Two descriptors, one a direction: pipes, a terminal, stdin and stdout, a process at the other end. They stay
// blocking, for others may hold them too; whoever must not wait asks poll(2) first.
#pragma once

#include "base/descriptor.hpp"
#include "net/channel/channel.hpp"

namespace signet::net {

class pipe_channel final : public channel {
 public:
  pipe_channel(base::descriptor in, base::descriptor out, peer whom) noexcept
      : channel(std::move(whom)), in_(std::move(in)), out_(std::move(out)) {}

  result<io_status> read(byte_span buffer) override;
  result<io_status> write(byte_view bytes) override;

  [[nodiscard]] bool is_open() const noexcept override { return in_ || out_; }
  [[nodiscard]] int read_handle() const noexcept override { return in_.get(); }
  [[nodiscard]] int write_handle() const noexcept override { return out_.get(); }
  result<void> end_writing() override;
  bool part() noexcept override {
    out_.reset();
    return true;
  }
  void close() noexcept override;

 private:
  // False when it would have to wait and may not.
  result<bool> ready(int fd, short events);

  base::descriptor in_;
  base::descriptor out_;
};

}  // namespace signet::net
