// cifar10: both layouts, and the published networks on the published images.
#include <catch2/catch.hpp>

#include <ATen/ops/equal.h>
#include <torch/nn/module.h>

#include "assay/dataset.h"
#include "assay/sdk/weights.h"
#include "tests/support/data.h"
#include "tests/support/plugin_host.h"
#include "tests/support/shell.h"

using namespace assay;
using assay::testing::data_folder;
using assay::testing::data_missing;
using assay::testing::Folder;
using assay::testing::plugins;

namespace {

const Context kContext;

std::string byte(int value) {
  return std::string(1, static_cast<char>(value));
}

// Image k of a file: its label, then bytes that go up from k.
std::string pixels(int k) {
  std::string text;
  for (int i = 0; i < 3072; ++i) text += byte((k + i) % 256);
  return text;
}

std::string records(std::initializer_list<int> labels) {
  std::string text;
  int k = 0;
  for (const int label : labels) text += byte(label) + pixels(k++);
  return text;
}

// What Python 2 wrote: protocol 2, strings as bytes, an array made by numpy's _reconstruct.
std::string pickled(std::initializer_list<int> labels, const std::string& module = "numpy") {
  const auto text = [](const std::string& word) { return "U" + byte(int(word.size())) + word; };
  std::string all = "\x80\x02}q\x01(" + text("batch_label") + text("training batch 1 of 5") +
                    text("labels") + "]q\x02(";
  std::string data;
  int k = 0;
  for (const int label : labels) {
    all += "K" + byte(label);
    data += pixels(k++);
  }
  const auto count = static_cast<int>(labels.size()), size = static_cast<int>(data.size());
  all += "e" + text("data") + "c" + module + ".core.multiarray\n_reconstruct\nq\x03" +
         "cnumpy\nndarray\nq\x04K" + byte(0) + "\x85" + text("b") + "\x87Rq\x05(K\x01K" +
         byte(count) + "M" + byte(0) + "\x0c\x86" + "cnumpy\ndtype\nq\x06" + text("u1") + "K" +
         byte(0) + "K\x01\x87Rq\x07(K\x03" + text("|") + "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK" +
         byte(0) + "tb\x89T";
  for (int shift = 0; shift < 32; shift += 8) all += byte((size >> shift) & 255);
  return all + data + "tbu.";
}

std::shared_ptr<Dataset> read(const Folder& folder, Values more = {}) {
  more["root"] = folder.path().string();
  more.emplace("validation", std::int64_t{0});
  return plugins().make<Dataset>({"cifar10", std::move(more)});
}

std::shared_ptr<Dataset> test_images() {
  return plugins().make<Dataset>({"cifar10",
                                  {{"root", (data_folder() / "cifar10").string()},
                                   {"train", Strings{"data_batch_1_first4000.bin"}},
                                   {"test", Strings{"test_batch_first1000.bin"}},
                                   {"validation", std::int64_t{0}},
                                   {"mean", Reals{0.485, 0.456, 0.406}},
                                   {"deviation", Reals{0.229, 0.224, 0.225}}}});
}

int correct(Model& model, const Dataset& data) {
  const torch::NoGradGuard no_grad;
  model.eval();
  int right = 0;
  for_pieces(data.ids(Split::kTest), 250, [&](std::size_t, std::span<const std::int64_t> ids) {
    const auto batch = data.load(ids, kContext);
    right += model.forward(batch).logits.argmax(1).eq(batch.target).sum().item<int>();
  });
  return right;
}

}  // namespace

TEST_CASE("records are read in the order of the files' names, with the pixels by channel") {
  const Folder folder;
  folder.write("data_batch_2.bin", records({7}));
  folder.write("data_batch_1.bin", records({3, 9}));
  folder.write("test_batch.bin", records({1}));
  const auto data = read(folder, {{"mean", Reals{0, 0, 0}}, {"deviation", Reals{1, 1, 1}}});
  CHECK(data->info().classes == 10);
  CHECK(data->info().class_names[3] == "cat");
  const auto batch = data->load(data->ids(Split::kTrain), kContext);
  CHECK(batch.target[0].item<int>() == 3);
  CHECK(batch.target[1].item<int>() == 9);
  CHECK(batch.target[2].item<int>() == 7);
  // Image 1, green, row 2, column 5: byte 1024 + 2 * 32 + 5.
  CHECK(batch.input[1][1][2][5].item<float>() == Approx(((1 + 1024 + 69) % 256) / 255.0));
}

TEST_CASE("Python's layout gives the same images, and nothing of it is run") {
  const Folder binary, python, hostile;
  binary.write("data_batch_1.bin", records({3, 9}));
  binary.write("test_batch.bin", records({1}));
  python.write("data_batch_1", pickled({3, 9}));
  python.write("test_batch", pickled({1}));
  const auto a = read(binary), b = read(python);
  const auto ids = a->ids(Split::kTrain);
  CHECK(at::equal(a->load(ids, kContext).input, b->load(ids, kContext).input));
  CHECK(at::equal(a->targets(Split::kTest), b->targets(Split::kTest)));
  hostile.write("data_batch_1", pickled({3}, "os"));
  hostile.write("test_batch", pickled({1}));
  CHECK_THROWS_WITH(read(hostile), Catch::Contains("data_batch_1") &&
                                       Catch::Contains("os.core.multiarray._reconstruct"));
}

TEST_CASE("damaged files are refused with their name") {
  const Folder folder;
  folder.write("test_batch.bin", records({1}));
  const auto with = [&](const std::string& bytes) {
    folder.write("data_batch_1.bin", bytes);
    return read(folder);
  };
  CHECK_THROWS_WITH(with(records({3}).substr(1)), Catch::Contains("records of 3073 bytes"));
  CHECK_THROWS_WITH(with(records({10})), Catch::Contains("has the label 10, expected 0 to 9"));
  CHECK_THROWS_WITH(read(folder, {{"train", Strings{"train_*"}}}),
                    Catch::Contains("no file matches `train_*`"));
  CHECK_THROWS_WITH(read(folder, {{"train", Strings{"*.bin"}}}),
                    Catch::Contains("matches both `train` and `test`"));
  folder.write("data_batch_2", pickled({1}));
  CHECK_THROWS_WITH(read(folder), Catch::Contains("files of both layouts"));
  const Folder python;
  python.write("test_batch", pickled({1}));
  python.write("data_batch_1", "\x80\x02)" + std::string(100'000, '\x85') + ".");
  CHECK_THROWS_WITH(read(python), Catch::Contains("nested too deeply"));
  const auto whole = pickled({3});
  for (std::size_t size = 0; size < whole.size(); size += 61) {
    python.write("data_batch_1", whole.substr(0, size));
    CHECK_THROWS_AS(read(python), Error);
  }
}

TEST_CASE("the published ResNets have the stated accuracy on the test images, to the sample") {
  if (data_missing()) return;
  const auto data = test_images();
  const std::tuple<std::int64_t, const char*, int> known[] = {{20, "resnet20-12fca82f", 915},
                                                              {32, "resnet32-d509ac18", 928},
                                                              {56, "resnet56-4bfd9763", 926}};
  for (const auto& [depth, file, right] : known) {
    INFO(file);
    const auto model = plugins().make<Model>({"resnet", {{"depth", depth}}}, &data->info());
    const auto from = data_folder() / "resnet-cifar10" / (std::string(file) + ".safetensors");
    load_weights(*model, read_weights(from), {}, file);
    CHECK(correct(*model, *data) == right);
  }
}
