#include "http/static_site.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "http1/characters.hpp"
#include "http1/date.hpp"

namespace tool {
namespace {

constexpr int open_flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 416:
      return "Range Not Satisfiable";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 501:
      return "Not Implemented";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

// Without openat2 (older kernels, filters of containers): one part at a time, and no symbolic link at all.
int open_without_links(int folder, const std::string& path) {
  int at = folder;
  std::string_view rest = path;
  while (!rest.empty()) {
    const auto slash = std::min(rest.find('/'), rest.size());
    const std::string part(rest.substr(0, slash));
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    const int next = ::openat(at, part.c_str(), open_flags | O_NOFOLLOW | (rest.empty() ? 0 : O_DIRECTORY));
    if (at != folder) ::close(at);
    if (next < 0) return -1;
    at = next;
  }
  return at == folder ? ::openat(folder, ".", open_flags | O_DIRECTORY) : at;
}

std::string entity_tag(const struct stat& file) {
  char text[80];
  const int n = std::snprintf(text, sizeof text, "\"%llx-%llx-%llx\"", static_cast<unsigned long long>(file.st_ino),
                              static_cast<unsigned long long>(file.st_size),
                              static_cast<unsigned long long>(file.st_mtim.tv_sec) * 1000000000ULL +
                                  static_cast<unsigned long long>(file.st_mtim.tv_nsec));
  return {text, static_cast<std::size_t>(n)};
}

// RFC 9110 section 13.1.2 and 13.1.3: the tag decides where there is one.
bool not_modified(const http1::header_fields& fields, const std::string& tag, std::int64_t modified) {
  if (fields.count("If-None-Match") > 0)
    return fields.lists("If-None-Match", "*") || fields.lists("If-None-Match", tag) ||
           fields.lists("If-None-Match", "W/" + tag);
  const auto* since = fields.find("If-Modified-Since");
  const auto when = since != nullptr ? http1::parse_date(*since) : std::nullopt;
  return when && modified <= *when;
}

}  // namespace

std::string http_answer::head(bool keep_alive, int minor_version) const {
  // We always answer as HTTP/1.1 (RFC 9110 section 2.5), but an HTTP/1.0 client has to be told that we stay.
  std::string out = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason(status)) + "\r\n";
  out += "Date: " + http1::date_text(std::time(nullptr)) + "\r\n";
  for (const auto& field : fields.all()) out += field.name + ": " + field.value + "\r\n";
  if (status != 304) out += "Content-Length: " + std::to_string(body_size()) + "\r\n";
  if (!keep_alive) {
    out += "Connection: close\r\n";
  } else if (minor_version == 0) {
    out += "Connection: keep-alive\r\n";
  }
  return out + "\r\n";
}

http_answer plain_answer(int status, std::string_view why) {
  http_answer out;
  out.status = status;
  out.fields.add("Content-Type", "text/plain; charset=utf-8");
  out.text = std::to_string(status) + " " + std::string(reason(status)) + "\n";
  if (!why.empty()) out.text += std::string(why) + "\n";
  return out;
}

std::optional<std::string> path_within(std::string_view target) {
  if (!target.starts_with('/')) return {};
  target = target.substr(1, target.find('?') == target.npos ? target.npos : target.find('?') - 1);
  std::string path;
  while (!target.empty()) {
    const auto slash = std::min(target.find('/'), target.size());
    const auto raw = target.substr(0, slash);
    target.remove_prefix(std::min(slash + 1, target.size()));
    std::string part;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      char c = raw[i];
      if (c == '%') {
        if (raw.size() - i < 3 || http1::hex_value(raw[i + 1]) < 0 || http1::hex_value(raw[i + 2]) < 0) return {};
        c = static_cast<char>(http1::hex_value(raw[i + 1]) * 16 + http1::hex_value(raw[i + 2]));
        i += 2;
      }
      const auto u = static_cast<unsigned char>(c);
      if (u < 0x20 || u == 0x7f || c == '/' || c == '\\') return {};
      part += c;
    }
    // "." and ".." are dot names as well.
    if (part.empty() || (part.front() == '.' && !(part == ".well-known" && path.empty()))) return {};
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

signet::result<static_site> static_site::open(const std::filesystem::path& folder,
                                              std::vector<std::filesystem::path> secrets) {
  owned_descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    const int why = errno;
    return signet::error(
        signet::error_parts{.code = signet::errc::file_not_readable,
                            .message = "opening the folder " + folder.string() + ": " + std::strerror(why),
                            .system_error = why});
  }
  return static_site(std::move(fd), std::move(secrets));
}

