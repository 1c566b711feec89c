#include "server/check_aws.hpp"

#include "aws/secrets.hpp"
#include "aws/xml.hpp"
#include "http/tls.hpp"
#include "llm/provider_config.hpp"
#include "server/config_providers.hpp"
#include "server/outbound.hpp"
#include "server/table_shape.hpp"
#include "server/wire_aws.hpp"
#include "server/wire_bedrock.hpp"
#include "server/wire_providers.hpp"
#include "store/s3/bucket.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <memory>

namespace kaiwa::server {
namespace {

constexpr std::size_t max_answer_bytes = std::size_t{1} << 20;
constexpr char const* valid_keys = "the keys are wrong or over: give valid ones";
constexpr char const* the_way =
    "check the region, the endpoint, and the way there (VPC endpoint, proxy)";

bool is_about_keys(std::string_view code) {
    return code.contains("Signature") || code.contains("Token") || code.contains("Unrecognized") ||
           code.contains("AccessKeyId") || code.contains("Expired");
}

/// What somebody can do about it.
std::string advice(aws::Failure const& failure, std::string_view permission) {
    using Kind = aws::Failure::Kind;
    auto const& code = failure.code;
    if (failure.kind == Kind::credentials)
        return "give credentials or a region as docs/aws.md shows";
    if (failure.kind == Kind::network || failure.kind == Kind::timed_out) return the_way;
    if (failure.kind == Kind::unreadable)
        return "check the endpoint, and of a secret the field that its reference names";
    if (is_about_keys(code)) return valid_keys;
    if (code.contains("NotFound") || code.contains("NoSuch") || failure.status == 404)
        return "it does not exist in this account and region: check its name";
    if (failure.status == 403 || code.contains("AccessDenied") || code.contains("NotAuthorized"))
        return fmt::format("allow {} to this identity", permission);
    return "try again; the service's words say more";
}

std::string advice(llm::Failure const& failure, std::string_view permission) {
    switch (failure.kind) {
        case llm::FailureClass::auth:
            return fmt::format("give valid credentials, and allow {} to this identity", permission);
        case llm::FailureClass::network:
        case llm::FailureClass::timeout:
            return the_way;
        default:
            return "try again; the service's words say more";
    }
}

aws::ServiceRequest caller_identity() {
    aws::ServiceRequest request;
    request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    request.body = "Action=GetCallerIdentity&Version=2011-06-15";
    request.deadlines.connect = std::chrono::seconds(5);
    request.deadlines.first_byte = std::chrono::seconds(15);
    request.deadlines.total = std::chrono::seconds(60);
    return request;
}

std::string option(llm::ProviderConfig const& provider, char const* name) {
    auto const it = provider.options.find(name);
    return it == provider.options.end() ? std::string() : it->second;
}

/// Asks one question after the other and writes down what came.
class Checker {
public:
    Checker(Settings const& settings, AwsCheck& found)
        : settings_(settings),
          found_(found),
          aws_(settings, AwsGround::Connections::closed, clock_, random_, log_),
          models_client_(models_gate_, closed_connections(settings), log_),
          bedrock_(bedrock_services(models_client_, models_gate_, aws_, clock_, random_)) {}

    asio::awaitable<void> run() {
        check_roots();
        co_await check_identity();
        if (!settings_.sealing_secret_from.empty())
            co_await check_secret("KAIWA_SECRET", settings_.sealing_secret_from);
        if (settings_.administrator && !settings_.administrator->password_from.empty())
            co_await check_secret("ADMIN_PASSWORD", settings_.administrator->password_from);
        if (settings_.store == StoreKind::dynamodb) {
            co_await check_table(settings_.dynamodb.table, chat_table_shape);
            co_await check_table(settings_.dynamodb.user_table, user_table_shape);
        }
        auto const& of_dialects = settings_.compat_tables;
        if (of_dialects.langchain_history)
            co_await check_table(of_dialects.history, history_table_shape,
                                 MissingTable::stays_missing);
        if (!of_dialects.roles.empty())
            co_await check_table(of_dialects.roles, role_table_shape, MissingTable::stays_missing);
        if (settings_.files == FilesKind::s3) co_await check_bucket();
        for (auto const& provider : settings_.providers) co_await check_provider(provider);
    }

private:
    static http::ClientOptions closed_connections(Settings const& settings) {
        auto options = outbound_options(settings);
        options.max_idle_per_origin = 0;
        return options;
    }
    void good(std::string const& line) { found_.text += "ok    " + line + "\n"; }
    void bad(std::string const& what, std::string const& why, std::string const& to_do) {
        found_.works = false;
        found_.text += fmt::format("fails {}: {}\n      {}\n", what, why, to_do);
    }
    void bad(std::string const& what, std::string_view service, aws::Failure const& failure,
             std::string_view permission) {
        bad(what, aws::to_error(failure, service).message, advice(failure, permission));
    }

