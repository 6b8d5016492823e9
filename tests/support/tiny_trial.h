// Whole trials on the tiny problem, with the plugins of this build.
#pragma once

#include "runner/conformance/trial.h"
#include "tests/support/plugin_host.h"

namespace assay::testing {

inline std::vector<const Entry*> of_kind(std::string_view kind) {
  return of_kind(plugins(), kind);
}
inline std::shared_ptr<Dataset> data_for(const Entry& entry) {
  return data_for(plugins(), entry);
}
inline std::shared_ptr<Model> model_for(const Entry& entry, const Dataset& data) {
  return model_for(plugins(), entry, data);
}
inline Run carry_out(const TinyTrial& trial, std::int64_t stop, std::uint64_t seed) {
  return carry_out(plugins(), trial, stop, seed);
}

}  // namespace assay::testing
