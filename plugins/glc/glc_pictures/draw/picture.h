// All rows, or what a rule holds of them, in one of the coordinates.
#pragma once

#include "assay/sdk/canvas.h"
#include "glc/glc_pictures/draw/view.h"
#include "glc/shared/rules/rules.h"
#include "glc/shared/search/table.h"

namespace glc {

using assay::Canvas, assay::Color, assay::color_of;

/// Draws from the view and the table it was made of, which must be there still.
struct Picture {
  double width = 0, height = 0;
  assay::Drawing draw;
};

/// `rows` of the table, each class in its color. In in-line coordinates the first class's links
/// lie above the line and the others' below.
Picture picture_of(const View& view, const Table& table, const Rows& rows, std::string title);

/// The rule's area, its cases, and, drawn over them, its exceptions. In in-line coordinates cases
/// lie above the line, exceptions below.
Picture picture_of(const View& view, const Table& table, const Rows& rows, const Rule& rule,
                   std::string title);

/// "train, rule 2: yes if a > 2.5; 81 of 83 right".
std::string title_of(const Rules& rules, std::size_t rule, const Table& table, const Rows& rows,
                     const std::string& split);

}  // namespace glc
