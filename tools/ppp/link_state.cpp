// SPDX-License-Identifier: GPL-2.0-or-later
//
// The text of link_state.h: a table of lines, each with its first word, how it is written and how
// it is read.
#include <ppp/link_state.h>

#include <wire/auth.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace rtun::ppp {

namespace {

using base::Ipv4;
using base::Mac;

constexpr std::string_view first_line = "ppp 1";
constexpr std::size_t most_servers = 2;

// The words of a line, taken one after the other. Sticky: one that is missing or wrong fails all.
class Words {
public:
    explicit Words(std::string_view line) : rest_(line) {}

    [[nodiscard]] std::string_view word() {
        const std::size_t end = std::min(rest_.find(' '), rest_.size());
        const std::string_view word = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return word;
    }
    template <typename T>
    [[nodiscard]] T number(int base = 10) {
        const std::string_view digits = word();
        T value = 0;
        const char *const last = digits.data() + digits.size();
        const auto [end, error] = std::from_chars(digits.data(), last, value, base);
        ok_ = ok_ && !digits.empty() && error == std::errc{} && end == last;
        return value;
    }
    [[nodiscard]] Ipv4 address() { return value(Ipv4::parse(word())); }
    template <typename T>
    [[nodiscard]] T value(base::Result<T> result) {
        ok_ = ok_ && result;
        return result ? *std::move(result) : T{};
    }
    [[nodiscard]] std::string_view rest() { return std::exchange(rest_, {}); }
    void require(bool condition) { ok_ = ok_ && condition; }
    [[nodiscard]] bool more() const { return !rest_.empty(); }
    [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool ok_ = true;
};

// -- LCP

std::string write_lcp(const LinkState &state) {
    const LcpOpened &lcp = state.lcp;
    return fmt::format(" mtu {} mru {} peer-mru {} magic {:x}{}{}{}{}", lcp.mtu, lcp.mru,
                       state.peer_mru, lcp.magic, lcp.pfc_rx ? " pfc-rx" : "",
                       lcp.pfc_tx ? " pfc-tx" : "", lcp.acfc_tx ? " acfc-tx" : "",
                       state.bundle ? " bundle" : "");
}

void read_lcp(LinkState &state, Words &words) {
    while (words.more()) {
        const std::string_view word = words.word();
        if (word == "mtu")
            state.lcp.mtu = words.number<std::uint16_t>();
        else if (word == "mru")
            state.lcp.mru = words.number<std::uint16_t>();
        else if (word == "peer-mru")
            state.peer_mru = words.number<std::uint16_t>();
        else if (word == "magic")
            state.lcp.magic = words.number<std::uint32_t>(16);
        else if (word == "pfc-rx")
            state.lcp.pfc_rx = true;
        else if (word == "pfc-tx")
            state.lcp.pfc_tx = true;
        else if (word == "acfc-tx")
            state.lcp.acfc_tx = true;
        else if (word == "bundle")
            state.bundle = true;
        else
            words.require(false);
    }
}

// -- multilink

constexpr int most_classes = 16;

std::string write_multilink(const LinkState &state) {
    if (!state.lcp.multilink)
        return "";
    const MultilinkAgreed &agreed = *state.lcp.multilink;
    const auto classes = [](std::string_view word, int count) {
        return count > 0 ? fmt::format(" {} {}", word, count) : "";
    };
    const auto &peer = agreed.peer_discriminator;
    return fmt::format(" mrru {} peer-mrru {}{}{}{}{}{}", agreed.mrru, agreed.peer_mrru,
                       agreed.short_rx ? " short-rx" : "", agreed.short_tx ? " short-tx" : "",
                       classes("classes-rx", agreed.classes_rx),
                       classes("classes-tx", agreed.classes_tx),
                       peer ? fmt::format(" peer {} {}", static_cast<unsigned>(peer->in()),
                                          base::to_hex(peer->address()))
                            : "");
}

base::Bytes read_octets(Words &words, std::size_t most) {
    const std::string_view digits = words.word();
    words.require(digits.size() % 2 == 0 && digits.size() <= 2 * most);
    base::Bytes octets;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        Words pair(digits.substr(i, 2));
        octets.push_back(pair.number<std::uint8_t>(16));
        words.require(pair.done());
    }
    return octets;
}

std::optional<Discriminator> read_discriminator(Words &words) {
    const auto in = static_cast<Discriminator::Class>(words.number<std::uint8_t>());
    auto read = Discriminator::make(in, read_octets(words, Discriminator::longest));
    words.require(read && !read->null());
    return read;
}

void read_multilink(LinkState &state, Words &words) {
    MultilinkAgreed &agreed = state.lcp.multilink.emplace();
    while (words.more()) {
        const std::string_view word = words.word();
        if (word == "mrru")
            agreed.mrru = words.number<std::uint16_t>();
        else if (word == "peer-mrru")
            agreed.peer_mrru = words.number<std::uint16_t>();
        else if (word == "short-rx")
            agreed.short_rx = true;
        else if (word == "short-tx")
            agreed.short_tx = true;
        else if (word == "classes-rx")
            agreed.classes_rx = words.number<std::uint8_t>();
        else if (word == "classes-tx")
            agreed.classes_tx = words.number<std::uint8_t>();
        else if (word == "peer")
            agreed.peer_discriminator = read_discriminator(words);
        else
            words.require(false);
    }
    words.require(agreed.mrru > 0 && agreed.peer_mrru > 0);
    words.require(agreed.classes_rx <= most_classes && agreed.classes_tx <= most_classes);
}

// -- authentication

std::string write(const std::optional<auth::Method> &method) {
    return method ? fmt::format(" {}", auth::info(*method).name) : "";
}

std::optional<auth::Method> read_method(Words &words) {
    const std::string_view name = words.word();
    for (const auth::MethodInfo &row : auth::methods())
        if (row.name == name)
            return row.method;
    words.require(false);
    return std::nullopt;
}

// As it is if every octet of it can be seen, else in digits.
bool plain(std::string_view user) {
    return std::all_of(user.begin(), user.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string write_user(const LinkState &state) {
    return state.user.empty() || !plain(state.user) ? "" : " " + state.user;
}

std::string write_hex_user(const LinkState &state) {
    return plain(state.user) ? "" : " " + base::to_hex(base::as_bytes(state.user));
}

void read_user(LinkState &state, Words &words) {
    state.user = words.rest();
    words.require(state.user.size() <= wire::auth_field_max && plain(state.user));
}

void read_hex_user(LinkState &state, Words &words) {
    const base::Bytes octets = read_octets(words, wire::auth_field_max);
    state.user.assign(octets.begin(), octets.end());
}

// -- encryption

std::string write(const std::optional<MppeMode> &mode) {
    if (!mode)
        return "";
    return fmt::format(" {} {}", static_cast<unsigned>(mode->strength),
                       mode->state == MppeState::Stateless ? "stateless" : "stateful");
}

MppeMode read_mode(Words &words) {
    MppeMode mode;
    const MppeStrengths strengths = words.value(MppeStrengths::parse(words.word()));
    words.require(strengths.size() == 1);
    if (strengths.size() == 1)
        mode.strength = strengths.strongest();
    const std::string_view state = words.word();
    words.require(state == "stateless" || state == "stateful");
    mode.state = state == "stateful" ? MppeState::Stateful : MppeState::Stateless;
    return mode;
}

// -- networks

std::string write(const std::vector<Ipv4> &servers) {
    std::string text;
    for (std::size_t i = 0; i < std::min(servers.size(), most_servers); ++i)
        text += " " + servers[i].text();
    return text;
}

std::vector<Ipv4> read_servers(Words &words) {
    std::vector<Ipv4> servers;
    while (words.more() && servers.size() < most_servers)
        servers.push_back(words.address());
    return servers;
}

std::string write_ids(std::uint64_t local, std::uint64_t remote) {
    return fmt::format(" {:x} {:x}", local, remote);
}

std::string write_direction(std::string_view word, const BridgeDirection &direction) {
    return fmt::format(" {}{}{}{}{}", word, direction.ethernet ? " ethernet" : "",
                       direction.tagged ? " tagged" : "", direction.tinygram ? " tinygram" : "",
                       direction.management_inline ? " management" : "");
}

std::string write_mac(std::string_view word, const Mac &mac) {
    return mac == Mac{} ? "" : fmt::format(" {} {}", word, mac.text());
}

std::string write_bridge(const LinkState &state) {
    if (!state.bridge)
        return "";
    const BridgeUp &up = *state.bridge;
    return write_direction("send", up.send) + write_direction("receive", up.receive) +
           write_mac("local", up.local) + write_mac("remote", up.remote);
}

void read_bridge(LinkState &state, Words &words) {
    BridgeUp &up = state.bridge.emplace();
    BridgeDirection *direction = &up.send;
    words.require(words.word() == "send");
    while (words.more()) {
        const std::string_view word = words.word();
        if (word == "receive")
            direction = &up.receive;
        else if (word == "ethernet")
            direction->ethernet = true;
        else if (word == "tagged")
            direction->tagged = true;
        else if (word == "tinygram")
            direction->tinygram = true;
        else if (word == "management")
            direction->management_inline = true;
        else if (word == "local")
            up.local = words.value(Mac::parse(words.word()));
        else if (word == "remote")
            up.remote = words.value(Mac::parse(words.word()));
        else
            words.require(false);
    }
}

// -- what was granted

constexpr std::array<std::pair<Encryption, std::string_view>, 4> encryptions{{
    {Encryption::No, "no"},
    {Encryption::Auto, "auto"},
    {Encryption::Required, "required"},
    {Encryption::Passive, "passive"},
}};

// Nothing is written of the first.
constexpr std::array<std::string_view, 3> stateful_words{"", "stateful", "only-stateful"};

std::string write_grant(const Grant &grant) {
    const auto row =
        std::find_if(encryptions.begin(), encryptions.end(),
                     [&grant](const auto &one) { return one.first == grant.encryption; });
    const std::string_view stateful =
        stateful_words.at(static_cast<std::size_t>(grant.mppe_stateful));
    return fmt::format(" {} {} {}{}{}{}", grant.local_address.text(), grant.remote_address.text(),
                       row->second, grant.mppe.empty() ? "" : " " + grant.mppe.text(),
                       stateful.empty() ? "" : " ", stateful);
}

void read_grant(LinkState &state, Words &words) {
    Grant &grant = state.granted.emplace();
    grant.local_address = words.address();
    grant.remote_address = words.address();
    const std::string_view name = words.word();
    const auto row = std::find_if(encryptions.begin(), encryptions.end(),
                                  [name](const auto &one) { return one.second == name; });
    words.require(row != encryptions.end());
    if (row != encryptions.end())
        grant.encryption = row->first;
    grant.mppe = {};
    while (words.more()) {
        const std::string_view word = words.word();
        const auto stateful = std::find(stateful_words.begin() + 1, stateful_words.end(), word);
        if (stateful != stateful_words.end())
            grant.mppe_stateful = static_cast<StatefulMppe>(stateful - stateful_words.begin());
        else
            grant.mppe = words.value(MppeStrengths::parse(word));
    }
}

// The grant that the line before has begun.
Grant &grant_of(LinkState &state, Words &words) {
    words.require(state.granted.has_value());
    return state.granted ? *state.granted : state.granted.emplace();
}

// Nothing written: the line is left out.
struct Line {
    std::string_view name;
    std::string (*write)(const LinkState &state);
    void (*read)(LinkState &state, Words &words);
};

constexpr std::array lines{
    Line{"lcp", write_lcp, read_lcp},
    Line{"multilink", write_multilink, read_multilink},
    Line{"self", [](const LinkState &s) { return write(s.authenticated); },
         [](LinkState &s, Words &w) { s.authenticated = read_method(w); }},
    Line{"peer", [](const LinkState &s) { return write(s.peer_authenticated); },
         [](LinkState &s, Words &w) { s.peer_authenticated = read_method(w); }},
    Line{"user", write_user, read_user},
    Line{"user-hex", write_hex_user, read_hex_user},
    Line{"send", [](const LinkState &s) { return write(s.encryption_send); },
         [](LinkState &s, Words &w) { s.encryption_send = read_mode(w); }},
    Line{"receive", [](const LinkState &s) { return write(s.encryption_receive); },
         [](LinkState &s, Words &w) { s.encryption_receive = read_mode(w); }},
    Line{"ipv4",
         [](const LinkState &s) {
             return s.ipv4 ? fmt::format(" {} {}{}", s.ipv4->local.text(), s.ipv4->remote.text(),
                                         write(s.ipv4->dns))
                           : "";
         },
         [](LinkState &s, Words &w) {
             Ipv4Up &up = s.ipv4.emplace();
             up.local = w.address();
             up.remote = w.address();
             up.dns = read_servers(w);
             w.require(!up.local.unspecified());
         }},
    Line{"ipv6",
         [](const LinkState &s) {
             return s.ipv6 ? write_ids(s.ipv6->local_interface_id, s.ipv6->remote_interface_id)
                           : "";
         },
         [](LinkState &s, Words &w) {
             Ipv6Up &up = s.ipv6.emplace();
             up.local_interface_id = w.number<std::uint64_t>(16);
             up.remote_interface_id = w.number<std::uint64_t>(16);
             w.require(up.local_interface_id != 0 && up.remote_interface_id != 0 &&
                       up.local_interface_id != up.remote_interface_id);
         }},
    Line{"bridge", write_bridge, read_bridge},
    Line{"grant", [](const LinkState &s) { return s.granted ? write_grant(*s.granted) : ""; },
         read_grant},
    Line{"grant-dns",
         [](const LinkState &s) { return s.granted ? write(s.granted->serve_dns) : ""; },
         [](LinkState &s, Words &w) { grant_of(s, w).serve_dns = read_servers(w); }},
    Line{"grant-wins",
         [](const LinkState &s) { return s.granted ? write(s.granted->serve_wins) : ""; },
         [](LinkState &s, Words &w) { grant_of(s, w).serve_wins = read_servers(w); }},
    Line{"grant-ipv6",
         [](const LinkState &s) {
             return s.granted && s.granted->ipv6
                        ? write_ids(s.granted->local_interface_id, s.granted->remote_interface_id)
                        : "";
         },
         [](LinkState &s, Words &w) {
             Grant &grant = grant_of(s, w);
             grant.ipv6 = true;
             grant.local_interface_id = w.number<std::uint64_t>(16);
             grant.remote_interface_id = w.number<std::uint64_t>(16);
         }},
    Line{"grant-bridge",
         [](const LinkState &s) {
             return s.granted && s.granted->bridge ? " " + s.granted->bridge->mac.text() : "";
         },
         [](LinkState &s, Words &w) {
             grant_of(s, w).bridge = BridgeOptions{w.value(Mac::parse(w.word()))};
         }},
};

}  // namespace

std::string encode(const LinkState &state) {
    std::string text = fmt::format("{}\n", first_line);
    for (const Line &line : lines)
        if (const std::string values = line.write(state); !values.empty())
            text += fmt::format("{}{}\n", line.name, values);
    RTUN_ASSERT(text.size() <= MaxLinkState);
    return text;
}

base::Result<LinkState> decode_link_state(std::string_view text) {
    const auto bad = [](std::size_t number, std::string_view why) {
        return base::fail(base::ErrorCode::Invalid, fmt::format("line {}: {}", number, why));
    };
    if (text.size() > 4 * MaxLinkState)
        return base::fail(base::ErrorCode::Invalid, "too long");
    LinkState state;
    std::array<bool, lines.size()> seen{};
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos)
            return bad(number, "cut short");
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (number == 1) {
            if (line != first_line)
                return bad(number, "not a PPP link of a version that is known");
            continue;
        }
        Words words(line);
        const std::string_view name = words.word();
        const auto row = std::find_if(lines.begin(), lines.end(),
                                      [name](const Line &one) { return one.name == name; });
        if (row == lines.end())
            continue;
        if (std::exchange(seen[static_cast<std::size_t>(row - lines.begin())], true))
            return bad(number, fmt::format("\"{}\" for the second time", name));
        row->read(state, words);
        if (!words.done())
            return bad(number, fmt::format("\"{}\" makes no sense",
                                           base::printable(base::as_bytes(line), 80)));
    }
    const bool member = state.lcp.multilink && !state.bundle;
    if (!seen[0] || (!state.ipv4 && !state.bridge && !member))
        return base::fail(base::ErrorCode::Invalid,
                          "the lines lcp, and ipv4 or bridge, have to be there");
    if (member && (state.ipv4 || state.ipv6 || state.bridge || state.encryption_send ||
                   state.encryption_receive))
        return base::fail(base::ErrorCode::Invalid, "a link of a bundle has no networks");
    if (state.bundle && !state.lcp.multilink)
        return base::fail(base::ErrorCode::Invalid, "a bundle has a line multilink");
    state.lcp.method = state.authenticated;
    return state;
}

}  // namespace rtun::ppp
