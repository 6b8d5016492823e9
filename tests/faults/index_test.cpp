// The index under a disk that fails: SQLite with each call to its file failing, once and for ever.
#include <catch2/catch.hpp>

#include <fstream>
#include <map>

#include <sqlite3.h>

#include "assay/error.h"
#include "runner/files/index.h"
#include "tests/support/shell.h"

using namespace assay;
using namespace assay::testing;
namespace fs = std::filesystem;

namespace {

int calls = 0, strike_at = 0;
bool for_ever = false;

bool strikes() {
  ++calls;
  return strike_at > 0 && (for_ever ? calls >= strike_at : calls == strike_at);
}

std::map<sqlite3_file*, const sqlite3_io_methods*> real_methods;

int write_or_fail(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  if (!strikes()) return real_methods.at(file)->xWrite(file, bytes, size, at);
  real_methods.at(file)->xWrite(file, bytes, size / 2, at);  // a torn page
  return calls % 2 == 0 ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

int sync_or_fail(sqlite3_file* file, int flags) {
  return strikes() ? SQLITE_IOERR_FSYNC : real_methods.at(file)->xSync(file, flags);
}

int truncate_or_fail(sqlite3_file* file, sqlite3_int64 size) {
  return strikes() ? SQLITE_IOERR_TRUNCATE : real_methods.at(file)->xTruncate(file, size);
}

sqlite3_vfs* real_vfs = nullptr;

int open_or_fail(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
  static std::map<const sqlite3_io_methods*, sqlite3_io_methods> faulty;
  if (strikes()) return SQLITE_CANTOPEN;
  const int code = real_vfs->xOpen(real_vfs, name, file, flags, out);
  if (code != SQLITE_OK) return code;
  real_methods[file] = file->pMethods;
  auto& methods = faulty[file->pMethods] = *file->pMethods;
  methods.xWrite = write_or_fail;
  methods.xSync = sync_or_fail;
  methods.xTruncate = truncate_or_fail;
  file->pMethods = &methods;
  return code;
}

int remove_or_fail(sqlite3_vfs*, const char* name, int sync) {
  return strikes() ? SQLITE_IOERR_DELETE : real_vfs->xDelete(real_vfs, name, sync);
}

void use_faulty_vfs() {
  if (real_vfs != nullptr) return;
  real_vfs = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs faulty = *real_vfs;
  faulty.zName = "faulty";
  faulty.xOpen = open_or_fail;
  faulty.xDelete = remove_or_fail;
  sqlite3_vfs_register(&faulty, 1);
}

void add_run(const fs::path& runs, int k) {
  const std::string id = "000000000000000" + std::to_string(k);
  const auto dir = runs / "x" / id;
  fs::create_directories(dir);
  std::ofstream(dir / "provenance.json")
      << R"({"id": ")" << id << R"(", "name": "x", "stage": "main", "seed": 3, "axes": {}})";
  std::ofstream(dir / "status.json")
      << R"({"state": "done", "unit": 1, "units": 1, "attempts": 1, "started": 0, "ended": 0,)"
      << R"( "seconds": 1, "error": null, "metrics": {"test/accuracy": 0.5}})";
}

// What a sweep asks of the index, from nothing to three rows.
void use(const fs::path& runs) {
  Index index(runs);
  const auto row = index.all().at(0);
  for (int k = 0; k < 3; ++k) {
    auto other = row;
    other.id = "000000000000000" + std::to_string(k);
    index.put(other);
  }
}

}  // namespace

TEST_CASE("whichever call of the index's file fails, the index is rebuilt whole") {
  use_faulty_vfs();
  for (const bool ever : {false, true}) {
    int at = 1;
    for (bool reached = true; reached; ++at) {
      INFO((ever ? "from" : "at") << " call " << at);
      const Folder folder;
      for (int k = 0; k < 3; ++k) add_run(folder.path(), k);
      calls = 0, strike_at = at, for_ever = ever;
      bool failed = false;
      try {
        use(folder.path());
      } catch (const Error& error) {
        failed = true;
        UNSCOPED_INFO(error.what());
      }
      reached = calls >= at;
      if (!reached) CHECK_FALSE(failed);
      strike_at = 0;
      Index index(folder.path());
      for (const auto& row : index.all()) CHECK(row.status.metrics.at("test/accuracy") == 0.5);
      CHECK(index.all().size() == 3);
      CHECK(index.rebuild() == 3);
      CHECK(index.all().size() == 3);
    }
    CHECK(at > 20);
  }
}

TEST_CASE("an index that another process is writing is waited for, not set aside") {
  const Folder folder;
  add_run(folder.path(), 0);
  { const Index index(folder.path()); }
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open((folder.path() / "assay.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
  try {
    const Index index(folder.path());
    FAIL("read beside a writer");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kBusy);
  }
  CHECK_FALSE(fs::exists(folder.path() / "assay.db.set-aside"));
  sqlite3_close(other);
}
