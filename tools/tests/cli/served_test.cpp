// SPDX-License-Identifier: GPL-2.0-or-later
//
// Listings of what is served and to whom, as a router's user knows them, and imports without a
// daemon.
#include <tests/cli/answer.h>
#include <tests/cli/replying_daemon.h>

#include <cli/columns.h>
#include <cli/commands.h>

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <algorithm>
#include <functional>

namespace rtun::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using Show = base::Status (*)(Context &, const ctl::Request &);

std::string shown(Show show, const ctl::Reply &reply, const Options &options = {}) {
    const Daemon daemon(reply);
    Answer answer(options);
    Context context{
        .options = options, .out = answer.out(), .open_kernel = {}, .socket = daemon.path()};
    const auto done = show(context, {.words = {"x", "show"}, .file = {}, .line = 0});
    return done ? answer.text() : "Error: " + done.error().text;
}

// -- what the daemon says

ctl::Reply sessions() {
    ctl::ActiveStatus jack;
    jack.user = "jack";
    jack.service = "pptp";
    jack.caller_id = "203.0.113.9";
    jack.address = "10.0.0.2";
    jack.local_address = "10.0.0.1";
    jack.interface = "<pptp-jack>";
    jack.profile = "default-encryption";
    jack.id = "6565a1b2-1";
    jack.session_id = 7;
    jack.tunnel_id = 3;
    jack.call_id = 41207;
    jack.peer_call_id = 1;
    jack.authentication = "mschap2";
    jack.encoding = "MPPE128 stateless";
    jack.dynamic = true;
    jack.mtu = 1450;
    jack.mru = 1450;
    jack.uptime = 44 * 60 + 8;
    jack.rx_bytes = 1234567;
    jack.tx_bytes = 17;
    ctl::ActiveStatus old = jack;
    old.user = "old-router";
    old.caller_id = "198.51.100.77";
    old.address = "10.0.0.33";
    old.interface = "pptp-in1";
    old.encoding = "MPPE40 stateful";
    old.insecure = true;
    old.dynamic = false;
    old.radius = true;
    old.uptime = 2 * 86400 + 5;
    return {.error = {}, .clients = {}, .lines = {}, .active = {jack, old}};
}

// The listing of the manual of 2.8 (REQUIREMENTS A3), and the row of that of 7 (A7).
ctl::Reply interfaces() {
    ctl::InterfaceStatus dynamic;
    dynamic.name = "<pptp-ex>";
    dynamic.user = "ex";
    dynamic.service = "pptp";
    dynamic.dynamic = true;
    dynamic.running = true;
    dynamic.client_address = "192.168.51.3";
    dynamic.address = "10.0.0.202";
    dynamic.mtu = 1450;
    dynamic.uptime = 6 * 60 + 32;
    dynamic.encoding = "MPPE128 stateless";
    ctl::InterfaceStatus kept;
    kept.name = "pptp-in1";
    kept.user = "ex1";
    kept.service = "pptp";
    kept.comment = "for the firewall";
    ctl::InterfaceStatus off = kept;
    off.name = "pptp-in2";
    off.enabled = false;
    off.comment.clear();
    return {.error = {}, .clients = {}, .lines = {}, .interfaces = {dynamic, kept, off}};
}

ctl::Reply secrets() {
    ctl::ObjectStatus jack{.kind = "secret",
                           .name = "jack",
                           .enabled = true,
                           .built_in = false,
                           .settings = {{"password-file", "", true},
                                        {"password", "(hidden)", false},
                                        {"service", "pptp", false},
                                        {"profile", "none", true},
                                        {"routes", "10.150.1.0/24 10.0.103.2 1", false},
                                        {"disabled", "no", true}}};
    ctl::ObjectStatus mary = jack;
    mary.name = "mary ann";
    mary.enabled = false;
    mary.settings.back() = {"disabled", "yes", false};
    return {.error = {}, .clients = {}, .lines = {}, .objects = {jack, mary}};
}

ctl::Reply profiles() {
    return {.error = {},
            .clients = {},
            .lines = {},
            .objects = {{.kind = "profile",
                         .name = "default",
                         .enabled = true,
                         .built_in = true,
                         .settings = {{"only-one", "default", true}}},
                        {.kind = "profile",
                         .name = "gold",
                         .enabled = true,
                         .built_in = false,
                         .settings = {{"only-one", "yes", false}}}}};
}

ctl::Reply pools() {
    return {.error = {},
            .clients = {},
            .lines = {},
            .objects = {{.kind = "pool",
                         .name = "ppp",
                         .enabled = true,
                         .built_in = false,
                         .settings = {{"ranges", "10.0.0.2-10.0.0.99", false},
                                      {"next-pool", "none", true}}}},
            .pools = {{.pool = "ppp", .total = 98, .used = 3}}};
}

