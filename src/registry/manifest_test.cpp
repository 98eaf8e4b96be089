#include "registry/manifest.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

using testing::code_of;
using testing::sample_manifest;
using Json = nlohmann::json;

Manifest complete(std::uint64_t seed = 1) {
  Manifest m = sample_manifest(seed);
  m.files = {{"model.ubj", std::string(64, 'a'), 10}, {"scaler.json", std::string(64, 'b'), 20}};
  return m;
}

TEST(Manifest, ReadsBackWhatItWrote) {
  Manifest m = complete();
  m.seed = 18446744073709551615ULL;
  m.parent = "0123456789ab";
  const auto bytes = write_manifest(m);
  ASSERT_TRUE(bytes.has_value());
  const auto read = read_manifest(*bytes);
  ASSERT_TRUE(read.has_value()) << to_string(read.error());
  EXPECT_EQ(read->seed, m.seed);
  EXPECT_EQ(read->training_span, m.training_span);
  EXPECT_EQ(read->files, m.files);
  EXPECT_EQ(read->feature_names, m.feature_names);
  EXPECT_EQ(read->parent, m.parent);
  EXPECT_EQ(*write_manifest(*read), *bytes);
  EXPECT_EQ(*version_id(*read), *version_id(m));
}

TEST(Manifest, SpellingOfJsonPartsDoesNotMatter) {
  Manifest other = complete();
  other.parameters_json = "{ \"eta\":5e-2,\n\"max_depth\":6}";
  EXPECT_EQ(*write_manifest(other), *write_manifest(complete()));
}

TEST(Manifest, IdFollowsWhatDecidesTheBitsAndNothingElse) {
  const VersionId id = *version_id(complete());
  EXPECT_EQ(id.str().size(), 12U);
  const auto changed = [](auto&& change) {
    Manifest m = complete();
    change(m);
    return *version_id(m);
  };
  EXPECT_NE(changed([](Manifest& m) { m.seed = 2; }), id);
  EXPECT_NE(changed([](Manifest& m) { m.model_type = "lightgbm"; }), id);
  EXPECT_NE(changed([](Manifest& m) { m.scope = "btc"; }), id);
  EXPECT_NE(changed([](Manifest& m) { m.parameters_json = R"({"max_depth": 7, "eta": 0.05})"; }), id);
  EXPECT_NE(changed([](Manifest& m) { m.label_json = R"({"horizon_bars": 24})"; }), id);
  EXPECT_NE(changed([](Manifest& m) { m.protocol_json = R"({"refit": true})"; }), id);
  EXPECT_NE(changed([](Manifest& m) { m.feature_hash = "cafe"; }), id);
  EXPECT_NE(changed([](Manifest& m) { m.training_rows += 1; }), id);
  EXPECT_NE(changed([](Manifest& m) { m.training_span.to = m.training_span.to + Duration(1); }), id);
  EXPECT_NE(changed([](Manifest& m) { m.data_fingerprint = "x"; }), id);
  EXPECT_NE(changed([](Manifest& m) { m.threads = 2; }), id);
  EXPECT_NE(changed([](Manifest& m) { m.files[0].sha256[5] = 'c'; }), id);
  EXPECT_EQ(changed([](Manifest& m) { m.created_as_of = m.created_as_of + Duration(1); }), id);
  EXPECT_EQ(changed([](Manifest& m) { m.learned_until = m.learned_until + Duration(1); }), id)
      << "it follows from the rows";
  EXPECT_NE(changed([](Manifest& m) { m.schema = 1; }), id);
  EXPECT_EQ(changed([](Manifest& m) { m.metrics_json = "{}"; }), id);
  EXPECT_EQ(changed([](Manifest& m) { m.parent = "abc"; }), id);
  EXPECT_EQ(changed([](Manifest& m) { m.git_commit = "abc"; }), id);
  EXPECT_EQ(changed([](Manifest& m) { m.libraries["xgboost"] = "2.0"; }), id);
}

