#include "plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::model_server {

namespace {

bool continues_code_point(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Cuts text into tokens of about `bytes`, never inside a code point.
std::vector<std::string> cut_into_tokens(std::string const& text, std::size_t bytes) {
    std::vector<std::string> tokens;
    std::size_t from = 0;
    while (from < text.size()) {
        auto end = std::min(from + bytes, text.size());
        while (end < text.size() && continues_code_point(text[end])) ++end;
        tokens.push_back(text.substr(from, end - from));
        from = end;
    }
    return tokens;
}

std::string joined(std::vector<std::string> const& parts) {
    std::string all;
    for (auto const& part : parts) all += part;
    return all;
}

std::string status_text(unsigned status) {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 429:
            return "Too Many Requests";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        default:
            return "Status";
    }
}

std::string whole_openai(Question const& q, Behaviour const& b,
                         std::vector<std::string> const& tokens) {
    std::string tools;
    for (std::size_t i = 0; i < b.tools; ++i) {
        tools += fmt::format(
            R"({}{{"id":"call_{}","type":"function","function":{{"name":"look_up","arguments":"{{\"n\":{}}}"}}}})",
            i ? "," : "", i, i);
    }
    if (!tools.empty()) tools = R"(,"tool_calls":[)" + tools + "]";
    return fmt::format(
        R"({{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":{},"choices":[{{"index":0,"message":{{"role":"assistant","content":{}{}}},"finish_reason":{}}}],"usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}}}})",
        quoted(q.model), quoted(joined(tokens)), tools, quoted(b.finish), q.prompt_bytes / 4,
        tokens.size(), q.prompt_bytes / 4 + tokens.size());
}

std::string whole_anthropic(Question const& q, Behaviour const& b,
                            std::vector<std::string> const& tokens) {
    auto const reason = b.finish == "stop"     ? "end_turn"
                        : b.finish == "length" ? "max_tokens"
                                               : b.finish;
    return fmt::format(
        R"({{"id":"msg_1","type":"message","role":"assistant","model":{},"content":[{{"type":"text","text":{}}}],"stop_reason":{},"stop_sequence":null,"usage":{{"input_tokens":{},"output_tokens":{}}}}})",
        quoted(q.model), quoted(joined(tokens)), quoted(reason), q.prompt_bytes / 4, tokens.size());
}

std::string custom_body(Question const& q, Behaviour const& b,
                        std::vector<std::string> const& tokens) {
    auto const text = quoted(joined(tokens));
    if (b.shape == "result") return fmt::format(R"({{"result":{}}})", text);
    if (b.shape == "refused")
        return fmt::format(R"({{"success":false,"error":{}}})", quoted(b.message));
    if (b.shape == "success") return fmt::format(R"({{"success":true,"response":{}}})", text);
    if (b.shape == "generated_text" || q.api == Question::Api::custom_generate) {
        return fmt::format(R"({{"generated_text":{},"response_time":0.25}})", text);
    }
    return fmt::format(R"({{"response":{}}})", text);
}

/// Finds a parameter that the model refuses.
std::optional<std::string> refused_parameter(Question const& q, Behaviour const& b) {
    for (auto const& name : b.refuse) {
        if (q.body.contains(name)) return name;
    }
    return std::nullopt;
}

Answer error_answer(Question const& q, Behaviour const& b, std::string const& dialect) {
    auto answer = json_answer(b.status, error_body(q, b, dialect));
    if (b.retry_after) answer.headers.emplace_back("Retry-After", *b.retry_after);
    answer.headers.emplace_back("x-request-id", "req_scripted");
    return answer;
}

void append_piece(std::vector<BodyPiece>& out, BodyPiece& piece, std::size_t from,
                  std::size_t size) {
    BodyPiece part;
    part.bytes = piece.bytes.substr(from, size);
    part.gap = from == 0 ? piece.gap : std::chrono::microseconds(0);
    part.tokens = from == 0 ? piece.tokens : 0;
    if (from == 0 && piece.stamp_at + 20 <= size) part.stamp_at = piece.stamp_at;
    out.push_back(std::move(part));
}

