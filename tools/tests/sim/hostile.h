// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client that calls a server again and again, with all that the two have: the control connection
// of PPTP, and a link with authentication, encryption and networks in each call. Between them is a
// network that loses, doubles, delays, cuts and garbles frames, brings back old ones, and has
// somebody in it who sends what he makes of those he saw; the control connection is cut into
// pieces, stalls, breaks, and now and then an octet of it is another. All is decided by a seed, on
// virtual time. Whoever watches sees to it that nothing is up which must not be, that engines do a
// bounded amount of work, and that they come to an end.
#pragma once

#include <pptp/control.h>
#include <pptp/server.h>
#include <tests/fake/fake_random.h>
#include <tests/sim/links.h>
#include <wire/pptp.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rtun::fake {

struct Hostility {
    unsigned lost = 0;  // of 100 frames each
    unsigned doubled = 0;
    unsigned garbled = 0;
    unsigned cut = 0;
    unsigned stale = 0;   // an old one comes as well
    unsigned forged = 0;  // as does one of somebody else's
    base::Duration jitter{};
    unsigned broken = 0;  // of 1000 pieces of a control connection: it ends there
    unsigned altered = 0;
};

// One end of one call: a link and who owns it.
class Party {
public:
    using Send = std::function<void(const base::Bytes &)>;

    Party(const End &end, std::uint64_t seed, Send send)
        : end_(end), random_(seed), send_(std::move(send)) {}

    void open(base::Time now) {
        link_.emplace(end_.options, random_);
        act(now, [&] { link_->open(now); });
    }
    void receive(const base::Bytes &frame, base::Time now) {
        const unsigned before = sent_;
        act(now, [&] { link_->receive(frame, now); });
        EXPECT_LE(sent_ - before, 30U) << "what follows from one frame is bounded";
    }
    void expire(base::Time now) {
        act(now, [&] { link_->expire(now); });
        EXPECT_TRUE(!deadline() || *deadline() > now) << "what was due is done";
    }
    void close(base::Time now) {
        act(now, [&] { link_->close(now, "again"); });
    }
    void lower_down(base::Time now) {
        if (alive())
            act(now, [&] { link_->lower_down(now); });
    }

    [[nodiscard]] bool alive() const { return link_ && !ended_; }
    [[nodiscard]] bool ended() const { return ended_.has_value(); }
    [[nodiscard]] bool up() const { return ipv4_ || bridge_; }
    [[nodiscard]] bool has_opened() const { return opened_; }
    [[nodiscard]] base::Deadline deadline() const {
        return alive() ? link_->deadline() : base::Deadline{};
    }
    [[nodiscard]] unsigned sent() const { return sent_; }
    [[nodiscard]] const std::optional<ppp::Ipv4Up> &ipv4() const { return ipv4_; }
    [[nodiscard]] const std::optional<ppp::EncryptionUp> &encryption() const { return encryption_; }
    [[nodiscard]] std::string story() const {
        return ended_ ? ended_->text
                      : std::string(ppp::name(link_ ? link_->phase() : ppp::Phase::Dead));
    }

private:
    template <typename Do>
    void act(base::Time now, Do what) {
        if (!alive())
            return;
        what();
        for (int i = 0;; ++i) {
            ASSERT_LT(i, 50) << "an owner's answers come to an end";
            const auto outputs = link_->take_outputs();
            if (outputs.empty())
                break;
            for (const ppp::Output &output : outputs) {
                EXPECT_FALSE(ended_) << "an output after Ended";
                std::visit([&](const auto &it) { on(it, now); }, output);
            }
        }
        EXPECT_TRUE(!ended_ || !link_->deadline()) << "nothing is due after the end";
    }

