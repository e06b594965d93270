// Greets clients, and follows its certificate: reloading_server ADDRESS:PORT CERTIFICATE KEY. When the files change (a
// renewal, a link that leads elsewhere), new clients are shown what they hold by then, and nobody is sent away.
#include <iostream>

#include <signet/signet.hpp>

using namespace std::chrono_literals;

int main(int argc, char** argv) try {
  if (argc != 4) return std::cerr << "usage: reloading_server ADDRESS:PORT CERTIFICATE KEY\n", 2;
  const signet::identity_files files{.certificate = argv[2], .key = argv[3]};
  signet::reload_options reload{.watched = {files.certificate, files.key}, .interval = 100ms};
  reload.on_reload = [](const signet::reload_event& event) {
    if (event.failed)
      std::cerr << "nothing is changed: " << event.failed->message() << std::endl;
    else if (event.valid_until)
      std::cerr << "new certificate, valid until " << signet::to_rfc3339(*event.valid_until) << std::endl;
  };
  // Called now, and each time the files have changed.
  const auto options = [files]() -> signet::result<signet::server_options> {
    return signet::server_options{.identities = {files}};
  };
  auto config = signet::server_config::reloadable(options, reload).value();
  auto door = signet::listener::bind(signet::endpoint::parse(argv[1]).value(), config).value();
  std::cerr << "listening on " << to_string(door.local_endpoint()) << std::endl;
  signet::serve(door, [](signet::tls_socket client, const signet::stop_signal&) {
    client.write_all("hello\n").value();
    static_cast<void>(client.close());
  }).value();
} catch (const signet::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
