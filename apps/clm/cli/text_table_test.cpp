#include "text_table.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "text_layout.hpp"

namespace clm::app {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(TextLayout, FoldsBetweenWordsAndWithinLongOnes) {
  EXPECT_EQ(folded("one two three", 8), (Lines{"one two", "three"}));
  EXPECT_EQ(folded("abcdefgh ij", 3), (Lines{"abc", "def", "gh", "ij"}));
  EXPECT_EQ(folded("", 5), Lines{""});
  EXPECT_EQ(folded("a\n\nb", 5), (Lines{"a", "", "b"}));
  EXPECT_EQ(folded("\u00e9\u00e9\u00e9\u00e9", 2), (Lines{"\u00e9\u00e9", "\u00e9\u00e9"})) << "cells, not bytes";
  EXPECT_EQ(folded("ab", 0), (Lines{"a", "b"}));
  EXPECT_EQ(paragraph("one two three", 10, 2), "one two\n  three\n");
}

TEST(TextTable, IsAsWideAsItGetsUnlessAWidthIsGiven) {
  TextTable table({"type", "rows", "why"});
  table.add({"xgboost", "12", "one two three four five six seven eight nine ten"});
  table.add({"ridge", "1,234", "short"});
  EXPECT_EQ(lines_of(table.render())[1], "xgboost     12  one two three four five six seven eight nine ten");
  EXPECT_EQ(table.render(200), table.render());
}

TEST(TextTable, ACellOfSeveralLinesIsOne) {
  TextTable table({"version", "reason"});
  table.add({"0123", "good\n4567\tbad\r"});
  EXPECT_EQ(lines_of(table.render()).size(), 2U);
  EXPECT_NE(table.render().find("good 4567 bad"), std::string::npos);
}

TEST(TextTable, FoldsTheWidestTextFirst) {
  TextTable table({"type", "rows", "why"});
  table.add({"xgboost", "12", "one two three four five six seven eight nine ten"});
  table.add({"ridge", "1,234", "short"});
  EXPECT_EQ(lines_of(table.render(40)), (Lines{"type      rows  why", "xgboost     12  one two three four five",
                                               "                six seven eight nine ten", "ridge    1,234  short"}));
  for (std::size_t width = 30; width < 70; ++width)
    for (const auto& line : lines_of(table.render(width))) EXPECT_LE(cells_of(line), width) << width;
}

TEST(TextTable, TitlesOfNumbersAreFoldedAndNumbersAreNot) {
  TextTable table({"symbol", "disagreement bps", "from", "version"});
  table.add({"BTCUSDT", "12.3", "2024-01-01 00:00", "0123456789ab"});
  EXPECT_EQ(lines_of(table.render(47)),
            (Lines{"symbol   disagreement  from        version", "                  bps",
                   "BTCUSDT          12.3  2024-01-01  0123456789ab", "                       00:00"}));
  EXPECT_TRUE(table.fits(0));
  EXPECT_TRUE(table.fits(47));
  EXPECT_FALSE(table.fits(30));
}

TEST(TextTable, FiguresStandUnderEachOtherWhateverIsMissingOrTooSmall) {
  TextTable table({"model", "break-even", "p"});
  table.add({"ridge", "19.9", "0.0500"});
  table.add({"momentum", "none", "< 0.0001"});
  EXPECT_EQ(lines_of(table.render())[1], "ridge           19.9    0.0500");
  EXPECT_EQ(lines_of(table.render())[2], "momentum        none  < 0.0001");
}

TEST(Fixed, HasNoMinusZero) {
  EXPECT_EQ(fixed(-0.04, 1), "0.0");
  EXPECT_EQ(fixed(-0.06, 1), "-0.1");
  EXPECT_EQ(fixed(-0.4, 0), "0");
}

TEST(TextTable, OfTooManyColumnsIsReadRowByRow) {
  TextTable table({"policy", "rank IC", "net bps/trade", "note"});
  table.add({"gated", "0.0123", "-4.5", ""});
  table.add({"periodic", "0.0456", "1.5", "a longer note than fits"});
  EXPECT_EQ(lines_of(table.render(30)),
            (Lines{"policy         gated", "rank IC        0.0123", "net bps/trade  -4.5", "",
                   "policy         periodic", "rank IC        0.0456", "net bps/trade  1.5",
                   "note           a longer note", "               than fits"}));
}

}  // namespace
}  // namespace clm::app
