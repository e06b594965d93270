// signet cert csr and sign: a request from who has the key, a certificate from who has the CA.
#include <nlohmann/json.hpp>

#include <signet/x509/certificate_request.hpp>

#include "cert/issue.hpp"
#include "cert/json.hpp"
#include "cert/subcommands.hpp"
#include "output.hpp"

namespace tool {
namespace {

signet::certificate_request read_request(const std::string& file) {
  auto requests = read_for_a_look(file, {}).requests;
  if (requests.size() != 1)
    throw failure(exit_status::local, "reading " + file + ": it holds " + std::to_string(requests.size()) +
                                          " certificate signing requests where one is needed");
  return requests.front();
}

}  // namespace

exit_status run_cert_csr(arguments args) {
  const std::string command = "cert csr";
  command_line line("signet cert csr", "Makes a certificate signing request, and the key it is for.",
                    "  signet cert csr --dns www.example.org --out-key key.pem --out request.pem\n"
                    "  signet cert csr --key key.pem --subject 'CN=client one,O=Example' --purpose client\n");
  subject_flags subject(subject_flags::kind::request);
  key_flags keys;
  output_flags output;
  subject.add_to(line);
  keys.add_to(line);
  output.add_to(line, "where the request goes (stdout)");
  if (const auto over = line.read(args)) return *over;

  if (!subject.names_somebody())
    throw failure(exit_status::usage, command + ": at least one --dns or --ip is needed, or another name");
  if (output.out.empty() && !output.json) output.out = "-";
  const auto wanted = subject.options(command);
  keys.check(command, false);
  keys.read_password();
  auto files = output.files(command);
  keys.open(files);
  files.open(output.out, secrecy::open);
  output.check(command, files);

  const auto key = keys.key();
  const auto request = value_in("making the request", signet::certificate_request::make(wanted, key));
  keys.fill(files, key);
  files.fill(output.out, request.pem());
  files.commit();
  if (output.json) {
    auto document = json_of(request);
    document["key"] = text_or_null(keys.out());
    print_json(document);
  } else if (output.out != "-") {
    say("made " + output.out + (keys.out().empty() ? "" : " and its key " + keys.out()) + " (" + request.subject() +
        ")");
  }
  return exit_status::ok;
}

exit_status run_cert_sign(arguments args) {
  const std::string command = "cert sign";
  command_line line("signet cert sign",
                    "Certifies a signing request. Names and purposes are the request's, unless the command line says "
                    "otherwise; purposes that --purpose does not list, and extensions, are refused.",
                    "  signet cert sign --ca ca.pem --ca-key ca-key.pem --in request.pem --out cert.pem\n"
                    "  signet cert sign --ca ca.pem --ca-key ca-key.pem --in - --purpose server,client --days 30 < "
                    "request.pem\n");
  subject_flags subject(subject_flags::kind::leaf);
  issuer_flags issuer;
  output_flags output;
  std::string in;
  line.add_option("--in", in, "the request, PEM or DER (-: stdin)").required().type_name("FILE");
  subject.add_to(line);
  issuer.add_to(line, true);
  output.add_to(line, "where the certificate and its chain go (stdout)");
  if (const auto over = line.read(args)) return *over;

  if (output.out.empty() && !output.json) output.out = "-";
  const auto wanted = subject.options(command);
  auto files = output.files(command);
  files.open(output.out, secrecy::open);
  output.check(command, files);
  const auto request = read_request(in);
  const auto ca = issuer.load();
  store_certificate(value_in("signing " + in, signet::sign_request(request, wanted, ca)), wanted, output, files);
  return exit_status::ok;
}

}  // namespace tool
