// The weights of a model: to and from files, and those with which it starts.
#pragma once

#include <string>

#include "assay/inputs.h"
#include "assay/sdk/weights.h"
#include "runner/protocol/initial_weights.h"

namespace assay {

/// Puts weights_of() the model back. Throws Error{kCorrupt} that lists all tensors that are
/// missing, superfluous or of another shape; `source` names the file.
void set_weights(Model& model, const TensorMap& weights, const std::string& source);

/// The tensors of the stage or file; none if there is neither.
TensorMap read_given_weights(const InitialWeights& weights, const Inputs& inputs);

/// Sets the weights with which a stage starts, from `given`, if there are any. Throws Error{kData}
/// that lists what does not fit, and Error{kParameter} for a pattern that matches nothing, with the
/// path "weights" of the manifest.
void set_initial_weights(Model& model, const InitialWeights& weights, const TensorMap& given);

/// Whether `kept`, patterns of `new`, has the last layer. If the model does not tell which one that
/// is, it is what they have.
bool has_new_outputs(Model& model, const Strings& kept);

/// Throws Error{kParameter} if the data of the stage, `earlier`, name other classes than `own`, or
/// have them in another order. The number is that of the weights, and checked with them.
void check_same_classes(const InitialWeights& weights, const Info& earlier, const Info& own);

}  // namespace assay
