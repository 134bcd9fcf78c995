// SPDX-License-Identifier: GPL-2.0-or-later
//
// resolv.conf(5) as anybody may have written it, and our sections in it. What others wrote comes
// out as it was when the last section is taken out, and what we wrote is read as it was written.
#include <daemon/resolv_conf.h>

#include <fuzz/target.h>

#include <string>

using namespace rtun;
using fuzz::check;

namespace {

daemon::ResolvSection office(bool exclusive) {
    return {.interface = "office",
            .owner = "rtun",
            .netns = 4026531840,
            .exclusive = exclusive,
            .servers = {{0x0a000001}, {0x0a000002}}};
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string text(data, data + size);
    daemon::ResolvText read = daemon::parse_resolv(text);
    check(read.rest.size() <= text.size(), "nothing is made up");
    check(read.sections.size() <= text.size() / 16, "nor are sections");
    if (text.find("rtun") == text.npos)
        check(read.rest == text && read.sections.empty(), "a file without us is all others'");

    const std::string once = daemon::render_resolv(read);
    const daemon::ResolvText again = daemon::parse_resolv(once);
    check(again.rest == read.rest, "what others wrote stays as it was");
    check(again.sections == read.sections, "so do sections");
    check(again.made_by_us == read.made_by_us, "and who made the file");
    check(daemon::render_resolv(again) == once, "a second time changes nothing");

    for (const bool exclusive : {false, true}) {
        daemon::ResolvText more = read;
        more.sections.insert(more.sections.begin(), office(exclusive));
        daemon::ResolvText back = daemon::parse_resolv(daemon::render_resolv(more));
        check(!back.sections.empty() && back.sections.front() == office(exclusive),
              "a section that is put in is there");
        back.sections.erase(back.sections.begin());
        check(daemon::render_resolv(back) == once, "and leaves nothing when it is taken out");
    }
    return 0;
}
