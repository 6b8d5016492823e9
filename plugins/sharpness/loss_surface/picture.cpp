#include "picture.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "assay/sdk/canvas.h"

namespace {

using assay::Canvas, assay::Color, assay::Point;

constexpr double kSide = 360, kLeft = 56, kTop = 40, kBar = 18;

// From dark blue to light yellow: its lightness rises evenly, also in print.
Color shade(double u) {
  constexpr Color kStops[] = {
      {0.00, 0.13, 0.30}, {0.34, 0.36, 0.43}, {0.65, 0.60, 0.47}, {1.00, 0.92, 0.27}};
  const double at = std::clamp(u, 0.0, 1.0) * 3;
  const auto k = std::min<std::size_t>(2, static_cast<std::size_t>(at));
  const double t = at - static_cast<double>(k);
  const auto &a = kStops[k], &b = kStops[k + 1];
  return {a.red + t * (b.red - a.red), a.green + t * (b.green - a.green),
          a.blue + t * (b.blue - a.blue)};
}

}  // namespace

std::string draw_surface(const std::vector<double>& losses, int points, double span) {
  // Losses that are not positive have no logarithm.
  const bool by_logarithm =
      std::none_of(losses.begin(), losses.end(), [](double x) { return x <= 0; });
  const auto scaled = [&](double loss) { return by_logarithm ? std::log(loss) : loss; };
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double loss : losses)
    if (std::isfinite(loss)) {
      low = std::min(low, scaled(loss));
      high = std::max(high, scaled(loss));
    }
  const auto label = [&](double at) {
    if (!std::isfinite(at)) return std::string();
    return assay::format_short(by_logarithm ? std::exp(at) : at);
  };
  const double range = high > low ? high - low : 1;
  const double field = kSide / points;
  return assay::draw_svg(kLeft + kSide + 110, kTop + kSide + 56, [&](Canvas& canvas) {
    canvas.text({kLeft, 22}, "Loss along two filter-normalized random directions", 13,
                Canvas::Align::kLeft);
    for (int row = 0; row < points; ++row)
      for (int column = 0; column < points; ++column) {
        const double loss = losses[static_cast<std::size_t>(row * points + column)];
        if (!std::isfinite(loss)) continue;
        const Point from{kLeft + column * field, kTop + (points - 1 - row) * field};
        const double u = (scaled(loss) - low) / range;
        canvas.box(from, {from.x + field, from.y + field}, shade(u), shade(u));
      }
    canvas.dot({kLeft + kSide / 2, kTop + kSide / 2}, 3.5, {0.84, 0.37, 0.0});
    for (const double end : {-1.0, 0.0, 1.0}) {
      const double along = kSide * (0.5 + end / 2);
      canvas.text({kLeft + along, kTop + kSide + 18}, assay::format_short(end * span), 11,
                  Canvas::Align::kMiddle);
      canvas.text({kLeft - 8, kTop + kSide - along + 4}, assay::format_short(end * span), 11,
                  Canvas::Align::kRight);
    }
    canvas.text({kLeft + kSide / 2, kTop + kSide + 38},
                "units of the weights' filters; the dot is the trained model", 11,
                Canvas::Align::kMiddle);
    const double bar = kLeft + kSide + 20;
    for (int k = 0; k < 60; ++k)
      canvas.box({bar, kTop + kSide - (k + 1) * kSide / 60},
                 {bar + kBar, kTop + kSide - k * kSide / 60}, shade(k / 59.0), shade(k / 59.0));
    for (const double u : {0.0, 0.5, 1.0})
      canvas.text({bar + kBar + 6, kTop + kSide * (1 - u) + 4}, label(low + u * range), 11,
                  Canvas::Align::kLeft);
  });
}
