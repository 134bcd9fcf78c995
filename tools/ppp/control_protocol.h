// SPDX-License-Identifier: GPL-2.0-or-later
//
// What LCP and every NCP have in common: the automaton of RFC 1661 section 4 with its Restart timer
// and counters, and the packets with codes 1 to 7 of section 5 with their identifier rules. A
// protocol derives from ControlProtocol and says only which options it wants, what it thinks of the
// peer's, and what else it speaks.
//
// Negotiation always ends. Besides the RFC's Max-Configure, Max-Terminate and Max-Failure there are
// two bounds that section 4.5 asks for: how often the peer may answer our requests, and how often
// we refuse the peer's, without agreement. Beyond either the protocol says Failed.
#pragma once

#include <base/bytes.h>
#include <base/time.h>
#include <ppp/automaton.h>
#include <ppp/link.h>
#include <wire/ppp.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rtun::ppp {

// RFC 1661 section 4.6. The Restart timer starts at a quarter of restart, but not below half a
// second, and doubles up to restart ("MAY begin at an initial small value").
struct Limits {
    base::Duration restart = std::chrono::seconds(3);
    int max_configure = 10;
    int max_terminate = 2;
    int max_failure = 5;
};

class ControlProtocol {
public:
    // What happened, for the link to act on, in this order.
    struct Send {
        base::Bytes information;  // of a frame with this protocol's number
    };
    struct LayerUp {};            // tlu
    struct LayerDown {};          // tld
    struct LayerFinished {        // tlf
        bool unanswered = false;  // because nobody answered our Configure-Requests
    };
    struct PeerTerminated {
        State in = State::Opened;  // the state in which the Terminate-Request came
        std::string text;          // what it carried, if that is printable
    };
    // There is no way on; the link has to close. May come more than once.
    struct Failed {
        EndReason reason;
    };
    struct PeerRejects {  // LCP only: a Protocol-Reject
        wire::PppProtocol protocol{};
    };
    struct EchoRefused {};  // LCP only: a Code-Reject of Echo-Request
    using Output = std::variant<Send, LayerUp, LayerDown, LayerFinished, PeerTerminated, Failed,
                                PeerRejects, EchoRefused>;

    struct Counters {
        std::uint64_t malformed = 0;
        std::uint64_t unexpected = 0;
        std::uint64_t rejected = 0;  // Code-, Protocol- and Configure-Rejects sent
        std::uint64_t illegal = 0;   // events that the table calls impossible
    };

    virtual ~ControlProtocol() = default;
    ControlProtocol(const ControlProtocol &) = delete;
    ControlProtocol &operator=(const ControlProtocol &) = delete;

    void up(base::Time now);
    void down(base::Time now);
    void open(base::Time now);
    void close(base::Time now, std::string_view why);  // why: told to the peer
    void receive(base::View information, base::Time now);
    void expire(base::Time now);
    [[nodiscard]] base::Deadline deadline() const { return timer_; }
    [[nodiscard]] std::vector<Output> take_outputs() { return std::exchange(outputs_, {}); }

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] const Counters &counters() const { return counters_; }

