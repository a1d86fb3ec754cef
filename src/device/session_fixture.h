// For the session's tests: commands as text, an imagined clock in milliseconds, and a session between them.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "base/text.h"
#include "device/session.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::device {

inline Duration Ms(double ms) { return FromSeconds(ms * 1e-3); }
inline Instant At(double ms) { return Instant{} + Ms(ms); }

inline std::string Text(const Command& command) {
  struct {
    std::string operator()(const PrepareCommand& c) { return Concat("prepare ", c.frame, " at ", c.size); }
    std::string operator()(const ComputeCommand& c) {
      const char* purpose = c.purpose == ComputePurpose::kHead ? "head" : c.purpose == ComputePurpose::kTail ? "tail" : "local";
      return Concat(purpose, " ", c.frame, " [", c.from, ",", c.to, ")");
    }
    std::string operator()(const EncodeCommand& c) { return Concat("encode ", c.frame, " as ", c.plan.codec); }
    std::string operator()(const SendCommand& c) { return Concat("send ", c.frame, "#", c.attempt); }
    std::string operator()(const CancelCommand& c) { return Concat("cancel ", c.frame, "#", c.attempt); }
    std::string operator()(const FinishCommand& c) {
      const FrameRecord& r = c.record;
      return Concat(std::string(OutcomeName(r.outcome)), " ", r.id, r.deadline_missed ? " missed" : "",
                    r.reason.empty() ? "" : ": ", r.reason);
    }
    std::string operator()(const ProbeCommand& c) { return Concat("probe ", c.probe); }
    std::string operator()(const NoticeCommand& c) { return Concat(c.kind, c.detail.empty() ? "" : ": ", c.detail); }
  } text;
  return std::visit(text, command);
}

// Nine groups, cut 3, 224 pixels, one frame under way unless the test says otherwise.
inline SessionOptions Options() {
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
        EXPECT_NEAR(
            r.prepare_s + r.head_s + r.encode_s + r.wait_s + r.upload_s + r.edge_queue_s + r.edge_s + r.reply_s + r.tail_s,
            r.latency_s, 1e-9);
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

}   // namespace partway::device
