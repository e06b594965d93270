// Connects to a server that forgets to send its intermediates, with a file of those that are known:
// evidence HOST:PORT CA.pem INTERMEDIATES.pem
#include <iostream>

#include <signet/signet.hpp>

namespace {

// Looks into a list. One that asks over the network answers std::nullopt until it has an answer.
class known_intermediates final : public signet::evidence_source {
 public:
  explicit known_intermediates(std::vector<signet::certificate> list) : list_(std::move(list)) {}

  std::optional<signet::evidence> find(const signet::evidence_wanted& wanted) override {
    signet::evidence found;
    if (wanted.issuer_of)
      for (const auto& c : list_)
        if (c.subject() == wanted.issuer_of->issuer()) found.issuers.push_back(c);
    return found;
  }

 private:
  const std::vector<signet::certificate> list_;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) {
    std::cerr << "usage: evidence HOST:PORT CA.pem INTERMEDIATES.pem\n";
    return 2;
  }
  const auto config =
      signet::client_config::make(
          {.trust = signet::trust_store::pem_file(argv[2]).value(),
           .evidence = std::make_shared<known_intermediates>(signet::load_certificates(argv[3]).value())})
          .value();
  auto server = signet::connect(signet::endpoint::parse(argv[1]).value(), config).value();
  // The anchor comes last.
  for (const auto& c : server.info().verified_chain) std::cout << c.subject() << '\n';
  return 0;
} catch (const signet::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
