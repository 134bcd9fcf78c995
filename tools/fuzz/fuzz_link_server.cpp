// SPDX-License-Identifier: GPL-2.0-or-later
//
// A server's link against any peer: the steps are those of fuzz/link_runner.h, after two octets of
// options.
#include <fuzz/link_runner.h>

#include <auth/method.h>
#include <ppp/link.h>
#include <wire/ppp.h>

using namespace rtun;
using namespace std::chrono_literals;

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 2)
        return 0;
    const unsigned bits = data[0] | static_cast<unsigned>(data[1]) << 8;
    const auto set = [bits](unsigned bit) { return (bits >> bit & 1) != 0; };
    ppp::LinkOptions options;
    options.credentials = {"server", base::Secret(std::string_view("other"))};
    options.keepalive = 10s;
    options.allow = {};
    for (unsigned i = 0; i < 4; ++i)
        if (set(i))
            options.require.add(auth::methods()[i].method);
    if (options.require.empty())
        options.require = auth::MethodSet::all();
    if (set(4))
        options.allow = auth::MethodSet::all();
    if (set(5))
        options.passive = 2s;
    if (set(6))
        options.authenticator.rechallenge = 5s;
    if (set(7))
        options.authenticator.max_tries = 1;

    ppp::Grant grant;
    grant.local_address = {0x0a000001};
    if (set(8))
        grant.remote_address = {0x0a000002};
    if (set(9))
        grant.serve_dns = {{0x08080808}, {0x08080404}};
    if (set(10))
        grant.serve_wins = {{0x0a000005}};
    if (set(11))
        grant.encryption = ppp::Encryption::Auto;
    if (set(12))
        options.encryption = grant.encryption = ppp::Encryption::Required;
    if (set(13)) {
        grant.mppe_stateful = ppp::StatefulMppe::Yes;
        grant.mppe.add(ppp::MppeStrength::Bits56);
        grant.mppe.add(ppp::MppeStrength::Bits40);
    }
    grant.ipv6 = set(14);
    if (set(15))
        grant.remote_interface_id = 2;
    fuzz::LinkRunner(options, grant).run({data + 2, size - 2});
    return 0;
}
