// SPDX-License-Identifier: GPL-2.0-or-later
//
// `pseudowire` without a daemon, from the words of a command to a kernel in memory and back to what
// is shown; and with a daemon, which is asked instead.
#include <tests/cli/answer.h>
#include <tests/cli/replying_daemon.h>
#include <tests/fake/fake_kernel.h>

#include <cli/commands.h>

#include <gmock/gmock.h>

namespace rtun::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Tool : testing::Test {
    fake::FakeKernel kernel;
    std::string socket = "/nonexistent/rtun.sock";

    // What a command line says and how it ends: its text, or "Error: ..." with the exit status.
    std::string run(const std::string &line, const Options &options = {}) {
        const auto words = config::split_line(line, 0, "");
        EXPECT_TRUE(words) << line;
        const auto command = config::parse(*words, config::Secrets::Refused);
        if (!command)
            return said(command.error());
        Answer answer(options);
        Context context{.options = options,
                        .out = answer.out(),
                        .open_kernel = [this]() -> base::Result<std::unique_ptr<netlink::Kernel>> {
                            return kernel.handle();
                        },
                        .socket = socket};
        ctl::Request request;
        for (const config::Word &word : *words)
            request.words.push_back(word.text);
        const base::Status done = std::visit(
            [&](const auto &what) -> base::Status {
                using T = std::decay_t<decltype(what)>;
                if constexpr (std::is_same_v<T, config::PseudowireShow>)
                    return show_pseudowires(context, what);
                else if constexpr (std::is_same_v<T, config::PseudowireAdd> ||
                                   std::is_same_v<T, config::PseudowireSet> ||
                                   std::is_same_v<T, config::PseudowireDel> ||
                                   std::is_same_v<T, config::PseudowireEnable>)
                    return run_pseudowire(context, what, request);
                else
                    return base::fail(base::ErrorCode::System, "not of this test");
            },
            *command);
        return done ? answer.text() : said(done.error());
    }
    static std::string said(const base::Error &error) {
        return "Error: " + error.text + " (" + std::to_string(exit_status(error.code)) + ")";
    }
};

const std::string first_page =
    "pseudowire add pw0 local 192.0.2.1 remote 192.0.2.2 encap udp sport 5000 dport 5000 "
    "tunnel-id 10 peer-tunnel-id 20 session-id 100 peer-session-id 200 "
    "send-cookie 0102030405060708 peer-cookie 1112131415161718 sequencing both sublayer default";
const std::string second =
    "pseudowire add pw1 local any remote 2001:db8::2 encap ip session-id 0x65 peer-session-id 201 "
    "type vlan vlan-id 7 mac-address 02:00:5e:10:00:01 mtu 1500 comment 'to Brno' disabled yes";