std::vector<BodyPiece> cut_at(std::vector<BodyPiece> pieces, std::size_t end) {
    std::vector<BodyPiece> kept;
    std::size_t sent = 0;
    for (auto& piece : pieces) {
        if (sent >= end) break;
        auto const size = std::min(piece.bytes.size(), end - sent);
        append_piece(kept, piece, 0, size);
        sent += size;
    }
    return kept;
}

std::vector<BodyPiece> split_into(std::vector<BodyPiece> pieces, std::size_t bytes) {
    std::vector<BodyPiece> parts;
    for (auto& piece : pieces) {
        for (std::size_t from = 0; from < piece.bytes.size(); from += bytes) {
            append_piece(parts, piece, from, std::min(bytes, piece.bytes.size() - from));
        }
    }
    return parts;
}

}  // namespace

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (char const c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
                } else {
                    out += c;
                }
        }
    }
    return out + '"';
}

std::vector<std::string> answer_tokens(Question const& q, Behaviour const& b,
                                       Sources const& sources) {
    if (b.stamp) return std::vector<std::string>(b.tokens, std::string(20, '0') + ' ');
    if (b.name == "stream") return std::vector<std::string>(b.tokens, b.chunk);
    if (b.name == "fixed") return cut_into_tokens(b.text, b.token_bytes);
    if (b.name == "markdown" && !sources.markdown.empty()) {
        return cut_into_tokens(sources.markdown[b.markdown % sources.markdown.size()],
                               b.token_bytes);
    }
    return cut_into_tokens(q.text, b.token_bytes);
}

std::string error_body(Question const& q, Behaviour const& b, std::string const& dialect) {
    auto const message = quoted(b.message);
    if (q.api == Question::Api::anthropic) {
        auto const type = !b.code.empty()   ? b.code
                          : b.status == 401 ? "authentication_error"
                          : b.status == 404 ? "not_found_error"
                          : b.status == 429 ? "rate_limit_error"
                          : b.status == 529 ? "overloaded_error"
                          : b.status == 400 ? "invalid_request_error"
                                            : "api_error";
        return fmt::format(
            R"({{"type":"error","error":{{"type":"{}","message":{}}},"request_id":"req_scripted"}})",
            type, message);
    }
    if (q.api != Question::Api::openai)
        return fmt::format(R"({{"success":false,"message":{}}})", message);
    if (dialect == "ollama" && b.code.empty()) return fmt::format(R"({{"error":{}}})", message);
    if (dialect == "vllm") {
        return fmt::format(R"({{"error":{{"message":{},"type":"{}","param":null,"code":{}}}}})",
                           message, b.code.empty() ? "BadRequestError" : b.code, b.status);
    }
    if (dialect == "llamacpp") {
        return fmt::format(R"({{"error":{{"code":{},"message":{},"type":"{}"}}}})", b.status,
                           message, b.code.empty() ? "unavailable_error" : b.code);
    }
    auto const code = !b.code.empty()   ? quoted(b.code)
                      : b.status == 401 ? "\"invalid_api_key\""
                      : b.status == 404 ? "\"model_not_found\""
                      : b.status == 429 ? "\"rate_limit_exceeded\""
                                        : "null";
    return fmt::format(
        R"({{"error":{{"message":{},"type":"invalid_request_error","param":null,"code":{}}}}})",
        message, code);
}

Answer json_answer(unsigned status, std::string body) {
    Answer answer;
    answer.status = status;
    answer.headers.emplace_back("Content-Type", "application/json");
    answer.pieces.push_back({.bytes = std::move(body)});
    return answer;
}

