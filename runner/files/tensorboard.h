// TensorBoard event file (TFRecord frames of Event messages), for people who watch runs in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

namespace assay {

class EventFile {
 public:
  /// Creates <dir>/events.out.tfevents.<seconds>.<host>, removing older ones of that folder: the
  /// rows of a resumed run are written anew from metrics.jsonl.
  explicit EventFile(const std::filesystem::path& dir);
  ~EventFile();
  EventFile(const EventFile&) = delete;
  void scalar(double t, std::int64_t step, std::string_view tag, double value);
  void flush();  // not synced; throws as AppendedFile::append()

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay
