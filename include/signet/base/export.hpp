// SIGNET_EXPORT makes a name of the library visible to programs. All other names are hidden. detail::access is the
// library's own way into its classes; no public header defines it.
#pragma once

#if defined(__cplusplus) && __cplusplus < 202002L
#error "signet needs C++20: compile with -std=c++20 or newer"
#endif

#if defined(__GNUC__)
#define SIGNET_EXPORT [[gnu::visibility("default")]]
#else
#define SIGNET_EXPORT
#endif

namespace signet::detail {
struct access;
}
