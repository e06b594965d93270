// Fetches files over FTPS (RFC 4217): ftps HOST[:PORT] NAME CA.PEM USER PASSWORD PATH... A PATH that ends with / is
// listed. Data goes to standard output, what the server says to standard error. --own-session shows what becomes of a
// data connection that does not resume the session of the control connection.
#include <charconv>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <signet/signet.hpp>

using namespace std::chrono_literals;

namespace {

constexpr auto usage =
    "usage: ftps [--tls1.2|--tls1.3] [--own-session] HOST[:PORT] NAME CA.PEM USER PASSWORD PATH...\n";

// What the data connections have in common with the control connection.
struct conversation {
  signet::tls_socket control;
  signet::client_config config;
  std::string name;
  std::string session_key;
};

// One reply, which may have several lines; its last one. RFC 959 section 4.2.
std::string reply(signet::tls_socket& control) {
  auto line = control.read_line().value();
  const auto last = line.substr(0, 3) + ' ';
  while (!line.starts_with(last)) line = control.read_line().value();
  std::cerr << line << '\n';
  return line;
}

std::string ask(signet::tls_socket& control, const std::string& command, char expected) {
  // What follows a line's end would be a second command.
  if (command.find_first_of("\r\n") != std::string::npos) throw std::invalid_argument("an argument has several lines");
  control.write_all(command + "\r\n").value();
  auto answer = reply(control);
  if (answer.front() != expected) throw std::runtime_error(command.substr(0, 4) + ": " + answer);
  return answer;
}

// Where the next data connection goes. EPSV (RFC 2428) names a port only, so no answer can send us to another host.
signet::endpoint passive(signet::tls_socket& control) {
  const auto answer = ask(control, "EPSV", '2');
  std::uint16_t port = 0;
  if (const auto at = answer.find("(|||"); at != std::string::npos)
    std::from_chars(answer.data() + at + 4, answer.data() + answer.size(), port);
  if (port == 0) throw std::runtime_error("EPSV: " + answer);
  return {control.remote_endpoint().host, port};
}

// All that comes over a data connection. A file ends with close_notify; without it read_some() says `truncated`.
signet::result<void> copy(signet::tcp_socket plain, const conversation& with) {
  auto data =
      signet::start_tls(std::move(plain), with.name, with.config, {.timeout = 10s, .session_key = with.session_key});
  if (!data) return data.error();
  data->set_timeout(30s);
  const auto info = data->info();
  std::cerr << "data: " << signet::name(info.version) << (info.resumed ? ", resumed\n" : ", not resumed\n");
  char piece[16384];
  for (;;) {
    const auto got = data->read_some(piece);
    if (!got) return got.error();
    if (*got == 0) break;
    std::cout.write(piece, static_cast<std::streamsize>(*got));
  }
  // Before the reply is read: a server may wait for our close_notify until it says that all is done.
  return data->close();
}

void fetch(conversation& with, const std::string& path) {
  auto plain = signet::tcp_socket::connect(passive(with.control), {.timeout = 10s}).value();
  ask(with.control, (path.ends_with('/') ? "LIST " : "RETR ") + path, '1');
  const auto copied = copy(std::move(plain), with);
  if (!copied) std::cerr << path << ": " << copied.error().message() << '\n';
  // 226, or 522 from a server that wanted its session resumed: that one sends an empty file, which ends as it should.
  if (const auto end = reply(with.control); !copied || end.front() != '2') throw std::runtime_error(path + ": " + end);
}

void run(const std::vector<std::string>& given, signet::client_options options, bool own_session) {
  const auto server = signet::endpoint::parse(given[0], 21).value();
  options.trust = signet::trust_store::pem_file(given[2]).value();
  const auto config = signet::client_config::make(std::move(options)).value();
  // One for each control connection: it is this one's session that the server wants to see again.
  const std::string key = "the control connection";
  auto control = signet::starttls::connect(server, signet::starttls::protocol::ftp, config,
                                           {.timeout = 10s, .name = given[1], .session_key = key});
  conversation with{std::move(control).value(), config, given[1], own_session ? "" : key};
  with.control.set_timeout(30s);
  ask(with.control, "USER " + given[3], '3');
  ask(with.control, "PASS " + given[4], '2');
  for (const auto* command : {"PBSZ 0", "PROT P", "TYPE I"}) ask(with.control, command, '2');
  for (std::size_t i = 5; i < given.size(); ++i) fetch(with, given[i]);
  ask(with.control, "QUIT", '2');
  (void)with.control.close();  // the server has said goodbye, and may be gone
}

}  // namespace

int main(int argc, char** argv) try {
  signet::client_options options;
  bool own_session = false;
  std::vector<std::string> given;
  for (const std::string arg : std::span(argv + 1, argv + argc)) {
    if (arg == "--own-session")
      own_session = true;
    else if (arg == "--tls1.2")
      options.max_version = signet::protocol_version::tls1_2;
    else if (arg == "--tls1.3")
      options.min_version = signet::protocol_version::tls1_3;
    else
      given.push_back(arg);
  }
  if (given.size() < 6) return std::cerr << usage, 2;
  run(given, std::move(options), own_session);
} catch (const std::exception& failure) {
  std::cerr << "ftps: " << failure.what() << '\n';
  return 1;
}
