// SPDX-License-Identifier: GPL-2.0-or-later
//
// CHAP, the side that sends challenges (RFC 1994 section 4), with MD5 or as MS-CHAPv1 (RFC 2433) or
// MS-CHAPv2 (RFC 2759). Every challenge has another identifier and another value; what answers an
// older one is discarded.
//
// A peer that was refused and may try again gets the new challenge within MS-CHAP's Failure (C=),
// and is waited for, as a human may have to type; with MD5, which knows no second try, it simply is
// challenged again. It may answer with the identifier of the Failure or, as some do, the next.
#include <auth/engines.h>

#include <fmt/format.h>

#include <algorithm>

namespace rtun::auth {

namespace {

class ChapAuthenticator final : public Authenticator {
public:
    ChapAuthenticator(Method method, AuthenticatorOptions options, base::Random &random)
        : method_(method), options_(std::move(options)), random_(random) {
        random_.fill({&id_, 1});
    }

    void start(base::Time now) override { begin(now); }
    void receive(std::uint16_t protocol, base::View payload, base::Time now) override;
    void verdict(const Verdict &verdict, base::Time now) override;
    void resume(const std::string &user, base::Time now) override {
        user_ = user;
        stay_up(now);
    }
    void expire(base::Time now) override;
    [[nodiscard]] base::Deadline deadline() const override { return deadline_; }
    [[nodiscard]] bool is_ours(base::View challenge) const override {
        return !challenge_.empty() && std::ranges::equal(challenge, challenge_);
    }

private:
    enum class State : std::uint8_t {
        Idle,
        Challenged,  // a challenge is out
        Verifying,   // its answer is with the owner
        Retrying,    // the peer was refused and may answer the challenge of the Failure
        Up,
        Failed,
    };

    [[nodiscard]] bool microsoft() const { return method_ != Method::Chap; }
    void begin(base::Time now);
    void challenge(base::Time now);
    void new_challenge();
    void responded(wire::ChapResponse response, base::Time now);
    void verify(wire::ChapResponse response, base::Time now);
    void change_password(const wire::ChapChangePassword &packet);
    void accept(const Accepted &accepted, base::Time now);
    void refuse(const Refused &refused, base::Time now);
    void say_failure(std::uint8_t id, int code, bool retry);
    void stay_up(base::Time now);
    void fail(PeerFailed failed);
    void send(base::Bytes packet) {
        outputs_.emplace_back(Send{info(method_).protocol, std::move(packet)});
    }

    Method method_;
    AuthenticatorOptions options_;
    base::Random &random_;
    State state_ = State::Idle;
    base::Deadline deadline_;
    base::Time limit_{};     // of this round
    base::Duration left_{};  // until that, while we verify
    int challenges_ = 0;     // of this round
    int refusals_ = 0;
    Refused refused_;                  // the last one
    std::optional<std::string> user_;  // who has succeeded

