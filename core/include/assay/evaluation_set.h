// EvaluationSet: another dataset that a model is evaluated on.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "assay/dataset.h"

namespace assay {

/// What the targets of a set mean, beside those of the dataset that the model was built for.
enum class SetTargets {
  kByName,  // the same, which the names of the classes show; refused if classes have no names
  kSame,    // the same
  kOther,   // something else, as those of data that the model should not know
};

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
  virtual SetTargets targets() const { return SetTargets::kByName; }
  /// False: its predictions have neither targets nor groups.
  bool has_targets() const { return targets() != SetTargets::kOther; }
};

}  // namespace assay
