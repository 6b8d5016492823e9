// EvaluationSet: another dataset that a model is evaluated on.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "assay/dataset.h"

namespace assay {

/// A part of the procedure `evaluate`.
class EvaluationSet {
 public:
  using Interface = EvaluationSet;
  static constexpr std::string_view kind = "evaluation_set";
  virtual ~EvaluationSet();

  /// The rows of the set begin with it.
  virtual const std::string& name() const = 0;
  virtual std::shared_ptr<const Dataset> dataset() const = 0;
  virtual Split split() const = 0;
  /// False: its targets do not mean what those of the model's dataset mean, as of data that the
  /// model should not know. Its predictions then have neither targets nor groups.
  virtual bool has_targets() const { return true; }
};

}  // namespace assay
