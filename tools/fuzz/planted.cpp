// SPDX-License-Identifier: GPL-2.0-or-later
//
// A target for replay.cpp itself, and no decoder: octets with their number before them. It
// counts what mistakes of parsers need to be seen, one for each kind of mutation, and the run fails
// if one of them was not met in the mutations of its corpus.
#include <fuzz/target.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace {

constexpr std::array<std::string_view, 6> mistakes{"a length that says a little more than there is",
                                                   "a length of nothing with something there",
                                                   "two messages made one",
                                                   "octets repeated",
                                                   "the middle left out",
                                                   "one bit of one octet turned"};
std::array<unsigned, mistakes.size()> met{};

// In the corpus are an octet of length, "begin", 'a' to 'z', "end", and the same in capitals.
void look(std::string_view text) {
    const std::string_view body = text.substr(std::min<std::size_t>(1, text.size()));
    const auto length = text.empty() ? 0U : static_cast<std::uint8_t>(text[0]);
    const bool whole = body.starts_with("begin") && body.find("end") != body.npos;
    met[0] += whole && length > body.size() && length < body.size() + 4 ? 1 : 0;
    met[1] += whole && length == 0 ? 1 : 0;
    met[2] += body.starts_with("begin") && body.ends_with("END") ? 1 : 0;
    met[3] += body.starts_with("begin") && body.find("defgdefg") != body.npos ? 1 : 0;
    met[4] += whole && body.size() < 25 ? 1 : 0;
    met[5] += whole && body.find("mnoxq") != body.npos ? 1 : 0;
}

struct Judge {
    ~Judge() {
        for (std::size_t i = 0; i < mistakes.size(); ++i) {
            std::printf("%u times: %s\n", met[i], mistakes[i].data());
            rtun::fuzz::check(met[i] > 0, mistakes[i].data());
        }
    }
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static const Judge judge;
    look({reinterpret_cast<const char *>(data), size});
    return 0;
}
