// The catalogue: each code with its name, what it means, and what to do. docs/guide/errors.md is made from it.
#include <signet/base/error.hpp>

namespace signet {
namespace {

struct entry {
  std::string_view name;
  std::string_view meaning;
  std::string_view remedy;
};

// No default: a new code does not compile until it has its line.
constexpr entry entry_of(errc code) noexcept {
  using enum errc;
  switch (code) {
    case invalid_argument:
      return {"invalid_argument", "A call was given a value that it does not take.",
              "Correct the call: the message names the value."};
    case invalid_name:
      return {"invalid_name", "A text is no host name and no IP address.",
              "Give the name alone, without scheme, port and path."};
    case invalid_endpoint:
      return {"invalid_endpoint", "A text is no host with a port.",
              "Write HOST:PORT, and an IPv6 address in brackets."};
    case invalid_configuration:
      return {"invalid_configuration", "A setting cannot hold, or two of them contradict each other.",
              "Correct the option that the message names."};
    case not_supported:
      return {"not_supported",
              "What was asked for cannot be done here: by this object, or by the OpenSSL of this machine.",
              "Do it in the way that the message or the hint names, or with a newer OpenSSL."};
    case not_connected:
      return {"not_connected", "The socket is closed, was moved from, or is not connected yet.",
              "Open a connection first, and do not use one after closing it."};
    case unread_data:
      return {"unread_data", "Bytes that nobody has read would be lost.", "Read them, then call again."};
    case file_not_readable:
      return {"file_not_readable", "A file or folder cannot be opened or read, or a key is not where its URI says.",
              "Check its name, and whether this user may read it."};
    case file_malformed:
      return {"file_malformed", "A file does not hold what it should, or is damaged.",
              "The message says what it holds. Give another file, or convert it."};
    case file_too_large:
      return {"file_too_large", "A file is larger than any of its kind has reason to be.",
              "Check that it is the file that was meant."};
    case file_exists:
      return {"file_exists", "A file of that name is there already, and nothing is replaced unasked.",
              "Choose another name, or allow it."};
    case password_required:
      return {"password_required", "A key or a file is encrypted, and no password was given.", "Give its password."};
    case wrong_password:
      return {"wrong_password", "The password does not open the key or the file.",
              "Check the password, its encoding, and the file."};
    case key_mismatch:
      return {"key_mismatch", "A private key does not belong to the certificate.",
              "Give the key that the certificate was made for."};
    case file_io_failed:
      return {"file_io_failed", "A file cannot be written.",
              "Check the folder, the space on the disk, and whether this user may write there."};
    case out_of_memory:
      return {"out_of_memory", "This system has no memory left.", "Free memory, or lower the number of connections."};
    case resource_exhausted:
      return {"resource_exhausted", "This process has no descriptor or no thread left.",
              "Raise its limit (ulimit -n), or lower the number of connections."};
    case name_not_found:
      return {"name_not_found", "The host name does not exist, or has no address of the kind that was asked for.",
              "Check its spelling; without -4 or -6 both kinds are tried."};
    case resolve_failed:
      return {"resolve_failed", "The name could not be looked up.",
              "Check the network and the name server, or give an IP address."};
    case connection_refused:
      return {"connection_refused", "Nobody listens on this port, or on this local socket.",
              "Check the port, and whether the server runs."};
    case connection_reset:
      return {"connection_reset", "The peer, or something on the way, has broken the connection off.",
              "Look into the peer's log. During a handshake: check that the port speaks TLS."};
    case unreachable:
      return {"unreachable", "There is no way to the address.", "Check the network, the address and the routes."};
    case address_in_use:
      return {"address_in_use", "The port, or the path of the local socket, is taken.",
              "Choose another one, or 0 for a free port."};
    case permission_denied:
      return {"permission_denied", "The system does not allow the connection or the port.",
              "Ports below 1024 take a privilege; a firewall or a filter may forbid the rest."};
    case io_failed:
      return {"io_failed", "The system reports an error of the connection that has no code of its own.",
              "The message holds the system's words."};
    case timed_out:
      return {"timed_out", "The time for a step was over, or nothing moved for as long as was allowed.",
              "Check the network and the peer; allow more time."};
    case closed:
      return {"closed", "The connection has ended where it should not: in a handshake, or before a call that needs it.",
              "Look into the peer's log: it decided to leave."};
    case end_of_stream:
      return {"end_of_stream", "The peer ended before all had come that was waited for.",
              "What came is not whole. Ask again, or look into the peer's log."};
    case truncated:
      return {"truncated", "The stream was cut: the connection ended without close_notify (RFC 8446 section 6.1).",
              "Do not take what came for the whole. Some servers never send it: know the length by other means."};
    case handshake_failed:
      return {"handshake_failed", "The TLS handshake failed.",
              "The message says what one side offered and the other did not take."};
    case not_tls:
      return {"not_tls", "The peer does not speak TLS on this port.",
              "Check the port; a protocol that begins in plain has to be begun first (STARTTLS)."};
    case plain_http:
      return {"plain_http", "The peer speaks plain HTTP where TLS is expected.",
              "Write https: instead of http:, or use the port that speaks TLS."};
    case protocol_version:
      return {"protocol_version", "The two sides have no version of TLS in common.",
              "Update the older side. Older versions have to be allowed by name, and are not safe."};
    case no_shared_cipher:
      return {"no_shared_cipher", "The two sides have no cipher suite, group or signature algorithm in common.",
              "Compare the cipher suites and groups of both sides, and the type of the server's key."};
    case no_shared_alpn:
      return {"no_shared_alpn", "The two sides speak no application protocol in common.",
              "Name one that the other side speaks."};
    case unrecognized_name:
      return {"unrecognized_name", "The server does not know the name that it was asked for.",
              "Check the name, and send another one where the server expects it."};
    case certificate_required:
      return {"certificate_required", "The server wants a client certificate and got none that it accepts.",
              "Give one. The hint names whom it accepts."};
    case bad_record:
      return {"bad_record", "What came was altered on the way, or is encrypted wrongly.",
              "Try again. Should it stay: something on the way changes the data."};
    case protocol_violation:
      return {"protocol_violation", "The peer does not keep to the protocol.",
              "Update the peer, or tell its authors: the message says what it did."};
    case alert_received:
      return {"alert_received", "The peer ended the connection with an alert that has no code of its own here.",
              "Look up the alert's name in the peer's log."};
    case plaintext_before_tls:
      return {"plaintext_before_tls",
              "Plain bytes came where TLS was to begin: somebody may be injecting commands (CVE-2011-0411).",
              "Do not go on. Read the whole answer to the command that starts TLS."};
    case starttls_refused:
      return {"starttls_refused", "The server does not offer TLS, or refuses to begin it.",
              "Check the port and the server; somebody on the way can also suppress the offer."};
    case dialogue_failed:
      return {
          "dialogue_failed", "The dialogue before TLS, or with Redis, did not go as its protocol says.",
          "Check that the port speaks the protocol that was named; what Redis refuses, the message has in its words."};
    case limit_exceeded:
      return {"limit_exceeded", "The peer sent more than it was allowed.",
              "Raise the limit if the peer may send so much."};
    case no_verdict:
      return {"no_verdict", "The peer was not judged, so it is not trusted.",
              "This is a fault of the caller or of signet: tell us."};
    case no_peer_certificate:
      return {"no_peer_certificate", "The peer showed no certificate.", "A server without one cannot be verified."};
    case no_trust_anchors:
      return {"no_trust_anchors", "There is no trusted certificate at all.",
              "Name whom to trust, or install the package ca-certificates."};
    case unknown_issuer:
      return {"unknown_issuer", "No trusted certificate has issued the chain, or a link of it is missing.",
              "The server should send its intermediates. A private CA has to be trusted by name."};
    case self_signed:
      return {"self_signed", "The certificate vouches for itself and is not trusted.",
              "If it is the right one, trust it, or pin its key."};
    case self_signed_in_chain:
      return {"self_signed_in_chain", "The chain ends at a root that is not trusted.",
              "If it is the right one, trust that root."};
    case expired:
      return {"expired", "A certificate is no longer valid.", "Renew it; if it is valid, check this machine's clock."};
    case not_yet_valid:
      return {"not_yet_valid", "A certificate is not valid yet.",
              "Check this machine's clock, and the certificate's dates."};
    case name_mismatch:
      return {"name_mismatch", "The certificate is for other names.",
              "Use a name that the certificate holds, or a certificate that holds the name."};
    case name_constraint:
      return {"name_constraint", "A CA of the chain may not issue for this name.",
              "The certificate has to come from another CA, or the CA's constraints have to permit the name."};
    case invalid_purpose:
      return {"invalid_purpose", "The certificate is not made for this use.",
              "Make one for it: serverAuth for a server, clientAuth for a client."};
    case invalid_ca:
      return {"invalid_ca", "A certificate in the chain has issued others and is no CA.",
              "Have the certificate issued by a CA."};
    case path_too_long:
      return {"path_too_long", "More intermediates stand in the chain than a CA of it allows.",
              "Have it issued closer to that CA, or raise the CA's path length."};
    case bad_signature:
      return {"bad_signature", "A signature in the chain is wrong.",
              "The certificate was altered, or its issuer is another one of the same name."};
    case weak_key:
      return {"weak_key", "A key in the chain is too short to be secure.",
              "Make a new key: EC P-256, or RSA with 2048 bits or more."};
    case weak_signature:
      return {"weak_signature", "A certificate of the chain is signed with a digest that can be forged.",
              "Have it issued anew, with SHA-256 or better."};
    case revoked:
      return {"revoked", "The issuer has revoked the certificate.",
              "Get a new certificate; do not go on with this one."};
    case unknown_critical_extension:
      return {"unknown_critical_extension", "A certificate holds a critical extension that is not known here.",
              "Nobody who does not know it may accept it (RFC 5280 section 4.2): get a certificate without it."};
    case invalid_version:
      return {"invalid_version", "A certificate's version does not fit its content.",
              "Have it issued anew, in version 3."};
    case invalid_serial_number:
      return {"invalid_serial_number", "A certificate's serial number is not allowed.",
              "Have it issued anew, with a positive serial number of at most 20 octets."};
    case invalid_extension:
      return {"invalid_extension", "An extension of a certificate cannot be read or breaks a rule.",
              "Have it issued anew: the message names the extension and the rule."};
    case no_alternative_names:
      return {"no_alternative_names", "The certificate holds no subjectAltName, so it speaks for no host.",
              "Have it issued anew with its names as subjectAltName."};
    case wildcard_too_wide:
      return {"wildcard_too_wide",
              "A wildcard stands directly below a public suffix, so it would speak for everybody's domains.",
              "Use a certificate for the name itself."};
    case path_search_exhausted:
      return {"path_search_exhausted", "More ways to a trusted root had to be tried than are allowed.",
              "Send only the chain that belongs to the certificate."};
    case pin_mismatch:
      return {"pin_mismatch", "The certificate or its key is not the one that was pinned or seen before.",
              "Somebody may be in between. If the key was changed on purpose, change the pin or the line of the file."};
    case crl_not_found:
      return {"crl_not_found", "There is no revocation list that covers the certificate.", "Give its issuer's list."};
    case crl_invalid:
      return {"crl_invalid", "A revocation list does not count: its signature, its scope or its form.",
              "Get the list anew from the issuer; the message says what is wrong."};
    case crl_expired:
      return {"crl_expired", "The revocation list is out of date.", "Get the current one from its issuer."};
    case invalid_certificate:
      return {"invalid_certificate", "A certificate breaks a rule that has no code of its own.",
              "The message names the rule. Have it issued anew."};
    case certificate_rejected:
      return {"certificate_rejected", "A check of the application's own refuses the peer.",
              "The message is the application's."};
    case internal:
      return {"internal", "A fault of signet or of OpenSSL.", "Please report it, with the message."};
  }
  // A number that is no code.
  return entry_of(internal);
}

}  // namespace

std::string_view name(errc code) noexcept {
  return entry_of(code).name;
}

std::string_view meaning(errc code) noexcept {
  return entry_of(code).meaning;
}

std::string_view remedy(errc code) noexcept {
  return entry_of(code).remedy;
}

}  // namespace signet
