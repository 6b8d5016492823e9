// Axes with their names and scales.
#pragma once

#include "glc/glc_pictures/draw/canvas.h"
#include "glc/glc_pictures/draw/frame.h"

namespace glc {

void draw_axes(Canvas& canvas, const View& view, const Frame& frame);

}  // namespace glc
