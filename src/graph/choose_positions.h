// Where to put the boundaries of groups: the "auto" and "N" forms of grouping.h, on plain numbers.
#pragma once

#include <cstdint>
#include <vector>

namespace partway::graph {

// A position at which one may cut.
struct Candidate {
  int position = 0;
  double share = 0;      // of the model's work that lies before it, 0..1; does not fall
  int values = 1;        // that cross it
  int64_t bytes = -1;    // of them; -1: not known
  double run_cost = 0;   // what a boundary here adds to running the whole model, as a share of its work
};

struct AutoRules {
  int max_groups = 16;
  double min_share = 0.01;      // of the work in each group
  double max_run_cost = 0.03;   // all boundaries together: a chain of groups should cost at most 1.05 times the whole model
  int least_groups = 6;         // so many may be kept however dear they are: a model in one piece could not be split at all
};

// Candidates lie strictly inside the graph, ascending. Returns the positions chosen, ascending, without the two ends.
//
// Dynamic programming over the candidates thinned to one per 1/256 of the work. It minimises the sum of squared shares
// (even groups), plus a fee per boundary (a boundary costs a little at run time), plus a fee that grows with the logarithm of
// a frontier's size over the smallest one near by (so boundaries settle behind down-sampling), plus a fee per value beyond the
// first (so several values cross only where a long stretch has no single one). If the boundaries so found cost more at run time
// than max_run_cost, their cost joins the sum with the least weight that mends it. Linear in the candidates.
std::vector<int> ChooseAuto(const std::vector<Candidate>& candidates, const AutoRules& rules = {});

// About `groups` groups of equal work: one boundary near each multiple of 1/groups, if there is a candidate within half a
// group's work. Linear.
std::vector<int> ChooseEven(const std::vector<Candidate>& candidates, int groups);

}   // namespace partway::graph
