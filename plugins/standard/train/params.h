// Parameters of `train`.
#pragma once

#include "assay/callback.h"
#include "assay/metric.h"
#include "assay/schema.h"
#include "assay/transform.h"
#include "schedule.h"

struct TrainParams {
  std::int64_t epochs = 0;
  std::int64_t steps = 0;
  std::int64_t batch = 128;
  std::int64_t accumulate = 1;
  std::int64_t layers = 0;
  assay::Strings only;
  double resample = 0;
  std::string schedule = "constant";
  std::int64_t warmup = 0;
  assay::Reals milestones = {0.5, 0.75};
  double gamma = 0.1;
  double final_factor = 0;
  double offset = 1;
  double power = 0.5;
  std::string power_counts = "epochs";
  double clip = 0;
  bool bf16 = false;
  std::int64_t evaluate_epochs = 1;
  std::int64_t evaluate_steps = 0;
  std::int64_t evaluate_batch = 256;
  std::int64_t log_every = 20;
  std::vector<std::shared_ptr<assay::Metric>> metrics;
  std::string monitor;
  std::int64_t patience = 0;
  std::vector<std::shared_ptr<assay::Transform>> transforms;
  std::vector<std::shared_ptr<assay::Callback>> callbacks;
  std::int64_t prefetch = -1;
  std::int64_t loader_threads = 1;
  bool allow_nonfinite = false;
};

inline assay::Schema<TrainParams> train_schema() {
  using P = TrainParams;
  using namespace assay;
  return Schema<P>()
      .field("epochs", &P::epochs, at_least(0),
             "Passes over the training split; give either `epochs` or `steps`.")
      .field("steps", &P::steps, at_least(0),
             "Total number of optimizer steps; give either `epochs` or `steps`.")
      .field("batch", &P::batch, at_least(1), "Batch size: samples per forward pass.")
      .field("accumulate", &P::accumulate, at_least(1),
             "Gradient accumulation: batches per optimizer step; each term is averaged over the "
             "samples of all.")
      .needs({{"", "problem/Split"}})
      .field("layers", &P::layers, at_least(0),
             "Number of layers to train, counted from the end; the others are frozen; 0: all.")
      .field("only", &P::only, any(),
             "Patterns of the names of parameters to train, such as `output.*`; the others are "
             "frozen; empty: all.")
      .field("resample", &P::resample, at_least(0),
             "Weighted sampling: a sample of a group of n among N is drawn with weight (N / "
             "n)^resample, with replacement; 1 draws all groups equally often; 0 takes each sample "
             "once per epoch.")
      .field("schedule", &P::schedule, one_of({"constant", "cosine", "step", "power"}),
             "Learning rate schedule after the warm-up.")
      .field("warmup", &P::warmup, at_least(0), "Number of steps of linear learning rate warm-up.")
      .field("milestones", &P::milestones, between(0, 1),
             "Fractions of all steps at which schedule `step` multiplies the learning rate by "
             "`gamma`.")
      .field("gamma", &P::gamma, between(0, 1),
             "Learning rate factor at each milestone of schedule `step`.")
      .field("final_factor", &P::final_factor, between(0, 1),
             "Learning rate factor at the end of schedule `cosine`.")
      .field("offset", &P::offset, above(0),
             "Schedule `power` multiplies the learning rate by (offset + t)^-power, and by 1 at "
             "most; t counts from 0.")
      .field("power", &P::power, at_least(0), "See `offset`.")
      .field("power_counts", &P::power_counts, one_of({"epochs", "steps"}),
             "What t of schedule `power` counts.")
      .field("clip", &P::clip, at_least(0),
             "Gradient clipping: largest L2 norm of a gradient; 0: no clipping.")
      .field("bf16", &P::bf16, any(), "Runs the forward pass under bfloat16 autocast.")
      .field("evaluate_epochs", &P::evaluate_epochs, at_least(1),
             "Epochs between two evaluations on the validation split.")
      .field("evaluate_steps", &P::evaluate_steps, at_least(0),
             "Steps between two evaluations on the validation split; 0: use `evaluate_epochs`.")
      .field("evaluate_batch", &P::evaluate_batch, at_least(1),
             "Samples per forward pass during evaluation.")
      .field("log_every", &P::log_every, at_least(1),
             "Steps between two logged values of train/loss and of the optimizer's metrics; each "
             "is the mean since the last one.")
      .components("metrics", &P::metrics, {"standard"},
                  "What is measured on the validation split, and on the test split at the end.")
      .metric_row("monitor", &P::monitor,
                  "Row of the metrics on the validation split that selects the best weights, such "
                  "as `accuracy`; empty: the first row that is not of one class or group.")
      .field("patience", &P::patience, at_least(0),
             "Early stopping: evaluations without improvement before training stops; 0: never.")
      .components(
          "transforms", &P::transforms, {},
          "Augmentation of the training samples, in this order; evaluation does not see it.")
      .components("callbacks", &P::callbacks, {},
                  "What watches the training, such as averages of the weights; called in this "
                  "order.")
      .field("prefetch", &P::prefetch, at_least(-1),
             "Batches that are loaded ahead; -1: 2 per loader thread on a GPU or with several "
             "threads, otherwise 0.")
      .field("loader_threads", &P::loader_threads, between(1, 64),
             "Threads that load batches ahead; results do not depend on their number.")
      .field("allow_nonfinite", &P::allow_nonfinite, any(),
             "Continues after a NaN or infinite loss instead of ending the trial as diverged.");
}
