// A registry of every plugin that this build made, for tests.
#pragma once

#include "assay/registry.h"

namespace assay::testing {

/// Loads all of $ASSAY_BUILD/plugins/*.so, once.
const Registry& plugins();

/// A spec from a few values: spec("sgd", {{"lr", 0.1}}).
inline Spec spec(std::string use, Values params = {}) {
  return {std::move(use), std::move(params)};
}

}  // namespace assay::testing
