// The frames of a session without an outcome, in order of arrival. They are few (session.h names the bounds), so that looking one up means
// going through them. Pointers hold until a frame is added or removed. Used by the session alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "device/frame.h"

namespace partway::device {

class FrameList {
 public:
  auto begin() { return frames_.begin(); }
  auto end() { return frames_.end(); }
  auto begin() const { return frames_.begin(); }
  auto end() const { return frames_.end(); }
  bool empty() const { return frames_.empty(); }
  size_t size() const { return frames_.size(); }
  Frame& operator[](size_t i) { return frames_[i]; }
  Frame& front() { return frames_.front(); }

  Frame* Add(Frame frame) {
    frames_.push_back(std::move(frame));
    return &frames_.back();
  }
  void Remove(const Frame* frame) { frames_.erase(frames_.begin() + (frame - frames_.data())); }

  // Null if it has its outcome, or never was.
  Frame* Find(FrameId id) {
    const auto it = std::find_if(frames_.begin(), frames_.end(), [id](const Frame& f) { return f.id == id; });
    return it == frames_.end() ? nullptr : &*it;
  }
  // The frame whose attempt is still wanted, or null: late, twice, given up.
  Frame* FindInFlight(FrameId id, uint32_t attempt) {
    Frame* f = Find(id);
    return f != nullptr && f->stage == Stage::kInFlight && f->attempt == attempt ? f : nullptr;
  }
  Frame* OldestWaiting() {
    const auto it = std::find_if(frames_.begin(), frames_.end(), [](const Frame& f) { return f.waiting(); });
    return it == frames_.end() ? nullptr : &*it;
  }

  int Waiting() const {
    return static_cast<int>(std::count_if(frames_.begin(), frames_.end(), [](const Frame& f) { return f.waiting(); }));
  }
  int UnderWay() const {
    return static_cast<int>(std::count_if(frames_.begin(), frames_.end(), [](const Frame& f) { return f.under_way(); }));
  }

 private:
  std::vector<Frame> frames_;
};

}   // namespace partway::device
