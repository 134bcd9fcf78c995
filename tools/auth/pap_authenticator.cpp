// SPDX-License-Identifier: GPL-2.0-or-later
//
// PAP, the side that is asked (RFC 1334 section 2): waits for an Authenticate-Request and answers
// it. The peer repeats its request until it is answered, each time with another identifier, so an
// answer goes to the newest one; and while the link is up, a request is answered as the first was.
#include <auth/engines.h>

#include <fmt/format.h>

namespace rtun::auth {

namespace {

class PapAuthenticator final : public Authenticator {
public:
    explicit PapAuthenticator(AuthenticatorOptions options) : options_(std::move(options)) {}

    void start(base::Time now) override;
    void receive(std::uint16_t protocol, base::View payload, base::Time now) override;
    void verdict(const Verdict &verdict, base::Time now) override;
    void resume(const std::string &user, base::Time) override {
        user_ = user;
        state_ = State::Up;
    }
    void expire(base::Time now) override;
    [[nodiscard]] base::Deadline deadline() const override { return deadline_; }
    [[nodiscard]] bool is_ours(base::View) const override { return false; }

private:
    enum class State : std::uint8_t { Idle, Waiting, Verifying, Up, Failed };

    void requested(wire::PapRequest &request, base::Time now);
    void accept(const Accepted &accepted);
    void refuse(const Refused &refused, base::Time now);
    void send(const wire::PapPacket &packet) {
        outputs_.emplace_back(Send{info(Method::Pap).protocol, wire::encode(packet)});
    }
    void nak() { send(wire::PapNak{id_, std::string(words_of(refused_.value_or(0)))}); }

    AuthenticatorOptions options_;
    State state_ = State::Idle;
    base::Deadline deadline_;
    base::Time limit_{};     // the peer has to have said it by then
    base::Duration left_{};  // until that, while we verify

    std::uint8_t id_ = 0;  // of the newest request
    std::string user_;
    base::Secret password_;                 // of the last request, to know it again
    std::optional<std::uint32_t> refused_;  // the code it got, if it was refused
    int tries_ = 0;
};

void PapAuthenticator::start(base::Time now) {
    state_ = State::Waiting;
    limit_ = now + options_.timeout;
    deadline_ = limit_;
}

void PapAuthenticator::receive(std::uint16_t protocol, base::View payload, base::Time now) {
    if (protocol != info(Method::Pap).protocol)
        return;
    auto packet = wire::decode_pap(payload);
    if (!packet)
        return;
    // Ack and Nak are for one who is authenticated.
    if (auto *request = std::get_if<wire::PapRequest>(&*packet))
        requested(*request, now);
}

void PapAuthenticator::requested(wire::PapRequest &request, base::Time now) {
    const bool same = request.user == user_ && password_.same_as(request.password.reveal());
    switch (state_) {
    case State::Idle:
    case State::Failed:
        return;
    case State::Up:
        return send(wire::PapAck{request.id, ""});
    case State::Verifying:
        // Another name or password has to wait for its turn: the peer will say it again.
        if (same)
            id_ = request.id;
        return;
    case State::Waiting:
        break;
    }
    id_ = request.id;
    if (same && refused_)
        return nak();  // sent before the peer had our answer
    refused_.reset();
    user_ = std::move(request.user);
    password_ = std::move(request.password);
    state_ = State::Verifying;
    deadline_.reset();
    left_ = limit_ - now;
    Claim claim;
    claim.method = Method::Pap;
    claim.user = user_;
    claim.password = password_;
    claim.id = id_;
    outputs_.emplace_back(Verify{std::move(claim)});
}

void PapAuthenticator::verdict(const Verdict &verdict, base::Time now) {
    if (state_ != State::Verifying)
        return;
    if (const auto *accepted = std::get_if<Accepted>(&verdict))
        accept(*accepted);
    else
        refuse(std::get<Refused>(verdict), now);
}

void PapAuthenticator::accept(const Accepted &accepted) {
    state_ = State::Up;
    password_ = {};
    send(wire::PapAck{id_, accepted.message.substr(0, wire::auth_field_max)});
    outputs_.emplace_back(PeerSucceeded{Method::Pap, user_, accepted.keys});
}

void PapAuthenticator::refuse(const Refused &refused, base::Time now) {
    refused_ = static_cast<std::uint32_t>(refused.code);
    nak();
    if (refused.retry && ++tries_ < options_.max_tries) {
        state_ = State::Waiting;
        limit_ = now + left_;
        deadline_ = limit_;
        return;
    }
    state_ = State::Failed;
    outputs_.emplace_back(peer_refused(user_, refused, false));
}

void PapAuthenticator::expire(base::Time now) {
    if (!deadline_ || now < *deadline_)
        return;
    deadline_.reset();
    state_ = State::Failed;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.timeout).count();
    if (refused_)
        outputs_.emplace_back(peer_refused(user_, {static_cast<int>(*refused_), false, ""}, false));
    else
        outputs_.emplace_back(
            PeerFailed{PeerFailed::Why::Timeout, "", 0,
                       fmt::format("no authentication request within {} s", seconds)});
}

}  // namespace

std::unique_ptr<Authenticator> make_pap_authenticator(AuthenticatorOptions options) {
    return std::make_unique<PapAuthenticator>(std::move(options));
}

}  // namespace rtun::auth
