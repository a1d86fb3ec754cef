// What the device alone could only finish too late gives way to newer frames; and encoding beside computing.
#include "device/session_fixture.h"

namespace partway::device {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Heads of [0,3); finishing [3,9) takes 30 ms here, all of it 50, and 100 ms after its capture an answer is late.
SessionOptions WithLimit() {
  SessionOptions o = Options();
  o.depth = 3;
  o.plan.here = Ms(30);
  o.plan.whole = Ms(50);
  o.plan.limit = Ms(100);
  return o;
}

// In flight, captured at 0 and 60. At 80 the first would be done at 110 and is late, the second too: 80 + 2 * 30 = 140 of 160.
class Lost : public SessionTest {
 protected:
  void InFlight() {
    Begin(WithLimit());
    Send(0);
    Prepared(60, 2);
    s().ComputeDone(At(60), 2, absl::OkStatus());
    EXPECT_THAT(Said(), ElementsAre("prepare 2 at 224", "head 2 [0,3)", "send 2#2"));
  }
};

TEST_F(Lost, WhatIsLateGivesWayToAFrameThatWaits) {
  InFlight();
  s().LinkLost(At(80), "gone");
  // Nothing newer is there: late is better than never.
  EXPECT_THAT(Said(), ElementsAre("lost: gone", "cancel 1#1", "cancel 2#2", "local 1 [3,9)"));
  s().ComputeDone(At(110), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("local 1: no server: gone", "local 2 [3,9)"));
}

TEST_F(Lost, ItIsDroppedWhereANewerFrameWaits) {
  InFlight();
  s().FrameArrived(At(79), 3, At(79));
  EXPECT_THAT(Said(), ElementsAre("prepare 3 at 224"));
  s().LinkLost(At(80), "gone");
  EXPECT_THAT(Said(), ElementsAre("lost: gone", "cancel 1#1", "cancel 2#2",
                                  "dropped 1: no server: gone; late for 100 ms here, and a newer frame waits", "local 2 [3,9)"));
}

// Two were lost at 80; the device takes 2, which still helps. When it is done at 110 the third, captured at 20, would be late (110 + 30 > 120).
TEST_F(Lost, ItIsJudgedWhenTheDeviceComesToIt) {
  Begin(WithLimit());
  Send(0);
  for (const FrameId frame : {2, 3}) {
    Prepared(20, frame);
    s().ComputeDone(At(20), frame, absl::OkStatus());
  }
  Said();
  s().LinkLost(At(70), "gone");
  EXPECT_THAT(Said(), ElementsAre("lost: gone", "cancel 1#1", "cancel 2#2", "cancel 3#3", "local 1 [3,9)"));   // 70 + 30 = 100
  Prepared(90, 4);
  EXPECT_THAT(Said(), ElementsAre("prepare 4 at 224"));
  s().ComputeDone(At(100), 1, absl::OkStatus());
  // 100 + 30 is beyond 120 for both, and 4 waits: all of it takes 50, until 150 of 190.
  EXPECT_THAT(Said(),
              ElementsAre("local 1: no server: gone", "dropped 3: no server: gone; late for 100 ms here, and a newer frame waits",
                          "dropped 2: no server: gone; late for 100 ms here, and a newer frame waits", "local 4 [0,9)"));
}

// All on the device, 50 ms each, one at a time. At 60 the second would be done at 110, ten late; the third at 110 of 120.
TEST_F(SessionTest, WhatWaitedTooLongForTheDeviceGivesWay) {
  SessionOptions o = WithLimit();
  o.plan.from = o.plan.to = 9;
  Begin(o);
  Prepared(0, 1);
  EXPECT_THAT(Said(), ElementsAre("prepare 1 at 224", "local 1 [0,9)"));
  Prepared(0, 2);
  Prepared(20, 3);
  EXPECT_THAT(Said(), ElementsAre("prepare 2 at 224", "prepare 3 at 224"));
  s().ComputeDone(At(60), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("local 1", "dropped 2: late for 100 ms here, and a newer frame waits", "local 3 [0,9)"));
}

// A device that needs 80 ms for a frame has not 100 but 120 ms, so that one may wait for the other at all: at 35 the second would be done at 115.
TEST_F(SessionTest, ALimitThatLeavesNoTimeToWaitIsStretched) {
  SessionOptions o = WithLimit();
  o.plan.from = o.plan.to = 9;
  o.plan.whole = Ms(80);
  Begin(o);
  for (const FrameId frame : {1, 2, 3}) Prepared(0, frame);
  Said();
  s().ComputeDone(At(35), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("local 1", "local 2 [0,9)"));
}

// Heads until 20 ms; its owner finds the link too far behind. Finishing takes 30 ms here and is in time for 100.
TEST_F(SessionTest, WhatIsNotWorthSendingIsFinishedHere) {
  SessionOptions o = WithLimit();
  o.deadline = Ms(100);
  Begin(o);
  Prepared(0, 1);
  s().ComputeDone(At(20), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("prepare 1 at 224", "head 1 [0,3)", "send 1#1"));
  s().NotSent(At(20), 1, 1, "the link is behind");
  EXPECT_THAT(Said(), ElementsAre("local 1 [3,9)"));
  s().ComputeDone(At(50), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("local 1: the link is behind"));
  EXPECT_EQ(records_[0].upload_at_s, -1);
}

// At 80 ms it would take until 110.
TEST_F(SessionTest, UnlessThatWouldBeLate) {
  SessionOptions o = WithLimit();
  o.deadline = Ms(100);
  Begin(o);
  Prepared(0, 1);
  s().ComputeDone(At(80), 1, absl::OkStatus());
  Said();
  s().NotSent(At(80), 1, 1, "the link is behind");
  EXPECT_THAT(Said(), ElementsAre("dropped 1 missed: the link is behind; too late to be finished here"));
}

TEST_F(SessionTest, EncodingRunsBesideComputing) {
  SessionOptions o = Options();
  o.depth = 4;
  o.encode_slots = 1;
  o.plan.from = 0;
  o.plan.codec = "jpeg:90";
  Begin(o);
  const Plan local = {.from = 9, .to = 9, .size = 224, .codec = "raw"};
  s().FrameArrived(At(0), 1, At(0), &local);
  s().PrepareDone(At(0), 1, absl::OkStatus());
  Prepared(1, 2);
  Prepared(1, 3);
  EXPECT_THAT(Said(),
              ElementsAre("prepare 1 at 224", "local 1 [0,9)", "prepare 2 at 224", "encode 2 as jpeg:90", "prepare 3 at 224"));
  s().ComputeDone(At(5), 2, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("send 2#1", "encode 3 as jpeg:90"));
  s().ComputeDone(At(50), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("local 1"));
}

}   // namespace
}   // namespace partway::device
