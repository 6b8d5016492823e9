#include "python_layout.h"

#include <algorithm>

#include <ATen/ops/empty.h>

#include "assay/error.h"
#include "pickle.h"

namespace {

class Layout {
 public:
  Layout(std::string_view bytes, const std::string& file)
      : file_(file), all_(unpickle(bytes, file)) {}

  assay::ImageSet::Files read() const {
    const auto& labels = entry("labels");
    if (labels.kind != Pickled::Kind::kList) refuse("`labels` is no list");
    const auto count = static_cast<std::int64_t>(labels.items.size());
    const auto& data = bytes_of_array(entry("data"), count);
    const auto pixels = at::empty({count, 3, 32, 32}, torch::kByte);
    const auto label = at::empty({count}, torch::kInt64);
    std::copy(data.begin(), data.end(),
              reinterpret_cast<char*>(pixels.mutable_data_ptr<std::uint8_t>()));
    auto* to = label.mutable_data_ptr<std::int64_t>();
    for (const auto& item : labels.items) *to++ = integer(*item);
    return {pixels, label};
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw assay::Error(assay::ErrorKind::kData,
                       file_ + ": " + what +
                           "; expected a pickled dictionary of CIFAR-10, with `data` and `labels`");
  }

  const Pickled& entry(const std::string& name) const {
    if (all_->kind != Pickled::Kind::kDict) refuse("is no dictionary");
    for (std::size_t i = 0; i + 1 < all_->items.size(); i += 2)
      if (all_->items[i]->text == name) return *all_->items[i + 1];
    refuse("has no `" + name + "`");
  }

  std::int64_t integer(const Pickled& item) const {
    if (item.kind != Pickled::Kind::kInteger) refuse("has something else than a number");
    return item.integer;
  }

  // The state of an array: version, shape, dtype, whether in Fortran's order, bytes.
  const std::string& bytes_of_array(const Pickled& array, std::int64_t count) const {
    const auto* state = array.kind == Pickled::Kind::kObject ? array.state.get() : nullptr;
    if (state == nullptr || state->items.size() != 5) refuse("`data` is no array");
    const auto& shape = state->items[1]->items;
    const auto& type = *state->items[2];
    if (type.items.empty() || type.items[0]->text != "u1") refuse("`data` has no bytes");
    if (shape.size() != 2 || integer(*shape[0]) != count || integer(*shape[1]) != kImageBytes ||
        integer(*state->items[3]) != 0)
      refuse("`data` is not [" + std::to_string(count) + ", 3072], row by row");
    const auto& bytes = state->items[4]->text;
    if (static_cast<std::int64_t>(bytes.size()) != count * kImageBytes) refuse("`data` is cut off");
    return bytes;
  }

  const std::string& file_;
  std::shared_ptr<const Pickled> all_;
};

}  // namespace

assay::ImageSet::Files read_python_layout(std::string_view bytes, const std::string& file) {
  return Layout(bytes, file).read();
}
