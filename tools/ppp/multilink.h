// SPDX-License-Identifier: GPL-2.0-or-later
//
// What there is to agree on about multilink (RFC 1990 section 5.1, RFC 2686): what a link asks for
// in LCP, what came of it, and the Endpoint Discriminator, which says whose link it is.
#pragma once

#include <base/bytes.h>
#include <base/net.h>
#include <base/random.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace rtun::ppp {

// Section 5.1.3. A class and an address in it, compared octet for octet. Of a class that is not
// known nothing is known but that two are the same or not, which is all that is needed.
class Discriminator {
public:
    enum class Class : std::uint8_t {
        Null = 0,   // as if there was none
        Local = 1,  // assigned locally
        Ip = 2,
        Mac = 3,    // assigned globally
        Magic = 4,  // a block of magic numbers
        Phone = 5,  // E.164
    };
    static constexpr std::size_t longest = 20;

    Discriminator() = default;  // of the Null class
    // Nothing: an address of this class does not have this length. (None is longer than longest.)
    [[nodiscard]] static std::optional<Discriminator> make(Class in, base::View address);
    [[nodiscard]] static Discriminator local(base::Random &random);  // nobody else has it
    [[nodiscard]] static Discriminator ip(base::Ipv4 address);
    // One that was assigned locally, or is not of one station, goes into the class Local, as the
    // RFC wants.
    [[nodiscard]] static Discriminator mac(const base::Mac &address);

    [[nodiscard]] bool null() const { return class_ == Class::Null; }
    [[nodiscard]] Class in() const { return class_; }
    [[nodiscard]] base::View address() const { return address_; }
    [[nodiscard]] std::string text() const;  // "mac 00:00:5e:10:00:01", "local 0badcafe"
    auto operator<=>(const Discriminator &) const = default;

private:
    Class class_ = Class::Null;
    base::Bytes address_;
};

// What a link asks for that is to be one of a bundle, perhaps the only one.
struct Multilink {
    // The longest packet that we put together (Max-Receive-Reconstructed-Unit), 512 to 65535.
    std::uint16_t mrru = 1500;
    bool short_sequence = false;  // the peer shall send headers of two octets instead of four
    // RFC 2686: so many classes of packets that we receive, at most 16, with short headers 4;
    // 0 and 1: headers without a class.
    int classes = 0;
    std::optional<Discriminator> discriminator{};  // ours
    // The link can do nothing but join a bundle: it ends if the peer does not want that, and our
    // MRRU is not the peer's to choose (section 5.1.1).
    bool required = false;
    std::optional<std::uint16_t> required_peer_mrru{};  // of that bundle
};

// What both have agreed to.
struct MultilinkAgreed {
    std::uint16_t mrru = 1500;       // what we put together
    std::uint16_t peer_mrru = 1500;  // what the peer does
    bool short_rx = false;           // the peer sends short headers
    bool short_tx = false;           // we have to
    int classes_rx = 0;              // 0: headers without a class, else how many the peer may use
    int classes_tx = 0;              // and we
    std::optional<Discriminator> peer_discriminator{};

    // "mrru 1500 peer-mrru 1614 short-sequence rx tx multi-class rx 4 tx 2 endpoint-discriminator
    // mac 00:00:5e:10:00:01"
    [[nodiscard]] std::string text() const;
    bool operator==(const MultilinkAgreed &) const = default;
};

}  // namespace rtun::ppp
