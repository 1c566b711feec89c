#include "plan.hpp"

#include <fmt/format.h>

namespace kaiwa::model_server {

namespace {

/// Writes the chunks of one stream in the habits of one vendor.
class ChunkWriter {
public:
    ChunkWriter(Question const& q, Behaviour const& b, std::string const& dialect)
        : q_(q), b_(b), dialect_(dialect) {}

    std::vector<BodyPiece> write(std::vector<std::string> const& tokens);

private:
    using Microseconds = std::chrono::microseconds;

    Microseconds token_gap() const {
        return b_.rate > 0 ? Microseconds(static_cast<long>(1e6 / b_.rate)) : Microseconds(0);
    }

    std::string event(std::string const& data) const { return "data: " + data + b_.eol + b_.eol; }

    std::string chunk(std::string const& delta, std::string const& finish, bool last) const {
        std::string extra;
        if (dialect_ == "vllm") extra = R"(,"stop_reason":null)";
        if (dialect_ == "azure") {
            extra = R"(,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}})";
        }
        std::string members;
        if (dialect_ == "openai") members = R"(,"service_tier":"default","obfuscation":"x7Qp")";
        if (dialect_ == "ollama") members = R"(,"system_fingerprint":"fp_ollama")";
        if (dialect_ == "openrouter") members = R"(,"provider":"Scripted")";
        if (dialect_ == "llamacpp" && last)
            members = R"(,"timings":{"prompt_n":9,"predicted_n":4})";
        bool const with_usage =
            b_.usage == Behaviour::UsagePlace::every ||
            (last && (b_.usage == Behaviour::UsagePlace::last || dialect_ == "deepseek"));
        if (with_usage && b_.usage != Behaviour::UsagePlace::none)
            members += ",\"usage\":" + usage();
        return fmt::format(
            R"({{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":{},"choices":[{{"index":0,"delta":{},"logprobs":null,"finish_reason":{}{}}}]{}}})",
            quoted(q_.model), delta, finish, extra, members);
    }

    std::string usage() const {
        return fmt::format(
            R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},"prompt_tokens_details":{{"cached_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":{}}}}})",
            q_.prompt_bytes / 4, written_, q_.prompt_bytes / 4 + written_, b_.reasoning);
    }

    void add(std::string bytes, Microseconds gap = Microseconds(0), std::size_t tokens = 0) {
        BodyPiece piece;
        piece.gap = gap + pending_gap_;
        pending_gap_ = Microseconds(0);
        piece.bytes = std::move(bytes);
        piece.tokens = tokens;
        pieces_.push_back(std::move(piece));
    }

    std::string text_delta(std::string const& text) const {
        auto value = quoted(text);
        if (b_.lone_surrogate) value.insert(value.size() - 1, "\\ud83d");
        return dialect_ == "ollama" ? R"({"role":"assistant","content":)" + value + "}"
                                    : R"({"content":)" + value + "}";
    }

    void add_token(std::string const& token) {
        if (b_.comments > 0 && written_ % b_.comments == 0) add(": keep-alive" + b_.eol + b_.eol);
        ++written_;
        add(event(chunk(text_delta(token), "null", false)), token_gap(), 1);
        if (b_.stamp) pieces_.back().stamp_at = pieces_.back().bytes.find(token);
    }

    void add_reasoning();
    void add_tools();
    void add_error();

    Question const& q_;
    Behaviour const& b_;
    std::string const& dialect_;
    std::vector<BodyPiece> pieces_;
    std::size_t written_ = 0;
    Microseconds pending_gap_{0};
};

