// Weights of a model, chosen by patterns of their names.
#pragma once

#include <string>
#include <vector>

#include "assay/sdk/layers.h"

namespace assay {

/// Whether `name` matches one of the shell patterns: `*` stands for any characters, dots included,
/// `?` for one, and `[ab]` for one of those.
bool matches_any(const std::string& name, const std::vector<std::string>& patterns);

/// Throws Error{kParameter} for the first pattern that matches none of `names`, the parameters of a
/// model; the message calls the list `field` and tells the nearest name.
void check_patterns(const std::vector<std::string>& patterns, const std::vector<std::string>& names,
                    const std::string& field);

/// The parameters whose names match, in the order of the model. Throws as check_patterns().
NamedTensors matching(const Model& model, const std::vector<std::string>& patterns,
                      const std::string& field);

}  // namespace assay
