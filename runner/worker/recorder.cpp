// Rows go to metrics.jsonl, to TensorBoard, to the front end and, the newest, to status.json.
#include "runner/worker/recorder.h"

#include <chrono>
#include <cstdio>
#include <filesystem>

#include <fmt/core.h>

#include "assay/safetensors.h"
#include "runner/files/checkpoint.h"
#include "runner/files/file_system.h"
#include "runner/worker/assembly.h"

namespace assay {
namespace {

double now() {
  using Seconds = std::chrono::duration<double>;
  return Seconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

Recorder::Recorder(const RunFolder& folder, const std::string& stage, std::int64_t unit,
                   Events& events)
    : folder_(folder), events_(events), log_(folder.metrics(), stage, unit), curves_(folder.dir()) {
  for (const auto& row : read_metrics(folder.metrics())) {
    latest_[row.name] = row.value;
    curves_.scalar(row.t, row.unit, row.name, row.value);
  }
}

void Recorder::metric(std::string_view name, double value) {
  log_.append(unit_, name, value);
  curves_.scalar(now(), unit_, name, value);
  latest_[std::string(name)] = value;
  events_.value(std::string(name), value);
}

void Recorder::artifact(std::string_view name, const TensorMap& value) {
  std::filesystem::create_directories(folder_.artifacts());
  write_atomically(folder_.artifacts() / (std::string(name) + ".safetensors"),
                   to_safetensors(value));
}

void Recorder::keep_model(std::string_view name) {
  write_named(folder_.checkpoints(), std::string(name),
              {{"model.safetensors", to_safetensors(weights_of(*model_))}});
}

void Recorder::note(std::string_view message) {
  std::fputs(fmt::format("unit {}: {}\n", unit_.load(), message).c_str(), stderr);  // never throws
}

void Recorder::sync() {
  log_.sync();
  if (!std::filesystem::exists(folder_.metrics()))
    throw Error(ErrorKind::kIo, folder_.metrics().string() +
                                    ": was removed while the stage ran; its rows are lost, so the "
                                    "stage has to begin again: `assay run --force`");
  curves_.flush();
}

}  // namespace assay
