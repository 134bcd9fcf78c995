// SPDX-License-Identifier: GPL-2.0-or-later
//
// `session show` and `tunnel show`: what is in the kernel, as text and as JSON.
#include <tests/cli/answer.h>
#include <tests/cli/fixed_kernel.h>

#include <cli/commands.h>
#include <cli/stats.h>

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <regex>

namespace rtun::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::function<base::Result<std::unique_ptr<netlink::Kernel>>()> opens(const FixedKernel &kernel) {
    return [&kernel]() -> base::Result<std::unique_ptr<netlink::Kernel>> {
        return std::make_unique<FixedKernel>(kernel);
    };
}

std::string sessions(const Options &options, const std::string &name = {},
                     const FixedKernel &kernel = example_kernel()) {
    Answer answer(options);
    Context context{
        .options = options, .out = answer.out(), .open_kernel = opens(kernel), .socket = {}};
    const auto done = show_sessions(context, {.name = name});
    return done ? answer.text() : "Error: " + done.error().text;
}

std::string tunnels(const Options &options, const std::string &name = {},
                    const FixedKernel &kernel = example_kernel()) {
    Answer answer(options);
    Context context{
        .options = options, .out = answer.out(), .open_kernel = opens(kernel), .socket = {}};
    const auto done = show_tunnels(context, {.name = name});
    return done ? answer.text() : "Error: " + done.error().text;
}

TEST(SessionShow, TextsAreTheGoldenOnes) {
    expect_golden("session.txt", sessions({}));
    expect_golden("session-statistics.txt", sessions({.statistics = true}));
    expect_golden("session-details.txt", sessions({.details = true}));
    expect_golden("session-oneline.txt", sessions({.statistics = true, .oneline = true}));
}

TEST(SessionShow, JsonIsTheGoldenOne) {
    expect_golden("session.json", sessions({.json = true, .pretty = true}));
    expect_golden("session-statistics.json",
                  sessions({.json = true, .pretty = true, .statistics = true}));
    expect_golden("session-brief.json", sessions({.json = true, .pretty = true, .brief = true}));
}

TEST(SessionShow, ASessionIsNamedByItsNumberOrItsInterface) {
    for (const char *name : {"7", "0x7", "07", "pptp-out1"}) {
        const std::string text = sessions({.statistics = true}, name);
        EXPECT_THAT(text, HasSubstr("session 7  dev pptp-out1"));
        EXPECT_THAT(text, Not(HasSubstr("session 8")));
        EXPECT_THAT(text, Not(HasSubstr("of no session")));
    }
    EXPECT_EQ(sessions({}, "9"), "Error: there is no session \"9\"");
    EXPECT_EQ(sessions({}, "0x9"), "Error: there is no session \"0x9\"");
}

TEST(SessionShow, TheNamespaceOfAnInterfaceThatIsElsewhereIsANumber) {
    FixedKernel kernel = example_kernel();
    kernel.has_sessions.resize(1);
    for (const int id : {5, -1}) {  // NETNSA_NSID_NOT_ASSIGNED is -1
        kernel.has_sessions[0].netnsid = id;
        EXPECT_THAT(sessions({.json = true, .brief = true}, {}, kernel),
                    HasSubstr("\"ifindex\":12,\"netnsid\":" + std::to_string(id) + ","));
        EXPECT_THAT(sessions({}, {}, kernel),
                    HasSubstr("interface 12 in another namespace (id " + std::to_string(id) + ")"));
    }
}

TEST(SessionShow, NothingIsAnEmptyAnswerAndAnEmptyList) {
    EXPECT_EQ(sessions({}, {}, FixedKernel{}), "");
    EXPECT_EQ(sessions({.json = true}, {}, FixedKernel{}), "[]\n");
    EXPECT_EQ(sessions({.family = Family::Inet6}), "");
    EXPECT_EQ(sessions({.family = Family::Inet}, {}, l2tp_kernel()), "");
}

