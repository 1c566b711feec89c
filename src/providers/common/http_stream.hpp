#pragma once

#include "base/secret.hpp"
#include "base/wait.hpp"
#include "http/transport.hpp"
#include "llm/chat_model.hpp"
#include "providers/common/answer_decoder.hpp"

#include <functional>
#include <memory>
#include <string>

namespace kaiwa::providers {

/// An answer that arrives as the body of an HTTP response.
class HttpStream final : public llm::CompletionStream {
public:
    /// `secret` is kept out of what the server says about a failure. `on_whole` is called when the
    /// answer turned out to be whole, before its last event is given out; it may be empty and may
    /// look into the decoder.
    HttpStream(std::unique_ptr<http::InboundResponse> response,
               std::unique_ptr<AnswerDecoder> decoder, std::string request_id, Secret secret,
               std::function<void()> on_whole = {});

    std::optional<llm::Outcome<llm::Event>> ready() override;
    asio::awaitable<void> arrive() override;
    [[nodiscard]] std::string provider_request_id() const override { return request_id_; }

private:
    bool take_arrived();
    asio::awaitable<void> read();
    asio::awaitable<void> read_end_mark();
    void take(Result<std::string_view> const& bytes);
    asio::awaitable<void> read_to_the_end();

    std::unique_ptr<http::InboundResponse> response_;
    std::unique_ptr<AnswerDecoder> decoder_;
    std::string request_id_;
    Secret secret_;
    std::function<void()> on_whole_;
    std::optional<llm::Finished> finished_;   // given out once the body was read to its end
    std::unique_ptr<llm::Failure> failure_;   // of the connection
    std::optional<SteadyTime> end_mark_due_;  // once the server said how the answer ended
};

}  // namespace kaiwa::providers
