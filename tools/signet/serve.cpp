// signet serve: a TLS server for a folder of files, or an echo.
#include <nlohmann/json.hpp>

#include <charconv>
#include <filesystem>

#include <signet/verify/server_name.hpp>
#include <signet/x509/certificate_builder.hpp>

#include "commands.hpp"
#include "connection_options.hpp"
#include "files.hpp"
#include "http/characters.hpp"
#include "output.hpp"
#include "server.hpp"

namespace tool {
namespace {

struct serve_options {
  std::string address = {};
  bool echo = false;
  std::string www = {};
  std::vector<std::string> certificates = {};
  std::vector<std::string> keys = {};
  std::string password_file = {};
  std::string self_signed = {};
  std::string self_signed_out = {};
  std::string client_ca = {};
  bool require_client_certificate = false;
  bool json = false;
  std::string timeout = "10";
  std::size_t most_clients = 1024;
  tls_flags tls = {};
};

// "8443", ":8443", "localhost:8443", "[::1]:0".
signet::endpoint listen_address(const std::string& text) {
  const std::string_view port = std::string_view(text).substr(text.starts_with(':') ? 1 : 0);
  std::uint16_t number = 0;
  const auto [end, why] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (!port.empty() && end == port.data() + port.size() && why == std::errc()) return {.host = "", .port = number};
  // endpoint::parse is for peers: the port 0, which stands for a free one, is ours to read.
  if (text.ends_with(":0")) {
    auto parsed = signet::endpoint::parse(text.substr(0, text.size() - 1) + "1").value();
    parsed.port = 0;
    return parsed;
  }
  return signet::endpoint::parse(text).value();
}

signet::identity self_signed_identity(const serve_options& o) {
  const auto name = value_in("serve: --self-signed", signet::server_name::parse(o.self_signed));
  signet::certificate_options request;
  (name.is_ip() ? request.ip_addresses : request.dns_names).push_back(name.ascii());
  auto made = signet::make_self_signed(request, signet::private_key::generate("ec:P-256").value()).value();
  say("self-signed certificate for " + name.display() + ", SHA-256 " +
      signet::to_hex(made.leaf().fingerprint_sha256()));
  if (!o.self_signed_out.empty()) {
    new_file out(o.self_signed_out, 0644, existing_file::replace);
    out.write(made.leaf().pem());
    out.commit();
  }
  return made;
}

signet::server_config server_config_of(const serve_options& o) {
  signet::server_options options;
  const auto password = password_from(o.password_file);
  for (std::size_t i = 0; i < o.certificates.size(); ++i) {
    options.identities.push_back(
        {.certificate = o.certificates[i], .key = o.keys.empty() ? "" : o.keys[i], .password = password});
  }
  if (!o.self_signed.empty()) options.loaded_identities.push_back(self_signed_identity(o));
  if (!o.client_ca.empty()) {
    options.client_trust = signet::trust_store::pem_file(o.client_ca).value();
    options.client_auth =
        o.require_client_certificate ? signet::client_certificates::required : signet::client_certificates::requested;
  }
  o.tls.apply(options);
  return signet::server_config::make(std::move(options)).value();
}

void check(const serve_options& o) {
  const auto wrong = [](const std::string& why) { throw failure(exit_status::usage, "serve: " + why); };
  if (o.echo == !o.www.empty()) wrong("one of --echo and --www DIR is needed");
  if (o.certificates.empty() && o.self_signed.empty()) wrong("--cert FILE is needed, or --self-signed NAME");
  if (!o.keys.empty() && o.keys.size() != o.certificates.size())
    wrong("each --cert has its --key, or none has one and the keys are in the same files");
  if (o.require_client_certificate && o.client_ca.empty()) wrong("--require-client-cert needs --client-ca FILE");
  if (!o.self_signed_out.empty() && o.self_signed.empty()) wrong("--self-signed-out needs --self-signed NAME");
}

}  // namespace

exit_status run_serve(arguments args) {
  command_line line(
      "signet serve", "A TLS server: an echo, or a folder of files over HTTP/1.1. Ends on SIGTERM.",
      "  signet serve 8443 --www site --cert cert.pem --key key.pem\n"
      "  signet serve localhost:0 --echo --self-signed localhost\n"
      "  signet serve '[::1]:8443' --www site --cert both.pem --client-ca ca.pem --require-client-cert\n");
  serve_options o;
  line.add_option("ADDR", o.address, "PORT, HOST:PORT or [IPv6]:PORT; port 0 takes a free one")
      ->required()
      ->type_name("");
  line.add_flag("--echo", o.echo, "send back what comes");
  line.add_option("--www", o.www, "serve the files of a folder")->type_name("DIR");
  line.repeatable("--cert", o.certificates, "certificate and chain (again for other names and key types)")
      ->type_name("FILE");
  line.repeatable("--key", o.keys, "the key of the --cert in the same place")->type_name("FILE");
  line.add_option("--password-file", o.password_file, "the keys' password: the first line of a file")
      ->type_name("FILE");
  line.add_option("--self-signed", o.self_signed, "make a certificate for this name, for first steps")
      ->type_name("NAME");
  line.add_option("--self-signed-out", o.self_signed_out, "where clients find that certificate, to trust it")
      ->type_name("FILE");
  line.add_option("--client-ca", o.client_ca, "ask clients for certificates of these CAs")->type_name("FILE");
  line.add_flag("--require-client-cert", o.require_client_certificate, "refuse clients without one");
  line.add_option("--timeout", o.timeout, "for a handshake, a request, a piece of an answer (10)")
      ->type_name("SECONDS");
  line.add_option("--max-clients", o.most_clients, "clients at once; more wait (1024)")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100000}));
  line.add_flag("--json", o.json, "say where it listens as a JSON object");
  o.tls.add_to(line);
  if (const auto over = line.read(args)) return *over;
  check(o);
  o.tls.check("serve");
  const auto step = parse_seconds("serve", "--timeout", o.timeout);
  const auto where = listen_address(o.address);

  block_server_signals();
  const service_limits limits{.each_step = step};
  client_service service;
  if (o.echo) {
    service = [limits](signet::tls_socket& client, const stop_signal& stop) { serve_echo(client, stop, limits); };
  } else {
    const auto site = std::make_shared<const static_site>(static_site::open(o.www).value());
    service = [limits, site](signet::tls_socket& client, const stop_signal& stop) {
      serve_site(client, *site, stop, limits);
    };
  }
  auto door = signet::listener::bind(where, server_config_of(o)).value();
  const auto taken = door.local_endpoint();
  run_server(std::move(door), std::move(service), {.clients = o.most_clients, .handshake = step}, [&] {
    if (o.json) {
      const nlohmann::ordered_json document = {{"event", "listening"},
                                               {"listening_on", signet::to_string(taken)},
                                               {"host", taken.host},
                                               {"port", taken.port}};
      say(document.dump());
    } else {
      say("listening on " + signet::to_string(taken));
    }
  });
  return exit_status::ok;
}

}  // namespace tool
