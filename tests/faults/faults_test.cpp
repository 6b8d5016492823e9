// Each call to the system fails, once and for ever, in each way.
#include <catch2/catch.hpp>

#include "tests/faults/faulty_disk.h"
#include "tests/faults/recording.h"
#include "tests/support/shell.h"

using namespace assay;
using namespace assay::testing;

namespace {

bool survives_by_itself(const Fault& fault) {
  return fault.code == EINTR || fault.code == 0;
}

void carry_on(const std::filesystem::path& dir) {
  const FaultyDisk sound;
  CHECK_NOTHROW(check_standing(dir));
  record(dir);
  CHECK(read_recorded(dir) == whole());
}

// Whether call `at` was reached at all.
bool strike(const std::filesystem::path& dir, const Fault& fault, int at, bool for_ever) {
  FaultyDisk disk(fault, at, for_ever);
  bool failed = false;
  try {
    record(dir);
  } catch (const DiskFull&) {
    failed = true;
    CHECK(fault.code == ENOSPC);
  } catch (const Error& error) {
    failed = true;
    UNSCOPED_INFO(error.what());
    CHECK(error.kind() == ErrorKind::kIo);
    CHECK(fault.code != ENOSPC);
  }
  if (disk.reached()) CHECK(failed != survives_by_itself(fault));
  return disk.reached();
}

}  // namespace

TEST_CASE("whichever call fails, what lies there is whole, and the run ends as if it had not") {
  const Fault fault = GENERATE(from_range(std::begin(kFaults), std::end(kFaults)));
  const bool for_ever = GENERATE(false, true);
  int at = 1;
  for (;; ++at) {
    const Folder folder;
    const auto dir = folder.path() / "run";
    INFO(fault.name << (for_ever ? " from" : " at") << " call " << at);
    const bool reached = strike(dir, fault, at, for_ever);
    carry_on(dir);
    if (!reached) break;
  }
  CHECK(at > (fault.only_syncs ? 30 : 100));
}

TEST_CASE("a second fault while the run recovers from the first changes nothing") {
  for (int first = 1; first < 120; first += 7)
    for (int second = 1; second < 40; second += 3) {
      const Folder folder;
      const auto dir = folder.path() / "run";
      INFO("calls " << first << " and " << second);
      strike(dir, kFaults[0], first, true);
      strike(dir, kFaults[1], second, true);
      carry_on(dir);
    }
}
