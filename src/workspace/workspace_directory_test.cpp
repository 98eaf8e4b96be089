#include "workspace/workspace_directory.hpp"

#include <gtest/gtest.h>

#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

namespace fs = std::filesystem;
using testing::code_of;

TEST(WorkspaceDirectory, IsFoundFromWithinLikeGit) {
  const testing::TempDirectory directory;
  const fs::path root = directory.path() / "a b";
  ASSERT_TRUE(WorkspaceDirectory::init(root, "# settings\n").has_value());
  EXPECT_EQ(*read_file(root / "clm.toml"), "# settings\n");
  fs::create_directories(root / "deep" / "er");
  for (const fs::path& start : {root, root / "deep" / "er", root / "candles" / ".." / "deep"}) {
    const auto found = WorkspaceDirectory::find(std::nullopt, start);
    ASSERT_TRUE(found.has_value()) << start;
    EXPECT_EQ(found->root(), root);
  }
  EXPECT_EQ(WorkspaceDirectory::find(root, "/")->database_file(), root / "clm.db");
  for (const char* part : {"candles", "series", "versions", "reports"}) EXPECT_TRUE(fs::is_directory(root / part));
}

TEST(WorkspaceDirectory, MissingAndExisting) {
  const testing::TempDirectory directory;
  const auto missing = WorkspaceDirectory::find(std::nullopt, directory.path());
  ASSERT_EQ(code_of(missing), "workspace.missing");
  EXPECT_EQ(missing.error().kind, ErrorKind::unavailable);
  EXPECT_NE(missing.error().remedy.find("clm init"), std::string::npos);
  ASSERT_TRUE(WorkspaceDirectory::init(directory.path(), "x = 1\n").has_value());
  EXPECT_EQ(code_of(WorkspaceDirectory::init(directory.path(), "")), "workspace.exists");
  EXPECT_EQ(*read_file(directory.path() / "clm.toml"), "x = 1\n");
  // --workspace means this very directory, not one above it.
  EXPECT_EQ(code_of(WorkspaceDirectory::find(directory.path() / "candles", "/")), "workspace.missing");
}

TEST(WorkspaceDirectory, InitFinishesWhatAKilledInitBegan) {
  const testing::TempDirectory directory;
  fs::create_directories(directory.path() / "candles");
  EXPECT_TRUE(WorkspaceDirectory::init(directory.path(), "").has_value());
}

TEST(WorkspaceDirectory, KnowsWhatItKeepsAndWhatAPersonMayReplace) {
  const testing::TempDirectory directory;
  const fs::path root = directory.path() / "place";
  const auto workspace = *WorkspaceDirectory::init(root, "");
  for (const char* kept : {"clm.toml", "clm.db", "clm.db-wal", ".clm.lock", "candles/um/1h/BTCUSDT/2024.parquet",
                           "versions/x", "imports/log", "replays/a.json", "reports/../clm.db", "series/../clm.toml"})
    EXPECT_TRUE(workspace.keeps(root / kept)) << kept;
  for (const char* free :
       {"reports/x.html", "x.html", "mine/clm.db", "../clm.toml", "../place2/clm.db", "candles.html"})
    EXPECT_FALSE(workspace.keeps(root / free)) << free;
  fs::create_symlink(root / "clm.toml", directory.path() / "link");
  fs::create_directory_symlink(root / "candles", directory.path() / "folder");
  EXPECT_TRUE(workspace.keeps(directory.path() / "link"));
  EXPECT_TRUE(workspace.keeps(directory.path() / "folder" / "new.parquet"));
}

TEST(WorkspaceDirectory, OneCycleAtATimeAndLeftoversGo) {
  const testing::TempDirectory directory;
  const auto workspace = *WorkspaceDirectory::init(directory.path(), "");
  const fs::path leftover = aside_path(workspace.versions() / "xgboost" / "artifact");
  fs::create_directories(leftover);
  {
    const auto lock = workspace.lock_cycle("clm cycle");
    ASSERT_TRUE(lock.has_value());
    EXPECT_FALSE(fs::exists(leftover));
    const auto second = workspace.lock_cycle("clm train");
    ASSERT_EQ(code_of(second), "lock.held");
    EXPECT_NE(second.error().message.find("clm cycle"), std::string::npos);
  }
  EXPECT_TRUE(workspace.lock_cycle("clm train").has_value());
}

}  // namespace
}  // namespace clm
