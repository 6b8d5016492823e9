// Rows go to metrics.jsonl, to TensorBoard, to the front end and, the newest, to status.json.
#include "runner/worker/recorder.h"

#include <algorithm>
#include <cctype>

#include <fmt/core.h>

#include "assay/error.h"
#include "assay/sdk/safetensors.h"
#include "runner/files/checkpoint.h"
#include "runner/files/file_system.h"
#include "runner/system/clock.h"
#include "runner/worker/log.h"
#include "runner/worker/model_weights.h"
#include "runner/worker/own_process.h"

namespace assay {
namespace {

// It becomes the name of a file or folder, and stays within the run's.
std::string checked(std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
  if (plain && !name.empty() && name[0] != '.' && name != "last") return std::string(name);
  throw Error(
      ErrorKind::kPlugin,
      fmt::format(
          "`{}` is not a valid name of an artifact or a saved model: use letters, digits, `_`, `-` "
          "and `.`, do not begin with `.`, and do not use `last`",
          name));
}

}  // namespace

Recorder::Recorder(const RunFolder& folder, const std::string& stage, std::int64_t unit,
                   Events& events)
    : folder_(folder),
      events_(events),
      log_(folder.metrics(), stage, unit),
      curves_(folder.dir()),
      progress_(folder.progress()),
      flusher_([this] { flush(); }) {
  for (const auto& row : read_metrics(folder.metrics())) {
    latest_[row.name] = row.value;
    curves_.scalar(row.t, row.unit, row.name, row.value);
  }
}

void Recorder::at(std::int64_t unit, std::int64_t units) {
  unit_ = unit;
  units_ = units;
  flusher_.touch();
}

std::map<std::string, double> Recorder::latest() const {
  const std::scoped_lock lock(mutex_);
  return latest_;
}

void Recorder::metric(std::string_view name, double value) {
  leave_if_forked();
  const auto slash = name.find('/');
  if (slash == 0 || slash >= name.size() - 1)  // npos too
    throw Error(ErrorKind::kPlugin,
                fmt::format("`{}` is not a valid name of a metric: use split/metric, such as "
                            "`train/{}`",
                            name, name));
  {
    const std::scoped_lock lock(mutex_);
    log_.append(unit_, name, value);
    curves_.scalar(wall_seconds(), unit_, name, value);
    latest_[std::string(name)] = value;
  }
  events_.value(std::string(name), value);
  flusher_.touch();
}

void Recorder::artifact(std::string_view name, const TensorMap& value) {
  document(std::string(name) + ".safetensors", to_safetensors(value));
}

void Recorder::document(std::string_view name, std::string_view bytes) {
  leave_if_forked();
  const auto file = folder_.artifacts() / checked(name);
  file_system().make_folders(folder_.artifacts());
  write_atomically(file, bytes);
}

void Recorder::keep_model(std::string_view name) {
  leave_if_forked();
  write_named(folder_.checkpoints(), checked(name),
              {{"model.safetensors", to_safetensors(weights_of(*model_))}});
}

void Recorder::note(std::string_view message) {
  log_line(fmt::format("unit {}: {}", unit_.load(), message));
}

void Recorder::finish() {
  flusher_.stop();
  folder_.remove_progress();
}

void Recorder::flush() {
  const std::scoped_lock lock(mutex_);
  log_.write();
  curves_.flush();
  // No file is opened here: it would get the number of one that a plugin has closed.
  auto text = progress_text({unit_, units_, latest_});
  progress_.cut(0);
  progress_.append(text);
}

void Recorder::sync() {
  const std::scoped_lock lock(mutex_);
  log_.sync();
  if (!std::filesystem::exists(folder_.metrics()))
    throw Error(ErrorKind::kIo,
                folder_.metrics().string() +
                    ": was removed or moved while the stage was running; its rows are lost: start "
                    "the stage again with `assay run --force`");
  curves_.flush();
}

}  // namespace assay
