#include "runner/cli/passes.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "assay/error.h"
#include "runner/catalog/load.h"
#include "runner/manifest/needs.h"
#include "runner/protocol/values.h"
#include "runner/system/command.h"

namespace assay::cli {
namespace {

constexpr double kLimit = 60;  // seconds

// `a(b(c))` as {a, b, c}, and `a()` as {a}.
Strings names_in(std::string word) {
  const auto close = word.find(')');
  const auto depth = static_cast<std::size_t>(std::count(word.begin(), word.end(), '('));
  if (close == std::string::npos || word.size() - close != depth ||
      word.find_first_not_of(')', close) != std::string::npos)
    throw UsageError("`" + word + "` is not a nesting of optimizers such as `sam(pga)` or `sam()`");
  word.resize(close);
  Strings names;
  for (std::size_t start = 0; start <= word.size();) {
    const auto end = std::min(word.find('(', start), word.size());
    names.push_back(word.substr(start, end - start));
    start = end + 1;
  }
  if (names.size() > 1 && names.back().empty()) names.pop_back();  // `sam()`
  return names;
}

// The optimizers from the outermost to the innermost, whose default base is included.
std::vector<const ComponentInfo*> optimizers_of(Strings names, const Catalog& catalog) {
  std::vector<const ComponentInfo*> all;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto* info = catalog.find("optimizer", names[i]);
    if (info == nullptr) throw Error(ErrorKind::kPlugin, catalog.missing("optimizer", names[i]));
    for (const auto& field : info->fields)
      if (field.required)
        throw Error(ErrorKind::kPlugin,
                    fmt::format("the passes of optimizers are counted with their defaults, and "
                                "`{}` has none for `{}`",
                                info->name, field.name));
    if (const auto why = why_not_nested(*info); !all.empty() && !why.empty())
      throw Error(ErrorKind::kPlugin, why);
    all.push_back(info);
    const auto* base = find_base(*info);
    if (base == nullptr && i + 1 < names.size())
      throw Error(ErrorKind::kPlugin, fmt::format("optimizer `{}` is not around another one: "
                                                  "remove `({})`",
                                                  info->name, names[i + 1]));
    if (base == nullptr || i + 1 < names.size()) continue;
    constexpr std::size_t kDeepest = 16;
    if (all.size() == kDeepest)
      throw Error(ErrorKind::kPlugin,
                  fmt::format("optimizer `{}` is the {}th within one another; check whether a "
                              "default is itself",
                              info->name, kDeepest));
    if (const auto use = std::get<Spec>(base->default_value).use; !use.empty())
      names.push_back(use);
  }
  return all;
}

Spec spec_of(const std::vector<const ComponentInfo*>& optimizers) {
  Spec spec;
  for (auto it = optimizers.rbegin(); it != optimizers.rend(); ++it) {
    Spec outer{(*it)->name, {}};
    if (const auto* base = find_base(**it); base != nullptr && !spec.use.empty())
      outer.params[base->name] = spec;
    spec = std::move(outer);
  }
  return spec;
}

Json ask_worker(const Spec& spec, const std::vector<const ComponentInfo*>& optimizers) {
  std::vector<std::string> words{worker_program().string(), "passes", exact_json(spec).dump()};
  for (const auto* one : optimizers)
    if (std::find(words.begin(), words.end(), one->plugin) == words.end())
      words.push_back(one->plugin);
  const auto said = run_command(std::move(words), kLimit);
  if (!said)
    throw Error(ErrorKind::kPlugin,
                fmt::format("the passes of a step cannot be counted: {}", std::strerror(errno)));
  auto answer = Json::parse(said->out, nullptr, false);
  if (!answer.is_object())
    throw Error(ErrorKind::kPlugin,
                fmt::format("the passes of a step cannot be counted: the worker ended with exit "
                            "code {} and said `{}`",
                            said->code, said->err.substr(0, said->err.find('\n'))));
  if (answer.contains("error")) throw Error(ErrorKind::kPlugin, answer["error"].get<std::string>());
  return answer;
}

// `1 + 3K`, with K terms and G groups.
std::string sum_text(const Json& count) {
  Strings parts;
  for (const auto& [key, letter] :
       {std::pair{"constant", ""}, {"per_term", "K"}, {"per_group", "G"}}) {
    const auto factor = count.at(key).get<double>();
    if (factor == 0) continue;
    parts.push_back((factor == 1 && *letter != 0 ? "" : fmt::format("{:g}", factor)) + letter);
  }
  return parts.empty() ? "0" : fmt::format("{}", fmt::join(parts, " + "));
}

}  // namespace

const FieldInfo* find_base(const ComponentInfo& optimizer) {
  for (const auto& field : optimizer.fields)
    if (field.type == Type::kComponent && field.kind == "optimizer") return &field;
  return nullptr;
}

bool is_nesting(const std::string& word) {
  return word.find('(') != std::string::npos;
}

Nesting count_passes(const std::string& word, const Catalog& catalog) {
  const auto optimizers = optimizers_of(names_in(word), catalog);
  Strings names;
  for (const auto* one : optimizers) names.push_back(one->name);
  return {fmt::format("{}{}", fmt::join(names, "("), std::string(names.size() - 1, ')')),
          ask_worker(spec_of(optimizers), optimizers)};
}

Json to_json(const Nesting& nesting) {
  Json all{{"nesting", nesting.name}};
  all.update(nesting.passes);
  return all;
}

std::string describe(const Nesting& nesting, bool color) {
  const auto forward = sum_text(nesting.passes.at("forward")),
             backward = sum_text(nesting.passes.at("backward"));
  const auto has = [&](char letter) {
    return (forward + backward).find(letter) != std::string::npos;
  };
  return fmt::format("{}\nA step takes {}{} forward and {} backward passes over its batch{}{}.\n",
                     paint(nesting.name, kBold, color),
                     nesting.passes.at("varies").get<bool>() ? "at most " : "", forward, backward,
                     has('K') ? ", with K terms" : "", has('G') ? ", with G groups" : "");
}

}  // namespace assay::cli
