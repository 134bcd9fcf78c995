// SPDX-License-Identifier: GPL-2.0-or-later
//
// The text of a control connection's state, which comes back from the kernel: any octets. What is
// taken for a state is one: it survives a round trip, is within its bounds, and an engine goes on
// with it.
#include <base/random.h>
#include <fuzz/target.h>
#include <pptp/control_state.h>
#include <wire/pptp.h>

#include <algorithm>
#include <string_view>

using namespace rtun;
using fuzz::check;

namespace {

class Zeros final : public base::Random {
public:
    void fill(std::span<std::uint8_t> out) override {
        std::fill(out.begin(), out.end(), std::uint8_t{0});
    }
};

constexpr base::Time now{std::chrono::seconds(1)};

void ends_by(pptp::Control &engine) { engine.connection_lost(now, "lost"); }
void ends_by(pptp::Server &engine) { engine.connection_lost(now, "lost"); }

template <typename State, typename Engine>
void goes_on(const State &state, Engine &engine) {
    const auto text = pptp::encode(state);
    check(text.has_value(), "what was decoded is within the bounds");
    engine.resume(state, now);
    const bool broken = !engine.state();  // by what it had not read
    const auto outputs = engine.take_outputs();
    check(state.unread.size() < wire::pptp::message_max, "less than a message is unread");
    check(!broken || !outputs.empty(), "an engine that does not go on says so");
    if (!broken)
        ends_by(engine);
    check(broken || !engine.take_outputs().empty(), "it ends");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    Zeros random;
    if (const auto state = pptp::decode_control_state(text)) {
        const auto again = pptp::decode_control_state(pptp::encode(*state).value_or(""));
        check(again && pptp::encode(*again) == pptp::encode(*state), "it survives a round trip");
        pptp::Control engine({}, pptp::CallId{1}, random);
        goes_on(*state, engine);
    }
    if (const auto state = pptp::decode_server_state(text)) {
        const auto again = pptp::decode_server_state(pptp::encode(*state).value_or(""));
        check(again && pptp::encode(*again) == pptp::encode(*state), "it survives a round trip");
        pptp::Server engine({}, random);
        goes_on(*state, engine);
    }
    return 0;
}
