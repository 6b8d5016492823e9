#include "assay/sdk/weights.h"

#include <algorithm>

#include <fnmatch.h>

#include "assay/error.h"
#include "assay/schema.h"

namespace assay {

bool matches_any(const std::string& name, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
  });
}

void check_patterns(const std::vector<std::string>& patterns, const std::vector<std::string>& names,
                    const std::string& field) {
  for (const auto& pattern : patterns) {
    if (std::any_of(names.begin(), names.end(),
                    [&](const std::string& name) { return matches_any(name, {pattern}); }))
      continue;
    auto bare = pattern;
    std::erase(bare, '*');
    const auto near = nearest(bare, names);
    throw Error(
        ErrorKind::kParameter,
        "`" + field + "` has the pattern `" + pattern + "`, which matches no parameter; " +
            (near.empty() ? "there are " + listed(names) : "the nearest is `" + near + "`"));
  }
}

NamedTensors matching(const Model& model, const std::vector<std::string>& patterns,
                      const std::string& field) {
  NamedTensors chosen;
  std::vector<std::string> names;
  for (const auto& item : model.named_parameters()) {
    names.push_back(item.key());
    if (matches_any(item.key(), patterns)) chosen.emplace_back(item.key(), item.value());
  }
  check_patterns(patterns, names, field);
  return chosen;
}

}  // namespace assay
