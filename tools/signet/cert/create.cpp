// signet cert create: a leaf from scratch, a renewal, or a look-alike.
#include <signet/x509/certificate_clone.hpp>

#include "cert/issue.hpp"
#include "cert/subcommands.hpp"
#include "output.hpp"

namespace tool {
namespace {

// What stands in a certificate that is there already.
constexpr auto taken_over = {"--cn",         "--org",       "--subject",  "--email",         "--uri",
                             "--purpose",    "--key-usage", "--ocsp-url", "--must-staple",   "--extended-key-usage",
                             "--not-before", "--not-after", "--crl-url",  "--ca-issuer-url", "--policy",
                             "--extension",  "--digest"};

signet::certificate only_certificate(const std::string& file) {
  const auto contents = read_for_a_look(file, {});
  if (contents.certificates.empty()) refuse_source(file, "it holds no certificate");
  return contents.certificates.front();
}

signet::clone_mode mode_of(const std::string& text) {
  if (text == "exact") return signet::clone_mode::exact;
  return text == "fixed" ? signet::clone_mode::fixed : signet::clone_mode::sni_only;
}

}  // namespace

exit_status run_cert_create(arguments args) {
  const std::string command = "cert create";
  command_line line(
      "signet cert create", "Makes a key and a certificate for it, issued by a CA or self-signed.",
      "  signet cert create --ca ca.pem --ca-key ca-key.pem --dns www.example.org --out cert.pem --out-key key.pem\n"
      "  signet cert create --ca ca.pem --ca-key ca-key.pem --ip 192.0.2.1 --purpose server,client --days 365 \\\n"
      "      --out cert.pem --out-key key.pem\n"
      "  signet cert create --self-signed --dns localhost --out cert.pem --out-key key.pem\n"
      "  signet cert create --renew cert.pem --key key.pem --ca ca.pem --ca-key ca-key.pem --out new.pem\n"
      "  signet cert create --like theirs.pem --ca ca.pem --ca-key ca-key.pem --out-p12 like.p12 \\\n"
      "      --out-password-file password.txt\n");
  subject_flags subject(subject_flags::kind::leaf);
  issuer_flags issuer;
  new_identity made(command);
  bool self_signed = false;
  std::string renewed, original, mode = "exact";
  subject.add_to(line);
  issuer.add_to(line, false);
  line.add_flag("--self-signed", self_signed, "no CA: the certificate vouches for itself").group("Issuer");
  const std::string again = "Again";
  line.add_option("--renew", renewed, "make this certificate again, for a new period").type_name("FILE").group(again);
  line.add_option("--like", original, "make a look-alike of this certificate, for an intercepting proxy")
      .type_name("FILE")
      .group(again);
  line.add_option("--like-mode", mode,
                  "exact; sni-only or fixed: for --dns and --ip only, with the original's period or our own (exact)")
      .one_of({"exact", "sni-only", "fixed"})
      .type_name("MODE")
      .group(again);
  made.add_to(line);
  if (const auto over = line.read(args)) return *over;

  if (issuer.given() == self_signed)
    throw failure(exit_status::usage, command + (self_signed ? ": --ca and --self-signed exclude each other"
                                                             : ": --ca FILE is needed, or --self-signed"));
  issuer.check(command);
  if (!renewed.empty()) {
    refuse_together(line, command, "--renew", taken_over);
    refuse_together(line, command, "--renew", {"--dns", "--ip", "--serial", "--like", "--like-mode"});
  } else if (!original.empty()) {
    refuse_together(line, command, "--like", taken_over);
    refuse_together(line, command, "--like", {"--days", "--self-signed"});
    if (mode == "exact") refuse_together(line, command, "--like-mode exact", {"--dns", "--ip"});
  } else {
    refuse_together(line, command, "a certificate that is like no other", {"--like-mode"});
    if (!subject.names_somebody())
      throw failure(exit_status::usage, command + ": at least one --dns or --ip is needed, or another name");
  }
  const auto wanted = subject.options(command);
  made.prepare();

  std::optional<signet::identity> ca;
  if (issuer.given()) ca = issuer.load();
  const std::string doing = "making the certificate";
  if (!renewed.empty()) {
    const auto old = only_certificate(renewed);
    const signet::renewal_options period{.lifetime = wanted.lifetime};
    made.store(value_in(doing, signet::renew_certificate(old, made.key(), ca ? &*ca : nullptr, period)), wanted);
  } else if (!original.empty()) {
    const auto like = only_certificate(original);
    const signet::clone_options how{
        .mode = mode_of(mode), .names = subject.hosts(), .serial_number = wanted.serial_number};
    made.store(value_in(doing, signet::clone_certificate(like, made.key(), *ca, how)), wanted);
  } else if (ca) {
    made.store(value_in(doing, signet::issue_certificate(wanted, made.key(), *ca)), wanted);
  } else {
    made.store(value_in(doing, signet::make_self_signed(wanted, made.key())), wanted);
  }
  return exit_status::ok;
}

}  // namespace tool
