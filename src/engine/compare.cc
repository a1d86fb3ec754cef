// Compare, DefaultTolerance and NoiseInputs of check.h.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/rng.h"
#include "base/status.h"
#include "engine/check.h"

namespace partway::engine {
namespace {

double FromHalf(uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  double value;
  if (exponent == 31) {
    value = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  } else {
    value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

template <class T>
T At(const std::byte* data, size_t i) {
  T value;
  std::memcpy(&value, data + i * sizeof(T), sizeof(T));
  return value;
}

double Number(DType dtype, const std::byte* data, size_t i) {
  switch (dtype) {
    case DType::kBool:
    case DType::kUint8: return At<uint8_t>(data, i);
    case DType::kUint16: return At<uint16_t>(data, i);
    case DType::kUint32: return At<uint32_t>(data, i);
    case DType::kUint64: return static_cast<double>(At<uint64_t>(data, i));
    case DType::kInt8: return At<int8_t>(data, i);
    case DType::kInt16: return At<int16_t>(data, i);
    case DType::kInt32: return At<int32_t>(data, i);
    case DType::kInt64: return static_cast<double>(At<int64_t>(data, i));
    case DType::kFloat16: return FromHalf(At<uint16_t>(data, i));
    case DType::kBfloat16: return std::bit_cast<float>(static_cast<uint32_t>(At<uint16_t>(data, i)) << 16);
    case DType::kFloat32: return At<float>(data, i);
    case DType::kFloat64: return At<double>(data, i);
    case DType::kOpaque: break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

void CompareTensors(const Tensor& whole, const Tensor& split, Difference* d) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (whole.dtype() != split.dtype() || whole.shape() != split.shape()) {
    *d = {kInfinity, kInfinity, false};
    return;
  }
  if (whole.byte_size() == 0 || std::memcmp(whole.data(), split.data(), whole.byte_size()) == 0) return;
  d->bit_identical = false;
  double largest = 0, difference = 0;
  const size_t elements = whole.byte_size() / DTypeSize(whole.dtype());
  for (size_t i = 0; i < elements; ++i) {
    const double a = Number(whole.dtype(), whole.data(), i), b = Number(split.dtype(), split.data(), i);
    if (std::isfinite(a)) largest = std::max(largest, std::abs(a));
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;   // equal infinities too
    difference = std::max(difference, std::isfinite(a) && std::isfinite(b) ? std::abs(a - b) : kInfinity);
  }
  d->max_abs = std::max(d->max_abs, difference);
  d->max_rel = std::max(d->max_rel, difference == 0 ? 0 : largest > 0 ? difference / largest : kInfinity);
}

void FillWithNoise(Rng& rng, Tensor* t) {
  std::byte* data = t->mutable_data();
  const size_t size = DTypeSize(t->dtype());
  for (size_t i = 0; i < t->byte_size() / size; ++i) {
    const auto put = [&](auto value) { std::memcpy(data + i * size, &value, sizeof(value)); };
    switch (t->dtype()) {
      case DType::kFloat32: put(static_cast<float>(rng.Uniform(-1, 1))); break;
      case DType::kFloat64: put(rng.Uniform(-1, 1)); break;
      // Sign and fraction at random, an exponent that gives 0.5 to 1.
      case DType::kFloat16: put(static_cast<uint16_t>((rng.Next() & 0x83ff) | 0x3800)); break;
      case DType::kBfloat16: put(static_cast<uint16_t>((rng.Next() & 0x807f) | 0x3f00)); break;
      case DType::kUint8: put(static_cast<uint8_t>(rng.Next())); break;
      case DType::kInt8: put(static_cast<int8_t>(rng.Next())); break;
      default: data[i * size] = static_cast<std::byte>(rng.Next() & 1);   // little-endian 0 or 1; the rest is zero
    }
  }
}

}   // namespace

Difference Compare(const std::vector<NamedTensor>& whole, const std::vector<NamedTensor>& split) {
  Difference d;
  if (whole.size() != split.size())
    return {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(), false};
  for (size_t i = 0; i < whole.size(); ++i) CompareTensors(whole[i].tensor, split[i].tensor, &d);
  return d;
}

double DefaultTolerance(const EngineInfo& engine, const std::vector<TensorSpec>& outputs) {
  const bool half = std::any_of(outputs.begin(), outputs.end(),
                                [](const TensorSpec& s) { return s.dtype == DType::kFloat16 || s.dtype == DType::kBfloat16; });
  return engine.provider == "cpu" && !half ? 1e-4 : 2e-2;
}

absl::StatusOr<std::vector<NamedTensor>> NoiseInputs(const graph::OpGraph& graph, const graph::ValueTypes& types, uint64_t seed) {
  Rng rng(seed);
  std::vector<NamedTensor> inputs;
  for (const graph::ValueId v : graph.inputs) {
    const std::string& name = graph.values[v].name;
    const auto type = types.find(name);
    if (type == types.end() || type->second.dtype == DType::kOpaque)
      return InvalidArgument("input '", name, "' is no tensor of numbers");
    ASSIGN_OR_RETURN(Tensor t, Tensor::Allocate(type->second.dtype, type->second.shape));
    std::fill_n(t.mutable_data(), t.byte_size(), std::byte{0});
    FillWithNoise(rng, &t);
    inputs.push_back({name, std::move(t)});
  }
  return inputs;
}

}   // namespace partway::engine
