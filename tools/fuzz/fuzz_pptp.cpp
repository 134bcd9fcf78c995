// SPDX-License-Identifier: GPL-2.0-or-later
//
// The codec of PPTP control messages over a stream of any octets. A message is its own encoding
// except for what is not looked at (reserved fields, what follows the end of a text), and how the
// stream is cut does not matter.
#include <base/bytes.h>
#include <fuzz/target.h>
#include <wire/pptp.h>

#include <algorithm>

using namespace rtun;
using fuzz::check;
namespace wp = wire::pptp;

namespace {

void one_message(base::View octets, const wp::Message &message) {
    const base::Bytes encoded = wp::encode(message);
    check(encoded.size() == octets.size(), "a message has the length of its type");
    check(encoded.size() == wp::length_of(wp::type_of(message)), "which is in the table");
    base::Reader again(encoded);
    const wp::Next decoded = wp::next(again);
    const auto *same = std::get_if<wp::Message>(&decoded);
    check(same != nullptr && *same == message && again.done(), "messages survive a round trip");

    // Of a message that is cut short nothing is known but that it is one so far.
    for (const std::size_t size : {octets.size() - 1, octets.size() / 2, std::size_t{1}}) {
        base::Reader part(octets.first(size));
        check(std::holds_alternative<wp::NeedMore>(wp::next(part)), "a part is no message");
        check(part.left() == size, "and nothing of it is taken");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    base::Reader stream(base::View(data, size));
    base::View rest(data, size);
    for (;;) {
        const wp::Next next = wp::next(stream);
        const std::size_t taken = rest.size() - stream.left();
        if (const auto *message = std::get_if<wp::Message>(&next)) {
            one_message(rest.first(taken), *message);
            rest = rest.subspan(taken);
            continue;
        }
        if (std::holds_alternative<wp::Unknown>(next)) {
            check(taken >= 12 && taken <= wp::message_max, "an unknown message is bounded");
            rest = rest.subspan(taken);
            continue;
        }
        check(taken == 0, "nothing is taken off the stream without a message");
        if (const auto *bad = std::get_if<wp::Malformed>(&next)) {
            check(!bad->text.empty(), "what is malformed is told");
            base::Reader header(rest.first(std::min<std::size_t>(rest.size(), 12)));
            check(std::holds_alternative<wp::Malformed>(wp::next(header)),
                  "a header is enough to know");
        } else {
            check(rest.size() < wp::message_max, "a message never needs more than the longest");
        }
        return 0;
    }
}
