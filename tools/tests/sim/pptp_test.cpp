// SPDX-License-Identifier: GPL-2.0-or-later
//
// Our client's control connection against our server's, on virtual time, over a TCP that cuts the
// stream as it likes; and either end replaced at any moment by another program that goes on with
// it.
#include <pptp/control_state.h>
#include <tests/fake/fake_random.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rtun::pptp {
namespace {

using namespace std::chrono_literals;

constexpr CallId client_call{0x1111};
constexpr CallId server_call{0x2222};

ControlOptions client_options() {
    ControlOptions options;
    options.host_name = "laptop";
    options.receive_window = 21;
    return options;
}
ServerOptions server_options() {
    ServerOptions options;
    options.host_name = "vpn";
    options.receive_window = 42;
    return options;
}

// Both ends and what is under way between them.
class Pair {
public:
    explicit Pair(std::uint64_t seed)
        : random_(seed), client_(std::make_unique<Control>(client_options(), client_call, random_)),
          server_(std::make_unique<Server>(server_options(), random_)) {
        client_->start(now);
        server_->start(now);
        drain();
    }

    // So many octets of a direction arrive, at most.
    void carry(bool to_server, std::size_t most) {
        base::Bytes &queue = to_server ? to_server_ : to_client_;
        const std::size_t size = std::min(most, queue.size());
        const base::Bytes octets(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(size));
        queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(size));
        if (to_server)
            server_->receive(octets, now);
        else
            client_->receive(octets, now);
        drain();
    }
    [[nodiscard]] std::size_t under_way(bool to_server) const {
        return (to_server ? to_server_ : to_client_).size();
    }
    [[nodiscard]] bool quiet() const { return to_server_.empty() && to_client_.empty(); }
    void carry_all() {
        while (!quiet()) {
            carry(true, 100000);
            carry(false, 100000);
        }
    }

    void pass(base::Duration step) {
        now += step;
        if (client_->deadline() && *client_->deadline() <= now)
            client_->expire(now);
        if (server_->deadline() && *server_->deadline() <= now)
            server_->expire(now);
        drain();
    }
    void stop_client() {
        client_->stop(now, "by user");
        drain();
    }
    void stop_server() {
        server_->stop(now, "shutdown");
        drain();
    }

    // Another program in the place of one. False: there is nothing to go on with now.
    bool replace_client() {
        const auto state = client_->state();
        if (!state)
            return false;
        const auto text = decode_control_state(encode(*state).value());
        client_ = std::make_unique<Control>(client_options(), CallId{0}, random_);
        client_->resume(text.value(), now);
        EXPECT_TRUE(client_->take_outputs().empty());
        return true;
    }
    bool replace_server() {
        const auto state = server_->state();
        if (!state || asked_)
            return false;
        const auto text = decode_server_state(encode(*state).value());
        server_ = std::make_unique<Server>(server_options(), random_);
        server_->resume(text.value(), now);
        EXPECT_TRUE(server_->take_outputs().empty());
        return true;
    }

    // The owner of the server answers.
    void answer() {
        if (const auto call = std::exchange(asked_, std::nullopt))
            server_->accept(*call, server_call, 100000000, now);
        drain();
    }

    base::Time now{1000s};
    bool slow_owner = false;  // answer() has to be called
    std::optional<CallUp> client_up;
    std::optional<ControlUp> control_up;
    std::optional<PeerUp> peer_up;
    int link_infos = 0;
    std::optional<EndReason> call_ended;
    std::optional<EndReason> client_ended;
    std::optional<EndReason> server_ended;
    std::uint64_t unexpected() const {
        return client_->counters().unexpected + server_->counters().unexpected;
    }

private:
    void drain() {
        for (bool busy = true; busy;) {
            busy = false;
            for (const Output &output : client_->take_outputs()) {
                busy = true;
                EXPECT_FALSE(client_ended) << "an output after Ended";
                std::visit([this](const auto &o) { client_says(o); }, output);
            }
            for (const ServerOutput &output : server_->take_outputs()) {
                busy = true;
                EXPECT_FALSE(server_ended) << "an output after Ended";
                std::visit([this](const auto &o) { server_says(o); }, output);
            }
        }
    }
    static void append(base::Bytes &queue, const base::Bytes &octets) {
        queue.insert(queue.end(), octets.begin(), octets.end());
    }
    void client_says(const SendBytes &o) { append(to_server_, o.bytes); }
    void client_says(const ControlUp &o) { control_up = o; }
    void client_says(const CallUp &o) {
        EXPECT_FALSE(client_up) << "up twice";
        client_up = o;
        client_->set_link_info(0xffffffff, 0xffffffff);
    }
    void client_says(const Ended &o) { client_ended = o.reason; }

    void server_says(const SendBytes &o) { append(to_client_, o.bytes); }
    void server_says(const PeerUp &o) { peer_up = o; }
    void server_says(const CallRequested &o) {
        EXPECT_EQ(o.peer, client_call);
        EXPECT_EQ(o.peer_window, 21);
        asked_ = o.peer;
        if (!slow_owner)
            answer_now();
    }
    void server_says(const LinkInfo &o) {
        EXPECT_EQ(o.peer, client_call);
        link_infos++;
    }
    void server_says(const CallEnded &o) {
        EXPECT_EQ(o.peer, client_call);
        EXPECT_FALSE(call_ended) << "the call ended twice";
        call_ended = o.reason;
        asked_.reset();
    }
    void server_says(const Ended &o) { server_ended = o.reason; }
    void answer_now() {
        server_->accept(*std::exchange(asked_, std::nullopt), server_call, 100000000, now);
    }