TEST_F(Tool, ShowsWhatItHasMade) {
    EXPECT_EQ(run("pseudowire show"), "");
    EXPECT_EQ(run("pseudowire show", {.json = true}), "[]\n");
    EXPECT_EQ(run(first_page), "");
    EXPECT_EQ(run(second), "");
    expect_golden("pseudowire.txt", run("pseudowire show"));
    expect_golden("pseudowire-details.txt", run("pseudowire show", {.details = true}));
    expect_golden("pseudowire-statistics.txt", run("pseudowire show pw0", {.statistics = true}));
    expect_golden("pseudowire-brief.txt", run("pseudowire show", {.brief = true}));
    expect_golden("pseudowire.json", run("pseudowire show", {.json = true, .pretty = true}));
    expect_golden("pseudowire-details.json",
                  run("pseudowire show pw1", {.json = true, .pretty = true, .details = true}));
    EXPECT_THAT(run("pseudowire show", {.family = Family::Inet6}), Not(HasSubstr("pw0")));
    EXPECT_THAT(run("pseudowire show", {.family = Family::Inet}), Not(HasSubstr("pw1")));
    const std::string line =
        run("pseudowire show pw1", {.statistics = true, .details = true, .oneline = true});
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST_F(Tool, GoesThroughAPseudowiresWholeLife) {
    EXPECT_EQ(run(first_page), "");
    EXPECT_EQ(run("pseudowire set pw0 peer-cookie 0a0b0c0d cookie-grace 5 mtu 1400"), "");
    const std::string details = run("pseudowire show pw0", {.details = true});
    EXPECT_THAT(details, HasSubstr("peer-cookie 0a0b0c0d"));
    EXPECT_THAT(details, HasSubstr("mtu 1400"));
    EXPECT_EQ(run("pseudowire disable pw0"), "");
    EXPECT_THAT(run("pseudowire show pw0"), HasSubstr("\nX   pw0"));
    EXPECT_EQ(run("pseudowire enable pw0"), "");
    EXPECT_THAT(run("pseudowire show pw0"), HasSubstr("\n  R pw0"));
    EXPECT_EQ(run("pseudowire del pw0"), "");
    EXPECT_TRUE(kernel.empty());
}

TEST_F(Tool, RefusesAndChangesNothing) {
    EXPECT_EQ(run(first_page), "");
    const std::string before = run("pseudowire show", {.details = true});
    EXPECT_EQ(run(first_page), "Error: there is a pseudowire \"pw0\" already (2)");
    EXPECT_EQ(run(first_page + " may-exist"), "");
    EXPECT_EQ(run("pseudowire del pw9"), "Error: there is no pseudowire \"pw9\" (2)");
    EXPECT_EQ(run("pseudowire del pw9 if-exists"), "");
    EXPECT_EQ(run("pseudowire enable pw9"), "Error: there is no pseudowire \"pw9\" (2)");
    EXPECT_EQ(run("pseudowire show pw9"), "Error: there is no pseudowire \"pw9\" (2)");
    EXPECT_EQ(
        run("pseudowire set pw0 remote 192.0.2.9"),
        "Error: argument \"remote\" is wrong: it cannot be changed: delete it and add it anew "
        "(1)");
    EXPECT_EQ(run(second + " sequencing both"),
              "Error: argument \"both\" is wrong: sequencing needs \"sublayer default\" (1)");
    EXPECT_EQ(run("pseudowire show", {.details = true}), before);
}

TEST_F(Tool, ShowsTheKernelsWordsWhenItRefuses) {
    kernel.fail_next("tunnel_add", {base::ErrorCode::Refused,
                                    "new tunnel from 192.0.2.1 to 192.0.2.2: not an address of "
                                    "this host (tunnel.local4): Cannot assign requested address",
                                    EADDRNOTAVAIL});
    EXPECT_THAT(run(first_page), HasSubstr("not an address of this host (tunnel.local4)"));
    EXPECT_TRUE(kernel.empty());
}

TEST_F(Tool, WithADaemonItIsTheDaemonThatIsTold) {
    Daemon daemon{ctl::Reply{}};
    socket = daemon.path();
    EXPECT_EQ(run("pseudowire del pw0"), "");
    EXPECT_THAT(daemon.asked(), ElementsAre("pseudowire", "del", "pw0"));
    EXPECT_TRUE(kernel.calls().empty());
}

TEST_F(Tool, WhatTheDaemonRefusesIsTold) {
    ctl::Reply refused;
    refused.error = base::Error{base::ErrorCode::Exists, "there is one", 0};
    const Daemon daemon(refused);
    socket = daemon.path();
    EXPECT_EQ(run(first_page), "Error: there is one (2)");
    EXPECT_TRUE(kernel.empty());
}

TEST_F(Tool, WhatTheDaemonCouldNotMakeIsShownAsWell) {
    EXPECT_EQ(run(first_page), "");
    ctl::Reply reply;
    ctl::PseudowireStatus there;
    there.name = "pw0";
    there.present = true;
    ctl::PseudowireStatus missing;
    missing.name = "pw7";
    missing.local = "any";
    missing.remote = "gw.example.org";
    missing.last_error = "\"gw.example.org\" has no address";
    missing.retry_in = 4;
    reply.pseudowires = {there, missing};
    const Daemon daemon(reply);
    socket = daemon.path();
    const std::string text = run("pseudowire show");
    EXPECT_THAT(text, HasSubstr("  R pw0"));
    EXPECT_THAT(text, HasSubstr("    pw7  any -> gw.example.org  not there  again in 4s  "
                                "(\"gw.example.org\" has no address)"));
    EXPECT_THAT(run("pseudowire show pw7", {.json = true}),
                HasSubstr("\"name\":\"pw7\",\"disabled\":false,\"running\":false"));
}

}  // namespace
}  // namespace rtun::cli
