// Counts, times and sizes, and what a cluster is asked for.
#include "runner/manifest/limits.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "runner/manifest/scalar.h"

namespace assay {
namespace {

constexpr double kLongestSignal = 65535;  // seconds that sbatch accepts
constexpr double kMinute = 60;            // by which Slurm may warn too early

// Options of sbatch without which a sweep would not be one, or be stopped in the wrong way.
const Strings kOurs = {"array",  "a",      "job-name",  "J",        "output",  "o",
                       "error",  "e",      "open-mode", "parsable", "requeue", "no-requeue",
                       "signal", "wrap",   "test-only", "wait",     "W",       "nodes",
                       "N",      "ntasks", "n",         "chdir",    "D"};

class LimitsCheck {
 public:
  LimitsCheck(const Node& map, Checker& checker) : map_(map), checker_(checker) {}

  void count(const char* key, std::int64_t low, int& into) const {
    if (const Node* given = map_.find(key))
      into = static_cast<int>(
          std::min<std::int64_t>(checker_.integer(*given, key, low).value_or(0), 1 << 20));
  }

  void seconds(const char* key, double& into) const {
    const Node* node = map_.find(key);
    if (node == nullptr) return;
    const auto found = duration(*node);
    if (found && *found >= 0)
      into = *found;
    else
      wrong(*node, key, "a time such as 60s, 5m or 2h");
  }

  void size(const char* key, std::int64_t& into) const {
    const Node* node = map_.find(key);
    if (node == nullptr) return;
    constexpr std::int64_t kLeast = std::int64_t{64} << 20;  // no worker comes far on less
    const auto found = bytes(*node);
    if (found && (*found == 0 || *found >= kLeast))
      into = *found;
    else
      wrong(*node, key, "a size of 64MiB or more, such as 512MiB or 4GiB");
  }

  void word(const char* key, std::string& into) const {
    if (const Node* given = map_.find(key)) into = checker_.word(*given, key).value_or("");
  }

  void options(const char* key, Strings& into) const {
    const Node* node = map_.find(key);
    if (node == nullptr) return;
    if (!node->is_list()) return wrong(*node, key, "a list of sbatch options");
    for (const Node& item : node->items) option(item, key, into);
  }

 private:
  void wrong(const Node& node, const char* key, const char* expected) const {
    checker_.complaints().add(
        node.at, fmt::format("`{}` is {}, expected {}", key, node.describe(), expected));
  }

  // One word each: what does not begin with a dash would be taken for the script.
  void option(const Node& item, const char* key, Strings& into) const {
    if (!item.is_scalar() || !item.text.starts_with("-"))
      return wrong(item, key, "an sbatch option such as --constraint=avx512");
    const auto name =
        item.text.substr(std::min(item.text.find_first_not_of('-'), item.text.size()));
    const auto bare =
        item.text.starts_with("--") ? name.substr(0, name.find('=')) : name.substr(0, 1);
    if (std::find(kOurs.begin(), kOurs.end(), bare) != kOurs.end())
      checker_.complaints().add(
          item.at,
          fmt::format("`{}` contains `{}`, which Assay sets itself; leave it out", key, item.text));
    into.push_back(item.text);
  }

