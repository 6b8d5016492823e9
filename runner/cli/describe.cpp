// describe: components with their parameters, and what nested optimizers cost.
#include <fmt/core.h>

#include "assay/error.h"
#include "runner/cli/components.h"
#include "runner/cli/experiments.h"
#include "runner/cli/options.h"
#include "runner/cli/passes.h"
#include "runner/cli/reference.h"

namespace assay::cli {
namespace {

// `kind/name`, or a name alone, which several kinds may have.
std::vector<const ComponentInfo*> named(const Catalog& catalog, const std::string& word) {
  const auto slash = word.find('/');
  const auto kind = slash == std::string::npos ? "" : word.substr(0, slash);
  const auto name = slash == std::string::npos ? word : word.substr(slash + 1);
  std::vector<const ComponentInfo*> found;
  for (const auto& one : catalog.components)
    if (one.name == name && (kind.empty() || one.kind == kind)) found.push_back(&one);
  if (!found.empty()) return found;
  if (!kind.empty()) throw Error(ErrorKind::kPlugin, catalog.missing(kind, name));
  if (const auto why = catalog.refusal_of("", name); !why.empty())
    throw Error(ErrorKind::kPlugin, fmt::format("there is no component `{}`; {}", name, why));
  Strings names;
  for (const auto& one : catalog.components) names.push_back(one.name);
  const auto near = nearest(name, names);
  throw Error(ErrorKind::kPlugin,
              fmt::format("there is no component `{}`{}", name,
                          near.empty() ? "; `assay list` prints all of them"
                                       : fmt::format("; did you mean `{}`?", near)));
}

void add_describe_flags(boost::program_options::options_description& flags) {
  flags.add_options()("markdown", on_or_off(), "print a Markdown reference of all components");
}

int run_describe(const Call& call) {
  if (call.flag("markdown")) {
    call.expect_words(0, 0, "no arguments with --markdown");
    fmt::print("{}", reference_page(catalog_of(call)));
    return kOk;
  }
  call.expect_words(1, SIZE_MAX, "KIND/NAME, NAME or NAME(NAME)");
  const Catalog catalog = catalog_of(call);
  auto components = Json::array(), nestings = Json::array();
  std::string text;
  const auto tell = [&](Json& all, const auto& one) {
    all.push_back(to_json(one));
    text += (text.empty() ? "" : "\n") + describe(one, colored(call, stdout));
  };
  for (const auto& word : call.words)
    if (is_nesting(word))
      tell(nestings, count_passes(word, catalog));
    else
      for (const auto* one : named(catalog, word)) tell(components, *one);
  if (call.json)
    print_json(call, {{"components", components}, {"nestings", nestings}});
  else
    fmt::print("{}", text);
  return kOk;
}

}  // namespace

const Verb kDescribeVerb{"describe",
                         "Print the parameters of components, or what nested optimizers cost.",
                         "KIND/NAME | NAME | NAME(NAME) ...",
                         "  assay describe optimizer/sam\n"
                         "  assay describe 'sam(pga)'\n"
                         "  assay describe train --json\n"
                         "  assay describe --markdown > docs/reference.md\n",
                         run_describe,
                         add_describe_flags};

}  // namespace assay::cli
