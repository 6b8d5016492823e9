// Weights of a model: chosen by patterns of their names, or read under other names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "assay/sdk/layers.h"

namespace assay {

/// Whether `name` matches one of the shell patterns: `*` stands for any characters, dots included,
/// `?` for one, and `[ab]` for one of those.
bool matches_any(const std::string& name, const std::vector<std::string>& patterns);

/// Throws Error{kParameter} for the first pattern that matches none of `names`, the parameters of a
/// model; the message calls the list `field` and tells the nearest name.
void check_patterns(const std::vector<std::string>& patterns, const std::vector<std::string>& names,
                    const std::string& field);

/// The parameters whose names match, in the order of the model. Throws as check_patterns().
NamedTensors matching(const Model& model, const std::vector<std::string>& patterns,
                      const std::string& field);

/// The module's parameters and buffers by name; the tensors are the module's own, detached.
TensorMap weights_of(const torch::nn::Module& module);

/// Throws Error{kParameter} if the outputs of a model that `stage` built for `earlier` have another
/// number than those for `own`, or stand for other classes or in another order. Of classes
/// without names nothing is known.
void check_same_outputs(const Info& earlier, const Info& own, const std::string& stage);

/// The same for inputs: throws if they have another shape or type, or are normalized otherwise.
void check_same_inputs(const Info& earlier, const Info& own, const std::string& stage);

/// The tensors of a safetensors file, or of all `*.safetensors` files in a folder, on the CPU.
/// Throws Error{kData} if there are none, or if two files have a tensor of one name, and as
/// from_safetensors().
TensorMap read_weights(const std::filesystem::path& file_or_folder);

/// Which tensors go where. A tensor is one of the parameters and buffers of a module.
struct WeightPlan {
  /// The first rule that matches a name holds, and what none matches is left out. Without any rule
  /// all tensors keep their names.
  std::vector<WeightRule> rules = {};
  /// Patterns of the module's tensors that keep their values, whether they are given or not.
  std::vector<std::string> kept = {};
  bool needs_all_rules = false;  // whether a rule that places no tensor is an error
};

/// Copies `given`, which come from `source`, into the module; floating-point numbers are converted,
/// and buffers of a Fitted model get the shapes that are given.
/// `num_batches_tracked` of batch norm may be missing, since older files lack it. Throws Error, of
/// `kind`, that lists all tensors that are missing, too many, of another type or shape, before
/// anything is copied; and Error{kParameter} for a pattern of `kept` that matches nothing, and, if
/// the plan needs all rules, for a rule that places nothing.
void load_weights(torch::nn::Module& module, const TensorMap& given, const WeightPlan& plan,
                  const std::string& source, ErrorKind kind = ErrorKind::kData);

}  // namespace assay