TEST(SessionShow, OnelineIsOneLineASession) {
    const std::string text = sessions({.statistics = true, .details = true, .oneline = true}, "7");
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(SessionShow, OfAPseudowireIsTheGoldenOne) {
    const Options all{.statistics = true, .details = true};
    expect_golden("session-l2tp.txt", sessions(all, "9", l2tp_kernel()));
    expect_golden("session-l2tp.json", sessions({.json = true, .pretty = true}, {}, l2tp_kernel()));
}

FixedKernel mppe_kernel() {
    FixedKernel kernel = example_kernel();
    kernel.has_sessions.resize(1);
    netlink::Session &session = kernel.has_sessions[0];
    session.mppe_required = true;
    session.mppe_tx =
        netlink::MppeStatus{.mode = {.bits = 128}, .count = 4095, .key_changes = 81919};
    session.mppe_rx =
        netlink::MppeStatus{.mode = {.bits = 40, .stateful = true, .rekey_on_flush = true},
                            .count = 17,
                            .key_changes = 3};
    session.stats.tx_encrypted = 9000;
    session.stats.rx_encrypted = 9990;
    session.stats.rx_mppe_late = 4;
    session.stats.rx_mppe_missed = 10;
    session.stats.rx_reset_requests = 1;
    session.stats.tx_reset_requests = 2;
    session.stats.rx_reset_acks = 1;
    session.stats.drops["mppe_late"] = 5;
    session.stats.drops["mppe_desync"] = 6;
    return kernel;
}

TEST(SessionShow, OfAnEncryptedOneIsTheGoldenOne) {
    expect_golden("session-mppe.txt", sessions({.details = true}, "7", mppe_kernel()) +
                                          sessions({.statistics = true}, "7", mppe_kernel()));
    expect_golden("session-mppe.json", sessions({.json = true, .pretty = true}, {}, mppe_kernel()));
}

TEST(SessionShow, SaysThatItMustBeEncryptedAlsoWhileThereIsNoKey) {
    FixedKernel kernel = mppe_kernel();
    kernel.has_sessions[0].mppe_tx.reset();
    kernel.has_sessions[0].mppe_rx.reset();
    const std::string text = sessions({.details = true}, "7", kernel);
    EXPECT_THAT(text, HasSubstr("not encrypted"));
    EXPECT_THAT(text, HasSubstr("mppe  required\n"));
    EXPECT_THAT(text, Not(HasSubstr("insecure")));
}

TEST(SessionShow, TheRoundTripAndTheWindowOfPptpAreThere) {
    FixedKernel kernel = example_kernel();
    kernel.has_sessions.resize(1);
    EXPECT_THAT(sessions({.statistics = true}, "7", kernel), Not(HasSubstr("round trip")));
    kernel.has_sessions[0].rtt = 12345;
    kernel.has_sessions[0].tx_window = 16;
    kernel.has_sessions[0].static_rtt = 1500;
    kernel.has_sessions[0].stats.tx_alarms = 4;
    kernel.has_sessions[0].congested = true;
    EXPECT_THAT(sessions({.statistics = true}, "7", kernel), HasSubstr("round trip 12.345 ms"));
    EXPECT_THAT(sessions({.json = true, .statistics = true}, "7", kernel),
                HasSubstr("\"rtt\":12.345"));
    EXPECT_THAT(sessions({.details = true}, "7", kernel),
                HasSubstr("tx-window 16  static-rtt 1500  alarms 4  congested"));
}

std::string bundles(const Options &options, const std::string &name = {},
                    const FixedKernel &kernel = bundle_kernel()) {
    Answer answer(options);
    Context context{
        .options = options, .out = answer.out(), .open_kernel = opens(kernel), .socket = {}};
    const auto done = show_bundles(context, {.name = name});
    return done ? answer.text() : "Error: " + done.error().text;
}

TEST(BundleShow, TextsAndJsonAreTheGoldenOnes) {
    expect_golden("bundle.txt", bundles({}));
    expect_golden("bundle-details.txt", bundles({.details = true}));
    expect_golden("bundle-statistics.txt", bundles({.statistics = true}, "pptp-out1"));
    expect_golden("bundle.json", bundles({.json = true, .pretty = true}));
    expect_golden("bundle-brief.json", bundles({.json = true, .pretty = true, .brief = true}));
}

TEST(BundleShow, ABundleIsNamedByItsNumberOrItsInterface) {
    EXPECT_THAT(bundles({}, "21"), HasSubstr("bundle 21"));
    EXPECT_THAT(bundles({}, "pptp-out1"), HasSubstr("bundle 20"));
    EXPECT_EQ(bundles({}, "7"), "Error: there is no bundle \"7\"");
    EXPECT_EQ(bundles({}, {}, example_kernel()), "");
}

TEST(SessionShow, OfABundleAndItsLinksIsTheGoldenOne) {
    expect_golden("session-bundle.txt", sessions({}, {}, bundle_kernel()));
    EXPECT_THAT(sessions({.statistics = true}, "7", bundle_kernel()),
                HasSubstr("fragments  rx 450"));
    EXPECT_THAT(sessions({.statistics = true}, "7"), Not(HasSubstr("fragments")));
}

TEST(TunnelShow, OfABundleHasNoEnds) {
    EXPECT_EQ(tunnels({.details = true}, "9", bundle_kernel()),
              "tunnel 9  mlppp  owner rtun  sessions 2\n    outlives its owner\n");
}

TEST(TunnelShow, OfL2tpIsTheGoldenOne) {
    expect_golden("tunnel-l2tp.txt", tunnels({.details = true}, {}, l2tp_kernel()));
    expect_golden("tunnel-l2tp.json", tunnels({.json = true, .pretty = true}, {}, l2tp_kernel()));
    EXPECT_THAT(tunnels({.family = Family::Inet}, {}, l2tp_kernel()), Not(HasSubstr("tunnel 5")));
    EXPECT_THAT(tunnels({.family = Family::Inet6}, {}, l2tp_kernel()), Not(HasSubstr("tunnel 6")));
}

TEST(TunnelShow, TextsAndJsonAreTheGoldenOnes) {
    expect_golden("tunnel.txt", tunnels({}));
    expect_golden("tunnel-details.txt", tunnels({.details = true}));
    expect_golden("tunnel.json", tunnels({.json = true, .pretty = true}));
}

TEST(TunnelShow, ATunnelIsNamedByItsNumber) {
    for (const char *name : {"4", "0x4", "04"}) {
        EXPECT_THAT(tunnels({}, name), HasSubstr("tunnel 4")) << name;
        EXPECT_THAT(tunnels({}, name), Not(HasSubstr("tunnel 3"))) << name;
    }
    EXPECT_EQ(tunnels({}, "5"), "Error: there is no tunnel 5");
    EXPECT_EQ(tunnels({.json = true}, {}, FixedKernel{}), "[]\n");
}

TEST(Show, AKernelThatCannotBeAskedSaysWhy) {
    const Options options;
    Answer answer(options);
    Context context{.options = options,
                    .out = answer.out(),
                    .open_kernel = []() -> base::Result<std::unique_ptr<netlink::Kernel>> {
                        return base::fail(base::ErrorCode::Refused, "no module");
                    },
                    .socket = {}};
    EXPECT_EQ(show_sessions(context, {}).error().text, "no module");
    EXPECT_EQ(show_tunnels(context, {}).error().text, "no module");
}

// Every name of enum rtun_drop has its words, and there are no others.
TEST(DropReasons, AreThoseOfTheKernel) {
    const std::ifstream file(RTUN_UAPI);
    ASSERT_TRUE(file);
    std::ostringstream text;
    text << file.rdbuf();
    const std::string header = text.str();
    const std::size_t begin = header.find("enum rtun_drop {");
    ASSERT_NE(begin, std::string::npos);
    const std::string list = header.substr(begin, header.find("};", begin) - begin);
    std::vector<std::string> names;
    const std::regex name("\\n\\tRTUN_DROP_([A-Z0-9_]+),");
    for (auto at = std::sregex_iterator(list.begin(), list.end(), name);
         at != std::sregex_iterator(); ++at) {
        std::string lower = (*at)[1];
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        if (lower != "unspec")
            names.push_back(lower);
    }
    std::vector<std::string> ours;
    for (const DropReason &reason : drop_reasons())
        ours.emplace_back(reason.name);
    EXPECT_EQ(ours, names);
}

TEST(DropReasons, AreAllExplainedInTheManual) {
    const std::ifstream file(std::string(RTUN_MAN) + "/rtun.8");
    ASSERT_TRUE(file);
    std::ostringstream text;
    text << file.rdbuf();
    for (const DropReason &reason : drop_reasons())
        EXPECT_THAT(text.str(), testing::HasSubstr("\n.It Li " + std::string(reason.name) + "\n"));
}

TEST(Units, AreBinaryAndShort) {
    EXPECT_EQ(in_units(0), "0 B");
    EXPECT_EQ(in_units(1023), "1023 B");
    EXPECT_EQ(in_units(1024), "1.0 KiB");
    EXPECT_EQ(in_units(12900000), "12.3 MiB");
    EXPECT_EQ(in_units(1048575), "1.0 MiB");
    EXPECT_EQ(in_units(~std::uint64_t{0}), "16.0 EiB");
}

}  // namespace
}  // namespace rtun::cli
