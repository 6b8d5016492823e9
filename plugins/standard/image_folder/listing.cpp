#include "listing.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "assay/error.h"
#include "standard/shared/table.h"

namespace {

namespace fs = std::filesystem;
using assay::Error, assay::ErrorKind;

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

bool is_image(const fs::path& path) {
  auto ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(folder))
    if (!is_hidden(entry.path())) all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

std::int64_t split_of_folder(const std::string& name) {
  if (name == "train") return 0;
  if (name == "validation" || name == "val") return 1;
  return name == "test" ? 2 : -1;
}

// Indices of words, in alphabetical order.
std::vector<std::int64_t> number(const assay::Strings& words, assay::Strings& names) {
  const std::set<std::string> sorted(words.begin(), words.end());
  names.assign(sorted.begin(), sorted.end());
  std::vector<std::int64_t> numbers;
  for (const auto& word : words)
    numbers.push_back(std::lower_bound(names.begin(), names.end(), word) - names.begin());
  return numbers;
}

class Folders {
 public:
  Folders(const fs::path& root, const std::string& layout) : root_(root), layout_(layout) {}

  Listing list() {
    if (has_splits()) {
      for (const auto& folder : sorted_entries(root_))
        if (const auto split = split_of_folder(folder.filename().string()); split >= 0)
          add_classes(folder, split);
        else
          add_other(folder);
    } else {
      add_classes(root_, -1);
    }
    if (listing_.files.empty())
      throw Error(ErrorKind::kData,
                  root_.string() +
                      ": has no image; expected CLASS/IMAGE.png or .jpg, or train/CLASS/IMAGE.png");
    listing_.classes = number(classes_, listing_.class_names);
    return std::move(listing_);
  }

 private:
  bool has_splits() const {
    if (layout_ != "auto") return layout_ == "splits";
    std::int64_t splits = 0, others = 0;
    for (const auto& entry : sorted_entries(root_))
      if (fs::is_directory(entry))
        ++(split_of_folder(entry.filename().string()) >= 0 ? splits : others);
    if (splits > 0 && others > 0)
      throw Error(ErrorKind::kData,
                  root_.string() +
                      ": has folders named like splits and others; say `layout: splits` or "
                      "`layout: classes`, or move the others away");
    return splits > 0;
  }

  void add_classes(const fs::path& folder, std::int64_t split) {
    for (const auto& entry : sorted_entries(folder))
      if (fs::is_directory(entry))
        add_images(entry, split);
      else
        add_other(entry);
  }

  void add_images(const fs::path& folder, std::int64_t split) {
    for (const auto& entry : sorted_entries(folder)) {
      if (!is_image(entry) || fs::is_directory(entry)) {
        add_other(entry);
        continue;
      }
      listing_.files.push_back(entry);
      classes_.push_back(folder.filename().string());
      if (split >= 0) listing_.splits.push_back(split);
    }
  }

  void add_other(const fs::path& file) {
    if (listing_.other_files++ == 0) listing_.other = file;
  }

  const fs::path& root_;
  const std::string& layout_;
  assay::Strings classes_;
  Listing listing_;
};

class ImageTable {
 public:
  ImageTable(const fs::path& root, const fs::path& file, const Columns& columns)
      : root_(root), table_(read_table(file, {.header = "yes"})), columns_(columns) {}

  Listing list() {
    Listing listing;
    const auto files = cells(columns_.file);
    for (std::size_t row = 0; row < files.size(); ++row) {
      const auto path = fs::path(files[row]).lexically_normal();
      listing.files.push_back(root_ / path);
      if (path.is_absolute() || *path.begin() == "..")
        refuse(row, columns_.file,
               "is `" + files[row] +
                   "`, which is not below `root`: only what lies there is part "
                   "of a trial's identity");
      if (!seen_.insert(path.string()).second)
        refuse(row, columns_.file, "is `" + path.string() + "`, which stands in two rows");
      if (!fs::is_regular_file(listing.files.back()))
        refuse(row, columns_.file,
               "is `" + files[row] + "`, and there is no such file below " + root_.string());
    }
    listing.classes = number(cells(columns_.label), listing.class_names);
    if (!columns_.group.empty())
      listing.groups = number(cells(columns_.group), listing.group_names);
    if (!columns_.split.empty()) listing.splits = splits();
    return listing;
  }

 private:
  assay::Strings cells(const std::string& name) const {
    const auto column = table_.column(name);
    assay::Strings words;
    for (const auto& row : table_.rows) {
      words.push_back(row.cells[column]);
      if (words.back().empty()) refuse(words.size() - 1, name, "is empty");
    }
    return words;
  }

  std::vector<std::int64_t> splits() const {
    std::vector<std::int64_t> found;
    const auto words = cells(columns_.split);
    const auto& names = columns_.split_names;
    for (std::size_t row = 0; row < words.size(); ++row) {
      const auto it = std::find(names.begin(), names.end(), words[row]);
      if (it == names.end())
        refuse(row, columns_.split,
               "is `" + words[row] + "`, expected one of " + assay::listed(names));
      found.push_back(it - names.begin());
    }
    return found;
  }

  [[noreturn]] void refuse(std::size_t row, const std::string& column,
                           const std::string& what) const {
    throw Error(ErrorKind::kData, table_.place(row, table_.column(column)) + " " + what);
  }

  const fs::path& root_;
  Table table_;
  const Columns& columns_;
  std::set<std::string> seen_;
};

}  // namespace

Listing list_folders(const fs::path& root, const std::string& layout) {
  return Folders(root, layout).list();
}

Listing list_table(const fs::path& root, const fs::path& table, const Columns& columns) {
  return ImageTable(root, table, columns).list();
}
