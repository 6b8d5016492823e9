// What people see while a sweep runs: live lines on a terminal, a plain line now and then
// elsewhere.
#pragma once

#include <chrono>
#include <map>

#include "runner/cli/output.h"
#include "runner/schedule/schedule.h"

namespace assay::cli {

class ProgressView final : public Observer {
 public:
  /// `metric` is the one shown first where a worker tells it.
  ProgressView(const Call& call, std::string metric);
  ~ProgressView() override;

  void progress(const Progress& now) override;
  void stage_ended(const Trial& trial, const StageOutcome& stage) override;
  void idle() override;
  void note(const std::string& text) override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Line {
    std::string stage;  // its id
    std::string text;
    Clock::time_point told = {};  // to a pipe
  };

  void say(const std::string& text);
  void erase();
  void draw();
  std::string text_of(const Progress& now) const;
  std::string metric_of(const std::map<std::string, double>& metrics) const;

  const Call& call_;
  std::string metric_;
  bool live_, color_;
  bool stale_ = false;
  int drawn_ = 0;              // lines on the screen that are ours
  std::map<int, Line> lines_;  // by worker
  Clock::time_point drawn_at_ = {};
};

}  // namespace assay::cli
