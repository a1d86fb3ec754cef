// Event by event: what the session is told, what it says, and the row it writes. Times are milliseconds of an imagined clock.
#include "device/session.h"

#include <string>
#include <vector>

#include "base/status.h"
#include "base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::device {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Duration Ms(double ms) { return FromSeconds(ms * 1e-3); }
Instant At(double ms) { return Instant{} + Ms(ms); }

std::string Text(const Command& command) {
  struct {
    std::string operator()(const PrepareCommand& c) { return Concat("prepare ", c.frame, " at ", c.size); }
    std::string operator()(const ComputeCommand& c) {
      const char* purpose = c.purpose == ComputePurpose::kHead ? "head" : c.purpose == ComputePurpose::kTail ? "tail" : "local";
      return Concat(purpose, " ", c.frame, " [", c.from, ",", c.to, ")");
    }
    std::string operator()(const SendCommand& c) { return Concat("send ", c.frame, "#", c.attempt); }
    std::string operator()(const CancelCommand& c) { return Concat("cancel ", c.frame, "#", c.attempt); }
    std::string operator()(const FinishCommand& c) {
      const FrameRecord& r = c.record;
      return Concat(std::string(OutcomeName(r.outcome)), " ", r.id, r.deadline_missed ? " missed" : "", r.reason.empty() ? "" : ": ", r.reason);
    }
    std::string operator()(const ProbeCommand& c) { return Concat("probe ", c.probe); }
    std::string operator()(const NoticeCommand& c) { return Concat(c.kind, c.detail.empty() ? "" : ": ", c.detail); }
  } text;
  return std::visit(text, command);
}

// Nine groups, cut 3, 224 pixels, one frame under way unless the test says otherwise.
SessionOptions Options() {
  SessionOptions o;
  o.group_count = 9;
  o.plan = {.from = 3, .to = 9, .size = 224, .codec = "raw"};
  o.depth = 1;
  return o;
}

class SessionTest : public testing::Test {
 protected:
  void Begin(const SessionOptions& options) { session_ = std::make_unique<Session>(options); }
  Session& s() { return *session_; }
  std::vector<std::string> Said() {
    std::vector<std::string> said;
    for (const Command& c : s().TakeCommands()) {
      said.push_back(Text(c));
      if (const auto* finish = std::get_if<FinishCommand>(&c)) {
        const FrameRecord& r = finish->record;
        EXPECT_NEAR(r.prepare_s + r.head_s + r.wait_s + r.upload_s + r.edge_queue_s + r.edge_s + r.reply_s + r.tail_s, r.latency_s, 1e-9);
        records_.push_back(r);
      }
    }
    return said;
  }
  // Offers a frame now and prepares it in no time.
  void Prepared(double ms, FrameId frame) {
    s().FrameArrived(At(ms), frame, At(ms));
    s().PrepareDone(At(ms), frame, absl::OkStatus());
  }
  // Until it is in flight as attempt 1.
  void Send(double ms) {
    Prepared(ms, 1);
    s().ComputeDone(At(ms), 1, absl::OkStatus());
    Said();
  }

  std::unique_ptr<Session> session_;
  std::vector<FrameRecord> records_;
};

TEST_F(SessionTest, AFrameGoesThroughItsStagesAndItsTimesAreKept) {
  SessionOptions o = Options();
  o.plan.to = 7;
  Begin(o);
  s().RoundTripMeasured(Ms(20));
  s().FrameArrived(At(2), 1, At(0));
  EXPECT_THAT(Said(), ElementsAre("prepare 1 at 224"));
  s().PrepareDone(At(7), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("head 1 [0,3)"));
  s().ComputeDone(At(37), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("send 1#1"));
  s().UploadBytes(1, 1, 1234);
  s().ReplyArrived(At(137), 1, 1, {.queue = Ms(4), .compute = Ms(16)});
  EXPECT_THAT(Said(), ElementsAre("tail 1 [7,9)"));
  s().ComputeDone(At(140), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("edge 1"));
  const FrameRecord& r = records_.at(0);
  // 100 ms between hand-over and reply: 20 the server's, half of 20 the way back, 70 the upload.
  EXPECT_NEAR(r.prepare_s, 0.005, 1e-9);
  EXPECT_NEAR(r.head_s, 0.030, 1e-9);
  EXPECT_NEAR(r.upload_s, 0.070, 1e-9);
  EXPECT_NEAR(r.edge_queue_s, 0.004, 1e-9);
  EXPECT_NEAR(r.edge_s, 0.016, 1e-9);
  EXPECT_NEAR(r.reply_s, 0.010, 1e-9);
  EXPECT_NEAR(r.tail_s, 0.003, 1e-9);
  EXPECT_NEAR(r.wait_s, 0.002, 1e-9);   // from capture to the offer
  EXPECT_NEAR(r.latency_s, 0.140, 1e-9);
  EXPECT_NEAR(r.prepare_at_s, 0.002, 1e-9);
  EXPECT_NEAR(r.head_at_s, 0.007, 1e-9);
  EXPECT_NEAR(r.upload_at_s, 0.037, 1e-9);
  EXPECT_NEAR(r.edge_at_s, 0.111, 1e-9);   // 137 - 10 - 16
  EXPECT_NEAR(r.tail_at_s, 0.137, 1e-9);
  EXPECT_EQ(r.upload_bytes, 1234);
  EXPECT_EQ(r.cut, 3);
  EXPECT_EQ(r.size, 224);
  EXPECT_EQ(r.codec, "raw");
  EXPECT_TRUE(s().idle());
  EXPECT_EQ(s().counts().edge, 1);
}

