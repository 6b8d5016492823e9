// Power cuts: what was not synced is lost, torn, or there before what was written earlier.
#include <catch2/catch.hpp>

#include <cstdlib>

#include "tests/faults/faulty_disk.h"
#include "tests/faults/recording.h"
#include "tests/faults/volatile_disk.h"
#include "tests/support/shell.h"

using namespace assay;
using namespace assay::testing;
namespace fs = std::filesystem;

namespace {

// Cuts at each call of a run that begins with what lies in `from`; returns how many states it saw.
int cut_everywhere(std::mt19937& draw, int damages) {
  const Folder folder;
  VolatileDisk disk(folder.path());
  record(folder.path() / "run");
  int states = 0;
  for (std::size_t calls = 0; calls <= disk.calls(); ++calls)
    for (int damage = 0; damage < damages; ++damage, ++states) {
      const Folder after;
      disk.cut_power(calls, draw, after.path());
      const FaultyDisk sound;
      INFO("call " << calls << ", damage " << damage);
      CHECK_NOTHROW(check_standing(after.path() / "run"));
      record(after.path() / "run");
      CHECK(read_recorded(after.path() / "run") == whole());
    }
  return states;
}

}  // namespace

TEST_CASE(
    "a power cut at any call leaves a whole checkpoint, and the run ends as if it had not been") {
  const char* asked = std::getenv("ASSAY_DAMAGES");  // a longer run: 200, say
  std::mt19937 draw(20261127);
  const int states = cut_everywhere(draw, asked == nullptr ? 50 : std::atoi(asked));
  WARN(states << " states of a disk after a power cut");
  CHECK(states >= 5000);
}
