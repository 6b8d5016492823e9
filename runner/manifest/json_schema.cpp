// The JSON Schema of manifests, for editors.
#include <nlohmann/json.hpp>

#include <cmath>

#include "core/base/value_json.h"
#include "runner/manifest/manifest.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

Json reference(const std::string& kind) {
  return {{"$ref", "#/$defs/" + kind}};
}

Json list_of(Json item) {
  return {{"type", "array"}, {"items", std::move(item)}};
}

Json number(const char* type, const Range& range) {
  Json json = {{"type", type}};
  if (std::isfinite(range.low)) json[range.open_low ? "exclusiveMinimum" : "minimum"] = range.low;
  if (std::isfinite(range.high))
    json[range.open_high ? "exclusiveMaximum" : "maximum"] = range.high;
  return json;
}

Json text(const Range& range) {
  Json json = {{"type", "string"}};
  if (!range.choices.empty()) json["enum"] = range.choices;
  return json;
}

Json type_of(const FieldInfo& field) {
  switch (field.type) {
    case Type::kBool:
      return {{"type", "boolean"}};
    case Type::kInteger:
      return number("integer", field.range);
    case Type::kReal:
      return number("number", field.range);
    case Type::kString:
    case Type::kPath:
      return text(field.range);
    case Type::kBools:
      return list_of({{"type", "boolean"}});
    case Type::kIntegers:
      return list_of(number("integer", field.range));
    case Type::kReals:
      return list_of(number("number", field.range));
    case Type::kStrings:
      return list_of(text(field.range));
    case Type::kComponent:
      return reference(field.kind);
    case Type::kComponents:
      return list_of(reference(field.kind));
  }
  return Json::object();
}

Json component(const ComponentInfo& info) {
  Json properties = {{"use", {{"const", info.name}}}};
  Json required = {"use"};
  for (const auto& field : info.fields) {
    Json property = type_of(field);
    property["description"] = field.doc;
    if (field.type != Type::kComponent && !field.required)
      property["default"] = to_json(field.default_value);
    if (field.required) required.push_back(field.name);
    properties[field.name] = std::move(property);
  }
  return {{"type", "object"},
          {"description", info.doc},
          {"properties", properties},
          {"required", required},
          {"additionalProperties", false}};
}

Json time_or_size() {
  return {{"type", Json::array({"string", "number"})}};
}

// A map with these keys and no others.
Json closed_map(Json properties) {
  return {
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

Json slurm() {
  const Json word = {{"type", "string"}};
  return closed_map({{"partition", word},
                     {"account", word},
                     {"qos", word},
                     {"time", time_or_size()},
                     {"cpus", {{"type", "integer"}, {"minimum", 1}}},
                     {"memory", time_or_size()},
                     {"gpus", {{"type", "integer"}, {"minimum", 0}}},
                     {"signal_before", time_or_size()},
                     {"extra", list_of({{"type", "string"}, {"pattern", "^-"}})}});
}

Json limits() {
  const Json time = time_or_size();
  return closed_map({{"workers", {{"type", "integer"}, {"minimum", 1}}},
                     {"threads", {{"type", "integer"}, {"minimum", 1}}},
                     {"retries", {{"type", "integer"}, {"minimum", 0}}},
                     {"checkpoint_every", time},
                     {"time", time},
                     {"heartbeat", time},
                     {"memory", time},
                     {"slurm", slurm()}});
}

Json report() {
  const Json word = {{"type", "string"}};
  return closed_map({{"metric", word},
                     {"compare", word},
                     {"repeats", {{"anyOf", Json::array({word, list_of(word)})}}}});
}

Json weights() {
  const Json word = {{"type", "string"}};
  return {{"anyOf", Json::array({word, closed_map({{"stage", word},
                                                   {"file", word},
                                                   {"names", word},
                                                   {"take", {{"type", "object"}}},
                                                   {"new", list_of(word)}})})}};
}

Json top(const Catalog& catalog) {
  Json properties = {{"assay", {{"const", 1}}},
                     {"name", {{"type", "string"}, {"pattern", "^[A-Za-z0-9_-][A-Za-z0-9._-]*$"}}},
                     {"include", {{"type", Json::array({"string", "array"})}}},
                     {"seed", {{"type", "integer"}, {"minimum", 0}}},
                     {"device", {{"type", "string"}, {"pattern", "^(auto|cpu|cuda(:[0-9]+)?)$"}}},
                     {"deterministic", {{"type", "boolean"}}},
                     {"weights", weights()},
                     {"sweep", {{"type", "object"}}},
                     {"search", {{"type", Json::array({"string", "object"})}}},
                     {"stages", {{"type", "object"}}},
                     {"report", report()},
                     {"limits", limits()}};
  for (const auto& kind : catalog.stage_kinds()) properties[kind] = reference(kind);
  return properties;
}

}  // namespace

std::string manifest_schema(const Catalog& catalog) {
  Json definitions = Json::object();
  for (const auto& kind : catalog.kinds()) {
    Json any = Json::array();
    any.push_back({{"type", "string"}, {"enum", catalog.names(kind)}});
    for (const auto& info : catalog.components)
      if (info.kind == kind) any.push_back(component(info));
    definitions[kind] = {{"anyOf", any}};
  }
  return Json{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "Assay manifest"},
              {"type", "object"},
              {"properties", top(catalog)},
              {"required", {"assay", "name"}},
              {"additionalProperties", false},
              {"$defs", definitions}}
             .dump(1) +
         "\n";
}

}  // namespace assay
