#include "base/file_io.hpp"

#include <csignal>
#include <fstream>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/hash.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

using testing::TempDirectory;

TEST(AtomicWrite, ReplacesWholeFilesAndMakesDirectories) {
  const TempDirectory dir;
  const auto path = dir.path() / "a" / "b.txt";
  ASSERT_TRUE(write_file_atomic(path, "one"));
  ASSERT_TRUE(write_file_atomic(path, "two"));
  EXPECT_EQ(read_file(path).value(), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}), 1) << "nothing is left aside";
}

TEST(AtomicWrite, WhatIsNoFileIsNotReplacedByOne) {
  const TempDirectory dir;
  const auto pipe = dir.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto written = write_file_atomic(pipe, "one");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, "file.write");
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1) << "nothing is left aside";
}

TEST(AtomicWrite, AKilledWriterLeavesTheOldBytesOrTheNew) {
  const TempDirectory dir;
  const auto path = dir.path() / "state";
  const std::string old_bytes(100'000, 'o'), new_bytes(200'000, 'n');
  for (int round = 0; round < 10; ++round) {
    ASSERT_TRUE(write_file_atomic(path, old_bytes));
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) {
        if (!write_file_atomic(path, new_bytes)) _exit(1);
        if (!write_file_atomic(path, old_bytes)) _exit(1);
      }
    }
    ::usleep(static_cast<useconds_t>(200 + round * 700));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const auto seen = read_file(path).value();
    EXPECT_TRUE(seen == old_bytes || seen == new_bytes);
  }
  remove_aside_files(dir.path());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
}

TEST(PublishAll, ShowsManyFilesAtOnceAndReplacesOldOnes) {
  const TempDirectory dir;
  ASSERT_TRUE(write_file_atomic(dir.path() / "a" / "1", "old"));
  std::vector<Publication> files;
  for (const char* name : {"a/1", "a/2", "b/3"}) {
    const auto target = dir.path() / name;
    std::filesystem::create_directories(target.parent_path());
    files.push_back({aside_path(target), target});
    ASSERT_TRUE(write_file_unsynced(files.back().finished, name));
  }
  EXPECT_EQ(read_file(dir.path() / "a/1").value(), "old");
  ASSERT_TRUE(publish_all(files));
  for (const char* name : {"a/1", "a/2", "b/3"}) EXPECT_EQ(read_file(dir.path() / name).value(), name);
  EXPECT_EQ(publish_all(files).error().code, "file.write") << "there is nothing aside any more";
}

TEST(ReadFile, NamesWhatIsWrong) {
  const TempDirectory dir;
  EXPECT_EQ(read_file(dir.path() / "absent").error().code, "file.read");
  EXPECT_EQ(read_file(dir.path()).error().code, "file.read");
  ASSERT_TRUE(write_file_atomic(dir.path() / "big", std::string(100, 'x')));
  EXPECT_EQ(read_file(dir.path() / "big", 99).error().code, "file.too_large");
}

TEST(FileLock, OneHolderAtATimeNamedToTheOther) {
  const TempDirectory dir;
  const auto path = dir.path() / "lock";
  {
    const auto first = FileLock::acquire(path, "clm cycle");
    ASSERT_TRUE(first);
    const auto second = FileLock::acquire(path, "clm import");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, "lock.held");
    EXPECT_NE(second.error().message.find("clm cycle"), std::string::npos);
  }
  EXPECT_TRUE(FileLock::acquire(path, "clm import"));
}

TEST(FileLock, DiesWithItsProcess) {
  const TempDirectory dir;
  const auto path = dir.path() / "lock";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = FileLock::acquire(path, "child");
    if (::write(ready[1], "x", 1) != 1) _exit(1);
    ::pause();
    _exit(held ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_FALSE(FileLock::acquire(path, "parent"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(FileLock::acquire(path, "parent"));
}

// FIPS 180-4 examples.
TEST(Sha256, MatchesThePublishedVectors) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const TempDirectory dir;
  ASSERT_TRUE(write_file_atomic(dir.path() / "f", "abc"));
  EXPECT_EQ(sha256_file(dir.path() / "f").value(), sha256_hex("abc"));
}

}  // namespace
}  // namespace clm
