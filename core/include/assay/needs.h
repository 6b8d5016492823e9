// Need: what a component needs of the others of its stage, as Entry::needs tells it.
#pragma once

#include <string>

namespace assay {

/// "model", "objective?" or "model/Fitted".
struct Need {
  std::string kind;
  std::string ability;    // empty: any component of the kind
  bool optional = false;  // it does without
};
Need need_of(const std::string& text);

}  // namespace assay
