#include "report/regime_report.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace clm::app {
namespace {

std::size_t times_in(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

RegimePicture picture() {
  RegimePicture out{"BTC<USDT", "Closes, 1h", {}, {}, {}};
  for (int hour = 0; hour < 240; ++hour)
    out.price.push_back({static_cast<double>(hour * kHourMs), hour == 100 ? std::nan("") : 100.0 + hour});
  out.volatility = {{"unknown", 0, 24 * kHourMs},
                    {"calm", 24 * kHourMs, 48 * kHourMs},
                    {"turbulent", 48 * kHourMs, 72 * kHourMs},
                    {"normal", 72 * kHourMs, 240 * kHourMs}};
  out.trend = {{"flat", 0, 120 * kHourMs, 0}, {"up", 120 * kHourMs, 240 * kHourMs, 72 * kHourMs}};
  return out;
}

TEST(RegimePage, DrawsStatesWhenTheyWereSaidAndTheDelayBeforeThem) {
  const std::string page = regime_report({picture()}, Timestamp(240 * kHourMs), Timestamp(0));
  EXPECT_NE(page.find("BTC&lt;USDT"), std::string::npos);
  EXPECT_EQ(page.find("BTC<USDT"), std::string::npos);
  EXPECT_EQ(times_in(page, "<polyline"), 2U) << "a missing bar is a gap";
  EXPECT_NE(page.find("the trend is up, said since 1970-01-06 00:00, begun about 1970-01-04 00:00"), std::string::npos);
  EXPECT_NE(page.find("began about 1970-01-04 00:00, said 2.0 days later"), std::string::npos);
  EXPECT_NE(page.find("turbulent, 1970-01-03 00:00 to 1970-01-04 00:00"), std::string::npos);
  EXPECT_EQ(times_in(page, ">unknown"), 0U);
  // 48 hours before it was said and 120 after, of 239.
  EXPECT_NE(page.find("x=\"30.13%\" width=\"20.08%\""), std::string::npos) << "pale";
  EXPECT_NE(page.find("x=\"50.21%\" width=\"49.79%\""), std::string::npos);
  EXPECT_NE(page.find("Days until said"), std::string::npos);
}

TEST(RegimePage, SaysWhenNothingIsKnown) {
  RegimePicture young{"NEW", "Closes, 1h", {{0, 5}}, {{"unknown", 0, kHourMs}}, {{"unknown", 0, kHourMs, 0}}};
  const std::string page = regime_report({young}, Timestamp(kHourMs), Timestamp(0));
  EXPECT_NE(page.find("volatility is not known yet; the trend is not known yet"), std::string::npos);
  EXPECT_NE(page.find("too few bars to draw"), std::string::npos);
  EXPECT_NE(page.find("No storm was seen."), std::string::npos);
}

}  // namespace
}  // namespace clm::app
