// Random translation by padding and cropping: He, Zhang, Ren and Sun, "Deep residual learning for
// image recognition", CVPR 2016, section 4.2.
#include <cmath>

#include "assay/registry.h"
#include "assay/sdk/images.h"
#include "assay/transform.h"

namespace {

class RandomCrop final : public assay::Transform {
 public:
  struct Params {
    std::int64_t padding = 4;
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field(
        "padding", &Params::padding, assay::between(1, 1024),
        "Number of black pixels added on each side, from which an image of the old size is cut.");
  }

  RandomCrop(const Params& params, const assay::Info& info)
      : padding_(params.padding), pixels_(info) {}

  std::int64_t count() const override { return 2; }  // of the row and the column to start at

  assay::Batch apply(const assay::Batch& batch, const torch::Tensor& draws) const override {
    auto moved = batch;
    moved.input = pixels_.black().to(batch.input.options()).expand_as(batch.input).contiguous();
    const auto* u = draws.const_data_ptr<double>();
    for (std::int64_t b = 0; b < batch.size(); ++b) {
      const Span rows(shift(*u++), pixels_.height()), columns(shift(*u++), pixels_.width());
      if (rows.size <= 0 || columns.size <= 0) continue;
      const auto part = [&](const torch::Tensor& image, std::int64_t row, std::int64_t column) {
        return image.narrow(1, row, rows.size).narrow(2, column, columns.size);
      };
      part(moved.input[b], rows.to, columns.to)
          .copy_(part(batch.input[b], rows.from, columns.from));
    }
    return moved;
  }

 private:
  // What of a line of `length` pixels stays in sight if it is moved by `shift`.
  struct Span {
    Span(std::int64_t shift, std::int64_t length)
        : from(std::max<std::int64_t>(0, shift)),
          to(std::max<std::int64_t>(0, -shift)),
          size(length - std::abs(shift)) {}
    std::int64_t from, to, size;
  };

  // Uniform in -padding, ..., padding.
  std::int64_t shift(double u) const {
    return static_cast<std::int64_t>(u * static_cast<double>(2 * padding_ + 1)) - padding_;
  }

  std::int64_t padding_;
  assay::Pixels pixels_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<RandomCrop>(
      "random_crop",
      "Pads images with black pixels and cuts out a window at random (He et al., CVPR 2016).");
}
