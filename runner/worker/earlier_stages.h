// What earlier stages left, for the components of a stage.
#pragma once

#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "assay/registry.h"
#include "runner/files/checkpoint.h"
#include "runner/protocol/job.h"

namespace assay {

/// artifacts/<name>.safetensors of a run folder.
std::filesystem::path artifact_file(const std::filesystem::path& dir, std::string_view name);

/// The tensors of a safetensors file of a run folder.
TensorMap read_tensors(const std::filesystem::path& file);

/// Thrown while components are built before any stage has run: one of them reads what a stage
/// leaves. Not an Error, so that no message is made of it.
class NotRunYet : public std::exception {};

/// Whether the earlier stages have run. If not, their models have the weights that they start with,
/// and what else they leave is NotRunYet.
enum class Earlier { kDone, kToCome };

/// The stages `after` a job: read from their run folders, and their models built as `job.earlier`
/// says. The job and the registry must outlive it.
class EarlierStages final : public Inputs {
 public:
  using Folders = std::map<std::string, std::filesystem::path>;
  EarlierStages(Folders after, const Job& job, Registry& registry, const Context& context,
                Earlier earlier);

  TensorMap artifact(std::string_view stage, std::string_view name) const override;
  TensorMap weights(std::string_view stage) const override;
  EarlierModel model(std::string_view stage) const override;
  std::vector<std::string> stages() const override;
  std::vector<std::string> stages_with_artifact(std::string_view name) const override;

  /// Of the data for which the model of `stage` was built; the same object on every call.
  const Info& info(std::string_view stage) const;
  /// Gives `model` what that of `stage` saved beside its weights, if it is Stateful. Throws
  /// Error{kPlugin} if load() does not read all of it.
  void load_state(Model& model, std::string_view stage) const;
  /// The data of the job, whose Info serves an earlier stage with the same data.
  void use(const Info& own) { own_ = &own; }

 private:
  const std::filesystem::path& dir_of(std::string_view stage) const;
  const EarlierStage& earlier_of(std::string_view stage) const;
  /// A model and those within it.
  struct Built {
    std::shared_ptr<Model> model;
    std::vector<std::shared_ptr<Model>> nested = {};
  };
  Built build(std::string_view stage) const;
  /// Gives it what its stage ended with.
  void restore(const Built& built, std::string_view stage) const;
  State state_in(const Files& files, std::string_view stage) const;
  void load_plugins(const EarlierStage& stage) const;
  Info read_info(std::string_view stage) const;
  std::shared_ptr<void> make(const std::string& kind, std::string_view stage,
                             Surroundings around) const;

  Folders after_;
  const Job& job_;
  Registry& registry_;
  Context context_;
  Earlier earlier_;
  const Info* own_ = nullptr;
  /// Plugin files beside those of the job, shared with the stages before these.
  std::shared_ptr<std::set<std::filesystem::path>> loaded_ =
      std::make_shared<std::set<std::filesystem::path>>();
  mutable std::map<std::string, Info, std::less<>> infos_;
};

}  // namespace assay
