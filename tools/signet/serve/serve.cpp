// signet serve: a TLS server for a folder of files, an echo, another server's clients, or a program for each client.
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>

#include <signet/base/new_file.hpp>
#include <signet/net/start_tls.hpp>
#include <signet/net/systemd.hpp>
#include <signet/verify/certificate_check.hpp>
#include <signet/verify/server_name.hpp>
#include <signet/x509/certificate_builder.hpp>

#include "commands.hpp"
#include "files.hpp"
#include "hints.hpp"
#include "json_text.hpp"
#include "options/connection.hpp"
#include "output.hpp"
#include "serve/server.hpp"
#include "serve/shared_sessions.hpp"

namespace tool {
namespace {

struct serve_options {
  std::string address = {};
  std::optional<std::string> socket_mode = {};
  bool echo = false;
  std::string www = {};
  std::string forward = {};
  std::string exec = {};
  bool inetd = false;
  bool also_plain = false;
  std::vector<std::string> certificates = {};
  std::vector<std::string> keys = {};
  std::string password_file = {};
  std::string self_signed = {};
  std::string self_signed_out = {};
  std::string client_ca = {};
  bool require_client_certificate = false;
  std::vector<std::string> crls = {};
  bool strict_sni = false;
  std::vector<std::string> shared_key_texts = {};
  std::vector<signet::pre_shared_key> shared_keys = {};
  std::string ticket_keys = {};
  std::string redis = {};
  std::string redis_ca = {};
  std::size_t session_lifetime = 86400;
  bool verbose = false;
  std::string json_log = {};
  bool json = false;
  std::optional<std::string> timeout = {};
  std::size_t most_clients = 1024;
  tls_flags tls = {};
};

constexpr std::string_view of_unix = "unix:";
constexpr std::string_view of_descriptor = "fd:";

std::optional<int> descriptor_in(std::string_view address) {
  if (!address.starts_with(of_descriptor)) return std::nullopt;
  const auto text = address.substr(of_descriptor.size());
  int number = -1;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (why == std::errc() && end == text.data() + text.size() && number > 2) return number;
  throw failure(exit_status::usage, "serve: " + printable(address) + " is no descriptor to listen with",
                "fd:3, or another number above 2");
}

signet::listener passed_by_systemd(const signet::server_config& config) {
  const auto passed = signet::systemd_sockets(signet::listen_variables::remove).value();
  if (passed.empty())
    throw failure(exit_status::usage, "serve: systemd has passed no socket to this process",
                  "start it by a socket unit, or name an address");
  std::vector<int> descriptors;
  for (const auto& one : passed) descriptors.push_back(one.descriptor);
  return value_in("serve: systemd", signet::listener::adopt(descriptors, config));
}

unsigned mode_of(const serve_options& o) {
  if (!o.socket_mode) return signet::unix_listen_options{}.mode;
  const auto& text = *o.socket_mode;
  unsigned mode = 0;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (why == std::errc() && end == text.data() + text.size() && mode <= 0777) return mode;
  throw failure(exit_status::usage, "serve: --socket-mode " + printable(text) + " is no mode of a file",
                "three octal digits, as in 660");
}

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

using open_door = std::function<signet::listener(const signet::server_config&)>;

// What is wrong with the address is said before any file is read.
open_door door_at(const serve_options& o) {
  if (o.address == "systemd") return passed_by_systemd;
  if (o.address.starts_with(of_unix)) {
    return [path = o.address.substr(of_unix.size()), mode = mode_of(o)](const signet::server_config& config) {
      return signet::listener::bind_unix(path, config, {.mode = mode}).value();
    };
  }
  if (const auto given = descriptor_in(o.address)) {
    return [fd = *given](const signet::server_config& config) {
      return value_in("serve", signet::listener::adopt(fd, config));
    };
  }
  return [where = listen_address(o.address)](const signet::server_config& config) {
    return signet::listener::bind(where, config).value();
  };
}

nlohmann::ordered_json told_as_json(const signet::endpoint& taken) {
  nlohmann::ordered_json document = {{"event", "listening"}, {"listening_on", signet::to_string(taken)}};
  if (taken.host.starts_with(of_unix)) {
    document["path"] = taken.host.substr(of_unix.size());
  } else {
    document["host"] = taken.host;
    document["port"] = taken.port;
  }
  return document;
}

signet::identity self_signed_identity(const serve_options& o) {
  const auto name = value_in("serve: --self-signed", signet::server_name::parse(o.self_signed));
  signet::certificate_options request;
  (name.is_ip() ? request.ip_addresses : request.dns_names).push_back(name.ascii());
  auto made = signet::make_self_signed(request, signet::private_key::generate("ec:P-256").value()).value();
  say("self-signed certificate for " + name.display() + ", SHA-256 " +
      signet::to_hex(made.leaf().fingerprint_sha256()));
  if (!o.self_signed_out.empty()) {
    auto out =
        signet::new_file::begin(o.self_signed_out, signet::file_access::others_read, signet::existing_file::replace)
            .value();
    out.write(made.leaf().pem()).value();
    out.commit().value();
  }
  return made;
}

// What clients will object to, or somebody else make use of.
std::vector<std::string> weak_points_of(const signet::identity& who, const std::string& certificate,
                                        const std::string& key) {
  std::vector<std::string> out;
  const signet::certificate_check_options how{.key = who.key(), .trust = signet::trust_store::system()};
  const auto& last = who.chain().back();
  for (const auto& finding : signet::check_certificates(who.chain(), how)) {
    if (finding.weight < signet::severity::warning) continue;
    if (finding.id != "untrusted" && finding.id != "missing_intermediate") {
      // Whether it is meant for clients is no question here.
      const bool is_for_others = finding.id == "wrong_purpose" && finding.expected == "serverAuth";
      const auto advice = is_for_others ? "have it issued for a server" : in_options(finding.hint);
      out.push_back(certificate + ": " + finding.message + (advice.empty() ? "" : ": " + advice));
    } else if (!last.is_self_issued()) {
      // A root of one's own is nobody's fault, and looks like an intermediate from here.
      const auto urls = last.ca_issuer_urls();
      out.push_back(certificate + ": its issuer, '" + last.issuer() + "', is neither in the file nor a root of the " +
                    "system: if that is an intermediate, put its certificate behind this one" +
                    (urls.empty() ? "" : ": it is at " + urls.front()));
    }
  }
  const auto& file = key.empty() ? certificate : key;
  struct stat about {};
  if (::stat(file.c_str(), &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & 077) != 0)
    out.push_back(file + ": it holds the private key, and others than its owner may read it: chmod 600 " + file);
  return out;
}

struct configured {
  signet::server_config config;
  std::vector<std::string> weak_points;
};

std::shared_ptr<signet::ticket_source> ticket_keys_of(const std::string& file) {
  auto keys = signet::ticket_keys::load(file);
  // Whatever it is that cannot be used of a file, it is the file's.
  if (!keys) throw failure(exit_status::local, keys.error().in("--ticket-keys").message(), keys.error().hint());
  return *std::move(keys);
}

struct loaded_options {
  signet::server_options options;
  std::vector<std::string> weak_points;
};

// Reads every file anew. `self_signed` is made once.
loaded_options load_options(const serve_options& o, const std::optional<signet::identity>& self_signed,
                            shared_sources& shared) {
  std::vector<std::string> weak_points;
  signet::server_options options;
  for (std::size_t i = 0; i < o.certificates.size(); ++i) {
    const auto& key = o.keys.empty() ? std::string() : o.keys[i];
    options.loaded_identities.push_back(identity_of(o.certificates[i], key, o.password_file));
    const auto found = weak_points_of(options.loaded_identities.back(), o.certificates[i], key);
    weak_points.insert(weak_points.end(), found.begin(), found.end());
  }
  if (self_signed) options.loaded_identities.push_back(*self_signed);
  if (o.strict_sni) options.unknown_name = signet::unknown_names::refused;
  options.pre_shared_keys = o.shared_keys;
  if (!o.ticket_keys.empty()) options.tickets = ticket_keys_of(o.ticket_keys);
  if (o.session_lifetime == 0)
    options.resumption = signet::resumption::disabled;
  else
    options.session_lifetime = std::chrono::seconds(o.session_lifetime);
  if (o.session_lifetime != 0 && !o.redis.empty()) share_over_redis(options, o.redis, o.redis_ca, shared);
  if (!o.client_ca.empty()) {
    options.client_trust = trust_at("--client-ca", o.client_ca, o.password_file, "--password-file");
    options.client_auth =
        o.require_client_certificate ? signet::client_certificates::required : signet::client_certificates::requested;
  }
  for (const auto& file : o.crls) {
    if (!options.verify.crls) options.verify.crls.emplace();
    auto lists = value_in("--crl", signet::load_crls(file));
    auto& all = options.verify.crls->lists;
    all.insert(all.end(), lists.begin(), lists.end());
  }
  o.tls.apply(options);
  return {std::move(options), std::move(weak_points)};
}

// For a reload, where a failure is a line and no end.
signet::result<signet::server_options> reloaded_options(const serve_options& o,
                                                        const std::optional<signet::identity>& self_signed,
                                                        shared_sources& shared) {
  try {
    return load_options(o, self_signed, shared).options;
  } catch (const signet::exception& failed) {
    return failed.error();
  } catch (const failure& failed) {
    return signet::error(signet::errc::file_not_readable, failed.what(), failed.hint());
  }
}

configured server_config_of(const serve_options& o) {
  std::optional<signet::identity> self_signed;
  if (!o.self_signed.empty()) self_signed = self_signed_identity(o);
  auto shared = std::make_shared<shared_sources>();
  auto loaded = load_options(o, self_signed, *shared);
  // What is read first tells its own exit status.
  auto first = std::make_shared<std::optional<signet::server_options>>(std::move(loaded.options));
  auto made =
      signet::server_config::reloadable([o, self_signed, first, shared]() -> signet::result<signet::server_options> {
        if (auto once = std::exchange(*first, std::nullopt)) return *std::move(once);
        return reloaded_options(o, self_signed, *shared);
      });
  return {std::move(made).value(), std::move(loaded.weak_points)};
}

void tell_of_reload(const signet::result<void>& outcome) {
  if (outcome)
    say("signet: SIGHUP: read again: new connections use what the files hold now");
  else
    say("signet: SIGHUP: nothing is changed: " + outcome.error().message());
}

void check(const serve_options& o) {
  const auto wrong = [](const std::string& why) { throw failure(exit_status::usage, "serve: " + why); };
  const auto services =
      (o.echo ? 1 : 0) + (o.www.empty() ? 0 : 1) + (o.forward.empty() ? 0 : 1) + (o.exec.empty() ? 0 : 1);
  if (services != 1) wrong("just one of --echo, --www DIR, --forward HOST:PORT and --exec COMMAND is needed");
  if (o.inetd != o.address.empty())
    wrong(o.inetd ? "--inetd serves the connection it is given: no ADDR" : "ADDR is needed");
  if (o.certificates.empty() && o.self_signed.empty() && o.shared_keys.empty())
    wrong("--cert FILE is needed, or --self-signed NAME, or --psk IDENTITY:HEX");
  if (!o.crls.empty() && o.client_ca.empty()) wrong("--crl needs --client-ca FILE");
  if (!o.redis_ca.empty() && o.redis.empty()) wrong("--ca needs --redis URL");
  if (o.socket_mode && !o.address.starts_with(of_unix)) wrong("--socket-mode is for the ADDR unix:PATH");
  if (!o.keys.empty() && o.keys.size() != o.certificates.size())
    wrong("each --cert has its --key, or none has one and the keys are in the same files");
  if (o.require_client_certificate && o.client_ca.empty()) wrong("--require-client-cert needs --client-ca FILE");
  if (!o.self_signed_out.empty() && o.self_signed.empty()) wrong("--self-signed-out needs --self-signed NAME");
}

// What no client may have, should it lie in the folder that is served.
std::vector<std::filesystem::path> secrets_of(const serve_options& o) {
  std::vector<std::filesystem::path> out(o.keys.begin(), o.keys.end());
  // One without a key of its own holds it.
  if (o.keys.empty()) out.insert(out.end(), o.certificates.begin(), o.certificates.end());
  if (!o.password_file.empty()) out.emplace_back(o.password_file);
  if (!o.ticket_keys.empty()) out.emplace_back(o.ticket_keys);
  return out;
}

client_service service_of(const serve_options& o, const service_limits& limits) {
  if (o.echo) return echo_service(limits);
  if (!o.www.empty()) return site_service(static_site::open(o.www, secrets_of(o)).value(), limits);
  if (!o.forward.empty()) return forward_service(signet::endpoint::parse(o.forward).value(), limits);
  return exec_service(o.exec, limits);
}

// inetd gives the connection as stderr too, where a word of ours would go to the client.
void keep_stderr_out_of_the_connection() {
  struct stat in {};
  struct stat err {};
  if (::fstat(STDIN_FILENO, &in) != 0 || ::fstat(STDERR_FILENO, &err) != 0 || !S_ISSOCK(in.st_mode)) return;
  if (in.st_dev != err.st_dev || in.st_ino != err.st_ino) return;
  const owned_descriptor nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (nowhere) ::dup2(nowhere.get(), STDERR_FILENO);
}

// A descriptor of our own for one that somebody gave us.
int own_copy(int given) {
  const int copy = ::fcntl(given, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) throw failure(exit_status::local, "serve: --inetd: stdin and stdout have to be a connection");
  return copy;
}

// One connection, which inetd has accepted: on stdin and stdout.
void serve_given(const serve_options& o, const client_service& service, const service_limits& limits) {
  keep_stderr_out_of_the_connection();
  const auto config = server_config_of(o).config;
  const int from = own_copy(STDIN_FILENO);
  auto client = signet::tcp_socket::adopt(from, own_copy(STDOUT_FILENO)).value();
  char first = 0;
  const auto came = client.peek(signet::byte_span(&first, 1), limits.each_step).value();
  client.set_stall_limit(limits.stall);
  // A handshake record of TLS begins so (RFC 8446 section 5.1), and no other protocol's first word.
  if (came != 0 && first != 0x16) {
    if (o.also_plain) return service.plain(client, -1);
    throw failure(exit_status::dialogue, "serve: --inetd: the client does not speak TLS",
                  "--also-plain serves those that do not, too");
  }
  auto secure = signet::start_tls(std::move(client), config, {.timeout = limits.each_step}).value();
  service.secure(secure, -1);
}

}  // namespace

exit_status run_serve(arguments args) {
  command_line line(
      "signet serve",
      "A TLS server: an echo, a folder of files over HTTP/1.1, a front for a server that speaks plain, or a program "
      "for "
      "each client. Reads its files again on SIGHUP, ends on SIGTERM.",
      "  signet serve 8443 --www site --cert cert.pem --key key.pem\n"
      "  signet serve localhost:0 --echo --self-signed localhost\n"
      "  signet serve 8443 --forward localhost:8080 --cert both.pem --also-plain\n"
      "  signet serve 8443 --exec 'date; cat' --cert both.pem\n"
      "  signet serve '[::1]:8443' --www site --cert both.pem --client-ca ca.pem --require-client-cert\n");
  serve_options o;
  line.add_option(
          "ADDR", o.address,
          "PORT, HOST:PORT or [IPv6]:PORT; port 0 takes a free one. unix:PATH for a local socket; systemd for the "
          "sockets of its socket unit, fd:N for one that whoever started it left open")
      .type_name("");
  line.add_flag("--echo", o.echo, "send back what comes");
  line.add_option("--www", o.www, "serve the files of a folder").type_name("DIR");
  line.add_option("--forward", o.forward, "carry each client to a server that speaks plain").type_name("HOST:PORT");
  line.add_option("--exec", o.exec,
                  "run a command of the shell for each client, as its stdin and stdout; SIGNET_PEER, SIGNET_SNI and "
                  "others tell it of the client")
      .type_name("COMMAND");
  line.add_flag("--inetd", o.inetd, "serve the one connection on stdin and stdout, instead of an ADDR");
  line.add_option("--socket-mode", o.socket_mode, "who may connect to unix:PATH: the mode of its file (600)")
      .type_name("MODE");
  line.add_flag("--also-plain", o.also_plain, "serve clients that do not speak TLS too, on the same port");
  line.repeatable("--cert", o.certificates, "certificate and chain (again for other names and key types)")
      .type_name("FILE");
  line.repeatable("--key", o.keys, "the key of the --cert in the same place: a file, or pkcs11:...")
      .type_name("FILE|URI");
  line.add_option("--password-file", o.password_file, "the keys' password: the first line of a file").type_name("FILE");
  line.add_option("--self-signed", o.self_signed, "make a certificate for this name, for first steps")
      .type_name("NAME");
  line.add_option("--self-signed-out", o.self_signed_out, "where clients find that certificate, to trust it")
      .type_name("FILE");
  line.add_option("--client-ca", o.client_ca, "ask clients for certificates of these CAs").type_name("FILE");
  line.add_flag("--require-client-cert", o.require_client_certificate, "refuse clients without one");
  line.repeatable("--crl", o.crls, "revocation lists to look clients' certificates up in").type_name("FILE");
  line.add_flag("--strict-sni", o.strict_sni, "refuse clients that ask for a name of none of the certificates");
  line.repeatable("--psk", o.shared_key_texts, "a key that clients know too, in place of certificates")
      .type_name("IDENTITY:HEX");
  line.add_option(
          "--ticket-keys", o.ticket_keys,
          "encrypt session tickets under these keys, for servers that share them: `openssl rand 80`, one or more "
          "of it in a file; the first encrypts, all decrypt")
      .type_name("FILE");
  line.add_option("--redis", o.redis,
                  "share ticket keys and sessions with other servers, sealed under the key of the first --cert, which "
                  "all have: "
                  "redis[s]://[user:password@]host[:port][/db] or unix:/path")
      .type_name("URL");
  line.add_option("--ca", o.redis_ca, "whom a rediss server is verified against, instead of the system's trust")
      .type_name("FILE|DIR");
  line.add_option("--session-lifetime", o.session_lifetime,
                  "the age at which sessions end, at most 604800; 0: none is resumed (86400)")
      .type_name("SECONDS")
      .between(0, 604800);
  line.add_option("--timeout", o.timeout,
                  "for a handshake, the head of a request and clients to finish after SIGTERM (10), and for each time "
                  "in which a client takes or sends nothing in the middle of a request or an answer (60)")
      .type_name("SECONDS");
  line.add_option("--max-clients", o.most_clients, "clients at once; more wait (1024)")
      .type_name("N")
      .between(1, 100000);
  line.add_flag("-v,--verbose", o.verbose, "tell of each client on stderr");
  line.add_option("--json-log", o.json_log, "append a JSON object for each client to a file").type_name("FILE");
  line.add_flag("--json", o.json, "say where it listens as a JSON object");
  o.tls.add_to(line);
  if (const auto over = line.read(args)) return *over;
  for (const auto& text : o.shared_key_texts) o.shared_keys.push_back(parse_shared_key("serve", text));
  if (!o.redis.empty()) check_redis_url("serve", o.redis);
  check(o);
  o.tls.check("serve");
  if (!o.www.empty()) o.tls.allow_alpn("serve: --www", {"http/1.1", "http/1.0"});
  service_limits limits;
  if (o.timeout) limits.each_step = limits.stall = parse_seconds("serve", "--timeout", *o.timeout);
  const auto service = service_of(o, limits);
  if (o.inetd) {
    serve_given(o, service, limits);
    return exit_status::ok;
  }
  const auto open = door_at(o);

  block_server_signals();
  const auto [config, weak_points] = server_config_of(o);
  access_log log(o.json_log, o.verbose);
  auto door = open(config);
  const auto taken = door.local_endpoint();
  const auto plain = o.also_plain ? plain_clients::served : plain_clients::refused;
  run_server(
      std::move(door), service, plain,
      {.clients = o.most_clients,
       .stall = limits.stall,
       .handshake = limits.each_step,
       .farewell = limits.each_step + std::chrono::seconds(5)},
      log, [config = config]() mutable { tell_of_reload(config.reload()); },
      [&, &weak_points = weak_points] {
        if (o.json) {
          say(to_text(told_as_json(taken), json_layout::one_line));
        } else {
          say("listening on " + signet::to_string(taken));
        }
        // Behind that line: whoever waits for it need not look for it.
        for (const auto& one : weak_points) warn(one);
      });
  return exit_status::ok;
}

}  // namespace tool
