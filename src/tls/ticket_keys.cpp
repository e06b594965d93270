#include <signet/tls/ticket_keys.hpp>

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "ossl/derive.hpp"
#include "tls/own_ticket_keys.hpp"
#include "x509/wiped.hpp"

namespace signet {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::size_t whole_size = 80;
constexpr std::size_t short_size = 48;
// One ticket is valid for that long.
constexpr seconds ticket_lifetime = std::chrono::hours(2);

using secret32 = std::array<std::byte, 32>;

template <std::size_t Size>
struct wiped_octets {
  std::array<std::byte, Size> octets = {};
  wiped_octets() = default;
  wiped_octets(const wiped_octets&) = delete;
  wiped_octets& operator=(const wiped_octets&) = delete;
  ~wiped_octets() { OPENSSL_cleanse(octets.data(), octets.size()); }
};

ticket_key derived_key(byte_view secret, std::int64_t epoch) {
  wiped_octets<whole_size> made;
  ossl::derive(secret, "signet ticket key " + std::to_string(epoch), made.octets);
  return ticket_key::from_bytes(made.octets).value();
}

class fixed_keys final : public ticket_source {
 public:
  explicit fixed_keys(std::vector<ticket_key> all) : all_(std::move(all)) {}
  std::optional<ticket_key> current() override { return all_.front(); }
  std::optional<ticket_key> find(const ticket_key_name& name) override {
    for (const auto& one : all_)
      if (one.name() == name) return one;
    return {};
  }

 private:
  std::vector<ticket_key> all_;
};

// What decrypts, the newest epoch first.
struct kept_key {
  std::int64_t epoch;
  ticket_key key;
};

std::optional<ticket_key> find_in(const std::vector<kept_key>& kept, const ticket_key_name& name) {
  for (const auto& one : kept)
    if (one.key.name() == name) return one.key;
  return {};
}

// Epochs are of the clock, so that servers that have never heard of each other agree.
class scheduled_keys final : public ticket_source {
 public:
  scheduled_keys(byte_view secret, ticket_schedule schedule) : schedule_(std::move(schedule)) {
    ossl::derive(secret, "signet ticket schedule", secret_);
  }
  ~scheduled_keys() override { OPENSSL_cleanse(secret_.data(), secret_.size()); }

  std::optional<ticket_key> current() override {
    const std::lock_guard lock(mutex_);
    return at(turn());
  }
  std::optional<ticket_key> find(const ticket_key_name& name) override {
    const std::lock_guard lock(mutex_);
    const auto now = turn();
    // Another server's clock may be ahead, by less than a period.
    for (auto epoch = now + 1; epoch >= now - past(); --epoch) at(epoch);
    return find_in(kept_, name);
  }

 private:
  [[nodiscard]] std::int64_t past() const {
    return 1 + (ticket_lifetime + schedule_.period - seconds(1)) / schedule_.period;
  }
  // The epoch now; what no ticket needs any more is erased.
  std::int64_t turn() {
    const auto now =
        schedule_.clock ? schedule_.clock() : std::chrono::floor<seconds>(std::chrono::system_clock::now());
    const auto epoch = now.time_since_epoch() / schedule_.period;
    std::erase_if(kept_, [&](const kept_key& k) { return k.epoch > epoch + 1 || k.epoch < epoch - past(); });
    return epoch;
  }
  const ticket_key& at(std::int64_t epoch) {
    const auto known = std::ranges::find(kept_, epoch, &kept_key::epoch);
    if (known != kept_.end()) return known->key;
    return kept_.emplace_back(kept_key{epoch, derived_key(secret_, epoch)}).key;
  }

  const ticket_schedule schedule_;
  secret32 secret_ = {};
  std::mutex mutex_;
  std::vector<kept_key> kept_;
};

// Each hour's secret follows from that of the hour before and not the other way round: whoever steals what is here
// learns nothing of tickets that were issued hours ago. Processes that fork() go on alike.
class own_keys final : public ticket_source {
 public:
  explicit own_keys(ticket_clock now) : now_(std::move(now)), began_(now_()) {
    if (RAND_bytes(reinterpret_cast<unsigned char*>(chain_.octets.data()), static_cast<int>(chain_.octets.size())) != 1)
      throw std::bad_alloc();
    kept_.push_back({0, derived_key(chain_.octets, 0)});
  }

  std::optional<ticket_key> current() override {
    const std::lock_guard lock(mutex_);
    turn();
    return kept_.front().key;
  }
  std::optional<ticket_key> find(const ticket_key_name& name) override {
    const std::lock_guard lock(mutex_);
    turn();
    return find_in(kept_, name);
  }

 private:
  static constexpr seconds period = std::chrono::hours(1);
  static constexpr std::int64_t past = ticket_lifetime / period + 1;