TEST(Manifest, OfAnEarlierReleaseIsReadAndWrittenAsItWas) {
  Manifest old = complete();
  old.schema = 1;
  old.label_json = R"({"horizon_bars": 5, "entry_delay_bars": 2})";
  old.protocol_json = R"({"interval": "1h"})";
  const std::string bytes = *write_manifest(old);
  EXPECT_EQ(bytes.find("learned_until"), std::string::npos);
  const auto read = read_manifest(bytes);
  ASSERT_TRUE(read.has_value()) << to_string(read.error());
  EXPECT_EQ(*write_manifest(*read), bytes);
  EXPECT_EQ(*version_id(*read), *version_id(old));
  const Timestamp last_decision = old.training_span.to - Duration(1);
  EXPECT_EQ(read->learned_until, last_decision + std::chrono::hours(1 + 2 + 5)) << "when its label was known";

  const auto learned_until = [&](const char* label, const char* protocol) {
    Manifest other = old;
    other.label_json = label;
    other.protocol_json = protocol;
    return read_manifest(*write_manifest(other))->learned_until;
  };
  EXPECT_EQ(learned_until(R"({"horizon_bars": 5})", R"({"interval": "4h"})"), last_decision + std::chrono::hours(24));
  EXPECT_EQ(learned_until(R"({"horizon_bars": 5000})", R"({"interval": "1h"})"), old.created_as_of)
      << "nothing later was known";
  for (const char* protocol : {"{}", R"({"interval": "7q"})", R"({"interval": 1})"})
    EXPECT_EQ(learned_until(R"({"horizon_bars": 5})", protocol), old.created_as_of) << protocol;
  EXPECT_EQ(learned_until("{}", R"({"interval": "1h"})"), old.created_as_of);
}

TEST(Manifest, EveryFieldMustBeThereAndNoOther) {
  const Json good = Json::parse(*write_manifest(complete()));
  std::vector<Json::json_pointer> fields;
  for (const auto& item : good.items()) fields.emplace_back("/" + item.key());
  for (const char* nested :
       {"/features/set", "/features/hash", "/features/names", "/training/from", "/training/to", "/training/rows",
        "/program/version", "/program/git_commit", "/files/1/name", "/files/1/sha256", "/files/1/bytes"})
    fields.emplace_back(nested);
  EXPECT_EQ(fields.size(), 18U + 11U);
  for (const auto& field : fields) {
    Json without = good;
    without.at(field.parent_pointer()).erase(field.back());
    const auto read = read_manifest(without.dump());
    ASSERT_EQ(code_of(read), "manifest.missing_field") << field;
    EXPECT_NE(read.error().message.find(field.to_string().substr(1)), std::string::npos) << read.error().message;
    EXPECT_EQ(read.error().kind, ErrorKind::integrity);

    Json other_type = good;
    other_type[field] = true;  // no field is a truth value
    const std::string code = code_of(read_manifest(other_type.dump()));
    EXPECT_EQ(code, field.to_string() == "/schema" ? "manifest.schema" : "manifest.field_type") << field;
  }
  for (const char* place : {"/more", "/features/more", "/training/more", "/program/more", "/files/0/more"}) {
    Json more = good;
    more[Json::json_pointer(place)] = 1;
    const auto read = read_manifest(more.dump());
    ASSERT_EQ(code_of(read), "manifest.unknown_field") << place;
    EXPECT_NE(read.error().message.find("more"), std::string::npos);
  }
}

TEST(Manifest, AFileMayLieInAFolderBesideTheOthersAndNoDeeper) {
  Manifest m = complete();
  m.files.insert(m.files.begin(), {"fit2/model.ubj", std::string(64, 'c'), 10});
  const auto bytes = write_manifest(m);
  ASSERT_TRUE(bytes) << to_string(bytes.error());
  EXPECT_EQ(read_manifest(*bytes)->files, m.files);
  for (const char* name : {"../model.ubj", "fit2/../model.ubj", "fit2/a/b", "/model.ubj", "fit2/", "fit2/.m", "F/m"}) {
    m.files.front().name = name;
    EXPECT_FALSE(write_manifest(m)) << name;
  }
}

