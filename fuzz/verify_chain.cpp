// Certificates of any kind as a peer might send them, judged under every profile: the first is the peer's own, the last
// is trusted.
#include <cstddef>
#include <cstdint>

#include <signet/verify/verify_peer.hpp>

#include "check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace signet;
  const auto all = parse_certificates({reinterpret_cast<const char*>(data), size});
  if (!all) return 0;
  const auto name = server_name::parse("server.test").value();
  for (const auto profile : {verify_profile::compatible, verify_profile::webpki, verify_profile::strict}) {
    const auto judged = verify_peer({.sent = *all,
                                     .trust = trust_store::of({all->back()}),
                                     .expected = name,
                                     .options = {.profile = profile, .scheme = hostname_scheme::lenient}});
    fuzz::check(!judged.chain().empty(), "a verdict names what it judged");
    for (const auto& f : judged.findings()) {
      fuzz::check(!f.message.empty(), "a finding has a message");
      fuzz::check_printable(f.message);
      fuzz::check_printable(f.hint);
    }
  }
  fuzz::check_queue();
  return 0;
}
