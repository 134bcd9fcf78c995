// SPDX-License-Identifier: GPL-2.0-or-later
//
// A stem remembers from which number on one may be free, so that thousands of sessions of one user,
// or of users whose names begin alike, are not searched through each time.
#include <daemon/device_names.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

namespace {

char in_device_name(char c) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == '_' || c == '@' || c == '+';
    return fits ? c : '_';
}

std::string user_part(std::string_view user) {
    const std::size_t domain = user.rfind('\\');
    std::string part(domain == std::string_view::npos ? user : user.substr(domain + 1));
    std::transform(part.begin(), part.end(), part.begin(), in_device_name);
    return part;
}

}  // namespace

std::string device_name(std::string_view service, std::string_view user, unsigned number) {
    const std::string suffix = number == 0 ? "" : fmt::format("-{}", number);
    const std::size_t around = std::string_view("<->").size() + service.size() + suffix.size();
    const std::size_t room =
        DeviceNames::MaxName > around ? DeviceNames::MaxName - around : std::size_t{0};
    return fmt::format("<{}-{}{}>", service, user_part(user).substr(0, room), suffix);
}

bool DeviceNames::take(const std::string &name) { return taken_.emplace(name, Place{}).second; }

std::optional<std::string> DeviceNames::take_for(std::string_view service, std::string_view user) {
    // The unnumbered name stands for all users that share it.
    std::string key = device_name(service, user, 0);
    const auto known = stems_.find(key);
    const unsigned from = known == stems_.end() ? 0 : known->second.free_from;
    for (unsigned number = from; number <= MaxNumber; number++) {
        std::string name = device_name(service, user, number);
        if (!taken_.emplace(name, Place{key, number}).second)
            continue;
        Stem &stem = stems_[key];
        stem.taken++;
        stem.free_from = number + 1;
        return name;
    }
    return std::nullopt;
}

void DeviceNames::release(const std::string &name) {
    const auto place = taken_.find(name);
    if (place == taken_.end())
        return;
    if (const auto stem = stems_.find(place->second.stem); stem != stems_.end()) {
        stem->second.free_from = std::min(stem->second.free_from, place->second.number);
        if (--stem->second.taken == 0)
            stems_.erase(stem);
    }
    taken_.erase(place);
}

}  // namespace rtun::daemon
