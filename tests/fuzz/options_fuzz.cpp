// The command line of a verb: the first byte says which, then one word a line.
#include "runner/cli/options.h"

#include <sstream>

#include "tests/fuzz/target.h"

using namespace assay;
using namespace assay::cli;

namespace {

const Verb* const kVerbs[] = {&kRunVerb,  &kPlanVerb,   &kStatusVerb, &kResumeVerb, &kListVerb,
                              &kStopVerb, &kReportVerb, &kExportVerb, &kPluginVerb, &kDoctorVerb};

Strings lines_of(const std::string& text) {
  Strings lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// After `--` every word is a word.
void check_words(const Verb& verb, Strings words) {
  words.insert(words.begin(), "--");
  bool help = false;
  const auto call = parse(verb, words, help);
  words.erase(words.begin());
  fuzzing::require(!help && call.words == words, "words after -- are taken as they are");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto& verb = *kVerbs[data[0] % std::size(kVerbs)];
  const auto words = lines_of(fuzzing::text_of(data + 1, size - 1));
  return fuzzing::answer(size, [&] {
    try {
      bool help = false;
      parse(verb, words, help);
    } catch (const UsageError&) {
    }
    check_words(verb, words);
  });
}
