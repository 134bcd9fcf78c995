// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages of the control socket. What is accepted is encoded as something that decodes the same.
#include <ctl/message.h>

#include <fuzz/target.h>

#include <string>
#include <string_view>

using namespace rtun;
using fuzz::check;

namespace {

std::string_view body(const std::string &line) {
    check(line.find('\n') == line.size() - 1, "a message is one line");
    return std::string_view(line).substr(0, line.size() - 1);
}

template <typename Decode>
void round_trip(std::string_view text, Decode decode) {
    const auto message = decode(text);
    if (!message)
        return;
    const std::string once = ctl::encode(*message);
    const auto again = decode(body(once));
    check(again.has_value(), "what is encoded can be decoded");
    check(ctl::encode(*again) == once, "and is the same");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string text(data, data + size);
    round_trip(text, [](std::string_view line) { return ctl::decode_request(line); });
    round_trip(text, [](std::string_view line) { return ctl::decode_reply(line); });
    round_trip(text, [](std::string_view line) { return ctl::decode_event(line); });
    return 0;
}
