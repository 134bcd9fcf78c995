// SPDX-License-Identifier: GPL-2.0-or-later
//
// The text that the kernel keeps of the server's connections and sessions.
#include <daemon/server_state.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rtun::daemon {
namespace {

using testing::HasSubstr;

base::Ipv4 address(const char *text) { return base::Ipv4::parse(text).value(); }

base::Bytes octets(std::string_view text) {
    const base::View bytes = base::as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

std::string text_of(const base::Bytes &bytes) { return {bytes.begin(), bytes.end()}; }

SessionState full() {
    SessionState state;
    ServerSession &session = state.session;
    session.key = "0123456789abcdef";
    session.user = "jack";
    session.method = auth::Method::MsChap2;
    session.local = address("10.0.0.1");
    session.remote = address("10.0.0.2");
    session.interface = "<pptp-jack>";
    session.recorded = true;
    session.since = 1.7e9;
    aaa::Terms &terms = session.terms;
    terms.profile = "staff";
    terms.local_address = {address("10.0.0.1")};
    terms.remote_address = {std::string("ppp")};
    terms.dns_server = {address("10.0.0.53")};
    terms.wins_server = {address("10.0.0.54"), address("10.0.0.55")};
    terms.use_encryption = config::Profile::UseEncryption::Require;
    terms.only_one = true;
    terms.use_ipv6 = true;
    terms.change_tcp_mss = false;
    terms.session_timeout = std::chrono::hours(8);
    terms.idle_timeout = std::chrono::minutes(10);
    terms.rate_limit.rx.rate = 2000000;
    terms.rate_limit.tx.rate = 4000000;
    terms.address_list = "staff";
    terms.interface_group = 7;
    terms.proxy_arp = true;
    terms.on_up = "/etc/rtun/up script";
    terms.on_down = "/etc/rtun/down";
    config::UserRoute route;
    route.destination = {address("172.16.0.0"), 16};
    route.metric = 5;
    terms.routes = {route};
    state.static_name = true;
    state.idle = {.busy = 1.7e9 + 60, .packets = 1234};
    ppp::LinkState link;
    link.peer_authenticated = auth::Method::MsChap2;
    link.user = "jack";
    link.ipv4 = ppp::Ipv4Up{address("10.0.0.1"), address("10.0.0.2"), {}};
    state.link = link;
    return state;
}

std::string text() {
    const SessionState state = full();
    return text_of(encode(state, terms_lines(state.session.terms)).value());
}

TEST(ServerState, ASessionSurvivesItsText) {
    const SessionState state = full();
    const auto again = decode_session_state(octets(text()));
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(again->session.key, state.session.key);
    EXPECT_EQ(again->session.user, state.session.user);
    EXPECT_EQ(again->session.method, state.session.method);
    EXPECT_EQ(again->session.local, state.session.local);
    EXPECT_EQ(again->session.remote, state.session.remote);
    EXPECT_EQ(again->session.interface, state.session.interface);
    EXPECT_TRUE(again->session.recorded);
    EXPECT_EQ(again->session.since, state.session.since);
    EXPECT_TRUE(again->session.terms == state.session.terms);
    EXPECT_TRUE(again->static_name);
    ASSERT_TRUE(again->idle);
    EXPECT_EQ(again->idle->busy, state.idle->busy);
    EXPECT_EQ(again->idle->packets, 1234U);
    ASSERT_TRUE(again->link);
    EXPECT_EQ(again->link->user, "jack");
    EXPECT_EQ(text_of(encode(*again, terms_lines(again->session.terms)).value()), text());
}

TEST(ServerState, TermsAsTheyAreByDefaultSurviveToo) {
    SessionState state = full();
    state.session.terms = {};
    state.session.terms.profile = "default";
    state.session.terms.local_address = {address("10.0.0.1")};
    state.session.terms.remote_address = {address("10.0.0.2")};
    const auto again =
        decode_session_state(encode(state, terms_lines(state.session.terms)).value());
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_TRUE(again->session.terms == state.session.terms);
}

TEST(ServerState, AUserWhoseNameCannotBeReadIsWrittenInDigits) {
    SessionState state = full();
    state.session.user = "j\xc3\xa4 ck\n";
    const auto bytes = encode(state, terms_lines(state.session.terms)).value();
    EXPECT_THAT(text_of(bytes), HasSubstr("\nuser-hex 6ac3a42"));
    EXPECT_EQ(decode_session_state(bytes)->session.user, state.session.user);
}

TEST(ServerState, WhatDoesNotFitIsSaid) {
    const SessionState state = full();
    const auto refused = encode(state, std::string(5000, 'x'));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text, HasSubstr("the kernel keeps 4096"));
}

TEST(ServerState, NonsenseIsRefusedByName) {
    const struct {
        const char *from;
        const char *to;
        const char *said;
    } wrongs[] = {
        {"rtun-session 1", "rtun-session 2", "version"},
        {"\nkey 0123456789abcdef", "", "key is missing"},
        {"\nuser jack", "", "user is missing"},
        {"\nuser jack", "\nuser-hex 6", "user-hex"},
        {"\nmethod mschap2", "\nmethod magic", "method"},
        {"\nlocal 10.0.0.1", "\nlocal 10.0.0", "local"},
        {"\nremote 10.0.0.2", "\nremote 0.0.0.0", "remote"},
        {"\ninterface <pptp-jack>", "\ninterface <pptp-jack-1234567>", "interface"},
        {"\nsince 1700000000", "\nsince -1", "since"},
        {"\nidle 1700000060 1234", "\nidle 1700000060", "idle"},
        {"\nrecorded\n", "\nrecorded yes\n", "recorded"},
        {"\nrecorded\n", "\nrecorded\nrecorded\n", "recorded"},
        {"\nterms profile add terms", "\nterms profile del terms", "terms"},
        {"\nroutes secret add terms", "\nroutes profile add terms", "routes"},
        {"\nlink ppp 1", "\nlink ppp 9", "PPP link"},
    };
    for (const auto &wrong : wrongs) {
        std::string changed = text();
        const std::size_t at = changed.find(wrong.from);
        ASSERT_NE(at, std::string::npos) << wrong.from;
        changed.replace(at, std::string_view(wrong.from).size(), wrong.to);
        const auto refused = decode_session_state(octets(changed));
        ASSERT_FALSE(refused) << wrong.to;
        EXPECT_THAT(refused.error().text, HasSubstr(wrong.said));
    }
}

TEST(ServerState, AnythingThatIsCutShortIsRefusedOrWhole) {
    const std::string whole = text();
    for (std::size_t size = 0; size < whole.size(); size++) {
        const auto part = decode_session_state(octets(whole.substr(0, size)));
        // A text without its last lines may be one without a link.
        EXPECT_TRUE(!part || whole[size - 1] == '\n') << size;
    }
    EXPECT_FALSE(decode_session_state(octets(std::string(5000, '\n'))));
}

TEST(ServerState, ALinkOfABundleSurvivesItsText) {
    BundleLinkState state{.key = "6741-1", .since = 1700000000};
    EXPECT_EQ(text_of(encode(state)), "rtun-link 1\nkey 6741-1\nsince 1700000000\n");
    state.link.emplace();
    state.link->lcp.multilink.emplace();
    state.link->peer_authenticated = auth::Method::MsChap2;
    state.link->user = "jack";
    const base::Bytes bytes = encode(state);
    const auto again = decode_link_of_bundle(bytes);
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(again->key, "6741-1");
    ASSERT_TRUE(again->link);
    EXPECT_EQ(again->link->lcp.multilink, state.link->lcp.multilink);
    EXPECT_EQ(encode(*again), bytes);
    EXPECT_FALSE(decode_session_state(bytes)) << "it is no session";
    EXPECT_FALSE(decode_link_of_bundle(octets(text()))) << "nor the other way round";
}

TEST(ServerState, ALinkOfABundleThatMakesNoSenseIsRefused) {
    for (const char *wrong :
         {"", "rtun-link 2\nkey a\n", "rtun-link 1\n", "rtun-link 1\nkey \n", "rtun-link 1\nkey a",
          "rtun-link 1\nkey a\nsince ever\n", "rtun-link 1\nkey a\nlink nonsense\n"})
        EXPECT_FALSE(decode_link_of_bundle(octets(wrong))) << wrong;
}

TEST(ServerState, AConnectionSurvivesItsText) {
    pptp::ServerState state;
    state.peer = {.host_name = "winbox", .vendor = "Microsoft", .firmware = 3};
    state.calls = {{.local = pptp::CallId{100}, .peer = pptp::CallId{7}, .peer_window = 64}};
    state.unread = {1, 2, 3};
    const base::Bytes bytes = encode_connection(state);
    EXPECT_TRUE(text_of(bytes).starts_with(ServerWord));
    const auto again = decode_connection(bytes);
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(again->peer.host_name, "winbox");
    ASSERT_EQ(again->calls.size(), 1U);
    EXPECT_EQ(again->unread, state.unread);
    EXPECT_EQ(encode_connection(*again), bytes);
}

TEST(ServerState, AConnectionThatIsNothingToGoOnWithSaysSo) {
    const base::Bytes bytes = encode_connection(std::nullopt);
    EXPECT_EQ(text_of(bytes), "rtun-server 1\n");
    const auto none = decode_connection(bytes);
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().text, HasSubstr("not set up"));
}

