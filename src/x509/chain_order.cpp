#include "x509/chain_order.hpp"

#include <algorithm>

#include "ossl/errors.hpp"
#include "x509/impl.hpp"

namespace signet::x509 {
namespace {

// No chain that verifies is longer, and no file makes its reader check more signatures.
constexpr std::size_t longest_chain = 32;
constexpr int most_signature_checks = 100;

using place = std::vector<certificate>::iterator;

// The issuer of `subject` in [from, to): by name and key identifier, and of several such the one whose key made the
// signature.
place issuer_in(place from, place to, const certificate& subject, int& checks_left) {
  const auto names_it = [&](const certificate& c) { return X509_check_issued(raw(c), raw(subject)) == X509_V_OK; };
  const auto first = std::find_if(from, to, names_it);
  for (auto at = first; at != to && checks_left > 0; at = std::find_if(at + 1, to, names_it)) {
    --checks_left;
    EVP_PKEY* key = X509_get0_pubkey(raw(*at));
    if (key != nullptr && X509_verify(raw(subject), key) == 1) return at;
  }
  return first;
}

}  // namespace

std::size_t order_chain(std::vector<certificate>& certificates, std::size_t leaf) {
  const ossl::quiet_errors quiet;
  const auto to_front = [](place front, place chosen) { std::rotate(front, chosen, chosen + 1); };
  to_front(certificates.begin(), certificates.begin() + static_cast<std::ptrdiff_t>(leaf));
  auto last = certificates.begin();
  for (int checks_left = most_signature_checks; !last->is_self_issued(); ++last) {
    const auto next = last + 1;
    if (static_cast<std::size_t>(next - certificates.begin()) == longest_chain) break;
    const auto issuer = issuer_in(next, certificates.end(), *last, checks_left);
    if (issuer == certificates.end()) break;
    to_front(next, issuer);
  }
  return static_cast<std::size_t>(last - certificates.begin()) + 1;
}

}  // namespace signet::x509
