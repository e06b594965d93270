// signet cert ca: a root, or a CA below another.
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <string>

#include "cert/issue.hpp"
#include "cert/subcommands.hpp"
#include "output.hpp"

namespace tool {
namespace {

// "CA of kim@host", at most 64 characters: who finds it among others knows whose it is.
std::string default_name() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const passwd* user = ::getpwuid(::geteuid());
  const auto name = "CA of " + (user != nullptr ? std::string(user->pw_name) + "@" : std::string()) + host.data();
  constexpr std::size_t most = 64;
  return name.size() > most ? "CA of this machine" : name;
}

}  // namespace

exit_status run_cert_ca(arguments args) {
  const std::string command = "cert ca";
  command_line line("signet cert ca", "Makes a certification authority: a key and its certificate.",
                    "  signet cert ca --out ca.pem --out-key ca-key.pem\n"
                    "  signet cert ca --cn 'Root' --path-length 1 --permit example.org --permit 192.0.2.0/24 \\\n"
                    "      --out root.pem --out-key root-key.pem --out-password-file password.txt\n"
                    "  signet cert ca --cn 'Issuing CA' --ca root.pem --ca-key root-key.pem \\\n"
                    "      --ca-password-file password.txt --out issuing.pem --out-key issuing-key.pem\n");
  subject_flags subject(subject_flags::kind::ca);
  issuer_flags issuer;
  new_identity made(command);
  subject.add_to(line);
  issuer.add_to(line, false);
  made.add_to(line);
  if (const auto over = line.read(args)) return *over;

  issuer.check(command);
  if (issuer.given() && !subject.names_somebody())
    throw failure(exit_status::usage, command + ": --cn NAME is needed below another CA, or --subject");
  auto wanted = subject.options(command);
  if (!subject.names_somebody()) wanted.common_name = default_name();
  made.prepare();
  if (issuer.given()) {
    const auto ca = issuer.load();
    made.store(value_in("making the CA", signet::issue_ca(wanted, made.key(), ca)), wanted);
  } else {
    made.store(value_in("making the CA", signet::make_ca(wanted, made.key())), wanted);
  }
  return exit_status::ok;
}

}  // namespace tool
