// Earlier: what a stage takes from the stages before it.
#pragma once

#include "runner/manifest/check.h"

namespace assay {

/// A stage with what the manifest says of those before it.
struct Named {
  Stage stage;
  Strings after;    // names of stages
  const Node* own;  // the stage's node; null in a manifest without stages
};

/// The names in `after:`, without those that are not in `names`.
Strings after_of(const Node& own, const Strings& names, Checker& checker);

/// Fills in `weights`, `models` and `subset` of the stage `named`, one of `all`, and checks its
/// fields that name a stage.
void take_from_earlier(Named& named, const std::vector<Named>& all, Checker& checker);

/// Complains of a field that names two stages of one identity: an average of them would be one of
/// them. The stages must be identified.
void check_distinct_stages(const Trial& trial, const Catalog& catalog, Complaints& complaints);

}  // namespace assay
