#pragma once

#include "plan.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace kaiwa::model_server {

struct HttpRequest {
    std::string method;
    std::string target;  ///< As sent.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

/// What became of a request; kept for `GET /_control/requests`.
struct Record {
    HttpRequest request;
    std::uint64_t at_ms = 0;
    std::string model;
    unsigned status = 0;
    std::size_t tokens_sent = 0;
    std::uint64_t finished_at_ms = 0;        ///< 0: not yet.
    std::uint64_t closed_by_peer_at_ms = 0;  ///< 0: it did not leave before the end.
};

struct Counters {
    std::uint64_t requests = 0;
    std::uint64_t finished = 0;
    std::uint64_t closed_by_peer = 0;
    std::uint64_t tokens = 0;
};

struct SiteOptions {
    Sources sources;
    std::string pretend;  ///< "ollama", "llamacpp", …: whose side addresses exist.
    std::string api_key;  ///< Empty: every key is accepted.
    std::map<std::string, std::string> models;  ///< Further names and their behaviour.
    std::size_t max_records = 10'000;
};

/// Decides what is answered; knows no sockets.
class Site {
public:
    explicit Site(SiteOptions options) : options_(std::move(options)) {}

    struct Reply {
        std::shared_ptr<Plan const> plan;
        std::shared_ptr<Record> record;  ///< Null for control requests.
    };
    Reply answer(HttpRequest request, std::uint64_t now_ms);

    void count_finished(Record const& record);
    void count_closed_by_peer(Record const& record);

private:
    Plan control(HttpRequest const& request);
    Plan put_script(std::string const& name, std::string const& body);
    std::string requests_json() const;
    std::string counters_json() const;
    std::string models_json(bool anthropic) const;
    std::shared_ptr<Plan const> plan_for(HttpRequest const& request, Record& record);
    std::shared_ptr<Plan const> completion(HttpRequest const& request, std::string_view path,
                                           std::string model, Record& record);

    SiteOptions options_;
    struct Script {
        std::shared_ptr<Plan const> plan;
        std::string path;  ///< Answers this path instead of the model of its name.
    };
    std::map<std::string, Script> scripts_;
    std::unordered_map<std::string, std::shared_ptr<Plan const>> cache_;
    std::vector<std::shared_ptr<Record>> records_;
    std::map<std::string, Counters> counters_;
};

}  // namespace kaiwa::model_server
