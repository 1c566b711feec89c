#include "site.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace kaiwa::model_server {

namespace json = boost::json;

namespace {

std::shared_ptr<Plan const> share(Plan plan) {
    return std::make_shared<Plan const>(std::move(plan));
}

std::shared_ptr<Plan const> share_json(unsigned status, std::string body) {
    return share(make_plan(json_answer(status, std::move(body)), Behaviour()));
}

Plan plain(unsigned status, std::string body) {
    auto behaviour = Behaviour();
    behaviour.framing = Behaviour::Framing::length;
    return make_plan(json_answer(status, std::move(body)), behaviour);
}

bool same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

std::string header(HttpRequest const& request, std::string_view name) {
    for (auto const& [key, value] : request.headers) {
        if (same_name(key, name)) return value;
    }
    return {};
}

std::string text_of(json::value const& content) {
    if (content.is_string()) return std::string(content.get_string());
    std::string text;
    if (!content.is_array()) return text;
    for (auto const& part : content.get_array()) {
        if (!part.is_object()) continue;
        if (auto const* found = part.get_object().if_contains("text");
            found && found->is_string()) {
            text += found->get_string();
        }
    }
    return text;
}

std::string string_member(json::object const& object, char const* name) {
    auto const* found = object.if_contains(name);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

/// Reads what any of the APIs asks.
Question read_question(json::object body, Question::Api api) {
    Question question;
    question.api = api;
    question.model = string_member(body, "model");
    if (auto const* stream = body.if_contains("stream"); stream && stream->is_bool()) {
        question.stream = stream->get_bool();
    }
    if (auto const* options = body.if_contains("stream_options"); options && options->is_object()) {
        auto const* usage = options->get_object().if_contains("include_usage");
        question.include_usage = usage && usage->is_bool() && usage->get_bool();
    }
    if (auto const* messages = body.if_contains("messages"); messages && messages->is_array()) {
        for (auto const& message : messages->get_array()) {
            if (!message.is_object()) continue;
            auto const* content = message.get_object().if_contains("content");
            auto text = content ? text_of(*content) : std::string();
            question.prompt_bytes += text.size();
            if (string_member(message.get_object(), "role") == "user")
                question.text = std::move(text);
        }
    }
    for (auto const* name : {"message", "prompt"}) {
        if (body.contains(name)) question.text = string_member(body, name);
    }
    question.body = std::move(body);
    return question;
}

struct Endpoint {
    Question::Api api;
    bool azure = false;
    std::string deployment;
};

std::optional<Endpoint> completion_endpoint(std::string_view path) {
    if (path.ends_with("/chat/completions")) {
        constexpr std::string_view marker = "/openai/deployments/";
        auto const at = path.find(marker);
        if (at == path.npos) {
            Endpoint endpoint{Question::Api::openai, path.starts_with("/openai/"), {}};
            return endpoint;
        }
        auto const from = at + marker.size();
        auto const name = path.substr(from, path.find('/', from) - from);
        Endpoint endpoint{Question::Api::openai, true, percent_decoded(name)};
        return endpoint;
    }
    if (path.ends_with("/messages")) return Endpoint{Question::Api::anthropic, false, {}};
    if (path.ends_with("/chat")) return Endpoint{Question::Api::custom_chat, false, {}};
    if (path.ends_with("/generate")) return Endpoint{Question::Api::custom_generate, false, {}};
    return std::nullopt;
}

bool is_builtin_name(std::string_view name) {
    return name == "echo" || name == "fixed" || name == "stream" || name == "markdown";
}

}  // namespace

Site::Reply Site::answer(HttpRequest request, std::uint64_t now_ms) {
    if (request.target.starts_with("/_control/")) {
        return {share(control(request)), nullptr};
    }
    auto record = std::make_shared<Record>();
    record->at_ms = now_ms;
    auto plan = plan_for(request, *record);
    record->status = plan->status;
    ++counters_[record->model].requests;
    if (records_.size() < options_.max_records) {
        record->request = std::move(request);
        records_.push_back(record);
    }
    return {std::move(plan), std::move(record)};
}

void Site::count_finished(Record const& record) {
    ++counters_[record.model].finished;
    counters_[record.model].tokens += record.tokens_sent;
}

void Site::count_closed_by_peer(Record const& record) {
    ++counters_[record.model].closed_by_peer;
    counters_[record.model].tokens += record.tokens_sent;
}

std::shared_ptr<Plan const> Site::plan_for(HttpRequest const& request, Record& record) {
    std::string_view path = request.target;
    path = path.substr(0, path.find('?'));
    for (auto const& [name, script] : scripts_) {
        if (!script.path.empty() && script.path == path) return script.plan;
    }
    std::string model;
    if (path.starts_with("/m/")) {  // the behaviour in the address
        auto const end = std::min(path.find('/', 3), path.size());
        model = percent_decoded(path.substr(3, end - 3));
        path = path.substr(end);
    }
    if (!options_.api_key.empty()) {
        auto const given = std::max({header(request, "authorization"), header(request, "api-key"),
                                     header(request, "x-api-key")});
        if (given != options_.api_key && given != "Bearer " + options_.api_key) {
            return share_json(
                401,
                R"({"error":{"message":"Incorrect API key provided.","type":"invalid_request_error","code":"invalid_api_key"}})");
        }
    }
    if (request.method == "GET") {
        if (path.ends_with("/models")) {
            return share_json(200, models_json(!header(request, "anthropic-version").empty()));
        }
        if (path == "/api/version" && options_.pretend == "ollama")
            return share_json(200, R"({"version":"0.12.6"})");
        if (path == "/props" && options_.pretend == "llamacpp") {
            return share_json(
                200,
                R"({"default_generation_settings":{"n_ctx":8192},"modalities":{"vision":false}})");
        }
        return share_json(404, R"({"error":{"message":"no such address","code":404}})");
    }
    if (request.method == "POST") return completion(request, path, std::move(model), record);
    return share_json(405, R"({"error":{"message":"method not allowed"}})");
}

std::shared_ptr<Plan const> Site::completion(HttpRequest const& request, std::string_view path,
                                             std::string model, Record& record) {
    auto const endpoint = completion_endpoint(path);
    if (!endpoint) return share_json(404, R"({"error":{"message":"no such address","code":404}})");
    boost::system::error_code error;
    auto value = json::parse(request.body, error);
    if (error || !value.is_object()) {
        return share_json(400,
                          R"({"error":{"message":"the body is not a JSON object","code":null}})");
    }
    auto question = read_question(std::move(value.get_object()), endpoint->api);
    question.azure = endpoint->azure;
    if (!endpoint->deployment.empty()) question.model = endpoint->deployment;
    if (!model.empty()) question.model = model;
    if (question.model.empty()) question.model = "echo";
    record.model = question.model;

    auto const script = scripts_.find(question.model);
    if (script != scripts_.end() && script->second.path.empty()) return script->second.plan;
    auto const alias = options_.models.find(question.model);
    auto const& described = alias == options_.models.end() ? question.model : alias->second;
    auto behaviour = Behaviour::parse(described);
    if (!behaviour || !is_builtin_name(behaviour->name)) {
        auto refusal = Behaviour();
        refusal.status = behaviour ? 404 : 400;
        refusal.message = behaviour ? fmt::format("The model `{}` does not exist", question.model)
                                    : behaviour.error();
        return share(make_plan(make_answer(question, refusal, options_.sources), refusal));
    }
    // Answers that depend on the words of the question are made each time.
    bool const repeats = behaviour->name != "echo" && behaviour->refuse.empty();
    auto const key = fmt::format("{}|{}|{}|{}|{}|{}", static_cast<int>(question.api),
                                 question.azure, question.stream, question.include_usage,
                                 question.prompt_bytes / 64, question.model);
    if (auto const cached = cache_.find(key); repeats && cached != cache_.end())
        return cached->second;
    auto plan = share(make_plan(make_answer(question, *behaviour, options_.sources), *behaviour));
    if (repeats) {
        if (cache_.size() > 1'000) cache_.clear();
        cache_.emplace(key, plan);
    }
    return plan;
}

Plan Site::control(HttpRequest const& request) {
    std::string_view const path = request.target;
    constexpr std::string_view scripts = "/_control/scripts/";
    if (path == "/_control/requests" && request.method == "GET") return plain(200, requests_json());
    if (path == "/_control/requests" && request.method == "DELETE") {
        records_.clear();
        return plain(200, "{}");
    }
    if (path == "/_control/counters" && request.method == "GET") return plain(200, counters_json());
    if (path == "/_control/counters" && request.method == "DELETE") {
        counters_.clear();
        return plain(200, "{}");
    }
    if (path == "/_control/models" && request.method == "PUT") {
        boost::system::error_code error;
        auto const value = json::parse(request.body, error);
        if (error || !value.is_object())
            return plain(400, R"({"error":"expected {\"name\":\"behaviour\"}"})");
        options_.models.clear();
        cache_.clear();
        for (auto const& [name, behaviour] : value.get_object()) {
            if (!behaviour.is_string()) return plain(400, R"({"error":"a behaviour is a string"})");
            options_.models.emplace(name, behaviour.get_string());
        }
        return plain(200, "{}");
    }
    if (path.starts_with(scripts)) {
        auto const name = percent_decoded(path.substr(scripts.size()));
        if (request.method == "PUT") return put_script(name, request.body);
        if (request.method == "DELETE") {
            scripts_.erase(name);
            return plain(200, "{}");
        }
    }
    return plain(404, R"({"error":"no such control"})");
}

Plan Site::put_script(std::string const& name, std::string const& body) {
    boost::system::error_code error;
    auto const parsed = json::parse(body, error);
    if (error || !parsed.is_object()) return plain(400, R"({"error":"a script is a JSON object"})");
    auto const& script = parsed.get_object();

    // The options of a model id shape the ending of a script too: {"options":"cut=100&split=7"}.
    auto behaviour = Behaviour::parse("script?" + string_member(script, "options"));
    if (!behaviour) return plain(400, fmt::format(R"({{"error":{}}})", quoted(behaviour.error())));

    Answer answer;
    if (auto const* status = script.if_contains("status"); status && status->is_int64()) {
        answer.status = static_cast<unsigned>(status->get_int64());
    }
    bool typed = false;
    if (auto const* headers = script.if_contains("headers"); headers && headers->is_object()) {
        for (auto const& [key, value] : headers->get_object()) {
            if (!value.is_string()) return plain(400, R"({"error":"a header is a string"})");
            answer.headers.emplace_back(key, value.get_string());
            typed = typed || same_name(key, "content-type");
        }
    }
    if (!typed) answer.headers.emplace_back("Content-Type", "text/event-stream");
    if (auto const* chunks = script.if_contains("chunks"); chunks && chunks->is_array()) {
        for (auto const& chunk : chunks->get_array()) {
            BodyPiece piece;
            if (chunk.is_string()) {
                piece.bytes = std::string(chunk.get_string());
            } else if (chunk.is_object()) {
                auto const& object = chunk.get_object();
                piece.bytes = string_member(object, "text") +
                              percent_decoded(string_member(object, "percent"));
                if (auto const* delay = object.if_contains("delay_ms");
                    delay && delay->is_int64()) {
                    piece.gap = std::chrono::milliseconds(delay->get_int64());
                }
            } else {
                return plain(400, R"({"error":"a chunk is a string or an object"})");
            }
            answer.pieces.push_back(std::move(piece));
        }
    }
    scripts_[name] = {share(make_plan(std::move(answer), *behaviour)),
                      string_member(script, "path")};
    return plain(200, "{}");
}

std::string Site::requests_json() const {
    json::array all;
    for (auto const& record : records_) {
        json::object headers;
        for (auto const& [name, value] : record->request.headers) headers[name] = value;
        json::object item;
        item["method"] = record->request.method;
        item["path"] = record->request.target;
        item["headers"] = std::move(headers);
        item["body"] = record->request.body;
        item["model"] = record->model;
        item["status"] = record->status;
        item["at_ms"] = record->at_ms;
        item["tokens_sent"] = record->tokens_sent;
        item["finished_at_ms"] =
            record->finished_at_ms ? json::value(record->finished_at_ms) : nullptr;
        item["closed_by_peer_at_ms"] =
            record->closed_by_peer_at_ms ? json::value(record->closed_by_peer_at_ms) : nullptr;
        all.push_back(std::move(item));
    }
    return json::serialize(all);
}

std::string Site::counters_json() const {
    json::object all;
    for (auto const& [model, counters] : counters_) {
        json::object item;
        item["requests"] = counters.requests;
        item["finished"] = counters.finished;
        item["closed_by_peer"] = counters.closed_by_peer;
        item["tokens"] = counters.tokens;
        all[model] = std::move(item);
    }
    return json::serialize(all);
}

std::string Site::models_json(bool anthropic) const {
    std::vector<std::string> names = {"echo"};
    for (auto const& [name, behaviour] : options_.models) names.push_back(name);
    for (auto const& [name, script] : scripts_) {
        if (script.path.empty()) names.push_back(name);
    }
    json::array data;
    for (auto const& name : names) {
        json::object item;
        item["id"] = name;
        if (anthropic) {
            item["type"] = "model";
            item["display_name"] = name;
            item["max_input_tokens"] = 200'000;
        } else {
            item["object"] = "model";
            item["created"] = 1;
            item["owned_by"] = options_.pretend == "ollama" ? "library" : "scripted";
            if (options_.sources.dialect == "vllm") item["max_model_len"] = 32'768;
        }
        data.push_back(std::move(item));
    }
    json::object list;
    list["object"] = "list";
    list["data"] = std::move(data);
    if (anthropic) list["has_more"] = false;
    return json::serialize(list);
}

}  // namespace kaiwa::model_server
