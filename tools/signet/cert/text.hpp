// Certificates and what goes with them in the short form that people like to read. Foreign text is harmless in it.
#pragma once

#include <chrono>
#include <string>

#include <signet/verify/certificate_check.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/certificate_request.hpp>
#include <signet/x509/crl.hpp>
#include <signet/x509/private_key.hpp>

namespace tool {

std::string text_of(const signet::certificate& cert, std::chrono::sys_seconds at);
std::string text_of(const signet::certificate_request& request);
std::string text_of(const signet::crl& list, std::chrono::sys_seconds at);
/// The kind of key and its public half's fingerprint: nothing of the secret one.
std::string text_of(const signet::private_key& key);
/// "warning: sentence" and its hint, on lines of their own.
std::string text_of(const signet::certificate_finding& finding, const std::string& indent);
/// Whose time a certificate is judged by: an age is told by the clock only.
enum class time_source : unsigned char { clock, given };
/// "89 days left, 99 % of its life", "expired 3 days ago"; of a time that was given "expired at the time given".
std::string life_text(const signet::certificate& cert, std::chrono::sys_seconds at,
                      time_source source = time_source::clock);
/// The subject, or what stands for one that is empty.
std::string title_of(const signet::certificate& cert);

}  // namespace tool
