// SPDX-License-Identifier: GPL-2.0-or-later
//
// pptpd.conf and the options of pppd that it names. Each word that either may have is a row: what
// it does to the configuration, or what is to be said because nothing can be done for it. A row
// with neither is about what there is no need for here (locks, serial lines, compressions).
#include <config/import.h>

#include <config/import_words.h>
#include <config/lists.h>
#include <config/values.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rtun::config {

using auth::Method;
using base::ErrorCode;
using base::fail;
using base::Status;

namespace {

// What the words add up to.
struct Found {
    PptpServer server;
    Profile profile;
    std::vector<Pool::Range> local;
    std::vector<Pool::Range> remote;
    auth::MethodSet required;
    auth::MethodSet refused;
    bool mppe = false;      // spoken of
    bool mppe_off = false;  // and refused
    bool no_128 = false;
    bool no_40 = false;
};

struct Row {
    std::string_view word;
    unsigned arguments;
    Status (*apply)(Found &found, std::string_view argument);
    std::string_view note;  // said of every one
};

// "192.168.0.234-238,192.168.0.245": a range counts up the last number.
base::Result<std::vector<Pool::Range>> parse_pptpd_ranges(std::string_view value) {
    std::string ours;
    while (!value.empty()) {
        const std::size_t comma = std::min(value.find(','), value.size());
        const std::string_view part = value.substr(0, comma);
        value.remove_prefix(std::min(comma + 1, value.size()));
        const std::size_t dash = part.find('-');
        ours += (ours.empty() ? "" : ",") + std::string(part.substr(0, dash));
        if (dash == std::string_view::npos)
            continue;
        const std::size_t dot = part.rfind('.', dash);
        if (dot == std::string_view::npos)
            return fail(ErrorCode::Invalid, "expected addresses and ranges as 192.168.0.234-238");
        ours += fmt::format("-{}{}", part.substr(0, dot + 1), part.substr(dash + 1));
    }
    return Written<std::vector<Pool::Range>>::parse(ours);
}

// -- of pptpd.conf

Status take_localip(Found &found, std::string_view value) {
    found.local = TRY(parse_pptpd_ranges(value));
    return {};
}
Status take_remoteip(Found &found, std::string_view value) {
    found.remote = TRY(parse_pptpd_ranges(value));
    return {};
}
Status take_connections(Found &found, std::string_view value) {
    found.server.max_sessions =
        static_cast<std::uint32_t>(TRY(parse_number(value, {1, 0xffffffff})));
    return {};
}
Status take_listen(Found &found, std::string_view value) {
    found.server.listen = TRY(Written<std::vector<PptpServer::Listen>>::parse(value));
    return {};
}

constexpr std::array server_rows{
    Row{"localip", 1, take_localip, ""},
    Row{"remoteip", 1, take_remoteip, ""},
    Row{"connections", 1, take_connections, ""},
    Row{"listen", 1, take_listen, ""},
    Row{"option", 1, nullptr, ""},
    Row{"ppp", 1, nullptr, ""},
    Row{"pidfile", 1, nullptr, ""},
    Row{"speed", 1, nullptr, ""},
    Row{"debug", 0, nullptr, ""},
    Row{"noipparam", 0, nullptr, ""},
    Row{"keepalive", 0, nullptr, ""},
    Row{"stimeout", 1, nullptr, "not kept: how long a connection may be silent at first is fixed"},
    Row{"logwtmp", 0, nullptr, "not kept: wtmp is not written, see \"rtun accounting show\""},
    Row{"bcrelay", 1, nullptr, "not kept: broadcasts are not relayed"},
    Row{"delegate", 0, nullptr, "not kept: addresses come from the pool, or from the users"},
};

// -- of pppd's options

template <Method M>
Status require(Found &found, std::string_view /*none*/) {
    found.required.add(M);
    return {};
}
template <Method M>
Status refuse(Found &found, std::string_view /*none*/) {
    found.refused.add(M);
    return {};
}

template <std::vector<base::Ipv4> Profile::*Member>
Status take_name_server(Found &found, std::string_view value) {
    auto &all = found.profile.*Member;
    const base::Ipv4 address = TRY(parse_host_address(value));
    if (std::find(all.begin(), all.end(), address) != all.end())
        return {};
    if (all.size() == 2)
        return fail(ErrorCode::Invalid, "only two can be told to a user");
    all.push_back(address);
    return {};
}

template <std::uint16_t PptpServer::*Member>
Status take_size(Found &found, std::string_view value) {
    found.server.*Member = static_cast<std::uint16_t>(TRY(parse_number(value, {128, 16384})));
    return {};
}

Status take_echo(Found &found, std::string_view value) {
    found.server.keepalive = TRY(parse_seconds(value, {0, 65535}));
    return {};
}
template <std::chrono::seconds Profile::*Member>
Status take_timeout(Found &found, std::string_view value) {
    found.profile.*Member = TRY(parse_seconds(value, {0, 0xffffffff}));
    return {};
}
Status take_rechallenge(Found &found, std::string_view value) {
    found.server.rechallenge = TRY(parse_seconds(value, {0, 86400}));
    return {};
}
Status take_proxy_arp(Found &found, std::string_view /*none*/) {
    found.profile.proxy_arp = true;
    return {};
}
Status take_ipv6(Found &found, std::string_view /*none*/) {
    found.profile.use_ipv6 = Toggle::Yes;
    return {};
}

Status take_mppe(Found &found, std::string_view /*none*/) {
    found.mppe = true;
    return {};
}
Status take_mppe_128(Found &found, std::string_view /*none*/) {
    found.mppe = true;
    found.no_40 = true;
    return {};
}
Status take_mppe_40(Found &found, std::string_view /*none*/) {
    found.mppe = true;
    found.no_128 = true;
    return {};
}
Status take_no_mppe(Found &found, std::string_view /*none*/) {
    found.mppe_off = true;
    return {};
}
Status take_no_128(Found &found, std::string_view /*none*/) {
    found.no_128 = true;
    return {};
}
Status take_no_40(Found &found, std::string_view /*none*/) {
    found.no_40 = true;
    return {};
}
Status take_stateful(Found &found, std::string_view /*none*/) {
    found.server.mppe_stateful = ppp::StatefulMppe::Yes;
    return {};
}
// "mppe required,stateless,no40,no56", of the patches before pppd 2.4.2.
Status take_mppe_list(Found &found, std::string_view value) {
    found.mppe = true;
    while (!value.empty()) {
        const std::size_t comma = std::min(value.find(','), value.size());
        const std::string_view word = value.substr(0, comma);
        value.remove_prefix(std::min(comma + 1, value.size()));
        if (word == "no40")
            found.no_40 = true;
        else if (word == "no128")
            found.no_128 = true;
        else if (word == "stateful")
            found.server.mppe_stateful = ppp::StatefulMppe::Yes;
        else if (word != "required" && word != "stateless" && word != "no56")
            return fail(ErrorCode::Invalid, fmt::format("\"{}\" is not known", shown(word)));
    }
    return {};
}

// clang-format off
constexpr std::array option_rows{
    Row{"require-mschap-v2", 0, require<Method::MsChap2>, ""},
    Row{"+mschap-v2", 0, require<Method::MsChap2>, ""},
    Row{"require-mschap", 0, require<Method::MsChap1>, ""},
    Row{"+mschap", 0, require<Method::MsChap1>, ""},
    Row{"require-chap", 0, require<Method::Chap>, ""},
    Row{"+chap", 0, require<Method::Chap>, ""},
    Row{"require-pap", 0, require<Method::Pap>, ""},
    Row{"+pap", 0, require<Method::Pap>, ""},
    Row{"refuse-mschap-v2", 0, refuse<Method::MsChap2>, ""},
    Row{"-mschap-v2", 0, refuse<Method::MsChap2>, ""},
    Row{"refuse-mschap", 0, refuse<Method::MsChap1>, ""},
    Row{"-mschap", 0, refuse<Method::MsChap1>, ""},
    Row{"refuse-chap", 0, refuse<Method::Chap>, ""},
    Row{"-chap", 0, refuse<Method::Chap>, ""},
    Row{"refuse-pap", 0, refuse<Method::Pap>, ""},
    Row{"-pap", 0, refuse<Method::Pap>, ""},
    Row{"refuse-eap", 0, nullptr, ""},
    Row{"require-eap", 0, nullptr, "not kept: there is no EAP"},
    Row{"auth", 0, nullptr, ""},
    Row{"noauth", 0, nullptr, "not kept: every user has to prove itself"},
    Row{"login", 0, nullptr, "not kept: the users of this host are not users here"},
    Row{"plugin", 1, nullptr, "not kept: there are no plugins"},
    Row{"radius-config-file", 1, nullptr, "not kept: there is no RADIUS"},
    Row{"chapms-strip-domain", 0, nullptr, "not kept: a user is added with its domain, as DOMAIN\\NAME"},
    Row{"chap-interval", 1, take_rechallenge, ""},
    Row{"name", 1, nullptr, ""},
    Row{"domain", 1, nullptr, ""},
    Row{"require-mppe", 0, take_mppe, ""},
    Row{"+mppe", 0, take_mppe, ""},
    Row{"require-mppe-128", 0, take_mppe_128, ""},
    Row{"+mppe-128", 0, take_mppe_128, ""},
    Row{"mppe-128", 0, take_mppe_128, ""},
    Row{"require-mppe-40", 0, take_mppe_40, ""},
    Row{"+mppe-40", 0, take_mppe_40, ""},
    Row{"mppe-40", 0, take_mppe_40, ""},
    Row{"nomppe", 0, take_no_mppe, ""},
    Row{"-mppe", 0, take_no_mppe, ""},
    Row{"nomppe-128", 0, take_no_128, ""},
    Row{"nomppe-40", 0, take_no_40, ""},
    Row{"mppe-stateful", 0, take_stateful, ""},
    Row{"nomppe-stateful", 0, nullptr, ""},
    Row{"mppe-stateless", 0, nullptr, ""},
    Row{"mppe", 1, take_mppe_list, ""},
    Row{"ms-dns", 1, take_name_server<&Profile::dns_server>, ""},
    Row{"ms-wins", 1, take_name_server<&Profile::wins_server>, ""},
    Row{"mtu", 1, take_size<&PptpServer::max_mtu>, ""},
    Row{"mru", 1, take_size<&PptpServer::max_mru>, ""},
    Row{"lcp-echo-interval", 1, take_echo, ""},
    Row{"lcp-echo-failure", 1, nullptr, "not kept: a user is gone when five echoes, a second apart, stay unanswered"},
    Row{"lcp-echo-adaptive", 0, nullptr, ""},
    Row{"idle", 1, take_timeout<&Profile::idle_timeout>, ""},
    Row{"maxconnect", 1, take_timeout<&Profile::session_timeout>, ""},
    Row{"proxyarp", 0, take_proxy_arp, ""},
    Row{"noproxyarp", 0, nullptr, ""},
    Row{"+ipv6", 0, take_ipv6, ""},
    Row{"ipv6", 1, take_ipv6, "the identifiers are not kept: each session has its own"},
    Row{"noipv6", 0, nullptr, ""},
    Row{"-ipv6", 0, nullptr, ""},
    Row{"defaultroute", 0, nullptr, "not kept: a server's default route does not go to its users"},
    Row{"ip-up-script", 1, nullptr, "not kept: see on-up of \"rtun profile\", its environment is another"},
    Row{"ip-down-script", 1, nullptr, "not kept: see on-down of \"rtun profile\", its environment is another"},
    Row{"ipparam", 1, nullptr, "not kept: scripts are told the profile instead"},
    Row{"netmask", 1, nullptr, "not kept: addresses of sessions stand alone"},
    Row{"file", 1, nullptr, "not followed: its options are to be brought in by hand"},
    Row{"call", 1, nullptr, "not followed: its options are to be brought in by hand"},
    Row{"multilink", 0, nullptr, "not kept: there is no multilink"},
    Row{"nobsdcomp", 0, nullptr, ""}, Row{"bsdcomp", 1, nullptr, ""},
    Row{"nodeflate", 0, nullptr, ""}, Row{"deflate", 1, nullptr, ""},
    Row{"noccp", 0, take_no_mppe, ""}, Row{"nopredictor1", 0, nullptr, ""},
    Row{"novj", 0, nullptr, ""}, Row{"novjccomp", 0, nullptr, ""},
    Row{"nopcomp", 0, nullptr, ""}, Row{"noaccomp", 0, nullptr, ""},
    Row{"nomultilink", 0, nullptr, ""}, Row{"nomp", 0, nullptr, ""},
    Row{"lock", 0, nullptr, ""}, Row{"nolock", 0, nullptr, ""},
    Row{"nologfd", 0, nullptr, ""}, Row{"logfile", 1, nullptr, ""},
    Row{"logfd", 1, nullptr, ""}, Row{"debug", 0, nullptr, ""}, Row{"nodebug", 0, nullptr, ""},
    Row{"dump", 0, nullptr, ""}, Row{"kdebug", 1, nullptr, ""}, Row{"nodetach", 0, nullptr, ""},
    Row{"nodefaultroute", 0, nullptr, ""}, Row{"noipx", 0, nullptr, ""}, Row{"noipdefault", 0, nullptr, ""},
    Row{"asyncmap", 1, nullptr, ""}, Row{"default-asyncmap", 0, nullptr, ""}, Row{"passive", 0, nullptr, ""},
    Row{"silent", 0, nullptr, ""}, Row{"local", 0, nullptr, ""}, Row{"modem", 0, nullptr, ""},
    Row{"crtscts", 0, nullptr, ""}, Row{"nocrtscts", 0, nullptr, ""}, Row{"sync", 0, nullptr, ""},
    Row{"hide-password", 0, nullptr, ""}, Row{"show-password", 0, nullptr, ""},
    Row{"maxfail", 1, nullptr, ""}, Row{"persist", 0, nullptr, ""}, Row{"nopersist", 0, nullptr, ""},
    Row{"ipcp-accept-local", 0, nullptr, "not kept: a user does not choose the address of this end"},
    Row{"ipcp-accept-remote", 0, nullptr, "not kept: a user does not choose its address"},
};
// clang-format on

class PptpdImport {
public:
    void read(TextOf file, std::span<const Row> rows, std::string_view what) {
        PppReader reader(file.text);
        while (const auto line = reader.next())
            take(file.file, *line, rows, what);
    }

