#include "providers/common/think_splitter.hpp"

#include <algorithm>
#include <utility>

namespace kaiwa::providers {
namespace {

constexpr std::string_view opening = "<think>";
constexpr std::string_view closing = "</think>";
constexpr std::string_view white = " \n\r\t";

/// How many bytes at the end of `text` could be the beginning of `tag`.
std::size_t begun(std::string_view text, std::string_view tag) {
    for (auto size = std::min(text.size(), tag.size() - 1); size > 0; --size) {
        if (tag.starts_with(text.substr(text.size() - size))) return size;
    }
    return 0;
}

}  // namespace

ThinkSplitter::ThinkSplitter(Start start)
    : state_(start == Start::unknown    ? State::start
             : start == Start::thinking ? State::thinking
                                        : State::text),
      omitted_begin_(start == Start::thinking) {}

ThinkSplitter::Parts ThinkSplitter::split(std::string piece) {
    Parts out;
    if (state_ == State::text) {
        out.text = std::move(piece);
        return out;
    }
    if (state_ == State::watching && held_.empty() && !piece.contains('<')) {
        if (!piece.empty()) before_ = piece.back();
        out.text = std::move(piece);
        return out;
    }
    held_ += piece;
    if (state_ == State::start) take_start(out);
    if (state_ == State::thinking) take_thinking(out);
    if (state_ == State::after) take_after(out);
    if (state_ == State::watching) take_watching(out);
    if (state_ == State::text) out.text += std::exchange(held_, {});
    return out;
}

void ThinkSplitter::take_start(Parts&) {
    auto const from = std::min(held_.find_first_not_of(white), held_.size());
    auto const rest = std::string_view(held_).substr(from);
    if (rest.starts_with(opening)) {
        held_.erase(0, from + opening.size());
        state_ = State::thinking;
    } else if (!opening.starts_with(rest) || from > 64) {
        state_ = State::watching;
    }
}

void ThinkSplitter::take_thinking(Parts& out) {
    // A template that leaves the tag out may yet be followed by a model that writes it.
    if (omitted_begin_ && unclosed_.empty()) {
        auto const from = std::min(held_.find_first_not_of(white), held_.size());
        auto const rest = std::string_view(held_).substr(from);
        if (rest.starts_with(opening)) {
            held_.erase(0, from + opening.size());
            omitted_begin_ = false;
        } else if (opening.starts_with(rest)) {
            return;
        }
    }
    auto const end = held_.find(closing);
    if (end != held_.npos) {
        out.reasoning = held_.substr(0, end);
        held_.erase(0, end + closing.size());
        unclosed_.clear();
        state_ = State::after;
        return;
    }
    auto const sure = held_.size() - begun(held_, closing);
    out.reasoning = held_.substr(0, sure);
    held_.erase(0, sure);
    if (omitted_begin_) unclosed_ += out.reasoning;
}

void ThinkSplitter::take_after(Parts&) {
    auto const from = held_.find_first_not_of(white);
    if (from == held_.npos) {
        held_.clear();
        return;
    }
    held_.erase(0, from);
    state_ = State::text;
}

void ThinkSplitter::take_watching(Parts& out) {
    auto const end = held_.find(closing);
    if (end == held_.npos) {
        auto const sure = held_.size() - begun(held_, closing);
        if (sure > 0) before_ = held_[sure - 1];
        out.text += held_.substr(0, sure);
        held_.erase(0, sure);
        return;
    }
    auto const before = end > 0 ? held_[end - 1] : before_;
    if (before == '\n') {
        found_lone_end_ = true;
        held_.erase(end, closing.size());
    }
    state_ = State::text;
}

ThinkSplitter::Parts ThinkSplitter::flush() {
    Parts out;
    auto rest = std::exchange(held_, {});
    if (state_ == State::thinking) {
        unclosed_ += omitted_begin_ ? rest : std::string();
        out.reasoning = std::move(rest);
        // Nothing but "reasoning" came: the model answered at once, without a block.
        if (omitted_begin_) out.text = std::exchange(unclosed_, {});
    } else if (state_ != State::after) {
        out.text = std::move(rest);
    }
    return out;
}

}  // namespace kaiwa::providers
