#include "workspace/workspace.hpp"

#include <algorithm>
#include <functional>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "workspace/workspace_fixture.hpp"

namespace clm {
namespace {

namespace fs = std::filesystem;
using testing::code_of;

class WorkspaceOpening : public testing::WorkspaceTest {
 protected:
  void write_settings(const std::string& text) const {
    ASSERT_TRUE(write_file_atomic(place_.config_file(), text).has_value());
  }
};

TEST_F(WorkspaceOpening, TheEnvironmentTakesThePlaceOfTheFile) {
  write_settings("[label]\nhorizon_bars = 3\n[triggers]\nnew_bars = 77\n");
  WorkspaceOptions options = this->options(Workspace::Access::look);
  options.environment = {{"CLM_LABEL_HORIZON_BARS", "5"}, {"HOME", "/nowhere"}};
  const auto workspace = Workspace::open(place_, clock_, options);
  ASSERT_TRUE(workspace) << to_string(workspace.error());
  EXPECT_EQ((*workspace)->learning().label.horizon_bars, 5);
  EXPECT_EQ((*workspace)->learning().triggers.new_bars, 77);
  EXPECT_EQ((*workspace)->build().commit, "c0ffee");
  EXPECT_EQ(&(*workspace)->clock(), &clock_);
}

TEST_F(WorkspaceOpening, AllThatIsWrongWithTheSettingsIsSaid) {
  write_settings("[label]\nhorizon_bars = \"three\"\nhorizn_bars = 3\n");
  std::vector<Error> also_wrong;
  const auto workspace = Workspace::open(place_, clock_, options(Workspace::Access::look), &also_wrong);
  ASSERT_FALSE(workspace);
  EXPECT_EQ(workspace.error().kind, ErrorKind::usage);
  ASSERT_EQ(also_wrong.size(), 1U);
  const std::string both = to_string(workspace.error()) + to_string(also_wrong.front());
  EXPECT_NE(both.find("horizn_bars"), std::string::npos) << both;
  EXPECT_NE(both.find("label.horizon_bars"), std::string::npos) << both;
  // Who does not ask is not told.
  EXPECT_FALSE(Workspace::open(place_, clock_, options(Workspace::Access::look)));
}

TEST_F(WorkspaceOpening, WhatIsAskedForTwiceIsOneObject) {
  const auto workspace = open();
  EXPECT_EQ(*workspace->candles(), *workspace->candles());
  EXPECT_EQ(*workspace->context_series(), *workspace->context_series());
  EXPECT_EQ(*workspace->database(), *workspace->database());
  EXPECT_EQ(*workspace->registry(), *workspace->registry());
  EXPECT_EQ(*workspace->cycle_log(), *workspace->cycle_log());
}

TEST_F(WorkspaceOpening, LookingMakesNothing) {
  const auto workspace = open(Workspace::Access::look);
  const auto registry = workspace->registry();
  ASSERT_TRUE(registry) << to_string(registry.error());
  EXPECT_TRUE((*registry)->list()->empty());
  EXPECT_FALSE(fs::exists(place_.database_file()));
  EXPECT_EQ(workspace->scratch().directory, place_.root());
}

/// What `check` says as a user without the rights of root: "" if all is as it should be.
std::string as_an_ordinary_user(const std::function<std::string()>& check) {
  if (::geteuid() != 0) return check();
  int words[2] = {};
  if (::pipe(words) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    const bool is_ordinary = ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0;
    const std::string said = is_ordinary ? check() : "cannot become another user";
    const bool written = ::write(words[1], said.data(), said.size()) == static_cast<ssize_t>(said.size());
    ::_exit(written ? 0 : 1);
  }
  ::close(words[1]);
  std::string said(4096, '\0');
  said.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(words[0], said.data(), said.size()))));
  ::close(words[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? said : "the other user's process failed: " + said;
}

TEST_F(WorkspaceOpening, WhatCannotBeWrittenToCanStillBeLookedAt) {
  using enum fs::perms;
  fs::permissions(directory_.path(), owner_all | others_read | others_exec);
  fs::permissions(place_.root(), owner_read | owner_exec | others_read | others_exec);
  const std::string said = as_an_ordinary_user([&]() -> std::string {
    const auto refused = Workspace::open(place_, clock_, options(Workspace::Access::change));
    if (code_of(refused) != "workspace.read_only") return "to change it: " + code_of(refused);
    if (refused.error().kind != ErrorKind::unavailable) return "of another kind";
    const auto workspace = Workspace::open(place_, clock_, options(Workspace::Access::look));
    if (!workspace) return to_string(workspace.error());
    if ((*workspace)->scratch().directory != fs::temp_directory_path()) return "it would be worked in";
    const auto registry = (*workspace)->registry();
    if (!registry) return to_string(registry.error());
    return (*registry)->list() ? "" : "the registry cannot be read";
  });
  fs::permissions(place_.root(), owner_all);
  EXPECT_EQ(said, "");
}

TEST_F(WorkspaceOpening, OnlyOneMovesVersions) {
  const auto workspace = open(), other = open();
  {
    const auto locked = lock_registry(*workspace, "clm promote");
    ASSERT_TRUE(locked) << to_string(locked.error());
    EXPECT_EQ(locked->registry, *workspace->registry());
    const auto refused = lock_registry(*other, "clm rollback");
    ASSERT_EQ(code_of(refused), "lock.held");
    EXPECT_EQ(static_cast<int>(refused.error().kind), 7);
    EXPECT_NE(refused.error().message.find("clm promote"), std::string::npos) << refused.error().message;
    EXPECT_EQ(place_.cycle_holder().has_value(), true);
    EXPECT_TRUE((*other->registry())->list().has_value()) << "looking is free";
  }
  EXPECT_TRUE(lock_registry(*other, "clm rollback").has_value());
}

TEST_F(WorkspaceOpening, WhoMovesVersionsFindsWhatAKilledProcessLeft) {
  const ArtifactStore store(place_.versions());
  const auto stored = testing::put_sample(store, testing::sample_manifest());
  ASSERT_TRUE(stored) << to_string(stored.error());
  const auto workspace = open();
  EXPECT_TRUE((*workspace->registry())->list()->empty());
  const auto locked = lock_registry(*workspace, "clm promote");
  ASSERT_TRUE(locked) << to_string(locked.error());
  EXPECT_EQ(locked->registry->list()->size(), 1U);
}

TEST_F(WorkspaceOpening, ABrokenDatabaseStopsNobodyWhoNeedsNone) {
  ASSERT_TRUE(write_file_atomic(place_.database_file(), std::string(8192, 'x')).has_value());
  for (const auto access : {Workspace::Access::look, Workspace::Access::change}) {
    const auto workspace = open(access);
    const auto registry = workspace->registry();
    ASSERT_EQ(code_of(registry), "database.corrupt");
    EXPECT_EQ(registry.error().kind, ErrorKind::integrity);
    EXPECT_NE(registry.error().where.find("clm.db"), std::string::npos) << registry.error().where;
    EXPECT_EQ(code_of(workspace->cycle_log()), "database.corrupt");
    EXPECT_TRUE(workspace->candles().has_value());
  }
}

}  // namespace
}  // namespace clm
