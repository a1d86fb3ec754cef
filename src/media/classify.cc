#include "media/classify.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/status.h"

namespace partway::media {
namespace {

float FromHalf(uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const float fraction = static_cast<float>(half & 1023);
  float value;
  if (exponent == 31) {
    value = fraction == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else {
    value = std::ldexp(fraction + 1024.0f, exponent - 25);
  }
  return (half & 0x8000) != 0 ? -value : value;
}

template <class T>
T At(const Tensor& tensor, size_t i) {
  T value;
  std::memcpy(&value, tensor.data() + i * sizeof(T), sizeof(T));
  return value;
}

absl::StatusOr<std::vector<double>> Scores(const Tensor& output) {
  std::vector<double> scores(output.byte_size() / std::max<size_t>(DTypeSize(output.dtype()), 1));
  for (size_t i = 0; i < scores.size(); ++i) {
    switch (output.dtype()) {
      case DType::kFloat32: scores[i] = At<float>(output, i); break;
      case DType::kFloat64: scores[i] = At<double>(output, i); break;
      case DType::kFloat16: scores[i] = FromHalf(At<uint16_t>(output, i)); break;
      default: return InvalidArgument("the answer is ", DTypeName(output.dtype()), "; scores must be FP32, FP16 or FP64");
    }
  }
  return scores;
}

}   // namespace

absl::StatusOr<std::vector<Guess>> TopK(const Tensor& output, OutputKind kind, size_t k) {
  if (kind == OutputKind::kTensor) return InvalidArgument("the output's kind is \"tensor\": it has no classes to rank");
  if (output.empty() || output.byte_size() == 0) return InvalidArgument("the answer holds no score");
  const auto wide = std::count_if(output.shape().begin(), output.shape().end(), [](int64_t d) { return d != 1; });
  if (wide > 1) return InvalidArgument("the answer is ", ShapeString(output.shape()), "; expected one row of scores, as 1x1000");
  ASSIGN_OR_RETURN(const std::vector<double> scores, Scores(output));

  // NaN as the lowest of all gives a strict weak order.
  const auto key = [&](int i) { return std::isnan(scores[i]) ? -std::numeric_limits<double>::infinity() : scores[i]; };
  std::vector<int> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  k = std::min(k, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(k), order.end(), [&](int a, int b) {
    if (std::isnan(scores[a]) != std::isnan(scores[b])) return std::isnan(scores[b]);
    return key(a) != key(b) ? key(a) > key(b) : a < b;
  });

  double highest = -std::numeric_limits<double>::infinity(), sum = 0;
  if (kind == OutputKind::kLogits) {
    for (size_t i = 0; i < scores.size(); ++i) highest = std::max(highest, key(static_cast<int>(i)));
    for (double s : scores) sum += std::isnan(s) ? 0 : s == highest ? 1 : std::exp(s - highest);
  }
  std::vector<Guess> guesses;
  for (size_t i = 0; i < k; ++i) {
    const double score = scores[order[i]];
    double probability = score;
    if (kind == OutputKind::kLogits && !std::isnan(score)) probability = (score == highest ? 1 : std::exp(score - highest)) / sum;
    guesses.push_back({order[i], static_cast<float>(probability)});
  }
  return guesses;
}

std::string LabelName(const ModelConfig& config, int index) {
  if (index >= 0 && static_cast<size_t>(index) < config.labels.size() && !config.labels[index].empty())
    return config.labels[index];
  return Concat("class ", index);
}

}   // namespace partway::media
