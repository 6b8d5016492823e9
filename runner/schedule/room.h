// Room: a pause in a sweep whose disk is full.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>

namespace assay {

/// Begun by whoever met a full disk; over once as much as it needs can be had.
class RoomWait {
 public:
  /// `run` is the folder that could not be written: what its checkpoints take is asked for again,
  /// and twice as much where it was not enough to get beyond `unit`. Several add up.
  void begin(const std::filesystem::path& run, std::int64_t unit);
  bool waiting() const { return needed_ > 0; }
  std::uintmax_t needed() const { return needed_; }  // bytes
  /// Tries, once a second at most; true when the wait ends with this call.
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
