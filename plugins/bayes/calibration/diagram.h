// The reliability diagram.
#pragma once

#include <string>
#include <vector>

#include "bins.h"

/// The bytes of an SVG file: per bin of equal width the accuracy as a bar, the mean confidence as a
/// mark, and the fraction of the samples below; the diagonal is perfect calibration.
std::string draw_reliability(const std::vector<Bin>& bins, const std::string& title);
