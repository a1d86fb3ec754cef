#include "edge/service/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <exception>
#include <utility>
#include <vector>

#include "base/status.h"

namespace partway::edge {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Gauge(const std::string& name, const std::string& help, double value) {
  MetricFamily family{name, help, MetricType::Gauge, {}};
  family.metric.emplace_back().gauge.value = value;
  return family;
}

MetricFamily Counter(const std::string& name, const std::string& help, uint64_t value) {
  MetricFamily family{name, help, MetricType::Counter, {}};
  family.metric.emplace_back().counter.value = static_cast<double>(value);
  return family;
}

class ServerNumbers final : public prometheus::Collectable {
 public:
  ServerNumbers(const EdgeServer& server, const ModelStore& store) : server_(server), store_(store) {}

  std::vector<MetricFamily> Collect() const override {
    const EdgeCounts counts = server_.counts();
    MetricFamily requests{"partway_requests_total", "Requests by how they ended", MetricType::Counter, {}};
    const std::pair<const char*, uint64_t> outcomes[] = {
        {"answered", counts.answered}, {"refused", counts.refused}, {"failed", counts.failed}};
    for (const auto& [outcome, count] : outcomes) {
      ClientMetric& metric = requests.metric.emplace_back();
      metric.label.push_back({"outcome", outcome});
      metric.counter.value = static_cast<double>(count);
    }
    const EdgeLoad load = server_.load();
    const double batch_size = counts.batches == 0 ? 0 : static_cast<double>(counts.batched) / static_cast<double>(counts.batches);
    return {std::move(requests),
            Gauge("partway_requests_queued", "Requests that wait for their turn", load.queued),
            Gauge("partway_requests_running", "Requests being computed", load.running),
            Gauge("partway_queued_bytes", "Memory of the requests that wait", static_cast<double>(load.queued_bytes)),
            Counter("partway_batches_total", "Runs of several requests at once", counts.batches),
            Counter("partway_batched_requests_total", "Requests answered by such runs", counts.batched),
            Gauge("partway_batch_size_mean", "Requests in such a run", batch_size),
            Gauge("partway_models", "Models that can be asked for", static_cast<double>(store_.models().size()))};
  }

 private:
  const EdgeServer& server_;
  const ModelStore& store_;
};

}   // namespace

struct MetricsEndpoint::Impl {
  std::shared_ptr<ServerNumbers> numbers;   // the exposer keeps only a weak reference
  std::unique_ptr<prometheus::Exposer> exposer;
};

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(const std::string& address, const EdgeServer& server,
                                                                        const ModelStore& store) {
  auto impl = std::make_unique<Impl>();
  impl->numbers = std::make_shared<ServerNumbers>(server, store);
  try {
    impl->exposer = std::make_unique<prometheus::Exposer>(address, 1);
    impl->exposer->RegisterCollectable(impl->numbers);
  } catch (const std::exception&) {   // its message names only the port's text, not the reason
    return Unavailable("cannot listen for metrics on ", address, ": is the port in use?");
  }
  return std::unique_ptr<MetricsEndpoint>(new MetricsEndpoint(std::move(impl)));
}

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsEndpoint::~MetricsEndpoint() = default;
int MetricsEndpoint::port() const { return impl_->exposer->GetListeningPorts().front(); }

}   // namespace partway::edge
