// The public suffix list (publicsuffix.org): the names under which anybody may register a domain. A wildcard over such
// a name would speak for strangers. A list is immutable and shared by copies and threads; libpsl reads it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <signet/base/result.hpp>

namespace signet {

/// The parts of the list that count: registries under ICANN's rules, or these and private ones ("github.io").
enum class suffix_section : unsigned char { icann, all };

/// A top-level domain without a rule is a public suffix in every list except none().
class SIGNET_EXPORT public_suffix_list {
 public:
  /// The newer of the system's file and the list built into libpsl. It is read once a process.
  static public_suffix_list system();
  /// Reads a list in its published form, at most 16 MiB: one rule a line, and "//" begins a comment. A rule outside the
  /// sections that the published file marks counts under `all` only. A file without a rule is malformed.
  /// Errors: file_not_readable, file_too_large, file_malformed.
  static result<public_suffix_list> load(const std::filesystem::path& file);
  /// Reads the same from text.
  /// Errors: file_too_large, file_malformed.
  static result<public_suffix_list> parse(std::string_view text);
  /// A list without a suffix: no wildcard is refused.
  static public_suffix_list none();

  /// "co.uk" for "www.example.co.uk". `domain` is any name that server_name::parse takes; the answer is in A-labels.
  /// None for an address, for an invalid name, and from none().
  [[nodiscard]] std::optional<std::string> public_suffix(std::string_view domain,
                                                         suffix_section section = suffix_section::all) const;
  /// The suffix and one more label: "example.co.uk". None also when the name is a suffix itself.
  [[nodiscard]] std::optional<std::string> registrable_domain(std::string_view domain,
                                                              suffix_section section = suffix_section::all) const;
  /// Whether a name in lower-case A-labels is a public suffix.
  [[nodiscard]] bool is_public_suffix(const std::string& ascii, suffix_section section) const;

 private:
  friend struct detail::access;
  struct impl;
  explicit public_suffix_list(std::shared_ptr<const impl> list) noexcept : impl_(std::move(list)) {}

  std::shared_ptr<const impl> impl_;
};

}  // namespace signet
