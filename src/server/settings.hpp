#pragma once

#include "api/compat/settings.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "http/proxy.hpp"
#include "http/server.hpp"
#include "llm/catalogue.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kaiwa::server {

/// A suggestion that an empty chat shows.
struct Starter {
    std::string title;
    std::string prompt;

    bool operator==(Starter const&) const = default;
};

/// The secret that seals the stores has at least so many.
inline constexpr std::size_t least_sealing_secret_bytes = 32;

/// The administrator that the environment names, for a store that has none.
struct AdministratorSeed {
    std::string username;
    Secret password;
    std::string password_from{};  ///< Where AWS keeps it instead, as `secret:aws-…`.
};

/// What receives the requests.
enum class Home {
    server,    ///< Our own HTTP server.
    function,  ///< AWS Lambda.
};

enum class RequestLog {
    with_json,  ///< Where the log is for collectors.
    on,
    off,
};

/// How ends of turns are counted in the log's stream beside `/metrics`.
enum class LoggedMetrics {
    none,
    emf,  ///< CloudWatch embedded metric format, on standard output.
};

/// Whether calls that leave this machine go by the proxies that the environment names.
enum class OutboundProxy { none, environment };

enum class FunctionResponse { buffered, stream };

/// Who may call a dialect, as far as the configuration says.
struct CompatChoice {
    std::optional<api::compat::PrincipalKind> principal;
    std::string issuer;
    std::string audience;
};

/// Where DynamoDB keeps what SQLite would; what is empty is found out as AWS's own programs do.
struct DynamoSettings {
    std::string table = "ChainlitData";
    std::string user_table = "UserAuth";
    bool create_tables = false;
    bool keep_sha256 = false;  ///< Another program still reads the old hashes of passwords.
    std::string region;
    std::string endpoint;  ///< Scheme, host and port.
    std::string profile;
};

/// Tables of other systems' that dialects keep what is theirs in; they lie where DynamoDB is.
struct CompatTables {
    bool langchain_history = false;  ///< Else sessions are remembered by their threads alone.
    std::string history = "ChatMessageHistory";
    std::chrono::days history_expires{0};  ///< 0: a session stays.
    std::string roles;                     ///< Empty: a role is kept in a thread.
};

enum class StoreKind { sqlite, dynamodb };

/// The bucket that files are kept in; what is empty is found out as AWS's own programs do.
struct S3Settings {
    std::string bucket;
    std::string prefix;  ///< Before every object's name.
    std::string region;
    std::string endpoint;  ///< Scheme, host and port.
    std::string profile;
};

enum class FilesKind { directory, s3 };

/// Everything that an operator can decide, checked. docs/configuration.md says what each means.
struct Settings {
    boost::asio::ip::tcp::endpoint listen{boost::asio::ip::address_v4::loopback(), 8080};
    std::filesystem::path data = "data";
    std::string public_url;  ///< Scheme and authority, without a slash at its end; may be empty.
    std::vector<http::AddressRange> trusted_proxies;
    std::vector<std::string> allowed_hosts;
    std::chrono::milliseconds drain_time{25'000};

    std::size_t turns_per_user = 256;
    std::size_t max_connections = 18'000;
    std::size_t max_answer_bytes = std::size_t{4} << 20;

    std::vector<llm::ProviderConfig> providers;
    OutboundProxy outbound_proxy = OutboundProxy::none;
    http::Proxies proxies;  ///< Those of the environment, when they are used.
    /// The variables that AWS's own tools read: `AWS_…`, what ECS sets, and `HOME` for its files.
    std::map<std::string, std::string, std::less<>> aws_variables;
    bool find_local_models = true;  ///< Whether servers of this machine are looked for.
    std::string default_model;
    std::string system_prompt;
    std::string greeting;
    std::vector<Starter> starters;

    bool uploads_enabled = true;
    std::vector<std::string> upload_types{"image/*", "text/*", "application/pdf",
                                          "application/json"};
    std::size_t max_files = 20;
    std::uint64_t max_file_bytes = 524'288'000;

    api::compat::Settings compat = api::compat::default_settings();
    CompatChoice compat_choice;  ///< Of `[compat]`, for dialects that choose nothing themselves.
    std::array<CompatChoice, api::compat::dialect_count> compat_choices;
    CompatTables compat_tables;
    StoreKind store = StoreKind::sqlite;
    DynamoSettings dynamodb;
    FilesKind files = FilesKind::directory;
    S3Settings s3;

    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::text;
    RequestLog request_log = RequestLog::with_json;
    LoggedMetrics logged_metrics = LoggedMetrics::none;

    Home home = Home::server;
    FunctionResponse function_response = FunctionResponse::buffered;

    std::optional<Secret> sealing_secret;  ///< KAIWA_SECRET; unset: a key file beside the data.
    std::string sealing_secret_from;       ///< Where AWS keeps it instead, as `secret:aws-…`.
    std::optional<AdministratorSeed> administrator;

    [[nodiscard]] bool logs_requests() const {
        return request_log == RequestLog::on ||
               (request_log == RequestLog::with_json && log_format == LogFormat::json);
    }
};

}  // namespace kaiwa::server
