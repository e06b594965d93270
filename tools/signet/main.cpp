#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "commands.hpp"
#include "output.hpp"

namespace {

// A standard descriptor that was closed would be taken by the next file or socket, and our messages would go there.
// What takes its place fails on use: nobody is told that output arrived.
void occupy_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    if (::open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_RDONLY | O_PATH) != fd) std::_Exit(5);
  }
}

constexpr tool::command commands[] = {
    {"get", "fetch a URL over verified TLS", tool::run_get},
    {"head", "the headers of a URL", tool::run_head},
    {"post", "send data to a URL", tool::run_post},
    {"put", "store data at a URL", tool::run_put},
    {"delete", "delete what is at a URL", tool::run_delete},
    {"cat", "join stdin and stdout to a TLS connection", tool::run_cat},
    {"serve", "a TLS server: an echo, a folder of files", tool::run_serve},
    {"cert", "make, show, convert and check certificates", tool::run_cert},
    {"verify", "judge a certificate off line", tool::run_verify},
    {"psl", "public suffixes and registrable domains", tool::run_psl},
    {"version", "versions of signet and OpenSSL", tool::run_version},
};

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);
  auto status = tool::exit_status::local;
  try {
    const tool::arguments all(argv, static_cast<std::size_t>(argc));
    auto rest = all.empty() ? all : all.subspan(1);
    if (!rest.empty() && std::string_view(rest.front()) == "--version") {
      status = tool::run_version({});
    } else {
      status = tool::dispatch("signet", "signet: TLS that is secure by default.", commands, rest);
    }
  } catch (...) {
    status = tool::report_current_exception();
  }
  return static_cast<int>(status);
}
