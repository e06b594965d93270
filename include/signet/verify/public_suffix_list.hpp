// The public suffix list (publicsuffix.org): under which names anybody may register. A wildcard over such a name would
// speak for strangers. Immutable, shared by copies and threads; libpsl reads it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <signet/base/result.hpp>

namespace signet {

/// The list's two halves: registries under ICANN's rules, and these with private ones ("github.io") together.
enum class suffix_section : unsigned char { icann, all };

class SIGNET_EXPORT public_suffix_list {
 public:
  /// The newest of the system's file and what is built into libpsl, read once a process. A top-level domain without a
  /// rule is a suffix.
  static public_suffix_list system();
  /// One rule a line, "//" begins a comment, as published; at most 16 MiB. Rules outside the sections the published
  /// file marks belong to no half and count under `all` only. file_malformed when it holds no rule;
  /// file_not_readable, file_too_large.
  static result<public_suffix_list> load(const std::filesystem::path& file);
  static result<public_suffix_list> parse(std::string_view text);
  /// Knows no suffix: wildcards are refused nowhere.
  static public_suffix_list none();

  /// "co.uk" for "www.example.co.uk". Names as server_name::parse takes them; none for addresses, for what is no name,
  /// and from none(). A-labels.
  [[nodiscard]] std::optional<std::string> public_suffix(std::string_view domain,
                                                         suffix_section section = suffix_section::all) const;
  /// The suffix and one label more: "example.co.uk". None when the name is a suffix itself.
  [[nodiscard]] std::optional<std::string> registrable_domain(std::string_view domain,
                                                              suffix_section section = suffix_section::all) const;
  /// Of a name in lower-case A-labels.
  [[nodiscard]] bool is_public_suffix(const std::string& ascii, suffix_section section) const;

  struct impl;

 private:
  explicit public_suffix_list(std::shared_ptr<const impl> list) noexcept : impl_(std::move(list)) {}

  std::shared_ptr<const impl> impl_;
};

}  // namespace signet
