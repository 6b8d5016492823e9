// Sweeps that are interrupted, run out of disk, or see the clock jump. tests/faults/kills.py kills.
#include <catch2/catch.hpp>

#include <set>

#include <nlohmann/json.hpp>

#include "tests/support/data.h"
#include "tests/support/rows.h"
#include "tests/support/shell.h"

using namespace assay::testing;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

const char* const kManifest = R"(assay: 1
name: killed
dataset: {use: fashion_mnist, validation: 500, train_limit: 3000}
model: {use: mlp, hidden: [64], dropout: 0.2}
objective: cross_entropy
optimizer: {use: sam, base: {use: sgd, lr: 0.05, momentum: 0.9}}
procedure: {use: train, steps: 3000, batch: 64, callbacks: [{use: ema, decay: 0.99}], evaluate_steps: 100, log_every: 7, schedule: cosine}
sweep: {seed: [0, 1]}
limits: {workers: 2, checkpoint_every: 0.2s}
)";

// tests/faults/preload/
const char* const kPreload =
    "preload=$ASSAY_BUILD/lib/libassay_faults.so; export FAULT_UNDER FAULT_FULL; ";

void compare(const Json& whole, const Json& broken, const fs::path& at) {
  REQUIRE(whole["trials"].size() == broken["trials"].size());
  for (std::size_t k = 0; k < whole["trials"].size(); ++k) {
    const auto &a = whole["trials"][k], &b = broken["trials"][k];
    CHECK(b["state"] == "done");
    CHECK(a["id"] == b["id"]);
    const fs::path left = at / a["dir"].get<std::string>(),
                   right = at / b["dir"].get<std::string>();
    CHECK(rows_of(left) == rows_of(right));
    CHECK_FALSE(rows_of(left).empty());
    for (const char* file : {"last/model.safetensors", "last/state.safetensors", "last/state.json",
                             "best/model.safetensors"}) {
      INFO(file);
      CHECK(fs::exists(left / "checkpoints" / file));
      CHECK(slurp(left / "checkpoints" / file) == slurp(right / "checkpoints" / file));
    }
  }
}

}  // namespace

TEST_CASE("a disk that is full in the middle of a sweep is waited for, and no byte changes") {
  if (fashion_missing()) return;
  const Folder folder;
  folder.write("m.yaml", kManifest);
  const std::string cd = "cd " + folder.path().string() + "; ";
  const auto whole = shell(cd + "assay run m.yaml --runs whole --json");
  REQUIRE(whole.code == 0);
  const auto paused = shell(cd + kPreload + R"( FAULT_UNDER=$PWD/r FAULT_FULL=$PWD/full
    env LD_PRELOAD=$preload assay run m.yaml --runs $PWD/r --json >out 2>err & front=$!
    until ls r/*/*/checkpoints/last >/dev/null 2>&1 || ! kill -0 $front; do sleep 0.05; done
    touch full
    until grep -q "paused: the sweep continues" err || ! kill -0 $front; do sleep 0.05; done
    rm full; wait $front; code=$?; cat err >&2; cat out; exit $code)");
  INFO(paused.err);
  REQUIRE(paused.code == 0);
  CHECK_THAT(paused.err, Catch::Contains("the disk is full\npaused") &&
                             Catch::Contains("there is space on the disk again"));
  compare(Json::parse(whole.out), Json::parse(paused.out), folder.path());
}

TEST_CASE("a wall clock that jumps by a day, back and forth, changes nothing but the stamps") {
  if (fashion_missing()) return;
  const Folder folder;
  folder.write("m.yaml", kManifest);
  const std::string cd = "cd " + folder.path().string() + "; ", few = " procedure.steps=300 --json";
  const auto whole = shell(cd + "assay run m.yaml --runs whole" + few);
  const auto jumped = shell(cd + kPreload + "FAULT_CLOCK=86400; export FAULT_CLOCK; " +
                            "LD_PRELOAD=$preload assay run m.yaml limits.time=1h --runs r" + few);
  INFO(jumped.err);
  REQUIRE(jumped.code == 0);
  compare(Json::parse(whole.out), Json::parse(jumped.out), folder.path());
  const fs::path dir = folder.path() / Json::parse(jumped.out)["trials"][0]["dir"];
  CHECK(Json::parse(slurp(dir / "status.json")).at("seconds") < 600);
  std::set<double> stamps;
  std::istringstream rows(slurp(dir / "metrics.jsonl"));
  for (std::string line; std::getline(rows, line);)
    stamps.insert(Json::parse(line)["t"].get<double>());
  CHECK(*stamps.rbegin() - *stamps.begin() > 3600);  // it did jump
}

