// Another current folder for a while.
#pragma once

#include <filesystem>
#include <system_error>

namespace signet::test {

// The folder is the current one until this ends.
class current_folder {
 public:
  explicit current_folder(const std::filesystem::path& folder) { std::filesystem::current_path(folder); }
  ~current_folder() {
    std::error_code ignored;
    std::filesystem::current_path(before_, ignored);
  }
  current_folder(const current_folder&) = delete;
  current_folder& operator=(const current_folder&) = delete;

 private:
  std::filesystem::path before_ = std::filesystem::current_path();
};

}  // namespace signet::test
