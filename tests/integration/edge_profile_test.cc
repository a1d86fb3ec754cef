// The server's profile of itself over real gRPC: measured once, shared, kept, never in the way of requests, and closed to nonsense.
#include "apps/edge_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "device/live/grpc_channel.h"
#include "profile/profile_json.h"
#include "tests/integration/server_harness.h"

namespace partway {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Reply = absl::StatusOr<wire::ProfileReply>;

edge::EdgeServerOptions Quick(const std::string& folder = "") {
  edge::EdgeServerOptions options;
  options.core.profiles.measuring = std::chrono::milliseconds(20);   // a limit, not a length: one round is always measured
  options.core.profiles.folder = folder;
  return options;
}

class EdgeProfile : public testing::Test {
 protected:
  EdgeProfile() { Start(""); }

  void Start(const std::string& folder) {
    channel.reset();
    server.reset();
    server = std::make_unique<ServerHarness>(Quick(folder));
    channel = *device::MakeGrpcChannel({.address = server->server->address()});
  }
  wire::ProfileRequest Request(std::vector<wire::PictureSize> sizes = {{8, 8}}) const {
    return {
        .model = "arithmetic", .model_sha256 = server->model->sha256, .positions = {0, 1, 2, 3, 4}, .sizes = std::move(sizes)};
  }
  std::future<Reply> Ask(const wire::ProfileRequest& request, Duration timeout = std::chrono::minutes(2)) const {
    auto promise = std::make_shared<std::promise<Reply>>();
    channel->Profile(request, timeout, [promise](Reply reply) { promise->set_value(std::move(reply)); });
    return promise->get_future();
  }

  std::unique_ptr<ServerHarness> server;
  std::unique_ptr<device::Channel> channel;
};

TEST_F(EdgeProfile, MeasuresEachGroupAndTheWholeAtEachSize) {
  const auto made = apps::FetchEdgeProfile(server->server->address(), *server->Grouping(), {{16, 12}, {8, 8}});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(made->measured);
  EXPECT_EQ(made->model_sha256, server->model->sha256);
  EXPECT_EQ(made->group_count(), 4);
  EXPECT_EQ(made->engine, "onnxruntime");
  ASSERT_EQ(made->sizes.size(), 2u);
  for (const profile::SizeProfile& at : made->sizes) {
    for (const profile::TimeSpread& group : at.groups) EXPECT_GE(group.n, 1);
    EXPECT_GE(at.whole.n, 1);
    EXPECT_EQ(at.cut_bytes[0], 3 * 4 * at.height * at.width);
  }
  // The model takes a picture (1x3xHxW), so codecs of pictures are timed too.
  std::vector<std::string> codecs;
  for (const profile::CodecSpeed& speed : made->codecs) {
    codecs.push_back(speed.codec);
    EXPECT_GT(speed.decode_fixed_s + speed.decode_s_per_byte, 0) << speed.codec;
  }
  EXPECT_THAT(codecs, testing::ElementsAre("raw", "raw8", "jpeg:75", "fp16", "int8", "int8-ec", "int4-ec"));
}

// The gate is shut: nothing that computes can have answered.
TEST_F(EdgeProfile, WhatWasMeasuredIsKept) {
  const Reply first = Ask(Request({{8, 8}, {16, 16}})).get();
  ASSERT_TRUE(first.ok()) << first.status();
  server->gate.Close();
  const Reply again = Ask(Request({{8, 8}, {16, 16}})).get();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->profile, first->profile);
  const Reply part = Ask(Request({{16, 16}})).get();
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(profile::ProfileFromJson(part->profile)->sizes.size(), 1u) << "only what was asked for";
}

TEST_F(EdgeProfile, TwoWhoAskShareOneMeasurement) {
  server->gate.Close();
  std::future<Reply> first = Ask(Request());
  server->gate.WaitFor(1);   // it is being measured
  std::future<Reply> second = Ask(Request());
  server->gate.Open();
  const Reply a = first.get(), b = second.get();
  ASSERT_TRUE(a.ok() && b.ok()) << a.status() << b.status();
  EXPECT_EQ(a->profile, b->profile) << "times to the last digit";
}

