// npy: NumPy's bytes, and what does not fit.
#include <catch2/catch.hpp>

#include "assay/dataset.h"
#include "tests/support/plugin_host.h"
#include "tests/support/shell.h"

using namespace assay;
using assay::testing::Folder;
using assay::testing::plugins;

namespace {

const Context kContext;

// A version 1 file, with the header as numpy.save() writes it.
template <class T>
std::string npy(const std::string& type, const std::string& shape, const std::vector<T>& values,
                const std::string& order = "False") {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': (" + shape + "), }";
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 11, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 255);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  return bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

// Three samples of two numbers and three classes, unless others are added.
struct Arrays {
  Arrays() {
    add("train_inputs", npy<double>("<f8", "3, 2", {0, 1, 2, 3, 4, 5}));
    add("train_targets", npy<std::int32_t>("<i4", "3,", {1, 0, 2}));
  }
  void add(const std::string& field, const std::string& bytes) {
    params[field] = folder.write(field + ".npy", bytes).string();
  }
  std::shared_ptr<Dataset> read() const { return plugins().make<Dataset>({"npy", params}); }

  Folder folder;
  Values params;
};

}  // namespace

TEST_CASE("inputs, targets and groups of arrays are samples, cut from the end for validation") {
  Arrays arrays;
  arrays.add("train_groups", npy<std::uint8_t>("|u1", "3,", {0, 1, 1}));
  arrays.add("train_targets", npy<std::int32_t>("<i4", "3,", {1, 0, 1}));
  arrays.params["validation"] = std::int64_t{1};
  arrays.params["scale"] = 0.5;
  const auto data = arrays.read();
  CHECK(data->info().classes == 2);
  CHECK((data->info().groups == Strings{"0", "1"}));
  CHECK((data->info().group_sizes == std::vector<std::int64_t>{1, 1}));
  CHECK(data->ids(Split::kTrain).size() == 2);
  CHECK(data->ids(Split::kTest).empty());
  const auto batch = data->load(data->ids(Split::kValidation), kContext);
  CHECK(batch.input[0][1].item<float>() == 2.5F);
  CHECK(batch.target[0].item<int>() == 1);
  CHECK(batch.group[0].item<int>() == 1);
}

TEST_CASE("values, images and tokens keep what they are") {
  Arrays arrays;
  arrays.params["task"] = "regression";
  arrays.add("train_targets", npy<float>("<f4", "3,", {0.5F, 1, 2}));
  CHECK(arrays.read()->targets(Split::kTrain).sizes() == std::vector<std::int64_t>{3, 1});
  Arrays tokens;
  tokens.params["layout"] = "tokens";
  tokens.add("train_inputs", npy<std::int64_t>("<i8", "3, 2", {5, 6, 7, 8, 9, 10}));
  CHECK(tokens.read()->info().input_type == torch::kInt64);
  Arrays images;
  images.params["layout"] = "images";
  CHECK_THROWS_WITH(images.read(), Catch::Contains("[N, C, H, W]"));
  images.add("train_inputs", npy<std::uint8_t>("|u1", "3, 1, 1, 2", {0, 51, 102, 153, 204, 255}));
  images.params["scale"] = 1 / 255.0;
  const auto data = images.read();
  CHECK((data->info().input_shape == std::vector<std::int64_t>{1, 1, 2}));
  CHECK(data->load(data->ids(Split::kTrain), kContext).input[2][0][0][1].item<float>() ==
        Approx(1));
}

TEST_CASE("what is no such array is refused with the file's name") {
  const auto fails = [](const std::string& field, const std::string& bytes,
                        const std::string& words) {
    Arrays arrays;
    arrays.add(field, bytes);
    CHECK_THROWS_WITH(arrays.read(), Catch::Contains(field + ".npy") && Catch::Contains(words));
  };
  const auto good = npy<double>("<f8", "3, 2", {0, 1, 2, 3, 4, 5});
  fails("train_inputs", good.substr(0, good.size() - 1), "47 bytes of data, expected 48");
  fails("train_inputs", good + "x", "49 bytes of data");
  fails("train_inputs", good.substr(0, 20), "cut off");
  fails("train_inputs", "PK", "no .npy file");
  fails("train_inputs", npy<double>(">f8", "3, 2", {0, 1, 2, 3, 4, 5}), "type >f8");
  fails("train_inputs", npy<double>("|O", "3, 2", {0, 1, 2, 3, 4, 5}), "type |O");
  fails("train_inputs", npy<double>("<f8", "3, 2", {0, 1, 2, 3, 4, 5}, "True"), "Fortran");
  fails("train_inputs", npy<double>("<f8", "9000000000, 9000000000", {0}), "cut off");
  fails("train_targets", npy<std::int32_t>("<i4", "2,", {1, 0}), "3 integers");
  fails("train_targets", npy<std::int32_t>("<i4", "3,", {1, -1, 0}), "negative");
  fails("train_targets", npy<std::int64_t>("<i8", "3,", {0, 1, 1'000'000'000}), "up to 99,999");
  Arrays gap;
  gap.add("train_targets", npy<std::int32_t>("<i4", "3,", {0, 2, 2}));
  CHECK_THROWS_WITH(gap.read(), Catch::Contains("no training sample has the class 1"));
  Arrays half;
  half.add("test_targets", npy<std::int32_t>("<i4", "3,", {1, 0, 2}));
  CHECK_THROWS_WITH(half.read(), Catch::Contains("`test_inputs` is missing"));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  fails("train_inputs", npy<double>("<f8", "3, 2", {0, 1, 2, 3, 4, nan}), "not finite");
}
