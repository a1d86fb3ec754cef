#include "base/machine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace partway {
namespace {

namespace fs = std::filesystem;

class Machine : public testing::Test {
 protected:
  Machine() : root_(fs::path(testing::TempDir()) / ("partway_machine_test." + std::to_string(getpid()))) {
    fs::remove_all(root_);
  }
  ~Machine() override { fs::remove_all(root_); }

  void Write(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  MachineInfo Read() const { return ThisMachine(root_.string()); }

  const fs::path root_;
};

TEST_F(Machine, ReadsTheFirstProcessorsNameAndItsPresentClock) {
  Write("proc/cpuinfo",
        "processor\t: 0\nmodel name\t: Some CPU @ 2.5GHz\ncpu MHz\t\t: 2445.432\n\n"
        "processor\t: 1\nmodel name\t: Another\ncpu MHz\t\t: 1000.000\n");
  EXPECT_EQ(Read().cpu, "Some CPU @ 2.5GHz");
  EXPECT_DOUBLE_EQ(Read().cpu_hz, 2445.432e6);
  EXPECT_GE(Read().cores, 1);
  EXPECT_FALSE(Read().system.empty());
}

TEST_F(Machine, ANominalClockGoesBeforeTheLargestAndThatBeforeThePresentOne) {
  Write("proc/cpuinfo", "model name\t: Some CPU\ncpu MHz\t: 1200.0\n");
  Write("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "4000000\n");
  EXPECT_DOUBLE_EQ(Read().cpu_hz, 4e9);
  Write("sys/devices/system/cpu/cpu0/cpufreq/base_frequency", "2500000\n");
  EXPECT_DOUBLE_EQ(Read().cpu_hz, 2.5e9);
}

TEST_F(Machine, WhatIsNoClockIsNotTaken) {
  Write("proc/cpuinfo", "Model\t\t: A Board\ncpu MHz\t: 0.000\n");
  Write("sys/devices/system/cpu/cpu0/cpufreq/base_frequency", "nonsense\n");
  EXPECT_EQ(Read().cpu, "A Board");
  EXPECT_EQ(Read().cpu_hz, 0);
}

TEST_F(Machine, ASystemThatTellsNothingIsUnknown) {
  EXPECT_EQ(Read().cpu, "unknown");
  EXPECT_EQ(Read().cpu_hz, 0);
}

TEST(UtcNow, IsADateWithItsZone) {
  const std::string now = UtcNow();
  ASSERT_EQ(now.size(), 20u) << now;
  EXPECT_EQ(now.substr(0, 2), "20");
  EXPECT_EQ(now[10], 'T');
  EXPECT_EQ(now[19], 'Z');
}

}   // namespace
}   // namespace partway