TEST(Manifest, WhatItsCandlesWereIsACircumstanceAndMayBeUnknown) {
  Manifest m = complete();
  EXPECT_FALSE(Json::parse(*write_manifest(m)).contains("batches"));
  m.batches_json = R"({"last_batch": 3, "at_work": [], "undone": [2]})";
  EXPECT_EQ(*version_id(m), *version_id(complete())) << "the same model learned elsewhere is the same version";
  const auto read = read_manifest(*write_manifest(m));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(Json::parse(read->batches_json), Json::parse(m.batches_json));
  EXPECT_EQ(*write_manifest(*read), *write_manifest(m));
  m.batches_json = "[3]";
  EXPECT_FALSE(write_manifest(m));
  Json other = Json::parse(*write_manifest(complete()));
  other["batches"] = 3;
  EXPECT_EQ(code_of(read_manifest(other.dump())), "manifest.field_type");
}

Manifest ensemble() {
  Manifest m = complete();
  m.model_type = "ensemble";
  m.members = {{"lightgbm", "0123456789ab", 0.55}, {"xgboost", "ba9876543210", 0.45}};
  return m;
}

TEST(Manifest, AnEnsembleListsItsMembersAndTheyDecideItsId) {
  const auto bytes = write_manifest(ensemble());
  ASSERT_TRUE(bytes.has_value()) << to_string(bytes.error());
  const auto read = read_manifest(*bytes);
  ASSERT_TRUE(read.has_value()) << to_string(read.error());
  EXPECT_EQ(read->members, ensemble().members);
  EXPECT_EQ(*write_manifest(*read), *bytes);
  Manifest other = ensemble();
  other.members[0].version = "0123456789ac";
  EXPECT_NE(*version_id(other), *version_id(ensemble()));
  other = ensemble();
  other.members[0].weight = 0.5;
  EXPECT_NE(*version_id(other), *version_id(ensemble()));
}

TEST(Manifest, MembersBelongToEnsemblesAlone) {
  const Json good = Json::parse(*write_manifest(ensemble()));
  const auto code_with = [&](const char* field, const Json& value) {
    Json changed = good;
    changed[Json::json_pointer(field)] = value;
    return code_of(read_manifest(changed.dump()));
  };
  EXPECT_EQ(code_with("/model_type", "xgboost"), "manifest.field_value");
  EXPECT_EQ(code_with("/members", Json::array()), "manifest.field_value");
  EXPECT_EQ(code_with("/members", 1), "manifest.field_type");
  EXPECT_EQ(code_with("/members/0/model_type", "ensemble"), "manifest.field_value");
  // Several of a type, ascending by version; the same one twice, or out of order, is none.
  EXPECT_EQ(code_with("/members/0/model_type", "xgboost"), "ok");
  Json same = good;
  same["members"][0] = same["members"][1];
  EXPECT_EQ(code_of(read_manifest(same.dump())), "manifest.field_value");
  Json reversed = good;
  std::swap(reversed["members"][0], reversed["members"][1]);
  EXPECT_EQ(code_of(read_manifest(reversed.dump())), "manifest.field_value");
  reversed["members"][0]["model_type"] = reversed["members"][1]["model_type"];
  EXPECT_EQ(code_of(read_manifest(reversed.dump())), "manifest.field_value") << "of one type likewise";
  EXPECT_EQ(code_with("/members/0/version", ""), "manifest.field_value");
  EXPECT_EQ(code_with("/members/0/weight", 1.5), "manifest.field_value");
  EXPECT_EQ(code_with("/members/0/weight", "much"), "manifest.field_type");
  EXPECT_EQ(code_with("/members/0/more", 1), "manifest.unknown_field");
  Json without = good;
  without.erase("members");
  EXPECT_EQ(code_of(read_manifest(without.dump())), "manifest.field_value");
  EXPECT_EQ(write_manifest(complete())->find("members"), std::string::npos) << "manifests of models stay as they were";
}

