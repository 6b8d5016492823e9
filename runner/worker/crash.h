// Crashes leave a trace: the signal, what was being done, and a symbolized backtrace in log.txt.
#pragma once

#include <string_view>

namespace assay {

/// Installs handlers for SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, which write the trace to
/// standard error and let the signal end the process.
void trace_crashes();

/// What is being done from now on, as "optimizer `sam`, unit 3 of 400". Up to 200 bytes are kept.
/// Safe to call often.
void set_crash_place(std::string_view place);

}  // namespace assay
