// Parecon: drift-plus-penalty control of frames, cut and resolution (Parecon paper, eq. 4-11; the queues and rules of
// docs/study-parecon.md). Each constraint is a virtual queue that grows while it is violated; the option of least
// F R - G C - H b / a is taken, with b in closed form.
#pragma once

#include "policy/policy.h"
#include "policy/slot_model.h"

namespace partway::policy {

struct PareconParameters {
  double V = 20;   // weight of the utility against the constraints; the gap to the optimum is at most B / V (eq. 12)
  double x_min = 0.01, x_max = 1;   // range of the auxiliary variable (eq. 7)
};

class Parecon final : public Policy {
 public:
  Parecon(const Problem& problem, const PareconParameters& parameters);

  Decision Decide(const Observation& seen) const override;
  void Update(const Observation& seen, const Decision& decision, const Outcome& outcome) override;
  std::vector<Memory> memory() const override {
    return {{"latency", queues_.latency}, {"accuracy", queues_.accuracy}, {"frames", queues_.frames}};
  }

  // F (latency), G (accuracy), H (frames); eq. 4-6.
  struct Queues {
    double latency = 0, accuracy = 0, frames = 0;
  };
  const Queues& queues() const { return queues_; }
  // x(t) of eq. 8 under the queues as they stand: clamp(V / H, x_min, x_max), the inverse of log's derivative; x_max at H = 0.
  double Auxiliary() const;

 private:
  SlotModel model_;
  double max_latency_s_, min_accuracy_;
  PareconParameters parameters_;
  Queues queues_;
};

}   // namespace partway::policy
