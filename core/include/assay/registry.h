// Registry, and the macro ASSAY_PLUGIN that every plugin needs. This header is part of the ABI.
#pragma once

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <type_traits>

#include <torch/headeronly/version.h>

#include "assay/callback.h"
#include "assay/interface.h"
#include "assay/metric.h"
#include "assay/optimizer.h"
#include "assay/procedure.h"
#include "assay/schema.h"
#include "assay/sdk/posterior.h"

namespace assay {

/// What the components of a stage are built with, beside their parameters.
struct Surroundings {
  const Info* info = nullptr;  // of the dataset; null while that is built, and if there is none
  std::shared_ptr<const Inputs> inputs = {};  // null if no runner builds them
  /// Builds a nested component, by calling `build`; null: it is only called.
  std::function<std::shared_ptr<void>(std::string_view kind,
                                      const std::function<std::shared_ptr<void>()>& build)>
      nested = {};
};

/// The arguments of a factory. Valid only during the call.
struct Build {
  const Values& params;
  const Surroundings& around;
  const Make& make;  // builds nested components

  /// What the earlier stages left. Throws Error{kData} if nothing runs stages.
  const Inputs& inputs() const;
  /// Of the stage's dataset. Throws Error{kParameter} if there is none.
  const Info& info() const;
};

/// One registered component.
struct Entry {
  std::string kind = {};
  std::string name = {};  // [a-z][a-z0-9_]*, unique within its kind
  std::string doc = {};   // one sentence; for a published method with authors, venue and year
  std::vector<FieldInfo> fields = {};
  /// What it needs: a kind of component, with `?` if it takes it but does without ("objective?"),
  /// or an ability of one ("model/Fitted"). Of what the optimizer minimizes: "problem/Parts", and
  /// for groups also "problem/Groups"; "problem/Split"; "problem/Again", to evaluate more than
  /// once. "weights" of a procedure: a trained model, of which a manifest must say where it is
  /// from.
  Strings needs = {};
  /// What it hides from others, of "Parts", "Groups", "Split" and "Again": an optimizer hides it
  /// from its base, an objective from the optimizer.
  Strings hides = {};
  /// The public abilities that it derives from, and those in its `static Strings abilities()`. A
  /// dataset has "Classes" or "Values", which are its targets: one that tells neither may have
  /// either. One that does not derive from Images is a "Table". A dataset around another one has
  /// the abilities of that one.
  Strings abilities = {};
  Strings rows = {};  // names of the rows that a metric may give, as RowInfo::name
  /// What it leaves for later stages with Results::artifact(); `*` at the end of a name stands for
  /// any text. An artifact that is not declared cannot be read through a field of type stage.
  Strings artifacts = {};
  std::string version = {};  // of its interface: version_of()
  /// The result points at a T::Interface.
  std::function<std::shared_ptr<void>(const Build&)> make = {};
  /// Converts a result of make() to Stateful; null if its interface is not Stateful.
  std::function<Stateful*(void*)> stateful = {};
};

/// The components of all loaded plugins. Filled at start-up, from one thread.
class Registry {
 public:
  /// Adds component T, which has `struct Params`, `static Schema<Params> schema()`, a constructor
  /// from (Params), (Params, const Info&) or (Params, const Build&), and optionally `static Strings
  /// needs()`, `hides()`, `abilities()` and `artifacts()`: see Entry. Throws Error{kPlugin} if the
  /// name is taken or malformed.
  template <class T>
  void add(std::string name, std::string doc) {
    static_assert(
        is_of_core(T::kind) || !version_of<typename T::Interface>().empty(),
        "an interface of a plugin's own needs `static constexpr std::string_view version`");
    insert({std::string(T::kind), std::move(name), std::move(doc), T::schema().fields(),
            needs_of<T>(), hides_of<T>(), abilities_of<T>(), rows_of<T>(), artifacts_of<T>(),
            std::string(version_of<typename T::Interface>()),
            [](const Build& build) { return make_one<T>(build); },
            [](void* made) { return stateful_of(static_cast<typename T::Interface*>(made)); }});
  }

  /// Builds `spec` of kind I::kind with its nested components. Throws Error{kPlugin}, with the
  /// nearest registered name, if there is no such component; Error{kParameter}, with component and
  /// field, for a bad parameter; and what the constructor throws.
  template <class I>
  std::shared_ptr<I> make(const Spec& spec, const Info* info = nullptr) const {
    expect_version(I::kind, version_of<I>(), find(I::kind, spec.use).version);
    return std::static_pointer_cast<I>(make(I::kind, spec, {.info = info}));
  }
  /// For callers that do not know the interface.
  std::shared_ptr<void> make(std::string_view kind, const Spec& spec,
                             const Surroundings& around) const;

  void insert(Entry entry);  // errors as add()
  /// Throws Error{kPlugin} if there is no such component. The reference is valid until the next
  /// insert.
  const Entry& find(std::string_view kind, std::string_view name) const;
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  static constexpr bool is_of_core(std::string_view kind) {
    constexpr std::string_view kOfCore[] = {
        "model",    "dataset",   "objective",       "optimizer", "procedure", "metric",
        "callback", "transform", "parameter_group", "selector",  "predictor", "evaluation_set"};
    return std::find(std::begin(kOfCore), std::end(kOfCore), kind) != std::end(kOfCore);
  }

  template <class T>
  static Strings needs_of() {
    if constexpr (requires { T::needs(); })
      return T::needs();
    else if constexpr (std::is_base_of_v<Procedure, T>)
      return {"model", "dataset", "objective", "optimizer"};
    else
      return {};
  }

