// Other weights for a while: those of a target network or a teacher, posterior samples, w + e.
#pragma once

#include "assay/state.h"

namespace assay {

/// Replaces the weights for the lifetime of the object. The destructor restores the original
/// tensors, also after an exception; subtracting e from w + e would not give w in floating point.
class ScopedWeights {
 public:
  /// Lets `weights` use the memory of `there`, which has the same shapes and dtypes. Nothing is
  /// copied.
  ScopedWeights(const Tensors& weights, const Tensors& there);
  ~ScopedWeights();
  ScopedWeights(const ScopedWeights&) = delete;

 private:
  Tensors weights_, start_;
};

/// Copies what the tensors hold, and copies it back when it is destroyed, also after an exception.
/// What is written into them meanwhile goes into their own memory, unlike with ScopedWeights.
class RestoredTensors {
 public:
  explicit RestoredTensors(Tensors tensors);
  ~RestoredTensors();
  RestoredTensors(const RestoredTensors&) = delete;
  const Tensors& before() const { return before_; }

 private:
  Tensors tensors_, before_;
};

}  // namespace assay
