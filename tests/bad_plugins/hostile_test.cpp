// One sweep of every plugin that misbehaves while it trains, beside well-behaved trials: each ends
// with its sentence, and the others as in a sweep without them.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/rows.h"
#include "tests/support/shell.h"

using namespace assay::testing;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

const char* const kHead = R"(assay: 1
dataset: toy_conflict
model: {use: mlp, hidden: [8], dropout: 0.2}
procedure: {use: train, steps: 70, batch: 1, log_every: 1}
limits: {workers: 6, threads: 1, checkpoint_every: 1000s, heartbeat: 15s, retries: 0, memory: 1GiB}
)";

// How a trial is to end. Where it leaves no trace, it ends in the bytes of the polite one.
struct End {
  const char *name, *state, *kind, *sentence;
};

const std::vector<End> kEnds = {
    {"constructor_throws", "failed", "plugin", "optimizer `rude_constructor_throws`: not today"},
    {"constructor_throws_int", "failed", "plugin",
     "optimizer `rude_constructor_throws_int`: threw something that is not a std::exception"},
    {"constructor_segfault", "failed", "crash", "was killed by signal 11 (SIGSEGV)"},
    {"constructor_returns_nothing", "failed", "plugin",
     "optimizer `rude_constructor_returns_nothing`: its factory function returned a null pointer"},
    {"constructor_changes_folder", "failed", "plugin",
     "optimizer `rude_constructor_changes_folder` changed the working folder; leave it as it is"},
    {"constructor_changes_umask", "failed", "plugin",
     "optimizer `rude_constructor_changes_umask` changed the umask; leave it as it is"},
    {"constructor_flushes_denormals", "failed", "plugin",
     "optimizer `rude_constructor_flushes_denormals` changed the floating-point mode"},
    {"constructor_leaves_daemon", "done", "", ""},
    {"constructor_forks", "done", "", ""},
    {"step_throws", "failed", "plugin", "train, unit 2 of 70: not today"},
    {"step_throws_int", "failed", "plugin",
     "train, unit 2 of 70: something that is not a std::exception was thrown"},
    {"step_throws_bad_alloc", "failed", "memory", "train, unit 2 of 70: out of memory"},
    {"step_segfault", "failed", "crash", "was killed by signal 11 (SIGSEGV)"},
    {"step_aborts", "failed", "crash", "was killed by signal 6 (SIGABRT)"},
    {"step_exits", "failed", "crash", "the worker exited with code 0"},
    {"step_leaves_at_once", "failed", "crash", "the worker exited with code 0"},
    {"step_ends_thread", "failed", "plugin",
     "train, unit 2 of 70: something that is not a std::exception was thrown"},
    {"step_overflows_stack", "failed", "crash", "was killed by signal 11 (SIGSEGV)"},
    {"step_hangs", "failed", "hang", "sent nothing for 15 s (limits.heartbeat)"},
    {"step_hangs_deaf", "failed", "hang", "sent nothing for 15 s (limits.heartbeat)"},
    {"step_stops", "failed", "hang", "sent nothing for 15 s (limits.heartbeat)"},
    {"step_eats_memory", "failed", "memory", "train, unit 2 of 70: out of memory"},
    {"step_leaves_thread", "done", "", ""},
    {"step_leaves_child", "done", "", ""},
    {"step_leaves_daemon", "done", "", ""},
    {"step_forks", "done", "", ""},
    {"step_kills_group", "failed", "crash", "was killed by signal 9 (SIGKILL)"},
    {"step_ends_group", "interrupted", "", ""},
    {"step_changes_folder", "failed", "plugin", "a component changed the working folder"},
    {"step_changes_umask", "failed", "plugin", "a component changed the umask"},
    {"step_changes_locale", "failed", "plugin",
     "train, unit 2 of 70: a component changed the locale; leave it as it is"},
    {"step_handles_signal", "failed", "plugin", "a component changed the handler of SIGINT"},
    {"step_blocks_signals", "failed", "plugin", "a component blocked or unblocked SIGTERM"},
    {"step_flushes_denormals", "failed", "plugin",
     "train, unit 2 of 70: a component changed the floating-point mode of the process"},
    {"step_changes_rounding", "failed", "plugin",
     "train, unit 2 of 70: a component changed the floating-point mode of the process"},
    {"step_sets_alarm", "failed", "plugin", "a component set a timer (alarm or setitimer)"},
    {"step_lowers_limit", "failed", "plugin", "a component changed a resource limit"},
    {"step_changes_environment", "failed", "plugin", "a component changed PATH in the environment"},
    {"step_sets_terminate", "failed", "plugin", "a component changed the terminate handler"},
    {"step_sets_new_handler", "failed", "plugin", "a component changed the new handler"},
    {"step_closes_low", "failed", "plugin", "a component closed or replaced standard"},
    {"step_closes_all", "failed", "plugin", "a component closed or replaced standard"},
    {"step_forges_events", "done", "", ""},
    {"step_forges_end", "failed", "crash", "was killed by signal 6 (SIGABRT)"},
    {"step_writes_much", "done", "", ""},
    {"step_removes_run_folder", "failed", "io",
     "metrics.jsonl: was removed or moved while the stage was running"},
    {"step_removes_run_files", "failed", "io",
     "metrics.jsonl: was removed or moved while the stage was running"},
    {"step_crashes_at_exit", "done", "", ""},
    {"step_answers_nan", "diverged", "numeric",
     "train, unit 2 of 70: the optimizer's step returned"},
    {"step_makes_weights_infinite", "diverged", "numeric",
     "train, unit 3 of 70: the term `squared_error` is"},
    {"step_adds_wrong_shape", "failed", "plugin", "train, unit 2 of 70: "},
    {"step_resizes_weights", "failed", "plugin", "train, unit 2 of 70: "},
    {"step_writes_grad", "done", "", ""},
    {"save_throws", "failed", "plugin", "train, unit 70 of 70: not today"},
    {"save_segfault", "failed", "crash", "was killed by signal 11 (SIGSEGV)"},
    {"save_hangs", "failed", "hang", "sent nothing for 15 s (limits.heartbeat)"},
    {"save_changes_umask", "failed", "plugin", "a component changed the umask"},
};

