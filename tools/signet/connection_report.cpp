#include "connection_report.hpp"

#include <nlohmann/json.hpp>

#include <signet/verify/verdict.hpp>

#include "output.hpp"

namespace tool {

void say_connection(const signet::tls_socket& socket) {
  const auto info = socket.info();
  const auto line = [](const char* label, const std::string& text) {
    if (!text.empty()) say(label + text);
  };
  line("peer:        ", signet::to_string(socket.remote_endpoint()));
  line("server name: ", info.sni);
  line("protocol:    ", std::string(signet::name(info.version)) + ", " + info.cipher +
                            (info.group.empty() ? "" : ", " + info.group) + (info.resumed ? ", resumed" : ""));
  line("alpn:        ", info.alpn);
  if (!info.peer_chain.empty()) {
    const auto& leaf = info.peer_chain.front();
    std::string names;
    for (const auto& one : leaf.dns_names()) names += (names.empty() ? "" : ", ") + one;
    for (const auto& one : leaf.ip_addresses()) names += (names.empty() ? "" : ", ") + one;
    line("certificate: ", leaf.subject().empty() ? "(no subject)" : leaf.subject());
    line("names:       ", names);
    line("issuer:      ", leaf.issuer());
    line("expires:     ", signet::to_rfc3339(leaf.not_after()));
  }
  line("trust:       ", info.loosened.empty() ? info.trust : "none, " + info.loosened);
}

nlohmann::ordered_json connection_json(const signet::tls_socket& socket) {
  const auto info = socket.info();
  const auto chain = [](const std::vector<signet::certificate>& certificates) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& one : certificates) list.push_back(one.pem());
    return list;
  };
  nlohmann::ordered_json document = {{"peer", signet::to_string(socket.remote_endpoint())},
                                     {"server_name", info.sni},
                                     {"version", signet::name(info.version)},
                                     {"cipher", info.cipher},
                                     {"group", info.group},
                                     {"resumed", info.resumed},
                                     {"alpn", info.alpn},
                                     {"trust", info.trust},
                                     {"loosened", info.loosened}};
  if (!info.peer_chain.empty()) {
    const auto& leaf = info.peer_chain.front();
    document["subject"] = leaf.subject();
    document["issuer"] = leaf.issuer();
    document["not_after"] = signet::to_rfc3339(leaf.not_after());
  }
  document["peer_chain"] = chain(info.peer_chain);
  document["verified_chain"] = chain(info.verified_chain);
  return document;
}

void warn_of_findings(const signet::tls_socket& socket) {
  const auto verdict = socket.peer_verdict();
  if (!verdict) return;
  for (const auto& finding : verdict->waived()) warn("accepted all the same: " + finding.message);
}

}  // namespace tool