  const Node& map_;
  Checker& checker_;
};

// A task that is warned as it starts would be requeued for ever.
void check_signal(const Node& node, Checker& checker, const SlurmLimits& slurm) {
  const double time = slurm.minutes() * kMinute;
  const double most = time > 0 ? time - kMinute : kLongestSignal;
  if (slurm.signal_before < most) return;
  const Node* signal = node.find("signal_before");
  checker.complaints().add(
      signal == nullptr ? node.at : signal->at,
      time > 0 ? fmt::format("`signal_before` is {} s, and Slurm may send the signal 60 s earlier: "
                             "expected a `time` of more than {} s, not {} s",
                             slurm.signal_before, slurm.signal_before + kMinute, time)
               : fmt::format("`signal_before` is {} s, expected less than {} s",
                             slurm.signal_before, most));
}

void check_slurm(const Node& node, Checker& checker, SlurmLimits& into) {
  if (!checker.expect_map(node, "slurm")) return;
  checker.keys(
      node,
      {"partition", "account", "qos", "time", "cpus", "memory", "gpus", "signal_before", "extra"},
      "limits.slurm");
  const LimitsCheck check(node, checker);
  check.word("partition", into.partition);
  check.word("account", into.account);
  check.word("qos", into.qos);
  check.seconds("time", into.time);
  check.count("cpus", 1, into.cpus);
  check.size("memory", into.memory);
  check.count("gpus", 0, into.gpus);
  check.seconds("signal_before", into.signal_before);
  check.options("extra", into.extra);
  check_signal(node, checker, into);
}

double number(const Node& map, const char* key, double otherwise = 0) {
  const Node* node = map.find(key);
  return node == nullptr ? otherwise : std::stod(node->text);
}

std::string text(const Node& map, const char* key) {
  const Node* node = map.find(key);
  return node == nullptr ? "" : node->text;
}

SlurmLimits slurm_of(const Node* node) {
  SlurmLimits slurm;
  if (node == nullptr) return slurm;
  slurm.partition = text(*node, "partition");
  slurm.account = text(*node, "account");
  slurm.qos = text(*node, "qos");
  slurm.time = number(*node, "time");
  slurm.cpus = static_cast<int>(number(*node, "cpus"));
  slurm.memory = static_cast<std::int64_t>(number(*node, "memory"));
  slurm.gpus = static_cast<int>(number(*node, "gpus"));
  slurm.signal_before = number(*node, "signal_before", slurm.signal_before);
  if (const Node* extra = node->find("extra"))
    for (const Node& item : extra->items) slurm.extra.push_back(item.text);
  return slurm;
}

}  // namespace

void check_limits(const Node& node, Checker& checker, Limits& into) {
  if (!checker.expect_map(node, "limits")) return;
  checker.keys(
      node,
      {"workers", "threads", "checkpoint_every", "retries", "time", "heartbeat", "memory", "slurm"},
      "limits");
  const LimitsCheck check(node, checker);
  check.count("workers", 1, into.workers);
  check.count("threads", 1, into.threads);
  check.count("retries", 0, into.retries);
  check.seconds("checkpoint_every", into.checkpoint_every);
  check.seconds("time", into.time);
  check.seconds("heartbeat", into.heartbeat);
  check.size("memory", into.memory);
  if (const Node* slurm = node.find("slurm")) check_slurm(*slurm, checker, into.slurm);
}

nlohmann::ordered_json limits_json(const Limits& limits) {
  const SlurmLimits& slurm = limits.slurm;
  return {{"workers", limits.workers},
          {"checkpoint_every", limits.checkpoint_every},
          {"retries", limits.retries},
          {"time", limits.time},
          {"heartbeat", limits.heartbeat},
          {"memory", limits.memory},
          {"threads", limits.threads},
          {"slurm",
           {{"partition", slurm.partition},
            {"account", slurm.account},
            {"qos", slurm.qos},
            {"time", slurm.time},
            {"cpus", slurm.cpus},
            {"memory", slurm.memory},
            {"gpus", slurm.gpus},
            {"signal_before", slurm.signal_before},
            {"extra", slurm.extra}}}};
}

Limits limits_of(const Node* node) {
  Limits limits;
  if (node == nullptr) return limits;
  limits.workers = static_cast<int>(number(*node, "workers"));
  limits.checkpoint_every = number(*node, "checkpoint_every");
  limits.retries = static_cast<int>(number(*node, "retries"));
  limits.time = number(*node, "time");
  limits.heartbeat = number(*node, "heartbeat");
  limits.memory = static_cast<std::int64_t>(number(*node, "memory"));
  limits.threads = static_cast<int>(number(*node, "threads"));
  limits.slurm = slurm_of(node->find("slurm"));
  return limits;
}

Limits limits_from_json(const nlohmann::ordered_json& json, const Location& at) {
  const Node node = read_yaml(json.dump(), at);
  return limits_of(&node);
}

}  // namespace assay
