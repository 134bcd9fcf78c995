// SPDX-License-Identifier: GPL-2.0-or-later
#include <ppp/multilink.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rtun::ppp {

namespace {

using Class = Discriminator::Class;

// RFC 1990 section 5.1.3: how long an address may be.
bool has_length(Class in, std::size_t length) {
    switch (in) {
    case Class::Null:
        return length == 0;
    case Class::Local:
        return length >= 1 && length <= Discriminator::longest;
    case Class::Ip:
        return length == 4;
    case Class::Mac:
        return length == 6;
    case Class::Magic:
        return length >= 4 && length <= 20 && length % 4 == 0;
    case Class::Phone:
        return length >= 1 && length <= 15;
    }
    return length <= Discriminator::longest;
}

bool is_number(base::View octets) {
    return std::all_of(octets.begin(), octets.end(),
                       [](std::uint8_t octet) { return octet >= '0' && octet <= '9'; });
}

}  // namespace

std::optional<Discriminator> Discriminator::make(Class in, base::View address) {
    if (!has_length(in, address.size()))
        return std::nullopt;
    Discriminator made;
    made.class_ = in;
    made.address_.assign(address.begin(), address.end());
    return made;
}

Discriminator Discriminator::local(base::Random &random) {
    Discriminator made;
    made.class_ = Class::Local;
    made.address_.resize(longest);
    random.fill(made.address_);
    return made;
}

Discriminator Discriminator::ip(base::Ipv4 address) {
    Discriminator made;
    made.class_ = Class::Ip;
    base::Writer writer;
    writer.be32(address.value);
    made.address_ = writer.take();
    return made;
}

Discriminator Discriminator::mac(const base::Mac &address) {
    constexpr std::uint8_t assigned_locally = 2;
    Discriminator made;
    made.class_ = address.unicast() && (address.octets[0] & assigned_locally) == 0 ? Class::Mac
                                                                                   : Class::Local;
    made.address_.assign(address.octets.begin(), address.octets.end());
    return made;
}

std::string Discriminator::text() const {
    const std::string digits = base::to_hex(address_);
    switch (class_) {
    case Class::Null:
        return "none";
    case Class::Local:
        return "local " + digits;
    case Class::Ip: {
        base::Reader reader(address_);
        return "ip " + base::Ipv4{reader.be32()}.text();
    }
    case Class::Mac: {
        base::Mac mac;
        std::copy(address_.begin(), address_.end(), mac.octets.begin());
        return "mac " + mac.text();
    }
    case Class::Magic:
        return "magic " + digits;
    case Class::Phone:
        return "phone " + (is_number(address_) ? std::string(address_.begin(), address_.end())
                                               : "0x" + digits);
    }
    return fmt::format("class-{} {}", static_cast<unsigned>(class_), digits);
}

std::string MultilinkAgreed::text() const {
    std::string said = fmt::format("mrru {} peer-mrru {}", mrru, peer_mrru);
    if (short_rx || short_tx)
        said += fmt::format(" short-sequence{}{}", short_rx ? " rx" : "", short_tx ? " tx" : "");
    if (classes_rx > 0 || classes_tx > 0)
        said +=
            fmt::format(" multi-class{}{}", classes_rx > 0 ? fmt::format(" rx {}", classes_rx) : "",
                        classes_tx > 0 ? fmt::format(" tx {}", classes_tx) : "");
    if (peer_discriminator)
        said += " endpoint-discriminator " + peer_discriminator->text();
    return said;
}

}  // namespace rtun::ppp
