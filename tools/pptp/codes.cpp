// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tables of codes. A table begins with code 0, which only the general errors define.
#include <pptp/codes.h>

#include <wire/pptp.h>

#include <span>
#include <string_view>

namespace rtun::pptp {

namespace {

constexpr std::string_view none = "no code";

// Section 2.16.
constexpr std::string_view general_errors[] = {
    "no general error",        "no control connection exists yet", "bad format",
    "a field is out of range", "insufficient resources",           "bad call id",
    "vendor-specific error",
};

// Section 2.2.
constexpr std::string_view start_results[] = {
    none,
    "successful",
    "general error",
    "a control connection exists already",
    "not authorized to establish a control connection",
    "protocol version not supported",
};

// Section 2.8.
constexpr std::string_view call_results[] = {
    none,   "connected",    "general error", "no carrier",
    "busy", "no dial tone", "dial timeout",  "administratively prohibited",
};

// Section 2.13.
constexpr std::string_view disconnect_results[] = {
    none, "lost carrier", "general error", "administrative shutdown", "call clear requested",
};

// Section 2.3.
constexpr std::string_view stop_reasons[] = {
    none,
    "general request",
    "protocol version not supported",
    "peer is being shut down",
};

std::string word(std::span<const std::string_view> table, std::uint8_t code) {
    return std::string(code < table.size() ? table[code] : std::string_view("unknown code"));
}

std::string describe(std::span<const std::string_view> table, std::uint8_t result,
                     std::uint8_t error, std::uint16_t cause) {
    std::string text = word(table, result);
    std::string numbers = "result " + std::to_string(result);
    // The error code speaks only for this result; some peers leave something in it for others.
    if (result == wire::pptp::result_general_error) {
        text += ": " + word(general_errors, error);
        numbers += ", error " + std::to_string(error);
    }
    if (cause != 0)
        numbers += ", cause " + std::to_string(cause);
    return text + " (" + numbers + ")";
}

}  // namespace

std::string describe_start(std::uint8_t result, std::uint8_t error) {
    return describe(start_results, result, error, 0);
}

std::string describe_call(std::uint8_t result, std::uint8_t error, std::uint16_t cause) {
    return describe(call_results, result, error, cause);
}

std::string describe_disconnect(std::uint8_t result, std::uint8_t error, std::uint16_t cause) {
    return describe(disconnect_results, result, error, cause);
}

std::string describe_stop(std::uint8_t reason) {
    return word(stop_reasons, reason) + " (reason " + std::to_string(reason) + ")";
}

}  // namespace rtun::pptp
