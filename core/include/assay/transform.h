// Transform: augmentation of training samples. Evaluation, selection and error sets never see it.
#pragma once

#include <string_view>

#include "assay/dataset.h"

namespace assay {

/// Random numbers are drawn apart from their use, so that results depend neither on threads nor on
/// batches. Built once per stage; all functions must be safe to call from several threads at a
/// time.
class Transform {
 public:
  using Interface = Transform;
  static constexpr std::string_view kind = "transform";
  virtual ~Transform();

  /// Number of random numbers per sample.
  virtual std::int64_t count() const = 0;

  /// [B, count()] float64 on the CPU. Those of a sample depend on `rng`, its id and its occurrence
  /// alone. By default uniform_per_sample().
  virtual torch::Tensor draw(const Batch& batch, const Rng& rng) const;

  /// The transformed batch, on the device of `batch`, which is unchanged. Those of this project
  /// change the input alone, and leave Batch::extra, but for `views`. The same draws give the same
  /// bytes on a CPU, with any number of threads.
  virtual Batch apply(const Batch& batch, const torch::Tensor& draws) const = 0;
};

/// Ability of a transform: what becomes of a sample depends on the others of its batch too.
class Mixing {
 public:
  virtual ~Mixing();
};

/// Ability of a transform: adds another view of each sample. Transforms after it would change one
/// view alone.
class AddsView {
 public:
  virtual ~AddsView();
};

/// Throws Error{kParameter} if a transform that adds views is not the last one.
void check_order(const std::vector<std::shared_ptr<Transform>>& transforms);

/// The stream of sample `row` of `batch`: rng.fork(id).fork(occurrence); occurrence is 0 if
/// undefined.
Rng sample_rng(const Rng& rng, const Batch& batch, std::int64_t row);

/// [B, count] float64, uniform in [0, 1): the first `count` numbers of each sample's stream.
torch::Tensor uniform_per_sample(const Rng& rng, const Batch& batch, std::int64_t count);

}  // namespace assay
