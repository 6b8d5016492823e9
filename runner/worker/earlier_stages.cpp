// Read from run folders when asked for.
#include "runner/worker/earlier_stages.h"

#include "assay/sdk/safetensors.h"
#include "assay/sdk/training.h"
#include "core/runtime/runtime.h"
#include "runner/files/file_system.h"
#include "runner/files/run_folder.h"
#include "runner/worker/component_state.h"
#include "runner/worker/model_weights.h"
#include "runner/worker/plugin_loader.h"
#include "runner/worker/scalars.h"
#include "runner/worker/training_subset.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModelFile = "model.safetensors";

std::string list_artifacts(const fs::path& dir) {
  std::string names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(RunFolder(dir).artifacts(), none))
    if (entry.path().extension() == ".safetensors")
      names += (names.empty() ? "; it wrote " : ", ") + entry.path().stem().string();
  return names.empty() ? "; it wrote none" : names;
}

Files read_last_checkpoint(const fs::path& dir, std::string_view stage) {
  const auto folder = RunFolder(dir).checkpoints();
  const auto damaged = [](const std::string& what) { throw Error(ErrorKind::kCorrupt, what); };
  auto last = read_checkpoint(folder, damaged);
  if (!last || !last->files.contains(kModelFile))
    throw Error(ErrorKind::kData,
                "stage `" + std::string(stage) + "` left no weights in " + folder.string());
  return std::move(last->files);
}

}  // namespace

fs::path artifact_file(const fs::path& dir, std::string_view name) {
  return RunFolder(dir).artifacts() / (std::string(name) + ".safetensors");
}

TensorMap read_tensors(const fs::path& file) {
  return from_safetensors(read_file(file, kAnySize), file.string());
}

EarlierStages::EarlierStages(Folders after, const Job& job, Registry& registry,
                             const Context& context, Earlier earlier)
    : after_(std::move(after)),
      job_(job),
      registry_(registry),
      context_(context),
      earlier_(earlier) {}

TensorMap EarlierStages::artifact(std::string_view stage, std::string_view name) const {
  if (earlier_ == Earlier::kToCome) throw NotRunYet();
  const auto& dir = dir_of(stage);
  const auto file = artifact_file(dir, name);
  if (!fs::exists(file))
    throw Error(ErrorKind::kData, "stage `" + std::string(stage) + "` wrote no artifact `" +
                                      std::string(name) + "`" + list_artifacts(dir));
  return read_tensors(file);
}

TensorMap EarlierStages::weights(std::string_view stage) const {
  if (earlier_ == Earlier::kToCome) return weights_of(*build(stage).model);
  const auto& dir = dir_of(stage);
  return from_safetensors(read_last_checkpoint(dir, stage).at(kModelFile),
                          RunFolder(dir).checkpoints().string());
}

EarlierModel EarlierStages::model(std::string_view stage) const {
  const auto built = build(stage);
  if (earlier_ == Earlier::kDone) restore(built, stage);
  for (auto& weight : built.model->parameters()) weight.requires_grad_(false);
  built.model->to(context_.device);
  built.model->eval();
  return {built.model, info(stage)};
}

void EarlierStages::restore(const Built& built, std::string_view stage) const {
  const auto& [model, nested] = built;
  const auto files = read_last_checkpoint(dir_of(stage), stage);
  const auto source = "the weights of stage `" + std::string(stage) + "`";
  set_weights(*model, from_safetensors(files.at(kModelFile), source), source);
  auto* stateful = dynamic_cast<Stateful*>(model.get());
  if (stateful == nullptr && nested.empty()) return;
  const auto state = state_in(files, stage);
  if (stateful != nullptr) load_component(*stateful, "model", state.nested("model"));
  for (std::size_t i = 0; i < nested.size(); ++i) {
    const auto name = "nested.model." + std::to_string(i);
    load_nested_model(*nested[i], name, state.nested(name));
  }
}

std::vector<std::string> EarlierStages::stages() const {
  std::vector<std::string> names;
  for (const auto& [name, dir] : after_) names.push_back(name);
  return names;
}

std::vector<std::string> EarlierStages::stages_with_artifact(std::string_view name) const {
  if (earlier_ == Earlier::kToCome) throw NotRunYet();
  std::vector<std::string> names;
  for (const auto& [stage, dir] : after_)
    if (fs::exists(artifact_file(dir, name))) names.push_back(stage);
  return names;
}

