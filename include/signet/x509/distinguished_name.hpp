// The name of a subject or an issuer (X.501), as a list of attributes in the order of their encoding. The least
// specific attribute usually comes first: country, organization, common name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <signet/base/export.hpp>
#include <signet/base/result.hpp>

namespace signet {

/// One attribute of a name.
struct name_attribute {
  /// "CN", "O", "emailAddress", or a dotted OID where there is no such name. A name can be made from either form.
  std::string type = {};
  /// UTF-8 text that is safe to print: an octet that cannot be printed is \XX, and a backslash is \5C. A value of '#'
  /// and hex is DER; it stands for a value that is not text or whose type has no name.
  std::string value = {};
  /// Whether the attribute shares a relative distinguished name with the attribute before it ("CN=a+UID=b").
  bool is_joined = false;

  friend bool operator==(const name_attribute&, const name_attribute&) = default;
};

struct SIGNET_EXPORT distinguished_name {
  std::vector<name_attribute> attributes = {};

  /// Parses RFC 4514 text, in which the most specific attribute comes first. Empty text gives an empty name.
  /// Errors: invalid_name.
  static result<distinguished_name> parse(std::string_view text);
  /// The name as RFC 4514 text that is safe to print.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool empty() const noexcept { return attributes.empty(); }
  /// The values of all attributes of one type, in their order. `type` is a name or a dotted OID.
  [[nodiscard]] std::vector<std::string> values(std::string_view type) const;

  friend bool operator==(const distinguished_name&, const distinguished_name&) = default;
};

}  // namespace signet
