// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files of captured frames, for any frames and any names: each is read again here by the rules of
// draft-ietf-opsawg-pcapng, and has in it what was put in. The input: the length of a name and it,
// the length of a description and it, then frames, each a head and its octets.
#include <cli/pcapng.h>

#include <base/bytes.h>
#include <fuzz/target.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace rtun;
using fuzz::check;
namespace pcapng = cli::pcapng;

namespace {

struct Block {
    std::uint32_t type = 0;
    base::View body;
};

std::vector<Block> blocks_of(base::View file) {
    std::vector<Block> blocks;
    while (!file.empty()) {
        base::Reader in(file);
        Block block;
        block.type = in.be32();
        const std::uint32_t length = in.be32();
        check(in.ok() && length % 4 == 0 && length >= 12 && length <= file.size(),
              "a block lies within its file");
        block.body = in.bytes(length - 12);
        check(in.be32() == length && in.ok(), "its length stands at its end as well");
        blocks.push_back(block);
        file = file.subspan(length);
    }
    return blocks;
}

std::map<std::uint16_t, base::View> options_of(base::Reader &in) {
    std::map<std::uint16_t, base::View> options;
    for (;;) {
        const std::uint16_t code = in.be16();
        const std::uint16_t length = in.be16();
        if (code == 0) {
            check(length == 0 && in.ok() && in.left() == 0, "options end where their block does");
            return options;
        }
        check(options.emplace(code, in.bytes(length)).second, "an option comes once");
        in.skip((4 - length % 4) % 4);
        check(in.ok(), "an option lies within its block");
    }
}

bool says(base::View option, std::string_view text) {
    return std::ranges::equal(option, base::as_bytes(text.substr(0, 1024)));
}

void beginning(const pcapng::Interface &interface, base::View file) {
    const auto blocks = blocks_of(file);
    check(blocks.size() == 2 && blocks[0].type == 0x0a0d0d0a && blocks[1].type == 1,
          "a file begins with its section and its interface");
    base::Reader in(blocks[1].body);
    check(in.be16() == 9 && in.be16() == 0 && in.be32() == 16384, "which has frames of PPP");
    const auto options = options_of(in);
    check(says(options.at(2), interface.name) && says(options.at(3), interface.description),
          "what is captured is told");
}

void frame(const pcapng::Frame &frame, base::View file) {
    const auto blocks = blocks_of(file);
    check(blocks.size() == 1 && blocks[0].type == 6, "a frame is a block");
    base::Reader in(blocks[0].body);
    check(in.be32() == 0, "of the one interface");
    const std::uint64_t high = in.be32();
    check((high << 32 | in.be32()) == frame.time, "at its time");
    const std::uint32_t captured = in.be32();
    check(captured == frame.data.size() + 2 && in.be32() >= captured, "with its lengths");
    const base::View data = in.bytes(captured);
    check(in.ok() && data[0] == 0xff && data[1] == 3 &&
              std::ranges::equal(data.subspan(2), frame.data),
          "and its octets");
    in.skip((4 - captured % 4) % 4);
    const auto options = options_of(in);
    check(options.at(2)[3] == static_cast<std::uint8_t>(frame.direction), "and its direction");
    check(options.contains(4) == (frame.lost > 0), "and what is missing before it");
}

std::string text(base::Reader &in) {
    const std::size_t length = in.be16() % 2000;
    const base::View octets = in.bytes(std::min(length, in.left()));
    return {octets.begin(), octets.end()};
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    base::Reader in(base::View(data, size));
    pcapng::Interface interface;
    interface.name = text(in);
    interface.description = text(in);
    beginning(interface, pcapng::beginning("fuzz", interface, 16384));
    while (in.left() >= 16) {
        pcapng::Frame next;
        next.time = std::uint64_t{in.be32()} << 32 | in.be32();
        next.direction = static_cast<pcapng::Direction>(in.u8() % 3);
        next.lost = in.u8();
        const std::size_t length = in.be16();
        next.length = in.be32();
        next.data = in.bytes(std::min(length, in.left()));
        frame(next, pcapng::frame(next));
    }
    const auto blocks = blocks_of(pcapng::ending({1, 2, size, size / 2}));
    check(blocks.size() == 1 && blocks[0].type == 5, "a file ends with its sums");
    return 0;
}