TEST_F(EdgeProfile, ARequestGoesBeforeTheRestOfAMeasurement) {
  server->gate.Close();
  std::future<Reply> profile = Ask(Request());
  server->gate.WaitFor(1);   // the one worker is in a step
  wire::InferRequest request{.model = "arithmetic", .inputs = {{"x", Ramp({1, 3, 2, 2})}}};
  std::promise<bool> order;
  channel->Infer(request, std::chrono::minutes(2), [&](const absl::StatusOr<wire::InferReply>& reply) {
    EXPECT_TRUE(reply.ok()) << reply.status();
    order.set_value(profile.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
  });
  while (server->server->load().queued == 0) std::this_thread::yield();
  server->gate.Open();
  EXPECT_FALSE(order.get_future().get()) << "most steps were still to come";
  EXPECT_TRUE(profile.get().ok());
}

TEST_F(EdgeProfile, WhoeverGivesUpGetsHisAnswerAndTheServerGoesOn) {
  server->gate.Close();
  EXPECT_TRUE(absl::IsDeadlineExceeded(Ask(Request(), std::chrono::milliseconds(20)).get().status()));
  server->gate.Open();
  EXPECT_TRUE(Ask(Request()).get().ok());
}

TEST_F(EdgeProfile, WhoeverAsksAServerWithoutTimeIsToldSo) {
  edge::EdgeServerOptions options = Quick();
  options.core.profiles.patience = Duration(0);   // it has run out by the first look, whatever the machine's speed
  channel.reset();
  server = std::make_unique<ServerHarness>(options);
  channel = *device::MakeGrpcChannel({.address = server->server->address()});
  const Reply reply = Ask(Request()).get();
  EXPECT_TRUE(absl::IsUnavailable(reply.status())) << reply.status();
  EXPECT_THAT(std::string(reply.status().message()), HasSubstr("too busy to measure itself"));
}

TEST_F(EdgeProfile, AServerThatEndsAnswersWhoWaits) {
  server->gate.Close();
  std::future<Reply> waiting = Ask(Request());
  server->gate.WaitFor(1);
  std::thread drain([&] { server->server->Drain(std::chrono::minutes(1)); });
  EXPECT_TRUE(absl::IsUnavailable(waiting.get().status()));
  server->gate.Open();
  drain.join();
}

TEST_F(EdgeProfile, NonsenseIsRefusedInOneLine) {
  server->gate.Close();   // nothing of this gets as far as computing
  struct Bad {
    const char* what;
    std::function<void(wire::ProfileRequest&)> make;
    absl::StatusCode code;
    const char* says;
  };
  const std::vector<Bad> bad = {
      {"another protocol", [](auto& r) { r.protocol = 2; }, absl::StatusCode::kFailedPrecondition, "protocol 2"},
      {"unknown model", [](auto& r) { r.model = "none", r.model_sha256 = ""; }, absl::StatusCode::kNotFound, "none"},
      {"another version", [](auto& r) { r.model_sha256 = std::string(64, 'e'); }, absl::StatusCode::kFailedPrecondition,
       "another version"},
      {"no positions", [](auto& r) { r.positions.clear(); }, absl::StatusCode::kInvalidArgument, "0 positions"},
      {"too many positions", [](auto& r) { r.positions.assign(5000, 1); }, absl::StatusCode::kInvalidArgument, "5000 positions"},
      {"positions that fall",
       [](auto& r) {
         r.positions = {0, 3, 2, 4};
       },
       absl::StatusCode::kInvalidArgument, "ascend"},
      {"positions beyond the end",
       [](auto& r) {
         r.positions = {0, 9};
       },
       absl::StatusCode::kInvalidArgument, "from 0 to 4"},
      {"negative positions",
       [](auto& r) {
         r.positions = {-2147483647, 4};
       },
       absl::StatusCode::kInvalidArgument, "from 0 to 4"},
      {"no sizes", [](auto& r) { r.sizes.clear(); }, absl::StatusCode::kInvalidArgument, "0 sizes"},
      {"too many sizes",
       [](auto& r) {
         for (int i = 1; i <= 17; ++i) r.sizes.push_back({i, i});
         r.sizes.erase(r.sizes.begin());
       },
       absl::StatusCode::kInvalidArgument, "17 sizes; expected 1 to 16"},
      {"a size twice",
       [](auto& r) {
         r.sizes.push_back({8, 8});
       },
       absl::StatusCode::kInvalidArgument, "8x8 is there twice"},
      {"size 0",
       [](auto& r) {
         r.sizes = {{0, 8}};
       },
       absl::StatusCode::kInvalidArgument, "size 0x8"},
      {"negative size",
       [](auto& r) {
         r.sizes = {{8, -8}};
       },
       absl::StatusCode::kInvalidArgument, "size 8x-8"},
      {"absurd size",
       [](auto& r) {
         r.sizes = {{2147483647, 2147483647}};
       },
       absl::StatusCode::kInvalidArgument, "expected edges from 1"},
      {"too many pixels",
       [](auto& r) {
         r.sizes = {{4096, 4096}};
       },
       absl::StatusCode::kInvalidArgument, "pixels"},
  };
  for (const Bad& b : bad) {
    SCOPED_TRACE(b.what);
    wire::ProfileRequest request = Request();
    b.make(request);
    const Reply reply = Ask(request).get();
    EXPECT_EQ(reply.status().code(), b.code) << reply.status();
    EXPECT_THAT(std::string(reply.status().message()), HasSubstr(b.says));
  }
  server->gate.Open();
  EXPECT_TRUE(Ask(Request()).get().ok()) << "and it still serves";
}

TEST_F(EdgeProfile, WithAFolderItOutlivesTheServerUnlessTheFileWasDamaged) {
  const fs::path folder = fs::path(testing::TempDir()) / "partway_edge_profiles";
  fs::remove_all(folder);
  fs::create_directories(folder);
  Start(folder.string());
  const Reply first = Ask(Request()).get();
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
  const fs::path file = *fs::directory_iterator(folder);

  Start(folder.string());
  server->gate.Close();
  const Reply again = Ask(Request()).get();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->profile, first->profile);

  for (const char* damage : {"", "not a profile", "{\"profile\":1}"}) {
    std::ofstream(file) << damage;
    Start(folder.string());
    const Reply anew = Ask(Request()).get();
    ASSERT_TRUE(anew.ok()) << anew.status();
    EXPECT_TRUE(profile::ReadProfile(file.string()).ok()) << "and written again";
  }
  fs::remove_all(folder);
}

TEST_F(EdgeProfile, WhoFetchesHearsWhichEdgeSaidNo) {
  const auto none = apps::FetchEdgeProfile(server->server->address(), *server->Grouping(), {{0, 8}});
  EXPECT_THAT(std::string(none.status().message()),
              HasSubstr("the profile of the edge at " + server->server->address() + ": size 0x8"));
  const auto nobody = apps::FetchEdgeProfile("127.0.0.1:1", *server->Grouping(), {{8, 8}});
  EXPECT_TRUE(absl::IsUnavailable(nobody.status())) << nobody.status();
}

}   // namespace
}   // namespace partway
