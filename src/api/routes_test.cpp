#include "api/routes.hpp"

#include "api/test_doubles.hpp"
#include "api/test_services.hpp"
#include "base/json.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace kaiwa::api {
namespace {

using kaiwa::test::run_task;
using test::RecordingWriter;

constexpr auto absent_id = "01890000-0000-7000-8000-00000000dead";

class RoutesTest : public testing::Test {
protected:
    RoutesTest() {
        add_routes(router, services.services());
        cookie = run_task(services.sign_in("root", auth::UserRole::administrator));
    }

    /// What is answered to `method` on `path`, asked by our page.
    RecordingWriter ask(std::string method, std::string path, std::string body,
                        http::Headers headers) {
        auto request = test::make_request(std::move(method), std::move(path), std::move(headers));
        request.body = std::move(body);
        RecordingWriter writer;
        auto match = router.match(request.method, request.path);
        (void)run_task(router.answer(std::move(match), request, writer));
        return writer;
    }
    [[nodiscard]] http::Headers by_page() const {
        return {{"Cookie", "kaiwa=" + cookie},
                {"Origin", "http://127.0.0.1:8080"},
                {"Content-Type", "application/json"}};
    }
    static std::string code(RecordingWriter const& writer) {
        auto const body = parse_json(writer.body);
        return body && body->is_object() && body->get_object().contains("code")
                   ? std::string(body->at("code").as_string())
                   : std::string();
    }
    static std::string without_request_id(std::string body) {
        auto const at = body.find(",\"request_id\"");
        return body.substr(0, at);
    }
    /// A path that matches the pattern, with ids that lead nowhere.
    static std::string filled(std::string pattern) {
        for (auto at = pattern.find('{'); at != pattern.npos; at = pattern.find('{'))
            pattern.replace(at, pattern.find('}') - at + 1, absent_id);
        return pattern;
    }
    static bool is_open(http::Route const& route) {
        bool const signs_in = route.method == "POST" && route.pattern == "/api/session";
        return signs_in || route.pattern == "/api/setup" || !route.pattern.starts_with("/api");
    }
    static bool takes_json(http::Route const& route) {
        return route.body == http::BodyMode::buffered;
    }

