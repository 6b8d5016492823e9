// The lock of a folder: one alone, or several together.
#include <catch2/catch.hpp>

#include "assay/error.h"
#include "runner/files/run_folder.h"
#include "tests/support/shell.h"

using assay::FolderLock;
using assay::RunState;
using assay::testing::Folder;

namespace {

constexpr auto kTogether = FolderLock::Mode::kTogether;

}  // namespace

TEST_CASE("those that hold a folder together keep out one that wants it alone, and are no writer") {
  const Folder folder;
  const FolderLock one(folder.path(), 0, kTogether), other(folder.path(), 0, kTogether);
  CHECK_THROWS_AS(FolderLock(folder.path(), 0), assay::Error);
  CHECK_FALSE(FolderLock::held(folder.path()));
}

TEST_CASE("one that holds a folder alone keeps everybody out") {
  const Folder folder;
  const FolderLock one(folder.path(), 0);
  CHECK_THROWS_AS(FolderLock(folder.path(), 0, kTogether), assay::Error);
  CHECK_THROWS_AS(FolderLock(folder.path(), 0), assay::Error);
  CHECK(FolderLock::held(folder.path()));
}

TEST_CASE("a stage that a front end claims is running, between two workers too") {
  const Folder folder;
  const assay::RunFolder run(folder.path() / "run");
  const FolderLock made(folder.path() / "run/claim", 0);
  assay::Status status;
  status.state = RunState::kRunning;
  run.write_status(status);
  CHECK(run.status().state == RunState::kRunning);
}

TEST_CASE("a stage that nobody claims is interrupted, whoever else is at the experiment") {
  const Folder folder;
  const FolderLock together(folder.path(), 0, kTogether);
  const assay::RunFolder run(folder.path() / "run");
  { const FolderLock made(folder.path() / "run/claim", 0); }
  assay::Status status;
  status.state = RunState::kRunning;
  run.write_status(status);
  CHECK(run.status().state == RunState::kInterrupted);
}
