// SPDX-License-Identifier: GPL-2.0-or-later
//
// A link that is to be one of a bundle, at a client and at a server, and a bundle, against any
// peer, with and without bridging: the steps are those of fuzz/link_runner.h, after two octets of
// options.
#include <fuzz/link_runner.h>

#include <auth/method.h>
#include <ppp/link.h>
#include <ppp/multilink.h>

using namespace rtun;
using namespace std::chrono_literals;

namespace {

ppp::BundleStart bundle(bool encrypted) {
    ppp::BundleStart start;
    start.first.agreed.peer_mrru = 1400;
    if (encrypted) {
        const base::Bytes key(16, 1);
        auth::MppeKeys keys;
        for (auth::MppeKeys::Direction *direction : {&keys.send, &keys.receive}) {
            direction->bits128 = base::Secret(base::View(key));
            direction->bits40_56 = base::Secret(base::View(key).first(8));
        }
        start.first.authenticated = auth::Method::MsChap2;
        start.first.keys = keys;
    }
    return start;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 2)
        return 0;
    const unsigned bits = data[0] | static_cast<unsigned>(data[1]) << 8;
    const auto set = [bits](unsigned bit) { return (bits >> bit & 1) != 0; };
    const base::View steps(data + 2, size - 2);

    ppp::LinkOptions options;
    options.credentials = {"user", base::Secret(std::string_view("password"))};
    options.keepalive = 10s;
    options.ipv6 = set(2);
    if (set(3))
        options.encryption = ppp::Encryption::Auto;
    if (set(4))
        options.encryption = ppp::Encryption::Required;
    if (set(11))
        options.bridge = ppp::BridgeOptions{{{0x02, 0, 0, 0, 0, 1}}};
    options.ip_beside_bridge = set(12);
    if (set(0)) {
        fuzz::LinkRunner(options).run_bundle(bundle(set(1)), steps);
        return 0;
    }
    ppp::Multilink multilink;
    multilink.short_sequence = set(5);
    multilink.classes = set(6) ? 4 : 0;
    if (set(7))
        multilink.discriminator = ppp::Discriminator::ip({0xc0000201});
    multilink.required = set(8);
    if (set(9))
        multilink.required_peer_mrru = 1500;
    if (set(10))
        multilink.mrru = 4000;
    if (!set(13))
        options.multilink = multilink;
    ppp::Grant grant;
    grant.local_address = {0x0a000001};
    grant.remote_address = {0x0a000002};
    grant.encryption = options.encryption;
    grant.bridge = options.bridge;
    if (set(1)) {
        options.allow = {};
        options.require = auth::MethodSet::all();
    }
    fuzz::LinkRunner(options, grant).run(steps);
    return 0;
}
