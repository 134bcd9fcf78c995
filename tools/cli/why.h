// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stories of attempts and connections, as `why` tells them: a headline with who, how, when and for
// what reason, and below it the steps, each with its time.
#pragma once

#include <cli/output.h>
#include <ctl/message.h>

#include <cstdint>
#include <string>

namespace rtun::cli {

enum class Steps : std::uint8_t { Hidden, Shown };  // in text; JSON always has them

// now: seconds since the epoch; what is not of today is told with its date.
void print_story(Output &out, const ctl::Story &story, Steps steps, double now);

// "1st", "2nd", "3rd", "11th"
[[nodiscard]] std::string ordinal(std::uint32_t number);

}  // namespace rtun::cli
