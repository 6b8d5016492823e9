// What a rule refuses before the first step.
#include "assay/sdk/rule.h"

#include "assay/error.h"

namespace assay {

Rule::Rule(const Params& params, std::string name)
    : Wrapper(params),
      name_(std::move(name)),
      by_(params.over == "groups" ? By::kGroup : By::kTerm) {}
Rule::~Rule() = default;

void Rule::check(Problem& problem) {
  check_parts(problem, by_, name_);
  Wrapper::check(problem);
}

void Rule::check_length(const std::string& field, std::size_t numbers,
                        const std::vector<std::string>& names) const {
  if (numbers == names.size()) return;
  throw Error(ErrorKind::kParameter,
              "`" + field + "` has " + std::to_string(numbers) +
                  " numbers, expected one for each of the " + std::to_string(names.size()) +
                  (by_ == By::kTerm ? " terms " : " groups ") + listed(names));
}

void check_parts(const Problem& problem, By by, const std::string& rule) {
  const auto wrapper = problem.combined_by();
  if (!wrapper.empty())
    throw Error(ErrorKind::kParameter,
                "optimizer `" + rule + "` needs the separate terms or groups of the loss, and `" +
                    wrapper + "` gives its base one combined gradient: inside `" + wrapper +
                    "` use a base that needs only that",
                "optimizer");
  const auto& names = problem.names(by);
  if (names.size() > 1) return;
  const auto has = names.empty() ? "none" : "only one: " + names.front();
  const auto start = "optimizer `" + rule + "` weights the ";
  if (by == By::kGroup)
    throw Error(ErrorKind::kParameter,
                start + "groups of the dataset against one another, but the dataset has " + has +
                    "; use its base alone, or a dataset with groups",
                "optimizer");
  const bool groups = problem.names(By::kGroup).size() > 1;
  throw Error(ErrorKind::kParameter,
              start + "terms of the loss against one another, but the loss has " + has +
                  "; use its base alone, an objective with several terms" +
                  (groups ? ", or `over: groups`" : ""),
              "optimizer");
}

void check_groups(const Info& info) {
  if (info.groups.size() < 2 || info.group_sizes.size() != info.groups.size())
    throw Error(
        ErrorKind::kParameter,
        "weights groups against one another, but the dataset has no groups: use its base alone, "
        "or a dataset with groups");
  for (std::size_t g = 0; g < info.groups.size(); ++g)
    if (info.group_sizes[g] == 0)
      throw Error(ErrorKind::kParameter,
                  "weights groups against one another, but the group `" + info.groups[g] +
                      "` has no training sample: use a dataset with samples of each group");
}

}  // namespace assay
