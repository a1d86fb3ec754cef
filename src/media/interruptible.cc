#include "media/interruptible.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace partway::media {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(500);

using Answer = absl::StatusOr<std::optional<Picture>>;

// Shared with the thread, which may outlive the source's owner.
struct Shared {
  std::mutex mutex;
  std::condition_variable changed;
  bool wanted = false, interrupted = false, gone = false;
  std::optional<Answer> answer;
  std::unique_ptr<Source> source;   // only the thread calls it

  void Read() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return wanted || interrupted; });
      if (interrupted) break;
      lock.unlock();
      Answer next = source->Next();
      lock.lock();
      answer = std::move(next);
      wanted = false;
      changed.notify_all();
    }
    gone = true;
    changed.notify_all();
  }
};

class Apart final : public Source {
 public:
  explicit Apart(std::unique_ptr<Source> source)
      : kind_(source->kind()), live_(source->live()), fps_(source->native_fps()), shared_(std::make_shared<Shared>()) {
    shared_->source = std::move(source);
    thread_ = std::thread([shared = shared_] { shared->Read(); });
  }
  ~Apart() override {
    Interrupt();
    std::unique_lock lock(shared_->mutex);
    const bool gone = shared_->changed.wait_for(lock, kPatience, [&] { return shared_->gone; });
    lock.unlock();
    gone ? thread_.join() : thread_.detach();
  }

  Answer Next() override {
    std::unique_lock lock(shared_->mutex);
    shared_->wanted = true;
    shared_->changed.notify_all();
    shared_->changed.wait(lock, [&] { return shared_->answer.has_value() || shared_->interrupted; });
    if (shared_->interrupted) return std::nullopt;
    Answer answer = *std::move(shared_->answer);
    shared_->answer.reset();
    return answer;
  }
  void Interrupt() override {
    const std::lock_guard lock(shared_->mutex);
    shared_->interrupted = true;
    shared_->changed.notify_all();
  }
  SourceKind kind() const override { return kind_; }
  bool live() const override { return live_; }
  std::optional<double> native_fps() const override { return fps_; }
  const std::vector<Skipped>& skipped() const override { return skipped_; }

 private:
  const SourceKind kind_;
  const bool live_;
  const std::optional<double> fps_;
  const std::vector<Skipped> skipped_;   // a camera passes over nothing
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}   // namespace

std::unique_ptr<Source> Interruptible(std::unique_ptr<Source> source) { return std::make_unique<Apart>(std::move(source)); }

}   // namespace partway::media
