// The strict reader of a safetensors header: one pass over JSON events, nothing kept that is not
// part of the format, so depth, duplicates and unknown keys are refused where they occur.
#include "core/components/safetensors_header.h"

#include <array>
#include <limits>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "assay/error.h"

namespace assay {
namespace {

constexpr std::array<std::pair<std::string_view, torch::ScalarType>, 10> kDtypes{{
    {"F64", torch::kDouble},
    {"F32", torch::kFloat},
    {"F16", torch::kHalf},
    {"BF16", torch::kBFloat16},
    {"I64", torch::kLong},
    {"I32", torch::kInt},
    {"I16", torch::kShort},
    {"I8", torch::kChar},
    {"U8", torch::kByte},
    {"BOOL", torch::kBool},
}};
constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

std::string text(std::uint64_t number) {
  return std::to_string(number);
}

class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderReader(std::uint64_t size, std::string_view source) : size_(size), source_(source) {}

  std::vector<TensorEntry> take() {
    if (covered_ != size_)
      refuse("the tensors cover " + text(covered_) + " bytes, but " + text(size_) +
             " follow the header; the two must be equal");
    return std::move(entries_);
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::kStart) return enter(Place::kTop);
    if (place_ != Place::kTop) unexpected("an object");
    if (key_ == "__metadata__") return enter(Place::kMetadata);
    entries_.push_back({key_, torch::kFloat, {}, 0, 0});
    seen_ = {};
    return enter(Place::kTensor);
  }

  bool end_object() override {
    if (place_ == Place::kTensor) finish_tensor();
    return enter(place_ == Place::kTop ? Place::kStart : Place::kTop);
  }

  bool key(std::string& name) override {
    key_ = name;
    if (place_ == Place::kTensor) {
      note_field();
      return true;
    }
    auto& names = place_ == Place::kTop ? names_ : metadata_;
    if (name.find('\0') != std::string::npos)
      refuse("the name " + quote_name(name) + " contains a NUL");
    if (!names.insert(name).second)
      refuse("the name " + quote_name(name) + " occurs twice; names must be unique");
    if (names.size() > kMaxEntries) refuse("more than " + text(kMaxEntries) + " names");
    return true;
  }