TEST(Manifest, BadValuesAreNamed) {
  const Json good = Json::parse(*write_manifest(complete()));
  const auto code_with = [&](const char* field, const Json& value) {
    Json changed = good;
    changed[Json::json_pointer(field)] = value;
    return code_of(read_manifest(changed.dump()));
  };
  EXPECT_EQ(code_with("/schema", 3), "manifest.schema");
  EXPECT_EQ(code_with("/schema", 0), "manifest.schema");
  EXPECT_EQ(code_with("/schema", 1), "manifest.unknown_field") << "it has learned_until";
  EXPECT_EQ(code_with("/learned_until", "2022-07-01T00:00:00.001Z"), "manifest.field_value") << "after it was made";
  EXPECT_EQ(code_with("/learned_until", "2022-01-01T00:00:00Z"), "manifest.field_value") << "before its first row";
  EXPECT_EQ(code_with("/model_type", "../etc"), "manifest.field_value");
  EXPECT_EQ(code_with("/files/0/name", "../model"), "manifest.field_value");
  EXPECT_EQ(code_with("/files/0/name", "manifest.json"), "manifest.field_value");
  EXPECT_EQ(code_with("/files/0/name", "scaler.json"), "manifest.field_value");  // twice
  EXPECT_EQ(code_with("/files/0/bytes", 0), "manifest.field_value");
  EXPECT_EQ(code_with("/files/0/bytes", -1), "manifest.field_type");
  EXPECT_EQ(code_with("/files/0/bytes", 1.5), "manifest.field_type");
  EXPECT_EQ(code_with("/files/0/sha256", "ABC"), "manifest.field_value");
  EXPECT_EQ(code_with("/files", Json::array()), "manifest.field_value");
  EXPECT_EQ(code_with("/threads", 0), "manifest.field_value");
  EXPECT_EQ(code_with("/threads", 4294967297), "manifest.field_value");
  EXPECT_EQ(code_with("/training/to", "2022-01-01"), "manifest.field_value");
  EXPECT_EQ(code_with("/training/to", "2021-01-01T00:00:00Z"), "manifest.field_value");
  EXPECT_EQ(code_with("/libraries/xgboost", 1), "manifest.field_type");
}

TEST(Manifest, TextsThatAreNoManifest) {
  EXPECT_EQ(code_of(read_manifest("")), "manifest.syntax");
  EXPECT_EQ(code_of(read_manifest("{")), "manifest.syntax");
  EXPECT_EQ(code_of(read_manifest("[]")), "manifest.field_type");
  EXPECT_EQ(code_of(read_manifest("{\"seed\": 1e999}")), "manifest.syntax");
  EXPECT_EQ(code_of(read_manifest("{\"a\": \"\xff\"}")), "manifest.syntax");
  EXPECT_EQ(code_of(read_manifest(std::string(100'000, '['))), "manifest.syntax");
  EXPECT_EQ(code_of(read_manifest(std::string(Manifest::kMaxBytes + 1, ' '))), "manifest.too_large");
  std::string twice = *write_manifest(complete());
  twice.insert(1, "\"seed\": 7,");
  const auto read = read_manifest(twice);
  ASSERT_EQ(code_of(read), "manifest.syntax");
  EXPECT_NE(read.error().message.find("\"seed\" appears twice"), std::string::npos);
}

TEST(Manifest, OwnMistakesAreNotWritten) {
  Manifest m = complete();
  m.parameters_json = "[1]";
  EXPECT_EQ(code_of(write_manifest(m)), "manifest.field_value");
  m = complete();
  m.metrics_json = "{";
  EXPECT_EQ(code_of(write_manifest(m)), "manifest.field_value");
  m = complete();
  m.data_fingerprint = "\xff";
  EXPECT_EQ(code_of(write_manifest(m)), "manifest.field_value");
}

}  // namespace
}  // namespace clm
