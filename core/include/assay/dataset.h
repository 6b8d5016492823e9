// Dataset: samples with stable ids, in splits. Loaders, subsets and streams are built on top of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "assay/context.h"

namespace assay {

/// B samples, all tensors on one device. Tensors are shared, not copied, when a Batch is copied.
/// What is undefined is not there.
struct Batch {
  torch::Tensor input = {};   // [B, ...], of Info::input_type; normalized by the dataset
  torch::Tensor target = {};  // [B] int64 class, or [B, T] float32 values for regression
  torch::Tensor id = {};      // [B] int64 sample id, the same in every subset of the dataset
  torch::Tensor group = {};   // [B] int64 group (domain or task), zeros if there is only one
  /// [B] float32 weight of each sample's loss, with mean 1 over the training split; undefined if
  /// all weights are 1. Objectives must ignore it: BatchProblem applies it to Term::per_sample.
  torch::Tensor weight = {};
  /// [B] int64, set by a Loader: a number that no other draw of the same sample in the training
  /// has. It is the epoch, if an epoch has each sample once. What is random per sample draws from
  /// the stream of (id, occurrence), so that it depends neither on batches nor on threads.
  torch::Tensor occurrence = {};
  /// Further tensors [B, ...] by name: tokens, pseudo-labels, a second view. A random view is made
  /// by a Transform, which knows the occurrence.
  std::map<std::string, torch::Tensor> extra = {};

  std::int64_t size() const { return (id.defined() ? id : input).size(0); }
  /// Applies `fn` to every defined tensor.
  template <class Fn>
  Batch map(Fn fn) const {
    const auto apply = [&](const torch::Tensor& part) { return part.defined() ? fn(part) : part; };
    Batch mapped{apply(input),  apply(target),     apply(id), apply(group),
                 apply(weight), apply(occurrence), {}};
    for (const auto& [name, part] : extra) mapped.extra.emplace(name, apply(part));
    return mapped;
  }
  /// The samples at `rows`, [n] int64 on the batch's device, in this order.
  Batch select(const torch::Tensor& rows) const {
    return map([&](const auto& part) { return part.index_select(0, rows); });
  }
};

enum class Split { kTrain, kValidation, kTest };
std::string_view name_of(Split split);  // "train", "validation", "test"
/// The split of such a name. Throws Error{kParameter} for any other text.
Split split_of(std::string_view name);

/// Description of a dataset. Components that need it receive it in their constructor.
struct Info {
  std::vector<std::int64_t> input_shape = {};  // without the batch dimension
  std::int64_t classes = 0;                    // number of classes; 0 for regression
  std::int64_t targets = 1;                    // T, the outputs of a regression
  std::vector<std::string> class_names = {};   // empty, or one per class
  std::vector<std::string> groups = {};        // group names, in stream order; may be empty
  /// Training samples per group; one number, their total, if there are no groups.
  std::vector<std::int64_t> group_sizes = {};
  /// group_sizes of the original training split if this one is a subset; else empty.
  std::vector<std::int64_t> whole_group_sizes = {};
  std::vector<std::string> input_names = {};  // column names of a table; else empty
  torch::Dtype input_type = torch::kFloat;    // of Batch::input; torch::kInt64 for tokens
  /// If the samples are images [C, H, W]: input = (pixel - pixel_mean) / pixel_deviation, one
  /// number per channel, for pixels in [0, 1]. Empty if they are not images, or it is not known.
  std::vector<double> pixel_mean = {};
  std::vector<double> pixel_deviation = {};
  /// What was read and how it was taken, if that was not told but found: "59 rows, 3 columns: 2
  /// numbers, label `kind` of 3 classes". It is shown with the results.
  std::string read = {};
};

/// The number of training samples: the sum of Info::group_sizes. Throws Error{kParameter} if the
/// dataset does not report them.
double count_training_samples(const Info& info);

/// Computes Info::group_sizes of a training split of `samples` samples. `groups` is
/// Dataset::groups(kTrain): one index below `count` per sample, or empty if there are no groups.
/// Throws std::out_of_range for a larger index.
std::vector<std::int64_t> group_sizes(std::size_t samples, std::span<const std::int64_t> groups,
                                      std::size_t count);

/// Calls body(start, part) for `ids` in pieces of at most `size` ids, where `start` is the place of
/// the first one.
template <class Body>
void for_pieces(std::span<const std::int64_t> ids, std::int64_t size, Body body) {
  const auto most = static_cast<std::size_t>(size);
  for (std::size_t start = 0; start < ids.size(); start += most)
    body(start, ids.subspan(start, std::min(most, ids.size() - start)));
}

/// Built once per stage and shared by all components. All functions are const and must be safe to
/// call from several threads at a time.
class Dataset {
 public:
  using Interface = Dataset;
  static constexpr std::string_view kind = "dataset";
  virtual ~Dataset();

  /// The same object on every call; owned by the dataset.
  virtual const Info& info() const = 0;

  /// Ids of a split, ascending, the same on every call and every machine; empty if the dataset has
  /// no such split. The dataset owns the memory.
  virtual std::span<const std::int64_t> ids(Split split) const = 0;

  /// Group of each id of the split, in the order of ids(); empty if there are no groups.
  virtual std::span<const std::int64_t> groups(Split) const { return {}; }

  /// Target of each id of the split, [N] or [N, T] as Batch::target, on the CPU, in the order of
  /// ids(). The default loads the samples; override it if targets are known without their inputs.
  virtual torch::Tensor targets(Split split) const;

  /// Loads the samples with these ids, in this order, into new tensors on the CPU, whatever
  /// `context.device` is. What is random draws only from `context.rng`, so equal ids and streams
  /// give equal bytes; augmentation belongs in a Transform, which evaluation does not see. Throws
  /// Error{kData} that names an id that does not exist or cannot be read.
  virtual Batch load(std::span<const std::int64_t> ids, const Context& context) const = 0;
};

/// Ability of a dataset: its samples are images, [C, H, W].
class Images {
 public:
  virtual ~Images();
};

}  // namespace assay