std::string optimizer(const std::string& name) {
  return "    " + name + ": {use: rude_" + name + "}\n";
}

// The polite ones stand first, among the rude ones, and last.
std::string sweep_with(const std::vector<End>& rude) {
  std::string text = "objective: squared_error\nsweep:\n  optimizer:\n" + optimizer("step_nothing");
  for (std::size_t k = 0; k < rude.size(); ++k) {
    if (k == rude.size() / 2) text += "    sgd: {use: sgd, lr: 0.02}\n";
    text += optimizer(rude[k].name);
  }
  if (rude.empty()) text += "    sgd: {use: sgd, lr: 0.02}\n";
  return text + "    momentum: {use: sgd, lr: 0.02, momentum: 0.9}\n";
}

struct Sweep {
  int code;
  std::map<std::string, Json> trials;
};

Sweep run(const Folder& folder, const std::string& name, const std::string& text,
          const std::string& axis) {
  folder.write(name + ".yaml", kHead + ("name: " + name + "\n") + text);
  const auto said = shell("cd " + folder.path().string() +
                          "; XDG_CACHE_HOME=$PWD XDG_STATE_HOME=$PWD assay run " + name +
                          ".yaml --json --plugins " + std::getenv("ASSAY_BUILD") + "/rude_plugins");
  INFO(said.err);
  const auto json = Json::parse(said.out, nullptr, false);
  REQUIRE(json.is_object());
  REQUIRE(json.contains("trials"));
  Sweep sweep{said.code, {}};
  for (const auto& trial : json["trials"])
    sweep.trials[trial["axes"][axis].get<std::string>()] = trial;
  return sweep;
}

void same_bytes(const fs::path& left, const fs::path& right) {
  INFO(right);
  CHECK(rows_of(left) == rows_of(right));
  CHECK_FALSE(rows_of(left).empty());
  const fs::path weights = fs::path("checkpoints") / "last" / "model.safetensors";
  CHECK(fs::exists(left / weights));
  CHECK(slurp(left / weights) == slurp(right / weights));
}

