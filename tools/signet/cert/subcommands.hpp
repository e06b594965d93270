// The subcommands of `signet cert`.
#pragma once

#include "options/arguments.hpp"

namespace tool {

exit_status run_cert_ca(arguments args);
exit_status run_cert_create(arguments args);
exit_status run_cert_csr(arguments args);
exit_status run_cert_sign(arguments args);
exit_status run_cert_show(arguments args);
exit_status run_cert_convert(arguments args);
exit_status run_cert_fingerprint(arguments args);
exit_status run_cert_check(arguments args);

}  // namespace tool
