// Dataset: indexed samples with stable ids. Loaders, subsets and streams are built on top of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "assay/context.h"

namespace assay {

/// B samples, on the device they were asked for.
struct Batch {
  torch::Tensor input;   // [B, ...] float32, after the dataset's own normalisation
  torch::Tensor target;  // [B] int64 classes, or [B, T] float targets
  torch::Tensor id;      // [B] int64, the sample's index in its dataset: never renumbered
  torch::Tensor group;   // [B] int64 domain or task; zeros where there is only one
  /// [B] float: how much each sample's loss counts, 1 on average over the training split; undefined
  /// where all count alike. Objectives need not look at it: a step weighs what they give.
  torch::Tensor weight = {};

  std::int64_t size() const { return id.size(0); }
  /// `of` of each tensor that is there, as a batch.
  template <class Of>
  Batch each(Of of) const {
    return {of(input), of(target), of(id), of(group), weight.defined() ? of(weight) : weight};
  }
};

enum class Split { kTrain, kValidation, kTest };
std::string_view name_of(Split split);  // "train", "validation", "test"

struct Info {
  std::vector<std::int64_t> input_shape = {};  // without the batch dimension
  std::int64_t classes = 0;                    // 0 for regression
  std::int64_t targets = 1;                    // T of a regression
  std::vector<std::string> class_names = {};   // empty, or one a class
  std::vector<std::string> groups = {};        // names, in stream order; may be empty
  /// Training samples of each group; of all together where there are no groups.
  std::vector<std::int64_t> group_sizes = {};
  /// Where the training split was cut or repeated: group_sizes of the whole one.
  std::vector<std::int64_t> whole_group_sizes = {};
  std::vector<std::string> input_names = {};  // of the columns of a table; else empty
};

/// Info::group_sizes of a training split of `samples`, whose groups are `groups` of `count`; empty
/// where there is only one.
std::vector<std::int64_t> group_sizes(std::size_t samples, std::span<const std::int64_t> groups,
                                      std::size_t count);

class Dataset {
 public:
  using Interface = Dataset;
  static constexpr std::string_view kind = "dataset";
  virtual ~Dataset();

  virtual const Info& info() const = 0;

  /// Ids of a split, ascending; the same on every call and every machine; empty where the dataset
  /// has no such split.
  virtual std::span<const std::int64_t> ids(Split split) const = 0;

  /// Group of each id of the split, aligned with ids(); empty where there is only one group.
  virtual std::span<const std::int64_t> groups(Split) const { return {}; }

  /// Loads samples in the order given, onto the CPU. Augmentation draws only from `context.rng`, so
  /// the same ids and stream give the same bytes. Safe to call from several threads. Throws
  /// Error{kData} naming the id that could not be read.
  virtual Batch load(std::span<const std::int64_t> ids, const Context& context) const = 0;
};

}  // namespace assay
