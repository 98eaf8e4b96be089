#include "registry/database.hpp"

#include <array>
#include <fstream>
#include <stdexcept>

#include <gtest/gtest.h>
#include <soci/soci.h>

#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

using testing::code_of;

constexpr std::array kFirst{Migration{1,
                                      "CREATE TABLE things (name TEXT NOT NULL UNIQUE);"
                                      "INSERT INTO things VALUES ('kept');"}};
constexpr std::array kSecond{kFirst[0], Migration{2, "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7;"},
                             Migration{3, "UPDATE things SET size = size + 1;"}};
constexpr std::array kBroken{kFirst[0], Migration{2, "CREATE TABLE more (x); CREATE TABLE things (x);"}};

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() : file_(directory_.path() / "with space.db") {}
  Database open(int timeout_seconds = 10) const { return std::move(*Database::open(file_, {timeout_seconds})); }
  Database look() const {
    Database::Options options;
    options.access = Database::Access::look;
    return std::move(*Database::open(file_, options));
  }
  static int number(const Database& database, const std::string& sql) {
    int value = -1;
    EXPECT_TRUE(database
                    .read("test",
                          [&](soci::session& session) -> Status {
                            session << sql, soci::into(value);
                            return {};
                          })
                    .has_value());
    return value;
  }
  testing::TempDirectory directory_;
  std::filesystem::path file_;
};

TEST_F(DatabaseTest, MigratesForwardAndKeepsWhatIsThere) {
  {
    Database old = open();
    ASSERT_TRUE(old.migrate("things", kFirst).has_value());
  }
  Database database = open();
  ASSERT_TRUE(database.migrate("things", kSecond).has_value());
  EXPECT_EQ(number(database, "SELECT size FROM things WHERE name = 'kept'"), 8);
  ASSERT_TRUE(database.migrate("things", kSecond).has_value()) << "again changes nothing";
  EXPECT_EQ(number(database, "SELECT size FROM things WHERE name = 'kept'"), 8);
}

