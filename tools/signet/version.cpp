#include <nlohmann/json.hpp>

#include <signet/tls/features.hpp>
#include <signet/version.hpp>

#include "commands.hpp"
#include "json_text.hpp"
#include "options/arguments.hpp"
#include "output.hpp"
#include "serve/shared_sessions.hpp"

namespace tool {

exit_status run_version(arguments args) {
  command_line line("signet version",
                    "The versions of the library and of the OpenSSL it was built with and runs on, and what that "
                    "OpenSSL adds to 3.0.",
                    "  signet version\n  signet version --json\n");
  bool json = false;
  line.add_flag("--json", json, "print a JSON object");
  if (const auto over = line.read(args)) return *over;

  const auto version = signet::version();
  const auto features = signet::openssl_features();
  std::vector<std::string> names;
  for (const auto& one : features)
    if (one.available) names.push_back(one.name);
  if (knows_redis()) names.emplace_back("redis");
  if (json) {
    const nlohmann::ordered_json document = {{"version", version.library},
                                             {"openssl_built", version.openssl_built},
                                             {"openssl_running", version.openssl_running},
                                             {"features", names}};
    print(to_text(document) + "\n");
  } else {
    print("signet " + version.library + "\nOpenSSL built with: " + version.openssl_built +
          "\nOpenSSL running: " + version.openssl_running + "\n");
    for (const auto& one : features)
      print((one.available ? "with " : "without ") + one.name + ": " + one.description + "\n");
    print(std::string(knows_redis() ? "with" : "without") + " redis: sessions shared by `serve --redis`\n");
  }
  return exit_status::ok;
}

}  // namespace tool
