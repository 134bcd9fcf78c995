// SPDX-License-Identifier: GPL-2.0-or-later
//
// daemon::Dressing for tests of what uses it: a line for each call, who wears what, and problems
// made to order. A session that is put on twice, or taken off without having been put on, is a
// mistake of the caller's, which shows in mistakes().
#pragma once

#include <daemon/dressing.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace rtun::fake {

class FakeDressing final : public daemon::Dressing {
public:
    // What the next put_on() or change() is to complain of, once.
    std::vector<std::string> problems;

    // "put_on jack pptp-in1 10.0.0.2", "change ...", "resume ...", "take_off ... CAUSE".
    [[nodiscard]] const std::vector<std::string> &calls() const { return calls_; }
    // By interface, who is dressed now.
    [[nodiscard]] const std::map<std::string, std::pair<daemon::Dressed, aaa::Terms>> &
    dressed() const {
        return dressed_;
    }
    [[nodiscard]] const std::vector<std::string> &mistakes() const { return mistakes_; }

    std::vector<std::string> put_on(const daemon::Dressed &session,
                                    const aaa::Terms &terms) override {
        note("put_on", session);
        begin(session, terms);
        return std::exchange(problems, {});
    }
    std::vector<std::string> change(const daemon::Dressed &session, const aaa::Terms &from,
                                    const aaa::Terms &to) override {
        note("change", session);
        const auto found = dressed_.find(session.interface);
        if (found == dressed_.end() || !(found->second.second == from))
            mistakes_.push_back("change of what is not worn: " + session.interface);
        dressed_[session.interface] = {session, to};
        return std::exchange(problems, {});
    }
    void resume(const daemon::Dressed &session, const aaa::Terms &terms) override {
        note("resume", session);
        begin(session, terms);
    }
    void take_off(const daemon::Dressed &session, const aaa::Terms &terms,
                  const std::string &cause) override {
        note("take_off", session);
        calls_.back() += " " + cause;
        const auto found = dressed_.find(session.interface);
        if (found == dressed_.end() || !(found->second.second == terms))
            mistakes_.push_back("take_off of what is not worn: " + session.interface);
        dressed_.erase(session.interface);
    }

private:
    void note(const std::string &verb, const daemon::Dressed &session) {
        calls_.push_back(verb + " " + session.user + " " + session.interface + " " +
                         session.remote.text());
    }
    void begin(const daemon::Dressed &session, const aaa::Terms &terms) {
        if (!dressed_.emplace(session.interface, std::pair(session, terms)).second)
            mistakes_.push_back("dressed twice: " + session.interface);
    }

    std::vector<std::string> calls_;
    std::map<std::string, std::pair<daemon::Dressed, aaa::Terms>> dressed_;
    std::vector<std::string> mistakes_;
};

}  // namespace rtun::fake
