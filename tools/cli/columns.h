// SPDX-License-Identifier: GPL-2.0-or-later
//
// A listing in columns: every cell as wide as the widest of its column, blanks at no line's end.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace rtun::cli {

class Columns {
public:
    // headings: what stands above the columns.
    explicit Columns(std::vector<std::string> headings) { add(std::move(headings)); }

    void add(std::vector<std::string> cells);

    // The line of headings, and those of the rows in the order in which they were added.
    [[nodiscard]] std::string heading() const { return line(rows_.front()); }
    [[nodiscard]] std::string row(std::size_t index) const { return line(rows_.at(index + 1)); }

private:
    [[nodiscard]] std::string line(const std::vector<std::string> &cells) const;

    std::vector<std::vector<std::string>> rows_;
    std::vector<std::size_t> widths_;
};

}  // namespace rtun::cli
