// Role: what a parameter is to an optimizer.
#pragma once

namespace assay {

enum class Role {
  kWeight,
  kScale,          // of a distribution of weights: decay and an ascent must not move it
  kAscendedScale,  // a scale that an ascent such as SAM's may perturb, but decay must not move
};

/// Whether an ascent may perturb it.
constexpr bool is_ascended(Role role) {
  return role != Role::kScale;
}

}  // namespace assay
