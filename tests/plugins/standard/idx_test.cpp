// IDX files: what the bytes mean, and what a damaged pair is told.
#include <zlib.h>

#include <catch2/catch.hpp>

#include "assay/dataset.h"
#include "tests/support/data.h"
#include "tests/support/plugin_host.h"
#include "tests/support/shell.h"

using namespace assay;
using assay::testing::Folder;
using assay::testing::plugins;

namespace {

const Context kContext;

std::string bytes(std::initializer_list<int> list) {
  std::string text;
  for (const int b : list) text.push_back(static_cast<char>(b));
  return text;
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// Three images of 1 x 2 pixels and their labels.
const std::string kImages =
    bytes({0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255, 51, 102, 153, 204});
const std::string kLabels = bytes({0, 0, 8, 1, 0, 0, 0, 3, 2, 0, 1});

struct Pair {
  Folder folder;
  std::shared_ptr<Dataset> read(const std::string& images, const std::string& labels,
                                Values more = {}) {
    more["train_images"] = folder.write("images", images).string();
    more["train_labels"] = folder.write("labels", labels).string();
    return plugins().make<Dataset>({"idx_images", std::move(more)});
  }
};

}  // namespace

TEST_CASE("pixels are normalized by hand-computable numbers, from plain and gzipped files") {
  Pair pair;
  for (const bool zipped : {false, true}) {
    const auto data =
        pair.read(zipped ? gzipped(kImages) : kImages, zipped ? gzipped(kLabels) : kLabels,
                  {{"validation", std::int64_t{1}}, {"mean", 0.5}, {"deviation", 0.25}});
    CHECK(data->info().classes == 3);
    CHECK(data->info().input_shape == std::vector<std::int64_t>{1, 1, 2});
    CHECK(data->ids(Split::kTrain).size() == 2);
    CHECK(data->ids(Split::kValidation)[0] == 2);
    CHECK(data->ids(Split::kTest).empty());
    const std::int64_t ids[] = {1, 0};
    const auto batch = data->load(ids, kContext);
    CHECK(batch.target[0].item<int>() == 0);
    CHECK(batch.input[0][0][0][0].item<double>() == Approx((0.2 - 0.5) / 0.25));
    CHECK(batch.input[1][0][0][1].item<double>() == Approx((1.0 - 0.5) / 0.25));
  }
}

TEST_CASE("a pair that is wrong gets a sentence that says what is") {
  Pair pair;
  const auto said = [&](const std::string& images, const std::string& labels,
                        Values more = {}) -> std::string {
    try {
      pair.read(images, labels, std::move(more));
    } catch (const Error& error) {
      CHECK((error.kind() == ErrorKind::kData || error.kind() == ErrorKind::kParameter));
      return error.what();
    }
    return "was accepted";
  };
  using Catch::Contains;
  CHECK_THAT(said(kImages.substr(0, 20), kLabels),
             Contains("images: is truncated or damaged: it ends 2 bytes early"));
  CHECK_THAT(said(kImages.substr(0, 7), kLabels), Contains("is truncated"));
  CHECK_THAT(said("", kLabels), Contains("is truncated"));
  const std::string huge("\0\0\x08\x03\0\0\xea\x60\0\0\x03\xe8\0\0\x03\xe8", 16);
  CHECK_THAT(said(huge, kLabels), Contains("its header announces 60000000000 bytes"));
  CHECK_THAT(said(kImages + "x", kLabels), Contains("has more bytes than its header says"));
  CHECK_THAT(said(kLabels, kLabels), Contains("(labels), but images begin with 2051"));
  CHECK_THAT(said(kImages, kImages), Contains("(images), but labels begin with 2049"));
  CHECK_THAT(said("PK\3\4 no idx file", kLabels), Contains("idx file of bytes"));
  CHECK_THAT(said(kImages, bytes({0, 0, 8, 1, 0, 0, 0, 2, 2, 0})),
             Contains("has 2 labels for 3 images"));
  CHECK_THAT(said(bytes({0, 0, 8, 3, 127, 255, 255, 255, 127, 255, 255, 255, 127, 255, 255, 255}),
                  kLabels),
             Contains("impossible sizes"));
  CHECK_THAT(said(bytes({0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2}), kLabels),
             Contains("impossible sizes"));
  CHECK_THAT(said(kImages, kLabels, {{"validation", std::int64_t{3}}}),
             Contains("leaves no training image"));
  auto zipped = gzipped(kImages);
  CHECK_THAT(said(zipped.substr(0, zipped.size() - 12), kLabels), Contains("damaged"));
  zipped[zipped.size() - 6] ^= 1;  // the checksum
  CHECK_THAT(said(zipped, kLabels), Contains("damaged"));
  CHECK_THAT(said(kImages, kLabels, {{"test_images", (pair.folder.path() / "images").string()}}),
             Contains("test_labels"));
}

TEST_CASE("mnist and usps have the sizes they are known for") {
  if (testing::data_missing()) return;
  const auto data = testing::data_folder();
  const auto read = [&](const std::string& set, const std::string& prefix) {
    const auto file = [&](const std::string& name) {
      return (data / set / (prefix + name + "-ubyte.gz")).string();
    };
    return plugins().make<Dataset>(
        {"idx_images",
         {{"train_images", file("train-images-idx3")},
          {"train_labels", file("train-labels-idx1")},
          {"test_images", file(prefix.empty() ? "t10k-images-idx3" : "test-images-idx3")},
          {"test_labels", file(prefix.empty() ? "t10k-labels-idx1" : "test-labels-idx1")}}});
  };
  const auto mnist = read("mnist", "");
  CHECK(mnist->ids(Split::kTrain).size() == 60000);
  CHECK(mnist->ids(Split::kTest).size() == 10000);
  const std::int64_t first[] = {0, 60000};
  const auto labels = mnist->load(first, kContext).target;
  CHECK(labels[0].item<int>() == 5);
  CHECK(labels[1].item<int>() == 7);
  const auto usps = read("usps", "usps-");
  CHECK(usps->ids(Split::kTrain).size() == 7291);
  CHECK(usps->ids(Split::kTest).size() == 2007);
  CHECK(usps->info().input_shape == std::vector<std::int64_t>{1, 16, 16});
}
