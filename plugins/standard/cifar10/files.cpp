#include "files.h"

#include <algorithm>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <fnmatch.h>

#include "assay/error.h"
#include "assay/sdk/read_bytes.h"
#include "python_layout.h"

namespace {

namespace fs = std::filesystem;
using assay::Error, assay::ErrorKind;

constexpr std::int64_t kRecord = 1 + kImageBytes;
constexpr std::int64_t kClasses = 10;

bool is_binary(const fs::path& file) {
  return file.extension() == ".bin";
}

void check_labels(const torch::Tensor& labels, const fs::path& file) {
  const auto* label = labels.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < labels.numel(); ++i)
    if (label[i] < 0 || label[i] >= kClasses)
      throw Error(ErrorKind::kData, file.string() + ": image " + std::to_string(i) +
                                        " has the label " + std::to_string(label[i]) +
                                        ", expected 0 to 9");
}

assay::ImageSet::Files read_records(const fs::path& file) {
  const auto bytes = assay::read_bytes(file);
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (size == 0 || size % kRecord != 0)
    throw Error(ErrorKind::kData, file.string() + ": has " + std::to_string(size) +
                                      " bytes, expected records of 3073 bytes");
  const auto count = size / kRecord;
  const auto pixels = at::empty({count, 3, 32, 32}, torch::kByte);
  const auto labels = at::empty({count}, torch::kInt64);
  auto* to = pixels.mutable_data_ptr<std::uint8_t>();
  auto* label = labels.mutable_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    const auto* record = reinterpret_cast<const std::uint8_t*>(bytes.data()) + i * kRecord;
    label[i] = record[0];
    std::copy_n(record + 1, kImageBytes, to + i * kImageBytes);
  }
  return {pixels, labels};
}

}  // namespace

std::vector<fs::path> find_files(const fs::path& root, const assay::Strings& patterns) {
  std::vector<fs::path> found;
  for (const auto& pattern : patterns) {
    const auto before = found.size();
    for (const auto& entry : fs::directory_iterator(root))
      if (const auto name = entry.path().filename().string();
          entry.is_regular_file() && fnmatch(pattern.c_str(), name.c_str(), 0) == 0)
        found.push_back(entry.path());
    if (found.size() == before)
      throw Error(ErrorKind::kData, root.string() + ": no file matches `" + pattern + "`");
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  const auto binary = std::count_if(found.begin(), found.end(), is_binary);
  if (binary != 0 && binary != std::ssize(found))
    throw Error(ErrorKind::kData, root.string() +
                                      ": has files of both layouts, .bin and without; let the "
                                      "patterns match those of one, such as `data_batch_*.bin`");
  return found;
}

assay::ImageSet::Files read_images(const std::vector<fs::path>& files) {
  std::vector<torch::Tensor> pixels, labels;
  for (const auto& file : files) {
    auto read = is_binary(file) ? read_records(file)
                                : read_python_layout(assay::read_bytes(file), file.string());
    check_labels(read.labels, file);
    pixels.push_back(read.pixels);
    labels.push_back(read.labels);
  }
  return {at::cat(pixels), at::cat(labels)};
}
