#include "glc/shared/models/line_documents.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "assay/error.h"
#include "glc/shared/rules/rules_cpp.h"

namespace glc {
namespace {

constexpr const char* kLineSchema = "assay.end_point/1";

// Of one class, as of a rule.
std::string answers(const LineModel& model, const Confusion& found, std::size_t k,
                    std::int64_t all) {
  const auto n = model.classes.size();
  std::int64_t total = 0;
  for (std::size_t c = 0; c < n; ++c) total += found.counts[c * n + k];
  if (total == 0) return fmt::format("     answered {}: no case\n", model.classes[k]);
  const auto right = found.counts[k * n + k];
  return fmt::format("     answered {}: {} of {} right (precision {:.4f}, coverage {:.4f})\n",
                     model.classes[k], right, total,
                     static_cast<double>(right) / static_cast<double>(total),
                     static_cast<double>(total) / static_cast<double>(all));
}

std::string figures(const LineModel& model, const Confusion& found) {
  const auto n = model.classes.size();
  std::int64_t right = 0, all = 0;
  for (std::size_t k = 0; k < n * n; ++k) {
    all += found.counts[k];
    if (k % (n + 1) == 0) right += found.counts[k];
  }
  auto text = fmt::format("{}: {} of {} right (accuracy {:.4f})\n", found.split, right, all,
                          static_cast<double>(right) / static_cast<double>(all));
  for (std::size_t c = 0; c < n; ++c) {
    text += fmt::format("     {}:", model.classes[c]);
    for (std::size_t k = 0; k < n; ++k)
      text += fmt::format(" {} as {}{}", found.counts[c * n + k], model.classes[k],
                          k + 1 < n ? "," : "\n");
  }
  for (std::size_t k = 0; k < n; ++k) text += answers(model, found, k, all);
  return text;
}

}  // namespace

std::string weighted_sum(const std::vector<double>& weight,
                         const std::vector<std::string>& columns) {
  std::string text;
  for (std::size_t k = 0; k < weight.size(); ++k) {
    const double w = weight[k];
    if (w == 0) continue;
    text += text.empty() ? (w < 0 ? "-" : "") : (w < 0 ? " - " : " + ");
    text += fmt::format("{:.6g} {}", std::abs(w), columns[k]);
  }
  return text.empty() ? "0" : text;
}

std::string in_words(const LineModel& model, std::span<const Confusion> found) {
  std::string text;
  if (model.classes.size() == 2) {
    auto weight = model.weight[1];
    for (std::size_t k = 0; k < weight.size(); ++k) weight[k] -= model.weight[0][k];
    text = fmt::format("End point: {}\n{} where it ends above {:.6g}, else {}\n",
                       weighted_sum(weight, model.columns), model.classes[1],
                       model.bias[0] - model.bias[1], model.classes[0]);
  } else {
    for (std::size_t c = 0; c < model.classes.size(); ++c)
      text += fmt::format("End point of {}: {}{}{:.6g}\n", model.classes[c],
                          weighted_sum(model.weight[c], model.columns),
                          model.bias[c] < 0 ? " - " : " + ", std::abs(model.bias[c]));
    text += "The class whose end point lies farthest answers.\n";
  }
  text += "\n";
  for (const auto& one : found) text += figures(model, one);
  return text;
}

std::string to_json(const LineModel& model) {
  const nlohmann::ordered_json file{{"schema", kLineSchema},
                                    {"columns", model.columns},
                                    {"classes", model.classes},
                                    {"weight", model.weight},
                                    {"bias", model.bias}};
  return file.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::optional<LineModel> line_from_json(const std::string& text, const std::string& source) try {
  const auto file = nlohmann::json::parse(text);
  if (file.at("schema") != kLineSchema) return {};
  LineModel model{file.at("columns"), file.at("classes"), file.at("weight"), file.at("bias")};
  const auto fits = [&](const auto& row) { return row.size() == model.columns.size(); };
  if (model.weight.size() != model.classes.size() || model.bias.size() != model.classes.size() ||
      !std::all_of(model.weight.begin(), model.weight.end(), fits))
    throw assay::Error(assay::ErrorKind::kData,
                       source +
                           ": `weight` needs one row per class and one number per column, and "
                           "`bias` one number per class");
  return model;
} catch (const nlohmann::json::exception& error) {
  throw assay::Error(
      assay::ErrorKind::kData,
      fmt::format("{}: it is not the document of a model: {}", source, error.what()));
}

std::string to_cpp(const LineModel& model) {
  auto text = cpp_head(model.columns, model.classes, "The end point that lies farthest answers.");
  text += "inline int classify(const float* x) {\n  int best = 0;\n  double farthest = 0;\n";
  for (std::size_t c = 0; c < model.classes.size(); ++c) {
    std::string line = cpp_literal(model.bias[c]);
    for (std::size_t k = 0; k < model.columns.size(); ++k)
      if (model.weight[c][k] != 0)
        line += fmt::format(" + {} * x[{}]", cpp_literal(model.weight[c][k]), k);
    text += fmt::format("  const double end{} = {};\n", c, line);
    text += c == 0 ? "  farthest = end0;\n"
                   : fmt::format("  if (end{0} > farthest) best = {0}, farthest = end{0};\n", c);
  }
  return text + "  return best;\n}\n";
}

}  // namespace glc
