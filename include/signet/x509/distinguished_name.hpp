// The name of a subject or an issuer (X.501) as a list of attributes in the order in which they are encoded, the least
// specific first as a rule: country, organization, common name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <signet/base/export.hpp>
#include <signet/base/result.hpp>

namespace signet {

struct name_attribute {
  /// "CN", "O", "emailAddress"; a dotted OID where there is no such name. Either is accepted when a name is made.
  std::string type = {};
  /// UTF-8, safe to print: octets that cannot be printed are \XX, a backslash is \5C. "#" and hex is the DER of a value
  /// that is no text, or whose type has no name.
  std::string value = {};
  /// Shares a relative distinguished name with the attribute before it ("CN=a+UID=b").
  bool is_joined = false;

  friend bool operator==(const name_attribute&, const name_attribute&) = default;
};

struct SIGNET_EXPORT distinguished_name {
  std::vector<name_attribute> attributes = {};

  /// RFC 4514: the most specific first. A name without an attribute cannot be written; an empty text is an empty name.
  /// invalid_name.
  static result<distinguished_name> parse(std::string_view text);
  /// RFC 4514 text that is safe to print.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool empty() const noexcept { return attributes.empty(); }
  /// Every value of attributes of this type, in their order.
  [[nodiscard]] std::vector<std::string> values(std::string_view type) const;

  friend bool operator==(const distinguished_name&, const distinguished_name&) = default;
};

}  // namespace signet
