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

// Three in a row that had to be taken back, and not a word from the server: it is taken for lost.
TEST_F(SessionTest, AServerThatLetsFramesBeTakenBackIsLost) {
  Begin(WithRest());
  for (int i = 0; i < 3; ++i) {
    const double begin = 200 * i;
    Prepared(begin, static_cast<FrameId>(i + 1));
    s().ComputeDone(At(begin), static_cast<FrameId>(i + 1), absl::OkStatus());
    s().Tick(At(begin + 67));
    s().ComputeDone(At(begin + 97), static_cast<FrameId>(i + 1), absl::OkStatus());
  }
  EXPECT_FALSE(s().connected());
}

}   // namespace
}   // namespace partway::device
