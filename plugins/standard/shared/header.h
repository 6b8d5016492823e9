// Whether the first row of a table names its columns.
#pragma once

#include <string>
#include <vector>

#include "cells.h"

enum class FirstRow { kNames, kData, kUnclear };

/// Judges by the first row and up to a thousand others. `missing` are the words of missing values,
/// which are no names. It names the columns if it has words above numbers, or numbers in order (0,
/// 1, 2) with a word above classes that occurs among none of them. It is unclear if columns
/// contradict one another.
FirstRow judge_first_row(const std::vector<Row>& rows, const std::vector<std::string>& missing,
                         char decimal);
