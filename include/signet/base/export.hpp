// The visibility of public names: everything else in the library is hidden.
#pragma once

#if defined(__GNUC__)
#define SIGNET_EXPORT [[gnu::visibility("default")]]
#else
#define SIGNET_EXPORT
#endif
