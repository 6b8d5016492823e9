// BufferReplay: batch-norm statistics move once a step, however often the model is run in it.
#pragma once

#include "assay/state.h"

namespace assay {

/// Every evaluation of a step starts from the buffers that the step began with; the first one's
/// outcome is what stays.
class BufferReplay {
 public:
  explicit BufferReplay(Tensors buffers) : buffers_(std::move(buffers)) {}

  void begin();    // a step starts here
  void restore();  // as the step began, before the first evaluation

  /// Around one evaluation.
  class Scope {
   public:
    explicit Scope(BufferReplay& replay) : replay_(replay) { replay_.enter(); }
    ~Scope() { replay_.leave(); }
    Scope(const Scope&) = delete;

   private:
    BufferReplay& replay_;
  };

 private:
  void enter();
  void leave();
  void copy(Tensors& to, const Tensors& from) const;

  Tensors buffers_;
  Tensors before_, after_;
  int evaluations_ = 0;
};

}  // namespace assay
