// One plugin that is wrong in the way that its IS_... definition says. It builds no component, so
// it needs nothing of LibTorch but the headers.
#include <sys/stat.h>
#include <unistd.h>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "assay/registry.h"

namespace {

assay::Entry entry(const char* name, const char* doc, const char* field_doc = "A number.") {
  return {.kind = "optimizer",
          .name = name,
          .doc = doc,
          .fields = {{"lr", assay::Type::kReal, assay::Value{0.1}, assay::above(0), field_doc, "",
                      false}},
          .make = [](const assay::Build&) { return std::shared_ptr<void>(); }};
}

[[maybe_unused]] int misbehave_when_loaded() {
#if defined(IS_ABORTS_STATIC)
  std::abort();
#elif defined(IS_THROWS_STATIC)
  throw std::runtime_error("thrown by a static constructor");
#elif defined(IS_CHANGES_LOCALE)
  std::setlocale(LC_ALL, "C.UTF-8");
#elif defined(IS_CHANGES_FOLDER)
  return chdir("/tmp");
#elif defined(IS_CHANGES_UMASK)
  umask(0111);
#elif defined(IS_HANDLES_SIGINT)
  std::signal(SIGINT, SIG_IGN);
#elif defined(IS_HANDLES_SIGSEGV)
  std::signal(SIGSEGV, SIG_IGN);
#endif
  return 0;
}

const int loaded = misbehave_when_loaded();

}  // namespace

#if defined(IS_UNDEFINED_SYMBOL)
extern "C" void no_library_has_this_function();
#endif

#if defined(IS_OTHER_TAG)
#undef ASSAY_ABI_TAG
#define ASSAY_ABI_TAG "<assay-abi interface=0 libtorch=1.0.0>"
#elif defined(IS_NO_TAG)
#undef ASSAY_ABI_TAG
#define ASSAY_ABI_TAG "none"
#endif

#if defined(IS_NO_REGISTER)
extern "C" ASSAY_EXPORT const char assay_abi[];
extern "C" ASSAY_EXPORT const char assay_abi[] = ASSAY_ABI_TAG;
#else
ASSAY_PLUGIN(registry) {
  static_cast<void>(loaded);
#if defined(IS_THROWS_EXCEPTION)
  throw std::runtime_error("not today");
#elif defined(IS_THROWS_INT)
  throw 3;
#elif defined(IS_THROWS_ERROR)
  throw assay::Error(assay::ErrorKind::kData, "no data for me");
#elif defined(IS_REGISTERS_TWICE)
  registry.insert(entry("twice", "Something that is there twice."));
  registry.insert(entry("twice", "Something that is there twice."));
#elif defined(IS_NO_DOC)
  registry.insert(entry("no_doc", ""));
#elif defined(IS_NO_FIELD_DOC)
  registry.insert(entry("no_field_doc", "Something with a field.", ""));
#elif defined(IS_BAD_NAME)
  registry.insert(entry("Bad-Name", "Something with a name that is none."));
#elif defined(IS_UNDEFINED_SYMBOL)
  no_library_has_this_function();
#elif defined(IS_SEGFAULT)
  raise(SIGSEGV);
#elif defined(IS_HANGS)
  for (;;) pause();
#elif defined(IS_EXITS)
  std::exit(7);
#elif defined(IS_REGISTERS_NOTHING)
  static_cast<void>(registry);
#else
#if defined(IS_PRINTS)
  std::puts("{\"file\": \"a lie\"}");
#endif
  registry.insert(entry("fine", "Something that is as it should be."));
#endif
}
#endif
