// bfloat16 autocast for a scope, as torch.autocast does it.
#include <ATen/autocast_mode.h>

#include "core/runtime/runtime.h"

namespace assay {

namespace autocast = at::autocast;

Autocast::Autocast(bool on, torch::Device device) : on_(on), type_(device.type()) {
  if (!on_) return;
  enabled_before_ = autocast::is_autocast_enabled(type_);
  dtype_before_ = autocast::get_autocast_dtype(type_);
  autocast::set_autocast_dtype(type_, torch::kBFloat16);
  autocast::set_autocast_enabled(type_, true);
  autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (!on_) return;
  // The cache holds bfloat16 copies of weights, stale once a step has been taken.
  if (autocast::decrement_nesting() == 0) autocast::clear_cache();
  autocast::set_autocast_enabled(type_, enabled_before_);
  autocast::set_autocast_dtype(type_, dtype_before_);
}

}  // namespace assay
