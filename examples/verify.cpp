// Judges a certificate file as a connection would: verify CHAIN.pem NAME [CA.pem].
#include <iostream>

#include <signet/signet.hpp>

int main(int argc, char** argv) try {
  if (argc < 3) {
    std::cerr << "usage: verify CHAIN.pem NAME [CA.pem]\n";
    return 2;
  }
  const auto sent = signet::load_certificates(argv[1]).value();
  const auto verdict = signet::verify_peer({
      .sent = sent,
      .trust = argc > 3 ? signet::trust_store::pem_file(argv[3]).value() : signet::trust_store::system(),
      .expected = signet::server_name::parse(argv[2]).value(),
      .options = {.profile = signet::verify_profile::webpki},
  });
  for (const auto& c : verdict.chain()) std::cout << c.subject() << '\n';
  // Every problem of every certificate, the most telling first.
  for (const auto& f : verdict.findings())
    std::cout << signet::name(f.code) << " (depth " << f.depth << "): " << f.message << '\n';
  return verdict.trusted() ? 0 : 1;
} catch (const signet::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 2;
}