ctl::Reply servers() {
    ctl::ServerStatus status;
    status.name = "pptp";
    status.listening = {"any:1723", "192.0.2.1:1724"};
    status.sessions = 12;
    status.half_open = 1;
    status.counters = {{"connections", 40}, {"refused_source", 2}};
    return {.error = {},
            .clients = {},
            .lines = {},
            .objects = {{.kind = "server",
                         .name = "pptp",
                         .enabled = true,
                         .built_in = false,
                         .settings = {{"enabled", "yes", false}, {"max-mtu", "1400", false}}}},
            .servers = {status}};
}

ctl::Reply records() {
    ctl::RecordStatus gone;
    gone.id = "6565a1b2-1";
    gone.user = "jack";
    gone.service = "pptp";
    gone.caller_id = "203.0.113.9";
    gone.interface = "<pptp-jack>";
    gone.address = "10.0.0.2";
    gone.started = 1795291832;
    gone.stopped = 1795291832 + 3725.5;
    gone.octets_in = 1234567;
    gone.octets_out = 17;
    gone.packets_in = 1000;
    gone.packets_out = 1;
    gone.cause = "user_request";
    gone.text = "the user hung up";
    ctl::RecordStatus here = gone;
    here.id = "6565a1b2-2";
    here.stopped.reset();
    here.cause.clear();
    here.text.clear();
    return {.error = {}, .clients = {}, .lines = {}, .records = {here, gone}};
}

const Options json{.json = true, .pretty = true};
const Options details{.details = true};

TEST(ActiveShow, IsTheGoldenOne) {
    expect_golden("active.txt", shown(show_active, sessions()));
    expect_golden("active-brief.txt", shown(show_active, sessions(), {.brief = true}));
    expect_golden("active-details.txt",
                  shown(show_active, sessions(), {.statistics = true, .details = true}));
    expect_golden("active.json", shown(show_active, sessions(), json));
}

TEST(ActiveShow, OfAPortOfABridgeHasNoAddresses) {
    ctl::Reply reply = sessions();
    reply.active.resize(1);
    ctl::ActiveStatus &jack = reply.active[0];
    jack.address = jack.local_address = "";
    jack.bridge = "lan";
    jack.bridging = "tx tagged,management rx tagged,tinygram,management";
    jack.mac_address = "02:9f:11:c0:3a:57";
    jack.remote_mac_address = "02:00:5e:10:00:01";
    expect_golden("active-bridge.txt", shown(show_active, reply, {.details = true}));
    expect_golden("active-bridge.json", shown(show_active, reply, json));
}

TEST(ActiveShow, HasTheRowOfTheFirstPage) {
    ctl::Reply reply = sessions();
    reply.active.resize(1);
    EXPECT_THAT(shown(show_active, reply, {.oneline = true}),
                HasSubstr("  jack  pptp     203.0.113.9  10.0.0.2  44m8s   MPPE128 stateless\n"));
    EXPECT_EQ(shown(show_active, {}), "");
    EXPECT_EQ(shown(show_active, {}, {.json = true}), "[]\n");
}

TEST(InterfaceShow, IsTheGoldenOne) {
    expect_golden("interface.txt", shown(show_interfaces, interfaces()));
    expect_golden("interface-brief.txt", shown(show_interfaces, interfaces(), {.brief = true}));
    expect_golden("interface-details.txt", shown(show_interfaces, interfaces(), details));
    expect_golden("interface.json", shown(show_interfaces, interfaces(), json));
}

TEST(InterfaceShow, HasTheRowsOfTheManuals) {
    const std::string text = shown(show_interfaces, interfaces());
    EXPECT_THAT(text, HasSubstr("\n0 DR <pptp-ex>"));
    EXPECT_THAT(text, HasSubstr("1450  192.168.51.3    6m32s   MPPE128 stateless\n"));
    EXPECT_THAT(text, HasSubstr("\n1    pptp-in1   ex1\n"));
    EXPECT_THAT(text, HasSubstr("\n2 X  pptp-in2   ex1\n"));
}

TEST(ObjectShow, IsTheGoldenOne) {
    expect_golden("secret.txt", shown(show_objects, secrets()));
    expect_golden("secret-details.txt", shown(show_objects, secrets(), details));
    expect_golden("secret.json", shown(show_objects, secrets(), json));
    expect_golden("profile.txt", shown(show_objects, profiles()));
    expect_golden("profile.json", shown(show_objects, profiles(), json));
}

TEST(PoolShow, IsTheGoldenOne) {
    expect_golden("pool.txt", shown(show_pools, pools()));
    expect_golden("pool-details.txt", shown(show_pools, pools(), details));
    expect_golden("pool.json", shown(show_pools, pools(), json));
    expect_golden("pool-usage.txt", shown(show_pool_usage, pools()));
    expect_golden("pool-usage.json", shown(show_pool_usage, pools(), json));
}

