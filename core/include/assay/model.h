// Model: a torch module with a typed forward(), and abilities: optional interfaces, found by
// as<T>().
#pragma once

#include <map>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "assay/dataset.h"
#include "assay/role.h"
#include "assay/state.h"

namespace assay {

/// Result of one forward pass over B samples, on the model's device.
struct Output {
  /// [B, classes], or [B, T] values for regression; float. Undefined if only the objective knows
  /// what the model gives: it is then measured by the objective's terms.
  torch::Tensor logits = {};
  /// [B, D] input of the last layer; undefined if there is none.
  torch::Tensor features = {};
  /// [B] bool: true for samples on which the model abstains; undefined if it always answers. An
  /// abstention counts as wrong in accuracy.
  torch::Tensor abstained = {};
};

/// Registers its weights as parameters and buffers, so that checkpoints, devices and train/eval
/// modes need no code in the plugin. A model that has further state also derives from Stateful. The
/// worker seeds LibTorch's default generators before it builds a model, so equal seeds give equal
/// initial weights. Used by one thread at a time.
class Model : public torch::nn::Module {
 public:
  using Interface = Model;
  static constexpr std::string_view kind = "model";
  ~Model() override;

  /// `batch` is on the model's device; its input is [B, ...] with the shape of Info::input_shape
  /// after B. Most models read nothing else, and then work on a batch that has only an input. Runs
  /// in the module's train or eval mode, with or without gradients. Throws Error{kShape} (or
  /// LibTorch's c10::Error) for an input of another shape.
  virtual Output forward(const Batch& batch) = 0;
};

/// Ability: some parameters belong to one term of the objective alone (the prompt of a domain, the
/// head of a task). All others are shared between the terms. See Problem::owners().
class Partitioned {
 public:
  virtual ~Partitioned();
  /// The model's parameters that belong to the term of that name alone; empty if there are none.
  /// Called once, when a BatchProblem is constructed.
  virtual Tensors own(const std::string& term) = 0;
};

/// Ability: the logits are a linear function of the features, logits = features weight^T + bias.
class LinearHead {
 public:
  virtual ~LinearHead();
  struct Head {
    torch::Tensor weight;  // [classes, D]
    torch::Tensor bias;    // [classes]
  };
  virtual Head head() = 0;  // the model's own parameters: writing to them changes the model
};

/// Ability: maps its features to a space in which a contrastive loss compares views of samples.
class Projector {
 public:
  virtual ~Projector();
  /// `features` [B, D] as in Output::features; returns [B, d].
  virtual torch::Tensor project(const torch::Tensor& features) = 0;
  /// The prediction of another view's projection, [B, d] -> [B, d]. Throws Error{kParameter}
  /// without a predictor.
  virtual torch::Tensor predict(const torch::Tensor& projections) = 0;
};

/// Where tensors of another program go in a module.
struct WeightRule {
  /// A name there, or a pattern of names: each `*` stands for any characters, dots included.
  std::string from;
  /// The name in the module, in which each `*` is what that of `from` stood for, in this order.
  /// With several names the tensor is split along its first dimension, into the sizes that the
  /// module has.
  std::vector<std::string> to;
  bool transpose = false;  // swaps the two dimensions of a matrix, before it is split
};

/// Ability: knows under which names other programs store its weights, so that a manifest can say
/// `weights: {file: FILE, names: torchvision}`.
class Importable {
 public:
  virtual ~Importable();
  /// By the name of a convention: its rules, of which the first that matches a name holds. What no
  /// rule matches is left out.
  virtual std::map<std::string, std::vector<WeightRule>> conventions() const = 0;
};

/// All samples of a split, in the order of their ids, on the model's device.
struct Samples {
  std::string split;     // "train", "validation", "test"
  torch::Tensor input;   // [N, ...] float32
  torch::Tensor target;  // [N] int64 classes, or [N, T] float
};

/// Ability: fitted directly to the samples, without gradients, step by step. Everything it has
/// learned is in its registered buffers and, if it is Stateful, in its state, so that a run can be
/// resumed between two steps. Buffers may change shape from step to step and are restored in any
/// shape, so forward() must check them: it throws Error{kShape} if they do not fit the input.
class Fitted {
 public:
  virtual ~Fitted();
  /// Upper bound of the number of steps.
  virtual std::int64_t steps() const = 0;
  /// Does step `step`, counted from 0, on the training split. Returns true if another step is
  /// needed. A step should take at most a few seconds: the runner can stop only between steps.
  virtual bool fit(std::int64_t step, const Samples& samples, const Context& context) = 0;
};

/// Ability: its weights have a distribution q, which is learned, beside a prior p.
class Variational {
 public:
  virtual ~Variational();
  /// The divergence KL(q || p) in nats, summed over the weights: 0-dim, differentiable.
  virtual torch::Tensor divergence() = 0;
  virtual Role role(const std::string& parameter) const = 0;  // of the parameter of this name
};

/// Ability of a module within a model: in train mode each forward pass draws weights or activations
/// from LibTorch's default generators, as dropout does, and in eval mode it uses their means.
class RandomLayer {
 public:
  virtual ~RandomLayer();
};

/// Ability: writes what it has learned in a form for people or other programs, such as rules.
class Legible {
 public:
  virtual ~Legible();
  /// Texts by file name ("rules.txt", "rules.json"), with results on each of `splits`.
  virtual std::map<std::string, std::string> documents(const std::vector<Samples>& splits) = 0;
};

/// `component` as a T. Throws Error{kPlugin} if it lacks that ability; the message contains `name`
/// of the component and `ability`, the name of T.
template <class T, class Component>
T& as(Component& component, std::string_view name, std::string_view ability) {
  if (auto* found = dynamic_cast<T*>(&component)) return *found;
  throw Error(ErrorKind::kPlugin, "`" + std::string(name) + "` lacks the ability " +
                                      std::string(ability) + ", which this procedure needs");
}

}  // namespace assay
