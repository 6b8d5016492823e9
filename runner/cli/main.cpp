// assay: the program people call. Links no LibTorch, so that verbs without tensors answer at once.
#include <fcntl.h>
#include <fmt/core.h>

#include <cstdlib>

#include <exception>
#include <filesystem>

#include "assay/error.h"
#include "assay/schema.h"
#include "runner/cli/options.h"
#include "runner/cli/output.h"

namespace assay::cli {

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> all{
      kRunVerb,    kPlanVerb,     kValidateVerb,   kStatusVerb,  kResumeVerb, kStopVerb,
      kListVerb,   kDescribeVerb, kReportVerb,     kCompareVerb, kExportVerb, kIndexVerb,
      kPluginVerb, kSchemaVerb,   kCompletionVerb, kDoctorVerb,  kVersionVerb};
  return all;
}

namespace {

std::string overview() {
  std::string text =
      "Examples:\n"
      "  assay run experiments/quickstart.yaml        run the trials that are not done\n"
      "  assay plan experiments/quickstart.yaml -j 2  list the trials and estimate the cost\n"
      "  assay list                                   list all components\n"
      "  assay describe optimizer/sam                 show the parameters of one\n\n"
      "Usage: assay VERB [WORDS...] [FLAGS...]\n\nVerbs:\n";
  for (const Verb& verb : verbs()) text += fmt::format("  {:<12}{}\n", verb.name, verb.summary);
  return text +
         "\n`assay VERB --help` explains a verb. Exit codes: 0 ok, 1 failure, 2 usage,\n"
         "3 manifest, 4 plugin, 5 failed or unfinished trials, 6 diverged,\n"
         "75 stopped, to be started again, 130 and 143 interrupted.\n";
}

const Verb& find(const std::string& name) {
  Strings names;
  for (const Verb& verb : verbs()) {
    if (verb.name == name) return verb;
    names.emplace_back(verb.name);
  }
  const auto near = nearest(name, names);
  throw UsageError(fmt::format(
      "there is no verb `{}`{}", name,
      near.empty() ? "; see `assay --help`" : fmt::format("; did you mean `{}`?", near)));
}

int exit_code_of(ErrorKind kind) {
  if (kind == ErrorKind::kPlugin) return kPlugin;
  return kind == ErrorKind::kManifest ? kManifest : kFailure;
}

int fail(const Call& call, const std::string& kind, const std::string& message, int code) {
  complain(call, message);
  if (call.json) print_json(call, {{"error", {{"kind", kind}, {"message", message}}}});
  return code;
}

int fail(const Call& call, const ManifestErrors& errors) {
  auto all = Json::array();
  for (const auto& one : errors.all()) {
    fmt::print(stderr, "{}\n", one.text());
    all.push_back(to_json(one));
  }
  if (call.json) print_json(call, {{"ok", false}, {"errors", all}});
  return kManifest;
}

int run(const Verb& verb, const Call& call) try {
  return verb.run(call);
} catch (const ManifestErrors& errors) {
  return fail(call, errors);
} catch (const Error& error) {
  return fail(call, std::string(name_of(error.kind())), error.what(), exit_code_of(error.kind()));
} catch (const UsageError&) {
  throw;
} catch (const std::filesystem::filesystem_error& error) {
  return fail(call, std::string(name_of(ErrorKind::kIo)),
              fmt::format("{}: {}", error.path1().string(), error.code().message()), kFailure);
} catch (const std::exception& error) {
  return fail(call, "failure", error.what(), kFailure);
}

// Results that nobody can read are a failure too: a full disk under a redirection, say.
int flushed(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  fmt::print(stderr, "assay: standard output cannot be written\n");
  return code == kOk ? kFailure : code;
}

// A stream that its caller closed: without this, the next file opened would be written to by
// prints.
void open_streams() {
  for (int fd = 0; fd <= 2; ++fd)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) std::abort();
}

int main_of(const Strings& words) {
  if (words.empty()) {
    fmt::print(stderr, "{}", overview());
    return kUsage;
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    fmt::print("{}", overview());
    return kOk;
  }
  const bool version = words[0] == "--version" || words[0] == "-V";
  const Verb& verb = version ? kVersionVerb : find(words[0]);
  bool help = false;
  Call call = parse(verb, {words.begin() + 1, words.end()}, help);
  call.argv = words;
  call.argv.insert(call.argv.begin(), "assay");
  if (!help) return run(verb, call);
  fmt::print("{}", help_of(verb));
  return kOk;
}

}  // namespace
}  // namespace assay::cli

int main(int argc, char** argv) try {
  assay::cli::open_streams();
  return assay::cli::flushed(assay::cli::main_of({argv + 1, argv + argc}));
} catch (const assay::cli::UsageError& error) {
  fmt::print(stderr, "assay: {}\n", error.what());
  return assay::cli::kUsage;
} catch (const std::exception& error) {
  fmt::print(stderr, "assay: {}\n", error.what());
  return assay::cli::kFailure;
}
