// A system's bundle, however broken: indexed without a crash, and what it gives out is what OpenSSL parses.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "verify/anchors.hpp"
#include "x509/impl.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const signet::indexed_bundle bundle(std::string(reinterpret_cast<const char*>(data), size));
  const auto all = bundle.all();
  if (all.size() > bundle.size()) std::abort();
  for (const auto& c : all) {
    std::vector<signet::certificate> found;
    bundle.find(X509_get_subject_name(signet::raw(c)), found);
    bool itself = false;
    for (const auto& f : found) itself = itself || f == c;
    if (!itself) std::abort();
  }
  return 0;
}
