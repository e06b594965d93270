#include <signet/redis/redis_client.hpp>

#include <algorithm>

#include "base/ascii.hpp"
#include "base/sentence.hpp"
#include "redis/client_impl.hpp"

namespace signet {
namespace {

constexpr std::size_t shortest_secret = 32;
constexpr std::size_t longest_secret = 1024;
constexpr std::size_t longest_prefix = 64;

error refused(const std::string& why) {
  return base::sentence{.whom = "redis_client", .why = why}.as(errc::invalid_argument);
}

bool is_key_character(char c) noexcept {
  return base::is_letter_or_digit(c) || std::string_view("-_.:").find(c) != std::string_view::npos;
}

std::optional<error> problem_of(const redis_options& options) {
  using namespace std::chrono_literals;
  const auto& prefix = options.prefix;
  if (prefix.empty() || prefix.size() > longest_prefix || !std::all_of(prefix.begin(), prefix.end(), is_key_character))
    return refused("the prefix is not 1 to 64 letters, digits and -_.:");
  for (const auto limit : {options.connect_timeout, options.answer_timeout})
    if (limit < 10ms || limit > 10s) return refused("a time limit is not from 10 ms to 10 s");
  for (const auto pause : {options.first_back_off, options.longest_back_off})
    if (pause < 10ms || pause > 1h) return refused("a back-off is not from 10 ms to 1 hour");
  if (options.longest_back_off < options.first_back_off)
    return refused("the longest back-off is shorter than the first");
  return {};
}

// Lines of other processes, in a forked child: their locks are held by threads that are not here, so they are neither
// used nor destroyed. They are kept where a leak checker finds them.
void put_away(redis::shared_line* line) noexcept {
  static std::atomic<redis::shared_line*> all = nullptr;
  line->give_up();
  line->former = all.load();
  while (!all.compare_exchange_weak(line->former, line)) {
  }
}

}  // namespace

redis_client::impl::~impl() {
  redis::wipe(secret);
  redis::shared_line* mine = line_.load();
  if (mine == nullptr) return;
  if (mine->is_of_this_process())
    delete mine;
  else
    put_away(mine);
}

redis::shared_line& redis_client::impl::line() {
  auto* there = line_.load();
  while (there == nullptr || !there->is_of_this_process()) {
    auto made = std::make_unique<redis::shared_line>(where, options);
    if (!line_.compare_exchange_strong(there, made.get())) continue;
    if (there != nullptr) put_away(there);
    there = made.release();
  }
  return *there;
}

result<redis::sealer> redis_client::impl::sealer_for(std::string_view purpose) const {
  auto made = redis::sealer::make(secret, purpose);
  if (!made) return error(errc::internal, "redis_client: OpenSSL derives no key by HKDF-SHA256");
  return *std::move(made);
}

void redis_client::impl::tell_unreadable(const std::string& key) const {
  if (!options.on_event) return;
  const auto phase = "reading " + key;
  const base::sentence said{
      .whom = redis::describe(where),
      .phase = phase,
      .why = "the value is damaged, or sealed under another secret, and is not used",
      .hint = "give every server of the fleet the same secret; somebody else may write to this Redis"};
  options.on_event({redis_event::kind::unreadable, said.as(errc::protocol_violation)});
}

result<redis_client> redis_client::make(const redis_url& where, byte_view secret, redis_options options) {
  if (secret.size() < shortest_secret || secret.size() > longest_secret)
    return refused("the secret has " + std::to_string(secret.size()) + " octets and not 32 to 1024");
  if (auto problem = problem_of(options)) return *std::move(problem);
  if (where.over() == redis_url::transport::tls && !options.tls) {
    auto standard = client_config::standard();
    if (!standard) return std::move(standard).error();
    options.tls = *std::move(standard);
  }
  return redis_client(std::make_shared<impl>(where, secret, std::move(options)));
}

result<void> redis_client::ping() const {
  const redis::command ping = {"PING"};
  const auto replies = impl_->line().ask(std::span(&ping, 1));
  if (!replies) return replies.error();
  if (replies->front().is_error()) return redis::refusal(impl_->where, "asking", replies->front());
  return {};
}

const redis_url& redis_client::where() const& noexcept {
  return impl_->where;
}
redis_url redis_client::where() && {
  return impl_->where;
}

}  // namespace signet