    void check_roots() {
        auto const bundle = settings_.aws_variables.find("AWS_CA_BUNDLE");
        if (bundle == settings_.aws_variables.end() || bundle->second.empty()) return;
        auto const what = fmt::format("AWS_CA_BUNDLE {}", bundle->second);
        auto const usable = http::TlsContext::make(bundle->second);
        if (usable) return good(fmt::format("{} can be read", what));
        bad(what, usable.error().message, "until then no call over TLS is made");
    }

    asio::awaitable<void> check_identity() {
        auto& session = aws_.session();
        auto const region = co_await session.region();
        if (region)
            good(fmt::format("region {}", *region));
        else
            bad("region", region.error().message, "set AWS_REGION");
        auto const who = co_await session.credentials().credentials();
        if (!who) {
            auto const& failure = who.error();
            bool const are_missing = failure.kind == aws::Failure::Kind::credentials;
            if (are_missing && asks_by_api_key_alone()) {
                good("no credentials, and none are needed: Bedrock is asked with its API key");
                co_return;
            }
            bad("credentials",
                are_missing ? failure.message : aws::to_error(failure, "AWS").message,
                advice(failure, ""));
            co_return;
        }
        auto const& end = who->expires_at;
        if (end && *end <= clock_.now())
            bad("credentials",
                fmt::format("those of {} expired at {}", who->source, to_rfc3339(*end)),
                "renew them where they come from");
        else
            good(fmt::format("credentials from {}", who->source));
        aws::ServiceAddress address{
            .service = "sts", .host = "sts", .region = region.value_or("us-east-1")};
        auto const sts = aws::make_client(session, std::move(address));
        auto request = caller_identity();
        auto const reply = co_await sts->call(std::move(request), max_answer_bytes);
        if (!reply) {
            bad("identity", "STS", reply.error(), "sts:GetCallerIdentity");
            co_return;
        }
        good(fmt::format("identity {} of account {}",
                         aws::xml_text(reply->body, "Arn").value_or("unknown"),
                         aws::xml_text(reply->body, "Account").value_or("unknown")));
    }

    /// Whether all that is asked of AWS is Bedrock, and with an API key.
    [[nodiscard]] bool asks_by_api_key_alone() const {
        auto const& variables = settings_.aws_variables;
        bool const has_key = variables.contains("AWS_BEARER_TOKEN_BEDROCK");
        bool by_key = false;
        bool by_credentials = !settings_.sealing_secret_from.empty() ||
                              settings_.store == StoreKind::dynamodb ||
                              settings_.files == FilesKind::s3 ||
                              settings_.compat_tables.langchain_history ||
                              !settings_.compat_tables.roles.empty() ||
                              (settings_.administrator &&
                               !settings_.administrator->password_from.empty());
        for (auto const& provider : settings_.providers) {
            by_credentials |= !llm::key_reference(provider).empty();
            if (provider.kind != "bedrock") continue;
            bool const keyed = has_key || !provider.api_key.empty();
            by_key |= keyed;
            by_credentials |= !keyed;
        }
        return by_key && !by_credentials;
    }

    /// The secret, for what is checked with it.
    asio::awaitable<Secret> check_secret(std::string use, std::string text) {
        auto const what = fmt::format("{} ({})", text, use);
        auto const reference = aws::parse_secret_reference(text);
        if (!reference) co_return Secret();  // the configuration was refused before
        bool const is_manager = reference->keeper == aws::SecretReference::Keeper::secrets_manager;
        auto secret = co_await aws::fetch_secret(aws_.session(), *reference);
        if (!secret) {
            bad(what, is_manager ? "Secrets Manager" : "Parameter Store", secret.error(),
                is_manager ? "secretsmanager:GetSecretValue" : "ssm:GetParameter");
            co_return Secret();
        }
        good(fmt::format("{} can be read", what));
        co_return std::move(*secret);
    }

