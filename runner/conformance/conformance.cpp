#include "runner/conformance/conformance.h"

#include <map>

#include <c10/util/Exception.h>

#include "runner/conformance/owed.h"
#include "runner/conformance/trial.h"
#include "runner/conformance/watches.h"

namespace assay::conformance {
namespace {

using Test = void (*)(const Registry&, const Entry&, Owed&);

const std::map<std::string, Test>& tests() {
  static const std::map<std::string, Test> all = {
      {"optimizer", test_optimizer}, {"model", test_model},         {"objective", test_objective},
      {"dataset", test_dataset},     {"transform", test_transform}, {"callback", test_callback},
      {"metric", test_metric},       {"predictor", test_predictor}, {"procedure", test_procedure},
      {"selector", test_selector}};
  return all;
}

// Numbers that are made up suit these kinds; a model, say, may need others for the tiny data. A
// stage with a model is there for all.
Strings lacking(const Entry& entry) {
  for (const char* kind : {"optimizer", "transform", "callback", "metric", "predictor"})
    if (entry.kind == kind) return testing::lacking_values(entry);
  const auto values = testing::required_values(entry);
  Strings names;
  for (const auto& field : entry.fields)
    if (field.required &&
        ((field.type != Type::kComponent && field.kind != kStage) || !values.contains(field.name)))
      names.push_back(field.name);
  return names;
}

// LibTorch's messages go on with where in its sources they were thrown.
std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// Returns why it could not be tested, or "".
std::string run(Test test, const Registry& registry, const Entry& entry, Owed& owed) try {
  const OutputWatch output;
  test(registry, entry, owed);
  owed.expect(output.is_silent(), "it writes on standard output, which belongs to the program");
  return "";
} catch (const DataMissing& missing) {
  return missing.what();
} catch (const c10::Error& error) {
  owed.expect(false, "it throws: " + first_line(error.what_without_backtrace()));
  return "";
} catch (const std::exception& error) {
  owed.expect(false, "it throws: " + first_line(error.what()));
  return "";
} catch (...) {
  owed.expect(false, "it throws something that is not a std::exception");
  return "";
}

}  // namespace

Verdict test_component(const Registry& registry, const Entry& entry) {
  Owed owed;
  Verdict verdict;
  run(test_fields, registry, entry, owed);
  const auto test = tests().find(entry.kind);
  if (test == tests().end())
    verdict.skipped = "nothing is known of what a " + entry.kind + " owes";
  else if (const auto names = lacking(entry); !names.empty())
    verdict.skipped = "it has required parameters, for which no values are known: " + listed(names);
  else
    verdict.skipped = run(test->second, registry, entry, owed);
  verdict.broken = owed.broken();
  return verdict;
}

}  // namespace assay::conformance
