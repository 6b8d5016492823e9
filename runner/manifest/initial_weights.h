// `weights:` of a stage, or of a manifest without stages.
#pragma once

#include "runner/manifest/check.h"
#include "runner/protocol/initial_weights.h"

namespace assay {

/// `node` is a stage of `after`, `none`, or a map; none for `none`. Every mistake goes to the
/// checker's complaints. `model` is null if the stage has none.
InitialWeights read_initial_weights(const Node& node, const Strings& after, const Spec* model,
                                    Checker& checker);

}  // namespace assay
