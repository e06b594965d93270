#include <signet/verify/trust_store.hpp>

#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <set>
#include <system_error>
#include <utility>

#include "base/file.hpp"
#include "base/spare_descriptors.hpp"
#include "verify/refreshed_anchors.hpp"
#include "verify/trust_store_impl.hpp"

namespace signet {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_bundle = std::size_t{64} << 20;

std::string counted(const std::string& what, std::size_t n) {
  return what + ", " + std::to_string(n) + (n == 1 ? " certificate" : " certificates");
}

std::shared_ptr<trust_store_impl> store_of(std::shared_ptr<const anchors> part) {
  auto made = std::make_shared<trust_store_impl>();
  made->parts.push_back(std::move(part));
  return made;
}

std::shared_ptr<trust_store_impl> store_in_memory(std::vector<certificate> certificates) {
  auto part = std::make_shared<parsed_anchors>(std::move(certificates));
  part->origin = counted("memory", part->size());
  return store_of(std::move(part));
}

// Where the common systems keep their bundle: Debian and Alpine, Fedora and its kin (two), SUSE, FreeBSD, OpenBSD and
// macOS.
constexpr std::array bundle_places = {
    "/etc/ssl/certs/ca-certificates.crt",     "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",       "/etc/ssl/ca-bundle.pem",
    "/usr/local/share/certs/ca-root-nss.crt", "/etc/ssl/cert.pem",
};
constexpr std::array folder_places = {"/etc/ssl/certs", "/etc/pki/tls/certs", "/system/etc/security/cacerts"};

using found_anchors = result<std::shared_ptr<anchors>>;

constexpr std::array<std::string_view, 5> certificate_extensions = {".pem", ".crt", ".cer", ".p7b", ".p7c"};

bool looks_like_certificate_file(const fs::path& file) {
  const auto extension = file.extension().string();
  if (std::ranges::find(certificate_extensions, extension) != certificate_extensions.end()) return true;
  // OpenSSL's hashed names: eight hex digits, a dot, a number.
  const auto stem = file.stem().string();
  return stem.size() == 8 && std::ranges::all_of(stem, [](unsigned char c) { return isxdigit(c) != 0; }) &&
         extension.size() > 1 &&
         std::all_of(extension.begin() + 1, extension.end(), [](unsigned char c) { return isdigit(c) != 0; });
}

// A system's folder often holds every certificate twice, by name and by hash, so equal ones count once.
void add_distinct(std::vector<certificate>& all, std::vector<certificate> more) {
  for (auto& c : more)
    if (std::ranges::find(all, c) == all.end()) all.push_back(std::move(c));
}

result<std::vector<fs::path>> certificate_files(const fs::path& folder) {
  std::error_code failed;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
    if (looks_like_certificate_file(at->path()) && fs::is_regular_file(at->path(), failed)) files.push_back(at->path());
  if (failed)
    return error(error_parts{.code = errc::file_not_readable,
                             .message = folder.string() + ": " + failed.message(),
                             .system_error = failed.value()});
  std::ranges::sort(files);
  return files;
}

// A place that was read before: it is gone, or can be read and holds nothing, and so says that nobody is trusted.
bool is_withdrawn(const fs::path& file, const error& why) {
  if (why.system_error() == ENOENT || why.system_error() == ENOTDIR) return true;
  if (why.code() != errc::file_malformed) return false;
  const auto text = base::read_file(file, largest_bundle);
  constexpr char der = '\x30';
  return text && text->find("-----BEGIN") == std::string::npos && !text->starts_with(der);
}

enum class reading : unsigned char { first, again };

// Of what the system has there; that nothing in it can be used is an error, at first.
found_anchors indexed(std::string pem, reading how) {
  auto made = std::make_shared<indexed_bundle>(std::move(pem));
  if (made->size() == 0 && (how == reading::first || made->skipped() != 0))
    return error(errc::file_malformed, "no certificate in it can be used");
  return std::shared_ptr<anchors>(std::move(made));
}

found_anchors bundle_of_the_system(const fs::path& file, reading how) {
  auto text = base::read_file(file, largest_bundle);
  if (!text && how == reading::again && is_withdrawn(file, text.error())) return indexed({}, how);
  if (!text) return std::move(text).error();
  return indexed(*std::move(text), how);
}

// PEM files only, each once however many names it has there.
found_anchors folder_of_the_system(const fs::path& folder, reading how) {
  std::set<std::pair<dev_t, ino_t>> seen;
  std::string all;
  auto files = certificate_files(folder);
  if (!files && base::is_without_descriptors(files.error())) return std::move(files).error();
  if (files) {
    for (const auto& file : *files) {
      struct stat is {};
      if (::stat(file.c_str(), &is) != 0 || !seen.emplace(is.st_dev, is.st_ino).second) continue;
      auto text = base::read_file(file, largest_bundle);
      if (!text && base::is_without_descriptors(text.error())) return std::move(text).error();
      if (text && all.size() + text->size() <= largest_bundle) (all += *text) += '\n';
    }
  }
  return indexed(std::move(all), how);
}

result<std::vector<certificate>> load_file(const fs::path& file, reading how) {
  auto loaded = load_certificates(file);
  if (!loaded && how == reading::again && is_withdrawn(file, loaded.error())) return std::vector<certificate>();
  return loaded;
}

result<std::vector<certificate>> load_folder(const fs::path& folder, reading how) {
  auto files = certificate_files(folder);
  if (!files && how == reading::again && is_withdrawn(folder, files.error())) return std::vector<certificate>();
  if (!files) return files.error();
  std::vector<certificate> all;
  for (const auto& file : *files) {
    auto loaded = load_file(file, how);
    if (!loaded) return loaded.error();
    add_distinct(all, *std::move(loaded));
  }
  if (all.empty() && how == reading::first)
    return error(errc::file_malformed, folder.string() + ": no certificate in this folder",
                 "files that end in .pem, .crt, .cer, .p7b or .p7c are looked at, and OpenSSL's hashed names");
  return all;
}

found_anchors parsed(result<std::vector<certificate>> all) {
  return std::move(all).transform([](std::vector<certificate>&& certificates) -> std::shared_ptr<anchors> {
    return std::make_shared<parsed_anchors>(std::move(certificates));
  });
}

found_anchors file_of_the_user(const fs::path& file, reading how) {
  return parsed(load_file(file, how));
}

found_anchors folder_of_the_user(const fs::path& folder, reading how) {
  return parsed(load_folder(folder, how));
}

// What was read from here, and is read again when it changes. Its origin stays as it was given.
result<std::shared_ptr<const anchors>> read_from(const fs::path& from,
                                                 found_anchors (*load)(const fs::path&, reading)) {
  const auto reader = [&from, load](reading how) {
    return [name = from.string(), load, how](const fs::path& at) {
      // A peer can use descriptors up, and so may not decide whether a change is seen.
      auto part = base::with_spare_descriptors([&] { return load(at, how); });
      return std::move(part).transform([&name](std::shared_ptr<anchors>&& made) -> std::shared_ptr<const anchors> {
        made->origin = counted(name, made->size());
        return std::move(made);
      });
    };
  };
  return refreshed_anchors::make(from, reader(reading::first), reader(reading::again));
}

std::shared_ptr<const trust_store_impl> find_system_store() {
  auto made = std::make_shared<trust_store_impl>();
  made->system = true;
  const auto add = [&made](const fs::path& from, found_anchors (*load)(const fs::path&, reading)) {
    if (auto part = read_from(from, load)) made->parts.push_back(*std::move(part));
    return !made->parts.empty();
  };
  // Named by the user: these replace the system's places, even when they turn out to be empty.
  const char* named_file = ::secure_getenv("SSL_CERT_FILE");
  const char* named_folders = ::secure_getenv("SSL_CERT_DIR");
  const bool file_is_named = named_file != nullptr && *named_file != '\0';
  const bool folder_is_named = named_folders != nullptr && *named_folders != '\0';
  if (file_is_named) add(named_file, bundle_of_the_system);
  // Folders stand between colons, as for OpenSSL.
  for (std::string_view rest = folder_is_named ? named_folders : ""; !rest.empty();) {
    const auto end = std::min(rest.find(':'), rest.size());
    if (end != 0) add(rest.substr(0, end), folder_of_the_system);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (file_is_named || folder_is_named) return made;

  for (const char* place : bundle_places)
    if (add(place, bundle_of_the_system)) return made;
  for (const char* place : folder_places)
    if (add(place, folder_of_the_system)) return made;
  return made;
}

}  // namespace

std::array<std::uint8_t, 32> trust_store_impl::digest() const {
  std::string joined;
  for (const auto& part : parts) {
    const auto one = part->digest();
    joined.append(one.begin(), one.end());
  }
  std::array<std::uint8_t, 32> out{};
  unsigned size = 0;
  if (EVP_Digest(joined.data(), joined.size(), out.data(), &size, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  return out;
}

trust_store::trust_store(std::shared_ptr<const impl> store) noexcept : impl_(std::move(store)) {}

trust_store trust_store::system() {
  static const std::shared_ptr<const impl> shared = find_system_store();
  return trust_store(shared);
}

result<trust_store> trust_store::pem_file(const fs::path& file) {
  return read_from(file, file_of_the_user).transform([](std::shared_ptr<const anchors>&& part) {
    return trust_store(store_of(std::move(part)));
  });
}

result<trust_store> trust_store::pem(std::string_view text) {
  return parse_certificates(text).transform(
      [](std::vector<certificate>&& all) { return trust_store(store_in_memory(std::move(all))); });
}

result<trust_store> trust_store::directory(const fs::path& folder) {
  return read_from(folder, folder_of_the_user).transform([](std::shared_ptr<const anchors>&& part) {
    return trust_store(store_of(std::move(part)));
  });
}

trust_store trust_store::of(std::vector<certificate> certificates) {
  return trust_store(store_in_memory(std::move(certificates)));
}

trust_store trust_store::none() {
  return trust_store(std::make_shared<const impl>());
}

trust_store trust_store::operator+(const trust_store& other) const {
  auto both = std::make_shared<impl>(*impl_);
  both->parts.insert(both->parts.end(), other.impl_->parts.begin(), other.impl_->parts.end());
  both->system = impl_->system || other.impl_->system;
  return trust_store(std::move(both));
}

std::size_t trust_store::size() const noexcept {
  std::size_t n = 0;
  for (const auto& part : impl_->parts) n += part->size();
  return n;
}

std::size_t trust_store::skipped() const noexcept {
  std::size_t n = 0;
  for (const auto& part : impl_->parts) n += part->skipped();
  return n;
}

std::string trust_store::description() const {
  std::string text;
  for (const auto& part : impl_->parts) {
    text += (text.empty() ? "" : " + ") + part->description();
    if (part->skipped() != 0) text += ", " + std::to_string(part->skipped()) + " unusable";
  }
  if (text.empty()) text = "nothing found";
  if (impl_->system) return "system (" + text + ")";
  return impl_->parts.empty() ? "nobody" : text;
}

bool trust_store::contains_system() const noexcept {
  return impl_->system;
}

}  // namespace signet
