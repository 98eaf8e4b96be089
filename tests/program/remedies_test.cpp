// Every error of the registry: met through the program as a person meets it; then what its remedy says is done, and it
// works afterwards. A code without a row here fails the last test.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "remedies_world.hpp"
#include "support/source_dir.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::json;

struct Row {
  std::string code;
  std::function<Json(World&)> meet;               ///< the error as it is met; null: nobody can
  std::function<void(World&, const Json&)> mend;  ///< does what the remedy says and shows that it works
  std::string instead;  ///< where nobody can meet it: the test that provokes it, or why none can
};

/// A version of which some bytes are not what they were: everybody else is served on, and its bytes can be put back.
Row broken(const std::string& code, std::function<void(const World&)> harm) {
  return {code,
          [harm](World& world) {
            harm(world);
            world.expect_served();
            return world.found();
          },
          [](World& world, const Json& error) {
            world.obey(error, "clm reproduce " + world.active() + " --restore");
            world.expect_whole();
            EXPECT_EQ(world.place().statuses().at(world.active()), "active");
          },
          {}};
}

/// A directory that the database does not know, with a manifest that was edited.
Row stranger(const std::string& code, std::function<std::string(Json)> edit) {
  static const std::string kName = "abcdefabcdef";
  return {code,
          [edit](World& world) {
            fs::copy(world.folder(world.active()), world.folder(kName));
            const fs::path manifest = world.folder(kName) / "manifest.json";
            write_bytes(manifest, edit(Json::parse(bytes_of(manifest))));
            world.expect_served();
            return world.found(kName);
          },
          [](World& world, const Json& error) {
            world.says(error, "remove its directory " + world.folder(kName).string());
            fs::remove_all(world.folder(kName));
            world.expect_whole();
          },
          {}};
}

std::string dumped(const Json& json) { return json.dump(2) + "\n"; }

/// What a person is refused, and the way that they are shown instead.
Row refused(const std::string& code, const std::string& command, int exit_code,
            std::function<void(World&, const Json&)> mend, std::function<void(World&)> before = {}) {
  return {code,
          [command, exit_code, before](World& world) {
            if (before) before(world);
            std::string named = std::regex_replace(command, std::regex("ACTIVE"), world.active());
            named = std::regex_replace(named, std::regex("OLDER"), world.older());
            const Outcome outcome = world.run(named + " --json");
            EXPECT_EQ(outcome.exit_code, exit_code) << outcome.describe();
            const Json document = outcome.json();
            return document.is_object() ? document.value("error", Json::object()) : Json::object();
          },
          std::move(mend),
          {}};
}

/// The database is moved away, and the next cycle knows the versions again.
void begin_anew(World& world, const Json& error) {
  world.says(error, "move it away (with clm.db-wal)");
  world.says(error, "clm cycle");
  for (const char* file : {"clm.db", "clm.db-wal", "clm.db-shm"}) fs::remove(world.place().path() / file);
  const Outcome cycle = world.run("clm cycle");
  EXPECT_EQ(cycle.exit_code, 0) << cycle.describe();
  EXPECT_EQ(world.place().run({"verify"}).exit_code, 0);
  EXPECT_EQ(world.place().statuses().at(world.active()), "candidate");
}

Json error_of(const Outcome& outcome) {
  const Json document = outcome.json();
  return document.is_object() ? document.value("error", Json::object()) : Json::object();
}

std::vector<Row> artifact_rows() {
  return {
      broken("artifact.file_altered",
             [](const World& world) {
               std::string bytes = bytes_of(world.model());
               bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
               write_bytes(world.model(), bytes);
             }),
      broken("artifact.file_empty", [](const World& world) { write_bytes(world.model(), ""); }),
      broken("artifact.file_truncated",
             [](const World& world) { fs::resize_file(world.model(), fs::file_size(world.model()) - 1); }),
      broken("artifact.file_missing", [](const World& world) { fs::remove(world.model()); }),
      broken("artifact.extra_file",
             [](const World& world) { write_bytes(world.folder(world.active()) / "note.txt", "x"); }),
      broken("artifact.file_kind",
             [](const World& world) {
               fs::remove(world.model());
               fs::create_symlink("/etc/hostname", world.model());
             }),
      broken("artifact.manifest_missing",
             [](const World& world) { fs::remove(world.folder(world.active()) / "manifest.json"); }),
      broken("artifact.manifest_altered",
             [](const World& world) {
               const fs::path file = world.folder(world.active()) / "manifest.json";
               Json manifest = Json::parse(bytes_of(file));
               manifest["metrics"]["rank_ic"] = 0.9;
               write_bytes(file, dumped(manifest));
             }),
      broken("artifact.swapped",
             [](const World& world) {
               fs::remove_all(world.folder(world.active()));
               fs::copy(world.folder(world.older()), world.folder(world.active()));
             }),
      broken("artifact.missing", [](const World& world) { fs::remove_all(world.folder(world.active())); }),
      {"artifact.unloadable",
       {},
       {},
       "BrokenVersionsTest.OneThatDoesNotLoadThoughItsBytesAreSoundFailsToo: its bytes and its manifest agree"},
      {"artifact.unreadable", {}, {}, "ReadOnly.AnUnreadableFileIsABrokenVersion: it takes a user who is not root"},
      {"artifact.no_files", {}, {}, "ArtifactStoreTest.WhatIsNoModelIsNotStored: a defect of a trainer"},
      {"artifact.other_bytes",
       {},
       {},
       "BrokenBytes.AreReplacedOnlyByTheSameBytes: clm reproduce says DIFFERENT before"},
  };
}

