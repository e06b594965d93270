#include <nlohmann/json.hpp>

#include <signet/version.hpp>

#include "arguments.hpp"
#include "commands.hpp"
#include "output.hpp"

namespace tool {

exit_status run_version(arguments args) {
  command_line line("signet version", "The versions of the library and of the OpenSSL it was built with and runs on.",
                    "  signet version\n  signet version --json\n");
  bool json = false;
  line.add_flag("--json", json, "print a JSON object");
  if (const auto over = line.read(args)) return *over;

  const auto version = signet::version();
  if (json) {
    const nlohmann::ordered_json document = {{"version", version.library},
                                             {"openssl_built", version.openssl_built},
                                             {"openssl_running", version.openssl_running}};
    print(document.dump(2) + "\n");
  } else {
    print("signet " + version.library + "\nOpenSSL built with: " + version.openssl_built +
          "\nOpenSSL running: " + version.openssl_running + "\n");
  }
  return exit_status::ok;
}

}  // namespace tool
