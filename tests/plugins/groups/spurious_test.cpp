// colored and spurious_patch: pixels by hand, correlations by counting.
#include <catch2/catch.hpp>

#include "tests/support/plain.h"

using namespace assay;
using namespace assay::testing;

namespace {

Values values(Values more = {}) {
  more["images"] = Spec{"plain", {}};
  return more;
}
const auto whole = [](std::int64_t n) { return Value{n}; };

std::shared_ptr<Dataset> made(const std::string& use, Values more = {},
                              const Plain::Shape& shape = {}) {
  return with_plain(shape).make<Dataset>({use, values(std::move(more))});
}

torch::Tensor attribute(const Dataset& data, const Batch& batch) {
  return batch.group.remainder(data.info().classes);
}

std::string refusal(const std::string& use, Values more = {}, const Plain::Shape& shape = {}) {
  try {
    made(use, std::move(more), shape);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kParameter);
    return error.what();
  }
  return "was accepted";
}

}  // namespace

TEST_CASE("a color's own channels hold the gray image, the others black") {
  const auto data = made("colored", {{"classes", whole(0)}, {"correlation", 1.0}});
  CHECK(data->info().input_shape == std::vector<std::int64_t>{3, 6, 8});
  CHECK(data->info().groups.at(6 * 10 + 1) == "c6/green");
  const std::int64_t ids[] = {10, 11, 12, 13, 16, 19};  // red, green, blue, yellow, orange, white
  const auto batch = data->load(ids, {});
  const auto gray = Plain({}).load(ids, {}).input.squeeze(1);
  const auto black = torch::full_like(gray[0], -1), half = (gray - 1) / 2;  // between -1 and gray
  const std::vector<std::vector<torch::Tensor>> expected = {
      {gray[0], black, black},   {black, gray[1], black},   {black, black, gray[2]},
      {gray[3], gray[3], black}, {gray[4], half[4], black}, {gray[5], gray[5], gray[5]}};
  for (std::int64_t k = 0; k < 6; ++k)
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      INFO("image " << k << " channel " << channel);
      CHECK(batch.input[k][channel].equal(
          expected[static_cast<std::size_t>(k)][static_cast<std::size_t>(channel)]));
    }
}

TEST_CASE("a patch is white in its corner, and all else is the image") {
  const auto data =
      made("spurious_patch", {{"classes", whole(4)}, {"correlation", 1.0}, {"size", whole(2)}});
  CHECK(data->info().input_shape == std::vector<std::int64_t>{1, 6, 8});
  const std::int64_t ids[] = {0, 3, 5, 8};  // of ten classes merged into four: 0, 1, 2, 3
  const auto batch = data->load(ids, {});
  auto expected = Plain({}).load(ids, {}).input;
  const std::int64_t row[] = {0, 0, 4, 4}, column[] = {0, 6, 0, 6};
  for (std::int64_t k = 0; k < 4; ++k)
    expected[k][0].narrow(0, row[k], 2).narrow(1, column[k], 2).fill_(3);
  CHECK(batch.input.equal(expected));
  CHECK(batch.target.equal(torch::arange(4)));
  const auto colored = made("spurious_patch", {{"size", whole(3)}}, {.sample = {3, 6, 8}});
  CHECK(colored->info().input_shape == std::vector<std::int64_t>{3, 6, 8});
}

TEST_CASE("classes are merged in their order") {
  const auto data = made("colored", {{"classes", whole(3)}});
  const auto batch = load_all(*data, Split::kTest);
  CHECK(batch.target.equal((batch.id % 10 * 3).div(10, "floor")));
  CHECK(data->info().classes == 3);
  CHECK(data->info().class_names.empty());
  CHECK(data->info().groups == Strings{"0/red", "0/green", "0/blue", "1/red", "1/green", "1/blue",
                                       "2/red", "2/green", "2/blue"});
}

