// Context: the device, the random stream and the log that a component is given.
#pragma once

#include <cstdint>
#include <string_view>

#include <torch/types.h>

#include "assay/error.h"
#include "assay/rng.h"

namespace assay {

/// Messages for people. The runner writes them to the run's log.txt.
class Log {
 public:
  virtual ~Log();
  /// Writes one line, with the unit in front. Safe to call from the threads of a Loader.
  virtual void note(std::string_view message) = 0;
};

/// Passed by const reference to every call that computes. Cheap to copy; a copy does not own `log`.
struct Context {
  torch::Device device = torch::kCPU;
  Rng rng{0};             // use this stream, never a generator of your own seeding
  Log* log = nullptr;     // not owned, may be null: use note()
  std::int64_t step = 0;  // training step from 0, if the procedure sets it; for warm-ups

  /// Writes to the log, if there is one.
  void note(std::string_view message) const {
    if (log != nullptr) log->note(message);
  }
  /// A copy with another random stream, or another step.
  Context with(Rng other) const { return {device, other, log, step}; }
  Context at_step(std::int64_t other) const { return {device, rng, log, other}; }
};

}  // namespace assay