    std::uint8_t id_ = 0;        // of the last challenge
    base::Bytes challenge_;      // that the next answer is about
    wire::ChapResponse answer_;  // the last one that was looked at
    base::Bytes reply_;          // what it got
};

void ChapAuthenticator::begin(base::Time now) {
    challenges_ = 0;
    limit_ = now + options_.timeout;
    challenge(now);
}

void ChapAuthenticator::new_challenge() {
    challenge_.resize(method_ == Method::MsChap1 ? 8 : 16);
    random_.fill(challenge_);
}

void ChapAuthenticator::challenge(base::Time now) {
    ++id_;
    ++challenges_;
    reply_.clear();
    new_challenge();
    state_ = State::Challenged;
    deadline_ = std::min(now + options_.retry, limit_);
    send(wire::encode(wire::ChapChallenge{id_, challenge_, options_.name}));
}

void ChapAuthenticator::receive(std::uint16_t protocol, base::View payload, base::Time now) {
    if (protocol != info(method_).protocol)
        return;
    auto packet = wire::decode_chap(payload);
    if (!packet)
        return;
    // The other codes are for one who is authenticated.
    if (auto *response = std::get_if<wire::ChapResponse>(&*packet))
        responded(std::move(*response), now);
    else if (const auto *change = std::get_if<wire::ChapChangePassword>(&*packet))
        change_password(*change);
}

void ChapAuthenticator::responded(wire::ChapResponse response, base::Time now) {
    const bool again = !reply_.empty() && response.id == answer_.id;
    switch (state_) {
    case State::Idle:
    case State::Verifying:  // the answer to this one will do
    case State::Failed:
        return;
    case State::Challenged:
        if (response.id == id_)
            verify(std::move(response), now);
        return;
    case State::Retrying:
        if (again && response.value == answer_.value && response.name == answer_.name)
            return send(reply_);  // the first copy was refused: not another try
        if (again || response.id == static_cast<std::uint8_t>(answer_.id + 1))
            verify(std::move(response), now);
        return;
    case State::Up:
        // Whatever it says now: who may ask twice may guess (RFC 1994 section 4.1).
        if (again)
            send(reply_);
        return;
    }
}

void ChapAuthenticator::verify(wire::ChapResponse response, base::Time now) {
    state_ = State::Verifying;
    deadline_.reset();
    left_ = limit_ - now;
    answer_ = std::move(response);
    if (answer_.name.size() > wire::auth_field_max)
        return refuse({691, false, "the user name is too long"}, now);
    if (user_ && answer_.name != *user_) {
        say_failure(answer_.id, 691, false);
        return fail(
            {PeerFailed::Why::Changed, shown(answer_.name), 691,
             fmt::format("challenged again, the peer is not \"{}\" any more", shown(*user_))});
    }
    Claim claim;
    claim.method = method_;
    claim.user = answer_.name;
    claim.id = answer_.id;
    claim.challenge = challenge_;
    claim.response = answer_.value;
    outputs_.emplace_back(Verify{std::move(claim)});
}

// RFC 2433 sections 9 and 10, RFC 2759 section 7. It follows a Failure with E=648, or comes out of
// the blue; both times it is all that this peer has to say.
void ChapAuthenticator::change_password(const wire::ChapChangePassword &packet) {
    const bool expected =
        state_ == State::Retrying || (state_ == State::Challenged && !user_.has_value());
    if (!microsoft() || !expected)
        return;
    constexpr int cannot_change = 709;
    say_failure(packet.id, cannot_change, false);
    const Refused refused{cannot_change, false, "the peer wants to change its password"};
    fail(peer_refused(answer_.name, refused, true));
}

void ChapAuthenticator::verdict(const Verdict &verdict, base::Time now) {
    if (state_ != State::Verifying)
        return;
    limit_ = now + left_;
    if (const auto *accepted = std::get_if<Accepted>(&verdict))
        accept(*accepted, now);
    else
        refuse(std::get<Refused>(verdict), now);
}

void ChapAuthenticator::accept(const Accepted &accepted, base::Time now) {
    reply_ = wire::encode(wire::ChapSuccess{answer_.id, accepted.message});
    send(reply_);
    const bool first = !user_.has_value();
    user_ = answer_.name;
    stay_up(now);
    if (first)
        outputs_.emplace_back(PeerSucceeded{method_, *user_, accepted.keys});
}

void ChapAuthenticator::stay_up(base::Time now) {
    state_ = State::Up;
    deadline_.reset();
    if (options_.rechallenge > base::Duration::zero())
        deadline_ = now + options_.rechallenge;
}

void ChapAuthenticator::refuse(const Refused &refused, base::Time now) {
    refused_ = refused;
    const bool retry = refused.retry && !user_ && ++refusals_ < options_.max_tries;
    new_challenge();
    say_failure(answer_.id, refused.code, retry);
    if (!retry)
        return fail(peer_refused(answer_.name, refused, microsoft()));
    if (!microsoft())
        return challenge(now);
    state_ = State::Retrying;
    deadline_ = limit_;
}

// RFC 2433 section 8, RFC 2759 section 6. The version is that of Change-Password.
void ChapAuthenticator::say_failure(std::uint8_t id, int code, bool retry) {
    const auto number = static_cast<std::uint32_t>(code);
    wire::MsChapFailure failure;
    failure.message = words_of(number);
    if (microsoft()) {
        failure.error = number;
        failure.retry = retry;
        failure.challenge = challenge_;
        failure.version = 3;
    }
    reply_ = wire::encode(wire::ChapFailure{id, wire::text(failure)});
    send(reply_);
}

void ChapAuthenticator::fail(PeerFailed failed) {
    state_ = State::Failed;
    deadline_.reset();
    outputs_.emplace_back(std::move(failed));
}

void ChapAuthenticator::expire(base::Time now) {
    if (!deadline_ || now < *deadline_)
        return;
    switch (state_) {
    case State::Idle:
    case State::Verifying:
    case State::Failed:
        deadline_.reset();
        return;
    case State::Challenged:
        if (now < limit_ && challenges_ < options_.max_challenges)
            return challenge(now);
        if (refusals_ > 0 && !user_)  // it has said enough
            return fail(peer_refused(answer_.name, refused_, microsoft()));
        return fail({PeerFailed::Why::Timeout, shown(user_.value_or("")), 0,
                     fmt::format("no answer to {} challenges", challenges_)});
    case State::Retrying:
        return fail(peer_refused(answer_.name, refused_, microsoft()));
    case State::Up:
        return begin(now);
    }
}

}  // namespace

std::unique_ptr<Authenticator> make_chap_authenticator(Method method, AuthenticatorOptions options,
                                                       base::Random &random) {
    return std::make_unique<ChapAuthenticator>(method, std::move(options), random);
}

}  // namespace rtun::auth
