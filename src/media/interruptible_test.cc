#include "media/interruptible.h"

#include <future>
#include <thread>

#include "gmock/gmock.h"

namespace partway::media {
namespace {

// Two frames, and then none for as long as the test likes.
class Hanging final : public Source {
 public:
  Hanging(std::shared_future<void> free, std::promise<void>* waits) : free_(std::move(free)), waits_(waits) {}
  absl::StatusOr<std::optional<Picture>> Next() override {
    if (count_ == 2) {
      waits_->set_value();
      free_.wait();
      return absl::UnavailableError("it hung up");
    }
    return Picture{.name = std::to_string(count_++)};
  }
  SourceKind kind() const override { return SourceKind::kCamera; }
  std::optional<double> native_fps() const override { return 25; }
  const std::vector<Skipped>& skipped() const override { return skipped_; }

 private:
  const std::shared_future<void> free_;
  std::promise<void>* const waits_;
  int count_ = 0;
  std::vector<Skipped> skipped_;
};

class InterruptibleTest : public testing::Test {
 protected:
  ~InterruptibleTest() override { free_.set_value(); }
  std::unique_ptr<Source> Make() { return Interruptible(std::make_unique<Hanging>(free_.get_future().share(), &waits_)); }
  std::promise<void> free_, waits_;
};

TEST_F(InterruptibleTest, PassesOnWhatComes) {
  const std::unique_ptr<Source> source = Make();
  EXPECT_EQ(source->kind(), SourceKind::kCamera);
  EXPECT_TRUE(source->live());
  EXPECT_EQ(source->native_fps(), 25);
  for (const char* name : {"0", "1"}) EXPECT_EQ(source->Next().value()->name, name);
}

TEST_F(InterruptibleTest, EndsWhileTheSourceHangs) {
  const std::unique_ptr<Source> source = Make();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(source->Next().value());
  std::thread stopper([&] {
    waits_.get_future().wait();
    source->Interrupt();
  });
  EXPECT_FALSE(source->Next().value());   // the source itself still hangs
  stopper.join();
  EXPECT_FALSE(source->Next().value());
}

TEST_F(InterruptibleTest, IsNotHeldUpByASourceThatHangsWhenItGoes) {
  std::unique_ptr<Source> source = Make();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(source->Next().value());
  std::thread waiting([&] { EXPECT_FALSE(source->Next().value()); });
  waits_.get_future().wait();
  source->Interrupt();
  waiting.join();
  source.reset();   // the fixture lets the source go only after this
}

TEST_F(InterruptibleTest, PassesOnErrors) {
  std::promise<void> open;
  open.set_value();
  const std::unique_ptr<Source> source = Interruptible(std::make_unique<Hanging>(open.get_future().share(), &waits_));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(source->Next().value());
  EXPECT_TRUE(absl::IsUnavailable(source->Next().status()));
}

}   // namespace
}   // namespace partway::media
