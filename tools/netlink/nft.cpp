// SPDX-License-Identifier: GPL-2.0-or-later
//
// All numbers of nf_tables are big-endian, whatever the machine; what rules compare with packets
// stands as it does in packets.
#include <netlink/nft.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace rtun::netlink {

namespace {

// nft(8)'s own numbers for data types (its datatype.h); to the kernel they are just numbers.
struct KeyType {
    std::uint32_t number;
    std::uint32_t length;
    std::uint32_t order;  // in which it is to be shown: 1 the machine's, 2 the network's
};
constexpr KeyType Address{.number = 7, .length = 4, .order = 2};         // ipv4_addr
constexpr KeyType Ifname{.number = 41, .length = IFNAMSIZ, .order = 1};  // ifname
constexpr std::uint32_t PriorityMangle = 0U - 150U;

constexpr std::uint8_t TcpFlags = 13;  // octet of the TCP header
constexpr std::uint8_t Syn = 0x02;
constexpr std::uint8_t MaxSegment =
    2;  // option kind, RFC 9293 section 3.1; its value is at octet 2
constexpr std::uint8_t Tcp = 6;

// The comment of a set and of an element, in the form that nft(8) keeps: type, length, text. Before
// that of a set stands the order of its keys, without which nft(8) shows no name in it.
constexpr std::array<std::uint8_t, 7> SetMark{7, 5, 'r', 't', 'u', 'n', 0};
constexpr std::array<std::uint8_t, 2> KeyOrder{0, 4};
constexpr std::array<std::uint8_t, 7> ElementMark{0, 5, 'r', 't', 'u', 'n', 0};

Message message_of(std::uint8_t family, std::uint16_t type, std::uint16_t flags,
                   std::uint16_t resource = 0) {
    base::Writer header;
    header.u8(family).u8(NFNETLINK_V0).be16(resource);
    return {type, flags, header.view()};
}

Message nft(std::uint8_t type, std::uint16_t flags) {
    return message_of(NFPROTO_INET, NFNL_SUBSYS_NFTABLES << 8 | type, flags);
}

void number(Message &message, std::uint16_t attribute, std::uint32_t value) {
    message.be32(attribute, base::Ipv4{value});
}

// -- rules

class Rule {
public:
    Rule() : message_(nft(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND)) {
        message_.text(NFTA_RULE_TABLE, FilterTable).text(NFTA_RULE_CHAIN, ClampName);
        message_.begin(NFTA_RULE_EXPRESSIONS);
    }
    Message finish() {
        message_.end();
        return std::move(message_);
    }

