#include "store/dynamodb/running_logs.hpp"

#include <algorithm>

namespace kaiwa::store::dynamodb {
namespace {

// Far beyond what a runner tries for: its end was never told.
constexpr std::chrono::minutes given_up{10};

}  // namespace

RunningLogs::Known& RunningLogs::touch(GenerationId id) {
    auto const now = std::chrono::steady_clock::now();
    if (now - tidied_ > given_up) {
        std::erase_if(known_, [&](auto const& each) { return now - each.second.touched > given_up; });
        tidied_ = now;
    }
    auto& known = known_[id];
    known.touched = now;
    return known;
}

std::string RunningLogs::name_of(GenerationId id, chat::LogSegment const& segment,
                                 Random& random) const {
    {
        std::scoped_lock const lock(mutex_);
        auto const found = known_.find(id);
        if (found != known_.end() && !found->second.unsettled.empty()) {
            auto const& last = found->second.unsettled.back();
            if (last.first == segment.first && last.last == segment.last &&
                last.frames == segment.frames.size())
                return last.write;
        }
    }
    return random.token(9);
}

void RunningLogs::note(GenerationId id, chat::LogSegment const& segment, std::string write) {
    std::scoped_lock const lock(mutex_);
    auto& unsettled = touch(id).unsettled;
    if (!unsettled.empty() && unsettled.back().write == write) return;
    unsettled.push_back({segment.first, segment.last, segment.frames.size(), segment.text.size(),
                         segment.reasoning.size(), std::move(write)});
}

bool RunningLogs::has_unsettled(GenerationId id) const {
    std::scoped_lock const lock(mutex_);
    auto const found = known_.find(id);
    return found != known_.end() && !found->second.unsettled.empty();
}

void RunningLogs::drop_stored(GenerationId id, std::string_view write,
                              chat::LogSegment& segment) const {
    std::scoped_lock const lock(mutex_);
    auto const found = known_.find(id);
    if (found == known_.end()) return;
    auto const& unsettled = found->second.unsettled;
    auto const stored = std::ranges::find(unsettled, write, &Noted::write);
    if (stored == unsettled.end()) return;
    if (stored->first != segment.first || stored->last > segment.last) return;
    segment.first = stored->last + 1;
    segment.frames.erase(0, stored->frames);
    segment.text.erase(0, stored->text);
    segment.reasoning.erase(0, stored->reasoning);
}

void RunningLogs::settle(GenerationId id) {
    std::scoped_lock const lock(mutex_);
    auto const found = known_.find(id);
    if (found != known_.end()) found->second.unsettled.clear();
}

void RunningLogs::renewed(GenerationId id, Timestamp at) {
    std::scoped_lock const lock(mutex_);
    touch(id).renewed_at = at;
}

Timestamp RunningLogs::renewed_at(GenerationId id) const {
    std::scoped_lock const lock(mutex_);
    auto const found = known_.find(id);
    return found == known_.end() ? Timestamp() : found->second.renewed_at;
}

void RunningLogs::forget(GenerationId id) {
    std::scoped_lock const lock(mutex_);
    known_.erase(id);
}

}  // namespace kaiwa::store::dynamodb