  template <class T>
  static Strings hides_of() {
    if constexpr (requires { T::hides(); })
      return T::hides();
    else
      return {};
  }

  template <class T>
  static Strings artifacts_of() {
    if constexpr (requires { T::artifacts(); })
      return T::artifacts();
    else
      return {};
  }

  template <class T>
  static Strings abilities_of() {
    Strings all;
    const auto add = [&all](bool has, const std::string& name) {
      if (has) all.push_back(name);
    };
    add(std::is_base_of_v<Partitioned, T>, "Partitioned");
    add(std::is_base_of_v<LinearHead, T>, "LinearHead");
    add(std::is_base_of_v<Projector, T>, "Projector");
    add(std::is_base_of_v<Importable, T>, "Importable");
    add(std::is_base_of_v<Fitted, T>, "Fitted");
    add(std::is_base_of_v<Variational, T>, "Variational");
    add(std::is_base_of_v<Legible, T>, "Legible");
    add(std::is_base_of_v<Images, T>, "Images");
    add(std::is_base_of_v<WeightLender, T>, "WeightLender");
    add(std::is_base_of_v<WeightChooser, T>, "WeightChooser");
    add(std::is_base_of_v<PosteriorHolder, T>, "PosteriorHolder");
    if constexpr (requires { T::abilities(); })
      for (const auto& own : T::abilities()) add(true, own);
    if constexpr (std::is_base_of_v<Dataset, T>) add_unknown(all, T::schema().fields());
    return all;
  }

  template <class T>
  static Strings rows_of() {
    Strings names;
    if constexpr (std::is_base_of_v<Metric, T>)
      for (const auto& row : T::rows()) names.push_back(row.name);
    return names;
  }

  template <class I>
  static Stateful* stateful_of(I* made) {
    if constexpr (std::is_base_of_v<Stateful, I>)
      return made;
    else
      return nullptr;
  }

  template <class T>
  static std::shared_ptr<void> make_one(const Build& build) {
    auto params = T::schema().parse(build.params, build.make);
    if constexpr (std::is_constructible_v<T, typename T::Params, const Info&>) {
      return as_interface<T>(std::make_shared<T>(std::move(params), build.info()));
    } else if constexpr (std::is_constructible_v<T, typename T::Params, const Build&>) {
      return as_interface<T>(std::make_shared<T>(std::move(params), build));
    } else {
      return as_interface<T>(std::make_shared<T>(std::move(params)));
    }
  }
  template <class T>
  static std::shared_ptr<typename T::Interface> as_interface(std::shared_ptr<T> made) {
    return made;
  }

  // The abilities that a dataset does not tell, if no inner dataset tells them.
  static void add_unknown(Strings& abilities, const std::vector<FieldInfo>& fields);

  std::vector<Entry> entries_;
};

/// The ABI tag of this core. A plugin is loaded only if the tag in its file is the same.
std::string_view abi_tag();

}  // namespace assay

#ifndef NDEBUG
#error "define NDEBUG, or link assay::core: LibTorch was built with it, and layouts depend on it"
#endif

#define ASSAY_TEXT_(x) #x
#define ASSAY_TEXT(x) ASSAY_TEXT_(x)
#ifdef __FAST_MATH__
#define ASSAY_FAST_MATH "1"
#else
#define ASSAY_FAST_MATH "0"
#endif
#ifdef __clang__
#define ASSAY_COMPILER "clang" ASSAY_TEXT(__clang_major__)
#else
#define ASSAY_COMPILER "gcc" ASSAY_TEXT(__GNUC__)
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASSAY_SANITIZER "address"
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ASSAY_SANITIZER "address"
#endif
#ifndef ASSAY_SANITIZER
#define ASSAY_SANITIZER "none"
#endif
#ifdef _GLIBCXX_DEBUG
#define ASSAY_DEBUG_STL "1"
#else
#define ASSAY_DEBUG_STL "0"
#endif

// clang-format off
/// Everything that must agree for C++ objects to pass between core and plugin: text between fixed
/// marks, so that it can be read from a file without loading it. ASSAY_INTERFACE is a hash of the
/// headers of this folder, without comments: cmake/interface.cmake.
#define ASSAY_ABI_TAG \
  "<assay-abi interface=" ASSAY_INTERFACE " libtorch=" TORCH_VERSION                        \
  " compiler=" ASSAY_COMPILER " cxx11abi=" ASSAY_TEXT(_GLIBCXX_USE_CXX11_ABI)               \
  " cplusplus=" ASSAY_TEXT(__cplusplus) " fast-math=" ASSAY_FAST_MATH                       \
  " sanitizer=" ASSAY_SANITIZER " debug-stl=" ASSAY_DEBUG_STL ">"
// clang-format on

#define ASSAY_EXPORT __attribute__((visibility("default")))

/// Defines the entry point; the body that follows registers the components of the plugin, and must
/// do nothing else. Use it once per plugin. Plugins are never unloaded.
#define ASSAY_PLUGIN(registry)                                              \
  extern "C" ASSAY_EXPORT const char assay_abi[];                           \
  extern "C" ASSAY_EXPORT const char assay_abi[] = ASSAY_ABI_TAG;           \
  extern "C" ASSAY_EXPORT void assay_register(::assay::Registry& registry); \
  extern "C" ASSAY_EXPORT void assay_register(::assay::Registry& registry)
