// Includes all of signet, except two headers that have to be included by name: <signet/native.hpp>, the way down to
// OpenSSL, and <signet/dangerous.hpp>, the way to loosen verification. Those of <signet/redis/> belong to a library of
// its own, signet::redis.
//
// Where to start reading:
// - a client: <signet/net/connect.hpp>; a server: <signet/net/serve.hpp>, or <signet/net/listener.hpp>;
// - a connection: <signet/net/tls_socket.hpp>; what it may do: <signet/tls/client_config.hpp>, server_config.hpp;
// - a failure: <signet/base/error.hpp>, in the result of every call that can fail (<signet/base/result.hpp>).
#pragma once

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/base/endpoint.hpp>
#include <signet/base/error.hpp>
#include <signet/base/new_file.hpp>
#include <signet/base/result.hpp>
#include <signet/base/trace.hpp>
#include <signet/net/buffered_writer.hpp>
#include <signet/net/connect.hpp>
#include <signet/net/listener.hpp>
#include <signet/net/nonblocking_socket.hpp>
#include <signet/net/relay.hpp>
#include <signet/net/serve.hpp>
#include <signet/net/split.hpp>
#include <signet/net/start_tls.hpp>
#include <signet/net/starttls.hpp>
#include <signet/net/stream.hpp>
#include <signet/net/systemd.hpp>
#include <signet/net/tcp_socket.hpp>
#include <signet/net/tls_socket.hpp>
#include <signet/tls/client_config.hpp>
#include <signet/tls/connection_info.hpp>
#include <signet/tls/engine.hpp>
#include <signet/tls/features.hpp>
#include <signet/tls/protocol_version.hpp>
#include <signet/tls/process_policy.hpp>
#include <signet/tls/protocol_versions.hpp>
#include <signet/tls/server_config.hpp>
#include <signet/tls/session_store.hpp>
#include <signet/tls/transport.hpp>
#include <signet/verify/certificate_check.hpp>
#include <signet/verify/evidence.hpp>
#include <signet/verify/server_name.hpp>
#include <signet/verify/trust_store.hpp>
#include <signet/verify/verdict.hpp>
#include <signet/verify/verify_peer.hpp>
#include <signet/version.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/certificate_builder.hpp>
#include <signet/x509/certificate_clone.hpp>
#include <signet/x509/certificate_request.hpp>
#include <signet/x509/crl.hpp>
#include <signet/x509/crl_builder.hpp>
#include <signet/x509/distinguished_name.hpp>
#include <signet/x509/extensions.hpp>
#include <signet/x509/general_name.hpp>
#include <signet/x509/identity.hpp>
#include <signet/x509/pkcs12.hpp>
#include <signet/x509/pkcs7.hpp>
#include <signet/x509/private_key.hpp>
#include <signet/x509/x509_file.hpp>
