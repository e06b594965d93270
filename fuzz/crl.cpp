// Lists in PEM or DER: read without a crash, and each answer agrees with the others.
#include <algorithm>
#include <cstdint>
#include <span>

#include <signet/x509/crl.hpp>

#include "check.hpp"

namespace {

void use(const signet::crl& list) {
  using namespace signet;
  fuzz::check_printable(list.issuer());
  fuzz::check_printable(list.number());
  fuzz::check_printable(list.signature_algorithm());
  (void)list.issuer_name();
  (void)list.extensions();
  fuzz::check(to_rfc3339(list.this_update()).size() == 20, "a time has a year of four digits");
  if (const auto next = list.next_update())
    fuzz::check(to_rfc3339(*next).size() == 20, "a time has a year of four digits");
  const auto entries = list.entries();
  fuzz::check(entries.size() == list.size(), "as many entries as are counted");
  for (const auto& e : entries) {
    fuzz::check_printable(e.serial_number);
    fuzz::check_printable(e.issuer);
    fuzz::check(!name(e.reason).empty(), "a reason has a name");
    fuzz::check(e.issuer.empty() || list.is_indirect(), "only indirect lists speak for others");
  }
  const auto again = crl::from_der(list.der());
  fuzz::check(again.has_value() && again->entries() == entries, "what was read is written and read again");
  const auto from_text = crl::from_pem(list.pem());
  fuzz::check(from_text.has_value() && from_text->der() == list.der(), "the same in PEM");
  fuzz::check_queue();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace signet;
  const byte_view input(std::as_bytes(std::span(data, size)));
  const auto all = parse_crls(input);
  fuzz::check_queue();
  if (!all) {
    fuzz::check_error(all.error());
    return 0;
  }
  fuzz::check(!all->empty(), "a list of lists is not empty");
  for (std::size_t i = 0; i < std::min<std::size_t>(all->size(), 4); ++i) use((*all)[i]);
  return 0;
}
