// Read from run folders when asked for.
#include "runner/worker/inputs.h"

#include "assay/error.h"
#include "assay/sdk/safetensors.h"
#include "runner/files/checkpoint.h"
#include "runner/files/file_system.h"
#include "runner/files/run_folder.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Folders = std::map<std::string, fs::path>;

class FolderInputs : public Inputs {
 public:
  explicit FolderInputs(Folders dirs) : dirs_(std::move(dirs)) {}

  TensorMap artifact(std::string_view stage, std::string_view name) const override {
    const auto& dir = dir_of(stage);
    const auto file = artifact_file(dir, name);
    if (!fs::exists(file))
      throw Error(ErrorKind::kData, "stage `" + std::string(stage) + "` wrote no artifact `" +
                                        std::string(name) + "`" + offered(dir));
    return read_tensors(file);
  }

  TensorMap weights(std::string_view stage) const override {
    const auto folder = RunFolder(dir_of(stage)).checkpoints();
    const auto damaged = [](const std::string& what) { throw Error(ErrorKind::kCorrupt, what); };
    const auto last = read_checkpoint(folder, damaged);
    const auto file = last ? last->files.find("model.safetensors") : Files::const_iterator();
    if (!last || file == last->files.end())
      throw Error(ErrorKind::kData,
                  "stage `" + std::string(stage) + "` left no weights in " + folder.string());
    return from_safetensors(file->second, folder.string());
  }

  std::vector<std::string> stages() const override {
    std::vector<std::string> names;
    for (const auto& [name, dir] : dirs_) names.push_back(name);
    return names;
  }

  std::vector<std::string> stages_with_artifact(std::string_view name) const override {
    std::vector<std::string> names;
    for (const auto& [stage, dir] : dirs_)
      if (fs::exists(artifact_file(dir, name))) names.push_back(stage);
    return names;
  }

 private:
  const fs::path& dir_of(std::string_view stage) const {
    const auto it = dirs_.find(std::string(stage));
    if (it != dirs_.end()) return it->second;
    throw Error(ErrorKind::kData, "this stage does not run after `" + std::string(stage) +
                                      "`: add it to `after:` to read what it leaves");
  }

  static std::string offered(const fs::path& dir) {
    std::string names;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(RunFolder(dir).artifacts(), none))
      if (entry.path().extension() == ".safetensors")
        names += (names.empty() ? "; it wrote " : ", ") + entry.path().stem().string();
    return names.empty() ? "; it wrote none" : names;
  }

  Folders dirs_;
};

class InputsToCome final : public FolderInputs {
 public:
  InputsToCome(Folders dirs, std::map<std::string, TensorMap> known)
      : FolderInputs(std::move(dirs)), known_(std::move(known)) {}
  TensorMap artifact(std::string_view, std::string_view) const override { throw NotRunYet(); }
  TensorMap weights(std::string_view stage) const override {
    const auto it = known_.find(std::string(stage));
    if (it == known_.end()) throw NotRunYet();
    return it->second;
  }
  std::vector<std::string> stages_with_artifact(std::string_view) const override {
    throw NotRunYet();
  }

 private:
  std::map<std::string, TensorMap> known_;
};

}  // namespace

fs::path artifact_file(const fs::path& dir, std::string_view name) {
  return RunFolder(dir).artifacts() / (std::string(name) + ".safetensors");
}

TensorMap read_tensors(const fs::path& file) {
  return from_safetensors(read_file(file, kAnySize), file.string());
}

std::shared_ptr<const Inputs> inputs_from(Folders after) {
  return std::make_shared<FolderInputs>(std::move(after));
}

std::shared_ptr<const Inputs> inputs_to_come(Folders after,
                                             std::map<std::string, TensorMap> known) {
  return std::make_shared<InputsToCome>(std::move(after), std::move(known));
}

}  // namespace assay
