// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernel keeps of a client's bundle that is up, in the blob of the bundle's session, for
// the next program to go on with it, as call_state.h has it of a call:
//
//     rtun-bundle 1
//     settings client add office type pptp connect-to ...
//     since 1700000000
//     discriminator 0badcafe00112233
//     network lcp ... bundle
//
// The discriminator is ours, of the class Local: links that join later have to have the same. Each
// link has its own state in its own session.
#pragma once

#include <base/bytes.h>
#include <base/result.h>
#include <ppp/link.h>
#include <ppp/multilink.h>

#include <string>

namespace rtun::daemon {

struct BundleState {
    std::string settings;  // settings_line()
    double since = 0;      // the bundle is up, wall clock
    ppp::Discriminator discriminator{};
    ppp::LinkState network{};
};

// The error says what does not fit.
[[nodiscard]] base::Result<base::Bytes> encode(const BundleState &state);
[[nodiscard]] base::Result<BundleState> decode_bundle_state(base::View bytes);

}  // namespace rtun::daemon
