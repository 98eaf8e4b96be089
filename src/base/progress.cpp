#include "base/progress.hpp"

#include <algorithm>
#include <mutex>

#include "base/time.hpp"

namespace clm {
namespace {

class TerminalProgress final : public Progress {
 public:
  explicit TerminalProgress(std::FILE* terminal) : terminal_(terminal) {}
  ~TerminalProgress() override { end(); }

  void begin(std::string_view task, std::size_t total) override {
    const std::lock_guard lock(mutex_);
    close();
    task_ = task;
    total_ = std::max<std::size_t>(total, 1);
    done_ = 0;
    started_ = monotonic_seconds();
    drawn_ = 0;
    active_ = true;
  }

  void advance(std::size_t steps) override {
    const std::lock_guard lock(mutex_);
    if (!active_) return;
    done_ = std::min(done_ + steps, total_);
    const double now = monotonic_seconds();
    if (now - drawn_ < kRedrawSeconds && done_ < total_) return;
    drawn_ = now;
    draw(now);
  }

  void end() override {
    const std::lock_guard lock(mutex_);
    close();
  }

 private:
  static constexpr double kRedrawSeconds = 0.1;
  static constexpr std::size_t kBarCells = 24;

  void draw(double now) const {
    const double share = static_cast<double>(done_) / static_cast<double>(total_);
    const auto filled = static_cast<std::size_t>(share * kBarCells);
    const std::string bar = std::string(filled, '#') + std::string(kBarCells - filled, '.');
    const double elapsed = now - started_;
    const double left = share > 0 ? elapsed / share - elapsed : 0;
    std::fprintf(terminal_, "\r\x1b[K%-28s [%s] %3d %%  %s left", task_.c_str(), bar.c_str(),
                 static_cast<int>(share * 100), to_string(Duration(static_cast<std::int64_t>(left * 1e3))).c_str());
    std::fflush(terminal_);
  }

  void close() {
    if (!active_) return;
    std::fputs("\r\x1b[K", terminal_);
    std::fflush(terminal_);
    active_ = false;
  }

  std::mutex mutex_;
  std::FILE* terminal_;
  std::string task_;
  std::size_t total_ = 1, done_ = 0;
  double started_ = 0, drawn_ = 0;
  bool active_ = false;
};

}  // namespace

std::unique_ptr<Progress> terminal_progress(std::FILE* terminal) {
  return std::make_unique<TerminalProgress>(terminal);
}

}  // namespace clm
