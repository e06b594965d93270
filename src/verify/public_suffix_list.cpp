#include <signet/verify/public_suffix_list.hpp>

#include <libpsl.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "base/file.hpp"
#include "base/host_name.hpp"
#include "base/printable.hpp"

namespace signet {
namespace {

constexpr std::size_t largest_list = std::size_t{16} << 20;

struct freed {
  void operator()(psl_ctx_t* p) const noexcept { psl_free(p); }
  void operator()(std::FILE* f) const noexcept { std::fclose(f); }
};

std::optional<std::string> name_of(std::string_view domain) {
  auto parsed = base::parse_host_name(domain);
  if (!parsed || parsed->address_size != 0) return std::nullopt;
  return std::move(parsed->ascii);
}

}  // namespace

struct public_suffix_list::impl {
  std::unique_ptr<psl_ctx_t, freed> owned;
  const psl_ctx_t* list = nullptr;
};

public_suffix_list public_suffix_list::system() {
  static const auto shared = [] {
    auto made = std::make_shared<impl>();
    made->owned.reset(psl_latest(nullptr));
    made->list = made->owned ? made->owned.get() : psl_builtin();
    return std::shared_ptr<const impl>(std::move(made));
  }();
  return public_suffix_list(shared);
}

result<public_suffix_list> public_suffix_list::parse(std::string_view text) {
  if (text.size() > largest_list) return error(errc::file_too_large, "the public suffix list is larger than 16 MiB");
  // The loader would take one written by psl-make-dafsa for what it is, without a look at its offsets.
  if (text.find('\0') != text.npos || text.starts_with(".DAFSA@PSL_"))
    return error(errc::file_malformed, "holds binary data, not a public suffix list");
  const auto is_rule = [](std::string_view line) {
    const auto first = line.find_first_not_of(" \t\r");
    return first != line.npos && !line.substr(first).starts_with("//");
  };
  bool has_rule = false;
  for (std::size_t at = 0; at < text.size() && !has_rule;) {
    const auto end = std::min(text.find('\n', at), text.size());
    has_rule = is_rule(text.substr(at, end - at));
    at = end + 1;
  }
  if (!has_rule) return error(errc::file_malformed, "holds no rule of a public suffix list");
  std::string content(text);
  const std::unique_ptr<std::FILE, freed> memory(fmemopen(content.data(), content.size(), "r"));
  auto made = std::make_shared<impl>();
  if (memory) made->owned.reset(psl_load_fp(memory.get()));
  made->list = made->owned.get();
  if (made->list == nullptr) return error(errc::out_of_memory, "no memory left for the public suffix list");
  if (psl_suffix_count(made->list) < 1) return error(errc::file_malformed, "holds no rule of a public suffix list");
  return public_suffix_list(std::move(made));
}

result<public_suffix_list> public_suffix_list::load(const std::filesystem::path& file) {
  auto text = base::read_file(file, largest_list);
  if (!text) return std::move(text).error();
  auto list = parse(*text);
  if (!list) return std::move(list).error().in(base::shown(file));
  return list;
}

public_suffix_list public_suffix_list::none() {
  return public_suffix_list(std::make_shared<const impl>());
}

bool public_suffix_list::is_public_suffix(const std::string& ascii, suffix_section section) const {
  if (impl_->list == nullptr) return false;
  const int type = section == suffix_section::icann ? PSL_TYPE_ICANN : PSL_TYPE_ANY;
  // A top-level domain without a rule in this half is a suffix all the same.
  return ascii.find('.') == ascii.npos ||
         psl_is_public_suffix2(impl_->list, ascii.c_str(), type | PSL_TYPE_NO_STAR_RULE) != 0;
}

std::optional<std::string> public_suffix_list::public_suffix(std::string_view domain, suffix_section section) const {
  if (impl_->list == nullptr) return std::nullopt;
  auto name = name_of(domain);
  if (!name) return std::nullopt;
  // libpsl's own search always answers with both halves (docs/proven.md 9).
  for (std::string rest = *std::move(name);;) {
    if (is_public_suffix(rest, section)) return rest;
    rest.erase(0, rest.find('.') + 1);
  }
}

std::optional<std::string> public_suffix_list::registrable_domain(std::string_view domain,
                                                                  suffix_section section) const {
  const auto suffix = public_suffix(domain, section);
  const auto name = name_of(domain);
  if (!suffix || !name || name->size() == suffix->size()) return std::nullopt;
  const auto dot = name->rfind('.', name->size() - suffix->size() - 2);
  return name->substr(dot == name->npos ? 0 : dot + 1);
}

}  // namespace signet
