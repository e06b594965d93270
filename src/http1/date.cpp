#include "http1/date.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "http1/characters.hpp"

namespace signet::http1 {
namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::string date_text(std::int64_t unix_seconds) {
  const std::time_t when = unix_seconds;
  std::tm parts = {};
  if (::gmtime_r(&when, &parts) == nullptr) return date_text(0);
  static constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  char text[64];
  const int n = std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                              days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                              months[static_cast<std::size_t>(parts.tm_mon)].data(), parts.tm_year + 1900,
                              parts.tm_hour, parts.tm_min, parts.tm_sec);
  return {text, static_cast<std::size_t>(n)};
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  if (text.size() != 29 || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' || text[16] != ' ' ||
      text[19] != ':' || text[22] != ':' || text.substr(25) != " GMT")
    return {};
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) {
      if (!is_digit(text[i])) return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  unsigned month = 0;
  while (month < months.size() && months[month] != text.substr(8, 3)) ++month;
  const int day = number(5, 2), year = number(12, 4), hour = number(17, 2), minute = number(20, 2),
            second = number(23, 2);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month + 1),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (year < 0 || day < 0 || hour < 0 || minute < 0 || second < 0 || hour > 23 || minute > 59 || second > 60 ||
      !date.ok())
    return {};
  return std::chrono::sys_seconds(std::chrono::sys_days(date)).time_since_epoch().count() + hour * 3600L +
         minute * 60L + second;
}

}  // namespace signet::http1
