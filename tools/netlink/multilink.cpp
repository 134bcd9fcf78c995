// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words for a bundle's mode.
#include <netlink/multilink.h>

namespace rtun::netlink {

std::string_view name(MpMode mode) {
    switch (mode) {
    case MpMode::Whole:
        return "whole";
    case MpMode::Balance:
        return "balance";
    case MpMode::RoundRobin:
        return "round-robin";
    }
    return "?";
}

}  // namespace rtun::netlink
