// image_folder: bytes as PIL decodes and resizes them; folders, tables, damaged files.
#include "plugins/standard/image_folder/resize.h"
#include "tests/support/golden.h"
#include "tests/support/plugin_host.h"

#include "assay/dataset.h"

using namespace assay;
using assay::testing::Folder;
using assay::testing::golden;
using assay::testing::plugins;

namespace {

const Context kContext;

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

void check_same(const Picture& ours, const nlohmann::json& theirs) {
  CHECK(ours.height == theirs.at("height"));
  CHECK(ours.width == theirs.at("width"));
  CHECK((ours.bytes == theirs.at("values").get<std::vector<std::uint8_t>>()));
}

std::string file_of(const std::string& name) {
  for (const auto& one : golden("standard", "images").at("decoded"))
    if (one.at("name") == name) return from_hex(one.at("bytes"));
  throw std::logic_error("there is no " + name);
}

// A PNG of one black pixel.
std::string encoded_small() {
  return from_hex(
      "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b5500"
      "00000a49444154789c636000000002000148afa4710000000049454e44ae426082");
}

std::shared_ptr<Dataset> read(const Folder& folder, Values more = {}) {
  more["root"] = folder.path().string();
  return plugins().make<Dataset>({"image_folder", std::move(more)});
}

std::vector<std::int64_t> list(const torch::Tensor& tensor) {
  const auto* first = tensor.const_data_ptr<std::int64_t>();
  return {first, first + tensor.numel()};
}

}  // namespace

TEST_CASE("PNG and JPEG files are decoded and converted to the byte as by PIL") {
  for (const auto& one : golden("standard", "images").at("decoded")) {
    INFO(one.at("name"));
    const auto bytes = from_hex(one.at("bytes"));
    check_same(decode(bytes, 3), one.at("rgb"));
    check_same(decode(bytes, 1), one.at("gray"));
  }
}

TEST_CASE("pictures are resized to the byte as by PIL") {
  const std::map<std::string, Filter> filters = {{"bilinear", Filter::kBilinear},
                                                 {"bicubic", Filter::kBicubic},
                                                 {"lanczos", Filter::kLanczos},
                                                 {"box", Filter::kBox}};
  const auto picture = decode(file_of("rgb.png"), 3);
  for (const auto& one : golden("standard", "images").at("resized")) {
    INFO(one.at("filter") << " " << one.at("height") << " x " << one.at("width"));
    check_same(resize(picture, one.at("height"), one.at("width"), filters.at(one.at("filter"))),
               one);
  }
}

TEST_CASE("the middle is cut out, and an odd margin leaves the even side") {
  Picture picture{5, 4, 1, {}};
  for (int k = 0; k < 20; ++k) picture.bytes.push_back(static_cast<std::uint8_t>(k));
  CHECK((crop_center(picture, 2, 2).bytes == std::vector<std::uint8_t>{9, 10, 13, 14}));
  CHECK((crop_center(picture, 4, 4).bytes.front() == 0));
}

TEST_CASE("cut-off and foreign files are refused with a reason") {
  for (const auto* name : {"rgb.png", "rgb.jpg", "progressive.jpg"}) {
    INFO(name);
    const auto bytes = file_of(name);
    for (const auto share : {0.3, 0.6, 0.95}) {
      const auto part =
          bytes.substr(0, static_cast<std::size_t>(share * static_cast<double>(bytes.size())));
      CHECK_THROWS_WITH(decode(part, 3), Catch::Contains("cannot be decoded as"));
    }
  }
  CHECK_THROWS_WITH(decode("GIF89a", 3), Catch::Contains("neither a PNG nor a JPEG"));
  CHECK_THROWS_AS(decode("", 3), Error);
}

TEST_CASE("a folder per class becomes classes, drawn into splits by class") {
  const Folder folder;
  for (const auto* label : {"cat", "dog"})
    for (int k = 0; k < 10; ++k)
      folder.write(std::string(label) + "/" + std::to_string(k) + ".png", file_of("rgb.png"));
  folder.write("cat/notes.txt", "not an image");
  folder.write("cat/.hidden", "");
  const auto data = read(folder, {{"validation", 0.2}, {"test", 0.3}});
  CHECK((data->info().class_names == Strings{"cat", "dog"}));
  CHECK((data->info().input_shape == std::vector<std::int64_t>{3, 9, 13}));
  for (const auto& [split, count] :
       {std::pair{Split::kTrain, 5}, {Split::kValidation, 2}, {Split::kTest, 3}}) {
    const auto targets = list(data->targets(split));
    CHECK(std::count(targets.begin(), targets.end(), 0) == count);
    CHECK(std::count(targets.begin(), targets.end(), 1) == count);
  }
  CHECK_THAT(data->info().read, Catch::Contains("20 images: 10 train, 4 validation, 6 test"));
  CHECK_THAT(data->info().read,
             Catch::Contains("1 other file, the first: ") && Catch::Contains("notes.txt"));
  const auto batch = data->load(data->ids(Split::kTrain).first(1), kContext);
  const auto picture = decode(file_of("rgb.png"), 3);
  CHECK(batch.input[0][1][2][3].item<float>() ==
        Approx(picture.bytes[(2 * 13 + 3) * 3 + 1] / 255.0));
}

