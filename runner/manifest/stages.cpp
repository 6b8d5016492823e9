// Each stage is the top level, with what it replaces replaced.
#include "runner/manifest/stages.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runner/files/hash.h"
#include "runner/manifest/compose.h"
#include "runner/manifest/earlier.h"
#include "runner/manifest/initial_weights.h"
#include "runner/manifest/needs.h"
#include "runner/manifest/scalar.h"

namespace assay {
namespace {

// Where each value below `node` stands, by its dotted path.
void note_places(const Node& node, const std::string& path,
                 std::map<std::string, Location>& places) {
  places[path] = node.at;
  for (const auto& entry : node.entries) note_places(entry.value, path + "." + entry.key, places);
  for (std::size_t i = 0; i < node.items.size(); ++i)
    note_places(node.items[i], path + "." + std::to_string(i), places);
}

// 52 bits, which every reader of JSON takes for an integer.
std::int64_t derive_seed(std::int64_t seed, const std::string& purpose, std::int64_t k) {
  constexpr std::size_t kSeedDigits = 13;
  const auto hash = sha256(fmt::format("{}\n{}\n{}", seed, purpose, k));
  return std::stoll(hash.substr(0, kSeedDigits), nullptr, 16);
}

class StageReader {
 public:
  StageReader(const Node& root, Checker& checker) : root_(root), checker_(checker) {}

  Stage read(const std::string& name, const Node* own, const Location& at) {
    Stage stage;
    stage.name = name;
    std::map<std::string, Node> nodes;  // by kind
    for (const auto& kind : checker_.catalog().stage_kinds()) {
      const Node* below = root_.find(kind);
      const Node* over = own == nullptr ? nullptr : own->find(kind);
      if (over == nullptr && below == nullptr) continue;
      auto& node = nodes[kind];
      node = over == nullptr ? *below : below == nullptr ? *over : merge(*below, *over);
      stage.components[kind] = checker_.component(node, kind);
      note_places(node, kind, stage.places);
      stage.places[kind] = over != nullptr ? over->at : below->at;
    }
    const Node& from = own == nullptr ? root_ : *own;
    if (const Node* weights = from.find("weights")) note_places(*weights, "weights", stage.places);
    surroundings(stage, own);
    needs(stage, own, at, nodes);
    return stage;
  }

  /// After all stages: what the top names must be taken by a procedure of one of them.
  void refuse_unused() const {
    for (const auto& kind : checker_.catalog().special_kinds())
      if (const Node* node = root_.find(kind); node != nullptr && !taken_.contains(kind))
        checker_.complaints().add(node->at,
                                  fmt::format("no procedure of this manifest takes `{}:`; remove "
                                              "it, or use a procedure that does",
                                              kind));
  }

 private:
  const Node* either(const Node* own, const char* key) const {
    const Node* over = own == nullptr ? nullptr : own->find(key);
    return over != nullptr ? over : root_.find(key);
  }

  // A stage may derive its seed from the trial's, so that a sweep over seeds has others in each.
  std::int64_t read_seed(const Node& node, const Node* own) {
    if (!node.is_map()) return checker_.integer(node, "seed", 0).value_or(0);
    const Node *of = node.find("of"), *k = node.find("k");
    checker_.keys(node, {"of", "k"}, "`seed`");
    if (own == nullptr || own->find("seed") != &node || of == nullptr)
      checker_.complaints().add(
          node.at,
          "`seed` is a map, which derives the seed of a stage from that of the trial: "
          "write an integer, or, within a stage, {of: NAME, k: 0}");
    const auto purpose = of == nullptr ? std::nullopt : checker_.word(*of, "of");
    const auto index = k == nullptr ? 0 : checker_.integer(*k, "k", 0).value_or(0);
    return derive_seed(integer_at(root_, "seed").value_or(0), purpose.value_or(""), index);
  }

  void surroundings(Stage& stage, const Node* own) {
    if (const Node* seed = either(own, "seed")) stage.seed = read_seed(*seed, own);
    if (const Node* on = either(own, "deterministic"))
      stage.deterministic = checker_.flag(*on, "deterministic").value_or(true);
    const Node* device = either(own, "device");
    if (device == nullptr) return;
    stage.device = checker_.word(*device, "device").value_or("auto");
    const bool numbered = stage.device.starts_with("cuda:") && stage.device.size() > 5 &&
                          stage.device.find_first_not_of("0123456789", 5) == std::string::npos;
    if (stage.device != "auto" && stage.device != "cpu" && stage.device != "cuda" && !numbered)
      checker_.complaints().add(device->at,
                                "`device` is " + device->describe() +
                                    ", expected auto, cpu, cuda or a numbered GPU such as cuda:0");
  }