void check(const Json& trial, const End& end) {
  INFO(trial.dump(1));
  CHECK(trial["state"] == end.state);
  if (*end.kind == '\0') return;
  CHECK(trial["error"].is_object());
  if (!trial["error"].is_object()) return;
  CHECK(trial["error"]["kind"] == end.kind);
  CHECK_THAT(trial["error"]["message"].get<std::string>(), Catch::Contains(end.sentence));
}

}  // namespace

TEST_CASE("each rude plugin costs its own trial alone, and is recorded with its sentence") {
  const Folder folder;
  const auto rude = run(folder, "rude", sweep_with(kEnds), "optimizer");
  const auto quiet = run(folder, "quiet", sweep_with({}), "optimizer");
  CHECK(rude.code == 5);
  CHECK(quiet.code == 0);
  const auto dir = [&](const Sweep& sweep, const std::string& name) {
    return folder.path() / sweep.trials.at(name).at("dir").get<std::string>();
  };
  for (const auto& [name, trial] : quiet.trials) {
    CHECK(rude.trials.at(name).at("state") == "done");
    same_bytes(dir(quiet, name), dir(rude, name));
  }
  for (const auto& end : kEnds) {
    INFO(end.name);
    check(rude.trials.at(end.name), end);
    if (end.state == std::string("done"))
      same_bytes(dir(quiet, "step_nothing"), dir(rude, end.name));
  }
  for (const auto* name : {"step_segfault", "step_aborts", "step_overflows_stack"}) {
    INFO(name);
    const auto log = slurp(dir(rude, name) / "log.txt");
    CHECK_THAT(
        log, Catch::Contains("crashed with signal") && Catch::Contains(", in train, unit 2 of 70"));
    CHECK_THAT(log, Catch::Contains(std::string("rude_") + name + ".so+0x"));
    if (name != std::string("step_overflows_stack"))  // whose frames are all of one function
      CHECK_THAT(log, Catch::Contains("rude::act("));
  }
  CHECK_THAT(slurp(dir(rude, "constructor_segfault") / "log.txt"),
             Catch::Contains("the constructor of optimizer `rude_constructor_segfault`"));
  CHECK(shell("grep -l rude_orphan /proc/[0-9]*/comm").out.empty());
}

TEST_CASE("an objective that answers nonsense ends its own trial") {
  const Folder folder;
  const auto sweep = run(folder, "terms", R"(optimizer: {use: sgd, lr: 0.01}
sweep:
  objective:
    plain: {use: rude_step_nothing}
    keeps: {use: rude_step_keeps_batches}
    vectors: {use: rude_step_answers_vectors}
    none: {use: rude_step_answers_no_terms}
)",
                         "objective");
  CHECK(sweep.trials.at("plain")["state"] == "done");
  const auto dir = [&](const char* name) {
    return folder.path() / sweep.trials.at(name).at("dir").get<std::string>();
  };
  check(sweep.trials.at("keeps"), {"", "done", "", ""});
  same_bytes(dir("plain"), dir("keeps"));
  check(sweep.trials.at("vectors"),
        {"", "failed", "shape", "train, unit 0 of 70: the term `square` has 2 elements"});
  check(sweep.trials.at("none"),
        {"", "failed", "shape",
         "train, unit 0 of 70: the objective returned 0 of the terms that it names: square"});
}

TEST_CASE("a daemon does not outlive the worker of a front end that was killed") {
  const Folder folder;
  folder.write("d.yaml", kHead + std::string("name: d\nobjective: squared_error\noptimizer: {use: "
                                             "rude_step_leaves_daemon}\n"));
  const auto said = shell(
      "cd " + folder.path().string() +
      "; export XDG_CACHE_HOME=$PWD XDG_STATE_HOME=$PWD; assay run d.yaml procedure.steps=10000000 "
      "limits.checkpoint_every=0.2s --plugins " +
      std::getenv("ASSAY_BUILD") +
      "/rude_plugins & front=$!\n"
      "there() { grep -qs rude_orphan /proc/[0-9]*/comm; }\n"
      "for k in $(seq 300); do ls runs/d/*/checkpoints/last >/dev/null 2>&1 && break; sleep 0.1; "
      "done\n"
      "there && echo it was there\n"
      "kill -KILL $front\n"
      "for k in $(seq 300); do there || break; sleep 0.1; done\n"
      "there || echo it is gone\n");
  INFO(said.err);
  CHECK(said.out == "it was there\nit is gone\n");
}
