// A field of a component as a plugin's probe describes it.
#include "core/base/value_json.h"
#include "runner/protocol/probe_answer.h"
#include "tests/fuzz/target.h"

using namespace assay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzzing::answer(size, [&] {
    try {
      const auto text = to_json(field_from_json(parse_json(fuzzing::text_of(data, size)))).dump();
      fuzzing::require(to_json(field_from_json(parse_json(text))).dump() == text,
                       "a field is the same when it is written and read again");
    } catch (const nlohmann::json::exception&) {
    }
  });
}
