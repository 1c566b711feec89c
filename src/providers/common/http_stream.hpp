#pragma once

#include "http/transport.hpp"
#include "llm/chat_model.hpp"
#include "providers/common/answer_decoder.hpp"

#include <memory>
#include <string>

namespace kaiwa::providers {

/// An answer that arrives as the body of an HTTP response.
class HttpStream final : public llm::CompletionStream {
public:
    HttpStream(std::unique_ptr<http::InboundResponse> response,
               std::unique_ptr<AnswerDecoder> decoder, std::string request_id);

    asio::awaitable<llm::Outcome<llm::Event>> next() override;
    [[nodiscard]] std::string provider_request_id() const override { return request_id_; }

private:
    asio::awaitable<Result<std::string_view>> read();
    asio::awaitable<void> read_to_the_end();

    std::unique_ptr<http::InboundResponse> response_;
    std::unique_ptr<AnswerDecoder> decoder_;
    std::string request_id_;
};

}  // namespace kaiwa::providers
