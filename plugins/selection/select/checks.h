// What a stage before has counted, and whether a pool can be selected from.
#pragma once

#include "assay/procedure.h"
#include "assay/selector.h"

namespace selection {

/// How often the pool's samples were forgotten, [N] as Pool::forgotten, by the one stage before
/// that counted it.
torch::Tensor forgotten(const assay::Parts& parts);

/// Whether a model has to be run over the samples.
bool needs_model(const assay::Selector::Needs& needs);

/// Throws assay::Error{kParameter} if the selector needs what is missing: a model, classes, or a
/// validation split.
void check_needs(const assay::Selector::Needs& needs, const assay::Parts& parts,
                 const assay::Info& info);

/// Throws it for a class without a sample among `label` [N].
void check_classes(const torch::Tensor& label, const assay::Info& info);

/// Throws Error{kPlugin} unless the choice has distinct places below `size`, one at least, and no
/// weights or one per place that is finite and not negative.
void check_choice(const assay::Selector::Choice& choice, std::int64_t size);

}  // namespace selection