  // Whole steps: one that fails leaves the chain where it was.
  void turn() {
    // One call makes up for a year at most.
    const auto due = std::min<std::int64_t>((now_() - began_) / period, epoch_ + 24 * 366);
    while (epoch_ < due) {
      wiped_octets<32> next;
      ossl::derive(chain_.octets, "signet ticket chain", next.octets);
      if (epoch_ + 1 + past >= due)
        kept_.insert(kept_.begin(), kept_key{epoch_ + 1, derived_key(next.octets, epoch_ + 1)});
      chain_.octets = next.octets;
      ++epoch_;
    }
    std::erase_if(kept_, [this](const kept_key& k) { return k.epoch < epoch_ - past; });
  }

  const ticket_clock now_;
  const sys_seconds began_;
  std::mutex mutex_;
  // Of this epoch.
  wiped_octets<32> chain_;
  std::int64_t epoch_ = 0;
  std::vector<kept_key> kept_;
};

// Goes on while the system sleeps, and nobody sets it: only what lies between two looks counts.
sys_seconds since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return sys_seconds(seconds(now.tv_sec));
}

}  // namespace

result<ticket_key> ticket_key::from_bytes(byte_view octets) {
  if (octets.size() != whole_size && octets.size() != short_size)
    return error(errc::invalid_argument, "a ticket key has " + std::to_string(octets.size()) + " octets",
                 "80, as `openssl rand 80` makes them, or 48");
  impl made{.octets = {}, .is_short = octets.size() == short_size};
  std::memcpy(made.octets.data(), octets.data(), octets.size());
  ticket_key key(made);
  OPENSSL_cleanse(&made, sizeof made);
  return key;
}

ticket_key::~ticket_key() {
  OPENSSL_cleanse(&impl_, sizeof impl_);
}

ticket_key_name ticket_key::name() const noexcept {
  ticket_key_name out{};
  std::copy_n(impl_.octets.begin(), out.size(), out.begin());
  return out;
}

ticket_source::~ticket_source() = default;

result<std::shared_ptr<ticket_source>> ticket_keys::from_bytes(byte_view octets) {
  constexpr std::size_t most = 1000;
  const auto each = octets.size() % whole_size == 0 ? whole_size : short_size;
  if (octets.empty() || octets.size() % each != 0 || octets.size() / each > most)
    return error(errc::invalid_argument, "ticket keys have " + std::to_string(octets.size()) + " octets in all",
                 "1 to 1,000 keys of 80 octets, as `openssl rand 80` makes one, or of 48, one after the other");
  std::vector<ticket_key> all;
  for (std::size_t at = 0; at < octets.size(); at += each) {
    auto key = ticket_key::from_bytes(octets.subspan(at, each)).value();
    if (std::ranges::any_of(all, [&](const ticket_key& other) { return other.name() == key.name(); }))
      return error(errc::invalid_argument, "two ticket keys have the same first 16 octets, which name them",
                   "make each of them with `openssl rand 80`");
    all.push_back(std::move(key));
  }
  return std::shared_ptr<ticket_source>(std::make_shared<fixed_keys>(std::move(all)));
}

result<std::shared_ptr<ticket_source>> ticket_keys::load(const std::filesystem::path& file) {
  const auto whom = base::shown(file);
  auto content = base::read_file(file, std::size_t{128} << 10);
  if (!content) return std::move(content).error();
  const x509::wiped octets(*std::move(content));
  struct stat about {};
  if (::stat(file.c_str(), &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & 077) != 0)
    return error(errc::invalid_argument, "others than its owner may read these ticket keys", "chmod 600 " + whom)
        .in(whom);
  auto made = from_bytes(std::string_view(octets.text));
  if (made) return made;
  auto parts = made.error().parts();
  parts.code = errc::file_malformed;
  return error(std::move(parts)).in(whom);
}

result<std::shared_ptr<ticket_source>> ticket_keys::scheduled(byte_view secret, ticket_schedule schedule) {
  if (secret.size() < std::tuple_size_v<secret32>)
    return error(errc::invalid_argument, "the secret of ticket keys has " + std::to_string(secret.size()) + " octets",
                 "32 or more that nobody can guess, as `openssl rand 32` makes them");
  if (schedule.period < std::chrono::minutes(1) || schedule.period > std::chrono::days(7))
    return error(errc::invalid_argument, "ticket_schedule::period is " + std::to_string(schedule.period.count()) + " s",
                 "1 minute to 7 days");
  return std::shared_ptr<ticket_source>(std::make_shared<scheduled_keys>(secret, std::move(schedule)));
}

std::shared_ptr<ticket_source> own_ticket_keys(ticket_clock now) {
  if (!now) now = since_boot;
  return std::make_shared<own_keys>(std::move(now));
}

}  // namespace signet
