// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which links are of one bundle. RFC 1990 section 5.1.3 has four cases: the peer has an Endpoint
// Discriminator or none, and has proved who it is or has not. What is there has to be the same;
// what is not there is the same as another that is not there. A discriminator of the Null class is
// none.
//
// With neither, all such links are of one bundle (case 1), whoever is at their other ends: a bundle
// of strangers, unless it is known otherwise that they are one. ambiguous() says that it is so; who
// makes bundles decides whether to let it be. And a discriminator alone proves nothing: anybody
// may say it.
#pragma once

#include <ppp/multilink.h>

#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace rtun::ppp {

struct MultilinkReady;

class BundleKey {
public:
    // The peer's discriminator; the name with which it proved who it is, empty: it did not.
    BundleKey(std::optional<Discriminator> discriminator, std::string user);
    explicit BundleKey(const MultilinkReady &link);

    [[nodiscard]] bool ambiguous() const { return !discriminator_ && user_.empty(); }
    [[nodiscard]] bool authenticated() const { return !user_.empty(); }
    [[nodiscard]] std::string text() const;  // "jack, mac 00:00:5e:10:00:01"; "anybody"
    auto operator<=>(const BundleKey &) const = default;

    struct Hash {
        [[nodiscard]] std::size_t operator()(const BundleKey &key) const;
    };

private:
    std::optional<Discriminator> discriminator_;
    std::string user_;
};

// Sections 5.1.1 and 5.1.2, RFC 2686: all links of a bundle have agreed to the same. Nothing: this
// one has, and may join; else why not, in words.
[[nodiscard]] std::optional<std::string> join_obstacle(const MultilinkAgreed &bundle,
                                                       const MultilinkAgreed &link);

}  // namespace rtun::ppp