Answer make_answer(Question const& q, Behaviour const& b, Sources const& sources) {
    auto const dialect = !b.dialect.empty() ? b.dialect : q.azure ? "azure" : sources.dialect;
    if (b.html) {
        Answer answer;
        answer.status = b.status;
        answer.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
        answer.pieces.push_back(
            {.bytes =
                 "<!doctype html><title>Sign in</title><p>Please sign in to the network.</p>"});
        return answer;
    }
    if (b.status != 200) return error_answer(q, b, dialect);
    if (auto const refused = refused_parameter(q, b)) {
        return json_answer(
            400,
            fmt::format(
                R"({{"error":{{"message":"Unsupported parameter: '{0}' is not supported with this model.","type":"invalid_request_error","param":"{0}","code":"unsupported_parameter"}}}})",
                *refused));
    }

    auto const tokens = answer_tokens(q, b, sources);
    auto const custom =
        q.api == Question::Api::custom_chat || q.api == Question::Api::custom_generate;
    if (custom || !q.stream || b.not_sse) {
        auto answer =
            json_answer(200, custom                              ? custom_body(q, b, tokens)
                             : q.api == Question::Api::anthropic ? whole_anthropic(q, b, tokens)
                                                                 : whole_openai(q, b, tokens));
        auto wait = std::chrono::duration_cast<std::chrono::microseconds>(b.first_delay);
        if (b.rate > 0) {
            wait += std::chrono::microseconds(
                static_cast<long>(1e6 * static_cast<double>(tokens.size()) / b.rate));
        }
        answer.pieces.front().gap = wait;
        return answer;
    }

    Answer answer;
    answer.headers.emplace_back("Content-Type", "text/event-stream; charset=utf-8");
    answer.headers.emplace_back("Cache-Control", "no-cache");
    answer.headers.emplace_back(q.api == Question::Api::anthropic ? "request-id" : "x-request-id",
                                "req_scripted");
    answer.pieces = q.api == Question::Api::anthropic ? anthropic_stream(q, b, tokens)
                                                      : openai_stream(q, b, dialect, tokens);
    if (b.bom) answer.pieces.front().bytes.insert(0, "\xEF\xBB\xBF");
    return answer;
}

Plan make_plan(Answer answer, Behaviour const& b) {
    std::size_t whole = 0;
    for (auto const& piece : answer.pieces) whole += piece.bytes.size();
    auto pieces = std::move(answer.pieces);
    bool const ends_early = b.end_at && *b.end_at < whole;
    if (ends_early) pieces = cut_at(std::move(pieces), *b.end_at);
    if (b.split > 0) pieces = split_into(std::move(pieces), b.split);

    Plan plan;
    plan.status = answer.status;
    auto head = fmt::format("HTTP/1.1 {} {}\r\n", answer.status, status_text(answer.status));
    for (auto const& [name, value] : answer.headers) head += fmt::format("{}: {}\r\n", name, value);
    switch (b.framing) {
        case Behaviour::Framing::chunked:
            head += "Transfer-Encoding: chunked\r\n\r\n";
            break;
        case Behaviour::Framing::close:
            head += "Connection: close\r\n\r\n";
            break;
        case Behaviour::Framing::length:
            head += fmt::format("Content-Length: {}\r\n\r\n",
                                b.clean_end && ends_early ? *b.end_at : whole);
            break;
    }
    if (b.end_at_head && *b.end_at_head < head.size()) {
        plan.writes.push_back({.bytes = head.substr(0, *b.end_at_head)});
        plan.end = b.end;
        return plan;
    }
    plan.writes.push_back({.bytes = std::move(head)});

    bool const chunked = b.framing == Behaviour::Framing::chunked;
    for (auto& piece : pieces) {
        Write write{piece.gap, {}, piece.tokens, piece.stamp_at};
        if (chunked) {
            auto const size = fmt::format("{:x}\r\n", piece.bytes.size());
            if (write.stamp_at != std::string::npos) write.stamp_at += size.size();
            write.bytes = size + piece.bytes + "\r\n";
        } else {
            write.bytes = std::move(piece.bytes);
        }
        plan.writes.push_back(std::move(write));
    }
    bool const broken = ends_early && !b.clean_end;
    if (chunked && !broken) plan.writes.back().bytes += "0\r\n\r\n";
    plan.end = broken                                   ? b.end
               : b.framing == Behaviour::Framing::close ? Behaviour::End::fin
                                                        : Behaviour::End::keep_alive;
    return plan;
}

}  // namespace kaiwa::model_server
