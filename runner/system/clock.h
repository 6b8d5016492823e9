// Clocks: deadlines follow the steady one, which nobody sets; only stamps follow the wall's.
#pragma once

#include <chrono>

namespace assay {

inline double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Since 1970.
inline double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace assay
