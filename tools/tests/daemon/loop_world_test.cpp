// SPDX-License-Identifier: GPL-2.0-or-later
//
// The real world: TCP on the loop, names through threads.
#include <daemon/loop_world.h>

#include <base/fd.h>

#include <gmock/gmock.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <optional>
#include <string>

namespace rtun::daemon::test {

using base::ErrorCode;
using namespace std::chrono_literals;

struct Real {
    event::Loop loop = event::Loop::create().value();
    std::unique_ptr<LoopWorld> world = LoopWorld::create(loop).value();

    // Turns the loop until it holds, or ten seconds have passed.
    bool until(const std::function<bool()> &condition) {
        const base::Time end = base::Clock::now() + 10s;
        while (!condition() && base::Clock::now() < end)
            if (!loop.run_once(50ms))
                return false;
        return condition();
    }
};

struct Listener {
    base::Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::uint16_t port = 0;

    Listener() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)), 0);
        socklen_t length = sizeof(address);
        EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr *>(&address), &length), 0);
        port = ntohs(address.sin_port);
        EXPECT_EQ(::listen(fd.get(), 1), 0);
    }
    [[nodiscard]] base::Fd accept() const { return base::Fd(::accept(fd.get(), nullptr, nullptr)); }
};

const base::Ipv4 Loopback{0x7f000001};

TEST(TcpStream, CarriesOctetsBothWaysAndTellsTheEnd) {
    Real real;
    const Listener listener;
    bool connected = false, drained = false;
    std::string got;
    std::optional<base::Error> closed;
    StreamHandlers handlers;
    handlers.connected = [&] { connected = true; };
    handlers.received = [&](base::View octets) { got.append(octets.begin(), octets.end()); };
    handlers.drained = [&] { drained = true; };
    handlers.closed = [&](base::Error error) { closed = std::move(error); };
    const auto stream =
        real.world->connect({.address = Loopback, .port = listener.port}, std::move(handlers))
            .value();
    EXPECT_FALSE(connected);  // not from within
    ASSERT_TRUE(real.until([&] { return connected; }));
    EXPECT_EQ(stream->local(), Loopback);

    base::Fd server = listener.accept();
    ASSERT_TRUE(stream->send(base::as_bytes("hello")));
    EXPECT_EQ(stream->queued(), 5U);
    ASSERT_TRUE(real.until([&] { return drained; }));
    char buffer[16];
    EXPECT_EQ(::recv(server.get(), buffer, sizeof(buffer), 0), 5);
    EXPECT_EQ(::send(server.get(), "welcome", 7, 0), 7);
    ASSERT_TRUE(real.until([&] { return got == "welcome"; }));
    server.reset();
    ASSERT_TRUE(real.until([&] { return closed.has_value(); }));
    EXPECT_EQ(closed->code, ErrorCode::Closed);
}

TEST(TcpStream, SaysWhenNobodyListens) {
    Real real;
    std::uint16_t port = 0;
    {
        const Listener gone;
        port = gone.port;
    }
    std::optional<base::Error> closed;
    StreamHandlers handlers;
    handlers.closed = [&](base::Error error) { closed = std::move(error); };
    const auto stream =
        real.world->connect({.address = Loopback, .port = port}, std::move(handlers));
    ASSERT_TRUE(stream);
    ASSERT_TRUE(real.until([&] { return closed.has_value(); }));
    EXPECT_EQ(closed->code, ErrorCode::Unreachable);
    EXPECT_EQ(closed->errnum, ECONNREFUSED);
}

TEST(TcpStream, QueuesNoMoreThanItsLimit) {
    Real real;
    const Listener listener;
    const auto stream =
        real.world->connect({.address = Loopback, .port = listener.port}, {}).value();
    const base::Bytes much(Stream::MaxQueued);
    EXPECT_TRUE(stream->send(much));
    EXPECT_FALSE(stream->send(base::as_bytes("x")));
    EXPECT_EQ(stream->queued(), Stream::MaxQueued);
}

TEST(TcpStream, MayBeDestroyedByItsOwnHandler) {
    Real real;
    const Listener listener;
    std::unique_ptr<Stream> stream;
    bool called = false;
    StreamHandlers handlers;
    handlers.connected = [&] {
        stream.reset();
        called = true;
    };
    stream = real.world->connect({.address = Loopback, .port = listener.port}, std::move(handlers))
                 .value();
    ASSERT_TRUE(real.until([&] { return called; }));
    const base::Fd server = listener.accept();
    char buffer[16];
    EXPECT_EQ(::recv(server.get(), buffer, sizeof(buffer), 0), 0);
}

TEST(TcpStream, RefusesASourceAddressThatIsNotOurs) {
    Real real;
    const auto stream =
        real.world->connect({.address = Loopback, .port = 1, .source = base::Ipv4{0xc0000263}}, {});
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().code, ErrorCode::Refused);
    EXPECT_THAT(stream.error().text, testing::HasSubstr("192.0.2.99"));
}

TEST(Resolver, FindsAnAddressWithoutWaiting) {
    Real real;
    std::optional<base::Result<std::vector<base::Ipv4>>> answer;
    const auto lookup =
        real.world->resolve("localhost", [&](auto got) { answer = std::move(got); });
    EXPECT_FALSE(answer);
    ASSERT_TRUE(real.until([&] { return answer.has_value(); }));
    ASSERT_TRUE(*answer) << answer->error().text;
    EXPECT_EQ(answer->value().at(0), Loopback);
    EXPECT_EQ(answer->value().size(), 1U);  // each once
}

TEST(Resolver, NamesTheNameItDoesNotFind) {
    Real real;
    std::optional<base::Result<std::vector<base::Ipv4>>> answer;
    const auto lookup =
        real.world->resolve("no..such..name", [&](auto got) { answer = std::move(got); });
    ASSERT_TRUE(real.until([&] { return answer.has_value(); }));
    ASSERT_FALSE(*answer);
    EXPECT_EQ(answer->error().code, ErrorCode::Unreachable);
    EXPECT_THAT(answer->error().text, testing::HasSubstr("no..such..name"));
}

TEST(Resolver, ForgetsAQuestionThatIsDestroyed) {
    Real real;
    bool first = false, second = false;
    auto forgotten = real.world->resolve("localhost", [&](const auto &) { first = true; });
    const auto wanted = real.world->resolve("localhost", [&](const auto &) { second = true; });
    forgotten.reset();
    ASSERT_TRUE(real.until([&] { return second; }));
    EXPECT_FALSE(first);
}

TEST(Resolver, MayGoWhileItsThreadsAsk) {
    std::unique_ptr<Lookup> lookup;
    {
        Real real;
        lookup = real.world->resolve("localhost", [](const auto &) { FAIL(); });
    }
    lookup.reset();
}

}  // namespace rtun::daemon::test