    Imported finish(std::string_view file) {
        Config &config = imported_.config;
        found_.profile.name = std::string(name);
        addresses(file);
        methods(file);
        encryption(file);
        found_.server.enabled = true;
        found_.server.default_profile = std::string(name);
        config.profiles.push_back(std::move(found_.profile));
        config.pptp_server = std::move(found_.server);
        imported_.notes = notes_.take();
        return std::move(imported_);
    }

private:
    static constexpr std::string_view name = "pptpd";
    static constexpr std::string_view local_name = "pptpd-local";

    void take(std::string_view file, const PppLine &line, std::span<const Row> rows,
              std::string_view what) {
        if (line.cut_off)
            return notes_.add(file, line.number, "is too long and passed over");
        for (std::size_t at = 0; at < line.words.size(); at++) {
            const std::string &word = line.words[at].text;
            const auto row = std::find_if(rows.begin(), rows.end(),
                                          [&](const Row &r) { return r.word == word; });
            if (row == rows.end())
                return notes_.add(
                    file, line.number,
                    fmt::format("{} \"{}\" is not known and not kept", what, shown(word)));
            std::string_view argument;
            if (row->arguments > 0) {
                if (++at == line.words.size())
                    return notes_.add(file, line.number,
                                      fmt::format("{}: its value is missing", row->word));
                argument = line.words[at].text;
            }
            apply(file, line, *row, argument);
        }
    }