    void on(const ppp::SendFrame &it, base::Time) {
        ++sent_;
        EXPECT_LE(it.frame.size(), 1502U);
        send_(it.frame);
    }
    void on(const ppp::LcpOpened &, base::Time) { opened_ = true; }
    void on(const ppp::Verify &it, base::Time now) {
        const auto known = end_.passwords.find(it.claim.user);
        auth::Verdict verdict = auth::Refused{691, true, "no such user"};
        if (known != end_.passwords.end())
            verdict = auth::check(it.claim, base::Secret(known->second));
        proved_ = proved_ || std::holds_alternative<auth::Accepted>(verdict);
        link_->verdict(verdict, now);
    }
    void on(const ppp::PeerAuthenticated &, base::Time now) {
        EXPECT_TRUE(proved_) << "nobody has proved who he is";
        known_ = true;
        link_->grant(end_.grant, now);
    }
    void on(const ppp::EncryptionUp &it, base::Time) { encryption_ = it; }
    void on(const ppp::EncryptionDown &, base::Time) { encryption_.reset(); }
    void on(const ppp::Ipv4Up &it, base::Time) {
        comes_up();
        ipv4_ = it;
    }
    void on(const ppp::Ipv4Down &, base::Time) { ipv4_.reset(); }
    void on(const ppp::Ipv6Up &, base::Time) { may_come_up(); }
    void on(const ppp::BridgeUp &it, base::Time) {
        comes_up();
        bridge_ = it;
    }
    void on(const ppp::BridgeDown &, base::Time) { bridge_.reset(); }
    void on(const ppp::Ended &it, base::Time) {
        EXPECT_FALSE(up() || encryption_) << "ended while up";
        EXPECT_FALSE(it.reason.text.empty()) << "an end has a reason";
        ended_ = it.reason;
    }
    template <typename Other>
    void on(const Other &, base::Time) {}

    void comes_up() {
        EXPECT_FALSE(up()) << "up twice";
        may_come_up();
    }
    void may_come_up() {
        EXPECT_TRUE(end_.options.require.empty() || (known_ && proved_)) << "nobody was asked";
        const bool required = end_.options.encryption == ppp::Encryption::Required ||
                              end_.grant.encryption == ppp::Encryption::Required;
        EXPECT_TRUE(encryption_ || !required) << "in clear";
    }

    End end_;
    FakeRandom random_;
    Send send_;
    std::optional<ppp::Link> link_;
    std::optional<ppp::Ipv4Up> ipv4_;
    std::optional<ppp::BridgeUp> bridge_;
    std::optional<ppp::EncryptionUp> encryption_;
    std::optional<ppp::EndReason> ended_;
    bool opened_ = false;
    bool known_ = false;
    bool proved_ = false;
    unsigned sent_ = 0;
};

class World {
public:
    World(std::uint64_t seed, const Hostility &hostility, End server, End client)
        : seed_(seed), dice_(seed), hostility_(hostility), server_(std::move(server)),
          client_(std::move(client)) {
        dial();
    }

    void run(base::Duration duration) {
        const base::Time until = now_ + duration;
        for (;;) {
            const base::Deadline next = earliest();
            if (!next || *next > until)
                break;
            ASSERT_LT(++steps_, 200000U) << "it does not come to rest";
            now_ = std::max(now_, *next);
            one_step();
            if (testing::Test::HasFailure())
                return;
        }
        now_ = until;
    }
    void heal() { hostility_ = {}; }
    // The user does: away with what there is, and once more.
    void again() {
        if (last().client.alive())
            last().client.close(now_);
        else if (!last().control_ended)
            last().control.stop(now_, "again");
        drain(last());
    }

    // Both ends of the last call, and no other of the server's, carry what the other's does.
    [[nodiscard]] bool up() { return last().client.up() && last().server.up(); }
    void expect_agreement() {
        ASSERT_TRUE(up()) << story();
        const Party &one = last().server;
        const Party &two = last().client;
        if (one.ipv4() && two.ipv4()) {
            EXPECT_EQ(one.ipv4()->remote, two.ipv4()->local);
            EXPECT_EQ(two.ipv4()->remote, one.ipv4()->local);
        }
        ASSERT_EQ(one.encryption().has_value(), two.encryption().has_value());
        if (one.encryption()) {
            expect_same(one.encryption()->send, two.encryption()->receive);
            expect_same(two.encryption()->send, one.encryption()->receive);
        }
    }
    // After a time without hostility nothing negotiates any more.
    void expect_rest() {
        for (const auto &call : calls_)
            for (const Party *party : {&call->client, &call->server})
                EXPECT_TRUE(!party->alive() || party->up()) << party->story();
    }
    [[nodiscard]] unsigned served() const {
        unsigned count = 0;
        for (const auto &call : calls_)
            count += call->server.up() ? 1 : 0;
        return count;
    }
    // What was said stands in proportion to what was heard and to the time that it took.
    void expect_bounded() const {
        std::uint64_t sent = sent_before_;
        for (const auto &call : calls_)
            sent += call->client.sent() + call->server.sent();
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now_ - base::Time{});
        EXPECT_LE(sent, 3 * heard_ + static_cast<std::uint64_t>(seconds.count()) + 100);
        EXPECT_LE(dialed_, static_cast<std::size_t>(seconds.count()) / 5 + 2);
    }
    [[nodiscard]] std::size_t calls() const { return dialed_; }
    [[nodiscard]] bool server_was_up() const { return server_was_up_; }
    std::string story() { return last().client.story() + "; " + last().server.story(); }

