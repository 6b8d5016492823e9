// DeGroot and Fienberg, "The comparison and evaluation of forecasters", The Statistician 1983;
// drawn as in Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML
// 2017, figure 1.
#include "diagram.h"

#include <algorithm>

#include "assay/sdk/canvas.h"

namespace {

using assay::Canvas, assay::Color, assay::Point;

constexpr double kSide = 300, kLeft = 56, kTop = 40, kBelow = 70, kGap = 30;
constexpr Color kNone{1, 1, 1, 0}, kGray{0.6, 0.6, 0.6};

Point place(double x, double y) {
  return {kLeft + kSide * x, kTop + kSide * (1 - y)};
}

void draw_scales(Canvas& canvas) {
  for (const double at : {0.0, 0.5, 1.0}) {
    canvas.text({place(at, 0).x, kTop + kSide + 16}, assay::format_short(at), 11,
                Canvas::Align::kMiddle);
    canvas.text({kLeft - 6, place(0, at).y + 4}, assay::format_short(at), 11,
                Canvas::Align::kRight);
  }
  canvas.text({kLeft - 48, kTop - 10}, "accuracy", 11, Canvas::Align::kLeft);
  canvas.box(place(0, 1), place(1, 0), kNone, kGray);
  canvas.line({place(0, 0), place(1, 1)}, kGray, 1);
}

}  // namespace

std::string draw_reliability(const std::vector<Bin>& bins, const std::string& title) {
  double all = 0, most = 0;
  for (const auto& bin : bins) {
    all += bin.samples;
    most = std::max(most, bin.samples);
  }
  const double width = 1 / static_cast<double>(bins.size());
  const Color bar = assay::color_of(0), mark = assay::color_of(1);
  const double foot = kTop + kSide + kGap + kBelow;
  return assay::draw_svg(kLeft + kSide + 40, foot + 40, [&](Canvas& canvas) {
    canvas.text({kLeft, 20}, title, 13, Canvas::Align::kLeft);
    for (std::size_t m = 0; m < bins.size(); ++m) {
      const auto& bin = bins[m];
      if (bin.samples == 0) continue;
      const double from = static_cast<double>(m) * width;
      canvas.box(place(from, bin.right / bin.samples), place(from + width, 0), bar.faded(0.35),
                 bar);
      canvas.dot(place(bin.confidence / bin.samples, bin.right / bin.samples), 3, mark);
      const double height = kBelow * bin.samples / most;
      canvas.box({place(from, 0).x, foot - height}, {place(from + width, 0).x, foot},
                 kGray.faded(0.35), kGray);
    }
    draw_scales(canvas);
    canvas.text({kLeft, foot + 16},
                "samples per bin, up to " + assay::format_short(100 * most / all) + " %", 11,
                Canvas::Align::kLeft);
    canvas.text({kLeft + kSide, foot + 32},
                "dot: mean confidence of the bin; line: perfectly calibrated", 11,
                Canvas::Align::kRight);
  });
}
