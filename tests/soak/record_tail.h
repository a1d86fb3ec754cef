// A run's record, read while it is written: whether each frame is there once, and what became of them.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace partway::soak {

struct Counts {
  int64_t offered = 0, edge = 0, local = 0, dropped = 0;
  bool operator==(const Counts&) const = default;
};

class RecordTail {
 public:
  explicit RecordTail(std::string path) : path_(std::move(path)) {}

  // Takes the whole lines that have been written since.
  void Read();
  const Counts& counts() const { return counts_; }                    // of the frames so far; offered: lines
  const std::optional<Counts>& summary() const { return summary_; }   // as the record says
  int64_t events(const std::string& kind) const;                      // "lost", "reattached"

  // Of a record whose run is over: what is wrong with it, in words; empty: every frame from 0 on is there once, and the summary counts them as they are.
  std::string Wrong() const;

 private:
  void Take(const std::string& line);

  std::string path_, rest_;
  std::ifstream file_;
  std::vector<bool> seen_;   // by id
  Counts counts_;
  std::optional<Counts> summary_;
  std::map<std::string, int64_t> events_;
  std::string wrong_;   // the first thing that was
};

}   // namespace partway::soak
