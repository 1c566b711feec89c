#include "store/s3/s3_fixture.hpp"

#include "aws/body_hash.hpp"

namespace kaiwa::store::s3 {
namespace {

TEST_F(S3BlobsTest, PutsASmallBlobAtOnceAndNeverOverAnother) {
    auto const blobs = store();
    auto writer = run(blobs->create(id));
    ASSERT_TRUE(run((*writer)->write("ab")));
    EXPECT_TRUE(services.requests.empty());
    answer(200);
    ASSERT_TRUE(run((*writer)->commit()));
    EXPECT_EQ(sent(0),
              fmt::format("PUT https://box.s3.eu-west-1.amazonaws.com/a%20b/{} ab", id_text));
    auto const& headers = services.requests[0].headers;
    EXPECT_EQ(headers.get("If-None-Match"), "*");
    EXPECT_EQ(headers.get("X-Amz-Content-Sha256"), hex(sha256("ab")));
    EXPECT_TRUE(headers.get("Authorization").contains("/eu-west-1/s3/aws4_request"));
    answer(412, {}, {"<Error><Code>PreconditionFailed</Code></Error>"});
    auto again = run(blobs->create(id));
    EXPECT_EQ(run((*again)->commit()).error().code, Errc::conflict);
}

TEST_F(S3BlobsTest, SendsALargeBlobInPartsAndHoldsOneAtATime) {
    auto writer = run(store()->create(id));
    begin_upload();
    take_part("\"1\"");
    ASSERT_TRUE(run((*writer)->write("abcdefgh")));
    EXPECT_EQ(services.requests.size(), 2U) << "the second part may be the last";
    take_part("\"2\"");
    ASSERT_TRUE(run((*writer)->write("i")));
    take_part("\"3\"");
    answer(200, {}, {"<CompleteMultipartUploadResult/>"});
    ASSERT_TRUE(run((*writer)->commit()));
    writer->reset();
    auto const base = fmt::format("https://box.s3.eu-west-1.amazonaws.com/a%20b/{}", id_text);
    EXPECT_EQ(sent(0), "POST " + base + "?uploads ");
    EXPECT_EQ(sent(1), "PUT " + base + "?partNumber=1&uploadId=u%2F1 abcd");
    EXPECT_EQ(sent(3), "PUT " + base + "?partNumber=3&uploadId=u%2F1 i");
    EXPECT_EQ(services.requests[3].headers.get("X-Amz-Content-Sha256"), hex(sha256("i")));
    EXPECT_TRUE(
        sent(4).contains("<Part><PartNumber>2</PartNumber><ETag>&quot;2&quot;</ETag></Part>"));
    loop.restart();
    loop.run();
    EXPECT_EQ(services.requests.size(), 5U);
}

TEST_F(S3BlobsTest, KnowsItsOwnObjectAgainWhenTheAnswerWasLost) {
    auto const blobs = store();
    auto writer = run(blobs->create(id));
    ASSERT_TRUE(run((*writer)->write("ab")));
    // The first PUT made the object; the second finds it.
    services.answers.emplace_back(std::unexpected(Error{Errc::unavailable, "reset", "broken"}));
    answer(412, {}, {"<Error><Code>PreconditionFailed</Code></Error>"});
    answer(200, {{"x-amz-meta-kaiwa-writer", random.token(16)}});
    EXPECT_TRUE(run((*writer)->commit()));
    EXPECT_TRUE(sent(2).starts_with("HEAD "));
    EXPECT_EQ(services.requests[0].headers.get("x-amz-meta-kaiwa-writer"), random.token(16));

    auto large = run(blobs->create(id));
    begin_upload();
    take_part("1");
    ASSERT_TRUE(run((*large)->write("abcde")));
    take_part("2");
    answer(404, {}, {"<Error><Code>NoSuchUpload</Code></Error>"});
    answer(200, {{"x-amz-meta-kaiwa-writer", random.token(16)}});
    EXPECT_TRUE(run((*large)->commit()));

    auto third = run(blobs->create(id));
    answer(412, {}, {"<Error><Code>PreconditionFailed</Code></Error>"});
    answer(200, {{"x-amz-meta-kaiwa-writer", "somebody else"}});
    EXPECT_EQ(run((*third)->commit()).error().code, Errc::conflict);
}

TEST_F(S3BlobsTest, HoldsNoMoreThanItMay) {
    auto const blobs = open({.session = session, .bucket = {.name = "box"}, .max_held_bytes = 5});
    auto first = run(blobs->create(id));
    auto second = run(blobs->create(id));
    ASSERT_TRUE(run((*first)->write("abc")));
    EXPECT_EQ(run((*second)->write("def")).error().code, Errc::unavailable);
    first->reset();
    EXPECT_TRUE(run((*second)->write("def")));
}

TEST_F(S3BlobsTest, HoldsAPartUntilItsAnswerCame) {
    auto const blobs = open({.session = session, .bucket = {.name = "box"}, .max_held_bytes = 5});
    auto first = run(blobs->create(id));
    auto second = run(blobs->create(id));
    ASSERT_TRUE(run((*first)->write("abc")));
    test::MemoryAnswer slow;
    slow.stays_open = true;
    services.answers.emplace_back(std::move(slow));
    asio::cancellation_signal stop;
    std::optional<Result<void>> committed, written;
    auto const nobody = [](std::exception_ptr) {};
    loop.restart();
    spawn(loop.get_executor(), stop.slot(), keep((*first)->commit(), committed), nobody);
    loop.run_for(std::chrono::milliseconds(50));
    ASSERT_FALSE(committed);
    spawn(loop.get_executor(), {}, keep((*second)->write("def"), written), nobody);
    loop.run_for(std::chrono::milliseconds(50));
    ASSERT_TRUE(written);
    EXPECT_EQ(written->error().code, Errc::unavailable);

    stop.emit(asio::cancellation_type::terminal);
    loop.run();
    ASSERT_TRUE(committed);
    EXPECT_FALSE(*committed);
    EXPECT_TRUE(run((*second)->write("def")));
}

TEST_F(S3BlobsTest, TakesPartsBackThatNobodyFinished) {
    {
        auto writer = run(store()->create(id));
        begin_upload();
        take_part("1");
        ASSERT_TRUE(run((*writer)->write("abcde")));
        answer(204);
    }
    loop.restart();
    loop.run();
    EXPECT_TRUE(sent(2).starts_with("DELETE ")) << sent(2);
    EXPECT_TRUE(sent(2).contains("?uploadId=u%2F1"));
}

TEST_F(S3BlobsTest, FindsTheErrorInsideASuccessfulEnd) {
    auto writer = run(store()->create(id));
    begin_upload();
    take_part("1");
    take_part("2");
    answer(200, {}, {"<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>"});
    ASSERT_TRUE(run((*writer)->write("abcde")));
    EXPECT_EQ(run((*writer)->commit()).error().code, Errc::unavailable);
    answer(204);
}

TEST_F(S3BlobsTest, RefusesMorePartsThanS3Takes) {
    auto writer = run(store()->create(id));
    begin_upload();
    for (auto const* tag : {"1", "2", "3"}) take_part(tag);
    EXPECT_EQ(run((*writer)->write("abcdefghijklmnopq")).error().code, Errc::too_large);
    answer(204);
}

std::string read_all(chat::BlobStore::Reader& reader, auto&& run) {
    std::string all;
    for (;;) {
        auto piece = run(reader.next());
        if (!piece) return all + "|" + piece.error().message;
        if (piece->empty()) return all;
        all += *piece;
    }
}

TEST_F(S3BlobsTest, GoesOnReadingWhereItBrokeOff) {
    auto const run_it = [this](auto task) { return run(std::move(task)); };
    answer(200, {{"Content-Length", "6"}, {"ETag", "\"t\""}}, {"ab", "c"},
           Error{Errc::unavailable, "reset", "broken"});
    answer(206, {{"Content-Range", "bytes 3-5/6"}}, {"def"});
    auto reader = run(store()->open(id));
    EXPECT_EQ((*reader)->size(), 6U);
    EXPECT_EQ(read_all(**reader, run_it), "abcdef");
    EXPECT_EQ(services.requests.at(1).headers.get("Range"), "bytes=3-");
    EXPECT_EQ(services.requests.at(1).headers.get("If-Match"), "\"t\"");

    answer(200, {{"Content-Length", "6"}, {"ETag", "\"t\""}}, {"ab"});
    answer(412, {}, {"<Error><Code>PreconditionFailed</Code></Error>"});
    auto changed = run(store()->open(id));
    EXPECT_TRUE(read_all(**changed, run_it).starts_with("ab|"));

    answer(200, {{"Content-Length", "6"}, {"ETag", "\"t\""}}, {"ab"});
    answer(200, {}, {"abcdef"});
    auto ignored = run(store()->open(id));
    EXPECT_EQ(read_all(**ignored, run_it), "ab|S3 does not go on where it broke off");
}

TEST_F(S3BlobsTest, ReachesWhatAnotherProgramStoredByItsWholeKey) {
    auto const blobs = store();
    chat::FileInfo file{id, "cat.png", "image/png", 0};
    file.foreign_key = "hana/thread 1/猫";
    auto const url = "https://box.s3.eu-west-1.amazonaws.com/hana/thread%201/%E7%8C%AB";
    answer(200, {{"Content-Length", "3"}, {"ETag", "\"1\""}}, {"cat"});
    auto reader = run(chat::open_bytes(*blobs, file));
    ASSERT_TRUE(reader);
    EXPECT_EQ((*reader)->size(), 3u);
    EXPECT_EQ(run((*reader)->next()), "cat");
    EXPECT_EQ(sent(0), fmt::format("GET {} ", url));
    answer(204);
    ASSERT_TRUE(run(blobs->remove_foreign(file.foreign_key)));
    EXPECT_EQ(sent(1), fmt::format("DELETE {} ", url));
}

TEST_F(S3BlobsTest, TellsWhetherAFileIsThereByItsFirstByte) {
    auto const blobs = open({.session = session, .bucket = {.name = "box"}});
    chat::FileInfo file{id, "cat.png", "image/png", 0};
    file.foreign_key = "hana/cat";
    answer(206, {{"Content-Length", "1"}, {"Content-Range", "bytes 0-0/9"}}, {"c"});
    EXPECT_EQ(run(blobs->has(file)), true);
    EXPECT_EQ(services.requests[0].headers.get("Range"), "bytes=0-0");
    EXPECT_EQ(sent(0), "GET https://box.s3.eu-west-1.amazonaws.com/hana/cat ");
    answer(416, {}, {"<Error><Code>InvalidRange</Code></Error>"});
    EXPECT_EQ(run(blobs->has(file)), true) << "it is empty";
    file.foreign_key.clear();
    answer(404, {}, {"<Error><Code>NoSuchKey</Code></Error>"});
    EXPECT_EQ(run(blobs->has(file)), false);
    EXPECT_EQ(sent(2), fmt::format("GET https://box.s3.eu-west-1.amazonaws.com/{} ", id_text));
    answer(403, {}, {"<Error><Code>AccessDenied</Code></Error>"});
    EXPECT_FALSE(run(blobs->has(file)));
}

TEST_F(S3BlobsTest, AsksForNoMoreThanAPart) {
    auto const run_it = [this](auto task) { return run(std::move(task)); };
    auto const blobs = store();
    answer(206, {{"Content-Length", "3"}, {"Content-Range", "bytes 2-4/9"}, {"ETag", "\"t\""}},
           {"c"}, Error{Errc::unavailable, "reset", "broken"});
    answer(206, {{"Content-Range", "bytes 3-4/9"}}, {"de"});
    auto reader = run(blobs->open(id, {2, 3}));
    EXPECT_EQ((*reader)->size(), 3U);
    EXPECT_EQ(read_all(**reader, run_it), "cde");
    EXPECT_EQ(services.requests.at(0).headers.get("Range"), "bytes=2-4");
    EXPECT_EQ(services.requests.at(1).headers.get("Range"), "bytes=3-4");

    answer(206, {{"Content-Length", "7"}, {"Content-Range", "bytes 2-8/9"}}, {"cdefghi"});
    auto rest = run(blobs->open(id, {2, chat::BlobPart::to_the_end}));
    EXPECT_EQ(read_all(**rest, run_it), "cdefghi");
    EXPECT_EQ(services.requests.at(2).headers.get("Range"), "bytes=2-");

    answer(416, {}, {"<Error><Code>InvalidRange</Code></Error>"});
    EXPECT_EQ(run(blobs->open(id, {9, 1})).error().code, Errc::invalid_argument);
    answer(200, {{"Content-Length", "9"}}, {"abcdefghi"});
    EXPECT_EQ(run(blobs->open(id, {2, 3})).error().code, Errc::unavailable) << "all of it came";
    answer(206, {{"Content-Length", "7"}, {"Content-Range", "bytes 2-8/9"}}, {"cdefghi"});
    EXPECT_EQ(run(blobs->open(id, {2, 3})).error().code, Errc::unavailable) << "without an end";
    answer(206, {{"Content-Length", "1"}, {"Content-Range", "bytes 8-8/9"}}, {"i"});
    EXPECT_EQ((*run(blobs->open(id, {8, 3})))->size(), 1U) << "the file ends before the part";
}

TEST_F(S3BlobsTest, AsksAgainForADownloadThatDidNotBegin) {
    auto const blobs = store();
    answer(503, {}, {"<Error><Code>SlowDown</Code></Error>"});
    services.answers.emplace_back(std::unexpected(Error{Errc::unavailable, "reset", "broken"}));
    answer(200, {{"Content-Length", "0"}});
    EXPECT_TRUE(run(blobs->open(id)));
    for (int i = 0; i < 3; ++i) answer(503, {}, {"<Error><Code>SlowDown</Code></Error>"});
    EXPECT_EQ(run(blobs->open(id)).error().code, Errc::unavailable);
    EXPECT_EQ(services.requests.size(), 6U);
}

TEST_F(S3BlobsTest, WritesAgainWhatMetAnotherWrite) {
    auto const blobs = store();
    auto writer = run(blobs->create(id));
    answer(409, {}, {"<Error><Code>ConditionalRequestConflict</Code></Error>"});
    answer(200);
    EXPECT_TRUE(run((*writer)->commit()));
}

TEST_F(S3BlobsTest, NeverGivesMoreThanTheObjectHas) {
    auto const run_it = [this](auto task) { return run(std::move(task)); };
    answer(200, {{"Content-Length", "2"}, {"ETag", "\"t\""}}, {"abc"});
    auto reader = run(store()->open(id));
    EXPECT_TRUE(read_all(**reader, run_it).starts_with("|"));
}

TEST_F(S3BlobsTest, SaysWhatIsAbsentAndWhatIsOurOwnFault) {
    auto const blobs = store();
    answer(404, {}, {"<Error><Code>NoSuchKey</Code></Error>"});
    EXPECT_EQ(run(blobs->open(id)).error().code, Errc::not_found);
    answer(403, {}, {"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"});
    auto const denied = run(blobs->open(id));
    EXPECT_EQ(denied.error().code, Errc::unavailable);
    EXPECT_EQ(denied.error().message, "S3 cannot be used now; the server's log says why");
    answer(404, {}, {"<Error><Code>NoSuchBucket</Code></Error>"});
    EXPECT_EQ(run(blobs->open(id)).error().code, Errc::unavailable);
    answer(404);
    EXPECT_TRUE(run(blobs->remove(id)));
}

}  // namespace
}  // namespace kaiwa::store::s3