TEST_F(SessionTest, AtCutZeroThePictureIsSentWithoutAComputeSlot) {
  SessionOptions o = Options();
  o.plan.from = 0;
  o.depth = 2;
  Begin(o);
  Prepared(0, 1);
  Prepared(0, 2);
  EXPECT_THAT(Said(), ElementsAre("prepare 1 at 224", "send 1#1", "prepare 2 at 224", "send 2#2"));
}

TEST_F(SessionTest, AnAllLocalPlanComputesTheWholeModelAtOnce) {
  SessionOptions o = Options();
  o.plan.from = o.plan.to = 4;
  Begin(o);
  Prepared(0, 1);
  s().ComputeDone(At(50), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("prepare 1 at 224", "local 1 [0,9)", "local 1"));
  EXPECT_EQ(records_[0].cut, 9);
  EXPECT_EQ(records_[0].codec, "");
  EXPECT_NEAR(records_[0].head_s, 0.050, 1e-9);
}

TEST_F(SessionTest, RepliesThatComeTwiceOrForAnotherAttemptChangeNothing) {
  Begin(Options());
  Send(0);
  s().ReplyArrived(At(10), 1, 2, {});
  s().ReplyArrived(At(10), 7, 1, {});
  EXPECT_THAT(Said(), IsEmpty());
  s().ReplyArrived(At(11), 1, 1, {});
  EXPECT_THAT(Said(), ElementsAre("edge 1"));
  s().ReplyArrived(At(12), 1, 1, {});
  s().ReplyFailed(At(13), 1, 1, Unavailable("gone"));
  EXPECT_THAT(Said(), IsEmpty());
  EXPECT_TRUE(s().connected());
  EXPECT_EQ(s().counts().edge, 1);
}

TEST_F(SessionTest, ALostServerSendsEveryFrameInFlightToTheDeviceAndTheSessionComesBack) {
  SessionOptions o = Options();
  o.depth = 3;
  Begin(o);
  for (FrameId f : {1, 2, 3}) {
    Prepared(0, f);
    if (f < 3) s().ComputeDone(At(0), f, absl::OkStatus());
  }
  Said();   // 1 and 2 in flight, 3 in its head
  s().ReplyFailed(At(5), 2, 2, Unavailable("connection reset"));
  EXPECT_THAT(Said(), ElementsAre("lost: connection reset", "cancel 1#1"));
  EXPECT_FALSE(s().connected());
  s().ComputeDone(At(8), 3, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("local 1 [3,9)"));   // the oldest first
  s().ReplyArrived(At(9), 1, 1, {});                   // given up: too late
  s().ComputeDone(At(20), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("local 1: no server: connection reset", "local 2 [3,9)"));
  // Lost at 5: probes at 105, then 200 after that one failed.
  EXPECT_EQ(s().NextTick(), At(105));
  s().Tick(At(105));
  EXPECT_THAT(Said(), ElementsAre("probe 1"));
  s().ProbeDone(At(106), 1, Unavailable("refused"));
  EXPECT_EQ(s().NextTick(), At(306));
  s().Tick(At(306));
  s().ProbeDone(At(307), 1, absl::OkStatus());   // a stale probe
  EXPECT_FALSE(s().connected());
  EXPECT_THAT(Said(), ElementsAre("probe 2"));
  s().ProbeDone(At(308), 2, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("reattached"));
  EXPECT_TRUE(s().connected());
  s().ComputeDone(At(310), 2, absl::OkStatus());
  s().ComputeDone(At(330), 3, absl::OkStatus());
  Prepared(331, 4);
  s().ComputeDone(At(332), 4, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("local 2: no server: connection reset", "local 3 [3,9)", "local 3: no server: connection reset",
                                  "prepare 4 at 224", "head 4 [0,3)", "send 4#3"));
}

