// What a model with rules shows of itself, to be drawn.
#pragma once

#include "rules/rules.h"

namespace glc {

class HasRules {
 public:
  virtual ~HasRules() = default;
  virtual Rules rules() const = 0;
};

}  // namespace glc