    fake::FakeRandom random_;
    std::unique_ptr<Control> client_;
    std::unique_ptr<Server> server_;
    base::Bytes to_server_;
    base::Bytes to_client_;
    std::optional<CallId> asked_;
};

void expect_call(const Pair &pair) {
    ASSERT_TRUE(pair.client_up);
    EXPECT_EQ(pair.client_up->local, client_call);
    EXPECT_EQ(pair.client_up->peer, server_call);
    EXPECT_EQ(pair.client_up->peer_window, 42);
    EXPECT_EQ(pair.client_up->connect_speed, 100000000U);
    EXPECT_EQ(pair.control_up->host_name, "vpn");
    EXPECT_EQ(pair.peer_up->host_name, "laptop");
    EXPECT_EQ(pair.link_infos, 1);
    EXPECT_EQ(pair.unexpected(), 0U);
}

TEST(PptpPair, a_call_comes_up_and_the_client_ends_it_in_order) {
    Pair pair(1);
    pair.carry_all();
    expect_call(pair);
    pair.stop_client();
    pair.carry_all();
    ASSERT_TRUE(pair.client_ended && pair.server_ended && pair.call_ended);
    EXPECT_EQ(pair.client_ended->kind, EndReason::Kind::Requested);
    EXPECT_EQ(pair.call_ended->kind, EndReason::Kind::CallCleared);
    EXPECT_EQ(pair.server_ended->kind, EndReason::Kind::Stopped);
    EXPECT_EQ(pair.unexpected(), 0U);
}

TEST(PptpPair, the_server_ends_it_in_order_and_the_client_knows_why) {
    Pair pair(1);
    pair.carry_all();
    pair.stop_server();
    pair.carry_all();
    ASSERT_TRUE(pair.client_ended && pair.server_ended);
    EXPECT_EQ(pair.client_ended->kind, EndReason::Kind::CallCleared);
    EXPECT_EQ(pair.client_ended->result, 3);
    EXPECT_EQ(pair.server_ended->kind, EndReason::Kind::Requested);
}

TEST(PptpPair, the_stream_may_be_cut_at_every_place) {
    // Every place of what the client says, and of what the server does.
    for (const bool to_server : {true, false}) {
        for (std::size_t cut = 0; cut < 400; ++cut) {
            Pair pair(cut);
            std::size_t left = cut;
            // What comes before the cut, message by message or however it is there; then the rest.
            for (int round = 0; round < 20 && left > 0; ++round) {
                const std::size_t now = std::min(left, pair.under_way(to_server));
                pair.carry(to_server, now);
                left -= now;
                if (left > 0)
                    pair.carry(!to_server, 100000);
            }
            pair.carry_all();
            expect_call(pair);
        }
    }
    Pair octets(1);
    while (!octets.quiet()) {
        octets.carry(true, 1);
        octets.carry(false, 1);
    }
    expect_call(octets);
}

TEST(PptpPair, both_stay_up_for_a_day_of_silence_but_for_echoes) {
    Pair pair(1);
    pair.carry_all();
    for (int i = 0; i < 24 * 60; ++i) {
        pair.pass(60s);
        pair.carry_all();
    }
    EXPECT_FALSE(pair.client_ended);
    EXPECT_FALSE(pair.server_ended);
    EXPECT_EQ(pair.unexpected(), 0U);
}

TEST(PptpPair, a_client_that_stops_while_the_owner_thinks_gets_no_call) {
    Pair pair(1);
    pair.slow_owner = true;
    pair.carry_all();
    EXPECT_FALSE(pair.client_up);
    pair.stop_client();
    pair.carry_all();
    pair.answer();
    pair.carry_all();
    ASSERT_TRUE(pair.client_ended && pair.server_ended);
    EXPECT_EQ(pair.call_ended->kind, EndReason::Kind::CallCleared);
    EXPECT_EQ(pair.unexpected(), 0U);
}

// Either program is replaced again and again while octets are on their way, echoes are due and
// everything is cut: the call stays up, and both end in order when they are told to.
TEST(PptpPair, the_call_outlives_both_programs_wherever_they_are_replaced) {
    int replaced = 0;
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        fake::FakeRandom random(seed * 7919);
        Pair pair(seed);
        const auto shuffle = [&](int steps, base::Duration while_passing) {
            for (int i = 0; i < steps; ++i) {
                pair.carry(random.below(2) == 0, 1 + random.below(40));
                if (random.below(8) == 0 && pair.replace_client())
                    replaced++;
                if (random.below(8) == 0 && pair.replace_server())
                    replaced++;
                if (random.below(20) == 0)
                    pair.pass(while_passing);
            }
        };
        shuffle(60, 100ms);
        pair.carry_all();
        ASSERT_TRUE(pair.client_up) << "seed " << seed;
        shuffle(60, 20s);
        pair.carry_all();
        ASSERT_FALSE(pair.client_ended) << pair.client_ended->text << ", seed " << seed;
        ASSERT_FALSE(pair.server_ended) << pair.server_ended->text << ", seed " << seed;
        ASSERT_EQ(pair.link_infos, 1);
        if (random.below(2) == 0)
            pair.stop_client();
        else
            pair.stop_server();
        pair.carry_all();
        ASSERT_TRUE(pair.client_ended && pair.server_ended && pair.call_ended) << "seed " << seed;
    }
    EXPECT_GT(replaced, 1000);
}

}  // namespace
}  // namespace rtun::pptp