    void apply(std::string_view file, const PppLine &line, const Row &row,
               std::string_view argument) {
        if (!row.note.empty())
            notes_.add(file, line.number, fmt::format("{}: {}", row.word, row.note));
        if (row.apply == nullptr)
            return;
        if (const Status applied = row.apply(found_, argument); !applied)
            notes_.add(file, line.number,
                       fmt::format("{} {}: not kept: {}", row.word, shown(argument),
                                   applied.error().text));
    }

    void addresses(std::string_view file) {
        Config &config = imported_.config;
        const auto add_pool = [&config](std::string_view pool, std::vector<Pool::Range> ranges) {
            Pool made;
            made.name = std::string(pool);
            made.ranges = std::move(ranges);
            config.pools.push_back(std::move(made));
        };
        const bool single =
            found_.local.size() == 1 && found_.local[0].first == found_.local[0].last;
        if (single) {
            found_.profile.local_address.from = found_.local[0].first;
        } else if (!found_.local.empty()) {
            add_pool(local_name, std::move(found_.local));
            found_.profile.local_address.from = std::string(local_name);
        } else {
            notes_.add(file, 0, "has no localip: the profile needs a local-address");
        }
        if (found_.remote.empty())
            return notes_.add(file, 0, "has no remoteip: addresses have to come from the users");
        add_pool(name, std::move(found_.remote));
        found_.profile.remote_address.from = std::string(name);
    }

