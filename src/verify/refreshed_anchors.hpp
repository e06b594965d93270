// Anchors out of files, read again when the files change. What is gone or empty by then trusts nobody. Another reason
// why it cannot be read (an update half done, no descriptor left) leaves the old content in force for `patience`, and
// nobody is trusted after that; the description says so meanwhile.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "verify/anchors.hpp"

namespace signet {

class refreshed_anchors final : public anchors {
 public:
  // The anchors found there, or why there are none to be had now. Whoever reads again answers with none where the place
  // is gone or empty.
  using reader = std::function<result<std::shared_ptr<const anchors>>(const std::filesystem::path&)>;
  using clock = std::function<std::chrono::steady_clock::time_point()>;

  // What `read` finds at `path`, now and whenever that changes: a file, or a folder whose entries count too. A relative
  // path goes on meaning what it means now. A pipe is read once.
  static result<std::shared_ptr<const anchors>> make(const std::filesystem::path& path, reader read_first,
                                                     reader read_again, clock now = std::chrono::steady_clock::now);

  void find(const X509_NAME* name, std::vector<certificate>& into) const override { current()->find(name, into); }
  [[nodiscard]] std::size_t size() const noexcept override;
  [[nodiscard]] std::size_t skipped() const noexcept override;
  [[nodiscard]] std::vector<certificate> all() const override { return current()->all(); }
  [[nodiscard]] std::array<std::uint8_t, 32> digest() const override { return current()->digest(); }
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] std::uint64_t generation() const override;

  // Looked at no more often than this.
  static constexpr auto interval = std::chrono::seconds(2);
  static constexpr auto patience = std::chrono::minutes(10);

 private:
  // `seen` is what the path looked like before `first` was read there.
  refreshed_anchors(std::filesystem::path path, std::uint64_t seen, std::shared_ptr<const anchors> first, reader read,
                    clock now);
  [[nodiscard]] std::shared_ptr<const anchors> current() const;
  [[nodiscard]] std::shared_ptr<const anchors> held() const noexcept;

  std::filesystem::path path_;
  reader read_;
  clock now_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const anchors> current_;
  mutable std::uint64_t seen_;
  mutable std::uint64_t generation_ = 0;
  mutable std::chrono::steady_clock::time_point next_look_;
  // How often somebody has looked, and which of them read what counts: that happens without the lock.
  mutable std::uint64_t looks_ = 0;
  mutable std::uint64_t read_by_look_ = 0;
  // Why the last attempt to read failed, and since when none has succeeded.
  mutable std::string trouble_;
  mutable std::chrono::steady_clock::time_point failing_since_;
};

}  // namespace signet
