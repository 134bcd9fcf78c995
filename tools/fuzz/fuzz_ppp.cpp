// SPDX-License-Identifier: GPL-2.0-or-later
//
// The codec of PPP's control protocols: what is accepted, encodes to the octets it was read from,
// without what came behind the packet's length; and an option is the same thing by meaning and by
// octets.
#include <fuzz/target.h>
#include <wire/ppp.h>

#include <algorithm>

using namespace rtun;
using fuzz::check;

namespace {

bool same(base::View from, const base::Bytes &encoded) {
    return std::equal(encoded.begin(), encoded.end(), from.begin(), from.end());
}

void read_options(base::View data) {
    const auto options = wire::decode_options(data);
    if (!options)
        return;
    check(same(data, wire::encode(*options)), "options survive a round trip");
    for (const wire::CpOption &option : *options) {
        check(option.data.size() <= 253, "an option holds at most 253 octets");
        check(wire::raw(wire::lcp_option(option)) == option, "so does an LCP option");
        check(wire::raw(wire::ipcp_option(option)) == option, "so does an IPCP option");
        check(wire::raw(wire::ipv6cp_option(option)) == option, "so does an IPv6CP option");
        check(wire::raw(wire::bcp_option(option)) == option, "so does a BCP option");
        check(wire::raw(wire::ccp_option(option)) == option, "so does a CCP option");
    }
}

void read_packet(base::View information) {
    const auto packet = wire::decode_cp(information);
    if (!packet)
        return;
    check(packet->data.size() + 4 <= information.size(), "a packet lies within its frame");
    check(same(information.first(packet->data.size() + 4), wire::encode(*packet)),
          "a packet survives a round trip");
    read_options(packet->data);
    if (const auto echo = wire::decode_echo(packet->data))
        check(same(packet->data, wire::encode(*echo)), "an echo survives a round trip");
    if (const auto reject = wire::decode_protocol_reject(packet->data))
        check(same(packet->data, wire::encode(*reject)), "so does a Protocol-Reject");
    if (const auto code = wire::decode_code_reject(packet->data))
        check(static_cast<std::uint8_t>(*code) == packet->data[0], "a Code-Reject names its code");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const base::View input(data, size);
    if (const auto frame = wire::decode_ppp(input)) {
        check(same(input, wire::encode(*frame)), "a frame survives a round trip");
        read_packet(frame->information);
    }
    return 0;
}
