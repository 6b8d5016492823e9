// A loss surface as a picture.
#pragma once

#include <string>
#include <vector>

/// The bytes of an SVG file: a square of `points` x `points` fields from -span to span in both
/// directions, colored by the losses (row by row, from the lowest y) or, if all are above 0, by
/// their logarithms, the scale of colors, and the point of the weights themselves. Losses that are
/// not finite are left white.
std::string draw_surface(const std::vector<double>& losses, int points, double span);
