// What a stage before has counted, and whether a pool can be selected from.
#pragma once

#include "assay/procedure.h"
#include "assay/selector.h"

namespace selection {

/// How often the pool's samples were forgotten, [N] as Pool::forgotten, by the one stage before
/// that counted it.
torch::Tensor forgotten(const assay::Parts& parts);

/// Throws assay::Error{kParameter} where the selector needs what there is not: a model, classes, a
/// validation split.
void check_needs(const assay::Selector::Needs& needs, const assay::Parts& parts,
                 const assay::Info& info);

/// Throws it for a class without a sample among `label` [N].
void check_classes(const torch::Tensor& label, const assay::Info& info);

}  // namespace selection
