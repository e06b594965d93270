// Values that both ends of a connection have in common and nobody else, for protocols that prove something inside of
// it.
#pragma once

namespace signet {

/// tls_exporter: RFC 9266, for every version; the one to use.
/// tls_unique: RFC 5929 section 3, TLS 1.2 and older, and only with the extended master secret (RFC 7627).
/// tls_server_end_point: RFC 5929 section 4, a digest of the server's certificate; it is the same on all its
/// connections.
enum class channel_binding : unsigned char { tls_exporter, tls_unique, tls_server_end_point };

}  // namespace signet
