#include "resize.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace {

constexpr int kBits = 22;  // of a weight; 8 of a pixel and 2 against overflow make 32

double sinc(double x) {
  const double angle = std::numbers::pi * x;
  return x == 0 ? 1 : std::sin(angle) / angle;
}

double support_of(Filter filter) {
  switch (filter) {
    case Filter::kBox:
      return 0.5;
    case Filter::kBilinear:
      return 1;
    case Filter::kBicubic:
      return 2;
    case Filter::kLanczos:
      return 3;
  }
  return 0;
}

// Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -1/2.
double cubic(double x) {
  constexpr double a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

double value_of(Filter filter, double x) {
  switch (filter) {
    case Filter::kBox:
      return x > -0.5 && x <= 0.5 ? 1 : 0;
    case Filter::kBilinear:
      return std::max(0.0, 1 - std::abs(x));
    case Filter::kBicubic:
      return cubic(std::abs(x));
    case Filter::kLanczos:
      return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
  }
  return 0;
}

// The input pixels from `first` on that make one output pixel.
struct Window {
  std::int64_t first = 0;
  std::vector<int> weights;
};

std::vector<Window> windows(std::int64_t from, std::int64_t to, Filter filter) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double wide = std::max(scale, 1.0), support = support_of(filter) * wide;
  std::vector<Window> all;
  for (std::int64_t k = 0; k < to; ++k) {
    const double center = (static_cast<double>(k) + 0.5) * scale;
    const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(center - support + 0.5));
    const auto end = std::min(from, static_cast<std::int64_t>(center + support + 0.5));
    std::vector<double> values;
    double sum = 0;
    for (auto i = first; i < end; ++i) {
      values.push_back(value_of(filter, (static_cast<double>(i) - center + 0.5) * (1 / wide)));
      sum += values.back();
    }
    Window window{first, {}};
    for (const double value : values) {
      const double weight = (sum == 0 ? value : value / sum) * (1 << kBits);
      window.weights.push_back(static_cast<int>(weight + (weight < 0 ? -0.5 : 0.5)));
    }
    all.push_back(std::move(window));
  }
  return all;
}

std::uint8_t to_byte(int sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kBits, 0, 255));
}

// Of `count` values that lie `stride` apart.
std::uint8_t weigh(const std::uint8_t* from, std::int64_t stride, const Window& window) {
  int sum = 1 << (kBits - 1);
  from += window.first * stride;
  for (const int weight : window.weights) {
    sum += *from * weight;
    from += stride;
  }
  return to_byte(sum);
}

Picture resize_rows(const Picture& picture, std::int64_t width, Filter filter) {
  if (width == picture.width) return picture;
  const auto across = windows(picture.width, width, filter);
  const auto channels = picture.channels;
  Picture made{picture.height, width, channels};
  made.bytes.reserve(static_cast<std::size_t>(made.height * width * channels));
  for (std::int64_t y = 0; y < picture.height; ++y) {
    const auto* row = picture.bytes.data() + y * picture.width * channels;
    for (const auto& window : across)
      for (std::int64_t c = 0; c < channels; ++c)
        made.bytes.push_back(weigh(row + c, channels, window));
  }
  return made;
}

Picture resize_columns(const Picture& picture, std::int64_t height, Filter filter) {
  if (height == picture.height) return picture;
  const auto stride = picture.width * picture.channels;
  Picture made{height, picture.width, picture.channels};
  made.bytes.reserve(static_cast<std::size_t>(height * stride));
  for (const auto& window : windows(picture.height, height, filter))
    for (std::int64_t x = 0; x < stride; ++x)
      made.bytes.push_back(weigh(picture.bytes.data() + x, stride, window));
  return made;
}

// Half of an odd margin goes to the even side.
std::int64_t margin(std::int64_t outer, std::int64_t inner) {
  return std::llrint(static_cast<double>(outer - inner) / 2);
}

}  // namespace

Picture resize(const Picture& picture, std::int64_t height, std::int64_t width, Filter filter) {
  return resize_columns(resize_rows(picture, width, filter), height, filter);
}

Picture crop_center(const Picture& picture, std::int64_t height, std::int64_t width) {
  const auto top = margin(picture.height, height), left = margin(picture.width, width);
  const auto stride = picture.width * picture.channels;
  Picture made{height, width, picture.channels};
  for (auto y = top; y < top + height; ++y) {
    const auto* row = picture.bytes.data() + y * stride + left * picture.channels;
    made.bytes.insert(made.bytes.end(), row, row + width * picture.channels);
  }
  return made;
}