TEST_F(SessionTest, ALostLinkIsTakenAtItsWordWithNothingInFlightToo) {
  Begin(Options());
  s().LinkLost(At(5), "connection reset");
  s().LinkLost(At(6), "connection reset");
  EXPECT_THAT(Said(), ElementsAre("lost: connection reset"));
  EXPECT_FALSE(s().connected());
  Prepared(7, 1);
  EXPECT_THAT(Said(), ElementsAre("prepare 1 at 224", "local 1 [0,9)"));
}

TEST_F(SessionTest, AServerThatClaimsMoreTimeThanPassedIsCutToWhatPassed) {
  Begin(Options());
  Send(0);
  s().ReplyArrived(At(50), 1, 1, {.queue = Ms(30), .compute = Ms(40)});   // 70 of 50
  Said();
  EXPECT_NEAR(records_.at(0).edge_s, 0.040, 1e-9);
  EXPECT_NEAR(records_.at(0).edge_queue_s, 0.010, 1e-9);
  EXPECT_NEAR(records_.at(0).upload_s, 0, 1e-9);
  Prepared(100, 2);
  s().ComputeDone(At(100), 2, absl::OkStatus());
  s().ReplyArrived(At(110), 2, 2, {.queue = Ms(-5), .compute = Ms(90)});
  Said();
  EXPECT_NEAR(records_.at(1).edge_s, 0.010, 1e-9);
  EXPECT_NEAR(records_.at(1).edge_queue_s, 0, 1e-9);
}

TEST_F(SessionTest, AFullServerCostsNoFrameAndIsLeftInPeaceForAWhile) {
  Begin(Options());
  Send(0);
  s().ReplyFailed(At(1), 1, 1, ResourceExhausted("32 requests of this device are waiting"));
  EXPECT_THAT(Said(), ElementsAre("local 1 [3,9)"));
  s().ComputeDone(At(10), 1, absl::OkStatus());
  EXPECT_TRUE(s().connected());
  Prepared(50, 2);   // within 100 ms of the refusal
  EXPECT_THAT(Said(), ElementsAre("local 1: server full: 32 requests of this device are waiting", "prepare 2 at 224", "local 2 [0,9)"));
  s().ComputeDone(At(60), 2, absl::OkStatus());
  Prepared(101, 3);   // after it
  EXPECT_THAT(Said(), ElementsAre("local 2: server full: pausing uploads", "prepare 3 at 224", "head 3 [0,3)"));
  s().ComputeDone(At(102), 3, absl::OkStatus());
  s().ReplyFailed(At(103), 3, 2, ResourceExhausted("full"));
  s().ComputeDone(At(110), 3, absl::OkStatus());
  Said();
  Prepared(302, 4);   // 103 + 200: twice the pause
  EXPECT_THAT(Said(), ElementsAre("prepare 4 at 224", "local 4 [0,9)"));
  s().ComputeDone(At(303), 4, absl::OkStatus());
  Prepared(304, 5);
  EXPECT_THAT(Said(), testing::Contains("head 5 [0,3)"));
}

TEST_F(SessionTest, AtItsDeadlineAFrameInFlightIsCancelledAndDropped) {
  SessionOptions o = Options();
  o.deadline = Ms(100);
  Begin(o);
  Send(0);
  EXPECT_EQ(s().NextTick(), At(100));
  s().Tick(At(99.9));
  EXPECT_THAT(Said(), IsEmpty());
  s().Tick(At(100));
  EXPECT_THAT(Said(), ElementsAre("cancel 1#1", "dropped 1 missed: deadline: no answer within 100 ms"));
  EXPECT_EQ(s().counts().deadline_misses, 1);
  EXPECT_NEAR(records_[0].upload_s, 0.1, 1e-9);
}

TEST_F(SessionTest, AFrameWhoseDeadlinePassesWhileItWaitsIsDroppedAndOneAnsweredLateIsCounted) {
  SessionOptions o = Options();
  o.plan.to = 3;   // all local
  o.deadline = Ms(100);
  Begin(o);
  Prepared(0, 1);
  Prepared(10, 2);
  Said();
  s().ComputeDone(At(120), 1, absl::OkStatus());   // work under way is not thrown away
  EXPECT_THAT(Said(), ElementsAre("local 1 missed", "dropped 2 missed: deadline: still waiting after 100 ms"));
}

