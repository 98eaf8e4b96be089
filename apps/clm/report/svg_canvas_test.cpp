#include "report/svg_canvas.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"
#include "report/html_page.hpp"

namespace clm::app {
namespace {

using Labels = std::vector<std::string>;

TEST(HtmlText, NothingOfATextBecomesMarkup) {
  EXPECT_EQ(html_escape("<script>\"a\" & 'b'</script>\x01"),
            "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;");
}

TEST(HtmlText, NumbersAreGroupedAndHaveARealMinus) {
  EXPECT_EQ(number_text(1234567.891, 2), "1,234,567.89");
  EXPECT_EQ(number_text(-999.5, 1),
            "\u2212"
            "999.5");
  EXPECT_EQ(number_text(-0.00001, 3), "0.000") << "no minus zero";
  EXPECT_EQ(number_text(std::numeric_limits<double>::quiet_NaN(), 3), "\u2013");
  EXPECT_EQ(number_text(-std::numeric_limits<double>::infinity(), 3), "\u2212\u221e");
  EXPECT_EQ(signed_text(0.5, 1), "+0.5");
  EXPECT_EQ(signed_text(0.01, 1), "0.0");
  EXPECT_EQ(percent_text(0.1234, 1), "12.3 %");
  EXPECT_EQ(interval_text(-1, 2, 0),
            "[\u2212"
            "1, 2]");
}

TEST(HtmlTable, BecomesCardsOnASmallScreenOnlyIfItsLinesAreLong) {
  const auto row = [](std::size_t columns, const std::string& text) {
    HtmlTable table{"", std::vector<std::string>(columns, "Net (bps)"), {}};
    table.rows.push_back(std::vector<HtmlCell>(columns, figure_cell(text)));
    return html_table(table);
  };
  constexpr const char* kCards = "class=\"sortable many\"";
  EXPECT_EQ(row(8, "0.1").find(kCards), std::string::npos);
  EXPECT_NE(row(8, "2025-10-01 00:00").find(kCards), std::string::npos);
  EXPECT_EQ(row(5, "2025-10-01 00:00").find(kCards), std::string::npos);
}

TEST(HtmlFold, IsOpenWhereAskedOrWhereThereIsRoom) {
  EXPECT_EQ(html_fold("More", "<p>x</p>"), "<details><summary>More</summary><p>x</p></details>\n");
  EXPECT_EQ(html_fold("More", "<p>x</p>", Fold::open), "<details open><summary>More</summary><p>x</p></details>\n");
  EXPECT_EQ(html_fold("More", "<p>x</p>", Fold::open_where_wide),
            "<details data-open=\"wide\"><summary>More</summary><p>x</p></details>\n");
}

TEST(NumberTicks, AreRoundNumbersInsideTheSpan) {
  EXPECT_EQ(number_ticks(0, 10, 5).label, (Labels{"0", "2", "4", "6", "8", "10"}));
  EXPECT_EQ(number_ticks(-0.013, 0.021, 4).label, (Labels{"\u2212"
                                                          "0.01",
                                                          "0.00", "0.01", "0.02"}));
  EXPECT_EQ(number_ticks(1500, 9000, 4).label, (Labels{"2,000", "4,000", "6,000", "8,000"}));
}

TEST(NumberTicks, AreNeverManyNorOutside) {
  for (double power = 1e-12; power < 1e12; power *= 3.7)
    for (const double centre : {-3.0, 0.0, 0.25, 40.0}) {
      const double lo = (centre - 1) * power, hi = (centre + 1) * power;
      const auto ticks = number_ticks(lo, hi, 6);
      ASSERT_GE(ticks.at.size(), 2U) << power;
      ASSERT_LE(ticks.at.size(), 11U) << power;
      ASSERT_EQ(ticks.at.size(), ticks.label.size());
      EXPECT_GE(ticks.at.front(), lo - 1e-9 * power);
      EXPECT_LE(ticks.at.back(), hi + 1e-9 * power);
      for (std::size_t i = 1; i < ticks.label.size(); ++i) EXPECT_NE(ticks.label[i], ticks.label[i - 1]) << power;
    }
}

TEST(TimeTicks, StandWhereHoursDaysMonthsAndYearsBegin) {
  const auto labels = [](Timestamp from, Timestamp to, int count) {
    return time_ticks(from.ms(), to.ms(), count).label;
  };
  EXPECT_EQ(labels(from_calendar(2024, 1, 1, 1), from_calendar(2024, 1, 1, 20), 4),
            (Labels{"01-01 06:00", "01-01 12:00", "01-01 18:00"}));
  EXPECT_EQ(labels(from_calendar(2024, 2, 27, 5), from_calendar(2024, 3, 2), 4),
            (Labels{"2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02"}));
  EXPECT_EQ(labels(from_calendar(2023, 11, 20), from_calendar(2024, 3, 10), 4),
            (Labels{"2023-12", "2024-01", "2024-02", "2024-03"}));
  EXPECT_EQ(labels(from_calendar(2019, 6, 1), from_calendar(2023, 6, 1), 4), (Labels{"2020", "2021", "2022", "2023"}));
}

TEST(TimeTicks, AreFewForAnySpan) {
  const std::int64_t start = from_calendar(2021, 3, 17, 5, 13).ms();
  for (std::int64_t span = 3'600'000 * 7; span < std::int64_t{40} * 365 * 86'400'000; span = span * 13 / 10) {
    const auto ticks = time_ticks(start, start + span, 6);
    EXPECT_LE(ticks.at.size(), 8U) << span;
    EXPECT_GE(ticks.at.size(), 1U) << span;
    for (const double t : ticks.at)
      EXPECT_TRUE(t >= static_cast<double>(start) && t <= static_cast<double>(start + span));
  }
}

TEST(SvgCanvas, TitlesBecomeTooltipsAndAreEscaped) {
  SvgCanvas canvas(100, 50, "a \"plot\"");
  canvas.circle({1, 2}, 3, "fill c0", "x < y");
  const std::string svg = std::move(canvas).finish();
  EXPECT_NE(svg.find("role=\"img\" aria-label=\"a &quot;plot&quot;\""), std::string::npos);
  EXPECT_NE(svg.find("<circle cx=\"1.0\" cy=\"2.0\" r=\"3.0\" class=\"fill c0\"><title>x &lt; y</title></circle>"),
            std::string::npos);
}

TEST(PlotScale, MapsEndsToEnds) {
  const PlotScale y{-1, 3, 200, 0};
  EXPECT_DOUBLE_EQ(y(-1), 200);
  EXPECT_DOUBLE_EQ(y(3), 0);
  EXPECT_DOUBLE_EQ(y(1), 100);
}

}  // namespace
}  // namespace clm::app
