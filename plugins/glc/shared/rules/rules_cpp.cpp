#include "glc/shared/rules/rules_cpp.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace glc {
namespace {

// A name may hold what would end a comment, or go on after a backslash.
std::string remark(const std::string& name) {
  std::string text = name;
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == '\\' || c == '?'; },
      ' ');
  return text;
}

std::string test(const Box& box) {
  std::string text;
  const auto add = [&](std::size_t k, const char* sign, const Side& side) {
    if (std::isinf(side.value)) return;
    text += fmt::format("{}x[{}] {}{} {}", text.empty() ? "" : " && ", k, sign,
                        side.strict ? "" : "=", cpp_literal(side.value));
  };
  for (std::size_t k = 0; k < box.size(); ++k) {
    add(k, ">", written_lower(box[k].lower));
    add(k, "<", written_upper(box[k].upper));
  }
  return text.empty() ? "true" : text;
}

}  // namespace

std::string cpp_literal(double x) {
  auto text = nlohmann::json(x).dump();
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string cpp_head(const std::vector<std::string>& columns,
                     const std::vector<std::string>& classes, const std::string& what) {
  std::string text = "// Written by assay. " + what + "\n#pragma once\n\n";
  for (std::size_t k = 0; k < columns.size(); ++k)
    text += fmt::format("// x[{}]: {}\n", k, remark(columns[k]));
  for (std::size_t k = 0; k < classes.size(); ++k)
    text += fmt::format("// {}: {}\n", k, remark(classes[k]));
  return text;
}

std::string to_cpp(const Rules& rules) {
  auto text = cpp_head(rules.columns, rules.classes, "The first rule that holds answers.");
  if (rules.otherwise == kRefused) text += "// -1: no rule holds\n";
  text += "inline int classify(const float* x) {\n";
  for (const auto& [answer, box] : rules.rules)
    text += fmt::format("  if ({}) return {};\n", test(box), answer);
  return text + fmt::format("  return {};\n}}\n", rules.otherwise);
}

}  // namespace glc
