// SPDX-License-Identifier: GPL-2.0-or-later
//
// A configuration as the commands that make it, an object as its properties, and what is to be said
// of either: whether it fits together, and what of it is unwise.
#include <config/grammar.h>

#include <config/table.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <type_traits>
#include <utility>

namespace rtun::config {

using base::ErrorCode;
using base::fail;
using base::Status;

namespace {

// The property as it is to be shown. A secret that is to be hidden is looked at and not copied.
template <typename T>
Setting setting_of(std::string_view keyword, const Access<T> &access, const T &object,
                   const T &usual, Reveal secrets) {
    if (access.secret != nullptr && secrets == Reveal::Hide) {
        const bool none = (object.*access.secret).empty();
        return {.keyword = keyword, .value = none ? "" : "(hidden)", .by_default = none};
    }
    Setting setting{.keyword = keyword, .value = access.get(object), .by_default = false};
    setting.by_default = setting.value == access.get(usual);
    return setting;
}

// "command keyword value ...": what is not as usual, and what has to be given. Whether there was
// anything of it.
template <typename T>
bool add_properties(std::string &line, const T &object, const T &usual, Reveal secrets) {
    bool any = false;
    for (const Property &property : properties(Kind<T>::keywords)) {
        const Access<T> *access = property.kept.template of<T>();
        if (access == nullptr)
            continue;
        Setting setting = setting_of(property.keyword, *access, object, usual, secrets);
        // The type of a client has no default.
        if (!setting.by_default || property.need == Need::Required) {
            base::append_wiping(line, fmt::format(" {} ", setting.keyword));
            std::string word = quote(setting.value);
            base::append_wiping(line, word);
            base::wipe(word);
            any = true;
        }
        base::wipe(setting.value);
    }
    return any;
}

class Exporter {
public:
    explicit Exporter(Reveal secrets) : secrets_(secrets) {}

    template <typename T>
    void add(const T &object) {
        std::string line = fmt::format("{} add {}", Kind<T>::name, quote(object.name));
        add_properties(line, object, T{}, secrets_);
        lines.push_back(std::move(line));
    }

    template <typename T>
    void set(std::string line, const T &object, const T &usual) {
        if (add_properties(line, object, usual, secrets_))
            lines.push_back(std::move(line));
    }

    // The one that another goes on to comes first, so that each line may be carried out by itself.
    void add_pools(const std::vector<Pool> &pools) {
        std::map<std::string_view, const Pool *> by_name;
        for (const Pool &pool : pools)
            by_name.emplace(pool.name, &pool);
        std::set<const Pool *> done;
        for (const Pool &pool : pools) {
            std::vector<const Pool *> chain;
            const Pool *next = &pool;
            while (next != nullptr && done.insert(next).second) {
                chain.push_back(next);
                const auto found = by_name.find(next->next_pool);
                next = found == by_name.end() ? nullptr : found->second;
            }
            // A ring has no end to begin with.
            if (std::find(chain.begin(), chain.end(), next) == chain.end())
                std::reverse(chain.begin(), chain.end());
            for (const Pool *one : chain)
                add(*one);
        }
    }

    std::vector<std::string> lines;

private:
    Reveal secrets_;
};

// "authentication chap,pap: ..."
void warn_of_methods(std::vector<std::string> &lines, auth::MethodSet methods) {
    using auth::Method;
    if (methods.has(Method::Pap))
        lines.emplace_back(
            "server pptp: authentication pap: passwords come as they are, to be read "
            "by whoever sees the packets");
    std::string weak;
    for (const Method method : {Method::MsChap1, Method::Chap}) {
        if (methods.has(method))
            weak += (weak.empty() ? "" : ",") + std::string(auth::info(method).name);
    }
    if (!weak.empty())
        lines.push_back(fmt::format("server pptp: authentication {}: passwords can be searched by "
                                    "whoever sees the packets; mschap2 alone is the least bad",
                                    weak));
}

std::vector<std::string> warnings_of(const PptpServer &server) {
    std::vector<std::string> lines;
    warn_of_methods(lines, server.authentication);
    if (server.mppe.has(ppp::MppeStrength::Bits40) || server.mppe.has(ppp::MppeStrength::Bits56))
        lines.push_back(fmt::format("server pptp: mppe {}: keys of 40 and 56 bits can be searched",
                                    server.mppe.text()));
    return lines;
}

}  // namespace

template <typename T>
std::vector<Setting> settings(const T &object, Reveal secrets) {
    const T usual{};
    std::vector<Setting> all;
    for (const Property &property : properties(Kind<T>::keywords)) {
        if (const Access<T> *access = property.kept.template of<T>())
            all.push_back(setting_of(property.keyword, *access, object, usual, secrets));
    }
    return all;
}
template std::vector<Setting> settings(const Client &, Reveal);
template std::vector<Setting> settings(const Pseudowire &, Reveal);
template std::vector<Setting> settings(const Secret &, Reveal);
template std::vector<Setting> settings(const Profile &, Reveal);
template std::vector<Setting> settings(const Pool &, Reveal);
template std::vector<Setting> settings(const ServerInterface &, Reveal);
template std::vector<Setting> settings(const PptpServer &, Reveal);
template std::vector<Setting> settings(const Accounting &, Reveal);

template <typename T>
Status check(const T &object) {
    const auto mistake = mistake_in(object);
    if (!mistake)
        return {};
    // A client says its name itself.
    if constexpr (std::is_same_v<T, Client>)
        return fail(ErrorCode::Invalid, mistake->reason);
    else if constexpr (std::is_same_v<T, PptpServer> || std::is_same_v<T, Accounting>)
        return fail(ErrorCode::Invalid, fmt::format("{}: {}", Kind<T>::name, mistake->reason));
    else
        return fail(ErrorCode::Invalid,
                    fmt::format("{} \"{}\": {}", Kind<T>::name, object.name, mistake->reason));
}
template Status check(const Client &);
template Status check(const Pseudowire &);
template Status check(const Secret &);
template Status check(const Profile &);
template Status check(const Pool &);
template Status check(const ServerInterface &);
template Status check(const PptpServer &);
template Status check(const Accounting &);

std::vector<std::string> warnings(const Command &command) {
    const auto *set = std::get_if<Set<PptpServer>>(&command);
    if (set == nullptr)
        return {};
    PptpServer server;
    set->apply(server);
    return warnings_of(server);
}

std::vector<std::string> warnings(const Config &config) { return warnings_of(config.pptp_server); }

std::vector<std::string> export_lines(const Config &config, Reveal secrets) {
    Exporter out(secrets);
    const auto add_all = [&out](const auto &list) {
        for (const auto &object : list)
            out.add(object);
    };
    out.add_pools(config.pools);
    for (const Profile &profile : config.profiles) {
        const auto &both = built_in_profiles();
        const auto usual = std::find_if(both.begin(), both.end(),
                                        [&](const Profile &p) { return p.name == profile.name; });
        if (usual == both.end())
            out.add(profile);
        else
            out.set(fmt::format("profile set {}", quote(profile.name)), profile, *usual);
    }
    add_all(config.secrets);
    add_all(config.interfaces);
    out.set("server set pptp", config.pptp_server, PptpServer{});
    out.set("accounting set", config.accounting, Accounting{});
    add_all(config.clients);
    add_all(config.pseudowires);
    return std::move(out.lines);
}

}  // namespace rtun::config