std::vector<Row> manifest_rows() {
  return {
      stranger("manifest.syntax", [](const Json&) { return std::string("{"); }),
      stranger("manifest.missing_field",
               [](Json manifest) {
                 manifest.erase("seed");
                 return dumped(manifest);
               }),
      stranger("manifest.unknown_field",
               [](Json manifest) {
                 manifest["more"] = 1;
                 return dumped(manifest);
               }),
      stranger("manifest.field_type",
               [](Json manifest) {
                 manifest["seed"] = "one";
                 return dumped(manifest);
               }),
      stranger("manifest.field_value",
               [](Json manifest) {
                 manifest["created_as_of"] = "yesterday";
                 return dumped(manifest);
               }),
      stranger("manifest.schema",
               [](Json manifest) {
                 manifest["schema"] = 99;
                 return dumped(manifest);
               }),
      {"manifest.too_large",
       {},
       {},
       "ManifestTest, and ArtifactStoreTest.AManifestThatIsNoManifestAnyMore: no reader "
       "takes so much from a file"},
  };
}

/// Nobody was ever active: a training, and a promotion of what it made.
void serve_the_first_xgboost(World& world, const Json& error) {
  world.obey(error, "clm models");
  world.place().environment["CLM_XGBOOST_ROUNDS"] = "5";
  world.obey(error, "clm cycle --force --models xgboost");
  const auto trained = world.place().json({"models", "--type", "xgboost"})["models"].at(0);
  const std::string version = trained["version"];
  const auto then = error_of(world.run("clm rollback xgboost --reason TEXT --json"));
  world.obey(then, "clm promote " + version + " --reason TEXT");
  EXPECT_EQ(world.place().statuses().at(version), "active");
  world.expect_served();
}

/// What the registry refuses a person who decides.
std::vector<Row> decision_rows() {
  return {
      refused("registry.unknown_version", "clm show 000000000000", 2,
              [](World& world, const Json& error) { world.obey(error, "clm models"); }),
      refused("registry.transition", "clm reject ACTIVE --reason TEXT", 4,
              [](World& world, const Json& error) {
                world.obey(error, "clm retire " + world.active() + " --reason TEXT");
                EXPECT_EQ(world.place().statuses().at(world.active()), "retired");
                const auto again = error_of(world.run("clm reject " + world.active() + " --reason TEXT --json"));
                world.obey(again, "clm promote " + world.active() + " --reason TEXT");
                EXPECT_EQ(world.place().statuses().at(world.active()), "active");
              }),
      {"registry.reason",
       {},
       {},
       "RegistryTest.DecisionsNeedReasonAndEvidence. The command line refuses an empty word before (usage.empty)."},
      refused("registry.no_active", "clm rollback xgboost --reason TEXT", 4, serve_the_first_xgboost),
  };
}

