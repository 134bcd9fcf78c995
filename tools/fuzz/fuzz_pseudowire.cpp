// SPDX-License-Identifier: GPL-2.0-or-later
//
// What stands in the kernel beside a pseudowire's session: any octets, as another program may have
// left them. What is read of them survives being written, and lines of a newer program are passed
// over.
#include <fuzz/target.h>
#include <pseudowire/record.h>

#include <algorithm>
#include <string>

using namespace rtun;
using fuzz::check;

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const base::View octets(data, size);
    const auto record = pseudowire::decode_record(octets);
    if (!record)
        return 0;
    for (const std::string *text : {&record->name, &record->comment})
        check(text->size() <= size && text->find('\n') == std::string::npos,
              "a name or a comment is within a line");
    const base::Bytes once = pseudowire::encode_record(*record);
    const auto again = pseudowire::decode_record(once);
    check(again && *again == *record, "a record survives its text");
    base::Bytes newer = once;
    for (const char c : std::string("later than us\n\n"))
        newer.push_back(static_cast<std::uint8_t>(c));
    check(pseudowire::decode_record(newer) == record, "what is not known is passed over");
    return 0;
}
