// Target: one input under the limits that docs/reliability.md promises.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "assay/error.h"

namespace assay::fuzzing {

/// From here to its end, an input of `size` bytes may take four seconds of processor time and twice its
/// size + 64 MiB of memory. Ends the process, which libFuzzer takes for a find, where it takes
/// more.
class Limits {
 public:
  explicit Limits(std::size_t size);
  ~Limits();
  Limits(const Limits&) = delete;

 private:
  double began_;
};

/// A property that every accepted input has. Ends the process where it does not hold.
void require(bool holds, const char* property);

/// Runs `read` within the limits. An Error is an answer too; any other exception is a find.
template <class Read>
int answer(std::size_t size, Read&& read) {
  const Limits limits(size);
  try {
    read();
  } catch (const Error& error) {
    require(error.what()[0] != '\0', "an error says something");
  }
  return 0;
}

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return std::string(reinterpret_cast<const char*>(data), size);
}

}  // namespace assay::fuzzing
