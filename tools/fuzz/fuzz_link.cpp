// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client's link against any peer: the steps are those of fuzz/link_runner.h, after an octet of
// options.
#include <fuzz/link_runner.h>

#include <auth/method.h>
#include <ppp/link.h>
#include <wire/ppp.h>

using namespace rtun;
using namespace std::chrono_literals;

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    // The first octet: what the link is configured to.
    if (size == 0)
        return 0;
    ppp::LinkOptions options;
    options.credentials = {"user", base::Secret(std::string_view("password"))};
    options.keepalive = 10s;
    options.request_dns = (data[0] & 1) != 0;
    if ((data[0] & 2) != 0)
        options.remote_address = {0x0a000001};
    if ((data[0] & 4) != 0)
        options.local_address = {0x0a000002};
    if ((data[0] & 8) != 0)
        options.allow = {};
    if ((data[0] & 16) != 0)
        options.mru = 1500;
    if ((data[0] & 32) != 0)
        options.encryption = ppp::Encryption::Auto;
    if ((data[0] & 64) != 0)
        options.encryption = ppp::Encryption::Required;
    if ((data[0] & 128) != 0) {
        options.mppe_stateful = ppp::StatefulMppe::Yes;
        options.mppe.add(ppp::MppeStrength::Bits56);
        options.mppe.add(ppp::MppeStrength::Bits40);
    }
    fuzz::LinkRunner(options).run({data + 1, size - 1});
    return 0;
}
