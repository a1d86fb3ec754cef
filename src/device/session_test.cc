// Event by event: what the session is told, what it says, and the row it writes.
#include "device/session_fixture.h"

namespace partway::device {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

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

TEST_F(SessionTest, BetweenHeadAndUploadTheValuesAreEncoded) {
  SessionOptions o = Options();
  o.plan.codec = "int8-ec";
  Begin(o);
  Prepared(0, 1);
  s().ComputeDone(At(30), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("prepare 1 at 224", "head 1 [0,3)", "encode 1 as int8-ec"));
  s().ComputeDone(At(34), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("send 1#1"));
  s().ReplyArrived(At(100), 1, 1, {.queue = Ms(0), .compute = Ms(16)});
  EXPECT_THAT(Said(), ElementsAre("edge 1"));
  EXPECT_NEAR(records_[0].head_s, 0.030, 1e-9);
  EXPECT_NEAR(records_[0].encode_s, 0.004, 1e-9);
  EXPECT_NEAR(records_[0].encode_at_s, 0.030, 1e-9);
  EXPECT_NEAR(records_[0].upload_s, 0.050, 1e-9);   // 100 - 34 - 16
  EXPECT_EQ(records_[0].codec, "int8-ec");
}

TEST_F(SessionTest, EncodingTakesAComputeSlotAlsoAtCutZero) {
  SessionOptions o = Options();
  o.plan.from = 0;
  o.plan.codec = "jpeg:75";
  o.depth = 3;
  Begin(o);
  Prepared(0, 1);
  Prepared(0, 2);
  EXPECT_THAT(Said(), ElementsAre("prepare 1 at 224", "encode 1 as jpeg:75", "prepare 2 at 224"));
  s().ComputeDone(At(5), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("send 1#1", "encode 2 as jpeg:75"));
}

TEST_F(SessionTest, WhatCannotBeEncodedOrSentIsFinishedLocally) {
  SessionOptions o = Options();
  o.plan.codec = "int8-ec";
  Begin(o);
  Prepared(0, 1);
  s().ComputeDone(At(30), 1, absl::OkStatus());
  Said();
  s().ComputeDone(At(34), 1, absl::InvalidArgumentError("no"));
  EXPECT_THAT(Said(), ElementsAre("local 1 [3,9)"));
  s().ComputeDone(At(60), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("local 1: not encoded: no"));
  // The server goes while a frame is being encoded.
  Prepared(70, 2);
  s().ComputeDone(At(100), 2, absl::OkStatus());
  Said();
  s().LinkLost(At(101), "gone");
  Said();
  s().ComputeDone(At(104), 2, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("local 2 [3,9)"));
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

TEST_F(SessionTest, ACameraPushesOutItsOldestWaitingFrame) {
  SessionOptions o = Options();
  o.waiting_max = 2;
  o.drop_oldest = true;
  Begin(o);
  Prepared(0, 1);   // head
  for (FrameId f : {2, 3, 4, 5}) s().FrameArrived(At(f), f, At(f));
  // 2 is in prepare, 3 and 4 wait, 5 pushes out 3.
  EXPECT_THAT(Said(),
              ElementsAre("prepare 1 at 224", "head 1 [0,3)", "prepare 2 at 224", "dropped 3: a newer frame took its place"));
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
  EXPECT_THAT(Said(),
              ElementsAre("dropped 4: offered while 2 frames were waiting", "dropped 5: offered while 2 frames were waiting"));
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

TEST_F(SessionTest, AFrameWithAPlanOfItsOwnKeepsItWhateverTheSessionsPlanBecomes) {
  SessionOptions o = Options();
  o.depth = 0;
  o.depth_max = 3;
  Begin(o);
  const Plan early = {.from = 0, .to = 9, .size = 160, .codec = "raw"}, local = {.from = 9, .to = 9, .size = 128},
             middle = {.from = 5, .to = 9, .size = 192, .codec = "raw"};
  s().FrameArrived(At(0), 1, At(0), &early);
  s().FrameArrived(At(0), 2, At(0), &local);
  s().FrameArrived(At(0), 3, At(0), &middle);
  EXPECT_EQ(s().depth(), 3);   // paced by its owner: the depth is a bound
  s().PrepareDone(At(1), 1, absl::OkStatus());
  s().PrepareDone(At(2), 2, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("prepare 1 at 160", "send 1#1", "prepare 2 at 128", "local 2 [0,9)", "prepare 3 at 192"));
  s().PrepareDone(At(3), 3, absl::OkStatus());
  s().SetPlan(At(4), {.from = 2, .to = 9, .size = 96, .codec = "raw"});
  s().ComputeDone(At(5), 2, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("local 2", "head 3 [0,5)"));   // neither prepared again nor cut elsewhere
  s().ComputeDone(At(6), 3, absl::OkStatus());
  s().ReplyArrived(At(7), 3, 2, {});
  s().ReplyArrived(At(8), 1, 1, {});
  EXPECT_THAT(Said(), ElementsAre("send 3#2", "edge 3", "edge 1"));
  EXPECT_EQ(records_.at(0).size, 128);
  EXPECT_EQ(records_.at(0).reason, "");
  EXPECT_EQ(records_.at(1).cut, 5);
  EXPECT_EQ(records_.at(2).cut, 0);
  EXPECT_EQ(s().counts().dropped, 0);
  // The next frame without one runs by the session's, at its depth.
  Prepared(9, 4);
  EXPECT_THAT(Said(), ElementsAre("prepare 4 at 96", "head 4 [0,2)"));
  EXPECT_EQ(s().depth(), 2);
}

TEST_F(SessionTest, AFrameThatOnlyNeedsTheLinkPassesThoseThatWaitForTheDevice) {
  SessionOptions o = Options();
  o.depth = 4;
  Begin(o);
  const Plan local = {.from = 9, .to = 9, .size = 128}, sent = {.from = 0, .to = 9, .size = 160, .codec = "raw"};
  for (FrameId f : {1, 2, 3, 4}) s().FrameArrived(At(0), f, At(0), f < 4 ? &local : &sent);
  for (FrameId f : {1, 2, 3, 4}) s().PrepareDone(At(1), f, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("prepare 1 at 128", "local 1 [0,9)", "prepare 2 at 128", "prepare 3 at 128", "prepare 4 at 160",
                                  "send 4#1"));
  s().ComputeDone(At(2), 1, absl::OkStatus());
  EXPECT_THAT(Said(), ElementsAre("local 1", "local 2 [0,9)"));
}

TEST_F(SessionTest, CommandsCanBeTakenIntoAListThatIsUsedAgain) {
  Begin(Options());
  std::vector<Command> commands(5, Command(ProbeCommand{.probe = 1}));
  s().FrameArrived(At(0), 1, At(0));
  s().TakeCommands(&commands);
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(Text(commands[0]), "prepare 1 at 224");
  s().TakeCommands(&commands);
  EXPECT_THAT(commands, IsEmpty());
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

}   // namespace
}   // namespace partway::device