protected:
    // What a protocol thinks of one option of the peer's Configure-Request.
    struct Verdict {
        enum class Kind : std::uint8_t { Ack, Nak, Reject } kind = Kind::Ack;
        wire::CpOption better;  // Nak: what would do

        [[nodiscard]] static Verdict ack() { return {}; }
        [[nodiscard]] static Verdict nak(wire::CpOption better) {
            return {Kind::Nak, std::move(better)};
        }
        [[nodiscard]] static Verdict reject() { return {Kind::Reject, {}}; }
    };

    ControlProtocol(std::string_view name, const Limits &limits) : name_(name), limits_(limits) {}

    // A negotiation begins from the start: forget what the last one led to.
    virtual void reset() = 0;
    // Our Configure-Request as we want it now.
    [[nodiscard]] virtual wire::CpOptions request() = 0;
    // Whether the protocol knows this option; a known one may stand in a request only once,
    [[nodiscard]] virtual bool knows(std::uint8_t type) const = 0;
    // unless it is said of it that each of them means something of its own.
    [[nodiscard]] virtual bool repeats(std::uint8_t type) const;
    [[nodiscard]] virtual Verdict judge(const wire::CpOption &option) = 0;
    // Options that the peer's request lacks and that we want to see: appended to a Configure-Nak,
    // while Max-Failure permits.
    [[nodiscard]] virtual wire::CpOptions missing(const wire::CpOptions &request);
    // The peer's request has been acknowledged as a whole.
    virtual void agreed_to(const wire::CpOptions &request) = 0;
    // The peer has acknowledged ours. False: what it agreed to is not unambiguous yet, so this
    // counts as a refusal and request() has something else to ask for.
    [[nodiscard]] virtual bool settled() { return true; }
    // Ours was refused. Only options that we know; what we cannot follow we ignore and ask again.
    virtual void on_nak(const wire::CpOption &option) = 0;
    virtual void on_reject(const wire::CpOption &option) = 0;
    // What stands in our request and was refused, for the text of Failed: "address 192.0.2.1".
    [[nodiscard]] virtual std::string wishes() const = 0;

    // Codes from 8 on; false: unknown.
    virtual bool receive_extra(const wire::CpPacket &packet, base::Time now);
    // The peer does not know a code that only this protocol uses.
    virtual void on_code_rejected(wire::CpCode code);
    virtual void send_echo_reply(const wire::CpPacket &request);

    // In this state, with what was agreed there, since before this program began. Nothing is said.
    void resume(State state);
    void set_limits(const Limits &limits);

    void happen(Event event, base::Time now, const wire::CpPacket *packet = nullptr);
    void send(wire::CpCode code, std::uint8_t id, base::View data);
    template <typename T>
    void emit(T output) {
        outputs_.emplace_back(std::in_place_type<T>, std::move(output));
    }
    void fail(EndReason::Kind kind, std::string text);
    [[nodiscard]] std::uint8_t next_id() { return next_id_++; }
    [[nodiscard]] const Limits &limits() const { return limits_; }
    // Section 4.6, Max-Failure: false, the peer has had its Naks.
    [[nodiscard]] bool patient() const { return naks_ < limits_.max_failure; }

    Counters counters_;
    std::uint16_t peer_mru_ = 1500;  // longest information field to send

private:
    void configure_request(const wire::CpPacket &packet, base::Time now);
    void configure_answer(const wire::CpPacket &packet, base::Time now);
    void code_reject(const wire::CpPacket &packet, base::Time now);
    [[nodiscard]] bool follow(const wire::CpPacket &packet);
    [[nodiscard]] bool review(std::uint8_t id, wire::CpOptions request);

    void perform(Action action, Event event, State before, base::Time now,
                 const wire::CpPacket *packet);
    void send_configure_request(Event event, State before, base::Time now);
    void send_terminate_request(Event event, base::Time now);
    void start_timer(base::Time now);
    void initialize_restart(int count);

    std::string_view name_;
    Limits limits_;
    State state_ = State::Initial;
    std::vector<Output> outputs_;

    base::Deadline timer_;
    base::Duration period_{};  // the next one of the Restart timer
    int restarts_ = 0;         // the Restart counter
    std::uint8_t next_id_ = 1;

    // Our last Configure-Request. Answered: a valid reply was there, so that a second one with the
    // same identifier is none.
    wire::CpOptions request_;
    std::uint8_t request_id_ = 0;
    bool answered_ = true;
    int answers_ = 0;  // Acks, Naks and Rejects since the negotiation began

    // The reply to the peer's last Configure-Request, made before sca or scn sends it.
    struct Reply {
        wire::CpCode code{};
        std::uint8_t id = 0;
        wire::CpOptions options;
    };
    Reply reply_;
    int naks_ = 0;     // Naks sent since the last Ack
    int refused_ = 0;  // Naks and Rejects sent since then

    std::uint8_t terminate_id_ = 0;
    std::string terminate_text_;
};

}  // namespace rtun::ppp
