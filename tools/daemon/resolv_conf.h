// SPDX-License-Identifier: GPL-2.0-or-later
//
// Name servers in resolv.conf(5), on a host where nobody else looks after that file. What was there
// stays in it: ours stand in a section of their own before it, and name servers that are not to be
// used have a comment sign put in front. So the file itself says how it was, to the byte; nothing
// has to be remembered elsewhere, several tunnels and programs can be in it at once, the next
// program can clean up after one that was killed, and what others write there meanwhile is kept.
//
//      # rtun section office rtun 4026531840 exclusively
//      nameserver 10.0.0.1
//      # rtun end
//      search example.org
//      #rtun# nameserver 192.0.2.53
#pragma once

#include <base/net.h>
#include <base/result.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::daemon {

// The name servers of one tunnel.
struct ResolvSection {
    std::string interface;
    std::string owner;        // which program, as the kernel knows it
    std::uint64_t netns = 0;  // where the interface is
    bool exclusive = false;   // no other name servers
    std::vector<base::Ipv4> servers;
    bool operator==(const ResolvSection &) const = default;
};

// What the file says: our sections, and the rest as if they were not there.
struct ResolvText {
    std::vector<ResolvSection> sections;  // the last one that came is the first
    std::string rest;
    bool made_by_us = false;  // there was no file
};
[[nodiscard]] ResolvText parse_resolv(std::string_view text);
[[nodiscard]] std::string render_resolv(const ResolvText &text);

class ResolvConf {
public:
    static constexpr std::size_t MaxSize = 1 << 16;
    // The file changed under our hands: so often it is read again.
    static constexpr int MaxTries = 5;

    explicit ResolvConf(std::string path) : path_(std::move(path)) {}

    // Instead of the section of the same interface and owner that is there.
    [[nodiscard]] base::Status put(const ResolvSection &section);
    [[nodiscard]] base::Status take(const ResolvSection &section);
    // Takes out what is not needed any more; how many sections.
    using Needed = std::function<bool(const ResolvSection &)>;
    [[nodiscard]] base::Result<unsigned> sweep(const Needed &needed);

private:
    using Edit = std::function<void(ResolvText &)>;
    [[nodiscard]] base::Status edit(const Edit &change);
    // False: somebody else was quicker.
    [[nodiscard]] base::Result<bool> try_edit(const std::string &path, const Edit &change);

    std::string path_;
};

}  // namespace rtun::daemon
