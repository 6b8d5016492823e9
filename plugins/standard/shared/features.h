// Features: what a model says of the samples of a dataset, as an artifact of a stage.
#pragma once

#include "assay/dataset.h"
#include "assay/state.h"

/// The artifact that `embed` leaves and `embedded` reads.
inline constexpr const char* kFeatures = "features";

/// Of N samples of a split, on the CPU, in the order of their ids.
struct SplitFeatures {
  torch::Tensor features;  // [N, D] float32
  torch::Tensor id;        // [N] int64
  torch::Tensor target;    // [N] int64 classes, or [N, T] float32
  torch::Tensor group;     // [N] int64
};

struct FeatureSet {
  SplitFeatures splits[3];  // per Split; undefined if the split has no samples
  assay::Info info;         // classes, targets and the names of classes and groups are kept
};

/// A tensor per split and part, such as `train.features`; the names as JSON in bytes.
assay::TensorMap to_artifact(const FeatureSet& set);
/// Throws assay::Error{kData} for what to_artifact() does not write.
FeatureSet features_from(const assay::TensorMap& artifact);
