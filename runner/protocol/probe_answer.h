// ProbeAnswer: what `assay-worker probe FILE` says of a plugin file, a line on standard output.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "assay/schema.h"

namespace assay {

/// One registered component.
struct ComponentInfo {
  std::string kind;  // "model", "dataset", "objective", "optimizer", "procedure", or a plugin's own
  std::string name;
  std::string doc;
  std::string plugin;  // path of its .so
  std::string build;   // build id of that .so
  std::vector<FieldInfo> fields;
  Strings needs = {};      // as Entry::needs: see need_of()
  Strings hides = {};      // as Entry::hides
  Strings abilities = {};  // "Fitted", "Images", ...
  Strings rows = {};       // of a metric: what it may give; `*` at the end stands for any name
  Strings artifacts = {};  // as Entry::artifacts

  bool has(const std::string& ability) const;
};

struct ProbeAnswer {
  std::string file = {};
  std::string build = {};                      // its build id
  std::vector<ComponentInfo> components = {};  // with `file` and `build`
  std::string refused = {};                    // why it cannot be used, or ""
  bool crashed = false;                        // it took its process along: it goes into quarantine
  bool hung = false;  // perhaps the machine was busy: it is asked again next time
};

nlohmann::ordered_json to_json(const FieldInfo& field);
/// Throws Error{kCorrupt} for what to_json() does not write.
FieldInfo field_from_json(const nlohmann::ordered_json& json);

nlohmann::ordered_json to_json(const ProbeAnswer& answer);
/// Throws Error{kCorrupt} or nlohmann's exception for what to_json() does not write. What a
/// terminal would obey is replaced.
ProbeAnswer probe_answer_from_json(const nlohmann::ordered_json& json);

}  // namespace assay
