// Images in folders, or listed in a table.
#include <algorithm>

#include "assay/registry.h"
#include "assay/sdk/images.h"
#include "listing.h"
#include "read.h"
#include "standard/shared/splits.h"

namespace {

namespace fs = std::filesystem;
using assay::Error, assay::ErrorKind;

class ImageFolder final : public assay::ImageSet {
 public:
  struct Params {
    fs::path root;
    std::string layout = "auto";
    fs::path table;
    std::string file_column = "file", class_column = "class", group_column, split_column;
    assay::Strings split_names = {"train", "validation", "test"};
    std::int64_t height = 0, width = 0;
    std::string fit = "stretch";
    std::string filter = "bilinear";
    std::int64_t channels = 3;
    assay::Reals mean, deviation;
    std::string corrupt = "refuse";
    double validation = 0, test = 0;
    std::int64_t split_seed = 0;
  };

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .required("root", &Params::root, any(), "Folder of the images (PNG or JPEG).")
        .field(
            "layout", &Params::layout, one_of({"auto", "classes", "splits"}),
            "What the folders in `root` are: classes, or splits (train, validation or val, test) "
            "with classes in them; auto: splits, if all are named so.")
        .field("table", &Params::table, any(),
               "CSV file with a row per image, whose first row names the columns; empty: classes "
               "and splits are those of the folders.")
        .field("file_column", &Params::file_column, any(),
               "Column of the image's path, relative to `root`.")
        .field("class_column", &Params::class_column, any(), "Column of the class.")
        .field("group_column", &Params::group_column, any(),
               "Column of the group; empty: there are no groups.")
        .field("split_column", &Params::split_column, any(),
               "Column of the split; empty: splits are drawn.")
        .field("split_names", &Params::split_names, any(),
               "What train, validation and test are called in `split_column`.")
        .field("height", &Params::height, between(0, 16384),
               "Height in pixels to which images are resized; 0: as they are, all of one size.")
        .field("width", &Params::width, between(0, 16384),
               "Width in pixels to which images are resized; 0: as they are.")
        .field("fit", &Params::fit, one_of({"stretch", "crop"}),
               "How images are resized: both sides at once, or with their aspect ratio, of which "
               "the middle is cut out.")
        .field("filter", &Params::filter, one_of({"bilinear", "bicubic", "lanczos", "box"}),
               "Filter of the resizing, as in PIL.")
        .field("channels", &Params::channels, between(1, 3),
               "1: grayscale; 3: red, green and blue.")
        .field("mean", &Params::mean, between(0, 1),
               "Mean of each channel, which is subtracted from pixel / 255; empty: 0.")
        .field("deviation", &Params::deviation, above(0),
               "Standard deviation of each channel, by which pixel / 255 - mean is divided; empty: "
               "1.")
        .field("corrupt", &Params::corrupt, one_of({"refuse", "leave_out"}),
               "What is done if a file cannot be decoded: an error names it, or it is left out, "
               "named and counted.")
        .field(
            "validation", &Params::validation, below(0, 1),
            "Share of all images that is drawn for the validation split, by class, if the splits "
            "are not given.")
        .field("test", &Params::test, below(0, 1),
               "Share of all images that is drawn for the test split, by class, if the splits are "
               "not given.")
        .field("split_seed", &Params::split_seed, at_least(0), "Seed of that draw.");
  }

  explicit ImageFolder(const Params& p) : ImageFolder(p, list(p)) {}

 private:
  ImageFolder(const Params& p, Listing listing)
      : ImageSet(read(p, listing), {channels_of(p, p.mean, 0), channels_of(p, p.deviation, 1)},
                 listing.class_names) {}

  static Listing list(const Params& p) {
    if (p.channels == 2) throw Error(ErrorKind::kParameter, "`channels` is 2, expected 1 or 3");
    if ((p.height == 0) != (p.width == 0))
      throw Error(ErrorKind::kParameter, "`height` and `width` are given together, or neither");
    if (p.split_names.size() != 3)
      throw Error(ErrorKind::kParameter,
                  "`split_names` needs three names: of train, validation and test");
    check_columns(p);
    return p.table.empty() ? list_folders(p.root, p.layout)
                           : list_table(p.root, p.table,
                                        {p.file_column, p.class_column, p.group_column,
                                         p.split_column, p.split_names});
  }