TEST(ServerShow, IsTheGoldenOne) {
    expect_golden("server.txt", shown(show_servers, servers()));
    expect_golden("server-details.txt",
                  shown(show_servers, servers(), {.statistics = true, .details = true}));
    expect_golden("server.json", shown(show_servers, servers(), json));
    ctl::Reply broken = servers();
    broken.servers[0] = {};
    broken.servers[0].name = "pptp";
    broken.servers[0].last_error = "192.0.2.1:1723: Address already in use";
    EXPECT_THAT(shown(show_servers, broken),
                HasSubstr("    pptp  sessions 0  half-open 0  (192.0.2.1:1723: Address already in "
                          "use)  max-mtu 1400\n"));
}

TEST(LeaseShow, IsTheGoldenOne) {
    const ctl::Reply reply{
        .error = {},
        .clients = {},
        .lines = {},
        .leases = {{.address = "10.0.0.2", .pool = "ppp", .user = "jack", .owner = "6565a1b2-1"},
                   {.address = "10.0.0.1", .pool = "", .user = "", .owner = "6565a1b2-1"}}};
    expect_golden("lease.txt", shown(show_leases, reply));
    expect_golden("lease.json", shown(show_leases, reply, json));
}

TEST(AccountingShow, IsTheGoldenOne) {
    expect_golden("accounting.txt", shown(show_records, records()));
    expect_golden("accounting-details.txt", shown(show_records, records(), details));
    expect_golden("accounting.json", shown(show_records, records(), json));
    ctl::Reply odd = records();
    odd.records[0].started = -1e300;
    odd.records[1].started = 1e300;
    EXPECT_THAT(shown(show_records, odd), HasSubstr("9999-12-31T23:59:59Z"));
}

TEST(Columns, AreAsWideAsTheirWidestCell) {
    Columns columns({"A", "BB", "C"});
    columns.add({"1", "", "3"});
    columns.add({"\xc3\xa4\xc3\xa4\xc3\xa4", "x", ""});
    EXPECT_EQ(columns.heading(), "A    BB  C");
    EXPECT_EQ(columns.row(0), "1        3");
    EXPECT_EQ(columns.row(1), "\xc3\xa4\xc3\xa4\xc3\xa4  x");
}

TEST(TellDaemon, WarningsGoToStandardErrorAndAreNoFailure) {
    const Daemon daemon({.error = {}, .clients = {}, .lines = {}, .warnings = {"it is weak"}});
    const Options options;
    Answer answer(options);
    Context context{
        .options = options, .out = answer.out(), .open_kernel = {}, .socket = daemon.path()};
    testing::internal::CaptureStderr();
    EXPECT_TRUE(tell_daemon(context, {.words = {"server", "set"}, .file = {}, .line = 0}));
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "Warning: it is weak\n");
    EXPECT_EQ(answer.text(), "");
}

// -- imports

class File {
public:
    explicit File(const std::string &text) {
        const int fd = ::mkstemp(path_);
        EXPECT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
        ::close(fd);
    }
    ~File() { ::unlink(path_); }
    File(const File &) = delete;
    File &operator=(const File &) = delete;
    [[nodiscard]] std::string path() const { return path_; }

private:
    char path_[32] = "/tmp/rtun-import-XXXXXX";
};

std::string imported(const config::SecretImport &what) {
    const Options options;
    Answer answer(options);
    Context context{
        .options = options, .out = answer.out(), .open_kernel = {}, .socket = "/nonexistent/s"};
    const auto done = import_file(
        context, what, {.words = {"secret", "import", what.file}, .file = {}, .line = 0});
    return done ? answer.text() : done.error().text;
}

TEST(SecretImport, ADryRunPrintsAFileThatCanBeRead) {
    const File file("jack pptpd hunter2 *\n* * x *\n");
    const std::string hidden =
        imported({.file = file.path(), .dry_run = true, .secrets = config::Reveal::Hide});
    EXPECT_EQ(hidden, "# " + file.path() +
                          ":2: a user of any name cannot be had: the line is passed over\n"
                          "secret add jack password (hidden) service pptp\n");
    const std::string shown =
        imported({.file = file.path(), .dry_run = true, .secrets = config::Reveal::Show});
    EXPECT_THAT(shown, HasSubstr("\nsecret add jack password hunter2 service pptp\n"));
    EXPECT_TRUE(config::parse_file(shown, "f"));
}

TEST(SecretImport, IsDoneByTheDaemon) {
    const File file("jack pptpd hunter2 *\n");
    EXPECT_THAT(imported({.file = file.path(), .dry_run = false, .secrets = config::Reveal::Hide}),
                HasSubstr("no daemon listens"));
}

}  // namespace
}  // namespace rtun::cli
