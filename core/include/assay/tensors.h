// Arithmetic on a whole list of tensors, such as a gradient.
#pragma once

#include "assay/state.h"

namespace assay {

/// The L2 norm of all elements together; real floating-point tensors of one device. On a GPU it
/// waits for the device.
double norm(const Tensors& list);

}  // namespace assay
