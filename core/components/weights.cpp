#include "assay/sdk/weights.h"

#include <algorithm>
#include <set>

#include <fnmatch.h>

#include <c10/util/StringUtil.h>

#include "assay/error.h"
#include "assay/schema.h"

namespace assay {
namespace {

constexpr std::size_t kFew = 12;

// The first `parts` parts of a dotted name.
std::string head_of(const std::string& name, std::ptrdiff_t parts) {
  std::size_t end = 0;
  for (; parts > 0 && end != std::string::npos; --parts) end = name.find('.', end + (end > 0));
  return name.substr(0, end);
}

// As many parts as the pattern has are compared: `encodr.*` is near `encoder`.
std::string describe_nearest(std::string pattern, const Strings& names) {
  while (pattern.ends_with('*') || pattern.ends_with('.')) pattern.pop_back();
  std::erase(pattern, '*');
  const auto parts = std::count(pattern.begin(), pattern.end(), '.') + 1;
  std::set<std::string> heads, first;
  for (const auto& name : names) {
    heads.insert(head_of(name, parts));
    first.insert(head_of(name, 1));
  }
  const auto near = nearest(pattern, {heads.begin(), heads.end()});
  if (!near.empty()) return "the nearest is `" + near + "`";
  if (names.size() <= kFew) return "there are " + listed(names);
  return "the names begin with " + listed({first.begin(), first.end()});
}

std::string describe_outputs(const Info& info) {
  if (info.classes == 0) return std::to_string(info.targets) + " real targets";
  const auto count = std::to_string(info.classes) + " classes";
  if (info.class_names.empty() || info.class_names.size() > kFew) return count;
  return count + ", " + listed(info.class_names);
}

}  // namespace

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
    throw Error(ErrorKind::kParameter, "`" + field + "` has the pattern `" + pattern +
                                           "`, which matches no parameter; " +
                                           describe_nearest(pattern, names));
  }
}

void check_same_inputs(const Info& earlier, const Info& own, const std::string& stage) {
  const auto refuse = [&](const std::string& theirs, const std::string& ours) {
    throw Error(ErrorKind::kParameter, "the model of stage `" + stage + "` was trained on inputs " +
                                           theirs + ", and the data of this stage have inputs " +
                                           ours + ": use data with the same");
  };
  if (earlier.input_shape != own.input_shape)
    refuse(c10::str(c10::IntArrayRef(earlier.input_shape)),
           c10::str(c10::IntArrayRef(own.input_shape)));
  if (earlier.input_type != own.input_type)
    refuse(c10::toString(earlier.input_type), c10::toString(own.input_type));
  if (earlier.pixel_mean != own.pixel_mean || earlier.pixel_deviation != own.pixel_deviation)
    refuse("with another normalization of pixels", "with their own");
}

TensorMap weights_of(const torch::nn::Module& module) {
  TensorMap all;
  for (const auto& item : module.named_parameters()) all[item.key()] = item.value().detach();
  for (const auto& item : module.named_buffers()) all[item.key()] = item.value().detach();
  return all;
}

void check_same_outputs(const Info& earlier, const Info& own, const std::string& stage) {
  if (earlier.classes == own.classes && (own.classes > 0 || earlier.targets == own.targets) &&
      (earlier.class_names.empty() || own.class_names.empty() ||
       earlier.class_names == own.class_names))
    return;
  throw Error(ErrorKind::kParameter,
              "the model of stage `" + stage + "` answers for " + describe_outputs(earlier) +
                  ", and the data of this stage have " + describe_outputs(own) +
                  (earlier.classes == own.classes ? " (other names, or another order)" : "") +
                  ": use data with the same");
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
