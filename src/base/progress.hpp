#pragma once
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace clm {

/// Told how far long work has come. Implementations are thread-safe; calls are cheap enough for every row block.
class Progress {
 public:
  virtual ~Progress() = default;
  /// Starts a task of `total` steps; a task in progress is closed first.
  virtual void begin(std::string_view task, std::size_t total) = 0;
  virtual void advance(std::size_t steps = 1) = 0;
  virtual void end() = 0;
};

/// Says nothing.
class SilentProgress final : public Progress {
 public:
  void begin(std::string_view, std::size_t) override {}
  void advance(std::size_t) override {}
  void end() override {}
};

/// A bar with an estimate of the remaining time, redrawn in place on `terminal`, at most ten times a second.
std::unique_ptr<Progress> terminal_progress(std::FILE* terminal);

}  // namespace clm
