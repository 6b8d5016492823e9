// Rule: base class of optimizers that weigh the terms of a loss, or groups of samples, against one
// another.
#pragma once

#include "assay/dataset.h"
#include "assay/schema.h"
#include "assay/sdk/wrapper.h"

namespace assay {

/// An optimizer around another one, which sees one gradient made from those of several parts. A
/// derived class declares Params that derive from Rule::Params, adds their fields with
/// add_fields(), and implements view(), as a rule with a Combination or WeightedParts over by().
class Rule : public Wrapper {
 public:
  struct Params : Wrapper::Params {
    std::string over = "terms";
  };

  /// Adds the fields `over` and `base` to those of the rule. `base_doc` is a sentence about the
  /// base.
  template <class P>
  static Schema<P> add_fields(Schema<P> schema, std::string base_doc) {
    return schema
        .field("over", &P::over, one_of({"terms", "groups"}),
               "The parts that are weighted: the terms of the objective, or the groups of the "
               "dataset.")
        .needs({{"groups", "problem/Groups"}})
        .component("base", &P::base, "sgd", std::move(base_doc));
  }

  static Strings needs() { return {"problem/Parts"}; }
  static Strings hides() { return {"Parts", "Split"}; }

  ~Rule() override;
  /// Throws Error{kParameter} unless there are two parts or more, and `problem` gives their
  /// gradients.
  void check(Problem& problem) override;

 protected:
  /// `name` is the registered name, for messages.
  Rule(const Params& params, std::string name);

  By by() const { return by_; }
  /// Names of the parts.
  const std::vector<std::string>& parts(const Problem& problem) const { return problem.names(by_); }
  /// "term NAME" or "group NAME", for messages.
  std::string described(const std::string& part) const {
    return (by_ == By::kTerm ? "term " : "group ") + part;
  }
  /// Throws Error{kParameter} unless parameter `field`, which has `numbers` elements, has one for
  /// each of `names`, those of the parts.
  void check_length(const std::string& field, std::size_t numbers,
                    const std::vector<std::string>& names) const;

 private:
  std::string name_;
  By by_;
};

/// Throws Error{kParameter} unless `problem` gives gradients per part and has at least two of them.
/// `rule` is the registered name of the optimizer that weighs them.
void check_parts(const Problem& problem, By by, const std::string& rule);

/// Throws Error{kParameter} unless the dataset has at least two groups and training samples in
/// each. For the constructor of an optimizer that weighs groups by their sizes.
void check_groups(const Info& info);

}  // namespace assay
