// SPDX-License-Identifier: GPL-2.0-or-later
//
// Octets to messages.
#include <pptp/message_stream.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>

namespace rtun::pptp {

namespace wp = wire::pptp;

MessageStream::Flow MessageStream::take(base::View octets, const Handler &handle,
                                        base::View &left) {
    base::Reader stream(octets);
    for (;;) {
        const wp::Next next = wp::next(stream);
        if (std::holds_alternative<wp::NeedMore>(next)) {
            left = stream.rest();
            return Flow::On;
        }
        if (handle(next) == Flow::Stop || std::holds_alternative<wp::Malformed>(next))
            return Flow::Stop;
    }
}

void MessageStream::receive(base::View octets, const Handler &handle) {
    base::View left;
    // What is kept of earlier octets is completed first, with never more than makes a message.
    base::Bytes begun = std::exchange(buffer_, {});
    while (!begun.empty() && !octets.empty()) {
        const std::size_t more = std::min(octets.size(), wp::message_max - begun.size());
        const std::size_t kept = begun.size();
        begun.insert(begun.end(), octets.begin(),
                     octets.begin() + static_cast<std::ptrdiff_t>(more));
        if (take(begun, handle, left) == Flow::Stop)
            return;
        if (left.size() == begun.size()) {
            octets = octets.subspan(more);
            continue;
        }
        // One message at least is gone, and with it all that was kept: go on in the input.
        octets = octets.subspan(begun.size() - left.size() - kept);
        begun.clear();
    }
    if (!begun.empty()) {
        buffer_ = std::move(begun);
        return;
    }
    if (take(octets, handle, left) == Flow::On)
        buffer_.assign(left.begin(), left.end());
}

}  // namespace rtun::pptp