    test::TestServices services;
    http::Router router;
    std::string cookie;
};

/// "GET /api/threads" of every operation in the contract.
std::set<std::string> contract_operations() {
    std::ifstream file(KAIWA_OPENAPI);
    std::set<std::string> found;
    std::string path;
    bool in_paths = false;
    for (std::string line; std::getline(file, line);) {
        if (!line.empty() && line.front() != ' ') in_paths = line == "paths:";
        if (!in_paths) continue;
        auto const indent = line.find_first_not_of(' ');
        if (indent == line.npos || !line.ends_with(':')) continue;
        auto const word = line.substr(indent, line.size() - indent - 1);
        static std::set<std::string> const methods{"get", "post", "put", "patch", "delete"};
        if (indent == 2 && word.starts_with('/')) path = word;
        if (indent != 4 || !methods.contains(word)) continue;
        std::string method;
        for (char const c : word) method += static_cast<char>(c - 'a' + 'A');
        found.insert(method + " " + path);
    }
    return found;
}

TEST_F(RoutesTest, AreThoseOfTheContract) {
    std::set<std::string> ours;
    for (auto const& route : router.routes()) ours.insert(route.method + " " + route.pattern);
    auto contract = contract_operations();
    for (auto const* dialect : {"GET /", "POST /", "POST /chat", "POST /main"})
        EXPECT_EQ(contract.erase(dialect), 1u) << "api/compat has its own test: " << dialect;
    ASSERT_GT(contract.size(), 30u) << "the contract was not read: " << KAIWA_OPENAPI;
    EXPECT_EQ(ours, contract);
}

TEST_F(RoutesTest, NameFailuresAsTheContractDoes) {
    std::ifstream file(KAIWA_OPENAPI);
    std::string const contract((std::istreambuf_iterator<char>(file)), {});
    std::string ours;
    for (int i = 0; i <= static_cast<int>(llm::FailureClass::cancelled); ++i)
        ours += (i == 0 ? "" : ", ") + std::string(to_string(static_cast<llm::FailureClass>(i)));
    EXPECT_TRUE(contract.contains("enum: [" + ours + "]")) << ours;
    for (auto const* member : {" class: {", "reason_class: {", "last_error_class: {"})
        for (auto at = contract.find(member); at != contract.npos; at = contract.find(member, at + 1))
            EXPECT_TRUE(contract.substr(at, 80).contains("schemas/FailureClass")) << member;
}

TEST_F(RoutesTest, AnswerNobodyWithoutACredential) {
    for (auto const& route : router.routes()) {
        if (is_open(route)) continue;
        auto const writer = ask(route.method, filled(route.pattern), "{}",
                                {{"Content-Type", "application/json"}});
        EXPECT_EQ(writer.head.status, 401u) << route.method << ' ' << route.pattern;
        EXPECT_EQ(code(writer), "unauthenticated");
    }
}

TEST_F(RoutesTest, AnswerUnderTheirOwnHostOnly) {
    for (auto const& route : router.routes()) {
        if (!route.pattern.starts_with("/api")) continue;
        auto headers = by_page();
        headers.set("Host", "evil.example");
        auto const writer = ask(route.method, filled(route.pattern), "{}", headers);
        EXPECT_EQ(writer.head.status, 421u) << route.method << ' ' << route.pattern;
    }
}

TEST_F(RoutesTest, TakeAChangeByCookieFromTheirOwnPageOnly) {
    for (auto const& route : router.routes()) {
        if (route.method == "GET") continue;
        for (auto const* origin : {"https://evil.example", "null", ""}) {
            auto headers = by_page();
            headers.set("Origin", origin);
            auto const writer = ask(route.method, filled(route.pattern), "{}", headers);
            EXPECT_EQ(code(writer), "bad_origin") << route.method << ' ' << route.pattern;
        }
        http::Headers const no_origin{{"Cookie", "kaiwa=" + cookie},
                                      {"Content-Type", "application/json"}};
        auto const writer = ask(route.method, filled(route.pattern), "{}", no_origin);
        EXPECT_EQ(code(writer), "bad_origin") << route.method << ' ' << route.pattern;
    }
}

TEST_F(RoutesTest, RefuseBodiesThatAreNotJson) {
    for (auto const& route : router.routes()) {
        if (!takes_json(route)) continue;
        auto headers = by_page();
        headers.set("Content-Type", "text/plain");
        auto const text = ask(route.method, filled(route.pattern), "{}", headers);
        EXPECT_EQ(code(text), "unsupported_type") << route.method << ' ' << route.pattern;
        for (std::string const body : {"[]", "null", "\"\"", "7", "{", "{\"a\":", "\xFF", "{}{}"}) {
            auto const writer = ask(route.method, filled(route.pattern), body, by_page());
            bool const refused = writer.head.status == 400 || writer.head.status == 404;
            EXPECT_TRUE(refused) << route.method << ' ' << route.pattern << ' ' << body << " gave "
                                 << writer.head.status;
        }
    }
}

TEST_F(RoutesTest, FindNothingTheSameWay) {
    std::string first;
    for (auto const& route : router.routes()) {
        bool const by_id = route.pattern.contains("{id}") && !route.pattern.contains("admin");
        bool const valid_without_fields = !takes_json(route) || route.pattern.ends_with("/select") ||
                                          route.pattern.ends_with("/restore") ||
                                          route.pattern.ends_with("/stop");
        if (!by_id || !valid_without_fields) continue;
        auto malformed = filled(route.pattern);
        malformed.replace(malformed.find(absent_id), 36, "x");
        for (auto const& path : {filled(route.pattern), malformed}) {
            auto const writer = ask(route.method, path, "{}", by_page());
            EXPECT_EQ(writer.head.status, 404u) << route.method << ' ' << path;
            auto const body = without_request_id(writer.body);
            if (first.empty()) first = body;
            EXPECT_EQ(body, first) << route.method << ' ' << path;
        }
    }
}

TEST_F(RoutesTest, KeepAdministrationForAdministrators) {
    cookie = run_task(services.sign_in("ann", auth::UserRole::user));
    for (auto const& route : router.routes()) {
        if (!route.pattern.starts_with("/api/admin")) continue;
        auto const writer = ask(route.method, filled(route.pattern), "{}", by_page());
        EXPECT_EQ(writer.head.status, 403u) << route.method << ' ' << route.pattern;
        EXPECT_EQ(code(writer), "forbidden");
    }
}

TEST_F(RoutesTest, AreNeverKeptOrSniffedByABrowser) {
    for (auto const& route : router.routes()) {
        auto const writer = ask(route.method, filled(route.pattern), "{}", by_page());
        EXPECT_EQ(writer.head.headers.get("Cache-Control"), "no-store") << route.pattern;
        EXPECT_EQ(writer.head.headers.get("X-Content-Type-Options"), "nosniff") << route.pattern;
        EXPECT_TRUE(writer.head.headers.get("Content-Security-Policy").contains("default-src 'none'"))
            << route.pattern;
    }
}

TEST_F(RoutesTest, AreReadyWhileNewWorkIsTaken) {
    auto const ready = [this] { return ask("GET", "/readyz", "", {}); };
    EXPECT_EQ(ready().body, "ready\n");
    services.disk_is_full = true;
    EXPECT_EQ(ready().head.status, 503u);
    EXPECT_TRUE(ready().body.contains("disk"));
    EXPECT_EQ(ask("GET", "/healthz", "", {}).head.status, 200u);
    services.disk_is_full = false;
    EXPECT_EQ(ready().head.status, 200u);
    services.turns.drain();
    EXPECT_EQ(ready().body, "draining\n");
}

TEST_F(RoutesTest, ShowNumbersToThisMachineAndAdministrators) {
    EXPECT_EQ(ask("GET", "/metrics", "", {}).head.status, 200u);
    auto const rebound = ask("GET", "/metrics", "", {{"Host", "evil.example"}});
    EXPECT_EQ(rebound.head.status, 421u);
    auto request = test::make_request("GET", "/metrics", {});
    request.peer = asio::ip::make_address("192.0.2.1");
    RecordingWriter writer;
    (void)run_task(router.answer(router.match("GET", "/metrics"), request, writer));
    EXPECT_EQ(writer.head.status, 401u);
}

TEST_F(RoutesTest, ListsInMemoryTakeTheSameParameters) {
    for (auto const* path : {"/api/models", "/api/admin/providers"}) {
        auto const asked = [&](std::string name, std::string value) {
            auto request = test::make_request("GET", path, by_page());
            request.query.emplace_back(std::move(name), std::move(value));
            RecordingWriter writer;
            (void)run_task(router.answer(router.match("GET", path), request, writer));
            return writer.head.status;
        };
        EXPECT_EQ(asked("sort", "name"), 200u) << path;
        EXPECT_EQ(asked("sort", "api_key"), 400u) << path;
        EXPECT_EQ(asked("order", "sideways"), 400u) << path;
        EXPECT_EQ(asked("limit", "0"), 400u) << path;
        EXPECT_EQ(asked("after", "made-up"), 400u) << path;
    }
}

TEST_F(RoutesTest, FiguresAreOfAKnownProviderAndSpan) {
    EXPECT_EQ(ask("GET", "/api/admin/providers/none/activity", "", by_page()).head.status, 404u);
    auto request = test::make_request("GET", "/api/admin/providers/none/activity", by_page());
    request.query.emplace_back("span", "1000000h");
    RecordingWriter writer;
    (void)run_task(router.answer(router.match(request.method, request.path), request, writer));
    EXPECT_EQ(writer.head.status, 400u);
}

TEST_F(RoutesTest, RefuseProvidersOfTheWrongShapeAndFindNoAbsentOnes) {
    auto const bad = ask("POST", "/api/admin/providers",
                         R"({"name":"Bad Name","kind":"openai","base_url":"http://127.0.0.1/v1"})",
                         by_page());
    EXPECT_EQ(bad.head.status, 400u);
    EXPECT_EQ(ask("DELETE", "/api/admin/providers/none", "", by_page()).head.status, 404u);
}

}  // namespace
}  // namespace kaiwa::api
