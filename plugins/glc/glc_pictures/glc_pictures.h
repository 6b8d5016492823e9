// Pictures of the data and of each rule of a model, for people.
#pragma once

#include "assay/registry.h"
#include "glc/glc_pictures/draw/picture.h"

namespace glc {

class Pictures final : public assay::Procedure {
 public:
  struct Params {
    std::string coordinates = "static";
    std::string heights = "difference";
    std::string split = "train";
    assay::Strings order;
    assay::Strings reversed;
    assay::Reals weights;
    std::int64_t most = 2000;
    std::int64_t rules = 100;
    bool page = true;
  };
  static assay::Schema<Params> schema();
  static assay::Strings needs() { return {"model", "dataset/Table", "dataset/Classes"}; }

  Pictures(const Params& params, const assay::Info& info);
  std::int64_t units(const assay::Parts& parts) const override;
  void advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override;

 private:
  void start(const assay::Parts& parts, const assay::Context& context);
  void lay(const assay::Parts& parts);
  std::size_t column(const std::string& name, const char* field) const;
  void write(const std::string& name, const Picture& picture, assay::Results& results) const;

  Params p_;
  Rules names_;
  Table table_;                   // of the split; empty until it is loaded
  std::vector<Interval> ranges_;  // of each column, of the training split's rows and these
  View view_;
};

}  // namespace glc
