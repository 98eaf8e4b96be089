#include "base/shown_text.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

TEST(ShownText, KeepsWhatAPersonCanReadAndEscapesTheRest) {
  EXPECT_EQ(shown("BTCUSDT"), "BTCUSDT");
  EXPECT_EQ(shown("币安人生USDT"), "币安人生USDT");
  EXPECT_EQ(shown(std::string_view("a\0b\x1b[31m\n", 8)), "a\\x00b\\x1b[31m");
  EXPECT_EQ(shown("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(shown("\xE5\xB8"), "\\xe5\\xb8") << "half a character";
  EXPECT_EQ(shown("\xC0\xAF"), "\\xc0\\xaf") << "an overlong slash";
  EXPECT_EQ(shown("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "half a surrogate pair";
  EXPECT_EQ(shown("a\xE2\x80\xAE"
                  "b"),
            "a\\xe2\\x80\\xae"
            "b")
      << "a change of direction";
}

TEST(ShownText, LinesStayLinesAndNothingSteersATerminal) {
  EXPECT_EQ(shown_lines("a\n\tb \xC2\xA0 币\n"), "a\n\tb \xC2\xA0 币\n");
  EXPECT_EQ(shown_lines("red \x1b[31m\r\x07\xC2\x9B"), "red \\x1b[31m\\x0d\\x07\\xc2\\x9b");
  EXPECT_EQ(shown_lines("\xE2\x80\xAE"), "\\xe2\\x80\\xae") << "a change of direction";
  EXPECT_EQ(shown_lines("\xff"), "\\xff");
  EXPECT_EQ(shown_lines(std::string(5000, 'x')).size(), 5000U);
}

TEST(ShownText, IsBounded) {
  EXPECT_EQ(shown(std::string(100, 'x')), std::string(40, 'x') + "..");
  EXPECT_EQ(shown(std::string(100, 'x'), 3), "xxx..");
  EXPECT_EQ(shown(std::string(40, 'x')), std::string(40, 'x'));
  EXPECT_EQ(shown(std::string(1000, '\x01')).size(), 42U);
}

}  // namespace
}  // namespace clm
