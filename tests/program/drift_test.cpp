// The drift detectors on a series from a file.
#include <gtest/gtest.h>

#include <map>

#include <nlohmann/json.hpp>

#include "base/random.hpp"
#include "support/testdata.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {

class DriftCommand : public ::testing::Test {
 protected:
  std::string file(const std::string& content) const {
    place_.write("series.csv", content);
    return (place_.beside() / "series.csv").string();
  }
  TestWorkspace place_;
};

TEST_F(DriftCommand, RaisesWhatRiverDocuments) {
  const auto data = test_data("drift");
  if (!data) GTEST_SKIP() << kNoTestData;
  const auto steps = place_.json(
      {"drift", (*data / "drift" / "river_stream_12345.csv").string(), "--detectors", "page_hinkley,adwin"});
  EXPECT_EQ(steps["values"], 2000);
  EXPECT_EQ(steps["detectors"][0]["drifts"], nlohmann::json({1006}));
  EXPECT_EQ(steps["detectors"][1]["drifts"], nlohmann::json({1023}));
  const auto errors =
      place_.json({"drift", (*data / "drift" / "river_stream_42.csv").string(), "--detectors", "ddm,hddm_w"});
  EXPECT_EQ(errors["detectors"][0]["warnings"][0], 1084);
  EXPECT_EQ(errors["detectors"][0]["drifts"], nlohmann::json({1334}));
  EXPECT_EQ(errors["detectors"][1]["warnings"][0], 451);
  EXPECT_EQ(errors["detectors"][1]["drifts"], nlohmann::json({1077}));
}

TEST_F(DriftCommand, ReadsAColumnAndChartsItAgainstItsBeginning) {
  std::string text = "time,value\n";
  for (int i = 0; i < 200; ++i)
    text += std::to_string(i) + "," + std::to_string((i % 2 == 0 ? 1 : -1) + (i < 100 ? 0 : 3)) + "\n";
  const auto found = place_.json({"drift", file(text), "--column", "value", "--detectors", "cusum,ewma", "--in-control",
                                  "100", "--run-length", "100000"});
  for (const auto& chart : found["detectors"]) {
    ASSERT_FALSE(chart["drifts"].empty()) << chart;
    EXPECT_GE(chart["drifts"][0], 100) << chart;
    EXPECT_LT(chart["drifts"][0], 110) << chart;
  }
}

TEST_F(DriftCommand, TheEDetectorHearsOfFallsAlone) {
  std::string rise = "x\n", fall = "x\n";
  for (int i = 0; i < 200; ++i) {
    const int noise = i % 2 == 0 ? 1 : -1;
    rise += std::to_string(noise + (i < 100 ? 0 : 3)) + "\n";
    fall += std::to_string(noise - (i < 100 ? 0 : 3)) + "\n";
  }
  const auto found = [&](const std::string& text) {
    return place_.json({"drift", file(text), "--column", "x", "--detectors", "e_sr", "--in-control", "100"})
        .at("detectors")[0];
  };
  EXPECT_TRUE(found(rise)["drifts"].empty());
  const auto fallen = found(fall);
  ASSERT_FALSE(fallen["drifts"].empty());
  EXPECT_GE(fallen["drifts"][0], 100);
  EXPECT_LT(fallen["drifts"][0], 110);
  EXPECT_NEAR(fallen["began"][0].get<int>(), 100, 2);
}

TEST_F(DriftCommand, ComparesTwoSamples) {
  std::string before = "x\n", alike = "x\n", wider = "x\n";
  Random random(1);
  for (int i = 0; i < 400; ++i) {
    before += std::to_string(random.normal()) + "\n";
    alike += std::to_string(random.normal()) + "\n";
    wider += (i % 2 == 0 ? std::to_string(3 * random.normal()) : "") + "\n";
  }
  place_.write("before.csv", before);
  const auto reference = (place_.beside() / "before.csv").string();
  const auto p_of = [](const nlohmann::json& found) {
    std::map<std::string, double> p;
    for (const auto& test : found["against"]["tests"]) p[test["test"].get<std::string>()] = test["p"].get<double>();
    return p;
  };
  const auto same = place_.json({"drift", file(alike), "--column", "x", "--against", reference});
  EXPECT_TRUE(same["detectors"].empty()) << "nobody asked for them";
  EXPECT_EQ(same["against"]["values"], 400);
  for (const auto& [test, p] : p_of(same)) EXPECT_GT(p, 0.01) << test;
  const auto other =
      place_.json({"drift", file(wider), "--column", "x", "--against", reference, "--detectors", "adwin"});
  EXPECT_EQ(other["detectors"].size(), 1U);
  const auto found = p_of(other);
  ASSERT_EQ(found.size(), 5U);
  for (const char* test : {"psi", "ks", "jensen_shannon", "energy", "missing"}) EXPECT_LT(found.at(test), 0.01) << test;
}

TEST_F(DriftCommand, OfManyAlarmsTellsTheFirst) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::to_string((i / 60) % 2 == 0 ? 10 : 90) + "\n";
  const auto told = place_.run({"drift", file(text), "--detectors", "page_hinkley"});
  ASSERT_EQ(told.exit_code, 0) << told.describe();
  EXPECT_NE(told.out.find(" more (--json has all)"), std::string::npos) << told.out;
  for (std::size_t begin = 0; begin < told.out.size();) {
    const std::size_t end = std::min(told.out.find('\n', begin), told.out.size());
    EXPECT_LT(end - begin, 120U) << told.out;
    begin = end + 1;
  }
}

TEST_F(DriftCommand, ReadsGzip) {
  const auto data = test_data("ett");
  if (!data) GTEST_SKIP() << kNoTestData;
  const auto found = place_.json({"drift", (*data / "ett" / "ETTh1.csv.gz").string(), "--column", "OT"});
  EXPECT_EQ(found["values"], 17420);
}

TEST_F(DriftCommand, SaysWhatIsWrongAndWhere) {
  const auto word = place_.error({"drift", file("1\n0\nno\n")}, 3);
  EXPECT_EQ(word["code"], "drift.value");
  EXPECT_NE(word["where"].get<std::string>().find("line 3"), std::string::npos);
  const auto column = place_.error({"drift", file("time,value\n1,0\n"), "--column", "x"}, 3);
  EXPECT_EQ(column["code"], "drift.column");
  EXPECT_NE(column["remedy"].get<std::string>().find("time,value"), std::string::npos) << column;
  EXPECT_EQ(place_.error({"drift", file("1\n2\n"), "--detectors", "ddm"}, 3)["code"], "drift.value");
  EXPECT_EQ(place_.json({"drift", file("1\n2\n")})["detectors"].size(), 3U) << "those of rates do not fit";
  EXPECT_EQ(place_.json({"drift", file("1\n0\n")})["detectors"].size(), 5U);
  EXPECT_EQ(place_.error({"drift", file("1\n2\n"), "--detectors", "cusum"}, 2)["code"], "drift.in_control");
  EXPECT_EQ(place_.error({"drift", "nowhere.csv"}, 6)["code"], "file.read");
}

}  // namespace
}  // namespace clm::testing
