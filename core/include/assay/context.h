// Context: what every component may ask of its surroundings.
#pragma once

#include <cstdint>
#include <string_view>

#include <torch/types.h>

#include "assay/error.h"
#include "assay/rng.h"

namespace assay {

/// Remarks for people, into the run's log.txt.
class Log {
 public:
  virtual ~Log();
  virtual void note(std::string_view message) = 0;
};

/// Where to compute, what to draw from, whom to tell. Cheap to copy.
struct Context {
  torch::Device device = torch::kCPU;
  Rng rng{0};
  Log* log = nullptr;     // may be null: use note()
  std::int64_t step = 0;  // of the training under way: what a warm-up goes by

  void note(std::string_view message) const {
    if (log != nullptr) log->note(message);
  }
  Context with(Rng other) const { return {device, other, log, step}; }
  Context at_step(std::int64_t other) const { return {device, rng, log, other}; }
};

}  // namespace assay
