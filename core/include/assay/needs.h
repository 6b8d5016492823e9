// Need: what a component needs of the others of its stage, as Entry::needs tells it.
#pragma once

#include <string>

namespace assay {

/// "model", "objective?" or "model/Fitted". Of the kind "weights" there is no component: a
/// procedure that needs them is of use for a trained model only; "weights/All": as a whole.
struct Need {
  std::string kind;
  std::string ability;    // empty: any component of the kind
  bool optional = false;  // it does without
};
inline constexpr const char* kTrainedWeights = "weights";
Need need_of(const std::string& text);

}  // namespace assay