TEST_CASE("an interrupted sweep says so, and goes on where it was") {
  if (fashion_missing()) return;
  const Folder folder;
  folder.write("killed.yaml", kManifest);
  const std::string cd = "cd " + folder.path().string() + "; ";
  const std::string interrupted = R"( --runs r -q & front=$!
    begun() { ls -d r/*/*/checkpoints/unit-[1-9]* 2>/dev/null | cut -d/ -f3 | sort -u | wc -l; }
    until [ $(begun) = 2 ]; do sleep 0.05; kill -0 $front || exit 1; done
    kill -INT $front; wait $front)";
  const auto units = [&] {
    const auto said = shell(cd + "assay status r/killed --json");
    INFO(said.err);
    const auto status = Json::parse(said.out);  // outlives the loop
    std::int64_t sum = 0;
    for (const auto& trial : status.at("trials")) {
      CHECK(trial.at("state") == "interrupted");
      sum += trial.at("stages")[0].at("unit").get<std::int64_t>();
    }
    return sum;
  };
  CHECK(shell(cd + "assay run killed.yaml procedure.steps=100000" + interrupted).code == 130);
  const auto before = units();
  CHECK(before > 0);
  CHECK(shell(cd + "timeout --preserve-status -s INT 6 assay resume r/killed -q").code == 130);
  CHECK(units() > before);
}

TEST_CASE("rows and progress are there long before the first checkpoint") {
  if (fashion_missing()) return;
  const Folder folder;
  folder.write("killed.yaml", kManifest);
  const auto said = shell("cd " + folder.path().string() + R"sh(
    assay run killed.yaml --runs r -q procedure.steps=100000 sweep.seed=[0] limits.checkpoint_every=1h &
    front=$!
    until [ -s "$(ls r/killed/*/metrics.jsonl)" ] && ! assay status r/killed | grep -q ' 0/'
    do sleep 0.1; kill -0 $front || exit 1; done 2>/dev/null
    assay status r/killed --json > status.json
    cat r/killed/*/metrics.jsonl | wc -l > rows
    cat r/killed/*/events.out.tfevents.* | wc -c > bytes
    ls -d r/killed/*/checkpoints/unit-[1-9]* 2>/dev/null | wc -l > checkpoints
    kill -INT $front; wait $front)sh");
  INFO(said.err);
  CHECK(said.code == 130);
  const auto trial = Json::parse(slurp(folder.path() / "status.json")).at("trials").at(0);
  CHECK(trial.at("state") == "running");
  CHECK(trial.at("stages")[0].at("unit") > 0);
  CHECK(trial.at("stages")[0].at("units") == 100000);
  CHECK(trial.at("metrics").contains("train/loss"));
  CHECK(std::stoi(slurp(folder.path() / "rows")) > 0);
  CHECK(std::stoi(slurp(folder.path() / "bytes")) > 100);
  CHECK(std::stoi(slurp(folder.path() / "checkpoints")) == 0);
}

TEST_CASE("asking twice does not run twice, and a NaN ends one trial with exit 6") {
  if (fashion_missing()) return;
  const Folder folder;
  folder.write("killed.yaml", kManifest);
  const std::string cd = "cd " + folder.path().string() + "; ";
  REQUIRE(shell(cd + "assay run killed.yaml procedure.steps=20").code == 0);
  const auto again = Json::parse(shell(cd + "assay run killed.yaml procedure.steps=20 --json").out);
  REQUIRE_FALSE(again.at("trials").empty());
  for (const auto& trial : again.at("trials")) CHECK(trial["reused"] == true);
  const auto nan =
      shell(cd + "assay run killed.yaml optimizer.base.lr=1e30 procedure.steps=20 --json");
  CHECK(nan.code == 6);
  const auto diverged = Json::parse(nan.out);
  REQUIRE_FALSE(diverged.at("trials").empty());
  for (const auto& trial : diverged.at("trials")) {
    CHECK(trial["state"] == "diverged");
    CHECK(trial["error"]["message"].get<std::string>().find("unit") != std::string::npos);
  }
}

TEST_CASE("a worker that waits for its predecessor to leave the folder is alive") {
  if (fashion_missing()) return;
  const Folder folder;
  folder.write("m.yaml", kManifest);
  const std::string cd = "cd " + folder.path().string() + "; ", few = " sweep.seed=[0] --json";
  const auto first = shell(cd + "assay run m.yaml --runs r procedure.steps=20" + few);
  REQUIRE(first.code == 0);
  const auto dir = Json::parse(first.out)["trials"][0]["dir"].get<std::string>();
  const auto again =
      shell(cd + "flock " + dir + "/.lock sleep 9 & sleep 0.2; " +
            "assay run m.yaml --force --runs r procedure.steps=20 " + "limits.heartbeat=6s" + few);
  INFO(again.err);
  CHECK(again.code == 0);
  CHECK(again.err.find("heartbeat") == std::string::npos);
}
