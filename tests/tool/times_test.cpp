#include "times.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tool {
namespace {

using namespace std::chrono;

constexpr sys_seconds morning = sys_days(year(2026) / 11 / 21) + hours(8);

TEST(times, are_taken_with_every_zone_and_spelling_of_rfc_3339) {
  for (const char* text : {"2026-11-21T08:00:00Z", "2026-11-21t08:00:00z", "2026-11-21 08:00:00Z",
                           "2026-11-21T08:00:00+00:00", "2026-11-21T08:00:00-00:00", "2026-11-21T09:30:00+01:30",
                           "2026-11-20T09:00:00-23:00", "2026-11-22T07:59:00+23:59", "2026-11-21T07:59:60Z"})
    EXPECT_EQ(parse_rfc3339(text), morning) << text;
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59Z"), sys_seconds(seconds(-1)));
  EXPECT_EQ(parse_rfc3339("9999-12-31T23:59:59Z"), sys_days(year(9999) / 12 / 31) + hours(24) - seconds(1));
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00Z"), sys_seconds(sys_days(year(2024) / 2 / 29)));
}

TEST(times, are_cut_to_whole_seconds) {
  EXPECT_EQ(parse_rfc3339("2026-11-21T08:00:00.999999999999999999999Z"), morning);
  EXPECT_EQ(parse_rfc3339("2026-11-21T09:00:00.5+01:00"), morning);
}

TEST(times, that_are_none_are_refused) {
  for (const std::string text : {"",
                                 "now",
                                 "2026",
                                 "2026-11-21",
                                 "2026-11-21T08:00:00",
                                 "2026-11-21T08:00Z",
                                 "2026-11-21X08:00:00Z",
                                 "2026-13-21T08:00:00Z",
                                 "2026-00-21T08:00:00Z",
                                 "2026-11-31T08:00:00Z",
                                 "2026-11-00T08:00:00Z",
                                 "2026-02-29T08:00:00Z",
                                 "2100-02-29T08:00:00Z",
                                 "2026-11-21T24:00:00Z",
                                 "2026-11-21T08:60:00Z",
                                 "2026-11-21T08:00:61Z",
                                 "2026-11-21T08:00:00.Z",
                                 "2026-11-21T08:00:00,5Z",
                                 "2026-11-21T08:00:00+0100",
                                 "2026-11-21T08:00:00+24:00",
                                 "2026-11-21T08:00:00+01:60",
                                 "2026-11-21T08:00:00+1:00",
                                 "2026-11-21T08:00:00+",
                                 "2026-11-21T08:00:00ZZ",
                                 "2026-11-21T08:00:00Z ",
                                 " 2026-11-21T08:00:00Z",
                                 "-026-11-21T08:00:00Z",
                                 "2026--1-21T08:00:00Z",
                                 "2026-11-21T-8:00:00Z",
                                 "+026-11-21T08:00:00Z",
                                 "2026-1-21T08:00:00Z",
                                 "02026-11-21T08:00:00Z",
                                 "2026-11-21T08:00:00+-1:00",
                                 "20261121T080000Z"})
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  EXPECT_EQ(parse_rfc3339(std::string("2026-11-21T08:00:00Z\0", 21)), std::nullopt);
  // Every beginning of a time is none.
  const std::string whole = "2026-11-21T08:00:00.25+01:00";
  ASSERT_TRUE(parse_rfc3339(whole));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(parse_rfc3339(whole.substr(0, size)), std::nullopt) << size;
}

}  // namespace
}  // namespace tool
