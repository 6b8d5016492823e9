// digits_domains: framing by hand on made-up files, sizes and labels on the real ones.
#include <catch2/catch.hpp>

#include <zlib.h>

#include "tests/support/plain.h"
#include "tests/support/data.h"
#include "tests/support/shell.h"

using namespace assay;
using namespace assay::testing;
namespace fs = std::filesystem;

namespace {

const auto whole = [](std::int64_t n) { return Value{n}; };

void write(const fs::path& file, const std::vector<std::int64_t>& sizes,
           const std::vector<std::uint8_t>& bytes) {
  const gzFile out = gzopen(file.c_str(), "wb");
  const std::uint8_t magic[] = {0, 0, 8, static_cast<std::uint8_t>(sizes.size())};
  gzwrite(out, magic, 4);
  for (const auto size : sizes) {
    const std::uint8_t word[] = {0, 0, 0, static_cast<std::uint8_t>(size)};
    gzwrite(out, word, 4);
  }
  gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(out);
}

// Digits of `size` x `size`: `middle` within the frame of 4 pixels, `edge` on it. Image k has label
// k and is k brighter.
void write_digits(const fs::path& folder, const std::string& part, std::int64_t count,
                  std::int64_t size, int middle, int edge) {
  std::vector<std::uint8_t> pixels, labels;
  for (std::int64_t k = 0; k < count; ++k) {
    labels.push_back(static_cast<std::uint8_t>(k));
    for (std::int64_t i = 0; i < size * size; ++i) {
      const auto row = i / size, column = i % size;
      const bool inside = std::min(row, column) >= 4 && std::max(row, column) < size - 4;
      pixels.push_back(static_cast<std::uint8_t>((inside ? middle : edge) + k));
    }
  }
  write(folder / (part + "-images-idx3-ubyte.gz"), {count, size, size}, pixels);
  write(folder / (part + "-labels-idx1-ubyte.gz"), {count}, labels);
}

// MNIST: 5 training and 2 test digits, 200 in the middle and 70 on the edge; USPS: 4 and 3, 100.
struct Files {
  Folder folder;
  Files() {
    write_digits(folder.path(), "train", 5, 28, 200, 70);
    write_digits(folder.path(), "t10k", 2, 28, 200, 70);
    write_digits(folder.path(), "usps-train", 4, 16, 100, 100);
    write_digits(folder.path(), "usps-test", 3, 16, 100, 100);
  }
  std::shared_ptr<Dataset> read(Values more = {}) const {
    more["mnist"] = more["usps"] = folder.path().string();
    if (!more.contains("validation")) more["validation"] = whole(1);
    return plugins().make<Dataset>({"digits_domains", std::move(more)});
  }
};

std::vector<std::int64_t> list(std::span<const std::int64_t> span) {
  return {span.begin(), span.end()};
}
using Ids = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("ids count one domain's training and test images, then the other's") {
  const Files files;
  const auto data = files.read();
  CHECK(data->info().groups == Strings{"mnist", "usps"});
  CHECK(data->info().classes == 10);
  CHECK(list(data->ids(Split::kTrain)) == Ids{0, 1, 2, 3, 7, 8, 9});
  CHECK(list(data->ids(Split::kValidation)) == Ids{4, 10});
  CHECK(list(data->ids(Split::kTest)) == Ids{5, 6, 11, 12, 13});
  CHECK(list(data->groups(Split::kTest)) == Ids{0, 0, 1, 1, 1});
  CHECK(data->info().group_sizes == Ids{4, 3});
  const auto batch = load_all(*data, Split::kTest);
  for (const auto split : {Split::kTrain, Split::kValidation, Split::kTest})
    CHECK(load_all(*data, split).group.equal(torch::tensor(list(data->groups(split)))));
  CHECK(batch.target.equal(torch::tensor({0, 1, 0, 1, 2}, torch::kInt64)));
  const auto swapped = files.read({{"first", "usps"}, {"train_limit", whole(2)}});
  CHECK(swapped->info().groups == Strings{"usps", "mnist"});
  CHECK(list(swapped->ids(Split::kTrain)) == Ids{0, 1, 7, 8});
  CHECK(list(swapped->ids(Split::kValidation)) == Ids{3, 11});
  CHECK(list(swapped->ids(Split::kTest)) == Ids{4, 5, 6, 12, 13});
  CHECK(swapped->info().group_sizes == Ids{2, 2});
}

TEST_CASE("at 16 the middle of MNIST is shrunk; at 28 USPS is enlarged and padded") {
  const Files files;
  const std::int64_t ids[] = {3, 8};  // MNIST 3, USPS 1
  const auto small = files.read({{"size", whole(16)}})->load(ids, {}).input;
  CHECK(small.sizes() == at::IntArrayRef({2, 1, 16, 16}));
  CHECK(small[0].equal(torch::full({1, 16, 16}, 203.0 / 255, torch::kFloat)));  // no edge is left
  CHECK(small[1].equal(torch::full({1, 16, 16}, 101.0 / 255, torch::kFloat)));
  const auto large = files.read({{"size", whole(28)}})->load(ids, {}).input;
  CHECK(large.sizes() == at::IntArrayRef({2, 1, 28, 28}));
  auto mnist = torch::full({28, 28}, 73.0 / 255, torch::kFloat);
  mnist.narrow(0, 4, 20).narrow(1, 4, 20).fill_(203.0 / 255);
  auto usps = torch::zeros({28, 28});
  usps.narrow(0, 4, 20).narrow(1, 4, 20).fill_(101.0 / 255);
  CHECK(large[0][0].equal(mnist));
  CHECK(large[1][0].equal(usps));
}

TEST_CASE("shrinking is antialiased and bilinear, to whole numbers") {
  // 20 pixels, one of which is 255, become 16: the triangle of width 2 x 1.25 around each new
  // pixel's place, (k + 0.5) 1.25, weighs the old ones by max(0, 1 - |distance| / 1.25).
  Files files;
  std::vector<std::uint8_t> pixels(28 * 28);
  for (int row = 0; row < 28; ++row) pixels[static_cast<std::size_t>(row * 28 + 4 + 9)] = 255;
  write(files.folder.path() / "train-images-idx3-ubyte.gz", {1, 28, 28}, pixels);
  write(files.folder.path() / "train-labels-idx1-ubyte.gz", {1}, {0});
  const std::int64_t ids[] = {0};
  const auto row =
      files.read({{"size", whole(16)}, {"validation", whole(0)}})->load(ids, {}).input[0][0][7];
  for (int k = 0; k < 16; ++k) {
    const auto weight = [&](int old) {
      return std::max(0.0, 1 - std::abs(old + 0.5 - (k + 0.5) * 1.25) / 1.25);
    };
    double all = 0;
    for (int old = 0; old < 20; ++old) all += weight(old);
    INFO("pixel " << k);
    CHECK(row[k].item<float>() * 255 == Approx(std::round(255 * weight(9) / all)).margin(1e-3));
  }
}

TEST_CASE("folders that are not those of the digits are told why") {
  using Catch::Contains;
  const Files files;
  CHECK_THROWS_WITH(files.read({{"size", whole(20)}}),
                    Contains("16 (the size of USPS) or 28 (the size of MNIST)"));
  CHECK_THROWS_WITH(files.read({{"validation", whole(4)}}),
                    Contains("leaves no training image out of 4 of usps"));
  CHECK_THROWS_WITH(plugins().make<Dataset>({"digits_domains", {{"mnist", "/tmp"}}}),
                    Contains("usps"));
  write_digits(files.folder.path(), "t10k", 2, 16, 0, 0);
  CHECK_THROWS_WITH(files.read(), Contains("16 x 16 pixels; images of mnist must have 28 x 28"));
}

TEST_CASE("the real digits have their sizes, labels and groups") {
  if (data_missing()) return;
  const auto folder = data_folder();
  const auto data = plugins().make<Dataset>({"digits_domains",
                                             {{"mnist", (folder / "mnist").string()},
                                              {"usps", (folder / "usps").string()},
                                              {"size", whole(16)}}});
  CHECK(data->info().group_sizes == Ids{59000, 6291});
  CHECK(data->ids(Split::kValidation).size() == 2000);
  CHECK(data->ids(Split::kTest).size() == 12007);
  const auto test = load_all(*data, Split::kTest);
  const auto counts = test.target.masked_select(test.group == 1).bincount();
  CHECK(counts.equal(
      torch::tensor({359, 264, 198, 166, 200, 160, 170, 147, 166, 177}, torch::kInt64)));
  CHECK(test.input.min().item<float>() == 0);
  CHECK(test.input.max().item<float>() == 1);
  // Framed alike, the mean zero (and one) of either domain is more like the other's than without.
  for (const std::int64_t digit : {0, 1}) {
    const auto mean = [&](std::int64_t group) {
      const auto rows = ((test.group == group) & (test.target == digit)).nonzero().squeeze(1);
      const auto image = test.input.index_select(0, rows).mean(0).flatten();
      return image - image.mean();
    };
    const auto a = mean(0), b = mean(1);
    CHECK((a.dot(b) / (a.norm() * b.norm())).item<float>() > 0.75f);
  }
}
