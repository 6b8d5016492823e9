// The worker's own process, told from one that a plugin has forked.
#pragma once

#include <unistd.h>

#include <cstdlib>

namespace assay {

inline const pid_t kOwnProcess = ::getpid();  // set before main()

/// A component that forks, and whose child comes back to us, would have every row written twice:
/// the child ends here.
inline void leave_if_forked() {
  if (::getpid() != kOwnProcess) std::_Exit(0);
}

}  // namespace assay
