// What a model says of itself in its document rules.json. Models are plugins of their own, so their
// documents are the interface between them and the pictures.
#pragma once

#include <optional>
#include <vector>

#include "assay/model.h"
#include "glc/shared/rules/rules.h"

namespace glc {

/// A threshold on a weighted sum of the columns: class 1 lies above `cut`.
struct CutLine {
  std::vector<double> weights;  // per column
  double cut = 0;
};

struct Description {
  Rules rules;                  // columns and classes as in `names`; none if the model has none
  std::optional<CutLine> line;  // of an end point of two classes
};

/// Reads the description of `model`, which may be null or have no documents. Throws assay::Error{kData}
/// if its rules are not about the columns and classes of `names`.
Description read_description(assay::Model* model, const Rules& names);

}  // namespace glc
