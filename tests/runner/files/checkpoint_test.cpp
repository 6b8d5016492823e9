// Checkpoints: which are kept, and what becomes of damaged ones. tests/faults/ has failing disks.
#include <catch2/catch.hpp>

#include <fstream>

#include "assay/error.h"
#include "runner/files/checkpoint.h"
#include "tests/support/shell.h"

using namespace assay;
using assay::testing::Folder;
using assay::testing::slurp;
namespace fs = std::filesystem;

namespace {

Checkpoint made(std::int64_t unit) {
  return {unit,
          {{"model.safetensors", "weights of " + std::to_string(unit)}, {"state.json", "{}"}}};
}

std::int64_t newest(const fs::path& parent) {
  const auto found = read_checkpoint(parent, [](const std::string&) {});
  if (!found) return -1;
  CHECK(found->files == made(found->unit).files);
  return found->unit;
}

}  // namespace

TEST_CASE("two checkpoints are kept, and last points at the newest") {
  const Folder folder;
  const auto parent = folder.path() / "checkpoints";
  CHECK(newest(parent) == -1);
  for (const int unit : {10, 20, 30}) write_checkpoint(parent, made(unit));
  CHECK(newest(parent) == 30);
  CHECK_FALSE(fs::exists(parent / "unit-10"));
  CHECK(fs::exists(parent / "unit-20"));
  CHECK(slurp(parent / "last" / "model.safetensors") == "weights of 30");
}

TEST_CASE("last is pointed at the checkpoint that is read, if a kill came before its link") {
  const Folder folder;
  const auto parent = folder.path() / "checkpoints";
  write_checkpoint(parent, made(10));
  write_checkpoint(parent, made(20));
  for (const bool missing : {false, true}) {
    fs::remove(parent / "last");
    if (!missing) fs::create_symlink("unit-10", parent / "last");
    point_last(parent, newest(parent));
    CHECK(slurp(parent / "last" / "model.safetensors") == "weights of 20");
  }
  const auto time = fs::last_write_time(parent);
  point_last(parent, 20);
  CHECK(fs::last_write_time(parent) == time);  // nothing is written
}

TEST_CASE("every damaged byte and every cut of the newest is found, and the older is taken") {
  const Folder folder;
  const auto parent = folder.path() / "checkpoints";
  write_checkpoint(parent, made(1));
  write_checkpoint(parent, made(2));
  for (const char* name : {"model.safetensors", "state.json", "files.json"}) {
    const auto file = parent / "unit-2" / name;
    const std::string whole = slurp(file);
    for (std::size_t k = 0; k < whole.size(); ++k) {
      std::string flipped = whole;
      flipped[k] = static_cast<char>(flipped[k] ^ 1);
      std::ofstream(file, std::ios::binary) << flipped;
      const auto found = read_checkpoint(parent, [](const std::string&) {});
      REQUIRE(found);
      if (found->unit == 2) CHECK(found->files == made(2).files);  // white space of files.json
      std::ofstream(file, std::ios::binary) << whole.substr(0, k);
      const auto cut = read_checkpoint(parent, [](const std::string&) {});
      REQUIRE(cut);
      if (cut->unit == 2) CHECK(cut->files == made(2).files);
    }
    std::ofstream(file, std::ios::binary) << whole;
  }
  CHECK(newest(parent) == 2);
}

TEST_CASE("a list of files that names one outside its folder is passed over") {
  const Folder folder;
  const auto parent = folder.path() / "checkpoints";
  write_checkpoint(parent, made(1));
  for (const char* name : {"../secret", "/etc/hostname", "..", "a/b"}) {
    folder.write("checkpoints/unit-2/files.json", std::string("{\"") + name + "\": \"00\"}");
    std::string note;
    const auto found = read_checkpoint(parent, [&](const std::string& text) { note = text; });
    REQUIRE(found);
    CHECK(found->unit == 1);
    CHECK_THAT(note, Catch::Contains("names a file outside this folder"));
  }
}

TEST_CASE("a list of files that names one too long to be one is passed over") {
  const Folder folder;
  const auto parent = folder.path() / "checkpoints";
  write_checkpoint(parent, made(1));
  write_checkpoint(parent, made(2));
  std::ofstream(parent / "unit-2" / "files.json") << "{\"" + std::string(300, 'x') + "\": \"0\"}";
  CHECK(newest(parent) == 1);
}

TEST_CASE("what cannot be read now is no reason to begin anew") {
  const Folder folder;
  const auto parent = folder.path() / "checkpoints";
  const auto hide = [&](const char* unit) {  // a folder in place of a file: EISDIR for everybody
    fs::remove(parent / unit / "model.safetensors");
    fs::create_directory(parent / unit / "model.safetensors");
  };
  for (const int unit : {1, 2}) write_checkpoint(parent, made(unit));
  hide("unit-2");
  CHECK(newest(parent) == 1);
  hide("unit-1");
  CHECK_THROWS_AS(newest(parent), Error);
}

TEST_CASE("a checkpoint after damaged later ones is kept, and they go") {
  const Folder folder;
  const auto parent = folder.path() / "checkpoints";
  for (const int unit : {10, 20}) {
    write_checkpoint(parent, made(unit));
    folder.write("checkpoints/unit-" + std::to_string(unit) + "/state.json", "damaged");
  }
  write_checkpoint(parent, made(5));
  CHECK(newest(parent) == 5);
  CHECK_FALSE(fs::exists(parent / "unit-20"));
  CHECK(slurp(parent / "last" / "model.safetensors") == "weights of 5");
}

TEST_CASE("a named folder is replaced whole") {
  const Folder folder;
  write_named(folder.path(), "best", {{"model.safetensors", "old"}});
  write_named(folder.path(), "best", {{"model.safetensors", "new"}});
  CHECK(slurp(folder.path() / "best" / "model.safetensors") == "new");
}