    Rule &load_meta(nft_meta_keys key) {
        begin("meta");
        number(message_, NFTA_META_KEY, key);
        number(message_, NFTA_META_DREG, NFT_REG_1);
        return end();
    }
    Rule &is_in(std::string_view set) {
        begin("lookup");
        number(message_, NFTA_LOOKUP_SREG, NFT_REG_1);
        message_.text(NFTA_LOOKUP_SET, set);
        return end();
    }
    Rule &compare(nft_cmp_ops how, std::uint8_t value) {
        begin("cmp");
        number(message_, NFTA_CMP_SREG, NFT_REG_1);
        number(message_, NFTA_CMP_OP, how);
        data(NFTA_CMP_DATA, value);
        return end();
    }
    Rule &load_tcp_octet(std::uint8_t offset) {
        begin("payload");
        number(message_, NFTA_PAYLOAD_DREG, NFT_REG_1);
        number(message_, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
        number(message_, NFTA_PAYLOAD_OFFSET, offset);
        number(message_, NFTA_PAYLOAD_LEN, 1);
        return end();
    }
    Rule &mask(std::uint8_t bits) {
        begin("bitwise");
        number(message_, NFTA_BITWISE_SREG, NFT_REG_1);
        number(message_, NFTA_BITWISE_DREG, NFT_REG_1);
        number(message_, NFTA_BITWISE_OP, NFT_BITWISE_BOOL);
        number(message_, NFTA_BITWISE_LEN, 1);
        data(NFTA_BITWISE_MASK, bits);
        data(NFTA_BITWISE_XOR, 0);
        return end();
    }
    // The smaller of the MTUs of the packet's route and of the route back, less the headers.
    Rule &load_route_mss() {
        begin("rt");
        number(message_, NFTA_RT_KEY, NFT_RT_TCPMSS);
        number(message_, NFTA_RT_DREG, NFT_REG_1);
        return end();
    }
    Rule &to_network_order() {
        begin("byteorder");
        number(message_, NFTA_BYTEORDER_SREG, NFT_REG_1);
        number(message_, NFTA_BYTEORDER_DREG, NFT_REG_1);
        number(message_, NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON);
        number(message_, NFTA_BYTEORDER_LEN, 2);
        number(message_, NFTA_BYTEORDER_SIZE, 2);
        return end();
    }
    // The kernel only ever makes it smaller.
    Rule &store_mss() {
        begin("exthdr");
        number(message_, NFTA_EXTHDR_SREG, NFT_REG_1);
        message_.u8(NFTA_EXTHDR_TYPE, MaxSegment);
        number(message_, NFTA_EXTHDR_OFFSET, 2);
        number(message_, NFTA_EXTHDR_LEN, 2);
        number(message_, NFTA_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT);
        return end();
    }

private:
    void begin(std::string_view expression) {
        message_.begin(NFTA_LIST_ELEM).text(NFTA_EXPR_NAME, expression).begin(NFTA_EXPR_DATA);
    }
    Rule &end() {
        message_.end().end();
        return *this;
    }
    void data(std::uint16_t attribute, std::uint8_t value) {
        message_.begin(attribute).u8(NFTA_DATA_VALUE, value).end();
    }

    Message message_;
};

Message clamping_rule(nft_meta_keys device) {
    Rule rule;
    rule.load_meta(device).is_in(ClampName);
    rule.load_meta(NFT_META_L4PROTO).compare(NFT_CMP_EQ, Tcp);
    rule.load_tcp_octet(TcpFlags).mask(Syn).compare(NFT_CMP_NEQ, 0);
    rule.load_route_mss().to_network_order().store_mss();
    return rule.finish();
}

// -- tables, chains, sets

Message table(std::uint8_t type, std::uint16_t flags) {
    Message message = nft(type, flags);
    message.text(NFTA_TABLE_NAME, FilterTable);
    return message;
}

Message chain(std::uint8_t type, std::uint16_t flags) {
    Message message = nft(type, flags);
    message.text(NFTA_CHAIN_TABLE, FilterTable).text(NFTA_CHAIN_NAME, ClampName);
    return message;
}

Message new_chain() {
    Message message = chain(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
    message.text(NFTA_CHAIN_TYPE, "filter").begin(NFTA_CHAIN_HOOK);
    number(message, NFTA_HOOK_HOOKNUM, NF_INET_FORWARD);
    number(message, NFTA_HOOK_PRIORITY, PriorityMangle);
    message.end();
    number(message, NFTA_CHAIN_POLICY, NF_ACCEPT);
    return message;
}

Message all_rules_gone() {
    Message message = nft(NFT_MSG_DELRULE, 0);
    message.text(NFTA_RULE_TABLE, FilterTable).text(NFTA_RULE_CHAIN, ClampName);
    return message;
}

Message set(std::uint8_t type, std::uint16_t flags, std::string_view name) {
    Message message = nft(type, flags);
    message.text(NFTA_SET_TABLE, FilterTable).text(NFTA_SET_NAME, name);
    return message;
}

Message new_set(std::string_view name, const KeyType &type) {
    Message message = set(NFT_MSG_NEWSET, NLM_F_CREATE, name);
    number(message, NFTA_SET_FLAGS, 0);
    number(message, NFTA_SET_KEY_TYPE, type.number);
    number(message, NFTA_SET_KEY_LEN, type.length);
    number(message, NFTA_SET_ID, 1);  // nobody refers to it
    base::Writer notes;
    notes.bytes(KeyOrder);
    notes.bytes({reinterpret_cast<const std::uint8_t *>(&type.order), sizeof(type.order)});
    message.bytes(NFTA_SET_USERDATA, notes.bytes(SetMark).view());
    return message;
}

// -- elements

enum class Mark : std::uint8_t { No, Yes };

void element(Message &message, base::View key, std::uint32_t flags, Mark mark) {
    message.begin(NFTA_LIST_ELEM).begin(NFTA_SET_ELEM_KEY).bytes(NFTA_DATA_VALUE, key).end();
    if (flags != 0)
        number(message, NFTA_SET_ELEM_FLAGS, flags);
    if (mark == Mark::Yes)
        message.bytes(NFTA_SET_ELEM_USERDATA, ElementMark);
    message.end();
}

Message elements(std::uint8_t type, std::uint16_t flags, std::string_view set) {
    Message message = nft(type, flags);
    message.text(NFTA_SET_ELEM_LIST_TABLE, FilterTable).text(NFTA_SET_ELEM_LIST_SET, set);
    return message;
}

Message device(std::uint8_t type, std::uint16_t flags, std::string_view name) {
    base::Writer key;
    key.text(name, IFNAMSIZ);
    Message message = elements(type, flags, ClampName);
    message.begin(NFTA_SET_ELEM_LIST_ELEMENTS);
    element(message, key.view(), 0, Mark::Yes);
    message.end();
    return message;
}

// In a set of intervals an address is the interval up to the next one, which is not part of it; the
// last address of all has none.
Message member(std::uint8_t type, std::uint16_t flags, const FilterStep &step) {
    base::Writer first, behind;
    first.be32(step.address.value);
    behind.be32(step.address.value + 1);
    Message message = elements(type, flags, step.name);
    message.begin(NFTA_SET_ELEM_LIST_ELEMENTS);
    element(message, first.view(), 0, Mark::Yes);
    if (step.interval && step.address.value != UINT32_MAX)
        element(message, behind.view(), NFT_SET_ELEM_INTERVAL_END, Mark::No);
    message.end();
    return message;
}

std::vector<Message> clamp() {
    std::vector<Message> messages;
    messages.push_back(table(NFT_MSG_NEWTABLE, NLM_F_CREATE));
    messages.push_back(new_set(ClampName, Ifname));
    messages.push_back(new_chain());
    messages.push_back(all_rules_gone());
    messages.push_back(clamping_rule(NFT_META_OIFNAME));
    messages.push_back(clamping_rule(NFT_META_IIFNAME));
    return messages;
}

std::vector<Message> one(Message message) {
    std::vector<Message> messages;
    messages.push_back(std::move(message));
    return messages;
}

std::uint32_t number(const Attributes &from, std::uint16_t attribute) {
    return from.ipv4(attribute).value_or(base::Ipv4{}).value;
}

bool same(std::optional<base::View> is, base::View wanted) {
    return is && std::equal(is->begin(), is->end(), wanted.begin(), wanted.end());
}

constexpr std::size_t HeaderSize = sizeof(nfgenmsg);

}  // namespace

Message build_batch_begin() {
    return message_of(AF_UNSPEC, NFNL_MSG_BATCH_BEGIN, 0, NFNL_SUBSYS_NFTABLES);
}

Message build_batch_end() {
    return message_of(AF_UNSPEC, NFNL_MSG_BATCH_END, 0, NFNL_SUBSYS_NFTABLES);
}

std::vector<Message> build_filter_step(const FilterStep &step) {
    using Verb = FilterStep::Verb;
    switch (step.verb) {
    case Verb::Table:
        return one(table(NFT_MSG_NEWTABLE, NLM_F_CREATE));
    case Verb::NoTable:
        return one(table(NFT_MSG_DELTABLE, NLM_F_NONREC));
    case Verb::Clamp:
        return clamp();
    case Verb::NoClamp: {
        std::vector<Message> messages = one(chain(NFT_MSG_DELCHAIN, 0));
        messages.push_back(set(NFT_MSG_DELSET, 0, ClampName));
        return messages;
    }
    case Verb::Set:
        return one(new_set(step.name, Address));
    case Verb::NoSet:
        return one(set(NFT_MSG_DELSET, 0, step.name));
    case Verb::Clamped:
        return one(device(NFT_MSG_NEWSETELEM, NLM_F_CREATE, step.name));
    case Verb::NotClamped:
        return one(device(NFT_MSG_DELSETELEM, 0, step.name));
    case Verb::Member:
        return one(member(NFT_MSG_NEWSETELEM, NLM_F_CREATE, step));
    case Verb::NewMember:
        return one(member(NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL, step));
    case Verb::NotMember:
        return one(member(NFT_MSG_DELSETELEM, 0, step));
    }
    return {};
}

Message build_sets_dump() {
    Message message = nft(NFT_MSG_GETSET, 0);
    message.text(NFTA_SET_TABLE, FilterTable);
    return message;
}

std::optional<ParsedSet> parse_set(const Received &message) {
    const Attributes from = message.attributes(HeaderSize);
    const auto name = from.text(NFTA_SET_NAME);
    if (message.type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSET) || !name ||
        from.text(NFTA_SET_TABLE) != std::string(FilterTable))
        return std::nullopt;
    constexpr std::uint32_t Others = NFT_SET_MAP | NFT_SET_OBJECT | NFT_SET_ANONYMOUS;
    const std::uint32_t flags = number(from, NFTA_SET_FLAGS);
    Filter::Set set;
    set.addresses = number(from, NFTA_SET_KEY_TYPE) == Address.number &&
                    number(from, NFTA_SET_KEY_LEN) == Address.length && (flags & Others) == 0;
    set.interval = (flags & NFT_SET_INTERVAL) != 0;
    const base::View notes = from.bytes(NFTA_SET_USERDATA).value_or(base::View{});
    set.ours = notes.size() >= SetMark.size() && same(notes.last(SetMark.size()), SetMark);
    return ParsedSet{*name, set};
}

Message build_elements_dump(std::string_view set) { return elements(NFT_MSG_GETSETELEM, 0, set); }

std::vector<base::Bytes> parse_elements(const Received &message) {
    std::vector<base::Bytes> keys;
    if (message.type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM))
        return keys;
    const Attributes list = message.attributes(HeaderSize).nest(NFTA_SET_ELEM_LIST_ELEMENTS);
    for (const auto &[type, area] : list.all()) {
        const Attributes element(area);
        const Attributes key = element.nest(NFTA_SET_ELEM_KEY);
        const auto value = key.bytes(NFTA_DATA_VALUE);
        if (!value || !same(element.bytes(NFTA_SET_ELEM_USERDATA), ElementMark) ||
            (number(element, NFTA_SET_ELEM_FLAGS) & NFT_SET_ELEM_INTERVAL_END) != 0)
            continue;
        keys.emplace_back(value->begin(), value->end());
    }
    return keys;
}

}  // namespace rtun::netlink
