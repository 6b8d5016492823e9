// ProcessState: what loading a plugin must leave as it was.
#pragma once

#include <array>
#include <csignal>
#include <string>

namespace assay {

/// A picture of the process-wide settings that a library can change behind everyone's back.
class ProcessState {
 public:
  ProcessState();
  /// What differs now, as a sentence's end ("changed the locale ..."), or ""; puts it back.
  std::string restore() const;

 private:
  static constexpr std::array kSignals = {SIGINT,  SIGTERM, SIGHUP, SIGUSR1, SIGUSR2,
                                          SIGSEGV, SIGABRT, SIGFPE, SIGPIPE, SIGCHLD};
  unsigned floating_point_;
  std::string locale_, folder_;
  unsigned mask_;
  std::array<struct sigaction, kSignals.size()> handlers_;
};

/// How many LibTorch libraries are mapped into this process; more than one of a name abort it
/// later.
std::string second_libtorch();

}  // namespace assay