TEST_F(SessionTest, ThreeFramesInARowWithoutAnAnswerMeanALostServer) {
  SessionOptions o = Options();
  o.deadline = Ms(100);
  Begin(o);
  for (int i = 0; i < 3; ++i) {
    const FrameId f = static_cast<FrameId>(i) + 1;
    Prepared(200 * i, f);
    s().ComputeDone(At(200 * i), f, absl::OkStatus());
    EXPECT_TRUE(s().connected());
    Said();
    if (i == 1) s().ReplyFailed(At(200 * i + 100), f, f, absl::DeadlineExceededError("deadline"));
    if (i != 1) s().Tick(At(200 * i + 100));
  }
  EXPECT_THAT(Said(), testing::Contains("lost: frames were sent and nothing came back"));
  EXPECT_FALSE(s().connected());
}

TEST_F(SessionTest, WithoutADeadlineTheReplyTimeoutEndsTheWaitAndTheFrameIsFinishedLocally) {
  Begin(Options());
  Send(0);
  EXPECT_EQ(s().NextTick(), At(5000));
  s().Tick(At(5000));
  EXPECT_THAT(Said(), ElementsAre("cancel 1#1", "lost: frames were sent and nothing came back", "local 1 [3,9)"));
  s().ComputeDone(At(5010), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("local 1: no reply within 5000 ms"));
}

TEST_F(SessionTest, ACameraPushesOutItsOldestWaitingFrame) {
  SessionOptions o = Options();
  o.waiting_max = 2;
  o.drop_oldest = true;
  Begin(o);
  Prepared(0, 1);   // head
  for (FrameId f : {2, 3, 4, 5}) s().FrameArrived(At(f), f, At(f));
  // 2 is in prepare, 3 and 4 wait, 5 pushes out 3.
  EXPECT_THAT(Said(), ElementsAre("prepare 1 at 224", "head 1 [0,3)", "prepare 2 at 224", "dropped 3: a newer frame took its place"));
  EXPECT_TRUE(s().CanOffer());
}

TEST_F(SessionTest, APrepareThatEndsWhileTheDeviceIsBusyPushesOutTheOldestToo) {
  SessionOptions o = Options();
  o.waiting_max = 1;
  o.drop_oldest = true;
  Begin(o);
  Prepared(0, 1);   // head
  s().FrameArrived(At(1), 2, At(1));
  s().FrameArrived(At(2), 3, At(2));
  EXPECT_THAT(Said(), ElementsAre("prepare 1 at 224", "head 1 [0,3)", "prepare 2 at 224"));
  s().PrepareDone(At(3), 2, absl::OkStatus());   // 2 and 3 would wait
  EXPECT_THAT(Said(), ElementsAre("dropped 2: a newer frame took its place", "prepare 3 at 224"));
}

TEST_F(SessionTest, AFileIsToldToWait) {
  SessionOptions o = Options();
  o.waiting_max = 2;
  Begin(o);
  Prepared(0, 1);
  for (FrameId f : {2, 3}) {   // 2 is in prepare, 3 waits
    EXPECT_TRUE(s().CanOffer());
    s().FrameArrived(At(1), f, At(1));
  }
  EXPECT_FALSE(s().CanOffer()) << "2 will wait too before its head can start";
  Said();
  for (FrameId f : {4, 5}) s().FrameArrived(At(2), f, At(2));   // all the same
  EXPECT_THAT(Said(), ElementsAre("dropped 5: offered while 2 frames were waiting"));
}

TEST_F(SessionTest, AFrameThatWasAskedForFindsItsPlace) {
  SessionOptions o = Options();
  o.waiting_max = 1;
  Begin(o);
  Prepared(0, 1);
  EXPECT_TRUE(s().CanOffer());
  s().FrameArrived(At(1), 2, At(1));
  EXPECT_FALSE(s().CanOffer()) << "if 3 were asked for now and 2 prepared before it came, there would be no room";
  s().PrepareDone(At(2), 2, absl::OkStatus());
  s().ComputeDone(At(3), 1, absl::OkStatus());
  s().ReplyArrived(At(4), 1, 1, {});
  EXPECT_TRUE(s().CanOffer());
  Said();
  s().FrameArrived(At(5), 3, At(5));
  EXPECT_THAT(Said(), ElementsAre("prepare 3 at 224"));
}

