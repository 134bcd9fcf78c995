// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of hosts to a pair of addresses of one family.
#include <pseudowire/pseudowire.h>

#include <base/resolve.h>

#include <fmt/format.h>

#include <algorithm>

namespace rtun::pseudowire {

using base::Address;
using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

Result<std::vector<Address>> addresses_of(const std::string &host, const Resolve &resolve) {
    if (const auto literal = Address::parse(host))
        return std::vector<Address>{*literal};
    return resolve(host);
}

bool same_family(const Address &a, const Address &b) {
    return (a.v4() == nullptr) == (b.v4() == nullptr);
}

}  // namespace

Result<std::vector<Address>> resolve_host(const std::string &host) {
    return base::resolve(host, base::Families::Any);
}

Result<Ends> resolve(const config::Pseudowire &settings, const Resolve &resolve) {
    const std::vector<Address> remotes = TRY(addresses_of(settings.remote, resolve));
    if (remotes.empty())
        return fail(ErrorCode::Unreachable, fmt::format("{}: has no address", settings.remote));
    if (settings.local == "any")
        return Ends{.local = {}, .remote = remotes.front()};
    const std::vector<Address> locals = TRY(addresses_of(settings.local, resolve));
    // In the order of preference of the other end.
    for (const Address &remote : remotes) {
        const auto local = std::find_if(locals.begin(), locals.end(), [&](const Address &address) {
            return same_family(address, remote);
        });
        if (local != locals.end())
            return Ends{.local = *local, .remote = remote};
    }
    return fail(ErrorCode::Invalid,
                fmt::format("local {} and remote {} have no addresses of the same family",
                            settings.local, settings.remote));
}

}  // namespace rtun::pseudowire