  // What has no effect is a mistake.
  static void check_columns(const Params& p) {
    const auto refuse = [](const std::string& what) { throw Error(ErrorKind::kParameter, what); };
    const Params usual;
    const bool columns = p.file_column != usual.file_column ||
                         p.class_column != usual.class_column || !p.group_column.empty() ||
                         !p.split_column.empty();
    if (p.table.empty() && columns) refuse("columns are those of a `table`, which is missing");
    if (!p.table.empty() && p.layout != "auto")
      refuse(
          "`layout` is that of folders, but classes and splits are those of `table`: remove one");
    if (p.split_column.empty() && p.split_names != usual.split_names)
      refuse("`split_names` are values of `split_column`, which is missing");
    for (int k = 0; k < 3; ++k)
      if (std::count(p.split_names.begin(), p.split_names.end(), p.split_names[k]) > 1)
        refuse("`split_names` has `" + p.split_names[k] + "` twice");
    if (p.validation + p.test >= 1)
      refuse("`validation` and `test` leave no training image: their sum must be below 1");
    if (!std::filesystem::is_directory(p.root)) refuse("`root` is no folder");
  }

  static assay::Reals channels_of(const Params& p, const assay::Reals& given, double otherwise) {
    return given.empty() ? assay::Reals(static_cast<std::size_t>(p.channels), otherwise) : given;
  }

  static ImageFormat format_of(const Params& p) {
    const auto filter = p.filter == "bilinear"  ? Filter::kBilinear
                        : p.filter == "bicubic" ? Filter::kBicubic
                        : p.filter == "lanczos" ? Filter::kLanczos
                                                : Filter::kBox;
    return {p.channels, p.height, p.width, p.fit == "crop", filter};
  }

  static Sorted read(const Params& p, const Listing& listing) {
    const auto decoded = decode_all(listing.files, format_of(p));
    const auto refused = decoded.refused.size();
    if (refused > 0 && p.corrupt == "refuse")
      throw Error(ErrorKind::kData,
                  decoded.refused.front() +
                      (refused > 1 ? ", and " + std::to_string(refused - 1) + " more" : "") +
                      "; `corrupt: leave_out` goes on without");
    Sorted images;
    std::vector<std::int64_t> classes;
    for (const auto place : decoded.places) {
      classes.push_back(listing.classes[place]);
      if (!listing.groups.empty()) images.groups.push_back(listing.groups[place]);
    }
    images.files = {decoded.pixels, torch::tensor(classes, torch::kInt64)};
    images.group_names = listing.group_names;
    split(p, listing, decoded, classes, images);
    check_classes(classes, listing, images);
    images.read = describe(listing, decoded, images);
    return images;
  }

  static void split(const Params& p, const Listing& listing, const Decoded& decoded,
                    const std::vector<std::int64_t>& classes, Sorted& images) {
    if (listing.splits.empty()) {
      const auto rows =
          split_rows(std::ssize(classes), {p.test, p.validation, 0, 0}, classes, {},
                     assay::Rng(static_cast<std::uint64_t>(p.split_seed)).fork("split"));
      std::copy(rows.begin(), rows.end(), images.ids);
      if ((p.validation > 0 && rows[1].empty()) || (p.test > 0 && rows[2].empty()))
        throw Error(ErrorKind::kParameter, "`validation` or `test` is too small a share of " +
                                               std::to_string(classes.size()) +
                                               " images to draw one");
      return;
    }
    if (p.test > 0 || p.validation > 0)
      throw Error(ErrorKind::kParameter,
                  "`validation` and `test` draw splits, but the splits are given already: remove "
                  "them");
    for (std::size_t k = 0; k < decoded.places.size(); ++k)
      images.ids[listing.splits[decoded.places[k]]].push_back(static_cast<std::int64_t>(k));
  }

  // A class that no training image has cannot be learned.
  static void check_classes(const std::vector<std::int64_t>& classes, const Listing& listing,
                            const Sorted& images) {
    std::vector<bool> trained(listing.class_names.size());
    for (const auto id : images.ids[0])
      trained[static_cast<std::size_t>(classes[static_cast<std::size_t>(id)])] = true;
    for (std::size_t c = 0; c < trained.size(); ++c)
      if (!trained[c])
        throw Error(ErrorKind::kData,
                    "no training image has the class `" + listing.class_names[c] + "`");
  }

  static std::string describe(const Listing& listing, const Decoded& decoded,
                              const Sorted& images) {
    const auto count = [](auto n, const std::string& what) {
      return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
    };
    auto text = count(decoded.places.size(), "image") + ": " +
                std::to_string(images.ids[0].size()) + " train, " +
                std::to_string(images.ids[1].size()) + " validation, " +
                std::to_string(images.ids[2].size()) + " test; " +
                std::to_string(listing.class_names.size()) + " classes";
    if (!listing.group_names.empty()) text += ", " + count(listing.group_names.size(), "group");
    if (!decoded.refused.empty())
      text += "; left out " + count(decoded.refused.size(), "file") +
              ", the first: " + decoded.refused.front();
    if (listing.other_files > 0)
      text += "; " + count(listing.other_files, "other file") +
              ", the first: " + listing.other.string();
    return text;
  }
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<ImageFolder>("image_folder",
                            "PNG and JPEG images: a folder per class, or a table with classes, "
                            "groups and splits.");
}
