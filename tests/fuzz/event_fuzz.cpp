// A worker's lines on descriptor 3, where a plugin may write too.
#include "runner/protocol/event.h"

#include "tests/fuzz/target.h"

using namespace assay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzzing::answer(size, [&] {
    const auto event = read_event(fuzzing::text_of(data, size));
    if (!event) return;
    fuzzing::require(event->unit >= 0 && event->units >= 0, "units are counts");
    const auto again = read_event(write_event(*event));
    fuzzing::require(again && write_event(*again) == write_event(*event),
                     "an event is the same when it is written and read again");
  });
}