    enum class MissingTable { may_be_made, stays_missing };
    asio::awaitable<void> check_table(std::string name, TableShape shape,
                                      MissingTable missing = MissingTable::may_be_made) {
        auto const& dynamodb = settings_.dynamodb;
        auto const what = fmt::format("DynamoDB table {}", name);
        aws::ServiceAddress address{.service = "dynamodb",
                                    .host = "dynamodb",
                                    .region = dynamodb.region,
                                    .url = dynamodb.endpoint};
        auto const client = aws::make_client(aws_.session(dynamodb.profile), std::move(address));
        json::value question = json::object{{"TableName", name}};
        auto const answer = co_await client->call_json("1.0", "DynamoDB_20120810.DescribeTable",
                                                       std::move(question));
        auto const wrong = answer ? misfit(*answer, shape) : std::string();
        if (!wrong.empty()) {
            bad(what, wrong, "name a table with that shape in the configuration");
        } else if (answer) {
            good(fmt::format("{} answers in {}", what, client->endpoint().region));
        } else if (answer.error().code == "ResourceNotFoundException" && dynamodb.create_tables &&
                   missing == MissingTable::may_be_made) {
            good(fmt::format("{} is not there yet and will be made", what));
        } else {
            bad(what, "DynamoDB", answer.error(),
                "dynamodb:DescribeTable and what docs/aws.md lists");
        }
    }

    asio::awaitable<void> check_bucket() {
        auto const& s3 = settings_.s3;
        auto const what = fmt::format("S3 bucket {}", s3.bucket);
        store::s3::Bucket bucket(aws_.session(s3.profile),
                                 {.name = s3.bucket, .region = s3.region, .endpoint = s3.endpoint});
        // An object that is not there: that we may look is all that is asked.
        aws::ServiceRequest request;
        request.method = "GET";
        request.target = store::s3::key_path(s3.prefix + "kaiwa-check-aws");
        auto const reply = co_await bucket.call(std::move(request));
        if (reply || reply.error().code == "NoSuchKey") {
            good(fmt::format("{} answers", what));
            co_return;
        }
        bad(what, "S3", reply.error(),
            "s3:ListBucket on the bucket and s3:GetObject, s3:PutObject, s3:DeleteObject and "
            "s3:AbortMultipartUpload on its objects");
    }

    asio::awaitable<void> check_provider(llm::ProviderConfig provider) {
        if (auto reference = llm::key_reference(provider); !reference.empty()) {
            provider.api_key =
                co_await check_secret("the key of " + provider.name, std::move(reference));
            if (provider.api_key.empty()) co_return;
        }
        if (provider.kind != "bedrock") co_return;
        auto const what = fmt::format("Bedrock ({})", provider.name);
        auto const model = make_provider(provider, bedrock_);
        if (!model) {
            bad(what, model.error().message, "correct the provider");
            co_return;
        }
        auto const models = co_await (*model)->list();
        constexpr char const* permission =
            "bedrock:ListFoundationModels and bedrock:ListInferenceProfiles";
        if (!models) {
            bad(what, llm::words_for_operator(models.error()), advice(models.error(), permission));
            co_return;
        }
        if (auto const notice = (*model)->notice()) {
            good(fmt::format("{} answers, but only the configured models are offered: {}", what,
                             llm::words_for_operator(*notice)));
            co_return;
        }
        auto region = option(provider, "region");
        if (region.empty())
            region = (co_await aws_.session(option(provider, "profile")).region()).value_or("");
        good(fmt::format("{} answers in {} and has {} models", what, region, models->size()));
    }

    Settings const& settings_;
    AwsCheck& found_;
    SystemClock clock_;
    SystemRandom random_;
    NullLog log_;
    AwsGround aws_;
    ProviderGate models_gate_;
    http::Client models_client_;
    providers::BedrockServices bedrock_;
};

}  // namespace

AwsCheck check_aws(Settings const& settings) {
    AwsCheck found;
    Checker checker(settings, found);
    asio::io_context loop(1);
    spawn(loop.get_executor(), {}, checker.run(), [&found](std::exception_ptr escaped) {
        if (!escaped) return;
        found.works = false;
        found.text += "fails the check itself: this is a bug\n";
    });
    loop.run();
    return found;
}

}  // namespace kaiwa::server