TEST_F(SessionTest, FramesNearlyDoneComeBeforeNewHeadsTheOldestFirst) {
  SessionOptions o = Options();
  o.plan.to = 7;
  o.depth = 4;
  Begin(o);
  for (FrameId f : {1, 2}) {
    Prepared(0, f);
    s().ComputeDone(At(0), f, absl::OkStatus());
  }
  Prepared(0, 3);
  Prepared(0, 4);
  Said();   // 1 and 2 in flight, 3 in its head, 4 waits
  s().ReplyArrived(At(1), 2, 2, {});
  s().ReplyArrived(At(2), 1, 1, {});
  s().ComputeDone(At(3), 3, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("send 3#3", "tail 1 [7,9)"));
  s().ComputeDone(At(4), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("edge 1", "tail 2 [7,9)"));
  s().ComputeDone(At(5), 2, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("edge 2", "head 4 [0,3)"));
}

TEST_F(SessionTest, ErrorsOfTheDeviceDropTheFrameWithTheirMessage) {
  Begin(Options());
  s().FrameArrived(At(0), 1, At(0));
  s().PrepareDone(At(1), 1, InvalidArgument("cat.jpg: not a picture"));
  Prepared(2, 2);
  s().ComputeDone(At(3), 2, InternalError("group 2: out of memory"));
  EXPECT_THAT(Said(), ElementsAre("prepare 1 at 224", "dropped 1: cat.jpg: not a picture", "prepare 2 at 224", "head 2 [0,3)",
                                  "dropped 2: group 2: out of memory"));
}

TEST_F(SessionTest, AServerWithoutTheModelIsNamedOnceAndAskedAgain) {
  Begin(Options());
  Send(0);
  s().ReplyFailed(At(1), 1, 1, NotFound("no model abc"));
  EXPECT_THAT(Said(), ElementsAre("refused: no model abc", "local 1 [3,9)"));
  s().Tick(At(101));
  s().ProbeDone(At(102), 1, NotFound("no model abc"));
  EXPECT_THAT(Said(), ElementsAre("probe 1"));
  s().Tick(At(302));
  s().ProbeDone(At(303), 2, Unavailable("down"));
  EXPECT_THAT(Said(), ElementsAre("probe 2", "lost: down"));
}

TEST_F(SessionTest, AProbeThatIsNotAnsweredIsGivenUpAndPausesGrowToTheirBound) {
  SessionOptions o = Options();
  o.connected = false;
  Begin(o);
  EXPECT_EQ(s().NextTick(), At(0));
  // Timed out 2 s after its start, then the pause: 200, 400, 800, 1600, 2000, 2000 ms.
  double due = 0;
  for (double pause : {200, 400, 800, 1600, 2000, 2000}) {
    s().Tick(At(due));
    ASSERT_EQ(s().NextTick(), At(due + 2000));
    s().Tick(At(due + 2000));
    due += 2000 + pause;
    ASSERT_EQ(s().NextTick(), At(due));
  }
  EXPECT_THAT(Said(), ElementsAre("probe 1", "probe 2", "probe 3", "probe 4", "probe 5", "probe 6"));
}

TEST_F(SessionTest, ANewPlanHoldsForTheNextHeadAndAnotherSizeIsPreparedAgainOnce) {
  Begin(Options());
  Prepared(0, 1);
  Prepared(0, 2);
  Said();   // 1 in its head, 2 prepared at 224
  s().SetPlan(At(1), {.from = 2, .to = 9, .size = 160, .codec = "raw"});
  s().ComputeDone(At(2), 1, absl::OkStatus());
  s().ReplyArrived(At(3), 1, 1, {});
  EXPECT_THAT(Said(), ElementsAre("send 1#1", "edge 1", "prepare 2 at 160"));
  s().SetPlan(At(4), {.from = 2, .to = 9, .size = 128, .codec = "raw"});
  s().PrepareDone(At(5), 2, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("head 2 [0,2)"));
  s().ComputeDone(At(6), 2, absl::OkStatus());
  s().ReplyArrived(At(7), 2, 2, {});
  EXPECT_THAT(Said(), ElementsAre("send 2#2", "edge 2"));
  EXPECT_EQ(records_.at(0).cut, 3);
  EXPECT_EQ(records_.at(1).cut, 2);
  EXPECT_EQ(records_.at(1).size, 160);   // as it was prepared
}

TEST_F(SessionTest, AbandonDropsEveryFrameAndCancelsWhatWasSent) {
  SessionOptions o = Options();
  o.waiting_max = 2;
  Begin(o);
  Send(0);
  s().FrameArrived(At(1), 2, At(1));
  Said();
  s().Abandon(At(5), "stopped");
  EXPECT_THAT(Said(), ElementsAre("cancel 1#1", "dropped 1: stopped", "dropped 2: stopped"));
  EXPECT_TRUE(s().idle());
  EXPECT_EQ(s().counts().dropped, 2);
}

}  // namespace
}  // namespace partway::device
