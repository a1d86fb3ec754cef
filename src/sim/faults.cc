#include "sim/faults.h"

namespace partway::sim {

Faults DrawFaults(Rng* rng) {
  Faults f;
  const auto maybe = [rng](double highest) { return rng->Chance(1.0 / 3) ? rng->Uniform(0, highest) : 0; };
  f.reply_lost = maybe(0.2);
  f.reply_late = maybe(0.4);
  f.reply_duplicated = maybe(0.5);
  f.reply_reordered = maybe(0.4);
  f.server_full = maybe(0.2);
  f.edge_error = maybe(0.2);
  f.model_forgotten = maybe(0.05);
  f.prepare_error = maybe(0.1);
  f.compute_error = maybe(0.1);
  f.probe_lost = maybe(0.9);
  f.server_restarts_per_s = maybe(2);
  f.link_stalls_per_s = maybe(2);
  f.link_resets_per_s = maybe(2);
  f.server_slow_per_s = maybe(2);
  return f;
}

}   // namespace partway::sim
