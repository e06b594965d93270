// signet cert: the X.509 toolkit.
#include "cert/subcommands.hpp"
#include "commands.hpp"

namespace tool {
namespace {

constexpr command cert_commands[] = {
    {"ca", "make a certification authority", run_cert_ca},
    {"create", "make a key and a certificate for it", run_cert_create},
    {"csr", "make a key and a signing request for it", run_cert_csr},
    {"sign", "certify a signing request", run_cert_sign},
    {"show", "show what a file holds or a server sends", run_cert_show},
    {"convert", "PEM, DER and PKCS#12, from one to the other", run_cert_convert},
    {"fingerprint", "fingerprints and pins", run_cert_fingerprint},
    {"check", "what is about to go wrong with certificates", run_cert_check},
};

}  // namespace

exit_status run_cert(arguments args) {
  return dispatch("signet cert", "signet cert: makes, shows, converts and checks certificates.", cert_commands, args);
}

}  // namespace tool
