// Rules as a function.
#pragma once

#include "glc/shared/rules/rules.h"

namespace glc {

/// A header of its own, without includes: `inline int classify(const float* x)`, the class's number
/// or -1 where it refuses. It compares as the model does.
std::string to_cpp(const Rules& rules);

/// The remarks that such a header begins with: what it is, the columns, the classes.
std::string cpp_head(const std::vector<std::string>& columns,
                     const std::vector<std::string>& classes, const std::string& what);
/// x as a double, to the last bit.
std::string cpp_literal(double x);

}  // namespace glc
