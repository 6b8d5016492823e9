// Model: a torch module with a typed forward, and optional abilities asked for with `as<T>()`.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "assay/context.h"
#include "assay/state.h"

namespace assay {

/// Result of one forward pass over B samples.
struct Output {
  torch::Tensor logits;    // [B, classes] (or [B, ...] for regression), float
  torch::Tensor features;  // [B, D] before the last layer; undefined where there are none
  torch::Tensor refused = {};  // [B] bool, samples it has no answer for; undefined: none
};

/// Owns its weights as registered parameters and buffers, so that checkpoints, devices, train and
/// eval modes and parameter counts come from torch::nn::Module and need no code in a plugin. Two
/// models of one Rng seed are born with the same weights: the worker seeds the default generators
/// before it builds one.
class Model : public torch::nn::Module {
 public:
  using Interface = Model;
  static constexpr std::string_view kind = "model";
  ~Model() override;

  /// `input` is [B, ...] on the model's device. Throws Error{kShape} where the rest of the shape
  /// is not what the dataset's Info promised.
  virtual Output forward(const torch::Tensor& input) = 0;
};

/// Ability: predicts the noise (or x_0, or v) of a diffusion step.
class Denoiser {
 public:
  virtual ~Denoiser();
  /// `x` [B, ...], `t` [B] int64 steps, `label` [B] int64 or undefined. Returns x's shape.
  virtual torch::Tensor denoise(const torch::Tensor& x, const torch::Tensor& t,
                                const torch::Tensor& label) = 0;
};

/// Ability: parts that can be switched off (attention heads, filters) for component attribution.
class Maskable {
 public:
  virtual ~Maskable();
  virtual const std::vector<std::string>& components() const = 0;
  /// `keep` is [components().size()] in {0, 1}; it holds until the next call.
  virtual void set_mask(const torch::Tensor& keep) = 0;
};

/// Ability: the output layer can grow, for class-incremental streams.
class Growable {
 public:
  virtual ~Growable();
  virtual void grow_to(std::int64_t classes) = 0;
};

/// Ability: some parameters are prompts, the rest is meant to stay as it is.
class Promptable {
 public:
  virtual ~Promptable();
  virtual Tensors prompts() = 0;
};

/// Ability: parameters that one term of the objective has to itself: the prompt of a domain, the
/// head of a task. All others are shared.
class Partitioned {
 public:
  virtual ~Partitioned();
  /// Own parameters of the term of that name; empty where it has none.
  virtual Tensors own(const std::string& term) = 0;
};

/// Ability: logits are a linear function of Output::features.
class LinearHead {
 public:
  virtual ~LinearHead();
  struct Head {
    torch::Tensor weight;  // [classes, D]
    torch::Tensor bias;    // [classes]
  };
  virtual Head head() = 0;  // the model's own tensors
};

/// Ability: weights are drawn from a distribution.
class Variational {
 public:
  virtual ~Variational();
  virtual torch::Tensor kl() = 0;                     // 0-dim, in nats, attached to the graph
  virtual void resample(const Context& context) = 0;  // holds until the next call
};

/// All samples of a split, in the order of their ids.
struct Samples {
  std::string split;     // "train", "validation", "test"
  torch::Tensor input;   // [N, ...] float32
  torch::Tensor target;  // [N] int64 classes, or [N, T] float
};

/// Ability: fitted directly from samples, without gradients, step by step. What it has found so far
/// lies in its buffers, and, if it is Stateful, in its state; a run may be resumed between two
/// steps. Its buffers may change their shapes, and are loaded in any shape: forward() throws
/// Error{kShape} where they do not suit the input.
class Fitted {
 public:
  virtual ~Fitted();
  /// The most steps that it can take.
  virtual std::int64_t steps() const = 0;
  /// Does step `step`, counted from 0. Returns whether there is another. Aim at seconds a step.
  virtual bool fit(std::int64_t step, const Samples& samples, const Context& context) = 0;
};

/// Ability: can say what it has learned, for people to read and for programs to use.
class Legible {
 public:
  virtual ~Legible();
  /// Texts by file name ("rules.txt", "rules.json"), with its figures on each of `splits`.
  virtual std::map<std::string, std::string> documents(const std::vector<Samples>& splits) = 0;
};

/// The ability T of `component`; throws Error{kPlugin} "`resnet` lacks the ability Maskable, ..."
/// (`name` the component's, `ability` T's) where it has not got it.
template <class T, class Component>
T& as(Component& component, std::string_view name, std::string_view ability) {
  if (auto* found = dynamic_cast<T*>(&component)) return *found;
  throw Error(ErrorKind::kPlugin, "`" + std::string(name) + "` lacks the ability " +
                                      std::string(ability) + ", which this procedure needs");
}

}  // namespace assay
