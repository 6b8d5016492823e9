// What the world may know about a component.
#include "runner/cli/components.h"

#include <algorithm>

#include <fmt/core.h>

#include "core/base/value_json.h"

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
    return spec->use.empty() ? "none" : spec->use;
  return assay::to_json(field.default_value).dump();
}

// Whether it is an optimizer around another one.
bool is_wrapper(const ComponentInfo& component) {
  return component.kind == "optimizer" &&
         std::any_of(component.fields.begin(), component.fields.end(), [](const auto& field) {
           return field.type == Type::kComponent && field.kind == "optimizer";
         });
}

}  // namespace

Json to_json(const ComponentInfo& component) {
  auto fields = Json::array();
  for (const auto& field : component.fields) fields.push_back(field_json(field));
  return {{"kind", component.kind},   {"name", component.name},
          {"doc", component.doc},     {"plugin", component.plugin},
          {"build", component.build}, {"needs", component.needs},
          {"fields", fields}};
}

Json to_json(const std::vector<Refusal>& refused) {
  auto all = Json::array();
  for (const auto& one : refused) all.push_back({{"file", one.file}, {"reason", one.reason}});
  return all;
}

std::string describe(const ComponentInfo& component, bool color) {
  std::string text = fmt::format(
      "{}\n{}\n", paint(component.kind + "/" + component.name, kBold, color), component.doc);
  if (!component.needs.empty()) {
    text += "needs:";
    for (const auto& kind : component.needs) text += " " + kind;
    text += "\n";
  }
  text += fmt::format("plugin: {}\n", component.plugin);
  if (is_wrapper(component))
    text += fmt::format("passes per step: counted by assay describe '{}()'\n", component.name);
  for (const auto& field : component.fields) {
    const auto range = range_text(field.range);
    text += fmt::format("\n  {}  {}, default {}{}\n      {}\n", paint(field.name, kBold, color),
                        type_name(field), default_text(field), range.empty() ? "" : ", " + range,
                        field.doc);
  }
  return text;
}

}  // namespace assay::cli
