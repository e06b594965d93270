// A folder as a web site: what a request for a path in it is answered with. There is no way out of the folder: a path
// is decoded first and judged then, and the system resolves it beneath the folder, symbolic links included. Only
// regular files are served; of names that begin with a dot only .well-known (RFC 8615). Folders are not listed.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <signet/base/result.hpp>

#include "descriptor.hpp"
#include "http1/request.hpp"

namespace tool {

namespace http1 = signet::http1;

/// An answer: the head's own fields, and a body that is text or a part of an open file.
struct http_answer {
  int status = 200;
  http1::header_fields fields = {};
  std::string text = {};
  owned_descriptor file = {};
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  /// Status line, fields, Content-Length, Date and the empty line.
  [[nodiscard]] std::string head(bool keep_alive, int minor_version) const;
  [[nodiscard]] std::uint64_t body_size() const noexcept { return file ? length : text.size(); }
};

/// A short answer in plain text.
http_answer plain_answer(int status, std::string_view why = {});

/// The path of a target, percent-decoded and split: its parts are joined by "/" and none of them is empty, a dot name,
/// or holds a slash, a backslash or a control character. "" is the folder itself. Nothing: such a path is not served.
std::optional<std::string> path_within(std::string_view target);

class static_site {
 public:
  /// Never serves the files named as secrets, by whatever name they are asked for. file_not_readable.
  static signet::result<static_site> open(const std::filesystem::path& folder,
                                          std::vector<std::filesystem::path> secrets = {});
  [[nodiscard]] http_answer answer(const http1::request& request) const;

 private:
  static_site(owned_descriptor folder, std::vector<std::filesystem::path> secrets)
      : folder_(std::move(folder)), secrets_(std::move(secrets)) {}
  // Nothing, with errno, where it cannot be opened.
  [[nodiscard]] owned_descriptor open_beneath(const std::string& path) const;
  [[nodiscard]] bool is_secret(const struct stat& file) const;

  owned_descriptor folder_;
  std::vector<std::filesystem::path> secrets_;
};

/// "text/html; charset=utf-8" for "a/index.html".
std::string_view media_type(std::string_view path) noexcept;

struct byte_range {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};
enum class range_outcome : unsigned char { whole, part, unsatisfiable };
/// One range of RFC 9110 section 14: "bytes=0-99", "bytes=100-", "bytes=-100". Several, and what does not parse, are
/// answered with the whole.
range_outcome parse_range(std::string_view value, std::uint64_t size, byte_range& into) noexcept;

}  // namespace tool
