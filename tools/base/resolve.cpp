// SPDX-License-Identifier: GPL-2.0-or-later
//
// The list of getaddrinfo(3) as values.
#include <base/resolve.h>

#include <fmt/format.h>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>

namespace rtun::base {

namespace {

std::optional<Address> address_of(const addrinfo &info) {
    if (info.ai_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, info.ai_addr, sizeof(v4));
        return Ipv4{ntohl(v4.sin_addr.s_addr)};
    }
    if (info.ai_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, info.ai_addr, sizeof(v6));
        Ipv6 address;
        std::memcpy(address.octets.data(), &v6.sin6_addr, address.octets.size());
        return address;
    }
    return std::nullopt;
}

}  // namespace

Result<std::vector<Address>> resolve(const std::string &name, Families families) {
    addrinfo hints{};
    hints.ai_family = families == Families::Inet ? AF_INET : AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo *list = nullptr;
    const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(error == 0 ? list : nullptr,
                                                                     &::freeaddrinfo);
    if (error != 0)
        return fail(ErrorCode::Unreachable,
                    fmt::format("\"{}\" has no address: {}", name,
                                error == EAI_SYSTEM ? std::generic_category().message(errno)
                                                    : std::string(::gai_strerror(error))));
    std::vector<Address> addresses;
    for (const addrinfo *info = list; info != nullptr; info = info->ai_next) {
        const auto address = address_of(*info);
        if (address && std::find(addresses.begin(), addresses.end(), *address) == addresses.end())
            addresses.push_back(*address);
    }
    if (addresses.empty())
        return fail(ErrorCode::Unreachable, fmt::format("\"{}\" has no {}address", name,
                                                        families == Families::Inet ? "IPv4 " : ""));
    return addresses;
}

}  // namespace rtun::base
