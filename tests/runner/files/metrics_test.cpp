// Rows, their cut on resume, and their way into TensorBoard.
#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "assay/error.h"
#include "runner/files/hash.h"
#include "runner/files/index.h"
#include "runner/files/metrics_log.h"
#include "runner/files/tensorboard.h"
#include "tests/support/shell.h"

using namespace assay;
using assay::testing::Folder;
using assay::testing::shell;

TEST_CASE("rows come back, not-a-numbers too") {
  const Folder folder;
  const auto file = folder.path() / "metrics.jsonl";
  {
    MetricsLog log(file, "main", 0);
    log.append(0, "train/loss", 0.1);
    log.append(1, "train/loss", NAN);
    log.append(2, "train/loss", -INFINITY);
    log.sync();
  }
  const auto rows = read_metrics(file);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].value == 0.1);
  CHECK(std::isnan(rows[1].value));
  CHECK(rows[2].value == -INFINITY);
  CHECK(rows[2].unit == 2);
}

TEST_CASE("opening cuts the rows from the checkpoint's unit on, and a torn line") {
  const Folder folder;
  const auto file = folder.path() / "metrics.jsonl";
  {
    MetricsLog log(file, "main", 0);
    for (int unit = 0; unit < 10; ++unit) log.append(unit, "train/loss", unit);
    log.sync();
  }
  std::ofstream(file, std::ios::app) << "{\"t\":1,\"stage\":\"ma";
  CHECK(read_metrics(file).size() == 10);
  {
    MetricsLog log(file, "main", 4);
    log.append(4, "train/loss", 40);
    log.sync();
  }
  const auto rows = read_metrics(file);
  REQUIRE(rows.size() == 5);
  CHECK(rows[4].value == 40);
}

TEST_CASE("a bad line in the middle is an error with its place") {
  const Folder folder;
  const auto file = folder.write("metrics.jsonl", "nonsense\n");
  CHECK_THROWS_AS(read_metrics(file), Error);
}

TEST_CASE("the real TensorBoard reads the event file") {
  const char* python = std::getenv("ASSAY_TEST_PYTHON");
  const std::string program = python == nullptr ? "python3" : python;
  if (shell(program + " -c 'import tensorboard'").code != 0) {
    WARN("skipped: the Python package tensorboard is not there; ./setup.sh test installs it");
    return;
  }
  const Folder folder;
  {
    EventFile events(folder.path());
    events.scalar(1e9, 7, "test/accuracy", 0.875);
    events.scalar(1e9, 300, "train/loss", 1.5);
    events.flush();
  }
  const auto said = shell(program + " " + std::getenv("ASSAY_SOURCE") +
                          "/tests/python/read_events.py " + folder.path().string());
  INFO(said.err);
  CHECK(said.out == "test/accuracy 7 0.875\ntrain/loss 300 1.5\n");
}

TEST_CASE("SHA-256 is the standard's") {  // FIPS 180-4, the example of one block
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a fingerprint follows the bytes, not the place") {
  const Folder one, two;
  for (const auto* folder : {&one, &two}) {
    folder->write("a", "1");
    folder->write("b/c", "2");
  }
  CHECK(fingerprint(one.path()) == fingerprint(two.path()));
  two.write("b/c", "23");
  CHECK(fingerprint(one.path()) != fingerprint(two.path()));
  CHECK_THROWS_AS(fingerprint(one.path() / "nothing"), Error);
}

TEST_CASE("the index is rebuilt from run folders, also over a file that is no database") {
  const Folder folder;
  folder.write(
      "x/0123/provenance.json",
      R"({"id": "0123456789", "name": "x", "stage": "main", "seed": 3, "axes": {"lr": "0.1"}})");
  Status status;
  status.state = RunState::kDone;
  status.metrics["test/accuracy"] = 0.5;
  RunFolder(folder.path() / "x" / "0123").write_status(status);
  folder.write(
      "assay.db",
      "this is no database, and long enough to look like a header of one .....................");
  Index index(folder.path());
  const auto rows = index.all();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].seed == 3);
  CHECK(rows[0].axes.at("lr") == "0.1");
  CHECK(rows[0].status.metrics.at("test/accuracy") == 0.5);
}

TEST_CASE("a running stage stands where it is now, for whoever looks, and at its checkpoint else") {
  const Folder folder;
  const RunFolder run(folder.path() / "x" / "0123");
  const FolderLock lock(run.dir());
  Status status;
  status.state = RunState::kRunning;
  status.unit = 50;
  status.metrics = {{"train/loss", 2}, {"test/nll", NAN}};
  run.write_status(status);
  folder.write("x/0123/progress.json", progress_text({75, 192, {{"train/loss", 1}}}));
  CHECK(run.live_status().unit == 75);
  CHECK(run.live_status().units == 192);
  CHECK(run.live_status().metrics.at("train/loss") == 1);
  CHECK(std::isnan(run.live_status().metrics.at("test/nll")));
  CHECK(run.status().unit == 50);
  folder.write("x/0123/progress.json", "torn");
  CHECK(run.live_status().unit == 50);
  folder.write("x/0123/progress.json", progress_text({75, 192, {}}));
  status.state = RunState::kDone;
  run.write_status(status);
  CHECK(run.live_status().unit == 50);
}
