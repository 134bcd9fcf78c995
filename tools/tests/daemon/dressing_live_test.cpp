// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a session's terms do to a real host: HostDressing against the kernel, looked at with ip(8),
// tc(8) and nft(8), and with packets. Not in ctest: run it as root (selftests/session_dressing.sh
// does). It needs no module; a veth stands in for the session's device.
//
//     user                       here (the server)                    lan
//     10.0.0.50/32 up1 -------- pptp0 10.0.0.1    lan0 10.0.0.254/24 -------- lan1 10.0.0.5/24
//     fd00:1::50                fd00:1::1              fd00:2::1              fd00:2::5
//     mtu 1500                  mtu 1400
#include <base/fd.h>
#include <daemon/host_dressing.h>
#include <tests/daemon/plain_kernel.h>

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace rtun::daemon {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Ran {
    std::string output;
    int status = -1;
};

// By the shell, in this namespace.
Ran run(const std::string &command) {
    Ran ran;
    FILE *pipe = ::popen(("{ " + command + "; } 2>&1").c_str(), "r");
    if (pipe == nullptr)
        return ran;
    std::array<char, 4096> piece{};
    for (std::size_t size = 0; (size = ::fread(piece.data(), 1, piece.size(), pipe)) > 0;)
        ran.output.append(piece.data(), size);
    ran.status = ::pclose(pipe);
    return ran;
}

void must(const std::string &command) {
    const Ran ran = run(command);
    ASSERT_EQ(ran.status, 0) << command << ": " << ran.output;
}

std::string said(const std::string &command) { return run(command).output; }

// Where a socket is bound or connected to.
class End {
public:
    End(const std::string &address, std::uint16_t port) {
        auto *v4 = reinterpret_cast<sockaddr_in *>(&address_);
        auto *v6 = reinterpret_cast<sockaddr_in6 *>(&address_);
        if (::inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
            v4->sin_family = AF_INET;
            v4->sin_port = htons(port);
        } else {
            EXPECT_EQ(::inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr), 1);
            v6->sin6_family = AF_INET6;
            v6->sin6_port = htons(port);
        }
    }
    [[nodiscard]] const sockaddr *get() const {
        return reinterpret_cast<const sockaddr *>(&address_);
    }
    [[nodiscard]] static socklen_t size() { return sizeof(sockaddr_in6); }
    [[nodiscard]] int family() const { return address_.ss_family; }

private:
    sockaddr_storage address_{};
};

