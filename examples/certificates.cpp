// Makes a CA, a certificate of it and a PKCS#12 file, and looks at what it made: certificates FOLDER.
#include <filesystem>
#include <iostream>

#include <signet/signet.hpp>

// The file is there with these bytes, or an exception is thrown.
void write(const std::filesystem::path& file, signet::byte_view content, signet::file_access access) {
  auto out = signet::new_file::begin(file, access, signet::existing_file::replace).value();
  out.write(content).value();
  out.commit().value();
}

int main(int argc, char** argv) try {
  if (argc != 2) return std::cerr << "usage: certificates FOLDER\n", 2;
  const std::filesystem::path folder = argv[1];

  // A CA for one domain, and a leaf: every default is what a strict reader wants today.
  const auto ca = signet::make_ca({.common_name = "Example CA",
                                   .constraints = {.permitted = {{signet::general_name_kind::dns, "example.org"}}}},
                                  signet::private_key::generate("ec:P-256").value())
                      .value();
  const auto server = signet::issue_certificate({.dns_names = {"www.example.org"}, .lifetime = std::chrono::days(30)},
                                                signet::private_key::generate("ec:P-256").value(), ca)
                          .value();
  write(folder / "ca.pem", ca.leaf().pem(), signet::file_access::others_read);
  // The CA's key stays where it is its owner's alone: mode 0600, and never over another key.
  ca.key().save(folder / "ca.key", {.password = "battery staple", .existing = signet::existing_file::replace}).value();
  write(folder / "server.p12", signet::make_pkcs12(server, "correct horse").value(), signet::file_access::owner_only);

  // Whatever a file holds, in PEM, DER or PKCS#12. A password is asked for only where one is needed.
  const auto contents =
      signet::load_x509(folder / "server.p12", [] { return std::optional<std::string>("correct horse"); });
  if (!contents) return std::cerr << contents.error().message() << '\n' << contents.error().hint() << '\n', 1;
  for (const auto& cert : contents->certificates) {
    std::cout << cert.subject() << ", issued by " << cert.issuer() << ", until " << signet::to_rfc3339(cert.not_after())
              << '\n'
              << "sha256 " << signet::to_hex(cert.fingerprint("sha256").value()) << '\n';
  }

  // Would it be served well?
  const auto findings = check_certificates(
      contents->certificates, {.key = contents->keys.at(0), .trust = signet::trust_store::of({ca.leaf()})});
  for (const auto& finding : findings) std::cout << name(finding.weight) << ": " << finding.message << '\n';
  return findings.empty() ? 0 : 1;
} catch (const std::exception& failure) {
  // value() of a failure throws the whole sentence.
  std::cerr << failure.what() << '\n';
  return 1;
}