owned_descriptor static_site::open_beneath(const std::string& path) const {
  struct open_how how = {};
  how.flags = open_flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const char* name = path.empty() ? "." : path.c_str();
  // EAGAIN: something was renamed while a ".." of a link was resolved.
  for (int attempt = 0; attempt < 8; ++attempt) {
    const auto fd = static_cast<int>(::syscall(SYS_openat2, folder_.get(), name, &how, sizeof how));
    if (fd >= 0) return owned_descriptor(fd);
    if (errno == ENOSYS || errno == EPERM) return owned_descriptor(open_without_links(folder_.get(), path));
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return {};
}

// Asked each time: a key is renewed by putting another file in its place.
bool static_site::is_secret(const struct stat& file) const {
  return std::any_of(secrets_.begin(), secrets_.end(), [&file](const auto& path) {
    struct stat secret = {};
    return ::stat(path.c_str(), &secret) == 0 && secret.st_dev == file.st_dev && secret.st_ino == file.st_ino;
  });
}

namespace {

// That there is nothing is the client's to know, that we could not look is ours.
http_answer not_opened(int why) {
  const bool for_want_of_means = why == EMFILE || why == ENFILE || why == ENOMEM;
  return plain_answer(for_want_of_means ? 503 : 404);
}

}  // namespace

http_answer static_site::answer(const http1::request& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    auto refused = plain_answer(405);
    refused.fields.add("Allow", "GET, HEAD");
    return refused;
  }
  auto path = path_within(request.target);
  if (!path) return plain_answer(404);
  const auto query = std::min(request.target.find('?'), request.target.size());
  const bool names_folder = request.target[query - 1] == '/';

  auto file = open_beneath(*path);
  struct stat about = {};
  if (!file) return not_opened(errno);
  if (::fstat(file.get(), &about) != 0) return plain_answer(404);
  if (S_ISDIR(about.st_mode)) {
    if (!names_folder) {
      auto moved = plain_answer(301);
      moved.fields.add("Location", request.target.substr(0, query) + "/" + request.target.substr(query));
      return moved;
    }
    *path += path->empty() ? "index.html" : "/index.html";
    file = open_beneath(*path);
    if (!file) return not_opened(errno);
    if (::fstat(file.get(), &about) != 0) return plain_answer(404);
  } else if (names_folder) {
    return plain_answer(404);
  }
  if (!S_ISREG(about.st_mode) || is_secret(about)) return plain_answer(404);

  http_answer out;
  const auto size = static_cast<std::uint64_t>(about.st_size);
  const std::string tag = entity_tag(about);
  out.fields.add("ETag", tag);
  out.fields.add("Last-Modified", http1::date_text(about.st_mtim.tv_sec));
  if (not_modified(request.fields, tag, about.st_mtim.tv_sec)) {
    out.status = 304;
    return out;
  }
  out.fields.add("Accept-Ranges", "bytes");
  out.fields.add("X-Content-Type-Options", "nosniff");
  out.length = size;
  const auto* range = request.fields.find("Range");
  const auto* if_range = request.fields.find("If-Range");
  if (range != nullptr && request.method == "GET" && (if_range == nullptr || *if_range == tag)) {
    byte_range part;
    switch (parse_range(*range, size, part)) {
      case range_outcome::whole:
        break;
      case range_outcome::part:
        out.status = 206;
        out.offset = part.offset;
        out.length = part.length;
        out.fields.add("Content-Range", "bytes " + std::to_string(part.offset) + "-" +
                                            std::to_string(part.offset + part.length - 1) + "/" + std::to_string(size));
        break;
      case range_outcome::unsatisfiable: {
        auto refused = plain_answer(416);
        refused.fields.add("Content-Range", "bytes */" + std::to_string(size));
        return refused;
      }
    }
  }
  out.fields.add("Content-Type", std::string(media_type(*path)));
  out.file = std::move(file);
  return out;
}

