#include <algorithm>
#include <cctype>
#include <system_error>

#include <signet/x509/crl.hpp>

#include "base/file.hpp"

namespace signet {
namespace {

namespace fs = std::filesystem;

// Eight hex digits, ".r", a number.
bool is_hashed_name(const std::string& name) {
  const auto digits = [](std::string_view text, int (*is)(int)) {
    return !text.empty() && std::ranges::all_of(text, [is](unsigned char c) { return is(c) != 0; });
  };
  return name.size() > 10 && digits(std::string_view(name).substr(0, 8), std::isxdigit) && name.substr(8, 2) == ".r" &&
         digits(std::string_view(name).substr(10), std::isdigit);
}

}  // namespace

result<std::vector<crl>> load_crl_directory(const fs::path& folder) {
  std::error_code failed;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    const auto name = at->path().filename().string();
    if ((name.ends_with(".crl") || is_hashed_name(name)) && at->is_regular_file(failed)) files.push_back(at->path());
  }
  if (failed)
    return error(error_parts{.code = errc::file_not_readable,
                             .message = base::shown(folder) + ": " + failed.message(),
                             .system_error = failed.value()});
  std::ranges::sort(files);
  std::vector<crl> out;
  for (const auto& file : files) {
    auto loaded = load_crls(file);
    if (!loaded) return std::move(loaded).error();
    // A list often stands there twice, by its name and by its hash.
    for (auto& list : *loaded)
      if (std::ranges::none_of(out, [&](const crl& known) { return known.der() == list.der(); }))
        out.push_back(std::move(list));
  }
  return out;
}

}  // namespace signet
