// Role: what a parameter is to an optimizer.
#pragma once

namespace assay {

enum class Role {
  kWeight,
  kScale,  // of a distribution of weights: neither an ascent such as SAM's nor decay moves it
  kAscendedScale,  // only decay does not move it
};

/// Whether an ascent may perturb it.
constexpr bool is_ascended(Role role) {
  return role != Role::kScale;
}

}  // namespace assay
