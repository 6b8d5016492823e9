// Axes with their names and scales.
#pragma once

#include "assay/sdk/canvas.h"
#include "glc/glc_pictures/draw/frame.h"

namespace glc {

using assay::Canvas, assay::Color;

void draw_axes(Canvas& canvas, const View& view, const Frame& frame);

}  // namespace glc