void ChunkWriter::add_reasoning() {
    if (b_.think_tags) {
        if (!b_.no_open_tag) add_token("<think>");
        for (std::size_t i = 0; i < b_.reasoning; ++i) add_token("hm ");
        // The closing tag comes in two chunks, as tokenizers like to write it.
        add_token("</thi");
        add_token("nk>\n\n");
        return;
    }
    auto field = b_.reasoning_field;
    if (field.empty()) {
        field = dialect_ == "deepseek" || dialect_ == "llamacpp" || dialect_ == "lmstudio"
                    ? "reasoning_content"
                    : "reasoning";
    }
    for (std::size_t i = 0; i < b_.reasoning; ++i) {
        auto delta = fmt::format(R"({{"role":"assistant","content":null,"{}":"hm "}})", field);
        if (field == "both") {
            delta = R"({"content":null,"reasoning":"hm ","reasoning_content":"hm "})";
        }
        ++written_;
        add(event(chunk(delta, "null", false)), token_gap(), 1);
    }
}

void ChunkWriter::add_tools() {
    if (b_.tools == 0) return;
    if (dialect_ == "ollama") {
        std::string calls;
        for (std::size_t i = 0; i < b_.tools; ++i) {
            calls += fmt::format(
                R"({}{{"id":"call_{}","index":{},"type":"function","function":{{"name":"look_up","arguments":"{{\"n\":{}}}"}}}})",
                i ? "," : "", i, i, i);
        }
        add(event(chunk(R"({"role":"assistant","content":"","tool_calls":[)" + calls + "]}", "null",
                        false)));
        return;
    }
    for (std::size_t i = 0; i < b_.tools; ++i) {
        add(event(chunk(
            fmt::format(
                R"({{"tool_calls":[{{"index":{},"id":"call_{}","type":"function","function":{{"name":"look_up","arguments":""}}}}]}})",
                i, i),
            "null", false)));
        for (auto const& part : {std::string("{\\\"n"), fmt::format("\\\":{}}}", i)}) {
            add(event(chunk(
                fmt::format(R"({{"tool_calls":[{{"index":{},"function":{{"arguments":"{}"}}}}]}})",
                            i, part),
                "null", false)));
        }
    }
}

void ChunkWriter::add_error() {
    auto broken = b_;
    broken.status = 500;
    auto const body = error_body(q_, broken, dialect_ == "ollama" ? "openai" : dialect_);
    if (b_.old_error) {
        add("error: " + body + b_.eol + b_.eol);
    } else {
        add(event(body));
    }
    if (dialect_ == "vllm") add(event("[DONE]"));
}

std::vector<BodyPiece> ChunkWriter::write(std::vector<std::string> const& tokens) {
    if (dialect_ == "openrouter") add(": OPENROUTER PROCESSING" + b_.eol + b_.eol);
    pending_gap_ += b_.first_delay;
    if (dialect_ == "azure") {
        add(event(
            R"({"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]})"));
    }
    if (dialect_ != "ollama") {
        add(event(chunk(R"({"role":"assistant","content":""})", "null", false)));
    }
    if (b_.reasoning > 0) add_reasoning();
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (b_.error_mid == i) {
            add_error();
            return std::move(pieces_);
        }
        add_token(tokens[i]);
    }
    add_tools();
    if (b_.finish != "none") {
        auto const finish = b_.tools > 0 && b_.finish == "stop" ? "tool_calls" : b_.finish;
        add(event(chunk(dialect_ == "ollama" ? R"({"role":"assistant","content":""})" : "{}",
                        quoted(finish), true)));
    }
    if (b_.usage == Behaviour::UsagePlace::asked && q_.include_usage && dialect_ != "deepseek") {
        add(event(fmt::format(
            R"({{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":{},"choices":[],"usage":{}}})",
            quoted(q_.model), usage())));
    }
    if (!b_.no_done) add(event("[DONE]"));
    return std::move(pieces_);
}

}  // namespace

std::vector<BodyPiece> openai_stream(Question const& question, Behaviour const& behaviour,
                                     std::string const& dialect,
                                     std::vector<std::string> const& tokens) {
    return ChunkWriter(question, behaviour, dialect).write(tokens);
}

}  // namespace kaiwa::model_server
