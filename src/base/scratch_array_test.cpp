#include "base/scratch_array.hpp"

#include <csignal>
#include <numeric>
#include <thread>
#include <utility>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "support/temp_directory.hpp"

namespace clm {
namespace {

using testing::TempDirectory;
namespace fs = std::filesystem;

std::size_t entries(const fs::path& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

/// Grown in steps as a long build is: value i is i.
ScratchArray<std::uint32_t> counted(std::size_t count, std::size_t step, std::size_t expected,
                                    const ScratchSpace& space) {
  ScratchArray<std::uint32_t> array;
  for (std::size_t size = 0; size < count;) {
    const std::size_t before = size;
    size = std::min(count, size + step);
    const Status grown = array.grow(size, expected, space);
    EXPECT_TRUE(grown) << to_string(grown.error());
    for (std::size_t i = before; i < size; ++i) {
      EXPECT_EQ(array[i], 0U);
      array[i] = static_cast<std::uint32_t>(i);
    }
    array.let_go(0, size);
  }
  return array;
}

std::vector<std::uint32_t> count_to(std::size_t count) {
  std::vector<std::uint32_t> values(count);
  std::iota(values.begin(), values.end(), 0U);
  return values;
}

bool holds(const ScratchArray<std::uint32_t>& array, const std::vector<std::uint32_t>& values) {
  return std::equal(array.begin(), array.end(), values.begin(), values.end());
}

TEST(ScratchArray, HoldsTheSameInMemoryAndInAFile) {
  const TempDirectory dir;
  constexpr std::size_t kCount = 700'000;
  const auto expected = count_to(kCount);
  const auto nowhere = counted(kCount, 90'000, kCount, {});
  const auto memory = counted(kCount, 90'000, kCount, {dir.path(), kCount * 4});
  const auto file = counted(kCount, 90'000, kCount, {dir.path(), kCount * 4 - 1});
  EXPECT_FALSE(nowhere.in_file());
  EXPECT_FALSE(memory.in_file()) << "up to the limit";
  EXPECT_TRUE(file.in_file());
  for (const auto* array : {&nowhere, &memory, &file}) EXPECT_TRUE(holds(*array, expected));
  EXPECT_EQ(entries(dir.path()), 0U) << "the file has no name";
}

TEST(ScratchArray, MovesIntoAFileWhenItBecomesLargerThanWasExpected) {
  const TempDirectory dir;
  const auto array = counted(600'000, 70'000, 100'000, {dir.path(), 1'000'000});
  EXPECT_TRUE(array.in_file());
  EXPECT_TRUE(holds(array, count_to(600'000)));
}

TEST(ScratchArray, LettingGoChangesNothing) {
  const TempDirectory dir;
  auto array = counted(3'000'000, 3'000'000, 0, {dir.path(), 0});
  const auto expected = count_to(3'000'000);
  array[1'234'567] = 7;
  array.let_go(1'000'000, 2'000'000);
  EXPECT_EQ(array[1'234'567], 7U);
  array[1'234'567] = 1'234'567;
  // Readers who let go of each other's pages.
  const auto read = [&] {
    for (std::size_t begin = 0; begin < expected.size(); begin += 50'000) {
      EXPECT_TRUE(std::equal(array.begin() + begin, array.begin() + begin + 50'000,
                             expected.begin() + static_cast<std::ptrdiff_t>(begin)));
      std::as_const(array).let_go_after(50'000);
    }
  };
  std::thread other(read);
  read();
  other.join();
}

TEST(ScratchArray, ACopyLiesInMemoryAndAMovedOneWhereItLay) {
  const TempDirectory dir;
  auto array = counted(10'000, 10'000, 0, {dir.path(), 0});
  const ScratchArray<std::uint32_t> copy = array;
  array[5] = 99;
  const ScratchArray<std::uint32_t> moved = std::move(array);
  EXPECT_FALSE(copy.in_file());
  EXPECT_EQ(copy[5], 5U);
  EXPECT_TRUE(moved.in_file());
  EXPECT_EQ(moved[5], 99U);
  EXPECT_EQ(moved.size(), 10'000U);
}

TEST(ScratchArray, SaysWhereNoFileCanBeMade) {
  const TempDirectory dir;
  ScratchArray<float> array;
  const Status grown = array.grow(10, 10, {dir.path() / "absent", 0});
  ASSERT_FALSE(grown);
  EXPECT_EQ(grown.error().code, "scratch.file");
  EXPECT_EQ(grown.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(grown.error().where, (dir.path() / "absent").string());
  EXPECT_NE(grown.error().remedy, "");
}

/// No file of this process becomes larger while it lives; being told so is no reason to die.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  sighandler_t handler_;
  rlimit before_{};
};

TEST(ScratchArray, WhereThereIsNoRoomItIsAnErrorAndNoSignal) {
  const TempDirectory dir;
  auto array = counted(200'000, 200'000, 10'000'000, {dir.path(), 0});
  {
    const FileSizeLimit limit(4 << 20);
    const Status grown = array.grow(5'000'000, 10'000'000, {dir.path(), 0});
    ASSERT_FALSE(grown);
    EXPECT_EQ(grown.error().code, "scratch.space");
    EXPECT_EQ(grown.error().kind, ErrorKind::unavailable);
    EXPECT_EQ(grown.error().where, dir.path().string());
    EXPECT_NE(grown.error().remedy, "");
  }
  EXPECT_TRUE(holds(array, count_to(200'000))) << "what was there is there";
}

TEST(ScratchArray, AKilledProcessLeavesNothing) {
  const TempDirectory dir;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ScratchArray<float> array;
    const char done = array.grow(100'000, 100'000, {dir.path(), 0}) && array.in_file() ? 1 : 0;
    if (::write(ready[1], &done, 1) == 1) ::pause();
    ::_exit(1);
  }
  char done = 0;
  EXPECT_EQ(::read(ready[0], &done, 1), 1);
  EXPECT_EQ(done, 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_EQ(entries(dir.path()), 0U);
}

}  // namespace
}  // namespace clm
