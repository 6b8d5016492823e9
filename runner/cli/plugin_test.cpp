#include "runner/cli/plugin_test.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "runner/catalog/load.h"
#include "runner/cli/experiments.h"
#include "runner/cli/output.h"
#include "runner/files/plain.h"
#include "runner/system/command.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

constexpr double kLongest = 300;  // seconds for one component

struct Tested {
  std::string kind, name;
  Strings broken;
  std::string skipped;
};

// The plugins whose components the tested one works with.
Strings others_of(const Catalog& catalog, const std::string& file) {
  Strings files;
  for (const auto& one : catalog.components)
    if (one.plugin != file && std::find(files.begin(), files.end(), one.plugin) == files.end())
      files.push_back(one.plugin);
  return files;
}

// A component that crashes costs itself alone.
Tested test(const ComponentInfo& component, const Strings& others) {
  Tested tested{component.kind, component.name, {}, ""};
  Strings words{(worker_program().parent_path() / "assay-conformance").string(), component.kind,
                component.name, component.plugin};
  words.insert(words.end(), others.begin(), others.end());
  const auto said = run_command(words, kLongest);
  const int reason = errno;
  if (!said) {
    tested.broken = {reason == ETIMEDOUT ? fmt::format("it takes longer than {} s", kLongest)
                                         : fmt::format("{} cannot be started: {}", words[0],
                                                       std::strerror(reason))};
    return tested;
  }
  const auto json = Json::parse(said->out, nullptr, false);
  if (json.is_object()) {
    for (const auto& sentence : json.at("broken"))
      tested.broken.push_back(plain(sentence.get<std::string>()));
    tested.skipped = plain(json.at("skipped").get<std::string>());
  } else {
    tested.broken = {fmt::format("it ends the process with exit code {}; it said: {}", said->code,
                                 plain(trimmed(said->err)))};
  }
  return tested;
}

Json json_of(const Tested& tested) {
  return {{"kind", tested.kind},
          {"name", tested.name},
          {"broken", tested.broken},
          {"skipped", tested.skipped}};
}

void print(const Tested& tested) {
  const auto name = fmt::format("{} `{}`", tested.kind, tested.name);
  for (const auto& sentence : tested.broken) fmt::print("{}: {}\n", name, sentence);
  if (!tested.broken.empty()) return;
  if (tested.skipped.empty())
    fmt::print("ok: {}\n", name);
  else
    fmt::print("skipped: {}: {}\n", name, tested.skipped);
}

}  // namespace

int test_plugins(const Call& call, const std::vector<fs::path>& files) {
  const auto catalog = catalog_of(call);
  int code = kOk;
  auto json = Json::array();
  for (const auto& answer : check_plugins(files)) {
    auto components = Json::array();
    if (!answer.refused.empty()) {
      code = kPlugin;
      fmt::print(stderr, "{}\n", answer.refused);
    }
    for (const auto& component : answer.components) {
      const auto tested = test(component, others_of(catalog, answer.file));
      if (!tested.broken.empty()) code = kPlugin;
      components.push_back(json_of(tested));
      if (!call.json) print(tested);
      std::fflush(stdout);  // the next one may take long
    }
    json.push_back(
        {{"file", answer.file}, {"refused", answer.refused}, {"components", components}});
  }
  if (call.json) print_json(call, {{"ok", code == kOk}, {"plugins", json}});
  return code;
}

}  // namespace assay::cli
