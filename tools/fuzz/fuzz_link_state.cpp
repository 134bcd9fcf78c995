// SPDX-License-Identifier: GPL-2.0-or-later
//
// The text of a link that is handed over: whatever is read without complaint can be written and
// read again, fits where it has to, and does a link that goes on from it no harm.
#include <fuzz/target.h>
#include <ppp/link.h>
#include <ppp/link_state.h>

#include <algorithm>
#include <string_view>

using namespace rtun;
using fuzz::check;
using namespace std::chrono_literals;

namespace {

class Zeros final : public base::Random {
public:
    void fill(std::span<std::uint8_t> out) override {
        std::fill(out.begin(), out.end(), std::uint8_t{0});
    }
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const auto state = ppp::decode_link_state({reinterpret_cast<const char *>(data), size});
    if (!state)
        return 0;
    const std::string text = ppp::encode(*state);
    check(text.size() <= ppp::MaxLinkState, "a state fits");
    const auto again = ppp::decode_link_state(text);
    check(again && ppp::encode(*again) == text, "a state survives its text");

    Zeros random;
    ppp::LinkOptions options;
    options.authenticator.rechallenge = 5s;
    ppp::Link link(options, random);
    base::Time now{};
    link.resume(*state, now);
    check(link.take_outputs().empty(), "a link goes on without a word");
    const auto own = link.state();
    check(own.has_value() && ppp::encode(*own).size() <= ppp::MaxLinkState, "and so the next");
    for (int i = 0; i < 1000 && link.deadline(); ++i) {
        now = std::max(now, *link.deadline());
        link.expire(now);
        static_cast<void>(link.take_outputs());
    }
    check(!link.deadline(), "with a silent peer the link ends");
    return 0;
}
