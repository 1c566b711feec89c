#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kaiwa::bench {

/// Reads HTTP/1.1 answers one after another from whatever pieces a socket gives: just enough for a
/// load generator that talks to servers it trusts.
class HttpReader {
public:
    enum class State { head, body, whole };

    /// Takes bytes and hands every piece of body to `on_body(std::string_view)`.
    template <class OnBody>
    void feed(std::string_view bytes, OnBody&& on_body) {
        while (!bytes.empty() && state_ != State::whole) {
            if (state_ == State::head) {
                take_head(bytes);
            } else if (chunked_) {
                take_chunked(bytes, on_body);
            } else {
                take_sized(bytes, on_body);
            }
        }
    }
    /// Ready for the next answer.
    void reset() { *this = HttpReader(); }

    [[nodiscard]] bool whole() const { return state_ == State::whole; }
    [[nodiscard]] int status() const { return status_; }

private:
    void take_head(std::string_view& bytes) {
        auto const before = head_.size();
        head_.append(bytes);
        auto const end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
        if (end == std::string::npos) {
            bytes = {};
            return;
        }
        bytes.remove_prefix(end + 4 - before);
        head_.resize(end + 2);
        for (char& c : head_)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        status_ = std::stoi(head_.substr(9, 3));
        chunked_ = head_.find("\r\ntransfer-encoding: chunked\r\n") != std::string::npos;
        auto const length = head_.find("\r\ncontent-length: ");
        left_ = length == std::string::npos ? 0 : std::stoul(head_.substr(length + 18));
        state_ = !chunked_ && left_ == 0 ? State::whole : State::body;
    }

    template <class OnBody>
    void take_sized(std::string_view& bytes, OnBody&& on_body) {
        auto const piece = bytes.substr(0, left_);
        on_body(piece);
        bytes.remove_prefix(piece.size());
        left_ -= piece.size();
        if (left_ == 0) state_ = State::whole;
    }

    template <class OnBody>
    void take_chunked(std::string_view& bytes, OnBody&& on_body) {
        if (left_ > 0) {
            auto const piece = bytes.substr(0, left_);
            on_body(piece);
            bytes.remove_prefix(piece.size());
            left_ -= piece.size();
            return;
        }
        // A line: the end of the last chunk (empty), a chunk's size, or the end of the body.
        char const c = bytes.front();
        bytes.remove_prefix(1);
        if (c == '\r') return;
        if (c != '\n') {
            line_.push_back(c);
            return;
        }
        if (line_.empty()) {
            if (last_chunk_) state_ = State::whole;
            return;
        }
        left_ = std::stoul(line_, nullptr, 16);
        last_chunk_ = left_ == 0;
        line_.clear();
    }

    State state_ = State::head;
    std::string head_;
    std::string line_;
    std::size_t left_ = 0;
    int status_ = 0;
    bool chunked_ = false;
    bool last_chunk_ = false;
};

}  // namespace kaiwa::bench
