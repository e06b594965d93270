// Anchors out of files, read again when the files change. A new content that cannot be read leaves the old one in
// force: an update that is half done does not end every connection.
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
  // The anchors, or null when there are none to be had now.
  using reader = std::function<std::shared_ptr<const anchors>()>;
  using clock = std::function<std::chrono::steady_clock::time_point()>;

  // `path` is a file, or a folder whose entries count too.
  refreshed_anchors(std::filesystem::path path, std::shared_ptr<const anchors> first, reader read_again,
                    clock now = std::chrono::steady_clock::now);

  void find(const X509_NAME* name, std::vector<certificate>& into) const override { current()->find(name, into); }
  [[nodiscard]] std::size_t size() const noexcept override;
  [[nodiscard]] std::size_t skipped() const noexcept override;
  [[nodiscard]] std::vector<certificate> all() const override { return current()->all(); }
  [[nodiscard]] std::string description() const override { return current()->description(); }
  [[nodiscard]] std::uint64_t generation() const override;

  // Looked at no more often than this.
  static constexpr auto interval = std::chrono::seconds(2);

 private:
  [[nodiscard]] std::shared_ptr<const anchors> current() const;
  [[nodiscard]] std::shared_ptr<const anchors> held() const noexcept;
  // Changes whenever the file, or a file of the folder, does.
  [[nodiscard]] std::uint64_t look() const noexcept;

  std::filesystem::path path_;
  reader read_again_;
  clock now_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const anchors> current_;
  mutable std::uint64_t seen_;
  mutable std::uint64_t generation_ = 0;
  mutable std::chrono::steady_clock::time_point next_look_;
};

}  // namespace signet
