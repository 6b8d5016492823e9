// Two builds of an interface of a plugin's own, of which one has its functions in another order: a
// pointer must not pass from one to the other.
#include <catch2/catch.hpp>

#include "assay/registry.h"

using namespace assay;

namespace {

namespace first {
class Statistic {
 public:
  using Interface = Statistic;
  static constexpr std::string_view kind = "statistic";
  static constexpr std::string_view version = "1";
  virtual ~Statistic() = default;
  virtual double lowest() const = 0;
  virtual double highest() const = 0;
};
}  // namespace first

namespace second {
class Statistic {
 public:
  static constexpr std::string_view kind = "statistic";
  static constexpr std::string_view version = "2";
  virtual ~Statistic() = default;
  virtual double highest() const = 0;
  virtual double lowest() const = 0;
};
}  // namespace second

class Fixed final : public first::Statistic {
 public:
  struct Params {};
  static Schema<Params> schema() { return {}; }
  explicit Fixed(Params) {}
  double lowest() const override { return 0.055; }
  double highest() const override { return 0.717; }
};

// A component that nests one, compiled with the interface I.
template <class I>
class Holder final : public first::Statistic {
 public:
  struct Params {
    std::shared_ptr<I> statistic;
    std::vector<std::shared_ptr<I>> statistics;
  };
  static Schema<Params> schema() {
    return Schema<Params>()
        .component("statistic", &Params::statistic, "", "A statistic.")
        .components("statistics", &Params::statistics, {}, "Statistics.");
  }
  explicit Holder(Params params) : params_(std::move(params)) {}
  double lowest() const override { return one()->lowest(); }
  double highest() const override { return one()->highest(); }

 private:
  std::shared_ptr<I> one() const {
    return params_.statistic ? params_.statistic : params_.statistics.at(0);
  }
  Params params_;
};

Registry statistics() {
  Registry registry;
  registry.add<Fixed>("fixed", "Fixed.");
  registry.add<Holder<first::Statistic>>("same", "Holds one of the same version.");
  registry.add<Holder<second::Statistic>>("other", "Holds one of another version.");
  return registry;
}

const auto kRefusal = Catch::Contains(
    "its plugin was compiled with version 1 of the interface of `statistic`, and the plugin that "
    "asks for it with version 2: compile both with one header");

}  // namespace

TEST_CASE("a component of another version of its interface is not handed over") {
  const auto registry = statistics();
  CHECK(registry.make<first::Statistic>({"fixed", {}})->highest() == 0.717);
  CHECK_THROWS_WITH(registry.make<second::Statistic>({"fixed", {}}), kRefusal);
}

TEST_CASE("a nested component of another version of its interface is not handed over") {
  const auto registry = statistics();
  const Spec fixed{"fixed", {}};
  for (const Values& values :
       {Values{{"statistic", fixed}}, Values{{"statistics", Specs{fixed}}}}) {
    CHECK(registry.make<first::Statistic>({"same", values})->highest() == 0.717);
    CHECK_THROWS_WITH(registry.make<first::Statistic>({"other", values}), kRefusal);
  }
}

TEST_CASE("a procedure is not given a component of another version of its interface") {
  const auto registry = statistics();
  Parts parts;
  CHECK(parts.other<second::Statistic>() == nullptr);
  parts.others["statistic"] = {registry.make("statistic", {"fixed", {}}, {}),
                               registry.find("statistic", "fixed").version};
  CHECK(parts.other<first::Statistic>()->highest() == 0.717);
  CHECK_THROWS_WITH(parts.other<second::Statistic>(), kRefusal);
}
