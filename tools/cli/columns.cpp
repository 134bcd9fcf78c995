// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two blanks between columns. A column in which nothing stands below its heading keeps its place.
#include <cli/columns.h>

#include <algorithm>
#include <utility>

namespace rtun::cli {

namespace {

// Characters, not octets: what follows the first octet of a character of UTF-8 takes no place.
std::size_t width_of(const std::string &text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    }));
}

}  // namespace

void Columns::add(std::vector<std::string> cells) {
    widths_.resize(std::max(widths_.size(), cells.size()));
    for (std::size_t i = 0; i < cells.size(); i++)
        widths_[i] = std::max(widths_[i], width_of(cells[i]));
    rows_.push_back(std::move(cells));
}

std::string Columns::line(const std::vector<std::string> &cells) const {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); i++) {
        text += i == 0 ? "" : "  ";
        text += cells[i];
        text.append(widths_[i] - width_of(cells[i]), ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

}  // namespace rtun::cli
