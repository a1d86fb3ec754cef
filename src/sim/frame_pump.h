// A source of frames in virtual time: one after each interval, or whenever there is room, as from a file. A frame for which there is no room
// yet is offered as soon as there is. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "device/session.h"
#include "sim/event_queue.h"

namespace partway::sim {

class FramePump {
 public:
  // Frames 1 to `frames`. `interval` 0: as there is room. `events` must outlive it.
  FramePump(EventQueue* events, int64_t frames, Duration interval, std::function<bool()> room,
            std::function<void(device::FrameId)> offer)
      : events_(events), frames_(frames), interval_(interval), room_(std::move(room)), offer_(std::move(offer)) {}

  // After its session was started.
  void Start() {
    if (Paced()) Offer();
  }
  // There may be room again.
  void Obeyed() {
    if (Paced()) {
      if (std::exchange(offering_, false)) events_->After(Duration(0), [this] { Offer(); });
      return;
    }
    if (offering_ || ended() || !room_()) return;
    offering_ = true;
    events_->After(Duration(0), [this] {
      offering_ = false;
      if (room_()) Offer();
    });
  }
  bool ended() const { return offered_ == frames_; }   // every frame was offered

 private:
  bool Paced() const { return interval_ > Duration(0); }
  void Offer() {
    if (ended()) return;
    if (!room_()) {
      offering_ = true;   // Obeyed goes on
      return;
    }
    if (Paced()) events_->After(interval_, [this] { Offer(); });
    offer_(static_cast<device::FrameId>(++offered_));
  }

  EventQueue* events_;
  int64_t frames_;
  Duration interval_;
  std::function<bool()> room_;
  std::function<void(device::FrameId)> offer_;
  int64_t offered_ = 0;
  bool offering_ = false;
};

}   // namespace partway::sim