// A process that keeps a network namespace.
class Elsewhere {
public:
    Elsewhere() {
        std::array<int, 2> ready{};
        EXPECT_EQ(::pipe(ready.data()), 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const char done = ::unshare(CLONE_NEWNET) == 0 ? 'y' : 'n';
            (void)!::write(ready[1], &done, 1);
            for (;;)
                ::pause();
        }
        char done = 'n';
        EXPECT_EQ(::read(ready[0], &done, 1), 1);
        EXPECT_EQ(done, 'y') << "run this as root";
        ::close(ready[0]);
        ::close(ready[1]);
    }
    Elsewhere(const Elsewhere &) = delete;
    Elsewhere &operator=(const Elsewhere &) = delete;
    ~Elsewhere() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] std::string pid() const { return std::to_string(pid_); }
    [[nodiscard]] std::string in(const std::string &command) const {
        return "nsenter -t " + pid() + " -n " + command;
    }
    // A socket belongs to the namespace in which it is made.
    [[nodiscard]] base::Fd socket(int family, int type) const {
        const base::Fd here(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
        const base::Fd there(::open(("/proc/" + pid() + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
        EXPECT_EQ(::setns(there.get(), CLONE_NEWNET), 0);
        base::Fd made(::socket(family, type | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::setns(here.get(), CLONE_NEWNET), 0);
        const timeval patience{.tv_sec = 10, .tv_usec = 0};
        for (const int what : {SO_RCVTIMEO, SO_SNDTIMEO})
            EXPECT_EQ(::setsockopt(made.get(), SOL_SOCKET, what, &patience, sizeof(patience)), 0);
        return made;
    }

private:
    pid_t pid_ = -1;
};

struct DressingLive : testing::Test {
    static std::unique_ptr<Elsewhere> user, lan;

    static void SetUpTestSuite() {
        ASSERT_EQ(::unshare(CLONE_NEWNET), 0) << "run this as root";
        user = std::make_unique<Elsewhere>();
        lan = std::make_unique<Elsewhere>();
        must("ip link set lo up && sysctl -qw net.ipv4.ip_forward=1 "
             "net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_dad=0 "
             "net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0");
        must(user->in("sysctl -qw net.ipv6.conf.default.accept_dad=0"));
        must(lan->in("sysctl -qw net.ipv6.conf.default.accept_dad=0"));
        must("ip link add lan0 type veth peer name lan1 netns " + lan->pid() +
             " && ip addr add 10.0.0.254/24 dev lan0 && ip addr add fd00:2::1/64 dev lan0 nodad "
             "&& ip link set lan0 up");
        must(lan->in("sh -c 'ip addr add 10.0.0.5/24 dev lan1; ip addr add fd00:2::5/64 dev lan1 "
                     "nodad; ip link set lan1 up; ip route add default via 10.0.0.254; "
                     "ip route add default via fd00:2::1'"));
    }
    static void TearDownTestSuite() {
        user.reset();
        lan.reset();
    }

    event::Loop loop = event::Loop::create().value();
    std::unique_ptr<netlink::Kernel> kernel =
        std::make_unique<PlainKernel>(netlink::Rtnl::open().value());
    std::unique_ptr<netlink::Host> host = netlink::open_host().value();
    HostDressing dressing{loop, *kernel, *host};
    Dressed session;
    aaa::Terms terms;

    void SetUp() override {
        must("ip link add pptp0 mtu 1400 type veth peer name up1 netns " + user->pid() +
             " && ip addr add 10.0.0.1 peer 10.0.0.50 dev pptp0 "
             "&& ip addr add fd00:1::1/64 dev pptp0 nodad && ip link set pptp0 up");
        must(user->in("sh -c 'ip link set lo up; ip addr add 10.0.0.50 peer 10.0.0.1 dev up1; "
                      "ip addr add fd00:1::50/64 dev up1 nodad; ip link set up1 mtu 1500 up; "
                      "ip route add default via 10.0.0.1; ip route add default via fd00:1::1'"));
        session.interface = "pptp0";
        session.link = kernel->link_index("pptp0").value();
        session.local = *base::Ipv4::parse("10.0.0.1");
        session.remote = *base::Ipv4::parse("10.0.0.50");
        session.mtu = 1400;
        terms.change_tcp_mss = false;
    }
    void TearDown() override {
        (void)run("nft flush ruleset");
        must("ip link del pptp0");
    }

    [[nodiscard]] static bool pings(const Elsewhere &from, const std::string &address) {
        return run(from.in("ping -q -c 1 -W 2 " + address)).status == 0;
    }
    // The segment size that a server on the lan uses towards the user: no more than the user's SYN
    // said when it arrived.
    [[nodiscard]] static int mss(const std::string &address) {
        const End to(address, 7777);
        const base::Fd server = lan->socket(to.family(), SOCK_STREAM);
        const int yes = 1;
        EXPECT_EQ(::setsockopt(server.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
        EXPECT_EQ(::bind(server.get(), to.get(), to.size()), 0);
        EXPECT_EQ(::listen(server.get(), 1), 0);
        const base::Fd client = user->socket(to.family(), SOCK_STREAM);
        if (::connect(client.get(), to.get(), to.size()) < 0)
            return -errno;
        const base::Fd accepted(::accept(server.get(), nullptr, nullptr));
        int size = 0;
        socklen_t length = sizeof(size);
        EXPECT_EQ(::getsockopt(accepted.get(), IPPROTO_TCP, TCP_MAXSEG, &size, &length), 0);
        return size;
    }
};

std::unique_ptr<Elsewhere> DressingLive::user, DressingLive::lan;

TEST_F(DressingLive, a_device_is_in_its_group) {
    terms.interface_group = 42;
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    EXPECT_THAT(said("ip link show group 42"), HasSubstr("pptp0"));
}

TEST_F(DressingLive, a_user_with_an_address_of_the_lan_is_answered_for_there_as_long_as_he_is_up) {
    EXPECT_FALSE(pings(*lan, "10.0.0.50"));
    terms.proxy_arp = true;
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    EXPECT_THAT(said("ip neigh show proxy"), HasSubstr("10.0.0.50 dev lan0"));
    must(lan->in("ip neigh flush all"));
    EXPECT_TRUE(pings(*lan, "10.0.0.50"));
    EXPECT_TRUE(pings(*user, "10.0.0.5"));
    // Nobody else is answered for.
    EXPECT_FALSE(pings(*lan, "10.0.0.51"));
    dressing.take_off(session, terms, "peer");
    EXPECT_THAT(said("ip neigh show proxy"), IsEmpty());
    must(lan->in("ip neigh flush all"));
    EXPECT_FALSE(pings(*lan, "10.0.0.50"));
}

TEST_F(DressingLive, a_lan_that_was_down_is_answered_again) {
    terms.proxy_arp = true;
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    must("ip link set lan0 down");
    EXPECT_THAT(said("ip neigh show proxy"), IsEmpty());
    must("ip link set lan0 up && ip addr add fd00:2::1/64 dev lan0 nodad");
    for (int turn = 0; turn < 100 && said("ip neigh show proxy").empty(); turn++)
        EXPECT_TRUE(loop.run_once(std::chrono::milliseconds(50)).has_value());
    EXPECT_THAT(said("ip neigh show proxy"), HasSubstr("10.0.0.50 dev lan0"));
    dressing.take_off(session, terms, "peer");
}

TEST_F(DressingLive, proxy_entries_of_others_stay) {
    must("ip neigh add proxy 10.0.0.50 dev lan0 && ip neigh add proxy 10.0.0.77 dev lan0");
    terms.proxy_arp = true;
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    dressing.take_off(session, terms, "peer");
    HostDressing(loop, *kernel, *host).sweep();
    EXPECT_THAT(said("ip neigh show proxy"), HasSubstr("10.0.0.50 dev lan0"));
    EXPECT_THAT(said("ip neigh show proxy"), HasSubstr("10.0.0.77 dev lan0"));
    must("ip neigh del proxy 10.0.0.50 dev lan0 && ip neigh del proxy 10.0.0.77 dev lan0");
}

TEST_F(DressingLive, a_users_routes_come_and_go_with_him) {
    must(user->in("ip addr add 10.150.1.1/24 dev lo"));
    terms.routes = {
        {.destination = {*base::Ipv4::parse("10.150.1.0"), 24},
         .gateway = session.remote,
         .metric = 1},
        {.destination = {*base::Ipv4::parse("10.150.2.0"), 24}, .gateway = {}, .metric = 7},
        {.destination = {*base::Ipv4::parse("10.150.3.0"), 24},
         .gateway = *base::Ipv4::parse("10.0.0.5"),
         .metric = 1}};
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    const std::string there = said("ip route show proto 174");
    EXPECT_THAT(there, HasSubstr("10.150.1.0/24 via 10.0.0.50 dev pptp0 metric 1"));
    EXPECT_THAT(there, HasSubstr("10.150.2.0/24 dev pptp0 scope link metric 7"));
    EXPECT_THAT(there, HasSubstr("10.150.3.0/24 via 10.0.0.5 dev lan0 metric 1"));
    EXPECT_TRUE(pings(*lan, "10.150.1.1"));
    dressing.take_off(session, terms, "peer");
    EXPECT_THAT(said("ip route show proto 174"), IsEmpty());
}

TEST_F(DressingLive, routes_of_a_session_that_is_no_more_are_swept) {
    terms.routes = {{.destination = {*base::Ipv4::parse("10.150.3.0"), 24},
                     .gateway = *base::Ipv4::parse("10.0.0.5"),
                     .metric = 1}};
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    HostDressing(loop, *kernel, *host).sweep();
    EXPECT_THAT(said("ip route show proto 174"), IsEmpty());
}

TEST_F(DressingLive, mss_is_clamped_in_both_families_while_the_session_is_up) {
    terms.proxy_arp = true;
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    EXPECT_GT(mss("10.0.0.5"), 1400);
    EXPECT_GT(mss("fd00:2::5"), 1400);
    aaa::Terms clamped = terms;
    clamped.change_tcp_mss = true;
    EXPECT_THAT(dressing.change(session, terms, clamped), IsEmpty());
    // As nft(8) reads what we have put there.
    const std::string table = said("nft list table inet rtun");
    EXPECT_THAT(table, HasSubstr("type filter hook forward priority mangle; policy accept;"));
    for (const std::string which : {"oifname", "iifname"})
        EXPECT_THAT(
            table,
            HasSubstr(which + " @clamp_mss tcp flags syn tcp option maxseg size set rt mtu"));
    EXPECT_THAT(table, HasSubstr("elements = { \"pptp0\" comment \"rtun\" }"));
    // The device's 1400, less both headers and the time stamps.
    EXPECT_EQ(mss("10.0.0.5"), 1400 - 40 - 12);
    EXPECT_EQ(mss("fd00:2::5"), 1400 - 60 - 12);
    dressing.take_off(session, clamped, "peer");
    EXPECT_THAT(said("nft list ruleset"), IsEmpty());
}

TEST_F(DressingLive, an_address_is_in_its_set_while_the_session_is_up) {
    terms.address_list = "vip";
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    const std::string set = said("nft list set inet rtun vip");
    EXPECT_THAT(set, HasSubstr("type ipv4_addr"));
    EXPECT_THAT(set, HasSubstr("elements = { 10.0.0.50 comment \"rtun\" }"));
    dressing.take_off(session, terms, "peer");
    EXPECT_THAT(said("nft list ruleset"), IsEmpty());
}

TEST_F(DressingLive, what_nft_prints_it_can_read_again) {
    terms.address_list = "vip-users.1";
    terms.change_tcp_mss = true;
    session.interface = "<pptp-jack>";
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    must("nft list ruleset | nft -c -f -");
    dressing.take_off(session, terms, "peer");
}

TEST_F(DressingLive, an_administrators_rules_use_our_sets_and_survive_us) {
    terms.proxy_arp = true;  // or the LAN knows nobody who has the user's address
    must("nft 'table inet rtun { "
         "set vip { type ipv4_addr; flags interval; elements = { 10.9.0.0/16 }; }; "
         "chain mine { type filter hook forward priority 0; ip saddr @vip counter accept; }; }'");
    terms.address_list = "vip";
    terms.change_tcp_mss = true;
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    EXPECT_TRUE(pings(*user, "10.0.0.5"));
    EXPECT_THAT(said("nft list chain inet rtun mine"), Not(HasSubstr("packets 0")));
    EXPECT_THAT(said("nft list set inet rtun vip"), HasSubstr("10.0.0.50"));
    dressing.take_off(session, terms, "peer");
    EXPECT_THAT(said("nft list set inet rtun vip"), Not(HasSubstr("10.0.0.50")));
    EXPECT_THAT(said("nft list set inet rtun vip"), HasSubstr("10.9.0.0/16"));
    EXPECT_THAT(said("nft list table inet rtun"), HasSubstr("chain mine"));
    EXPECT_THAT(said("nft list table inet rtun"), Not(HasSubstr("clamp_mss")));
}

TEST_F(DressingLive, a_flush_of_the_rule_set_and_a_killed_daemon_are_survived) {
    terms.address_list = "vip";
    terms.change_tcp_mss = true;
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    must("nft flush ruleset");
    HostDressing next(loop, *kernel, *host);
    next.resume(session, terms);
    next.sweep();
    EXPECT_THAT(said("nft list table inet rtun"), HasSubstr("\"pptp0\" comment"));
    EXPECT_THAT(said("nft list table inet rtun"), HasSubstr("10.0.0.50 comment"));
    HostDressing last(loop, *kernel, *host);
    last.sweep();
    EXPECT_THAT(said("nft list ruleset"), IsEmpty());
}

TEST_F(DressingLive, what_is_sent_is_shaped_and_the_rate_changes_without_losing_a_packet) {
    terms.rate_limit.tx = {.rate = 8'000'000};
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    EXPECT_THAT(said("tc qdisc show dev pptp0 root"), HasSubstr("rate 8Mbit burst 16000b"));
    // Packets wait in the queue all the time while it changes forty times.
    const std::string flood = "ping -q -l 3 -i 0.002 -s 1200 -c 400 -W 5 10.0.0.50";
    FILE *ping = ::popen((flood + " 2>&1").c_str(), "r");
    ASSERT_NE(ping, nullptr);
    aaa::Terms now = terms;
    for (int i = 0; i < 40; i++) {
        aaa::Terms next = now;
        next.rate_limit.tx.rate = i % 2 == 0 ? 6'000'000 : 12'000'000;
        next.rate_limit.tx.burst_rate = i % 3 == 0 ? 20'000'000 : 0;
        if (i % 10 == 9)
            next.rate_limit.tx = {};
        EXPECT_THAT(dressing.change(session, now, next), IsEmpty());
        now = next;
        ::usleep(10'000);
    }
    std::string told;
    std::array<char, 1024> piece{};
    for (std::size_t size = 0; (size = ::fread(piece.data(), 1, piece.size(), ping)) > 0;)
        told.append(piece.data(), size);
    EXPECT_EQ(::pclose(ping), 0);
    EXPECT_THAT(told, HasSubstr("400 packets transmitted, 400 received"));
    now.rate_limit.tx = {};
    dressing.take_off(session, now, "peer");
}

TEST_F(DressingLive, a_burst_has_a_peak) {
    terms.rate_limit.tx = {.rate = 8'000'000, .burst_rate = 16'000'000};
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    EXPECT_THAT(said("tc qdisc show dev pptp0 root"), HasSubstr("peakrate 16Mbit"));
}

// A megabyte of UDP at once.
void send_too_much(const Elsewhere &user) {
    const End to("10.0.0.5", 9);
    const base::Fd socket = user.socket(AF_INET, SOCK_DGRAM);
    const std::array<char, 1000> octets{};
    for (int i = 0; i < 1000; i++)
        (void)::sendto(socket.get(), octets.data(), octets.size(), 0, to.get(), to.size());
}

TEST_F(DressingLive, what_comes_in_is_policed_also_while_the_rate_changes) {
    terms.proxy_arp = true;  // or the LAN knows nobody who has the user's address
    terms.rate_limit.rx = {.rate = 80'000};
    const auto problems = dressing.put_on(session, terms);
    if (!problems.empty() && std::getenv("RTUN_EXPECT_ALL") == nullptr)
        GTEST_SKIP() << problems[0];
    ASSERT_THAT(problems, IsEmpty());
    const std::string show = "tc -s filter show dev pptp0 ingress";
    EXPECT_THAT(said(show), HasSubstr("rate 80Kbit"));
    send_too_much(*user);
    EXPECT_THAT(said(show), Not(HasSubstr("dropped 0,")));
    // A change: one policer before it, one after it.
    aaa::Terms faster = terms;
    faster.rate_limit.rx = {.rate = 8'000'000, .burst_rate = 16'000'000};
    for (int i = 0; i < 3; i++) {
        EXPECT_THAT(dressing.change(session, terms, faster), IsEmpty());
        EXPECT_THAT(said(show), HasSubstr("rate 8Mbit"));
        EXPECT_THAT(said(show), HasSubstr("peakrate 16Mbit"));
        EXPECT_THAT(said(show), Not(HasSubstr("rate 80Kbit")));
        EXPECT_THAT(dressing.change(session, faster, terms), IsEmpty());
        EXPECT_THAT(said(show), HasSubstr("rate 80Kbit"));
        EXPECT_THAT(said(show), Not(HasSubstr("rate 8Mbit")));
    }
    aaa::Terms none = terms;
    none.rate_limit = {};
    EXPECT_THAT(dressing.change(session, terms, none), IsEmpty());
    EXPECT_THAT(said(show), IsEmpty());
    EXPECT_TRUE(pings(*user, "10.0.0.5"));
}

TEST_F(DressingLive, an_administrators_classifiers_see_what_conforms) {
    terms.proxy_arp = true;  // or the LAN knows nobody who has the user's address
    terms.rate_limit.rx = {.rate = 8'000'000};
    const auto problems = dressing.put_on(session, terms);
    if (!problems.empty() && std::getenv("RTUN_EXPECT_ALL") == nullptr)
        GTEST_SKIP() << problems[0];
    ASSERT_THAT(problems, IsEmpty());
    EXPECT_TRUE(pings(*user, "10.0.0.5"));
    must("tc filter add dev pptp0 ingress pref 500 matchall action drop");
    EXPECT_FALSE(pings(*user, "10.0.0.5"));
}

}  // namespace
}  // namespace rtun::daemon
