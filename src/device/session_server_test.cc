// What the session does when the server is lost, full, silent or without the model, and how it comes back.
#include "device/session_fixture.h"

namespace partway::device {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

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
  EXPECT_THAT(Said(),
              ElementsAre("local 1: server full: 32 requests of this device are waiting", "prepare 2 at 224", "local 2 [0,9)"));
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

}   // namespace
}   // namespace partway::device
