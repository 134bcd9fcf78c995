// SPDX-License-Identifier: GPL-2.0-or-later
//
// Configurations in few words.
#pragma once

#include <aaa/users.h>
#include <config/model.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace rtun::aaa {

inline base::Ipv4 ip(std::string_view text) { return base::Ipv4::parse(text).value(); }

// "10.0.0.1", "ppp" (a pool), or "" for nothing.
inline config::AddressSource from(const std::string &text) {
    if (text.empty())
        return {};
    if (const auto address = base::Ipv4::parse(text))
        return {*address};
    return {text};
}

inline config::Secret secret(const std::string &name, const std::string &password = "secret") {
    config::Secret secret;
    secret.name = name;
    secret.password = base::Secret(std::string_view(password));
    return secret;
}

inline config::Profile profile(const std::string &name, const std::string &local = "",
                               const std::string &remote = "") {
    config::Profile profile;
    profile.name = name;
    profile.local_address = from(local);
    profile.remote_address = from(remote);
    return profile;
}

inline config::Pool pool(const std::string &name, const std::string &first, const std::string &last,
                         const std::string &next = "") {
    config::Pool pool;
    pool.name = name;
    pool.ranges.push_back({ip(first), ip(last)});
    pool.next_pool = next;
    return pool;
}

inline config::ServerInterface interface_of(const std::string &name, const std::string &user) {
    config::ServerInterface interface;
    interface.name = name;
    interface.user = user;
    return interface;
}

// Refused, in words of which these are a part.
inline void refused(const base::Status &status, std::string_view words) {
    ASSERT_FALSE(status) << "not refused: " << words;
    EXPECT_THAT(status.error().text, testing::HasSubstr(std::string(words)));
}

}  // namespace rtun::aaa
