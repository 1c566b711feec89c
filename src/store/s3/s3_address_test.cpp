#include "store/s3/s3_fixture.hpp"

#include "aws/body_hash.hpp"

namespace kaiwa::store::s3 {
namespace {

TEST_F(S3BlobsTest, SaysThatChinaHasNoValidatedEndpoint) {
    variables["AWS_USE_FIPS_ENDPOINT"] = "true";
    Bucket bucket(session, {.name = "box", .region = "cn-north-1"});
    aws::ServiceRequest request;
    request.target = "/x";
    auto const refused = run(bucket.call(request));
    EXPECT_TRUE(aws::to_error(refused.error(), "S3")
                    .message.starts_with("S3 cannot be reached: AWS has no FIPS endpoint of S3"));
    EXPECT_TRUE(services.requests.empty());
    Bucket own(session, {.name = "box", .region = "cn-north-1", .endpoint = "https://own.test"});
    answer(200);
    EXPECT_TRUE(run(own.call(request)));
}

TEST_F(S3BlobsTest, FollowsABucketToItsRegionOnce) {
    auto const blobs = store();
    answer(301, {{"x-amz-bucket-region", "us-west-2"}},
           {"<Error><Code>PermanentRedirect</Code></Error>"});
    answer(200, {{"Content-Length", "0"}});
    ASSERT_TRUE(run(blobs->open(id)));
    EXPECT_TRUE(services.requests.at(1).url.starts_with("https://box.s3.us-west-2.amazonaws.com/"));
    EXPECT_TRUE(services.requests.at(1).headers.get("Authorization").contains("/us-west-2/s3/"));
    answer(400, {},
           {"<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>"});
    answer(204);
    ASSERT_TRUE(run(blobs->remove(id)));
    EXPECT_TRUE(services.requests.at(3).url.starts_with("https://box.s3.eu-west-3.amazonaws.com/"));
    answer(301, {{"x-amz-bucket-region", "eu-west-3"}});
    EXPECT_FALSE(run(blobs->remove(id)));
    answer(301, {{"x-amz-bucket-region", "evil.example/"}});
    EXPECT_FALSE(run(blobs->remove(id)));
    EXPECT_EQ(services.requests.size(), 6U);
}

TEST_F(S3BlobsTest, CallsTheKindOfEndpointThatIsAskedFor) {
    variables["AWS_USE_FIPS_ENDPOINT"] = "true";
    answer(204);
    ASSERT_TRUE(run(store()->remove(id)));
    EXPECT_TRUE(services.requests.at(0).url.starts_with("https://box.s3-fips.eu-west-1.amazonaws.com/"));
    variables["AWS_USE_DUALSTACK_ENDPOINT"] = "true";
    answer(204);
    ASSERT_TRUE(run(store({.name = "a.b"})->remove(id)));
    EXPECT_TRUE(services.requests.at(1).url.starts_with(
        "https://s3-fips.dualstack.eu-west-1.amazonaws.com/a.b/a%20b/"));
}

TEST_F(S3BlobsTest, AddressesByPathWhereAHostCannotBeOne) {
    answer(204);
    ASSERT_TRUE(run(store({.name = "a.b"})->remove(id)));
    EXPECT_TRUE(
        services.requests.at(0).url.starts_with("https://s3.eu-west-1.amazonaws.com/a.b/a%20b/"));
    answer(204);
    ASSERT_TRUE(run(store({.name = "box", .endpoint = "http://127.0.0.1:9000/"})->remove(id)));
    EXPECT_TRUE(services.requests.at(1).url.starts_with("http://127.0.0.1:9000/box/a%20b/"));
    EXPECT_EQ(services.requests.at(1).headers.get("X-Amz-Content-Sha256"), hex(sha256("")));
}

}  // namespace
}  // namespace kaiwa::store::s3
