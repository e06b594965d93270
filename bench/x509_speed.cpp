// Reads a certificate and takes its fingerprint, by raw OpenSSL and by signet in turns, in one process: nothing else
// differs. Prints CPU nanoseconds a call as JSON.
#include <signet/x509/certificate.hpp>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>

namespace {

constexpr int calls = 5000;

struct x509_freed {
  void operator()(X509* x) const noexcept { X509_free(x); }
};
using x509_ptr = std::unique_ptr<X509, x509_freed>;

x509_ptr raw_parse(signet::byte_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  x509_ptr out(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!out) std::abort();
  return out;
}

double cpu_nanoseconds() {
  std::timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

template <class Call>
double per_call(const Call& call) {
  const double begin = cpu_nanoseconds();
  for (int i = 0; i < calls; ++i) call();
  return (cpu_nanoseconds() - begin) / calls;
}

// The second of two turns, the first of which warms up.
template <class Raw, class Signet>
void tell(const char* name, const Raw& raw, const Signet& signet, const char* end) {
  double of_raw = 0;
  double of_signet = 0;
  for (int turn = 0; turn < 2; ++turn) {
    of_raw = per_call(raw);
    of_signet = per_call(signet);
  }
  std::printf("\"%s\": {\"raw\": %.1f, \"signet\": %.1f}%s", name, of_raw, of_signet, end);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: x509_speed CERTIFICATE\n", stderr);
    return 2;
  }
  const auto all = signet::load_certificates(arguments[1]);
  if (!all) {
    std::fprintf(stderr, "x509_speed: %s\n", all.error().message().c_str());
    return 1;
  }
  const auto& leaf = all->front();
  const auto der = leaf.der();
  const auto parsed = raw_parse(der);
  const auto raw_digest = [&] {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    if (X509_digest(parsed.get(), EVP_sha256(), out.data(), &size) != 1) std::abort();
  };
  std::printf("{");
  tell(
      "parse", [&] { raw_parse(der); }, [&] { (void)signet::certificate::from_der(der).value(); }, ", ");
  tell(
      "fingerprint_sha256", raw_digest, [&] { (void)leaf.fingerprint_sha256(); }, ", ");
  tell(
      "fingerprint", raw_digest, [&] { (void)leaf.fingerprint("sha256").value(); }, "}\n");
}