TEST(ServerState, ABusyConnectionThatDoesNotFitIsNothingToGoOnWith) {
    pptp::ServerState state;
    state.unsent.resize(4096);
    EXPECT_FALSE(decode_connection(encode_connection(state)));
}

TEST(ServerState, APortOfABridgeHasAMacInsteadOfAddresses) {
    SessionState state = full();
    state.session.local = state.session.remote = {};
    state.session.mac = *base::Mac::parse("02:9f:11:c0:3a:57");
    state.session.terms.port = {.bridge = "lan",
                                .horizon = 7,
                                .learning = config::Toggle::No,
                                .path_cost = 50,
                                .priority = std::uint8_t{64}};
    std::string text = text_of(encode(state, terms_lines(state.session.terms)).value());
    EXPECT_THAT(text, testing::AllOf(HasSubstr("\nmac 02:9f:11:c0:3a:57\n"),
                                     testing::Not(HasSubstr("\nlocal "))));
    const auto again = decode_session_state(octets(text));
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(again->session.mac, state.session.mac);
    EXPECT_EQ(again->session.terms.port, state.session.terms.port);
    // Neither without what it has, nor the others without theirs.
    const std::size_t mac = text.find("mac ");
    text.erase(mac, text.find('\n', mac) - mac + 1);
    EXPECT_FALSE(decode_session_state(octets(text)));
    EXPECT_FALSE(decode_session_state(octets(text.insert(mac, "mac 01:00:00:00:00:01\n"))));
    state.session.terms.port = {};
    EXPECT_FALSE(decode_session_state(
        octets(text_of(encode(state, terms_lines(state.session.terms)).value()))));
}

}  // namespace
}  // namespace rtun::daemon
