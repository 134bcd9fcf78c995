// SPDX-License-Identifier: GPL-2.0-or-later
//
// Both ends of the control socket against each other: one process, the server served by hand or by
// a thread where the client blocks.
#include <ctl/client.h>
#include <ctl/server.h>
#include <ctl/socket.h>

#include <gmock/gmock.h>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>

namespace rtun::ctl {
namespace {

using testing::HasSubstr;

class ControlSocket : public testing::Test {
protected:
    ControlSocket() {
        EXPECT_NE(::mkdtemp(directory_), nullptr);
        path_ = std::string(directory_) + "/run/rtun.sock";
    }
    ~ControlSocket() override {
        ::unlink(path_.c_str());
        ::rmdir((std::string(directory_) + "/run").c_str());
        ::rmdir(directory_);
    }

    Server make() {
        auto server = Server::create(path_);
        EXPECT_TRUE(server) << server.error().text;
        return std::move(*server);
    }

    base::Fd dial() const {
        const auto address = socket_address(path_);
        auto socket = make_socket();
        EXPECT_EQ(::connect(socket->get(), reinterpret_cast<const sockaddr *>(&*address),
                            sizeof(*address)),
                  0);
        return std::move(*socket);
    }

    static void send(const base::Fd &socket, std::string_view text) {
        ASSERT_EQ(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }

    static std::string receive(const base::Fd &socket) {
        std::string text;
        char chunk[4096];
        for (;;) {
            const ssize_t got = ::recv(socket.get(), chunk, sizeof(chunk), MSG_DONTWAIT);
            if (got <= 0)
                return text;
            text.append(chunk, static_cast<std::size_t>(got));
        }
    }

    static bool readable(int fd) {
        pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
        return ::poll(&waiting, 1, 0) == 1;
    }

    // Serves until nothing is left to be done at once.
    static std::vector<Incoming> serve(Server &server) {
        std::vector<Incoming> all;
        for (int i = 0; i < 1000 && readable(server.descriptor()); i++) {
            for (Incoming &incoming : server.serve())
                all.push_back(std::move(incoming));
        }
        EXPECT_FALSE(readable(server.descriptor())) << "the server spins";
        return all;
    }

    char directory_[32] = "/tmp/rtun-ctl-XXXXXX";
    std::string path_;
};

const std::string show = "{\"words\":[\"client\",\"show\"]}\n";

TEST_F(ControlSocket, IsMadeWithItsDirectoryAndModeAndGoesWithTheServer) {
    {
        const Server server = make();
        struct stat st {};
        ASSERT_EQ(::stat(path_.c_str(), &st), 0);
        EXPECT_EQ(st.st_mode & 07777U, 0660U);
    }
    EXPECT_NE(::access(path_.c_str(), F_OK), 0);
}

TEST_F(ControlSocket, ASecondDaemonIsRefusedAndALeftOverReplaced) {
    {
        const Server first = make();
        const auto second = Server::create(path_);
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, base::ErrorCode::Exists);
        EXPECT_EQ(::access(path_.c_str(), F_OK), 0);
    }
    // A socket file that nobody listens on, as kill -9 leaves it.
    const auto address = socket_address(path_);
    const auto stale = make_socket();
    ASSERT_EQ(::bind(stale->get(), reinterpret_cast<const sockaddr *>(&*address), sizeof(*address)),
              0);
    make();
}

TEST_F(ControlSocket, WhatIsNoSocketIsNotRemoved) {
    ASSERT_EQ(::mkdir((std::string(directory_) + "/run").c_str(), 0755), 0);
    ASSERT_EQ(::mkdir(path_.c_str(), 0755), 0);
    EXPECT_FALSE(Server::create(path_));
    EXPECT_EQ(::rmdir(path_.c_str()), 0);
}

TEST_F(ControlSocket, ARequestIsAnsweredAndKnowsItsPeer) {
    Server server = make();
    const base::Fd socket = dial();
    send(socket, show.substr(0, 5));
    EXPECT_TRUE(serve(server).empty());
    send(socket, show.substr(5));
    const auto requests = serve(server);
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_THAT(requests[0].request.words, testing::ElementsAre("client", "show"));
    EXPECT_EQ(requests[0].peer.pid, ::getpid());
    EXPECT_EQ(requests[0].peer.uid, ::getuid());
    server.reply(requests[0].connection, Reply{.error = {}, .clients = {}, .lines = {"x"}});
    EXPECT_EQ(receive(socket), "{\"lines\":[\"x\"]}\n");
}

TEST_F(ControlSocket, OneRequestIsOpenAtATime) {
    Server server = make();
    const base::Fd socket = dial();
    send(socket, show + show + show);
    for (int i = 0; i < 3; i++) {
        const auto requests = serve(server);
        ASSERT_EQ(requests.size(), 1U) << i;
        server.reply(requests[0].connection, Reply{});
    }
    EXPECT_TRUE(serve(server).empty());
    EXPECT_EQ(receive(socket), "{}\n{}\n{}\n");
}

TEST_F(ControlSocket, WhoDoesNotReadItsAnswersAsksNoMore) {
    Server server = make();
    const base::Fd socket = dial();
    constexpr std::size_t asked = 5;
    for (std::size_t i = 0; i < asked; i++)
        send(socket, show);
    const Reply large{.error = {},
                      .clients = {},
                      .lines = std::vector<std::string>(1000, std::string(1000, 'l'))};
    const std::size_t one = encode(large).size();

    std::string read;
    for (std::size_t i = 0; i < asked; i++) {
        const auto requests = serve(server);  // which fails if the server spins meanwhile
        ASSERT_EQ(requests.size(), 1U) << i;
        server.reply(requests[0].connection, large);
        // More than the socket's buffer takes: the next request waits, as often as we are served.
        EXPECT_TRUE(serve(server).empty()) << i;
        EXPECT_TRUE(serve(server).empty()) << i;
        // As it is read, nothing but the rest of this answer comes.
        for (int turn = 0; turn < 1000 && read.size() < (i + 1) * one; turn++) {
            read += receive(socket);
            if (read.size() < (i + 1) * one) {
                EXPECT_TRUE(server.serve().empty()) << i;
            }
        }
        ASSERT_EQ(read.size(), (i + 1) * one);
    }
    EXPECT_TRUE(serve(server).empty());
    EXPECT_EQ(receive(socket), "");
    // And the connection still answers.
    send(socket, show);
    EXPECT_EQ(serve(server).size(), 1U);
}

TEST_F(ControlSocket, AFloodOfRequestsIsLeftInTheSocketWhileAnAnswerIsUnread) {
    Server server = make();
    const base::Fd socket = dial();
    send(socket, show);
    auto requests = serve(server);
    ASSERT_EQ(requests.size(), 1U);
    server.reply(requests[0].connection,
                 Reply{.error = {},
                       .clients = {},
                       .lines = std::vector<std::string>(1000, std::string(1000, 'l'))});
    // It takes no more from us than the sockets buffer.
    std::size_t taken = 0;
    for (int i = 0; i < 100000; i++) {
        const ssize_t sent =
            ::send(socket.get(), show.data(), show.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent <= 0)
            break;
        taken += static_cast<std::size_t>(sent);
        ASSERT_TRUE(server.serve().empty());
    }
    EXPECT_LT(taken, MaxLine);
    EXPECT_EQ(server.connections(), 1U);
}

TEST_F(ControlSocket, AHalfClosedConnectionGetsItsAnswersFirst) {
    Server server = make();
    const base::Fd socket = dial();
    send(socket, show + show);
    ::shutdown(socket.get(), SHUT_WR);
    for (int i = 0; i < 2; i++) {
        const auto requests = serve(server);
        ASSERT_EQ(requests.size(), 1U) << i;
        server.reply(requests[0].connection, Reply{});
    }
    serve(server);
    EXPECT_EQ(receive(socket), "{}\n{}\n");
    EXPECT_EQ(server.connections(), 0U);
}

TEST_F(ControlSocket, NonsenseIsAnsweredAndTheConnectionClosed) {
    Server server = make();
    const base::Fd socket = dial();
    send(socket, "nonsense\n" + show);
    EXPECT_TRUE(serve(server).empty());
    EXPECT_THAT(receive(socket), HasSubstr("not a JSON object"));
    EXPECT_EQ(server.connections(), 0U);
    EXPECT_EQ(server.counters().malformed, 1U);
}

TEST_F(ControlSocket, ALineWithoutEndIsRefused) {
    Server server = make();
    const base::Fd socket = dial();
    const std::string flood(65536, 'x');
    for (std::size_t sent = 0; sent < MaxLine + 65536 && server.counters().malformed == 0;) {
        const ssize_t now = ::send(socket.get(), flood.data(), flood.size(), MSG_NOSIGNAL);
        sent += now > 0 ? static_cast<std::size_t>(now) : 0;
        serve(server);
    }
    EXPECT_EQ(server.counters().malformed, 1U);
    EXPECT_THAT(receive(socket), HasSubstr("longer than"));
}

TEST_F(ControlSocket, APeerThatGoesIsForgottenAndItsAnswerToo) {
    Server server = make();
    base::Fd socket = dial();
    send(socket, show);
    const auto requests = serve(server);
    ASSERT_EQ(requests.size(), 1U);
    socket.reset();
    serve(server);
    EXPECT_EQ(server.connections(), 0U);
    server.reply(requests[0].connection, Reply{});
    server.subscribe(requests[0].connection);
    server.publish(Event{.time = 1, .id = "x", .object = {}, .name = {}, .text = {}, .fields = {}});
}

TEST_F(ControlSocket, ThereIsABoundOnConnections) {
    Server server = make();
    std::vector<base::Fd> sockets;
    for (std::size_t i = 0; i < MaxConnections; i++) {
        sockets.push_back(dial());
        serve(server);
    }
    EXPECT_EQ(server.connections(), MaxConnections);
    const base::Fd refused = dial();
    serve(server);
    EXPECT_EQ(server.connections(), MaxConnections);
    EXPECT_EQ(server.counters().refused, 1U);
    EXPECT_THAT(receive(refused), HasSubstr("connections already"));
    sockets.pop_back();
    serve(server);
    const base::Fd taken = dial();
    serve(server);
    EXPECT_EQ(server.connections(), MaxConnections);
}

TEST_F(ControlSocket, ASlowReaderOfEventsIsToldHowManyItLost) {
    Server server = make();
    const base::Fd slow = dial();
    const base::Fd fast = dial();
    for (const base::Fd *socket : {&slow, &fast}) {
        send(*socket, "{\"words\":[\"monitor\"]}\n");
        for (const Incoming &incoming : serve(server)) {
            server.reply(incoming.connection, Reply{});
            server.subscribe(incoming.connection);
        }
    }
    EXPECT_EQ(server.subscribers(), 2U);
    EXPECT_EQ(receive(slow), "{}\n");
    EXPECT_EQ(receive(fast), "{}\n");

    const Event event{.time = 2,
                      .id = "client.up",
                      .object = "client",
                      .name = "a",
                      .text = std::string(1000, 'x'),
                      .fields = {}};
    std::size_t read = 0;
    constexpr std::size_t published = 3000;
    for (std::size_t i = 0; i < published; i++) {
        server.publish(event);
        const std::string text = receive(fast);
        read += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }
    EXPECT_EQ(read, published);
    const std::uint64_t lost = server.counters().lost_events;
    EXPECT_GT(lost, 0U);

    std::string all;
    for (int i = 0; i < 1000; i++) {
        all += receive(slow);
        serve(server);
    }
    const auto lines = static_cast<std::uint64_t>(std::count(all.begin(), all.end(), '\n'));
    EXPECT_EQ(lines - 1 + lost, published);
    const std::string last = all.substr(all.rfind('\n', all.size() - 2) + 1);
    const auto told = decode_event(std::string_view(last).substr(0, last.size() - 1));
    ASSERT_TRUE(told);
    EXPECT_EQ(told->id, "monitor.lost");
    EXPECT_EQ(told->fields.at("count"), std::to_string(lost));
    server.publish(event);
    EXPECT_FALSE(receive(slow).empty());
}

TEST_F(ControlSocket, WithoutADaemonTheErrorSaysHowToStartOne) {
    const auto none = Client::connect(path_);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, base::ErrorCode::NoDaemon);
    EXPECT_THAT(none.error().text, HasSubstr("rtun daemon"));
}

// A server in a thread that answers each request with what the test says.
class Answering {
public:
    Answering(Server server, std::function<void(Server &, const Incoming &)> answer)
        : server_(std::move(server)), answer_(std::move(answer)), thread_([this] { run(); }) {}
    ~Answering() {
        stop_ = true;
        thread_.join();
    }
    Answering(const Answering &) = delete;
    Answering &operator=(const Answering &) = delete;

private:
    void run() {
        while (!stop_) {
            pollfd waiting{.fd = server_.descriptor(), .events = POLLIN, .revents = 0};
            ::poll(&waiting, 1, 5);
            for (const Incoming &incoming : server_.serve())
                answer_(server_, incoming);
        }
    }