  bool string(std::string& value) override {
    if (place_ == Place::kMetadata) return true;
    if (place_ != Place::kTensor || key_ != "dtype") unexpected("a string");
    for (const auto& [name, dtype] : kDtypes) {
      if (name != value) continue;
      entries_.back().dtype = dtype;
      return true;
    }
    refuse_tensor("has dtype " + quote_name(value) +
                  "; accepted are F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL");
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::kTensor || key_ == "dtype") unexpected("a list");
    return enter(key_ == "shape" ? Place::kShape : Place::kOffsets);
  }

  bool end_array() override {
    if (place_ == Place::kOffsets && offsets_ != 2) refuse_offsets();
    return enter(Place::kTensor);
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::kShape) {
      auto& shape = entries_.back().shape;
      if (value > kLargest) refuse_tensor("has a dimension above 2^63 - 1");
      if (shape.size() == kMaxDimensions)
        refuse_tensor("has more than " + text(kMaxDimensions) + " dimensions");
      shape.push_back(static_cast<std::int64_t>(value));
    } else if (place_ == Place::kOffsets) {
      if (offsets_ == 2) refuse_offsets();
      (offsets_++ == 0 ? entries_.back().begin : entries_.back().end) = value;
    } else {
      unexpected("a number");
    }
    return true;
  }

  // Only numbers with a minus sign arrive here, -0 among them.
  bool number_integer(number_integer_t) override { unexpected("a negative number"); }
  bool number_float(number_float_t, const std::string&) override {
    unexpected("a number that is not a 64-bit integer");
  }
  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("true or false"); }
  bool binary(binary_t&) override { unexpected("binary data"); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception&) override {
    refuse("the header is not JSON in UTF-8 at its byte " + text(position));
  }

 private:
  enum class Place { kStart, kTop, kMetadata, kTensor, kShape, kOffsets };

  struct Seen {
    bool dtype = false, shape = false, offsets = false;
  };

  bool enter(Place place) {
    place_ = place;
    return true;
  }

  void note_field() {
    bool* const field = key_ == "dtype"          ? &seen_.dtype
                        : key_ == "shape"        ? &seen_.shape
                        : key_ == "data_offsets" ? &seen_.offsets
                                                 : nullptr;
    if (field == nullptr)
      refuse_tensor("has the key " + quote_name(key_) +
                    "; accepted are dtype, shape and data_offsets");
    if (std::exchange(*field, true)) refuse_tensor("has " + key_ + " twice");
    offsets_ = 0;
  }

  void finish_tensor() {
    if (!seen_.dtype || !seen_.shape || !seen_.offsets)
      refuse_tensor("must have dtype, shape and data_offsets");
    const auto& entry = entries_.back();
    if (entry.begin != covered_)
      refuse_tensor(
          "begins at " + text(entry.begin) +
          "; tensors must follow one another without gap or overlap, so it must begin at " +
          text(covered_));
    if (entry.end < entry.begin || entry.end > size_)
      refuse_tensor("ends at " + text(entry.end) + ", which is not between " + text(entry.begin) +
                    " and " + text(size_));
    const auto bytes = bytes_of(entry);
    if (bytes != entry.end - entry.begin)
      refuse_tensor("has " + text(entry.end - entry.begin) +
                    " bytes, but its shape and dtype need " + text(bytes));
    covered_ = entry.end;
  }

  // Empty dimensions count as one for the overflow check: strides are products of the others.
  std::uint64_t bytes_of(const TensorEntry& entry) {
    std::uint64_t product = c10::elementSize(entry.dtype);
    bool empty = false;
    for (const auto dimension : entry.shape) {
      const auto n = static_cast<std::uint64_t>(dimension);
      empty = empty || n == 0;
      if (n > 1 && product > kLargest / n) refuse_tensor("has more than 2^63 - 1 bytes");
      product *= n == 0 ? 1 : n;
    }
    return empty ? 0 : product;
  }

  [[noreturn]] void refuse(const std::string& what) {
    throw Error(ErrorKind::kCorrupt, std::string(source_) + ": " + what);
  }
  [[noreturn]] void refuse_tensor(const std::string& what) {
    refuse("tensor " + quote_name(entries_.back().name) + " " + what);
  }
  [[noreturn]] void refuse_offsets() {
    refuse_tensor("must have two data_offsets: the first byte, and the byte after the last");
  }
  [[noreturn]] void unexpected(std::string_view what) {
    refuse(std::string(what) + " at " + quote_name(key_) +
           " in the header, which maps names to {dtype: a string, shape: a list of integers from "
           "0, data_offsets: two such integers}, and `__metadata__` to strings");
  }

  std::uint64_t size_;
  std::string_view source_;
  std::vector<TensorEntry> entries_;
  std::set<std::string> names_, metadata_;
  std::uint64_t covered_ = 0;
  Place place_ = Place::kStart;
  std::string key_;
  Seen seen_;
  int offsets_ = 0;
};

}  // namespace

std::string_view safetensors_dtype(torch::ScalarType dtype) {
  for (const auto& [name, known] : kDtypes)
    if (known == dtype) return name;
  return {};
}

std::string quote_name(std::string_view name) {
  constexpr std::size_t kShown = 60;
  const auto shown = nlohmann::json(std::string(name.substr(0, kShown)));
  return shown.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) +
         (name.size() > kShown ? "..." : "");
}

std::vector<TensorEntry> parse_safetensors_header(std::string_view header, std::uint64_t size,
                                                  std::string_view source) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::kCorrupt, std::string(source) + ": " + what);
  };
  // The JSON library skips a byte order mark and takes NUL for the end of the text.
  if (!header.starts_with('{')) refuse("the header does not begin with `{`");
  if (header.find('\0') != std::string_view::npos) refuse("the header contains a NUL");
  HeaderReader reader(size, source);
  nlohmann::json::sax_parse(header.begin(), header.end(), &reader);
  return reader.take();
}

}  // namespace assay
