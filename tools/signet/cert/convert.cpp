// signet cert convert: the same things in another form. Files that hold a key are readable by their owner only.
#include <signet/verify/certificate_check.hpp>
#include <signet/x509/pkcs12.hpp>
#include <signet/x509/pkcs7.hpp>

#include "cert/cert_files.hpp"
#include "cert/subcommands.hpp"
#include "output.hpp"

namespace tool {
namespace {

struct conversion {
  std::string in = {};
  std::string out = {};
  std::string to = "pem";
  std::string key = {};
  std::string only = "all";
  std::optional<std::string> out_password = {};
  bool legacy = false;
  bool traditional = false;
};

std::string key_pem(const conversion& how, const signet::private_key& key) {
  if (how.out_password) return value_in("encrypting the key", key.encrypted_pem(*how.out_password));
  return how.traditional ? value_in("converting the key", key.traditional_pem()) : key.pem();
}

std::string to_pem(const conversion& how, const signet::x509_contents& contents) {
  auto text = pem_of(contents.certificates);
  for (const auto& one : contents.keys) text += key_pem(how, one);
  for (const auto& one : contents.requests) text += one.pem();
  for (const auto& one : contents.crls) text += one.pem();
  return text;
}

std::vector<std::byte> to_der(const conversion& how, const signet::x509_contents& contents) {
  std::vector<std::vector<std::byte>> all;
  for (const auto& one : contents.certificates) all.push_back(one.der());
  for (const auto& one : contents.keys) all.push_back(one.der());
  for (const auto& one : contents.requests) all.push_back(one.der());
  for (const auto& one : contents.crls) all.push_back(one.der());
  if (all.size() != 1)
    throw failure(exit_status::local,
                  "converting " + how.in + ": DER holds one object, and there are " + std::to_string(all.size()),
                  "name one kind with --only, or use --to pem");
  return all.front();
}

std::vector<std::byte> to_pkcs12(const conversion& how, const signet::x509_contents& contents) {
  const std::string doing = "converting " + how.in;
  const signet::pkcs12_options options{.encryption = how.legacy ? signet::pkcs12_encryption::legacy
                                                                : signet::pkcs12_encryption::modern};
  if (contents.keys.empty() && !contents.certificates.empty()) {
    say("signet: there is no key (--key FILE names one): a trust store is made");
    return value_in(doing, signet::make_pkcs12_trust_store(contents.certificates, *how.out_password, options));
  }
  if (contents.keys.empty())
    throw failure(exit_status::local,
                  doing + ": PKCS#12 holds a key and its certificates, or a trust store, and there is none",
                  "name the key with --key FILE");
  if (contents.certificates.empty())
    throw failure(exit_status::local, doing + ": it holds no certificate to go with the key");
  const auto& key = contents.keys.front();
  auto who = value_in(
      doing, signet::identity::make(signet::in_chain_order(contents.certificates, key, signet::chain_root::keep), key));
  return value_in(doing, signet::make_pkcs12(who, *how.out_password, options));
}

std::vector<std::byte> to_pkcs7(const conversion& how, const signet::x509_contents& contents) {
  const std::string doing = "converting " + how.in;
  if (!contents.keys.empty())
    throw failure(exit_status::local, doing + ": PKCS#7 holds no keys, and there is one",
                  "leave it out with --only certificates");
  return value_in(doing, signet::make_pkcs7({contents.certificates, contents.crls}));
}

// What --only leaves.
void select(const std::string& only, signet::x509_contents& contents) {
  if (only == "all") return;
  if (only != "certificates") contents.certificates.clear();
  if (only != "keys") contents.keys.clear();
  if (only != "requests") contents.requests.clear();
  if (only != "crls") contents.crls.clear();
}

}  // namespace

exit_status run_cert_convert(arguments args) {
  const std::string command = "cert convert";
  command_line line("signet cert convert",
                    "Writes certificates, keys, signing requests and revocation lists in another form.",
                    "  signet cert convert --in cert.der --out cert.pem\n"
                    "  signet cert convert --in cert.pem --key key.pem --to pkcs12 --out-password-file password.txt "
                    "--out both.p12\n"
                    "  signet cert convert --in cas.pem --to pkcs12 --out-password-file password.txt --out trust.p12\n"
                    "  signet cert convert --in chain.p7b --out chain.pem\n"
                    "  signet cert convert --in both.p12 --password-file password.txt --only keys --out key.pem\n"
                    "  signet cert convert --in key.pem --traditional --out rsa.pem\n");
  conversion how;
  std::string password_file, out_password_file;
  bool force = false;
  line.add_option("--in", how.in, "what to convert, detected by content (-: stdin)").required().type_name("FILE");
  line.add_option("--out", how.out, "where it goes (-: stdout)").required().type_name("FILE");
  line.add_option("--to", how.to, "pem, der, pkcs12 or pkcs7 (pem)")
      .one_of({"pem", "der", "pkcs12", "pkcs7"})
      .type_name("FORM");
  line.add_option("--only", how.only, "of what is there: certificates, keys, requests, crls or all (all)")
      .one_of({"all", "certificates", "keys", "requests", "crls"})
      .type_name("KIND");
  line.add_option("--key", how.key, "a key to go with them").type_name("FILE");
  line.add_option("--password-file", password_file, "the password of what is read: the first line of a file")
      .type_name("FILE");
  line.add_option("--out-password-file", out_password_file, "encrypt keys with the first line of a file")
      .type_name("FILE");
  line.add_flag("--legacy", how.legacy, "PKCS#12 in the encryption of 2000, for readers that know no other");
  line.add_flag("--traditional", how.traditional, "keys as 'BEGIN RSA PRIVATE KEY', for programs that want that");
  line.add_flag("--force", force, "replace a file that exists");
  if (const auto over = line.read(args)) return *over;

  if (how.to == "pkcs12" && out_password_file.empty())
    throw failure(exit_status::usage, command + ": --to pkcs12 needs --out-password-file FILE");
  if ((how.to == "der" || how.to == "pkcs7") && !out_password_file.empty())
    throw failure(exit_status::usage, command + ": --out-password-file does not go with --to " + how.to);
  if (how.legacy && how.to != "pkcs12") throw failure(exit_status::usage, command + ": --legacy goes with --to pkcs12");
  if (how.traditional && (how.to != "pem" || !out_password_file.empty()))
    throw failure(exit_status::usage, command + ": --traditional goes with --to pem, without a password");
  if (!out_password_file.empty()) how.out_password = first_line(out_password_file);

  auto contents = read_x509(how.in, password_from(password_file));
  if (!how.key.empty()) contents.keys.insert(contents.keys.begin(), read_key(how.key, password_file));
  if (!how.key.empty() && !contents.keys.front().is_exportable())
    throw failure(exit_status::local, command + ": --key: this key cannot be read out of what keeps it",
                  "certificates can be converted without it");
  select(how.only, contents);
  const auto how_secret = contents.keys.empty() ? secrecy::open : secrecy::secret;
  output_files files(command, force ? signet::existing_file::replace : signet::existing_file::keep);
  files.open(how.out, how_secret);
  if (how.to == "pem") {
    const auto text = to_pem(how, contents);
    if (text.empty()) throw failure(exit_status::local, "converting " + how.in + ": it holds none of " + how.only);
    files.fill(how.out, text);
  } else {
    files.fill(how.out, how.to == "der"     ? to_der(how, contents)
                        : how.to == "pkcs7" ? to_pkcs7(how, contents)
                                            : to_pkcs12(how, contents));
  }
  files.commit();
  return exit_status::ok;
}

}  // namespace tool
