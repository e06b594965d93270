// All of signet, but for <signet/native.hpp> and <signet/dangerous.hpp>, which are asked for by name.
#pragma once

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/base/error.hpp>
#include <signet/base/result.hpp>
#include <signet/net/connect.hpp>
#include <signet/net/endpoint.hpp>
#include <signet/net/listener.hpp>
#include <signet/net/tcp_socket.hpp>
#include <signet/net/tls_socket.hpp>
#include <signet/tls/client_config.hpp>
#include <signet/tls/connection_info.hpp>
#include <signet/tls/engine.hpp>
#include <signet/tls/protocol_version.hpp>
#include <signet/tls/server_config.hpp>
#include <signet/tls/transport.hpp>
#include <signet/verify/server_name.hpp>
#include <signet/verify/trust_store.hpp>
#include <signet/verify/verdict.hpp>
#include <signet/verify/verify_peer.hpp>
#include <signet/version.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/certificate_builder.hpp>
#include <signet/x509/identity.hpp>
#include <signet/x509/private_key.hpp>
