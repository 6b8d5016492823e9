// From specs to objects, in the order in which they need one another.
#include "runner/worker/assembly.h"

#include "assay/needs.h"
#include "assay/sdk/safetensors.h"
#include "assay/sdk/training.h"
#include "runner/files/build_id.h"
#include "runner/files/checkpoint.h"
#include "runner/files/file_system.h"
#include "runner/files/run_folder.h"
#include "runner/worker/memory.h"
#include "runner/worker/own_process.h"
#include "runner/worker/plugin_loader.h"
#include "runner/worker/process_state.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

TensorMap read_tensors(const fs::path& file) {
  return from_safetensors(read_file(file, kAnySize), file.string());
}

fs::path artifact_file(const fs::path& dir, std::string_view name) {
  return RunFolder(dir).artifacts() / (std::string(name) + ".safetensors");
}

// Artifacts of the stages before, read when asked for.
class FolderInputs final : public Inputs {
 public:
  explicit FolderInputs(std::map<std::string, fs::path> dirs) : dirs_(std::move(dirs)) {}

  TensorMap artifact(std::string_view stage, std::string_view name) const override {
    const auto it = dirs_.find(std::string(stage));
    if (it == dirs_.end())
      throw Error(ErrorKind::kData, "this stage does not run after `" + std::string(stage) +
                                        "`: add it to `after:` to read its artifacts");
    const auto file = artifact_file(it->second, name);
    if (!fs::exists(file))
      throw Error(ErrorKind::kData, "stage `" + std::string(stage) + "` wrote no artifact `" +
                                        std::string(name) + "`" + offered(it->second));
    return read_tensors(file);
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
  static std::string offered(const fs::path& dir) {
    std::string names;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(RunFolder(dir).artifacts(), none))
      if (entry.path().extension() == ".safetensors")
        names += (names.empty() ? "; it wrote " : ", ") + entry.path().stem().string();
    return names.empty() ? "; it wrote none" : names;
  }

  std::map<std::string, fs::path> dirs_;
};

std::vector<double> weights_in(const TensorMap& selection, const fs::path& file) {
  const auto it = selection.find("weights");
  if (it == selection.end()) return {};
  if (it->second.dim() != 1 || !it->second.is_floating_point() ||
      it->second.numel() != selection.at("ids").numel())
    throw Error(ErrorKind::kData,
                file.string() + ": `weights` must be a vector of real numbers, one per id");
  const auto weights = it->second.to(torch::kDouble).contiguous();
  const auto* first = weights.data_ptr<double>();
  return {first, first + weights.numel()};
}

// A step weighs the losses that an objective gives by sample: what has no objective cannot.
void check_weighs(const Registry& registry, const Job& job, const fs::path& file) {
  const auto it = job.components.find("procedure");
  if (it == job.components.end()) return;
  const auto& needs = registry.find("procedure", it->second.use).needs;
  if (std::find(needs.begin(), needs.end(), "objective") == needs.end())
    throw Error(ErrorKind::kParameter,
                "procedure `" + it->second.use + "` cannot weight samples, and " + file.string() +
                    " has weights: use a procedure with an objective, or a selector "
                    "without weights",
                "procedure");
}

std::shared_ptr<Dataset> cut(std::shared_ptr<Dataset> dataset, const Registry& registry,
                             const Job& job) {
  const auto file = artifact_file(job.subset, "ids");
  const auto tensors = read_tensors(file);
  const auto it = tensors.find("ids");
  if (it == tensors.end() || it->second.scalar_type() != torch::kInt64 || it->second.dim() != 1)
    throw Error(ErrorKind::kData,
                file.string() + ": expected a one-dimensional int64 tensor `ids`");
  if (tensors.contains("weights")) check_weighs(registry, job, file);
  const auto ids = it->second.contiguous();
  const auto* first = ids.data_ptr<std::int64_t>();
  return subset(std::move(dataset), {first, first + ids.numel()}, weights_in(tensors, file));
}

// What a constructor throws, as an error that names the component. Memory that runs out is not its
// fault.
std::shared_ptr<void> make(const Registry& registry, const std::string& kind, const Spec& spec,
                           const Info* info) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::kPlugin, kind + " `" + spec.use + "`: " + what, kind);
  };
  try {
    return registry.make(kind, spec, info);
  } catch (const Error& error) {
    throw error.within(kind);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const c10::Error& error) {
    if (is_out_of_memory(error)) throw;
    fail(error.what_without_backtrace());
  } catch (const std::exception& error) {
    fail(error.what());
  } catch (...) {
    fail("threw something that is not a std::exception");
  }
  return nullptr;
}

std::shared_ptr<void> build(const Registry& registry, const Job& job, const std::string& kind,
                            const Info* info) {
  const auto it = job.components.find(kind);
  if (it == job.components.end()) return nullptr;
  const ProcessState before;
  auto made = make(registry, kind, it->second, info);
  leave_if_forked();
  if (const auto changed = before.restore(); !changed.empty())
    throw Error(ErrorKind::kPlugin, kind + " `" + it->second.use + "` " + changed);
  return made;
}

