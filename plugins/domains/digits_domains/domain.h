// Domain: the digits of one data set, in the size and framing that both domains share.
#pragma once

#include <filesystem>

#include <torch/types.h>

#include "assay/value.h"

struct Domain {
  std::string name;
  torch::Tensor pixels;  // [N, size, size] uint8, training images first
  torch::Tensor labels;
  std::int64_t train;  // how many are training images
};

/// `parts` begin the names of the files of training and test digits, which are of `own` x `own`
/// pixels. Throws Error{kData} where they are not.
Domain read_domain(const std::string& name, const std::filesystem::path& folder,
                   const assay::Strings& parts, std::int64_t own, std::int64_t size);
