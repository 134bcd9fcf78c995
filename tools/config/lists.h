// SPDX-License-Identifier: GPL-2.0-or-later
//
// Values of several parts, from a word and back: ranges of a pool, routes of a user, rate limits,
// where addresses come from. What is written is read as the same. Inside this room only.
#pragma once

#include <base/net.h>
#include <base/result.h>
#include <config/model.h>
#include <config/property_values.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::config {

// How many parts one word may have; a bound for a file that nobody looked at.
inline constexpr std::size_t most_parts = 256;

// "10.0.0.1", the name of a pool, or "none".
template <>
struct Written<AddressSource> {
    static base::Result<AddressSource> parse(std::string_view value);
    static std::string text(const AddressSource &source);
};

// "10.0.0.2-10.0.0.99,10.0.1.5": no address twice.
template <>
struct Written<std::vector<Pool::Range>> {
    static base::Result<std::vector<Pool::Range>> parse(std::string_view value);
    static std::string text(const std::vector<Pool::Range> &ranges);
};

// "10.150.1.0/24 10.0.103.2 1,10.150.2.0/24": GATEWAY and METRIC may be left out; or "none".
template <>
struct Written<std::vector<UserRoute>> {
    static base::Result<std::vector<UserRoute>> parse(std::string_view value);
    static std::string text(const std::vector<UserRoute> &routes);
};

// "10.0.0.1,10.0.0.2": at most two, or "none".
template <>
struct Written<std::vector<base::Ipv4>> {
    static base::Result<std::vector<base::Ipv4>> parse(std::string_view value);
    static std::string text(const std::vector<base::Ipv4> &addresses);
};

// "192.0.2.0/24,198.51.100.7", or "any".
template <>
struct Written<std::vector<Prefix>> {
    static base::Result<std::vector<Prefix>> parse(std::string_view value);
    static std::string text(const std::vector<Prefix> &prefixes);
};

// "any", "192.0.2.1:1723@blue": address, port and VRF.
template <>
struct Written<std::vector<PptpServer::Listen>> {
    static base::Result<std::vector<PptpServer::Listen>> parse(std::string_view value);
    static std::string text(const std::vector<PptpServer::Listen> &all);
};

// RouterOS's "rx[/tx] [rx-burst[/tx-burst] [rx-threshold[/tx-threshold] [rx-time[/tx-time]]]]", or
// "none". Rates in bit/s, with k, M or G; a threshold that is not given is the rate, a time 1 s.
template <>
struct Written<RateLimit> {
    static base::Result<RateLimit> parse(std::string_view value);
    static std::string text(const RateLimit &limit);
};

}  // namespace rtun::config
