#include "aws/endpoints.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

namespace kaiwa::aws {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

Variables reader_of(Values const& values) {
    return [&values](std::string_view name) -> std::optional<std::string> {
        auto const it = values.find(name);
        if (it == values.end() || it->second.empty()) return std::nullopt;
        return it->second;
    };
}

TEST(Endpoints, AreWhereServicesAre) {
    Values variables;
    auto const url = [&](std::string_view host, std::string_view region) {
        return service_url(reader_of(variables), host, region);
    };
    EXPECT_EQ(url("bedrock-runtime", "eu-west-1"), "https://bedrock-runtime.eu-west-1.amazonaws.com");
    EXPECT_EQ(url("s3", "cn-north-1"), "https://s3.cn-north-1.amazonaws.com.cn");
    EXPECT_EQ(url("dynamodb", "us-iso-east-1"), "https://dynamodb.us-iso-east-1.c2s.ic.gov");
    variables["AWS_ENDPOINT_URL"] = "http://localhost:4566/";
    EXPECT_EQ(url("s3", "eu-west-1"), "http://localhost:4566");
    variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = "https://vpce-1.example";
    EXPECT_EQ(url("bedrock-runtime", "eu-west-1"), "https://vpce-1.example");
    variables["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = "http://secrets";
    EXPECT_EQ(url("secretsmanager", "eu-west-1"), "http://secrets");
    variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
    EXPECT_EQ(url("s3", "eu-west-1"), "https://s3.eu-west-1.amazonaws.com");
}

// As botocore's endpoint rules answer.
TEST(Endpoints, HaveTheNamesOfTheirKind) {
    Values variables;
    struct Case {
        std::string_view host, region, fips, dual_stack, both;
    };
    for (auto const& [host, region, fips, dual_stack, both] :
         {Case{"dynamodb", "us-east-1", "dynamodb-fips.us-east-1.amazonaws.com",
               "dynamodb.us-east-1.api.aws", "dynamodb-fips.us-east-1.api.aws"},
          Case{"dynamodb", "us-gov-west-1", "dynamodb.us-gov-west-1.amazonaws.com",
               "dynamodb.us-gov-west-1.api.aws", "dynamodb-fips.us-gov-west-1.api.aws"},
          Case{"s3", "us-gov-west-1", "s3-fips.us-gov-west-1.amazonaws.com",
               "s3.dualstack.us-gov-west-1.amazonaws.com",
               "s3-fips.dualstack.us-gov-west-1.amazonaws.com"},
          Case{"sts", "us-east-1", "sts-fips.us-east-1.amazonaws.com", "sts.us-east-1.api.aws",
               "sts-fips.us-east-1.api.aws"},
          Case{"ssm", "us-gov-east-1", "ssm.us-gov-east-1.amazonaws.com",
               "ssm.us-gov-east-1.api.aws", "ssm-fips.us-gov-east-1.api.aws"},
          Case{"secretsmanager", "us-gov-west-1", "secretsmanager-fips.us-gov-west-1.amazonaws.com",
               "secretsmanager.us-gov-west-1.amazonaws.com",
               "secretsmanager-fips.us-gov-west-1.amazonaws.com"},
          Case{"secretsmanager", "us-east-1", "secretsmanager-fips.us-east-1.amazonaws.com",
               "secretsmanager.us-east-1.amazonaws.com",
               "secretsmanager-fips.us-east-1.amazonaws.com"},
          Case{"secretsmanager", "cn-north-1", "secretsmanager-fips.cn-north-1.amazonaws.com.cn",
               "secretsmanager.cn-north-1.amazonaws.com.cn",
               "secretsmanager-fips.cn-north-1.api.amazonwebservices.com.cn"},
          Case{"secretsmanager", "us-iso-east-1", "secretsmanager-fips.us-iso-east-1.c2s.ic.gov",
               "secretsmanager.us-iso-east-1.api.aws.ic.gov",
               "secretsmanager-fips.us-iso-east-1.api.aws.ic.gov"},
          Case{"lambda", "us-gov-west-1", "lambda-fips.us-gov-west-1.amazonaws.com",
               "lambda.us-gov-west-1.api.aws", "lambda-fips.us-gov-west-1.api.aws"},
          Case{"portal.sso", "eu-west-1", "portal.sso-fips.eu-west-1.amazonaws.com",
               "portal.sso.eu-west-1.api.aws", "portal.sso-fips.eu-west-1.api.aws"},
          Case{"bedrock-runtime", "cn-north-1", "bedrock-runtime-fips.cn-north-1.amazonaws.com.cn",
               "bedrock-runtime.cn-north-1.api.amazonwebservices.com.cn",
               "bedrock-runtime-fips.cn-north-1.api.amazonwebservices.com.cn"}}) {
        auto const url = [&](char const* fips_is, char const* dual_stack_is) {
            variables["AWS_USE_FIPS_ENDPOINT"] = fips_is;
            variables["AWS_USE_DUALSTACK_ENDPOINT"] = dual_stack_is;
            return service_url(reader_of(variables), host, region);
        };
        EXPECT_EQ(url("true", ""), fmt::format("https://{}", fips));
        EXPECT_EQ(url("false", "True"), fmt::format("https://{}", dual_stack));
        EXPECT_EQ(url("TRUE", "true"), fmt::format("https://{}", both));
    }
}

}  // namespace
}  // namespace kaiwa::aws
