// Runs of the same recipe that another build of the code has made.
#pragma once

#include <map>

#include "runner/schedule/schedule.h"

namespace assay {

/// A finished run that differs in its builds alone from a stage that is asked for.
struct OtherBuild {
  std::filesystem::path dir;
  Strings changed;  // files of another build, such as "libassay_core.so"
};

/// By id of the stages of `trials` that have not begun, among the run folders of the experiment.
using OtherBuilds = std::map<std::string, OtherBuild>;
OtherBuilds find_other_builds(const Experiment& experiment, const std::filesystem::path& runs,
                              const std::vector<TrialOutcome>& trials);

/// The trials that need no run if `found` is taken: each of their stages is done or found.
std::vector<const Trial*> find_covered_trials(const std::vector<TrialOutcome>& trials,
                                              const OtherBuilds& found);

/// "3 trials were done by another build of libassay_core.so", or "" if there are none.
std::string describe_other_builds(const std::vector<TrialOutcome>& trials,
                                  const OtherBuilds& found);

/// Makes the run folders of covered trials that stand for those found: status and links. From then
/// on they are done, and marked as another build's.
void take_other_builds(const Experiment& experiment, const std::vector<TrialOutcome>& trials,
                       const OtherBuilds& found);

}  // namespace assay
