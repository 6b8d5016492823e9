// Rule files of topic glc: what is read is written and read alike.
#include "plugins/glc/shared/rules/rules_json.h"

#include "assay/error.h"
#include "tests/fuzz/target.h"

using namespace assay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  return fuzzing::answer(size, [&] {
    const auto rules = glc::from_json(text, "rules.json");
    const auto again = glc::from_json(glc::to_json(rules), "rules.json");
    fuzzing::require(again.rules.size() == rules.rules.size(), "as many rules come back");
    for (std::size_t k = 0; k < rules.rules.size(); ++k)
      fuzzing::require(again.rules[k].box == rules.rules[k].box,
                       "bounds come back to the last bit");
  });
}
