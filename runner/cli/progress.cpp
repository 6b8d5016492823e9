// Redraws a block of lines in place; on a pipe there is never an escape code.
#include "runner/cli/progress.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <string_view>

#include "runner/cli/outcomes.h"

namespace assay::cli {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr auto kTell = std::chrono::seconds(10);
constexpr std::size_t kDefaultWidth = 100;
constexpr double kStarved = 0.2;  // Progress::cpu_wait above which other processes slow a worker

bool can_redraw() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

std::size_t width() {
  winsize size = {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return kDefaultWidth;
  return size.ws_col;
}

std::string stage_label(const Trial& trial, const std::string& stage) {
  return stage == "main" ? label_of(trial) : label_of(trial) + " " + stage;
}

}  // namespace

ProgressView::ProgressView(const Call& call, std::string metric)
    : call_(call),
      metric_(std::move(metric)),
      live_(!call.quiet && can_redraw()),
      color_(colored(call, stderr)) {}

ProgressView::~ProgressView() {
  erase();
}

std::string ProgressView::metric_of(const std::map<std::string, double>& metrics) const {
  auto it = metrics.find(metric_);
  if (it == metrics.end()) it = metrics.begin();
  return it == metrics.end() ? "" : fmt::format("  {} {:.4g}", it->first, it->second);
}

std::string ProgressView::text_of(const Progress& now) const {
  const double part =
      now.units > 0 ? 100.0 * static_cast<double>(now.unit) / static_cast<double>(now.units) : 0;
  std::string text = fmt::format("{}  {}/{} {:.0f}%", stage_label(*now.trial, now.stage->name),
                                 now.unit, now.units, part);
  if (now.rate > 0) text += fmt::format("  {:.3g}/s  {} left", now.rate, duration(now.time_left));
  if (now.cpu_wait > kStarved)
    text += fmt::format("  waits for a CPU {:.0f}% of the time", 100 * now.cpu_wait);
  return text + metric_of(now.metrics);
}

void ProgressView::progress(const Progress& now) {
  if (call_.quiet) return;
  // A stage that is tried again may have moved to another worker.
  std::erase_if(lines_, [&](const auto& entry) {
    return entry.first != now.worker && entry.second.stage == now.stage->id;
  });
  Line& line = lines_[now.worker];
  if (line.stage != now.stage->id) line = {now.stage->id, "", Clock::now()};
  line.text = text_of(now);
  stale_ = true;
  if (live_ || Clock::now() - line.told < kTell) return;
  line.told = Clock::now();
  say(line.text);
}

void ProgressView::stage_ended(const Trial& trial, const StageOutcome& stage) {
  std::erase_if(lines_, [&](const auto& entry) { return entry.second.stage == stage.id; });
  const Status& status = stage.status;
  const bool done = status.state == RunState::kDone;
  const char* code = done ? kGreen : status.state == RunState::kInterrupted ? kYellow : kRed;
  std::string text = fmt::format(
      "{} {}  {}{}", paint(std::string(name_of(status.state)), code, color_),
      stage_label(trial, stage.name), duration(status.seconds), metric_of(status.metrics));
  if (!status.error_message.empty()) text += "\n  " + status.error_message;
  if (!call_.quiet || !(done || status.state == RunState::kInterrupted)) say(text);
}

void ProgressView::note(const std::string& text) {
  if (!call_.quiet) say(text);
}

void ProgressView::idle() {
  if (!live_ || !stale_ || Clock::now() - drawn_at_ < kRedraw) return;
  erase();
  draw();
}

void ProgressView::say(const std::string& text) {
  erase();
  fmt::print(stderr, "{}\n", text);
  stale_ = true;
}

void ProgressView::erase() {
  if (drawn_ > 0) fmt::print(stderr, "\033[{}A\r\033[J", drawn_);
  drawn_ = 0;
}

void ProgressView::draw() {
  const std::size_t columns = width() - 1;
  for (const auto& [worker, line] : lines_)
    fmt::print(stderr, "{}\n", line.text.substr(0, columns));
  drawn_ = static_cast<int>(lines_.size());
  drawn_at_ = Clock::now();
  stale_ = false;
}

}  // namespace assay::cli