    Server server_;
    std::function<void(Server &, const Incoming &)> answer_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

TEST_F(ControlSocket, TheClientGetsRepliesErrorsAndEvents) {
    const Answering daemon(make(), [](Server &server, const Incoming &in) {
        if (in.request.words[0] == "monitor") {
            server.reply(in.connection, Reply{});
            server.subscribe(in.connection);
            server.publish(Event{.time = 1,
                                 .id = "client.up",
                                 .object = "client",
                                 .name = "a",
                                 .text = "up",
                                 .fields = {}});
        } else if (in.request.words[0] == "export") {
            // Larger than the socket's buffer: it is written in several turns.
            server.reply(in.connection,
                         Reply{.error = {},
                               .clients = {},
                               .lines = std::vector<std::string>(5000, std::string(1000, 'l'))});
        } else {
            server.reply(in.connection,
                         Reply{.error = base::Error{.code = base::ErrorCode::NotFound,
                                                    .text = "there is no client"},
                               .clients = {},
                               .lines = {}});
        }
    });
    auto client = Client::connect(path_);
    ASSERT_TRUE(client) << client.error().text;
    const auto refused = client->call({.words = {"client", "del"}, .file = {}, .line = 0});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::ErrorCode::NotFound);
    const auto lines = client->call({.words = {"export"}, .file = {}, .line = 0});
    ASSERT_TRUE(lines) << lines.error().text;
    EXPECT_EQ(lines->lines.size(), 5000U);
    ASSERT_TRUE(client->call({.words = {"monitor"}, .file = {}, .line = 0}));
    pollfd waiting{.fd = client->descriptor(), .events = POLLIN, .revents = 0};
    std::vector<Event> got = *client->events();
    while (got.empty() && ::poll(&waiting, 1, 5000) == 1)
        got = *client->events();
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].id, "client.up");
}

TEST_F(ControlSocket, TheClientDoesNotWaitForever) {
    const Answering daemon(make(), [](Server &, const Incoming &) {});
    auto client = Client::connect(path_);
    ASSERT_TRUE(client);
    const auto reply =
        client->call({.words = {"x"}, .file = {}, .line = 0}, std::chrono::milliseconds(50));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, base::ErrorCode::Refused);
    EXPECT_THAT(reply.error().text, HasSubstr("does not answer"));
}

TEST_F(ControlSocket, TheEndOfTheDaemonEndsTheEvents) {
    auto server = std::make_unique<Server>(make());
    auto client = Client::connect(path_);
    ASSERT_TRUE(client);
    serve(*server);
    EXPECT_TRUE(client->events()->empty());
    server.reset();
    const auto ended = client->events();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, base::ErrorCode::NoDaemon);
}

}  // namespace
}  // namespace rtun::ctl
