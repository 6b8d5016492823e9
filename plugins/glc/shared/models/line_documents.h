// Documents of a linear classifier: in words, as JSON, and as C++.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace glc {

/// The class with the highest x . weight[c] + bias[c]; of equals the first.
struct LineModel {
  std::vector<std::string> columns, classes;
  std::vector<std::vector<double>> weight;  // of each class
  std::vector<double> bias;
};

struct Confusion {
  std::string split;
  std::vector<std::int64_t> counts;  // [classes * classes], rows are true classes
};

/// "0.5 a - 2 b"; zeros are left out.
std::string weighted_sum(const std::vector<double>& weight,
                         const std::vector<std::string>& columns);

std::string in_words(const LineModel& model, std::span<const Confusion> found);
std::string to_json(const LineModel& model);
/// Reads what to_json() writes; none if `text` is of another schema. Throws assay::Error{kData}
/// with `source` if it is no JSON, or if the columns, classes and numbers do not match in size.
std::optional<LineModel> line_from_json(const std::string& text, const std::string& source);
/// `inline int classify(const float* x)`: as the model, up to rounding.
std::string to_cpp(const LineModel& model);

}  // namespace glc
