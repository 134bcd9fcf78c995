// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kinds of objects of a configuration: what each is called, where the configuration has it and
// which rows of keywords are its. What works on all of them is written once, for a T of these.
#pragma once

#include <config/model.h>

#include <cstdint>
#include <string_view>

namespace rtun::config {

// Which rows of keywords a verb chooses from.
enum class Keywords : std::uint8_t {
    OfClients,
    OfPseudowires,
    OfSecrets,
    OfProfiles,
    OfPools,
    OfInterfaces,
    OfPptpServer,
    OfAccounting,
    OfCommands,  // words of commands that are about no object
};

// Objects of which there are many have a list, those of which there is one are themselves a member.
template <typename T>
struct Kind;

template <>
struct Kind<Client> {
    static constexpr std::string_view name = "client";
    static constexpr Keywords keywords = Keywords::OfClients;
    static constexpr auto list = &Config::clients;
};
template <>
struct Kind<Pseudowire> {
    static constexpr std::string_view name = "pseudowire";
    static constexpr Keywords keywords = Keywords::OfPseudowires;
    static constexpr auto list = &Config::pseudowires;
};
template <>
struct Kind<Secret> {
    static constexpr std::string_view name = "secret";
    static constexpr Keywords keywords = Keywords::OfSecrets;
    static constexpr auto list = &Config::secrets;
};
template <>
struct Kind<Profile> {
    static constexpr std::string_view name = "profile";
    static constexpr Keywords keywords = Keywords::OfProfiles;
    static constexpr auto list = &Config::profiles;
};
template <>
struct Kind<Pool> {
    static constexpr std::string_view name = "pool";
    static constexpr Keywords keywords = Keywords::OfPools;
    static constexpr auto list = &Config::pools;
};
template <>
struct Kind<ServerInterface> {
    static constexpr std::string_view name = "interface";
    static constexpr Keywords keywords = Keywords::OfInterfaces;
    static constexpr auto list = &Config::interfaces;
};
template <>
struct Kind<PptpServer> {
    static constexpr std::string_view name = "server";
    static constexpr Keywords keywords = Keywords::OfPptpServer;
    static constexpr auto only = &Config::pptp_server;
};
template <>
struct Kind<Accounting> {
    static constexpr std::string_view name = "accounting";
    static constexpr Keywords keywords = Keywords::OfAccounting;
    static constexpr auto only = &Config::accounting;
};

// "a client", "an interface"
[[nodiscard]] constexpr std::string_view article_of(std::string_view kind) {
    return kind.find_first_of("aeiou") == 0 ? "an" : "a";
}

}  // namespace rtun::config
