// State: lists, nesting, and what is said of a name that is missing.
#include <catch2/catch.hpp>

#include <ATen/ops/full.h>

#include "assay/error.h"
#include "assay/state.h"

using namespace assay;

namespace {

Tensors numbers(int count) {
  Tensors list;
  for (int i = 0; i < count; ++i) list.push_back(at::full({}, i, torch::kLong));
  return list;
}

}  // namespace

TEST_CASE("a list comes back in its order, past nine too") {
  State state;
  state.put_list("momentum", numbers(12));
  const auto back = state.list("momentum");
  REQUIRE(back.size() == 12);
  for (std::size_t i = 0; i < back.size(); ++i)
    CHECK(back[i].item<std::int64_t>() == static_cast<std::int64_t>(i));
  CHECK(state.list("other").empty());
  CHECK(state.list("moment").empty());
}

TEST_CASE("nested states keep apart, and come back whole") {
  State inner;
  inner.put_list("v", numbers(2));
  inner.put("step", std::int64_t{7});
  State middle;
  middle.put_nested("base", inner);
  middle.put("rho", 0.05);
  State outer;
  outer.put_nested("optimizer", middle);
  outer.put_nested("opt", inner);
  CHECK(outer.tensors().count("optimizer.base.v.0") == 1);

  const auto again = outer.nested("optimizer").nested("base");
  CHECK(again.scalar<std::int64_t>("step") == 7);
  CHECK(again.list("v").size() == 2);
  CHECK(again.tensors().size() == 2);
  CHECK(outer.nested("optimizer").scalar<double>("rho") == 0.05);
  CHECK(outer.nested("opt").tensors().size() == 2);
  CHECK(outer.nested("nothing").tensors().empty());
}

TEST_CASE("a missing name is a corrupt checkpoint, by name") {
  const State state;
  const auto says = Catch::Contains("momentum.0");
  try {
    state.tensor("momentum.0");
    FAIL("found");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kCorrupt);
    CHECK_THAT(error.what(), says);
  }
  CHECK_THROWS_AS(state.value("step"), Error);
  CHECK_THROWS_AS(state.scalar<double>("step"), Error);
}

TEST_CASE("a stateless component saves nothing and loads anything") {
  struct Stateless : Stateful {
  } component;
  State state;
  component.save(state);
  CHECK(state.tensors().empty());
  CHECK(state.scalars().empty());
  CHECK_NOTHROW(component.load(state));
}

TEST_CASE("what was not read is known, through nested states too; whoever copies keeps all") {
  State inner;
  inner.put_list("v", numbers(2));
  inner.put("step", std::int64_t{7});
  State whole;
  whole.put_nested("base", inner);
  whole.put("rho", 0.05);
  CHECK(whole.unread().size() == 4);
  whole.scalar<double>("rho");
  whole.nested("base").list("v");
  CHECK((whole.unread() == std::vector<std::string>{"base.step"}));
  CHECK((whole.nested("base").unread() == std::vector<std::string>{"step"}));
  const State kept = whole.nested("base");  // moved, not copied
  CHECK(whole.unread().size() == 1);
  const State copy = kept;
  CHECK(whole.unread().empty());
}

TEST_CASE("a name is put once") {
  State state;
  state.put("step", std::int64_t{7});
  CHECK_THROWS_WITH(state.put("step", 0.5), Catch::Contains("save() writes `step` twice"));
  state.put_list("v", numbers(2));
  CHECK_THROWS_WITH(state.put("v.1", 0.5), Catch::Contains("`v.1` twice"));
}
