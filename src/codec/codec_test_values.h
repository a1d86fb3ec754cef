// Tensors for the tests of this folder.
#pragma once

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/tensor.h"
#include "codec/codec.h"
#include "gtest/gtest.h"

namespace partway::codec {

inline Tensor Floats(Shape shape, const std::vector<float>& values) {
  Tensor t = *Tensor::Allocate(DType::kFloat32, std::move(shape));
  EXPECT_EQ(t.byte_size(), 4 * values.size());
  if (!values.empty()) std::memcpy(t.mutable_data(), values.data(), t.byte_size());
  return t;
}

// Each channel a smooth wave of its own height with some noise, as feature maps are.
inline Tensor Waves(Shape shape, uint64_t seed) {
  Tensor t = *Tensor::Allocate(DType::kFloat32, std::move(shape));
  Rng rng(seed);
  const std::span<float> values = t.mutable_floats();
  const size_t channels = t.shape().size() > 1 ? static_cast<size_t>(t.shape()[1]) : 1;
  const size_t batch = t.shape().size() > 1 ? static_cast<size_t>(t.shape()[0]) : 1;
  const size_t inner = channels * batch == 0 ? 0 : values.size() / (channels * batch);
  for (size_t run = 0; inner > 0 && run < channels * batch; ++run) {
    const double height = std::exp(rng.Uniform(-2, 2)), step = rng.Uniform(0.1, 0.5), shift = rng.Uniform(0, 6);
    for (size_t i = 0; i < inner; ++i)
      values[run * inner + i] =
          static_cast<float>(height * (std::sin(step * static_cast<double>(i) + shift) + rng.Uniform(-0.3, 0.3)));
  }
  return t;
}

inline std::string EncodeOk(std::string_view codec, const std::vector<NamedTensor>& values,
                            const PictureScale* picture = nullptr) {
  std::string frame;
  const absl::Status status = Encoder(*ParseCodec(codec)).Encode(values, picture, &frame);
  EXPECT_TRUE(status.ok()) << codec << ": " << status;
  return frame;
}

inline std::span<const std::byte> Bytes(std::string_view frame) { return std::as_bytes(std::span(frame.data(), frame.size())); }

inline std::vector<NamedTensor> DecodeOk(std::string_view frame) {
  auto values = Decoder().Decode(Bytes(frame));
  EXPECT_TRUE(values.ok()) << values.status();
  return values.ok() ? *values : std::vector<NamedTensor>();
}

// Same name, type, shape and bits.
inline bool Identical(const NamedTensor& a, const NamedTensor& b) {
  return a.name == b.name && a.tensor.dtype() == b.tensor.dtype() && a.tensor.shape() == b.tensor.shape() &&
         (a.tensor.byte_size() == 0 || std::memcmp(a.tensor.data(), b.tensor.data(), a.tensor.byte_size()) == 0);
}

}   // namespace partway::codec
