// Recorder: the Results and Log of a stage, onto its run folder.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "assay/procedure.h"
#include "runner/files/metrics_log.h"
#include "runner/files/run_folder.h"
#include "runner/files/tensorboard.h"
#include "runner/worker/events.h"
#include "runner/worker/flusher.h"

namespace assay {

class Recorder final : public Results, public Log {
 public:
  /// Cuts what lies after `unit`, the one of the checkpoint that the stage goes on from.
  Recorder(const RunFolder& folder, const std::string& stage, std::int64_t unit, Events& events);

  /// The unit that is being done, of how many.
  void at(std::int64_t unit, std::int64_t units);
  void model(std::shared_ptr<Model> model) { model_ = std::move(model); }
  void sync();
  /// Nothing more is written from another thread.
  void finish();
  std::map<std::string, double> latest() const;

  void metric(std::string_view name, double value) override;
  void artifact(std::string_view name, const TensorMap& value) override;
  void document(std::string_view name, std::string_view bytes) override;
  void keep_model(std::string_view name) override;
  void note(std::string_view message) override;  // standard error is the run's log.txt

 private:
  void flush();

  RunFolder folder_;
  Events& events_;
  std::atomic<std::int64_t> unit_ = 0;  // note() may come from a loader's thread
  std::atomic<std::int64_t> units_ = 0;
  std::shared_ptr<Model> model_;
  mutable std::mutex mutex_;  // of what follows
  std::map<std::string, double> latest_;
  MetricsLog log_;
  EventFile curves_;
  AppendedFile progress_;
  Flusher flusher_;  // last: it uses the others
};

}  // namespace assay