std::string_view media_type(std::string_view path) noexcept {
  struct entry {
    std::string_view extension, type;
  };
  static constexpr std::array types{
      entry{"html", "text/html; charset=utf-8"},
      entry{"htm", "text/html; charset=utf-8"},
      entry{"css", "text/css; charset=utf-8"},
      entry{"js", "text/javascript; charset=utf-8"},
      entry{"mjs", "text/javascript; charset=utf-8"},
      entry{"json", "application/json"},
      entry{"map", "application/json"},
      entry{"txt", "text/plain; charset=utf-8"},
      entry{"md", "text/markdown; charset=utf-8"},
      entry{"csv", "text/csv; charset=utf-8"},
      entry{"xml", "application/xml"},
      entry{"svg", "image/svg+xml"},
      entry{"png", "image/png"},
      entry{"jpg", "image/jpeg"},
      entry{"jpeg", "image/jpeg"},
      entry{"gif", "image/gif"},
      entry{"webp", "image/webp"},
      entry{"avif", "image/avif"},
      entry{"ico", "image/vnd.microsoft.icon"},
      entry{"woff", "font/woff"},
      entry{"woff2", "font/woff2"},
      entry{"ttf", "font/ttf"},
      entry{"otf", "font/otf"},
      entry{"pdf", "application/pdf"},
      entry{"wasm", "application/wasm"},
      entry{"zip", "application/zip"},
      entry{"gz", "application/gzip"},
      entry{"tar", "application/x-tar"},
      entry{"mp3", "audio/mpeg"},
      entry{"ogg", "audio/ogg"},
      entry{"wav", "audio/wav"},
      entry{"mp4", "video/mp4"},
      entry{"webm", "video/webm"},
      entry{"webmanifest", "application/manifest+json"},
      entry{"pem", "application/x-pem-file"},
      entry{"crt", "application/x-x509-ca-cert"},
      entry{"crl", "application/pkix-crl"},
  };
  const auto name = path.substr(path.rfind('/') + 1);
  const auto dot = name.rfind('.');
  if (dot != name.npos) {
    for (const auto& one : types) {
      if (http1::same_ignoring_case(one.extension, name.substr(dot + 1))) return one.type;
    }
  }
  return "application/octet-stream";
}

range_outcome parse_range(std::string_view value, std::uint64_t size, byte_range& into) noexcept {
  value = http1::trimmed(value);
  if (value.size() < 6 || !http1::same_ignoring_case(value.substr(0, 6), "bytes=")) return range_outcome::whole;
  value = http1::trimmed(value.substr(6));
  const auto dash = value.find('-');
  if (dash == value.npos || value.find(',') != value.npos) return range_outcome::whole;
  const auto number = [](std::string_view text, std::uint64_t& out) {
    for (const char c : text) {
      if (!http1::is_digit(c)) return false;
    }
    const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), out);
    // What does not fit is past the end of any file.
    if (why == std::errc::result_out_of_range) out = UINT64_MAX;
    return !text.empty();
  };
  const auto first = value.substr(0, dash);
  const auto last = value.substr(dash + 1);
  std::uint64_t from = 0;
  std::uint64_t to = UINT64_MAX;
  if (first.empty()) {
    if (!number(last, to)) return range_outcome::whole;
    if (to == 0 || size == 0) return range_outcome::unsatisfiable;
    into.length = std::min(to, size);
    into.offset = size - into.length;
    return range_outcome::part;
  }
  if (!number(first, from) || (!last.empty() && !number(last, to)) || to < from) return range_outcome::whole;
  if (from >= size) return range_outcome::unsatisfiable;
  into.offset = from;
  into.length = std::min(to, size - 1) - from + 1;
  return range_outcome::part;
}

}  // namespace tool
