// Flags: from the command line first, then from ASSAY_<FLAG> in the environment.
#pragma once

#include "runner/cli/verb.h"

namespace assay::cli {

/// The flags of `verb`, shared ones included.
boost::program_options::options_description flags_of(const Verb& verb);
/// Throws UsageError, naming the nearest flag for one that does not exist. `help` is set where it
/// was asked for; the rest of the answer is void then.
Call parse(const Verb& verb, const Strings& argv, bool& help);
std::string help_of(const Verb& verb);
/// A flag that is on or off: `--force`, `--force=false`.
boost::program_options::value_semantic* on_or_off();

}  // namespace assay::cli
