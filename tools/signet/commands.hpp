// The subcommands, one file each.
#pragma once

#include "options/arguments.hpp"

namespace tool {

exit_status run_get(arguments args);
exit_status run_head(arguments args);
exit_status run_post(arguments args);
exit_status run_put(arguments args);
exit_status run_delete(arguments args);
exit_status run_cat(arguments args);
exit_status run_serve(arguments args);
exit_status run_cert(arguments args);
exit_status run_verify(arguments args);
exit_status run_psl(arguments args);
exit_status run_version(arguments args);

}  // namespace tool