TEST_CASE("folders of splits are taken as they are; what could be both must be said") {
  const Folder folder;
  for (const auto* place : {"train/a/1.png", "train/b/1.png", "val/a/2.png", "test/b/3.png"})
    folder.write(place, file_of("gray.png"));
  const auto data = read(folder, {{"channels", std::int64_t{1}}});
  CHECK(data->ids(Split::kTrain).size() == 2);
  CHECK((list(data->targets(Split::kValidation)) == std::vector<std::int64_t>{0}));
  CHECK((list(data->targets(Split::kTest)) == std::vector<std::int64_t>{1}));
  CHECK_THROWS_WITH(read(folder, {{"test", 0.5}}), Catch::Contains("given already"));
  folder.write("car/1.png", file_of("gray.png"));
  CHECK_THROWS_WITH(read(folder), Catch::Contains("`layout: splits` or `layout: classes`"));
  folder.write("test/c/1.png", file_of("gray.png"));
  CHECK_THROWS_WITH(read(folder, {{"layout", "splits"}}), Catch::Contains("has the class `c`"));
}

TEST_CASE("a table gives classes, groups and splits, and its mistakes are located") {
  const Folder folder;
  for (const auto* name : {"a.png", "b.png", "c.png"})
    folder.write(std::string("images/") + name, file_of("rgb.png"));
  const auto with = [&](const std::string& rows) {
    return read(folder, {{"table", folder.write("t.csv", "path,y,place,split\n" + rows).string()},
                         {"file_column", "path"},
                         {"class_column", "y"},
                         {"group_column", "place"},
                         {"split_column", "split"},
                         {"split_names", Strings{"0", "1", "2"}}});
  };
  const auto data = with(
      "images/a.png,bird,land,0\nimages/b.png,fish,water,0\n"
      "images/c.png,fish,land,2\n");
  CHECK((data->info().class_names == Strings{"bird", "fish"}));
  CHECK((data->info().groups == Strings{"land", "water"}));
  CHECK((data->info().group_sizes == std::vector<std::int64_t>{1, 1}));
  CHECK(data->groups(Split::kTest)[0] == 0);
  const auto batch = data->load(data->ids(Split::kTrain), kContext);
  CHECK((list(batch.group) == std::vector<std::int64_t>{0, 1}));
  CHECK_THROWS_WITH(with("images/a.png,bird,land,0\nimages/x.png,fish,land,0\n"),
                    Catch::Contains("t.csv:3") && Catch::Contains("no such file"));
  CHECK_THROWS_WITH(with("images/a.png,bird,land,0\nimages/a.png,fish,land,0\n"),
                    Catch::Contains("stands in two rows"));
  CHECK_THROWS_WITH(with("images/a.png,bird,land,0\nimages/./a.png,fish,land,0\n"),
                    Catch::Contains("stands in two rows"));
  CHECK_THROWS_WITH(with("images/a.png,,land,0\n"), Catch::Contains("column `y` is empty"));
  CHECK_THROWS_WITH(with("../a.png,bird,land,0\n"), Catch::Contains("is not below `root`"));
  CHECK_THROWS_WITH(with("images/a.png,bird,land,3\n"), Catch::Contains("expected one of 0, 1, 2"));
}

TEST_CASE("settings without an effect are refused") {
  const Folder folder;
  folder.write("a/1.png", file_of("rgb.png"));
  folder.write("b/1.png", file_of("rgb.png"));
  CHECK_THROWS_WITH(read(folder, {{"group_column", "place"}}), Catch::Contains("`table`"));
  CHECK_THROWS_WITH(read(folder, {{"split_names", Strings{"0", "1", "2"}}}),
                    Catch::Contains("`split_column`, which is missing"));
  CHECK_THROWS_WITH(read(folder, {{"test", 0.01}}), Catch::Contains("too small a share"));
  CHECK_THROWS_WITH(read(folder, {{"test", 0.6}, {"validation", 0.6}}), Catch::Contains("below 1"));
}

TEST_CASE("a damaged file is named; it is left out and counted only if that is said") {
  const Folder folder;
  folder.write("a/1.png", file_of("rgb.png"));
  folder.write("b/1.png", file_of("rgb.png"));
  folder.write("b/2.jpg", file_of("rgb.jpg").substr(0, 300));
  CHECK_THROWS_WITH(read(folder), Catch::Contains("b/2.jpg cannot be decoded as JPEG") &&
                                      Catch::Contains("`corrupt: leave_out`"));
  const auto data = read(folder, {{"corrupt", "leave_out"}});
  CHECK(data->ids(Split::kTrain).size() == 2);
  CHECK_THAT(data->info().read,
             Catch::Contains("left out 1 file, the first: ") && Catch::Contains("b/2.jpg"));
}

TEST_CASE("images are resized if that is said; of two sizes they must be") {
  const Folder folder;
  folder.write("a/1.png", file_of("rgb.png"));
  folder.write("b/1.jpg", file_of("rgb.jpg"));
  const auto data = read(folder, {{"height", std::int64_t{8}},
                                  {"width", std::int64_t{8}},
                                  {"fit", "crop"},
                                  {"mean", Reals{0.5, 0.5, 0.5}},
                                  {"deviation", Reals{0.25, 0.25, 0.25}}});
  CHECK((data->info().input_shape == std::vector<std::int64_t>{3, 8, 8}));
  const auto batch = data->load(data->ids(Split::kTrain).first(1), kContext);
  // 9 x 13 becomes 8 x 11, of which columns 2 to 9 stay: an odd margin of 3 is 2 and 1.
  const auto picture =
      crop_center(resize(decode(file_of("rgb.png"), 3), 8, 11, Filter::kBilinear), 8, 8);
  CHECK(batch.input[0][2][7][7].item<float>() ==
        Approx((picture.bytes[(7 * 8 + 7) * 3 + 2] / 255.0 - 0.5) / 0.25).margin(1e-5));
  CHECK_THROWS_WITH(read(folder, {{"height", std::int64_t{8}}}), Catch::Contains("given together"));
  folder.write("b/2.png", encoded_small());
  CHECK_THROWS_WITH(read(folder), Catch::Contains("set `height` and `width`"));
}