private:
    static constexpr base::Duration delay = std::chrono::milliseconds(10);
    static constexpr std::size_t remembered = 64;

    struct Piece {
        base::Time when;
        base::Bytes octets;  // none: the connection ends
    };
    // A connection with its one call.
    struct Call {
        Call(World &world, std::uint64_t seed, pptp::CallId client_id)
            : random(seed), control({}, client_id, random), service({}, random),
              client(world.client_, seed + 1,
                     [this, &world](const base::Bytes &frame) { world.carry(*this, true, frame); }),
              server(
                  world.server_, seed + 2,
                  [this, &world](const base::Bytes &frame) { world.carry(*this, false, frame); }),
              client_call(client_id) {}

        FakeRandom random;
        pptp::Control control;
        pptp::Server service;
        Party client;
        Party server;
        pptp::CallId client_call;
        pptp::CallId server_call{};
        std::optional<pptp::CallId> peer_of_server;  // as the service names the call
        std::optional<pptp::CallId> peer_of_client;
        std::array<std::deque<Piece>, 2> pieces;  // to the server, to the client
        bool control_ended = false;
        bool service_ended = false;
    };
    struct Frame {
        bool to_server = false;
        pptp::CallId call{};
        base::Bytes octets;
    };

    Call &last() { return *calls_.back(); }

    void dial() {
        forget();
        const auto count = static_cast<std::uint16_t>(dialed_++);
        calls_.push_back(
            std::make_unique<Call>(*this, seed_ * 1009 + 10 * count,
                                   pptp::CallId(static_cast<std::uint16_t>(0x100 + count % 2))));
        redial_.reset();
        last().control.start(now_);
        last().service.start(now_);
        drain(last());
    }

    // Calls that both ends are done with, for the next ones to be as quick.
    void forget() {
        std::erase_if(calls_, [this](const std::unique_ptr<Call> &call) {
            const bool done = call->control_ended && call->service_ended && !call->client.alive() &&
                              !call->server.alive();
            if (done)
                sent_before_ += call->client.sent() + call->server.sent();
            return done;
        });
    }

    // -- time

    [[nodiscard]] base::Deadline earliest() const {
        base::Deadline next = redial_;
        if (!frames_.empty())
            next = base::earlier(next, frames_.begin()->first);
        for (const auto &call : calls_) {
            for (const auto &pieces : call->pieces)
                if (!pieces.empty())
                    next = base::earlier(next, pieces.front().when);
            if (!call->control_ended)
                next = base::earlier(next, call->control.deadline());
            if (!call->service_ended)
                next = base::earlier(next, call->service.deadline());
            next = base::earlier(next,
                                 base::earlier(call->client.deadline(), call->server.deadline()));
        }
        return next;
    }
    [[nodiscard]] bool is_due(const base::Deadline &deadline) const {
        return deadline && *deadline <= now_;
    }

    void one_step() {
        if (!frames_.empty() && frames_.begin()->first <= now_) {
            const Frame frame = std::move(frames_.begin()->second);
            frames_.erase(frames_.begin());
            return arrive(frame);
        }
        if (is_due(redial_))
            return dial();
        // A call may be added meanwhile, but not here.
        for (std::size_t i = 0; i < calls_.size(); ++i)
            step(*calls_[i]);
    }
    void step(Call &call) {
        for (const bool to_server : {true, false}) {
            auto &pieces = call.pieces[to_server ? 0 : 1];
            if (pieces.empty() || pieces.front().when > now_)
                continue;
            const Piece piece = std::move(pieces.front());
            pieces.pop_front();
            take_piece(call, to_server, piece.octets);
        }
        if (!call.control_ended && is_due(call.control.deadline()))
            call.control.expire(now_);
        if (!call.service_ended && is_due(call.service.deadline()))
            call.service.expire(now_);
        for (Party *party : {&call.client, &call.server})
            if (is_due(party->deadline()))
                party->expire(now_);
        drain(call);
    }

    // -- the control connection

    void take_piece(Call &call, bool to_server, const base::Bytes &octets) {
        if (to_server && !call.service_ended) {
            if (octets.empty())
                call.service.connection_lost(now_, "closed");
            else
                call.service.receive(octets, now_);
        } else if (!to_server && !call.control_ended) {
            if (octets.empty())
                call.control.connection_lost(now_, "closed");
            else
                call.control.receive(octets, now_);
        }
        if (const auto state = call.service.state()) {
            EXPECT_LT(state->unread.size(), wire::pptp::message_max);
        }
        if (const auto state = call.control.state()) {
            EXPECT_LT(state->unread.size(), wire::pptp::message_max);
        }
    }
    void write(Call &call, bool to_server, base::View octets) {
        while (!octets.empty()) {
            const std::size_t size = std::min<std::size_t>(octets.size(), 1 + dice_.below(200));
            base::Bytes piece(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size));
            octets = octets.subspan(size);
            if (dice_.below(1000) < hostility_.broken) {
                put(call, true, {});
                put(call, false, {});
                return;
            }
            if (dice_.below(1000) < hostility_.altered)
                piece[dice_.below(static_cast<std::uint32_t>(size))] ^=
                    static_cast<std::uint8_t>(1U << dice_.below(8));
            put(call, to_server, std::move(piece));
        }
    }
    // In order, however late.
    void put(Call &call, bool to_server, base::Bytes octets) {
        auto &pieces = call.pieces[to_server ? 0 : 1];
        base::Time when = now_ + delay + spread();
        if (!pieces.empty())
            when = std::max(when, pieces.back().when);
        pieces.push_back({when, std::move(octets)});
    }

    void drain(Call &call) {
        for (bool busy = true; busy;) {
            busy = false;
            for (const pptp::Output &output : call.control.take_outputs()) {
                busy = true;
                EXPECT_FALSE(call.control_ended) << "an output after Ended";
                std::visit([&](const auto &it) { client_says(call, it); }, output);
            }
            for (const pptp::ServerOutput &output : call.service.take_outputs()) {
                busy = true;
                EXPECT_FALSE(call.service_ended) << "an output after Ended";
                std::visit([&](const auto &it) { server_says(call, it); }, output);
            }
            busy = follow(call) || busy;
        }
        server_was_up_ = server_was_up_ || call.server.up();
    }
    // What the end of a link means to its call, and the end of all to the client.
    bool follow(Call &call) {
        bool busy = false;
        if (call.client.ended() && call.peer_of_client) {
            call.peer_of_client.reset();
            if (!call.control_ended)
                call.control.stop(now_, "the link has ended");
            busy = true;
        }
        if (call.server.ended() && call.peer_of_server) {
            if (!call.service_ended)
                call.service.clear(*call.peer_of_server, "the link has ended", now_);
            call.peer_of_server.reset();
            busy = true;
        }
        if (&call == &last() && call.control_ended && !call.client.alive() && !redial_)
            redial_ = now_ + std::chrono::seconds(5);
        return busy;
    }

    void client_says(Call &call, const pptp::SendBytes &it) { write(call, true, it.bytes); }
    void client_says(Call &, const pptp::ControlUp &) {}
    void client_says(Call &call, const pptp::CallUp &it) {
        call.peer_of_client = it.peer;
        call.client.open(now_);
    }
    void client_says(Call &call, const pptp::Ended &it) {
        EXPECT_FALSE(it.reason.text.empty()) << "an end has a reason";
        call.control_ended = true;
        put(call, true, {});
        call.client.lower_down(now_);
    }

    void server_says(Call &call, const pptp::SendBytes &it) { write(call, false, it.bytes); }
    void server_says(Call &call, const pptp::CallRequested &it) {
        // A client of ours has one call; an octet that was another may ask for a second.
        if (call.server.alive() || call.server.ended())
            return call.service.refuse(it.peer, pptp::Server::Refusal::Busy, now_);
        // Soon the same again: what is late meets another call.
        call.server_call = pptp::CallId(static_cast<std::uint16_t>(1 + dialed_ % 3));
        call.peer_of_server = it.peer;
        call.service.accept(it.peer, call.server_call, 100000000, now_);
        call.server.open(now_);
    }
    void server_says(Call &call, const pptp::CallEnded &it) {
        if (call.peer_of_server == it.peer) {
            call.peer_of_server.reset();
            call.server.lower_down(now_);
        }
    }
    void server_says(Call &call, const pptp::Ended &it) {
        EXPECT_FALSE(it.reason.text.empty()) << "an end has a reason";
        call.service_ended = true;
        put(call, false, {});
        call.server.lower_down(now_);
    }
    template <typename Other>
    void server_says(Call &, const Other &) {}

    // -- the frames

    void carry(Call &from, bool to_server, const base::Bytes &octets) {
        // The ids that the ends of the call were told.
        const auto to = to_server ? from.peer_of_client : from.peer_of_server;
        const Frame frame{to_server, to.value_or(pptp::CallId{}), octets};
        on_the_way(frame);
        if (chance(hostility_.stale) && !seen_.empty())
            deliver(seen_[dice_.below(static_cast<std::uint32_t>(seen_.size()))]);
        if (chance(hostility_.forged))
            deliver(forged(frame));
        seen_.push_back(frame);
        if (seen_.size() > remembered)
            seen_.pop_front();
    }
    void on_the_way(const Frame &frame) {
        for (int copies = chance(hostility_.doubled) ? 2 : 1; copies > 0; --copies) {
            if (chance(hostility_.lost))
                continue;
            Frame copy = frame;
            if (chance(hostility_.garbled) && !copy.octets.empty())
                garble(copy.octets);
            if (chance(hostility_.cut))
                copy.octets.resize(dice_.below(static_cast<std::uint32_t>(copy.octets.size() + 1)));
            deliver(copy);
        }
    }
    void deliver(const Frame &frame) { frames_.emplace(now_ + delay + spread(), frame); }
    void garble(base::Bytes &octets) {
        for (unsigned i = 1 + dice_.below(3); i > 0; --i)
            octets[dice_.below(static_cast<std::uint32_t>(octets.size()))] =
                static_cast<std::uint8_t>(dice_.below(256));
    }
    // By somebody who has seen this one and does not know the password.
    Frame forged(Frame frame) {
        if (dice_.below(2) == 0)
            frame.to_server = !frame.to_server;
        frame.call = pptp::CallId(static_cast<std::uint16_t>(
            frame.to_server ? 1 + dice_.below(3) : 0x100 + dice_.below(2)));
        if (frame.octets.size() > 3) {
            frame.octets[2] = static_cast<std::uint8_t>(1 + dice_.below(15));
            if (dice_.below(2) == 0)
                frame.octets[3] = static_cast<std::uint8_t>(dice_.below(256));
            static constexpr std::array<std::uint8_t, 4> networks{0x21, 0x31, 0x57, 0xfd};
            if (frame.octets[0] == 0x80 && dice_.below(4) == 0)
                frame.octets[1] = networks[dice_.below(4)];
        }
        if (dice_.below(4) == 0)
            garble(frame.octets);
        return frame;
    }
    void arrive(const Frame &frame) {
        // The last call that has this id: ids of ended calls are given out again.
        for (auto call = calls_.rbegin(); call != calls_.rend(); ++call) {
            Party &party = frame.to_server ? (*call)->server : (*call)->client;
            const pptp::CallId id = frame.to_server ? (*call)->server_call : (*call)->client_call;
            if (id != frame.call || !party.alive())
                continue;
            ++heard_;
            party.receive(frame.octets, now_);
            return drain(**call);
        }
    }

    bool chance(unsigned percent) { return dice_.below(100) < percent; }
    base::Duration spread() {
        const auto most = hostility_.jitter.count();
        return base::Duration(most / 1000 * static_cast<base::Duration::rep>(dice_.below(1000)));
    }
    using Direction = std::optional<ppp::EncryptionUp::Direction>;
    static void expect_same(const Direction &send, const Direction &receive) {
        ASSERT_EQ(send.has_value(), receive.has_value());
        if (send) {
            EXPECT_TRUE(send->start_key.same_as(receive->start_key.reveal())) << "different keys";
        }
    }

    std::uint64_t seed_;
    FakeRandom dice_;
    Hostility hostility_;
    End server_;
    End client_;
    base::Time now_{};
    base::Deadline redial_;
    std::vector<std::unique_ptr<Call>> calls_;
    std::multimap<base::Time, Frame> frames_;
    std::deque<Frame> seen_;
    std::size_t dialed_ = 0;
    std::uint64_t sent_before_ = 0;  // in calls that are forgotten
    std::uint64_t heard_ = 0;
    unsigned steps_ = 0;
    bool server_was_up_ = false;
};

}  // namespace rtun::fake