  void needs(const Stage& stage, const Node* own, const Location& at,
             const std::map<std::string, Node>& nodes) {
    const auto it = stage.components.find("procedure");
    if (it == stage.components.end())
      return checker_.complaints().add(
          at, own == nullptr
                  ? "`procedure` is missing: add one, such as `procedure: {use: train, epochs: 1}`"
                  : "stage `" + stage.name + "` has no `procedure`: add one");
    const auto* info = checker_.catalog().find("procedure", it->second.use);
    if (info == nullptr) return;
    const Node* node = either(own, "procedure");
    std::set<std::string> kinds;  // one may be listed with several abilities
    for (const auto& text : info->needs) {
      const auto need = need_of(text);
      if (!kinds.insert(need.kind).second) continue;
      if (need.kind == kTrainedWeights) continue;  // checked when they are known: see earlier.cpp
      taken_.insert(need.kind);
      if (!need.optional && !stage.components.contains(need.kind))
        checker_.complaints().add(
            node->at, fmt::format("procedure `{}` needs `{}:`; add it to the manifest", info->name,
                                  need.kind));
    }
    check_needs(stage, nodes, *info, checker_);
    for (const auto& kind : checker_.catalog().special_kinds())
      if (own != nullptr && own->find(kind) != nullptr && !takes(*info, kind))
        checker_.complaints().add(
            own->find(kind)->at,
            fmt::format("procedure `{}` of stage `{}` does not take `{}:`; remove it, or use a "
                        "procedure that does",
                        info->name, stage.name, kind));
  }

  static bool takes(const ComponentInfo& procedure, const std::string& kind) {
    return std::any_of(procedure.needs.begin(), procedure.needs.end(),
                       [&](const std::string& need) { return need_of(need).kind == kind; });
  }

  const Node& root_;
  Checker& checker_;
  std::set<std::string> taken_;  // by the procedures of the stages read so far
};

std::vector<Stage> in_order(std::vector<Named> waiting, const Node& stages, Checker& checker) {
  std::vector<Stage> order;
  std::set<std::string> left;  // without a stage that was refused, for which none can wait
  for (const auto& one : waiting) left.insert(one.stage.name);
  while (!waiting.empty()) {
    const auto ready = std::find_if(waiting.begin(), waiting.end(), [&](const Named& one) {
      return std::none_of(one.after.begin(), one.after.end(),
                          [&](const auto& name) { return left.contains(name); });
    });
    if (ready == waiting.end()) {
      checker.complaints().add(stages.at, "stage `" + waiting.front().stage.name +
                                              "` depends on itself through `after`");
      return order;
    }
    left.erase(ready->stage.name);
    order.push_back(std::move(ready->stage));
    waiting.erase(ready);
  }
  return order;
}

}  // namespace

std::vector<Stage> resolve_stages(const Node& root, Checker& checker) {
  StageReader reader(root, checker);
  const Node* stages = root.find("stages");
  if (stages == nullptr) {
    std::vector<Named> only{{reader.read("main", nullptr, root.at), {}, &root}};
    reader.refuse_unused();
    take_from_earlier(only.front(), only, checker);
    return {std::move(only.front().stage)};
  }
  if (const Node* weights = root.find("weights"))
    checker.complaints().add(
        weights->at,
        "`weights` at the top is for a manifest without `stages`: move it into "
        "the stage whose model starts from them");
  if (!stages->is_map() || stages->entries.empty()) {
    checker.complaints().add(
        stages->at, "`stages` is " + stages->describe() + ", expected a map of named stages");
    return {};
  }
  const auto names = stages->keys();
  constexpr std::size_t kMost = 256;
  if (names.size() > kMost) {
    checker.complaints().add(stages->at, fmt::format("there are {} stages; at most {} are accepted",
                                                     names.size(), kMost));
    return {};
  }
  Strings accepted = {"after", "weights", "subset", "seed", "device", "deterministic"};
  for (const auto& kind : checker.catalog().stage_kinds()) accepted.push_back(kind);
  std::vector<Named> all;
  for (const auto& entry : stages->entries) {
    if (!entry.value.is_map()) {
      checker.complaints().add(entry.value.at, "stage `" + entry.key + "` is " +
                                                   entry.value.describe() + ", expected a map");
      continue;
    }
    checker.keys(entry.value, accepted, "stage `" + entry.key + "`");
    Named named{reader.read(entry.key, &entry.value, entry.at),
                after_of(entry.value, names, checker), &entry.value};
    for (const auto& name : named.after) named.stage.after[name] = "";
    all.push_back(std::move(named));
  }
  reader.refuse_unused();
  for (auto& named : all) take_from_earlier(named, all, checker);
  return in_order(std::move(all), *stages, checker);
}

}  // namespace assay