TEST_CASE("each split has its own correlation, which is even unless told") {
  const Values told{{"classes", whole(4)},
                    {"correlation", 0.9},
                    {"correlation_validation", 0.6},
                    {"correlation_test", 0.0}};
  for (const std::string use : {"colored", "spurious_patch"}) {
    const Plain::Shape shape{.sample = {1, 8, 8}};
    const auto data = made(use, told, shape);
    double expected = 0.9;
    for (const auto split : {Split::kTrain, Split::kValidation, Split::kTest}) {
      const auto batch = load_all(*data, split);
      const auto own = attribute(*data, batch) == batch.target;
      CHECK(is_likely(share(own), expected, batch.size()));
      // An attribute that is not the class's own is any other.
      for (int step = 1; step < 4; ++step)
        CHECK(is_likely(share((attribute(*data, batch) - batch.target).remainder(4) == step),
                        (1 - expected) / 3, batch.size()));
      expected = expected == 0.9 ? 0.6 : 0;
    }
    const auto even = made(use, {{"classes", whole(4)}}, shape);
    for (const auto split : {Split::kValidation, Split::kTest}) {
      const auto batch = load_all(*even, split);
      CHECK(is_likely(share(attribute(*even, batch) == batch.target), 0.25, batch.size()));
    }
  }
}

TEST_CASE("label noise comes before the attribute, in every split") {
  const auto data = made("colored", {{"label_noise", 0.25},
                                     {"correlation", 1.0},
                                     {"correlation_validation", 0.9},
                                     {"correlation_test", 1.0}});
  for (const auto split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const auto batch = load_all(*data, split);
    const auto truth = (batch.id % 10 * 2).div(10, "floor");
    const auto own = attribute(*data, batch) == batch.target;
    CHECK(is_likely(share(batch.target != truth), 0.25, batch.size()));
    CHECK(is_likely(share(own), split == Split::kValidation ? 0.9 : 1.0, batch.size()));
    // The color follows the noisy label, not the true one.
    const double expected = split == Split::kValidation ? 0.75 * 0.9 + 0.25 * 0.1 : 0.75;
    CHECK(is_likely(share(attribute(*data, batch) == truth), expected, batch.size()));
  }
}

TEST_CASE("groups are class times attribute, in batches and splits alike, and add up") {
  const auto data = made("colored");
  std::int64_t sum = 0;
  for (const auto size : data->info().group_sizes) sum += size;
  CHECK(sum == 20000);
  for (const auto split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const auto batch = load_all(*data, split);
    const auto groups = data->groups(split);
    CHECK(batch.group.equal(
        torch::tensor(std::vector<std::int64_t>(groups.begin(), groups.end()), torch::kInt64)));
    CHECK(batch.group.div(2, "floor").equal(batch.target));
    // What is painted is what the group says: a red image has a red channel, and no green one.
    const auto is_red = (batch.input.select(1, 1) == -1).flatten(1).all(1);
    CHECK(is_red.equal(attribute(*data, batch) == 0));
  }
  const auto sizes = group_sizes(data->ids(Split::kTrain).size(), data->groups(Split::kTrain), 4);
  CHECK(data->info().group_sizes == sizes);
}

TEST_CASE("an attribute may be a group by itself, with the same images and classes") {
  const auto cells = made("colored", {{"classes", whole(3)}, {"correlation", 0.4}});
  const auto domains =
      made("colored",
           {{"classes", whole(3)}, {"correlation", 0.4}, {"groups", std::string("attribute")}});
  CHECK(domains->info().groups == Strings{"red", "green", "blue"});
  const auto ids = cells->ids(Split::kTrain);
  const auto a = cells->load(ids, {}), b = domains->load(ids, {});
  CHECK(b.input.equal(a.input));
  CHECK(b.target.equal(a.target));
  CHECK(b.group.equal(a.group.remainder(3)));
  const auto groups = domains->groups(Split::kTrain);
  for (std::size_t k = 0; k < groups.size(); ++k)
    REQUIRE(groups[k] == b.group[static_cast<std::int64_t>(k)].item<std::int64_t>());
  CHECK(domains->info().group_sizes == group_sizes(ids.size(), groups, 3));
}

