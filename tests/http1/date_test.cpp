#include "http1/date.hpp"

#include <gtest/gtest.h>

namespace signet::http1 {
namespace {

TEST(date, goes_both_ways) {
  EXPECT_EQ(date_text(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  for (const char* text :
       {"", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nux 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 0x Nov 1994 08:49:37 GMT"})
    EXPECT_FALSE(parse_date(text)) << text;
}

}  // namespace
}  // namespace signet::http1
