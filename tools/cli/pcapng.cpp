// SPDX-License-Identifier: GPL-2.0-or-later
//
// The four kinds of blocks that are written, in the order of the draft's section 4.
#include <cli/pcapng.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace rtun::cli::pcapng {

using base::Bytes;
using base::Writer;

namespace {

enum BlockType : std::uint32_t {
    SectionHeader = 0x0a0d0d0a,
    InterfaceDescription = 1,
    InterfaceStatistics = 5,
    EnhancedPacket = 6,
};
constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::uint16_t linktype_ppp = 9;
constexpr std::uint8_t nanoseconds = 9;         // 10^-9 s
constexpr std::uint32_t all_stations = 0xff03;  // address and control field, RFC 1662 section 3.1

// Options: their codes mean something else in each block.
constexpr std::uint16_t section_application = 4;
constexpr std::uint16_t if_name = 2;
constexpr std::uint16_t if_description = 3;
constexpr std::uint16_t if_tsresol = 9;
constexpr std::uint16_t epb_flags = 2;
constexpr std::uint16_t epb_dropcount = 4;
constexpr std::uint16_t isb_starttime = 2;
constexpr std::uint16_t isb_endtime = 3;
constexpr std::uint16_t isb_ifrecv = 4;
constexpr std::uint16_t isb_ifdrop = 5;

std::uint32_t high(std::uint64_t number) { return static_cast<std::uint32_t>(number >> 32); }
std::uint32_t low(std::uint64_t number) { return static_cast<std::uint32_t>(number); }

// A block between its two length fields. Everything in it stands at multiples of four octets.
class Block {
public:
    explicit Block(BlockType type) : type_(type) {}

    Writer &body() { return body_; }
    void pad() { body_.zeros((4 - body_.position() % 4) % 4); }

    void option(std::uint16_t code, base::View value) {
        body_.be16(code).be16(static_cast<std::uint16_t>(value.size())).bytes(value);
        pad();
    }
    void text(std::uint16_t code, std::string_view value) {
        constexpr std::size_t longest = 1024;
        option(code, base::as_bytes(value.substr(0, longest)));
    }
    void time(std::uint16_t code, std::uint64_t value) {
        body_.be16(code).be16(8).be32(high(value)).be32(low(value));
    }
    void number(std::uint16_t code, std::uint64_t value) { time(code, value); }
    void number(std::uint16_t code, std::uint32_t value) { body_.be16(code).be16(4).be32(value); }

    [[nodiscard]] Bytes take() {
        body_.be16(0).be16(0);  // the end of the options
        const auto length = static_cast<std::uint32_t>(body_.position() + 12);
        return Writer(length).be32(type_).be32(length).bytes(body_.view()).be32(length).take();
    }

private:
    BlockType type_;
    Writer body_;
};

}  // namespace

Bytes beginning(std::string_view program, const Interface &interface, std::uint32_t snap_length) {
    Block section(SectionHeader);
    constexpr std::uint32_t unknown = 0xffffffff;  // how long the section will be, in 64 bits
    section.body().be32(byte_order_magic).be16(1).be16(0).be32(unknown).be32(unknown);
    section.text(section_application, program);

    Block description(InterfaceDescription);
    description.body().be16(linktype_ppp).be16(0).be32(snap_length);
    description.text(if_name, interface.name);
    description.text(if_description, interface.description);
    description.option(if_tsresol, base::View(&nanoseconds, 1));

    Bytes all = section.take();
    const Bytes second = description.take();
    all.insert(all.end(), second.begin(), second.end());
    return all;
}

Bytes frame(const Frame &frame) {
    constexpr std::uint32_t added = 2;
    // A reader takes a file for broken where less is said to have been there than there is.
    const auto captured = static_cast<std::uint32_t>(frame.data.size());
    const std::uint32_t whole = std::clamp(frame.length, captured, UINT32_MAX - added);
    Block block(EnhancedPacket);
    block.body()
        .be32(0)  // the interface
        .be32(high(frame.time))
        .be32(low(frame.time))
        .be32(captured + added)
        .be32(whole + added)
        .be16(all_stations)
        .bytes(frame.data);
    block.pad();
    block.number(epb_flags, static_cast<std::uint32_t>(frame.direction));
    if (frame.lost > 0)
        block.number(epb_dropcount, std::uint64_t{frame.lost});
    return block.take();
}

Bytes ending(const Totals &totals) {
    Block block(InterfaceStatistics);
    block.body().be32(0).be32(high(totals.ended)).be32(low(totals.ended));
    block.time(isb_starttime, totals.began);
    block.time(isb_endtime, totals.ended);
    block.number(isb_ifrecv, totals.received);
    block.number(isb_ifdrop, totals.lost);
    return block.take();
}

}  // namespace rtun::cli::pcapng
