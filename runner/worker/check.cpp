#include "runner/worker/check.h"

#include <unistd.h>

#include <fstream>
#include <new>
#include <string>

#include <c10/util/Exception.h>

#include "core/runtime/runtime.h"
#include "runner/protocol/check_answer.h"
#include "runner/system/child_processes.h"
#include "runner/system/descriptor.h"
#include "runner/worker/assembly.h"
#include "runner/worker/crash.h"
#include "runner/worker/memory.h"

namespace assay {
namespace {

// Without the samples and results of earlier stages, which are not there yet. A component that
// needs them to be built is built when they are.
CheckAnswer check(const std::string& line) try {
  Job job = read_job(line);
  const bool is_first = job.after.empty(), is_subset = !job.subset.empty();
  job.subset.clear();
  const Context context{torch::kCPU, Rng(static_cast<std::uint64_t>(job.seed)), nullptr};
  const auto made = assemble(job, context, Earlier::kToCome);
  made->taken.subset_to_come = is_subset;
  if (made->procedure) made->procedure->check(made->taken);
  if (made->procedure && is_first) made->procedure->units(made->taken);
  return {.read = made->parts.dataset ? made->parts.dataset->info().read : ""};
} catch (const NotRunYet&) {
  return {};
} catch (const Error& error) {
  return {.error_kind = std::string(name_of(error.kind())),
          .error_path = error.path(),
          .message = error.what()};
} catch (const c10::Error& error) {
  return {.error_kind = is_out_of_memory(error) ? "memory" : "plugin",
          .message = error.what_without_backtrace()};
} catch (const std::bad_alloc&) {
  return {.error_kind = "memory", .message = "there is not enough memory to build the components"};
} catch (const std::exception& error) {
  return {.error_kind = "plugin", .message = error.what()};
} catch (...) {
  return {.error_kind = "plugin", .message = "something that is not a std::exception was thrown"};
}

void print(int out, const std::string& line) {
  for (std::size_t done = 0; done < line.size();) {
    const auto n = ::write(out, line.data() + done, line.size() - done);
    if (n <= 0) return;
    done += static_cast<std::size_t>(n);
  }
}

}  // namespace

int check_job(const std::filesystem::path& file) {
  const int out = duplicated(STDOUT_FILENO, kOutOfTheWay);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);  // what a plugin prints is no answer
  adopt_orphans();
  trace_crashes();
  configure(1, true);
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  const auto answer = to_json(check(line));
  print(out, answer.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  kill_children({});  // what a plugin left running holds our output
  return 0;
}

}  // namespace assay
