// Parameters of `train`.
#pragma once

#include "assay/schema.h"
#include "schedule.h"

struct TrainParams {
  std::int64_t epochs = 0;
  std::int64_t steps = 0;
  std::int64_t batch = 128;
  std::int64_t accumulate = 1;
  std::int64_t layers = 0;
  double resample = 0;
  std::string schedule = "constant";
  std::int64_t warmup = 0;
  assay::Reals milestones = {0.5, 0.75};
  double gamma = 0.1;
  double final_factor = 0;
  double clip = 0;
  double ema = 0;
  bool bf16 = false;
  std::int64_t evaluate_epochs = 1;
  std::int64_t evaluate_steps = 0;
  std::int64_t evaluate_batch = 256;
  bool detail = false;
  std::int64_t log_every = 20;
  std::string monitor = "accuracy";
  std::int64_t patience = 0;
  std::string final_weights = "last";
  std::int64_t prefetch = -1;
  bool count_forgetting = false;
  bool allow_nonfinite = false;
};

inline assay::Schema<TrainParams> train_schema() {
  using P = TrainParams;
  using namespace assay;
  return Schema<P>()
      .field("epochs", &P::epochs, at_least(0), "Passes over the training split; or give `steps`.")
      .field("steps", &P::steps, at_least(0), "Optimizer steps in all; or give `epochs`.")
      .field("batch", &P::batch, at_least(1), "Samples a forward pass.")
      .field("accumulate", &P::accumulate, at_least(1),
             "Batches a step: each term is averaged over its samples of all of them.")
      .field("layers", &P::layers, at_least(0),
             "Last layers whose parameters are trained, the others staying as they are; 0: all.")
      .field("resample", &P::resample, at_least(0),
             "Power of N / n by which a sample of a group of n of N is drawn, with replacement; 1 "
             "draws all groups alike often, 0 takes each sample once an epoch.")
      .field("schedule", &P::schedule, one_of({"constant", "cosine", "step"}),
             "Course of the step size after the warm-up.")
      .field("warmup", &P::warmup, at_least(0), "Steps of linear warm-up.")
      .field("milestones", &P::milestones, between(0, 1),
             "Fractions of all steps at which `step` multiplies the step size by `gamma`.")
      .field("gamma", &P::gamma, between(0, 1), "Factor of each milestone of `step`.")
      .field("final_factor", &P::final_factor, between(0, 1),
             "Factor of the step size at the end of `cosine`.")
      .field("clip", &P::clip, at_least(0), "Largest L2 norm of a gradient; 0 does not clip.")
      .field("ema", &P::ema, below(0, 1),
             "Decay, a step, of an average of the weights, which is evaluated and which the model "
             "ends "
             "with; 0 keeps none.")
      .field("bf16", &P::bf16, any(), "Runs the forward pass under bfloat16 autocast.")
      .field("evaluate_epochs", &P::evaluate_epochs, at_least(1), "Epochs between two validations.")
      .field("evaluate_steps", &P::evaluate_steps, at_least(0),
             "Steps between two validations; 0 goes by `evaluate_epochs`.")
      .field("evaluate_batch", &P::evaluate_batch, at_least(1),
             "Samples a forward pass of an evaluation.")
      .field("detail", &P::detail, any(),
             "Tells each class's recall on the test split too, their mean, and the macro F1.")
      .field("log_every", &P::log_every, at_least(1),
             "Steps between two rows of train/loss and of what the optimizer reports, each the "
             "mean since the last.")
      .field("monitor", &P::monitor, one_of({"accuracy", "loss", "worst_group"}),
             "Validation metric that decides which weights are best.")
      .field("patience", &P::patience, at_least(0),
             "Validations without improvement after which training stops; 0 never stops early.")
      .field("final_weights", &P::final_weights, one_of({"last", "best"}),
             "Weights that the model ends with and is tested with: the last, or those of the best "
             "validation.")
      .field("prefetch", &P::prefetch, at_least(-1),
             "Batches loaded ahead by a thread; -1 chooses 2 on a GPU and 0 on a CPU.")
      .field("count_forgetting", &P::count_forgetting, any(),
             "Counts how often each training sample's answer goes from right to wrong between two "
             "of its batches, by a forward pass more a batch: artifact `forgetting`, for the "
             "selector of that name.")
      .field("allow_nonfinite", &P::allow_nonfinite, any(),
             "Goes on after a NaN or infinite loss instead of ending the trial as diverged.");
}
