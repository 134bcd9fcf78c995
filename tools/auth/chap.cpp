// SPDX-License-Identifier: GPL-2.0-or-later
//
// CHAP, the challenged side (RFC 1994 section 4), for every algorithm: answers challenges as long
// as the link lives and takes the verdict on its last answer, whose identifier it repeats. Until
// the first verdict the answer is given again and again: the verdict may have been lost, and will
// be repeated for a repeated answer only (section 4.1).
#include <auth/engines.h>

#include <fmt/format.h>

#include <algorithm>

namespace rtun::auth {

namespace {

class ChapPeer final : public Peer {
public:
    ChapPeer(Credentials credentials, PeerOptions options, std::unique_ptr<ChapAlgorithm> algorithm)
        : credentials_(std::move(credentials)), options_(options),
          algorithm_(std::move(algorithm)) {}

    void start(base::Time now) override;
    void resume(base::Time) override {
        state_ = State::Up;
        inherited_ = true;
    }
    void receive(std::uint16_t protocol, base::View payload, base::Time now) override;
    void expire(base::Time now) override;
    [[nodiscard]] base::Deadline deadline() const override { return deadline_; }

private:
    enum class State : std::uint8_t {
        Idle,
        Waiting,    // for the first challenge
        Responded,  // and waiting for the first verdict
        Up,         // authenticated; challenges may still come
        Failed,
    };

    void challenged(const wire::ChapChallenge &challenge, base::Time now);
    template <typename Verdict>
    void judged(const Verdict &verdict);

    Credentials credentials_;
    PeerOptions options_;
    std::unique_ptr<ChapAlgorithm> algorithm_;
    State state_ = State::Idle;
    base::Deadline deadline_;
    base::Time limit_{};             // of the phase
    bool open_ = false;              // the last response has had no verdict
    bool inherited_ = false;         // another program may have answered that challenge before us
    wire::ChapChallenge challenge_;  // the last one that was answered
    base::Bytes response_;           // and the answer
};

void ChapPeer::start(base::Time now) {
    // Any method will do: PAP alone limits passwords.
    if (auto why = unusable(credentials_, Method::Chap)) {
        state_ = State::Failed;
        outputs_.push_back(std::move(*why));
        return;
    }
    state_ = State::Waiting;
    open_ = false;
    limit_ = now + options_.timeout;
    deadline_ = limit_;
}

void ChapPeer::receive(std::uint16_t protocol, base::View payload, base::Time now) {
    if (protocol != info(Method::Chap).protocol || state_ == State::Idle || state_ == State::Failed)
        return;
    const auto packet = wire::decode_chap(payload);
    if (!packet)
        return;
    if (const auto *challenge = std::get_if<wire::ChapChallenge>(&*packet))
        challenged(*challenge, now);
    else if (const auto *success = std::get_if<wire::ChapSuccess>(&*packet))
        judged(*success);
    else if (const auto *failure = std::get_if<wire::ChapFailure>(&*packet))
        judged(*failure);
    // A Response is for an authenticator, which we are not.
}

void ChapPeer::challenged(const wire::ChapChallenge &challenge, base::Time now) {
    // A challenge sent again gets the same answer again: the verdict on the first answer, which may
    // be on its way, has to hold for the second one too (MS-CHAPv2 draws a number for each).
    const bool repeated =
        !response_.empty() && challenge.id == challenge_.id && challenge.value == challenge_.value;
    if (!repeated) {
        auto value = algorithm_->respond(challenge, credentials_);
        if (!value)
            return;
        inherited_ = inherited_ && response_.empty();
        challenge_ = challenge;
        response_ =
            wire::encode(wire::ChapResponse{challenge.id, std::move(*value), credentials_.user});
    }
    outputs_.push_back(Send{info(Method::Chap).protocol, response_});
    open_ = true;
    if (state_ == State::Waiting) {
        // Later challenges do not prolong this, so that the phase ends.
        state_ = State::Responded;
        limit_ = now + options_.timeout;
    }
    if (state_ == State::Responded)
        deadline_ = std::min(now + options_.retry, limit_);
}

template <typename Verdict>
void ChapPeer::judged(const Verdict &verdict) {
    // Without a response there is nothing to judge: a Success out of the blue must not count.
    if (!open_ || verdict.id != challenge_.id)
        return;
    Output output = algorithm_->judge(verdict);
    const auto *failed = std::get_if<Failed>(&output);
    if (inherited_ && failed != nullptr && failed->why == Failed::Why::BadAuthenticator)
        return;  // a proof for the other answer, whose number is lost
    open_ = false;
    deadline_.reset();
    if (!std::holds_alternative<Succeeded>(output)) {
        state_ = State::Failed;
        outputs_.push_back(std::move(output));
    } else if (state_ != State::Up) {
        state_ = State::Up;
        outputs_.push_back(std::move(output));
    }
}

void ChapPeer::expire(base::Time now) {
    if (!deadline_ || now < *deadline_)
        return;
    if (state_ == State::Responded && now < limit_) {
        outputs_.push_back(Send{info(Method::Chap).protocol, response_});
        deadline_ = std::min(now + options_.retry, limit_);
        return;
    }
    deadline_.reset();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.timeout).count();
    const std::string_view missing =
        state_ == State::Waiting ? "usable challenge" : "verdict on our response";
    outputs_.push_back(
        Failed{Failed::Why::Timeout, 0, fmt::format("no {} within {} s", missing, seconds)});
    state_ = State::Failed;
}

}  // namespace

std::unique_ptr<Peer> make_chap(Credentials credentials, PeerOptions options,
                                std::unique_ptr<ChapAlgorithm> algorithm) {
    return std::make_unique<ChapPeer>(std::move(credentials), options, std::move(algorithm));
}

}  // namespace rtun::auth
