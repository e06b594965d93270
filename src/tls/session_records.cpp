#include "tls/session_records.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

namespace signet {
namespace {

constexpr std::string_view first_line = "signet sessions 1\n";
constexpr std::size_t octets_of_digest = 32;
// Two lengths and a time.
constexpr std::size_t octets_of_head = 4 + 4 + 8;
constexpr std::size_t octets_beside = first_line.size() + octets_of_digest;

std::string digest_of(std::string_view text) {
  std::string out(octets_of_digest, '\0');
  if (EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, EVP_sha256(),
                 nullptr) != 1)
    throw std::bad_alloc();
  return out;
}

void put(std::string& out, std::uint64_t number, unsigned octets) {
  while (octets-- > 0) out += static_cast<char>(number >> 8 * octets & 0xff);
}

// Takes the number from the front of `rest`, which is long enough.
std::uint64_t take_number(std::string_view& rest, unsigned octets) {
  std::uint64_t number = 0;
  for (const char c : rest.substr(0, octets)) number = number << 8 | static_cast<unsigned char>(c);
  rest.remove_prefix(octets);
  return number;
}

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= session_records::longest_key &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::size_t session_record::octets() const noexcept {
  return octets_of_head + key.size() + value.size();
}

session_records session_records::parse(std::string_view content, std::chrono::sys_seconds now) {
  if (content.size() < octets_beside || content.size() > most_octets || !content.starts_with(first_line)) return {};
  const auto covered = content.substr(0, content.size() - octets_of_digest);
  if (content.substr(covered.size()) != digest_of(covered)) return {};
  session_records out;
  for (auto rest = covered.substr(first_line.size()); !rest.empty();) {
    if (rest.size() < octets_of_head) return {};
    const auto key = take_number(rest, 4), value = take_number(rest, 4);
    const std::chrono::sys_seconds expires{std::chrono::seconds(static_cast<std::int64_t>(take_number(rest, 8)))};
    if (key + value > rest.size()) return {};
    session_record one{std::string(rest.substr(0, key)), std::string(rest.substr(key, value)), expires};
    rest.remove_prefix(key + value);
    if (expires > now) out.oldest_first_.push_back(std::move(one));
  }
  return out;
}

std::string session_records::text() const {
  std::string out(first_line);
  for (const auto& one : oldest_first_) {
    put(out, one.key.size(), 4);
    put(out, one.value.size(), 4);
    put(out, static_cast<std::uint64_t>(one.expires.time_since_epoch().count()), 8);
    out += one.key;
    out += one.value;
  }
  return out += digest_of(out);
}

bool session_records::add(session_record made) {
  if (!is_key(made.key) || made.value.size() > longest_value) return false;
  const auto is_of_key = [&made](const session_record& one) { return one.key == made.key; };
  if (std::count_if(oldest_first_.begin(), oldest_first_.end(), is_of_key) >= std::ptrdiff_t{most_per_key})
    oldest_first_.erase(std::find_if(oldest_first_.begin(), oldest_first_.end(), is_of_key));
  oldest_first_.push_back(std::move(made));
  // From the newest on, as many as there is room for.
  std::size_t kept = 0, octets = octets_beside;
  for (; kept < std::min(most, oldest_first_.size()); ++kept)
    if ((octets += std::prev(oldest_first_.end(), static_cast<std::ptrdiff_t>(kept) + 1)->octets()) > most_octets)
      break;
  oldest_first_.erase(oldest_first_.begin(), std::prev(oldest_first_.end(), static_cast<std::ptrdiff_t>(kept)));
  return true;
}

std::optional<std::string> session_records::find(std::string_view key) const {
  const auto newest =
      std::find_if(oldest_first_.rbegin(), oldest_first_.rend(), [key](const auto& one) { return one.key == key; });
  if (newest == oldest_first_.rend()) return std::nullopt;
  return newest->value;
}

std::optional<std::string> session_records::take(std::string_view key) {
  const auto newest =
      std::find_if(oldest_first_.rbegin(), oldest_first_.rend(), [key](const auto& one) { return one.key == key; });
  if (newest == oldest_first_.rend()) return std::nullopt;
  auto value = std::move(newest->value);
  oldest_first_.erase(std::prev(newest.base()));
  return value;
}

bool session_records::remove(std::string_view key) {
  return std::erase_if(oldest_first_, [key](const auto& one) { return one.key == key; }) > 0;
}

}  // namespace signet
