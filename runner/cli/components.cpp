// What the world may know about a component.
#include "runner/cli/components.h"

#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "core/base/value_json.h"
#include "runner/cli/passes.h"

namespace assay::cli {
namespace {

Json field_json(const FieldInfo& field) {
  return {{"name", field.name},
          {"type", type_name(field)},
          {"default", field.required ? Json(nullptr) : assay::to_json(field.default_value)},
          {"required", field.required},
          {"range", range_text(field.range)},
          {"doc", field.doc}};
}

std::string default_text(const FieldInfo& field) {
  if (field.required) return "required";
  if (const auto* spec = std::get_if<Spec>(&field.default_value))
    return "default " + (spec->use.empty() ? "none" : spec->use);
  return "default " + assay::to_json(field.default_value).dump();
}

// Whether it is an optimizer around another one, and has a default for each parameter.
bool is_countable(const ComponentInfo& component) {
  return component.kind == "optimizer" && find_base(component) != nullptr &&
         std::none_of(component.fields.begin(), component.fields.end(),
                      [](const auto& field) { return field.required; });
}

}  // namespace

Json to_json(const ComponentInfo& component) {
  auto fields = Json::array();
  for (const auto& field : component.fields) fields.push_back(field_json(field));
  return {{"kind", component.kind},   {"name", component.name},
          {"doc", component.doc},     {"plugin", component.plugin},
          {"build", component.build}, {"needs", component.needs},
          {"hides", component.hides}, {"abilities", component.abilities},
          {"rows", component.rows},   {"fields", fields}};
}

Json to_json(const std::vector<Refusal>& refused) {
  auto all = Json::array();
  for (const auto& one : refused) all.push_back({{"file", one.file}, {"reason", one.reason}});
  return all;
}

std::string describe(const ComponentInfo& component, bool color) {
  std::string text = fmt::format(
      "{}\n{}\n", paint(component.kind + "/" + component.name, kBold, color), component.doc);
  for (const auto& [what, names] : {std::pair{"needs", &component.needs},
                                    {"hides", &component.hides},
                                    {"abilities", &component.abilities},
                                    {"rows", &component.rows}})
    if (!names->empty()) text += fmt::format("{}: {}\n", what, fmt::join(*names, " "));
  text += fmt::format("plugin: {}\n", component.plugin);
  if (is_countable(component))
    text += fmt::format("passes per step: counted by assay describe '{}()'\n", component.name);
  for (const auto& field : component.fields) {
    const auto range = range_text(field.range);
    text += fmt::format("\n  {}  {}, {}{}\n      {}\n", paint(field.name, kBold, color),
                        type_name(field), default_text(field), range.empty() ? "" : ", " + range,
                        field.doc);
  }
  return text;
}

}  // namespace assay::cli
