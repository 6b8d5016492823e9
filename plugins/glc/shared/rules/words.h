// Rules for people.
#pragma once

#include <span>

#include "glc/shared/rules/rules.h"

namespace glc {

/// The shortest text of the float nearest to x, if x is one, else of x itself.
std::string number(double x);
/// "bare_nuclei >= 9 and 4 <= bland_chromatin <= 7"; "always" for a box that is free.
std::string condition(const Box& box, const std::vector<std::string>& columns);

/// What came of the rules on one split, each asked in its turn.
struct Figures {
  std::string split;
  std::vector<std::int64_t> right, total;  // of each rule, and last of `otherwise`
  std::int64_t rows() const;
};

/// Numbered sentences, each with its precision and coverage on each split.
std::string in_words(const Rules& rules, std::span<const Figures> figures);

}  // namespace glc
