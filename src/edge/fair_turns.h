// Whose turn it is among flows that share something: start-time fair queueing (Goyal, Vin and Cheng, IEEE/ACM Trans. Networking 5(5), 1997). A flow
// is charged what its work costs, by an estimate when it begins and rightly when it ends; the next turn is that of the flow with the least start
// tag. Flows that have work waiting get equal service, and one that had none earns nothing by it.
//
// Work may also begin out of turn, beside that of another flow (a batch): it is charged all the same, and virtual time never passes a flow that waits, so
// nobody's claim is lost by it. Pure; not thread-safe.
#pragma once

#include <algorithm>
#include <cassert>
#include <compare>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>

#include "base/clock.h"

namespace partway::edge {

class FairTurns {
 public:
  struct Turn {
    Duration start{0};    // S of what the flow has waiting
    uint64_t order = 0;   // ties go to who waited longer
    std::string flow;
    auto operator<=>(const Turn&) const = default;
  };
  // Of the flows that have work waiting, whose turn is next first.
  const std::set<Turn>& turns() const { return turns_; }

  // The flow has work waiting, and had none or has just begun some. One not known comes in at the present virtual time.
  void Enter(const std::string& flow) {
    Flow& f = flows_.try_emplace(flow, Flow{.finish = virtual_time_}).first->second;
    f.start = std::max(virtual_time_, f.finish);
    f.order = ++last_order_;
    f.waits = true;
    turns_.insert({f.start, f.order, flow});
  }
  // It has none any more, and keeps its claim.
  void Leave(const std::string& flow) {
    Flow& f = flows_.at(flow);
    assert(f.waits);
    turns_.erase({f.start, f.order, flow});
    f.waits = false;
  }
  // Work of a flow in turns() begins; the flow leaves, to enter again if there is more.
  void Begin(const std::string& flow, Duration charge) {
    Leave(flow);
    Flow& f = flows_.at(flow);
    virtual_time_ = turns_.empty() ? f.start : std::min(f.start, turns_.begin()->start);
    f.finish = f.start + charge;
  }
  // What was charged in advance is put right, in the flow's place among the turns too.
  void Correct(const std::string& flow, Duration correction) {
    Flow& f = flows_.at(flow);
    f.finish += correction;
    if (!f.waits) return;
    Leave(flow);
    f.start = std::max(virtual_time_, f.start + correction);
    f.waits = true;
    turns_.insert({f.start, f.order, flow});
  }

  // How much more than virtual time the flow was served; 0 or less: nothing need be remembered of it.
  Duration ahead(const std::string& flow) const {
    const auto found = flows_.find(flow);
    return found == flows_.end() ? Duration(0) : found->second.finish - virtual_time_;
  }
  // Of a flow that has nothing waiting.
  void Forget(const std::string& flow) {
    assert(!flows_.contains(flow) || !flows_.at(flow).waits);
    flows_.erase(flow);
  }
  // A busy period is over, and every claim from it.
  void Restart() {
    assert(turns_.empty());
    flows_.clear();
    virtual_time_ = Duration(0);
  }

 private:
  struct Flow {
    Duration finish{0};   // F: virtual time up to which it has been served
    Duration start{0};
    uint64_t order = 0;
    bool waits = false;
  };
  std::unordered_map<std::string, Flow> flows_;
  std::set<Turn> turns_;
  Duration virtual_time_{0};   // the least S of what waited or began when work last began
  uint64_t last_order_ = 0;
};

}   // namespace partway::edge
