#include "glc/shared/rules/rules.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace glc {
namespace {

std::ptrdiff_t length(double x) {
  char text[32];
  return std::to_chars(text, text + sizeof text, x).ptr - text;
}

Side written(double x, double away) {
  const double before = std::nextafter(x, away);
  if (length(before) < length(x)) return {true, before};
  return {false, x};
}

}  // namespace

Side written_lower(double lower) {
  return written(lower, -kInfinity);
}

Side written_upper(double upper) {
  return written(upper, kInfinity);
}

Box envelope(const Box& a, const Box& b) {
  Box both = a;
  for (std::size_t k = 0; k < both.size(); ++k)
    both[k] = {std::min(a[k].lower, b[k].lower), std::max(a[k].upper, b[k].upper)};
  return both;
}

std::int64_t literals(const Box& box) {
  std::int64_t sides = 0;
  for (const auto& [lower, upper] : box) sides += (lower != -kInfinity) + (upper != kInfinity);
  return sides;
}

}  // namespace glc
