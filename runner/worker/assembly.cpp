// From specs to objects, in the order in which they need one another.
#include "runner/worker/assembly.h"

#include <optional>

#include "assay/needs.h"
#include "assay/sdk/safetensors.h"
#include "assay/sdk/training.h"
#include "runner/files/build_id.h"
#include "runner/files/hash.h"
#include "runner/worker/crash.h"
#include "runner/worker/memory.h"
#include "runner/worker/model_weights.h"
#include "runner/worker/own_process.h"
#include "runner/worker/plugin_loader.h"
#include "runner/worker/process_state.h"
#include "runner/worker/training_subset.h"

namespace assay {
namespace {

// A step weighs the losses that an objective gives by sample: what has no objective cannot.
void check_weighs(const Registry& registry, const Job& job) {
  const auto it = job.components.find("procedure");
  if (it == job.components.end()) return;
  const auto& needs = registry.find("procedure", it->second.use).needs;
  if (std::find(needs.begin(), needs.end(), "objective") == needs.end())
    throw Error(ErrorKind::kParameter,
                "procedure `" + it->second.use + "` cannot weight samples, and " +
                    artifact_file(job.subset, "ids").string() +
                    " has weights: use a procedure with an objective, or a selector "
                    "without weights",
                "procedure");
}

// Returns what `step` does; its errors are of the key `subset`.
template <class Step>
auto of_subset(const Step& step) try {
  return step();
} catch (const Error& error) {
  throw Error(error.kind(), std::string("`subset`: ") + error.what(), error.path());
}

std::shared_ptr<Dataset> cut_to_selection(std::shared_ptr<Dataset> dataset,
                                          const Registry& registry, const Job& job) {
  const auto selection = of_subset([&] { return read_selection(job.subset); });
  if (!selection.weights.empty()) check_weighs(registry, job);
  return of_subset([&] { return subset(dataset, selection.ids, selection.weights); });
}

// What a constructor throws, as an error that names the component. Memory that runs out is not its
// fault.
std::shared_ptr<void> make(const Registry& registry, const std::string& kind, const Spec& spec,
                           const Surroundings& around) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::kPlugin, kind + " `" + spec.use + "`: " + what, kind);
  };
  try {
    return registry.make(kind, spec, around);
  } catch (const Error& error) {
    throw error.within(kind);
  } catch (const NotRunYet&) {
    throw;
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

// Builds the parts of an assembly, one kind after the other.
class Builder {
 public:
  Builder(Assembly& assembly, const Job& job, const Context& context, Earlier earlier)
      : assembly_(assembly),
        job_(job),
        context_(context),
        earlier_(
            std::make_shared<EarlierStages>(job.after, job, assembly.registry, context, earlier)) {
    assembly.parts.inputs = around_.inputs = earlier_;
    around_.nested = [this](std::string_view kind, const auto& build) {
      return nested(kind, build);
    };
  }

  template <class I>
  std::shared_ptr<I> build() {
    return std::static_pointer_cast<I>(build(std::string(I::kind)));
  }

  std::shared_ptr<void> build(const std::string& kind) {
    const auto it = job_.components.find(kind);
    if (it == job_.components.end()) return nullptr;
    outermost_ = kind;
    set_crash_place("the constructor of " + kind + " `" + it->second.use + "`");
    const ProcessState before;
    auto made = make(assembly_.registry, kind, it->second, around_);
    leave_if_forked();
    if (const auto changed = before.restore(); !changed.empty())
      throw Error(ErrorKind::kPlugin, kind + " `" + it->second.use + "` " + changed);
    return made;
  }

  void build_model() {
    auto& model = assembly_.parts.model;
    if (!job_.components.contains(std::string(Model::kind))) return;
    const auto given = read_given();
    seed_default_generators(stream_of(given.value_or(TensorMap())), context_.device);
    model = build<Model>();
    set_crash_place("reading the weights to start from");
    if (given) take_over(*given);
    model->to(context_.device);
  }

  void use(const Dataset& dataset) {
    around_.info = &dataset.info();
    earlier_->use(dataset.info());
  }

 private:
  // Nothing if the stage that leaves them cannot be built before it runs: the rest can.
  std::optional<TensorMap> read_given() const try {
    return read_given_weights(job_.weights, *earlier_);
  } catch (const NotRunYet&) {
    return {};
  }

  void take_over(const TensorMap& given) {
    auto& model = *assembly_.parts.model;
    const auto& weights = job_.weights;
    set_initial_weights(model, weights, given);
    if (weights.stage.empty()) return;
    if (weights.is_plain()) earlier_->load_state(model, weights.stage);
    if (around_.info != nullptr && !has_new_outputs(model, weights.kept))
      check_same_classes(weights, earlier_->info(weights.stage), *around_.info);
  }

  // Where a layer starts anew, it must not start as it did in the stage whose other layers have
  // been trained with it: so its stream depends on what is taken over.
  Rng stream_of(const TensorMap& given) const {
    const auto own = context_.rng.fork("model");
    if (job_.weights.kept.empty() || given.empty()) return own;
    return own.fork("new").fork(sha256(to_safetensors(given)));
  }

  // A model within another component has a stream of its own, so that its first weights do not
  // depend on what is built before it.
  std::shared_ptr<void> nested(std::string_view kind,
                               const std::function<std::shared_ptr<void>()>& build) {
    if (kind != Model::kind) return build();
    auto& all = assembly_.nested[outermost_];
    seed_default_generators(context_.rng.fork("nested model").fork(outermost_).fork(all.size()),
                            context_.device);
    auto made = build();
    auto model = std::static_pointer_cast<Model>(made);
    model->to(context_.device);
    all.push_back(model);
    return made;
  }

  Assembly& assembly_;
  const Job& job_;
  const Context& context_;
  std::shared_ptr<EarlierStages> earlier_;
  Surroundings around_;
  std::string outermost_;  // the kind that is being built
};

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

std::unique_ptr<Assembly> assemble(const Job& job, const Context& context, Earlier earlier) {
  auto made = std::make_unique<Assembly>();
  check_core(job.core);
  for (const auto& [file, build] : job.plugins) load_plugin_of(job, file, build, made->registry);
  Parts& parts = made->parts;
  Builder builder(*made, job, context, earlier);
  parts.dataset = builder.build<Dataset>();
  if (parts.dataset && !job.subset.empty())
    parts.dataset = cut_to_selection(std::move(parts.dataset), made->registry, job);
  if (parts.dataset) {
    check_ids(*parts.dataset);
    builder.use(*parts.dataset);
  }
  builder.build_model();
  parts.objective = builder.build<Objective>();
  parts.optimizer = builder.build<Optimizer>();
  made->procedure = builder.build<Procedure>();
  for (const auto& [kind, spec] : job.components)
    if (!is_named_part(kind))
      parts.others[kind] = {builder.build(kind), made->registry.find(kind, spec.use).version};
  if (const auto it = job.components.find("procedure"); it != job.components.end())
    made->taken = taken_by(it->second.use, made->registry, parts);
  return made;
}

}  // namespace assay
