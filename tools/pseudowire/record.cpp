// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keys that are not known are passed over, so that an older program can read a newer one's record.
#include <pseudowire/record.h>

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace rtun::pseudowire {

namespace {

constexpr std::string_view heading = "rtun-pseudowire 1";

bool Record::*flag_named(std::string_view key) {
    if (key == "enabled")
        return &Record::enabled;
    if (key == "circuit")
        return &Record::circuit_up;
    if (key == "mac-auto")
        return &Record::mac_auto;
    return key == "fragment-auto" ? &Record::fragment_auto : nullptr;
}

}  // namespace

base::Bytes encode_record(const Record &record) {
    const auto word = [](bool value) { return value ? "yes" : "no"; };
    // Neither a name nor a comment has a control character in it: the grammar sees to that.
    const std::string text = fmt::format(
        "{}\nname {}\nenabled {}\ncircuit {}\nmtu {}\nmac-auto {}\nfragment-auto {}\ncomment {}\n",
        heading, record.name, word(record.enabled), word(record.circuit_up), record.mtu,
        word(record.mac_auto), word(record.fragment_auto), record.comment);
    const base::View octets = base::as_bytes(text);
    return {octets.begin(), octets.end()};
}

std::optional<Record> decode_record(base::View octets) {
    std::string_view rest(reinterpret_cast<const char *>(octets.data()), octets.size());
    const auto next_line = [&rest] {
        const std::size_t end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        return line;
    };
    if (next_line() != heading)
        return std::nullopt;
    Record record;
    while (!rest.empty()) {
        const std::string_view line = next_line();
        const std::size_t blank = line.find(' ');
        const std::string_view key = line.substr(0, blank);
        const std::string_view value = blank == line.npos ? "" : line.substr(blank + 1);
        if (key == "name")
            record.name = std::string(value);
        else if (key == "mtu")
            (void)std::from_chars(value.data(), value.data() + value.size(), record.mtu);
        else if (key == "comment")
            record.comment = std::string(value);
        else if (bool Record::*flag = flag_named(key); flag != nullptr)
            record.*flag = value == "yes";
    }
    return record;
}

}  // namespace rtun::pseudowire
