// What a step of nested optimizers costs, for describe.
#pragma once

#include "runner/catalog/catalog.h"
#include "runner/cli/output.h"

namespace assay::cli {

/// Optimizers in one another, with default parameters, and the passes of a step.
struct Nesting {
  std::string name;  // as `sam(pga(sgd))`, down to the innermost one
  Json passes;       // as count_passes() of the worker prints it
};

/// The parameter of an optimizer around another one that holds that one; null if there is none.
const FieldInfo* find_base(const ComponentInfo& optimizer);

/// Whether `word` has the form `sam(pga)`, which no name of a component has.
bool is_nesting(const std::string& word);

/// Has a worker count the passes of optimizers such as `sam(pga)` or `sam()`; the innermost one has
/// its default base. Throws UsageError for a malformed word; Error{kPlugin} for an unknown name,
/// and if the optimizers cannot be nested or counted.
Nesting count_passes(const std::string& word, const Catalog& catalog);

Json to_json(const Nesting& nesting);
/// For people: `2 + 2K forward and 1 + 3K backward passes`, and the like.
std::string describe(const Nesting& nesting, bool color);

}  // namespace assay::cli
