// Checkpoints under faults: every operation fails once and for ever, and every byte is damaged.
#include <catch2/catch.hpp>

#include <fstream>

#include "assay/error.h"
#include "runner/files/checkpoint.h"
#include "runner/files/file_system.h"
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

// The real one, but for operation `at`, or all from it on.
class Faulty final : public FileSystem {
 public:
  Faulty(int at, bool for_ever) : at_(at), for_ever_(for_ever) { use_file_system(this); }
  ~Faulty() override { use_file_system(nullptr); }

  void write_synced(const fs::path& file, std::string_view bytes) override {
    if (fails()) {  // a short write: half of it is there
      std::ofstream(file, std::ios::binary) << bytes.substr(0, bytes.size() / 2);
      throw Error(ErrorKind::kIo, "injected");
    }
    real([&](FileSystem& disk) { disk.write_synced(file, bytes); });
  }
  void rename(const fs::path& from, const fs::path& to) override {
    step([&](FileSystem& disk) { disk.rename(from, to); });
  }
  void sync_folder(const fs::path& folder) override {
    step([&](FileSystem& disk) { disk.sync_folder(folder); });
  }
  void remove_all(const fs::path& path) override {
    step([&](FileSystem& disk) { disk.remove_all(path); });
  }
  int count() const { return count_; }

 private:
  bool fails() {
    ++count_;
    return for_ever_ ? count_ >= at_ : count_ == at_;
  }
  template <class Body>
  void step(Body body) {
    if (fails()) throw Error(ErrorKind::kIo, "injected");
    real(body);
  }
  template <class Body>
  void real(Body body) {
    use_file_system(nullptr);
    body(file_system());
    use_file_system(this);
  }

  int at_, count_ = 0;
  bool for_ever_;
};

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

TEST_CASE("whichever operation fails, the old or the new checkpoint is there and whole") {
  for (const bool for_ever : {false, true})
    for (int at = 1;; ++at) {
      const Folder folder;
      const auto parent = folder.path() / "checkpoints";
      write_checkpoint(parent, made(1));
      write_checkpoint(parent, made(2));
      bool failed = false;
      {
        Faulty faulty(at, for_ever);
        try {
          write_checkpoint(parent, made(3));
        } catch (const Error&) {
          failed = true;
        }
      }
      INFO("operation " << at);
      const auto unit = newest(parent);
      CHECK((unit == 2 || unit == 3));
      if (!failed) {
        CHECK(unit == 3);
        CHECK(at > 5);
        break;
      }
      write_checkpoint(parent, made(4));
      CHECK(newest(parent) == 4);
    }
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

TEST_CASE("a named folder is replaced whole") {
  const Folder folder;
  write_named(folder.path(), "best", {{"model.safetensors", "old"}});
  write_named(folder.path(), "best", {{"model.safetensors", "new"}});
  CHECK(slurp(folder.path() / "best" / "model.safetensors") == "new");
}