TEST_F(DatabaseTest, WhoOnlyLooksMakesNoFile) {
  Database empty = look();
  ASSERT_TRUE(empty.migrate("things", kSecond).has_value());
  EXPECT_EQ(number(empty, "SELECT size FROM things"), 8);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(DatabaseTest, WhoOnlyLooksChangesNothingAndReadsOlderTablesAllTheSame) {
  {
    Database old = open();
    ASSERT_TRUE(old.migrate("things", kFirst).has_value());
  }
  Database looking = look();
  ASSERT_TRUE(looking.migrate("things", kSecond).has_value());
  EXPECT_EQ(number(looking, "SELECT size FROM things"), 8);
  const auto written = looking.write("test", [](soci::session& session) -> Status {
    session << "UPDATE things SET size = 1";
    return {};
  });
  ASSERT_TRUE(written.has_value()) << to_string(written.error());
  EXPECT_EQ(number(looking, "SELECT size FROM things"), 1) << "its own copy";
  Database again = open();
  EXPECT_EQ(number(again, "SELECT count(*) FROM pragma_table_info('things')"), 1);
  EXPECT_EQ(number(again, "SELECT max(version) FROM schema_versions"), 1);
}

TEST_F(DatabaseTest, WhoOnlyLooksSeesWhatOthersCommit) {
  Database writing = open();
  ASSERT_TRUE(writing.migrate("things", kFirst).has_value());
  Database looking = look();
  ASSERT_TRUE(looking.migrate("things", kFirst).has_value());
  ASSERT_TRUE(writing.write("test", [](soci::session& session) -> Status {
    session << "INSERT INTO things VALUES ('more')";
    return {};
  }));
  EXPECT_EQ(number(looking, "SELECT count(*) FROM things"), 2);
}

TEST_F(DatabaseTest, TablesOfANewerProgramAreRefused) {
  Database database = open();
  ASSERT_TRUE(database.migrate("things", kSecond).has_value());
  const auto older = database.migrate("things", kFirst);
  ASSERT_EQ(code_of(older), "database.newer");
  EXPECT_EQ(older.error().kind, ErrorKind::unavailable);
}

TEST_F(DatabaseTest, AFailedMigrationLeavesTheOldTables) {
  Database database = open();
  ASSERT_TRUE(database.migrate("things", kFirst).has_value());
  EXPECT_EQ(code_of(database.migrate("things", kBroken)), "database.sql");
  EXPECT_EQ(number(database, "SELECT count(*) FROM sqlite_master WHERE name = 'more'"), 0);
  EXPECT_TRUE(database.migrate("things", kSecond).has_value());
}

TEST_F(DatabaseTest, AFailedTransactionIsRolledBack) {
  Database database = open();
  ASSERT_TRUE(database.migrate("things", kFirst).has_value());
  const auto insert = [](soci::session& session) { session << "INSERT INTO things VALUES ('new')"; };
  EXPECT_EQ(code_of(database.write("test",
                                   [&](soci::session& session) -> Status {
                                     insert(session);
                                     return fail(ErrorKind::refused, "test.no", "no");
                                   })),
            "test.no");
  EXPECT_EQ(code_of(database.write("test",
                                   [&](soci::session& session) -> Status {
                                     insert(session);
                                     insert(session);
                                     return {};
                                   })),
            "database.constraint");
  EXPECT_EQ(code_of(database.write("test",
                                   [&](soci::session& session) -> Status {
                                     insert(session);
                                     throw std::runtime_error("thrown");
                                   })),
            "database.sql");
  EXPECT_EQ(number(database, "SELECT count(*) FROM things"), 1);
}

TEST_F(DatabaseTest, AFullDiskIsSaidToBeOne) {
  Database database = open();
  const auto full = database.write("test", [](soci::session& session) -> Status {
    session << "PRAGMA max_page_count = 2";
    session << "CREATE TABLE large (x)";
    session << "INSERT INTO large VALUES (zeroblob(100000))";
    return {};
  });
  ASSERT_EQ(code_of(full), "database.io");
  EXPECT_NE(full.error().remedy.find("disk is full"), std::string::npos) << full.error().remedy;
}

TEST_F(DatabaseTest, ASecondWriterIsToldWhoWaits) {
  Database first = open();
  ASSERT_TRUE(first.migrate("things", kFirst).has_value());
  Database second = open(0);
  const auto nothing = [](soci::session&) -> Status { return {}; };
  ASSERT_TRUE(first
                  .write("first",
                         [&](soci::session&) -> Status {
                           const auto busy = second.write("second", nothing);
                           EXPECT_EQ(code_of(busy), "database.busy");
                           EXPECT_EQ(busy.error().kind, ErrorKind::locked);
                           EXPECT_EQ(number(second, "SELECT count(*) FROM things"), 1) << "readers are not held up";
                           return {};
                         })
                  .has_value());
  EXPECT_TRUE(second.write("second", nothing).has_value());
}

TEST_F(DatabaseTest, NoDatabaseAtAll) {
  std::ofstream(file_) << std::string(5000, 'x');
  const auto opened = Database::open(file_);
  ASSERT_EQ(code_of(opened), "database.corrupt");
  EXPECT_EQ(opened.error().kind, ErrorKind::integrity);
  EXPECT_EQ(opened.error().where, file_.string());
  EXPECT_EQ(Database::open(directory_.path() / "no" / "such.db").error().kind, ErrorKind::unavailable);
}

TEST_F(DatabaseTest, DamagedPagesAreFound) {
  {
    Database database = open();
    ASSERT_TRUE(database.migrate("things", kFirst).has_value());
    ASSERT_TRUE(database.check().has_value());
  }
  std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 + 8);
  for (int i = 0; i < 8000; ++i) file.put('\x5a');
  file.close();
  auto opened = Database::open(file_);
  const auto checked = opened ? opened->check() : Status(forward_error(opened));
  ASSERT_EQ(code_of(checked), "database.corrupt");
  EXPECT_EQ(checked.error().kind, ErrorKind::integrity);
}

}  // namespace
}  // namespace clm
