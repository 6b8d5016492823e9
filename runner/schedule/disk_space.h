// A pause of a sweep whose disk is full.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>

namespace assay {

/// Starts when a worker meets a full disk, and ends when enough space for its checkpoints is free.
class DiskSpaceWait {
 public:
  /// `run` is the folder that could not be written. The size of its checkpoints is needed, or twice
  /// as much if that did not suffice to get beyond `unit` last time. Several calls add up.
  void begin(const std::filesystem::path& run, std::int64_t unit);
  bool waiting() const { return needed_ > 0; }
  std::uintmax_t needed() const { return needed_; }  // bytes
  /// Tries to allocate the space, at most once per second. Returns true when the wait ends.
  bool ended();

 private:
  std::filesystem::path folder_;
  std::uintmax_t needed_ = 0;
  double next_try_ = 0;
  struct Asked {
    std::int64_t unit;
    std::uintmax_t bytes;
  };
  std::map<std::filesystem::path, Asked> asked_;  // by run
};

}  // namespace assay
