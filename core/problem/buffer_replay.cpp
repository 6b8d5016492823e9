// Copies of the buffers, taken only where a model has any.
#include "core/problem/buffer_replay.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>

namespace assay {

void BufferReplay::copy(Tensors& to, const Tensors& from) const {
  const at::NoGradGuard no_grad;
  if (to.empty())
    for (const auto& tensor : from) to.push_back(at::empty_like(tensor));
  for (std::size_t i = 0; i < from.size(); ++i) to[i].copy_(from[i]);
}

void BufferReplay::begin() {
  evaluations_ = 0;
  if (!buffers_.empty()) copy(before_, buffers_);
}

void BufferReplay::restore() {
  if (!buffers_.empty()) copy(buffers_, before_);
}

void BufferReplay::enter() {
  ++evaluations_;
  if (buffers_.empty() || evaluations_ == 1) return;
  copy(after_, buffers_);
  copy(buffers_, before_);
}

void BufferReplay::leave() {
  if (!buffers_.empty() && evaluations_ > 1) copy(buffers_, after_);
}

}  // namespace assay