const Info& EarlierStages::info(std::string_view stage) const {
  if (const auto it = infos_.find(stage); it != infos_.end()) return it->second;
  const auto& earlier = earlier_of(stage);
  const auto theirs = earlier.components.find("dataset"), ours = job_.components.find("dataset");
  const bool same = own_ != nullptr && earlier.subset == job_.subset &&
                    theirs != earlier.components.end() && ours != job_.components.end() &&
                    theirs->second == ours->second;
  return infos_.emplace(stage, same ? *own_ : read_info(stage)).first->second;
}

void EarlierStages::load_state(Model& model, std::string_view stage) const {
  auto* stateful = dynamic_cast<Stateful*>(&model);
  if (stateful == nullptr || earlier_ == Earlier::kToCome) return;
  const auto state = state_in(read_last_checkpoint(dir_of(stage), stage), stage);
  load_component(*stateful, "model", state.nested("model"));
}

State EarlierStages::state_in(const Files& files, std::string_view stage) const {
  auto tensors = from_safetensors(files.at("state.safetensors"),
                                  "the state of stage `" + std::string(stage) + "`");
  for (auto& [name, tensor] : tensors) tensor = tensor.to(context_.device);
  return {std::move(tensors), read_state(files.at("state.json"))};
}

const fs::path& EarlierStages::dir_of(std::string_view stage) const {
  const auto it = after_.find(std::string(stage));
  if (it != after_.end()) return it->second;
  throw Error(ErrorKind::kData, "this stage does not run after `" + std::string(stage) +
                                    "`: add it to `after:` to read what it leaves");
}

const EarlierStage& EarlierStages::earlier_of(std::string_view stage) const {
  dir_of(stage);
  const auto it = job_.earlier.find(std::string(stage));
  if (it != job_.earlier.end() && it->second.components.contains("model")) return it->second;
  throw Error(ErrorKind::kData, "stage `" + std::string(stage) +
                                    "` has no model, or no field of this component names it: "
                                    "declare one with Schema::stage() and kFinalWeights or "
                                    "kPosterior");
}

// As that stage built it, so that what it draws and does not register is the same.
EarlierStages::Built EarlierStages::build(std::string_view stage) const {
  const auto& earlier = earlier_of(stage);
  const Rng stream(static_cast<std::uint64_t>(earlier.seed));
  Surroundings around;
  if (earlier.components.contains("dataset")) around.info = &info(stage);
  Built built;
  around.nested = [&](std::string_view kind, const auto& make_nested) {
    if (kind != Model::kind) return make_nested();
    seed_default_generators(stream.fork("nested model").fork("model").fork(built.nested.size()),
                            torch::kCPU);
    auto made = make_nested();
    built.nested.push_back(std::static_pointer_cast<Model>(made));
    return made;
  };
  seed_default_generators(stream.fork("model"), torch::kCPU);
  built.model = std::static_pointer_cast<Model>(make("model", stage, around));
  return built;
}

Info EarlierStages::read_info(std::string_view stage) const {
  const auto& earlier = earlier_of(stage);
  if (!earlier.components.contains("dataset")) return {};
  auto dataset = std::static_pointer_cast<Dataset>(make("dataset", stage, {}));
  if (earlier.subset.empty()) return dataset->info();
  auto selection = read_selection(earlier.subset);
  return subset(dataset, std::move(selection.ids), std::move(selection.weights))->info();
}

void EarlierStages::load_plugins(const EarlierStage& stage) const {
  for (const auto& [file, build] : stage.plugins)
    if (!job_.plugins.contains(file) && loaded_->insert(file).second)
      load_plugin_of(job_, file, build, registry_);
}

std::shared_ptr<void> EarlierStages::make(const std::string& kind, std::string_view stage,
                                          Surroundings around) const try {
  const auto& earlier = earlier_of(stage);
  load_plugins(earlier);
  const auto before =
      std::make_shared<EarlierStages>(earlier.after, job_, registry_, context_, earlier_);
  before->loaded_ = loaded_;
  around.inputs = before;
  return registry_.make(kind, earlier.components.at(kind), around);
} catch (const Error& error) {
  // Before any stage has run, the check of that stage tells it at its own place.
  if (earlier_ == Earlier::kToCome) throw NotRunYet();
  throw Error(error.kind(), "stage `" + std::string(stage) + "`: " + error.what());
}

}  // namespace assay
