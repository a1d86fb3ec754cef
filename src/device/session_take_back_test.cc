// A frame whose answer is late for its deadline is finished on the device while that still helps.
#include "device/session_fixture.h"

namespace partway::device {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Heads of [0,3), a deadline of 100 ms, and 30 ms to finish [3,9) here.
SessionOptions WithRest() {
  SessionOptions o = Options();
  o.deadline = Ms(100);
  o.plan.here = Ms(30);
  return o;
}

// 30 ms and a tenth before the deadline is at 67 ms.
TEST_F(SessionTest, AFrameIsTakenBackInTimeToBeFinishedHere) {
  Begin(WithRest());
  Send(0);
  EXPECT_EQ(*s().NextTick(), At(67));
  s().Tick(At(66));
  EXPECT_THAT(Said(), IsEmpty());
  s().Tick(At(67));
  EXPECT_THAT(Said(), ElementsAre("cancel 1#1", "local 1 [3,9)"));
  s().ComputeDone(At(97), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("local 1: no reply in time for the deadline"));
  EXPECT_FALSE(records_[0].deadline_missed);
}

TEST_F(SessionTest, AnAnswerBeforeThatIsTaken) {
  Begin(WithRest());
  Send(0);
  s().ReplyArrived(At(66), 1, 1, {});
  EXPECT_THAT(Said(), ElementsAre("edge 1"));
}

// The device is at another head until 75 ms: 75 + 30 is beyond 100, so the answer may still come and the device is not kept busy in vain.
TEST_F(SessionTest, WhatCannotBeInTimeAnyMoreIsNotTakenBack) {
  SessionOptions o = WithRest();
  o.depth = 2;
  Begin(o);
  Send(0);
  Prepared(10, 2);
  EXPECT_THAT(Said(), ElementsAre("prepare 2 at 224", "head 2 [0,3)"));
  s().Tick(At(67));
  EXPECT_THAT(Said(), IsEmpty()) << "the device is busy";
  s().ComputeDone(At(75), 2, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("send 2#2"));
  s().ReplyArrived(At(90), 1, 1, {});
  EXPECT_THAT(Said(), ElementsAre("edge 1"));
}

// Its 30 ms fit exactly when the device becomes free at 70.
TEST_F(SessionTest, ADeviceThatBecomesFreeInTimeTakesItBack) {
  SessionOptions o = WithRest();
  o.depth = 2;
  Begin(o);
  Send(0);
  Prepared(10, 2);
  Said();
  s().ComputeDone(At(70), 2, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("send 2#2", "cancel 1#1", "local 1 [3,9)"));
}

// Two at once, and one slot: the older one is taken back, the other one's answer may still come.
TEST_F(SessionTest, OnlyAsManyAreTakenBackAsCanBeFinished) {
  SessionOptions o = WithRest();
  o.plan.from = 0;
  o.depth = 2;
  Begin(o);
  Prepared(0, 1);
  Prepared(0, 2);
  EXPECT_THAT(Said(), ElementsAre("prepare 1 at 224", "send 1#1", "prepare 2 at 224", "send 2#2"));
  s().Tick(At(67));
  EXPECT_THAT(Said(), ElementsAre("cancel 1#1", "local 1 [0,9)"));
}

// Three in a row that had to be taken back, and not a word from the server: it is taken for lost.
TEST_F(SessionTest, AServerThatLetsFramesBeTakenBackIsLost) {
  Begin(WithRest());
  for (const FrameId frame : {1, 2, 3}) {
    const double begin = 200 * static_cast<double>(frame);
    Prepared(begin, frame);
    s().ComputeDone(At(begin), frame, absl::OkStatus());
    s().Tick(At(begin + 67));
    s().ComputeDone(At(begin + 97), frame, absl::OkStatus());
  }
  EXPECT_FALSE(s().connected());
}

// Its answer is expected after 80 ms, so at 67 there is no reason to take it back, and at 80 no time: it is left to come or to miss.
TEST_F(SessionTest, WhatIsNotOverdueIsNotTakenBack) {
  SessionOptions o = WithRest();
  o.plan.answer = Ms(80);
  Begin(o);
  Send(0);
  s().Tick(At(67));
  EXPECT_THAT(Said(), IsEmpty());
  s().Tick(At(80));
  EXPECT_THAT(Said(), IsEmpty());
  s().ReplyArrived(At(90), 1, 1, {});
  EXPECT_THAT(Said(), ElementsAre("edge 1"));
}

// With somebody else watching the link, late frames are no lost server, and 2 s without a word are: a heartbeat is one.
TEST_F(SessionTest, SilenceIsALossAndAHeartbeatIsNone) {
  SessionOptions o = Options();
  o.silence = Ms(2000);
  Begin(o);
  Send(0);
  s().Tick(At(1900));
  s().Heard(At(1900));
  s().Tick(At(3800));
  EXPECT_TRUE(s().connected());
  EXPECT_THAT(Said(), IsEmpty());
  s().Tick(At(3900));
  EXPECT_FALSE(s().connected());
  EXPECT_THAT(Said(), ElementsAre("lost: frames were sent and nothing came back", "cancel 1#1", "local 1 [3,9)"));
}

}   // namespace
}   // namespace partway::device
