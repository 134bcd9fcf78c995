// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file of text that may hold passwords, read whole. Inside this room only.
#pragma once

#include <base/result.h>

#include <cstdint>
#include <string>

namespace rtun::config {

// Whether the file's mode opens it to others than its owner.
enum class Openness : std::uint8_t { Closed, OpenToOthers };

// Into the text, whatever comes of it, so that the caller can wipe what there is. Refuses what is
// no regular file and what has more than 16 MiB. Its mode: one that others may read is refused
// unless the caller says that it does not matter.
[[nodiscard]] base::Result<Openness> read_text(const std::string &path, std::string &text,
                                               Openness at_most);

}  // namespace rtun::config
