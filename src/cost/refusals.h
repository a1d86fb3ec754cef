// Which options the limits refuse, and, where they refuse all, what would have to give. Pure, thread-safe.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "cost/goal.h"
#include "cost/option_table.h"
#include "cost/power.h"
#include "cost/state.h"

namespace partway::cost {

struct Refusal {
  size_t row;
  Constraint constraint;
  bool not_known;   // refused because the table does not know the value
};

struct Refusals {
  std::vector<Refusal> list;   // one for each option and constraint it does not meet; by row, then constraint
  std::array<size_t, kConstraintCount> refused{};   // options that each constraint refuses
  std::array<size_t, kConstraintCount> alone{};     // of these, options that no other constraint refuses
  std::vector<size_t> accepted;                     // rows, ascending
};

Refusals Judge(const OptionTable& table, const State& state, const Limits& limits, const PowerModel* power);

// A limit moved so far that an option meets it.
struct Relaxation {
  Constraint constraint;
  double limit, needed;
  double share() const;   // |needed - limit| / |limit|; infinite for a limit of 0
};

struct LeastRelaxation {
  Constraint refuses_most;
  size_t refused;   // options it refuses
  // For each constraint that alone would let an option through if it gave: by how much, least share first.
  struct Single {
    Relaxation relaxation;
    size_t row;   // the option let through
  };
  std::vector<Single> single;
  // Where no constraint alone is enough: the option whose largest share is least, and all it needs.
  // Empty also when every option has an unknown value under some limit.
  std::vector<Relaxation> together;
  size_t together_row = 0;
};

// Empty if `refusals` accept an option.
std::optional<LeastRelaxation> Relax(const OptionTable& table, const State& state, const Limits& limits, const PowerModel* power,
                                     const Refusals& refusals);

}   // namespace partway::cost
