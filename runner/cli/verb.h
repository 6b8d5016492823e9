// Verb: what `assay` can be asked to do. One file a verb; main.cpp holds the list.
#pragma once

#include <boost/program_options.hpp>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "assay/value.h"

namespace assay::cli {

enum ExitCode {
  kOk = 0,
  kFailure = 1,
  kUsage = 2,
  kManifest = 3,
  kPlugin = 4,
  kFailedTrials = 5,
  kDiverged = 6,
  kRequeue = 75,
};

/// What was asked cannot be made sense of: exit 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Color { kAuto, kAlways, kNever };

/// One call: the flags that every verb has, its own, and the words after the verb.
struct Call {
  std::string verb;
  Strings words;
  bool json = false, quiet = false, safe_mode = false;
  std::filesystem::path runs;
  Strings plugins;
  int jobs = 0;
  Color color = Color::kAuto;
  boost::program_options::variables_map own;  // the verb's own flags
  Strings argv;

  bool flag(const char* name) const { return own[name].as<bool>(); }
  std::string text(const char* name) const { return own[name].as<std::string>(); }
  /// Throws UsageError unless there are `least` to `most` words.
  void expect_words(std::size_t least, std::size_t most, const std::string& what) const;
};

struct Verb {
  const char* name;
  const char* summary;   // one line
  const char* words;     // "MANIFEST [key=value...]"
  const char* examples;  // the first thing that --help prints
  int (*run)(const Call&);
  void (*add_flags)(boost::program_options::options_description&) = nullptr;
};

const std::vector<Verb>& verbs();

// One a file.
extern const Verb kRunVerb, kPlanVerb, kValidateVerb, kStatusVerb, kResumeVerb, kStopVerb,
    kListVerb, kDescribeVerb, kReportVerb, kCompareVerb, kExportVerb, kIndexVerb, kPluginVerb,
    kSchemaVerb, kCompletionVerb, kDoctorVerb, kVersionVerb;

}  // namespace assay::cli
