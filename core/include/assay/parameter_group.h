// ParameterGroup: some parameters of a model, and the optimizer that moves them.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "assay/optimizer.h"

namespace assay {

/// A part of the optimizer `grouped`.
class ParameterGroup {
 public:
  using Interface = ParameterGroup;
  static constexpr std::string_view kind = "parameter_group";
  virtual ~ParameterGroup();

  /// Whether it takes each of `names`, the trainable parameters; empty if it takes all that no
  /// other group takes. Throws Error{kParameter} if it is meant for a parameter that is not there.
  virtual std::vector<bool> taken(const std::vector<std::string>& names) const = 0;

  virtual Optimizer& optimizer() = 0;
};

}  // namespace assay