/// Ways back, and versions without what a promotion needs.
std::vector<Row> way_back_rows() {
  return {
      refused(
          "registry.no_way_back", "clm rollback ridge --reason TEXT", 4,
          [](World& world, const Json& error) {
            world.obey(error, "clm retire ridge --reason TEXT");
            world.says(error, "clm promote VERSION --reason TEXT");
            world.place().promote(start().older.at("ridge"));
            world.expect_whole();
          },
          [](World& world) { EXPECT_EQ(world.run("clm rollback ridge --reason TEXT").exit_code, 0); }),
      refused(
          "registry.way_back_broken", "clm rollback lightgbm --reason TEXT", 5,
          [](World& world, const Json& error) {
            world.says(error, "clm retire lightgbm --reason TEXT");
            world.obey(error, "clm reproduce " + world.older() + " --restore");
            EXPECT_EQ(world.run("clm rollback lightgbm --reason TEXT").exit_code, 0);
            EXPECT_EQ(world.place().statuses().at(world.older()), "active");
            world.expect_whole();
          },
          [](World& world) { write_bytes(world.folder(world.older()) / "model.txt", ""); }),
      refused(
          "registry.no_evidence", "clm promote ACTIVE --reason TEXT", 4,
          [](World& world, const Json& error) {
            const std::string as_of = close_of_bar(1'200);
            world.place().environment["CLM_TRAINING_SEED"] = "2";
            world.obey(error, "clm train --models lightgbm --as-of " + as_of);
            world.place().promote(world.active());
            world.expect_served();
          },
          [](World& world) {
            for (const char* file : {"clm.db", "clm.db-wal", "clm.db-shm"}) fs::remove(world.place().path() / file);
            fs::remove_all(world.place().path() / "versions" / "ensemble");
            world.place().json({"cycle", "--models", "ridge"});
          }),
      refused(
          "registry.pruned", "clm promote OLDER --reason TEXT", 4,
          [](World& world, const Json& error) {
            world.obey(error, "clm reproduce " + world.older() + " --restore");
            EXPECT_EQ(world.run("clm promote " + world.older() + " --reason TEXT").exit_code, 0);
            world.expect_whole();
          },
          [](World& world) {
            world.place().json({"reject", start().ensemble, "--reason", "it would keep its members"});
            world.sql("UPDATE versions SET pruned = 1 WHERE version = '" + world.older() + "'");
            fs::remove_all(world.folder(world.older()));
          }),
  };
}

/// Records of the database that are not what was written.
std::vector<Row> record_rows() {
  const auto member_unknown = [](World& world) {
    world.place().environment.erase("CLM_ENSEMBLE_MODE");
    world.place().environment["CLM_WATCH_ENABLED"] = "false";
    world.place().promote(start().ensemble);
    world.place().json({"cycle"});  // which then holds nobody against the version that is made unknown
    world.sql("PRAGMA foreign_keys=OFF; UPDATE versions SET version = '0123456789ab' WHERE version = '" +
              world.older() + "'");
  };
  return {
      {"registry.member",
       [member_unknown](World& world) {
         member_unknown(world);
         const auto problem = world.found(start().ensemble);
         world.expect_served();
         return problem;
       },
       [](World& world, const Json& error) {
         world.says(error, "let clm cycle take the ensemble out of service");
         EXPECT_EQ(world.run("clm cycle").exit_code, 0);
         EXPECT_EQ(world.place().statuses().at(start().ensemble), "failed");
         world.expect_served();
       },
       {}},
      {"registry.alias",
       [](World& world) {
         world.sql("UPDATE versions SET status = 'retired' WHERE version = '" + world.active() + "'");
         return world.found();
       },
       begin_anew,
       {}},
      {"registry.record_altered",
       [](World& world) {
         world.sql("UPDATE versions SET manifest = replace(manifest, 'rank_ic', 'rank_ci') WHERE version = '" +
                   world.active() + "'");
         world.expect_served();
         return world.found();
       },
       begin_anew,
       {}},
      {"registry.unknown_evidence",
       [](World& world) {
         world.sql("PRAGMA foreign_keys=OFF; DROP TRIGGER evidence_is_not_deleted; DELETE FROM evidence");
         return error_of(world.run("clm show " + world.active() + " --json"));
       },
       begin_anew,
       {}},
      {"registry.evidence", {}, {}, "RegistryTest.DecisionsNeedReasonAndEvidence: a defect of a caller"},
      {"registry.raced", {}, {}, "who decides holds the workspace's lock, so no two processes meet there"},
  };
}

std::vector<Row> workspace_rows() {
  return {
      {"lock.held",
       [](World& world) {
         // As another process would hold it: a lock belongs to the open file, not to the process.
         const int held = ::open((world.place().path() / ".clm.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
         EXPECT_EQ(::flock(held, LOCK_EX), 0);
         const auto error = error_of(world.run("clm retire " + world.active() + " --reason TEXT --json"));
         ::close(held);
         return error;
       },
       [](World& world, const Json& error) {
         world.says(error, "Wait for it to finish");
         EXPECT_EQ(world.run("clm retire " + world.active() + " --reason TEXT").exit_code, 0);
       },
       {}},
      {"workspace.missing",
       [](World& world) {
         fs::create_directory(world.place().beside() / "empty");
         const auto directory = (world.place().beside() / "empty").string();
         return error_of(run_program({{"models", "--json", "--workspace", directory}, {}, {}, {}}));
       },
       [](World& world, const Json& error) {
         world.says(error, "clm init");
         const fs::path directory = world.place().beside() / "empty";
         EXPECT_EQ(run_program({{"init"}, {}, directory, {}}).exit_code, 0);
         EXPECT_EQ(run_program({{"models"}, {}, directory, {}}).exit_code, 0);
       },
       {}},
      {"workspace.exists",
       [](World& world) { return error_of(world.run("clm init --json")); },
       [](World& world, const Json& error) {
         world.says(error, "use this one as it is");
         world.expect_whole();
       },
       {}},
      {"workspace.read_only", {}, {}, "ReadOnly.*: read_only_test.cpp"},
  };
}

std::vector<Row> database_rows() {
  return {
      {"database.corrupt",
       [](World& world) {
         write_bytes(world.place().path() / "clm.db", std::string(8'192, 'x'));
         return error_of(world.run("clm models --json"));
       },
       begin_anew,
       {}},
      {"database.newer",
       [](World& world) {
         world.sql("UPDATE schema_versions SET version = version + 1 WHERE component = 'registry'");
         return error_of(world.run("clm models --json"));
       },
       [](World& world, const Json& error) {
         world.says(error, "Use the newer clm");
         world.sql("UPDATE schema_versions SET version = version - 1 WHERE component = 'registry'");  // as that has it
         world.expect_whole();
       },
       {}},
      {"database.io",
       [](World& world) {
         fs::rename(world.place().path() / "clm.db", world.place().path() / "aside.db");
         fs::create_directory(world.place().path() / "clm.db");
         return error_of(world.run("clm models --json"));
       },
       [](World& world, const Json& error) {
         world.says(error, "Check the path");
         fs::remove(world.place().path() / "clm.db");
         fs::rename(world.place().path() / "aside.db", world.place().path() / "clm.db");
         world.expect_whole();
       },
       {}},
      {"database.open",
       [](World& world) {
         fs::rename(world.place().path(), world.place().beside() / "w\"");
         const auto directory = (world.place().beside() / "w\"").string();
         return error_of(run_program({{"models", "--json", "--workspace", directory}, {}, {}, {}}));
       },
       [](World& world, const Json& error) {
         world.says(error, "Move the workspace to a path without one");
         fs::rename(world.place().beside() / "w\"", world.place().path());
         world.expect_whole();
       },
       {}},
      {"database.busy", {}, {}, "DatabaseTest.ASecondWriterIsToldWhoWaits: the program waits ten seconds first"},
      {"database.constraint", {}, {}, "RegistryTest.TheDatabaseItselfHoldsTheRules: a defect"},
      {"database.sql", {}, {}, "DatabaseTest: a defect"},
      {"cycle.not_running", {}, {}, "CycleLogTest: a defect"},
  };
}

std::vector<Row> remedy_rows() {
  std::vector<Row> all;
  for (auto part : {artifact_rows(), manifest_rows(), decision_rows(), way_back_rows(), record_rows(), workspace_rows(),
                    database_rows()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

class Remedies : public ::testing::TestWithParam<Row> {};

TEST_P(Remedies, AreWhatHelps) {
  const Row& row = GetParam();
  if (!row.meet) {
    ASSERT_FALSE(row.instead.empty()) << "say where it is provoked, or why nobody can meet it";
    GTEST_SKIP() << "not met here: " << row.instead;
  }
  World world;
  const Json error = row.meet(world);
  ASSERT_TRUE(error.is_object()) << error;
  ASSERT_EQ(error.value("code", ""), row.code) << error;
  EXPECT_FALSE(error.value("message", "").empty());
  EXPECT_FALSE(error.value("remedy", "").empty());
  row.mend(world, error);
}

INSTANTIATE_TEST_SUITE_P(Of, Remedies, ::testing::ValuesIn(remedy_rows()),
                         [](const auto& row) { return std::regex_replace(row.param.code, std::regex("[^a-z]"), "_"); });

TEST(RegistryErrors, EachHasARowAmongTheRemedies) {
  std::set<std::string> known, met;
  for (const Row& row : remedy_rows()) known.insert(row.code);
  const std::regex code("\"((?:artifact|registry|manifest|lock|workspace|database|cycle)\\.[a-z_]+)\"");
  const fs::path sources = fs::path(source_dir()) / "src";
  std::vector<fs::path> files{sources / "base" / "file_io.cpp", sources / "workspace" / "workspace_directory.cpp"};
  for (const auto& entry : fs::directory_iterator(sources / "registry")) files.push_back(entry.path());
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    if (file.extension() != ".cpp" || name.find("_test.") != std::string::npos) continue;
    const std::string text = bytes_of(file);
    for (auto at = std::sregex_iterator(text.begin(), text.end(), code); at != std::sregex_iterator(); ++at)
      if (const std::string found = (*at)[1]; found != "manifest.json") met.insert(found);
  }
  EXPECT_GT(met.size(), 30U);
  for (const std::string& one : met) EXPECT_TRUE(known.contains(one)) << one << " has no row in this file";
  for (const std::string& one : known) EXPECT_TRUE(met.contains(one)) << one << " is no code any more";
}

}  // namespace
}  // namespace clm::testing
