// Values that identify a TLS connection, or its server, to a protocol inside it.
#pragma once

namespace signet {

/// tls_exporter: RFC 9266, the one to use. TLS 1.3, and older versions with the extended master secret (RFC 7627).
/// tls_unique: RFC 5929 section 3, TLS 1.2 and older, and only with the extended master secret.
/// tls_server_end_point: RFC 5929 section 4, a digest of the server's certificate; it is the same on all its
/// connections.
enum class channel_binding : unsigned char { tls_exporter, tls_unique, tls_server_end_point };

}  // namespace signet