template <class I>
void build(std::shared_ptr<I>& part, const Assembly& assembly, const Job& job, const Info* info) {
  part = std::static_pointer_cast<I>(build(assembly.registry, job, std::string(I::kind), info));
}

void build_model(Assembly& assembly, const Job& job, const Context& context, const Info* info) {
  seed_default_generators(context.rng.fork("model"), context.device);
  build(assembly.parts.model, assembly, job, info);
  if (!assembly.parts.model) return;
  if (!job.weights.empty()) {
    const auto folder = RunFolder(job.weights).checkpoints();
    const auto damaged = [](const std::string& what) { throw Error(ErrorKind::kCorrupt, what); };
    const auto last = read_checkpoint(folder, damaged);
    if (!last) throw Error(ErrorKind::kData, folder.string() + ": has no weights to start from");
    set_weights(*assembly.parts.model,
                from_safetensors(last->files.at("model.safetensors"), folder.string()),
                folder.string());
  }
  assembly.parts.model->to(context.device);
}

// A procedure that used what it does not declare would fail with another manifest.
Parts taken_by(const std::string& procedure, const Registry& registry, const Parts& parts) {
  Parts taken;
  taken.inputs = parts.inputs;
  for (const auto& text : registry.find("procedure", procedure).needs) {
    const auto kind = need_of(text).kind;
    if (kind == "dataset") taken.dataset = parts.dataset;
    if (kind == "model") taken.model = parts.model;
    if (kind == "objective") taken.objective = parts.objective;
    if (kind == "optimizer") taken.optimizer = parts.optimizer;
    const auto it = parts.others.find(kind);
    if (it != parts.others.end()) taken.others.insert(*it);
  }
  return taken;
}

bool is_named_part(const std::string& kind) {
  return kind == "dataset" || kind == "model" || kind == "objective" || kind == "optimizer" ||
         kind == "procedure";
}

// The number belongs to the builds that the front end has seen.
void check_core(const std::map<std::string, std::string>& core) {
  const auto now = core_builds("/proc/self/exe");
  for (const auto& [file, build] : now)
    if (const auto it = core.find(file); it == core.end() || it->second != build)
      throw Error(ErrorKind::kPlugin, file +
                                          " was rebuilt after this sweep started: run the manifest "
                                          "again, which starts new trials with it");
}

}  // namespace

std::unique_ptr<Assembly> assemble(const Job& job, const Context& context) {
  auto made = std::make_unique<Assembly>();
  check_core(job.core);
  for (const auto& [file, build] : job.plugins)
    if (load_plugin(file, made->registry).build != build)
      throw Error(ErrorKind::kPlugin, file.string() +
                                          " was rebuilt after this sweep started: run the manifest "
                                          "again, which starts new trials with it");
  Parts& parts = made->parts;
  build(parts.dataset, *made, job, nullptr);
  if (parts.dataset && !job.subset.empty()) parts.dataset = cut(parts.dataset, made->registry, job);
  const Info* info = parts.dataset ? &parts.dataset->info() : nullptr;
  build_model(*made, job, context, info);
  build(parts.objective, *made, job, info);
  build(parts.optimizer, *made, job, info);
  build(made->procedure, *made, job, info);
  for (const auto& [kind, spec] : job.components)
    if (!is_named_part(kind))
      parts.others[kind] = {build(made->registry, job, kind, info),
                            made->registry.find(kind, spec.use).version};
  parts.inputs = std::make_shared<FolderInputs>(job.after);
  if (const auto it = job.components.find("procedure"); it != job.components.end())
    made->taken = taken_by(it->second.use, made->registry, parts);
  return made;
}

TensorMap weights_of(const Model& model) {
  TensorMap all;
  for (const auto& item : model.named_parameters()) all[item.key()] = item.value().detach();
  for (const auto& item : model.named_buffers()) all[item.key()] = item.value().detach();
  return all;
}

void set_weights(Model& model, const TensorMap& weights, const std::string& source) {
  const torch::NoGradGuard no_grad;
  auto own = weights_of(model);
  const auto buffers = model.named_buffers();
  const bool fitted = dynamic_cast<const Fitted*>(&model) != nullptr;
  for (const auto& [name, tensor] : weights)
    if (!own.contains(name))
      throw Error(ErrorKind::kCorrupt, source + ": `" + name + "` is not a tensor of this model");
  for (auto& [name, tensor] : own) {
    const auto it = weights.find(name);
    if (it == weights.end())
      throw Error(ErrorKind::kCorrupt,
                  source + ": the tensor `" + name + "` of the model is missing");
    if (fitted && buffers.contains(name)) tensor = buffers[name].resize_(it->second.sizes());
    if (it->second.sizes() != tensor.sizes())
      throw Error(ErrorKind::kCorrupt,
                  source + ": `" + name + "` has a different shape than in the model");
    tensor.copy_(it->second);
  }
}

}  // namespace assay
