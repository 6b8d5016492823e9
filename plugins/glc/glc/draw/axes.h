// Axes with their names and scales.
#pragma once

#include "draw/canvas.h"
#include "draw/frame.h"

namespace glc {

void draw_axes(Canvas& canvas, const View& view, const Frame& frame);

}  // namespace glc
