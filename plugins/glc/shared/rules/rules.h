// Rules over the columns of a table: a box of closed intervals each, asked in order.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace glc {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// lower <= x <= upper; a side at infinity is free.
struct Interval {
  double lower = -kInfinity, upper = kInfinity;

  bool free() const { return lower == -kInfinity && upper == kInfinity; }
  bool holds(double x) const { return lower <= x && x <= upper; }  // never for a NaN
  bool operator==(const Interval&) const = default;
};

/// A side as it is best written: x >= the next double after 3.5 is x > 3.5.
struct Side {
  bool strict;
  double value;
};
Side written_lower(double lower);
Side written_upper(double upper);

/// One interval a column.
using Box = std::vector<Interval>;

/// The smallest box around both.
Box envelope(const Box& a, const Box& b);
/// Sides that are not free: what a person has to read.
std::int64_t literals(const Box& box);

struct Rule {
  std::int64_t answer = 0;  // a class
  Box box;
};

constexpr std::int64_t kRefused = -1;

/// The first rule that holds answers; where none does, `otherwise`.
struct Rules {
  std::vector<std::string> columns, classes;
  std::vector<Rule> rules;
  std::int64_t otherwise = kRefused;  // a class, or kRefused
};

}  // namespace glc
