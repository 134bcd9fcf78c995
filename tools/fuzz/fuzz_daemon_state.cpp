// SPDX-License-Identifier: GPL-2.0-or-later
//
// What comes back from the kernel of calls and sessions that outlive their daemon: any octets. What
// is taken for a state is one: it can be written within its bounds and survives that.
#include <daemon/bundle_state.h>
#include <daemon/call_state.h>
#include <daemon/server_state.h>
#include <fuzz/target.h>

using namespace rtun;
using fuzz::check;

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const base::View octets(data, size);
    if (const auto state = daemon::decode_session_state(octets)) {
        const std::string terms = daemon::terms_lines(state->session.terms);
        // Written in our words it may be longer than it was.
        if (const auto text = daemon::encode(*state, terms)) {
            check(text->size() <= daemon::SessionState::MaxSize, "a session's state fits");
            const auto again = daemon::decode_session_state(*text);
            check(again.has_value(), "a session's state can be read again");
            const auto second = daemon::encode(*again, daemon::terms_lines(again->session.terms));
            check(second && *second == *text, "a session's state survives its text");
        }
    }
    if (const auto state = daemon::decode_link_of_bundle(octets)) {
        const base::Bytes text = daemon::encode(*state);
        const auto again = daemon::decode_link_of_bundle(text);
        check(again && daemon::encode(*again) == text, "a link's state survives its text");
    }
    if (const auto state = daemon::decode_connection(octets)) {
        const base::Bytes text = daemon::encode_connection(*state);
        check(text.size() <= daemon::SessionState::MaxSize, "a connection's state fits");
        const auto again = daemon::decode_connection(text);
        check(!again || daemon::encode_connection(*again) == text,
              "a connection's state survives its text");
    }
    if (const auto state = daemon::decode_call_state(octets))
        if (const auto text = daemon::encode(*state))
            check(daemon::decode_call_state(*text).has_value(), "a call's state survives its text");
    if (const auto state = daemon::decode_bundle_state(octets))
        if (const auto text = daemon::encode(*state))
            check(daemon::decode_bundle_state(*text).has_value(),
                  "a bundle's state survives its text");
    return 0;
}
