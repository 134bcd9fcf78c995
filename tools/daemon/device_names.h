// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names for the devices of sessions: "<pptp-jack>", and "<pptp-jack-1>" for the second one of jack.
// A device has 15 characters, so of a long name only the beginning is seen, and a number tells such
// users apart; what a device name cannot have (white space, "/", ":", "%") and what is not ASCII
// becomes "_". Of "DOMAIN\\user" the user is taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace rtun::daemon {

class DeviceNames {
public:
    static constexpr std::size_t MaxName = 15;  // IFNAMSIZ less the octet at the end
    static constexpr unsigned MaxNumber = 99999;

    // False: another session has it.
    [[nodiscard]] bool take(const std::string &name);
    // The first that is free. Nothing: there are too many of this kind.
    [[nodiscard]] std::optional<std::string> take_for(std::string_view service,
                                                      std::string_view user);
    void release(const std::string &name);

    [[nodiscard]] std::size_t size() const { return taken_.size(); }

private:
    struct Stem {
        unsigned taken = 0;
        unsigned free_from = 0;  // below that, none is
    };
    struct Place {
        std::string stem;  // empty: not a numbered one
        unsigned number = 0;
    };
    std::map<std::string, Place, std::less<>> taken_;
    std::map<std::string, Stem, std::less<>> stems_;
};

// Number 0 is the one without a number.
[[nodiscard]] std::string device_name(std::string_view service, std::string_view user,
                                      unsigned number);

}  // namespace rtun::daemon