TEST_CASE("attributes and noise are a function of seed and id alone") {
  const Values noisy{{"label_noise", 0.2}};
  auto other_seed = noisy;
  other_seed["noise_seed"] = whole(5);
  const auto once = made("colored", noisy), again = made("colored", noisy),
             other = made("colored", other_seed);
  const auto all = load_all(*once, Split::kTrain);
  CHECK(all.group.equal(load_all(*again, Split::kTrain).group));
  CHECK_FALSE(all.group.equal(load_all(*other, Split::kTrain).group));
  CHECK_FALSE(all.target.equal(load_all(*other, Split::kTrain).target));
  const std::vector<std::int64_t> ids{700, 3, 41};
  const auto few = once->load(ids, {torch::kCPU, Rng(9)});
  CHECK(few.group.equal(all.group.index_select(0, torch::tensor(ids))));
  CHECK(few.input.equal(all.input.index_select(0, torch::tensor(ids))));
  // Of another size, the dataset's other splits move to other ids, and the training split stays.
  const auto shorter = made("colored", noisy, {.train = 100});
  CHECK(load_all(*shorter, Split::kTrain).group.equal(all.group.narrow(0, 0, 100)));
}

TEST_CASE("what cannot be painted on is told why") {
  using Catch::Contains;
  CHECK_THROWS_WITH(plugins().make<Dataset>({"colored", {}}), Contains("`images` is missing"));
  CHECK_THAT(refusal("colored", {}, {.sample = {12}}),
             Contains("is not a dataset of images") && Contains("have 1 dimensions"));
  CHECK_THAT(refusal("colored", {}, {.sample = {3, 6, 8}}), Contains("has 3 channels"));
  CHECK_THAT(refusal("colored", {}, {.classes = 0}), Contains("has fewer than two classes"));
  CHECK_THAT(refusal("colored", {{"classes", whole(11)}}), Contains("the images have 10"));
  CHECK_THAT(refusal("colored", {{"classes", whole(1)}}), Contains("`classes` is 1"));
  CHECK_THAT(refusal("colored", {{"classes", whole(0)}}, {.classes = 11}),
             Contains("10 attributes for 11 classes"));
  CHECK_THAT(refusal("spurious_patch", {{"classes", whole(0)}}),
             Contains("4 attributes for 10 classes"));
  CHECK_THAT(refusal("spurious_patch", {{"size", whole(4)}}), Contains("have room for at most 3"));
  const std::int64_t none[] = {28000};
  CHECK_THROWS_WITH(made("colored")->load(none, {}), Contains("image 28000 is in none"));
}

TEST_CASE("attributes may be chosen, fewer than the classes, that share them in turn") {
  const Strings chosen{"yellow", "cyan"};
  const Values turns{{"classes", whole(0)}, {"attributes", chosen}, {"correlation", 1.0}};
  const auto own = made("colored", turns);
  CHECK(own->info().groups.size() == 20);
  CHECK(own->info().groups.at(7 * 2 + 1) == "c7/cyan");
  const auto batch = load_all(*own, Split::kTrain);
  CHECK(batch.group.remainder(2).equal(batch.target.remainder(2)));
  const auto black = [&](std::int64_t channel) {
    return (batch.input.select(1, channel) == -1).flatten(1).all(1);
  };
  CHECK(black(2).equal(batch.target.remainder(2) == 0));  // yellow has no blue
  CHECK(black(0).equal(batch.target.remainder(2) == 1));  // cyan has no red

  auto even = turns;
  even["correlation"] = -1.0;
  even["groups"] = std::string("attribute");
  const auto domains = made("colored", even);
  CHECK(domains->info().groups == chosen);
  const auto all = load_all(*domains, Split::kTrain);
  for (std::int64_t c = 0; c < 10; ++c) {
    const auto of_class = all.group.masked_select(all.target == c).to(torch::kDouble);
    CHECK(of_class.mean().item<double>() == Approx(0.5).margin(0.06));  // 2,000 a class: 5 sigma
  }
}

TEST_CASE("attributes that cannot be painted are told which") {
  using Catch::Contains;
  const auto refused = [](Strings names) { return refusal("colored", {{"attributes", names}}); };
  CHECK_THAT(refused({"red", "pink"}), Contains("names `pink`, which `colored` cannot paint") &&
                                           Contains("available are red, green"));
  CHECK_THAT(refused({"red"}), Contains("must list at least two names"));
  CHECK_THAT(refused({"red", "blue", "red"}), Contains("names `red` twice"));
}
