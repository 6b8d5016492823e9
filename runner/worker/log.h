// The run's log.txt, which is the worker's standard error.
#pragma once

#include <cstdio>
#include <string>

namespace assay {

/// A full disk costs the line, not the run: fmt::print() would throw.
inline void log_line(const std::string& text) {
  std::fputs((text + "\n").c_str(), stderr);
}

}  // namespace assay