    // pppd takes what is required, or anything that is not refused.
    void methods(std::string_view file) {
        auth::MethodSet taken;
        for (const auth::MethodInfo &row : auth::methods()) {
            const bool wanted = found_.required.empty() || found_.required.has(row.method);
            if (wanted && !found_.refused.has(row.method))
                taken.add(row.method);
        }
        if (taken.empty())
            return notes_.add(file, 0, "refuses all methods of authentication: mschap2 is taken");
        found_.server.authentication = taken;
    }

    void encryption(std::string_view file) {
        if (!found_.mppe || found_.mppe_off) {
            found_.profile.use_encryption = Profile::UseEncryption::No;
            return notes_.add(file, 0, "does not require MPPE: sessions are not encrypted");
        }
        found_.profile.use_encryption = Profile::UseEncryption::Require;
        if (found_.no_128 && found_.no_40)
            return notes_.add(file, 0, "leaves no length of key for MPPE: 128 bits are taken");
        ppp::MppeStrengths lengths;
        if (!found_.no_128)
            lengths.add(ppp::MppeStrength::Bits128);
        if (!found_.no_40)
            lengths.add(ppp::MppeStrength::Bits40);
        found_.server.mppe = lengths;
    }

    Found found_;
    Imported imported_;
    Notes notes_;
};

}  // namespace

std::string pptpd_option_file(std::string_view text) {
    std::string file;
    PppReader reader(text);
    while (const auto line = reader.next()) {
        if (line->words.size() > 1 && line->words[0].text == "option")
            file = line->words[1].text;
    }
    return file;
}

Imported import_pptpd(TextOf server, TextOf options) {
    PptpdImport importer;
    importer.read(server, server_rows, "keyword");
    importer.read(options, option_rows, "option");
    return importer.finish(options.file.empty() ? server.file : options.file);
}

}  // namespace rtun::config
