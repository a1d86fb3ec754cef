// How fast frames are made and read, and how small they are, beside zstd on the plain int8 bytes. One thread; MB/s of float32.
//
//   codec_bench [--quick] [--json] [--codecs a,b] [--seconds S]
//
// Values are made up like feature maps: smooth waves and noise, channels of different heights. Goal: 200 MB/s each way.
#include <time.h>
#include <zstd.h>

#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/clock.h"
#include "base/rng.h"
#include "base/status.h"
#include "codec/codec.h"
#include "nlohmann/json.hpp"

namespace partway {
namespace {

constexpr double kGoal = 200e6;   // bytes of float32 per second

struct Flags {
  std::vector<std::string> codecs = {"int8-ec", "int4-ec", "int8-ch-ec", "int8", "int4", "fp16", "fp16-ec", "raw"};
  double seconds = 0.5;
  bool quick = false, json = false;
};

double ThreadSeconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// Means and heights that differ between channels, waves that differ a little, and noise: an int8 symbol takes 6 to 6.5 bits.
Tensor Maps(int64_t channels, int64_t edge, uint64_t seed) {
  Tensor t = *Tensor::Allocate(DType::kFloat32, {1, channels, edge, edge});
  Rng rng(seed);
  float* to = t.mutable_floats().data();
  for (int64_t c = 0; c < channels; ++c) {
    const double height = std::exp(rng.Uniform(-0.5, 0.5)), mean = rng.Uniform(-1, 1), a = rng.Uniform(0.3, 1),
                 b = rng.Uniform(0.3, 1);
    for (int64_t y = 0; y < edge; ++y) {
      for (int64_t x = 0; x < edge; ++x) {
        double noise = -4;
        for (int i = 0; i < 8; ++i) noise += rng.Uniform();   // nearly normal, variance 2/3
        *to++ = static_cast<float>(
            mean + height * (0.7 * std::sin(a * static_cast<double>(x)) * std::cos(b * static_cast<double>(y)) + noise));
      }
    }
  }
  return t;
}

// Runs per second of `work`, at least `seconds` of it; the fastest of five.
template <class Work>
double Rate(double seconds, Work work) {
  double best = 0;
  for (int round = 0; round < 5; ++round) {
    const double start = ThreadSeconds();
    int runs = 0;
    double passed = 0;
    do {
      work();
      ++runs;
      passed = ThreadSeconds() - start;
    } while (passed < seconds / 5);
    best = std::max(best, runs / passed);
  }
  return best;
}

struct Row {
  std::string codec;
  double encode_rate, decode_rate;   // bytes of float32 per second
  size_t bytes;
};

absl::StatusOr<Row> BenchCodec(const std::string& name, const std::vector<NamedTensor>& values, const Flags& flags) {
  ASSIGN_OR_RETURN(const codec::CodecSpec spec, codec::ParseCodec(name));
  codec::Encoder encoder(spec);
  codec::Decoder decoder;
  std::string frame;
  RETURN_IF_ERROR(encoder.Encode(values, nullptr, &frame));
  const auto bytes = static_cast<double>(values[0].tensor.byte_size());
  const double encode = Rate(flags.seconds, [&] { (void)encoder.Encode(values, nullptr, &frame); });
  const double decode = Rate(flags.seconds, [&] { (void)decoder.Decode(std::as_bytes(std::span(frame))); });
  return Row{name, encode * bytes, decode * bytes, frame.size()};
}

// zstd on the symbols that the plain int8 frame holds.
absl::StatusOr<Row> BenchZstd(int level, const std::vector<NamedTensor>& values, const Flags& flags) {
  std::string symbols;
  RETURN_IF_ERROR(codec::Encoder(*codec::ParseCodec("int8")).Encode(values, nullptr, &symbols));
  std::string packed(ZSTD_compressBound(symbols.size()), '\0'), back(symbols.size(), '\0');
  const size_t size = ZSTD_compress(packed.data(), packed.size(), symbols.data(), symbols.size(), level);
  const auto bytes = static_cast<double>(values[0].tensor.byte_size());
  const double encode =
      Rate(flags.seconds, [&] { ZSTD_compress(packed.data(), packed.size(), symbols.data(), symbols.size(), level); });
  const double decode = Rate(flags.seconds, [&] { ZSTD_decompress(back.data(), back.size(), packed.data(), size); });
  return Row{"zstd -" + std::to_string(level) + " of int8", encode * bytes, decode * bytes, size};
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app{"encoding and decoding of the values at a cut"};
  app.add_option("--codecs", flags.codecs, "with commas")->delimiter(',');
  app.add_option("--seconds", flags.seconds, "computing time per figure")->check(CLI::PositiveNumber);
  app.add_flag("--quick", flags.quick, "a glance");
  app.add_flag("--json", flags.json, "one JSON document on stdout");
  CLI11_PARSE(app, argc, argv);
  if (flags.quick) flags.seconds = std::min(flags.seconds, 0.05);
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& [channels, edge] : {std::pair<int64_t, int64_t>{40, 28}, {80, 14}, {320, 7}, {256, 56}}) {
    const std::vector<NamedTensor> values = {{"maps", Maps(channels, edge, 1)}};
    if (!flags.json)
      std::printf("1x%dx%dx%d, %zu bytes of float32\n", int(channels), int(edge), int(edge), values[0].tensor.byte_size());
    const auto report = [&](const absl::StatusOr<Row>& row) {
      if (!row.ok()) {
        std::cerr << "codec_bench: " << row.status().message() << "\n";
        return false;
      }
      const double bits = static_cast<double>(row->bytes) * 32 / static_cast<double>(values[0].tensor.byte_size());
      if (!flags.json) {
        std::printf("  %-20s encode %7.0f MB/s  decode %7.0f MB/s  %8zu bytes, %.2f bits a value%s\n", row->codec.c_str(),
                    row->encode_rate / 1e6, row->decode_rate / 1e6, row->bytes, bits,
                    std::min(row->encode_rate, row->decode_rate) < kGoal ? "  (below 200 MB/s)" : "");
      }
      rows.push_back({{"shape", values[0].tensor.shape()},
                      {"codec", row->codec},
                      {"encode_bytes_per_s", row->encode_rate},
                      {"decode_bytes_per_s", row->decode_rate},
                      {"bytes", row->bytes}});
      return true;
    };
    for (const std::string& codec : flags.codecs) {
      if (!report(BenchCodec(codec, values, flags))) return 1;
    }
    for (int level : {1, 9}) {
      if (!report(BenchZstd(level, values, flags))) return 1;
    }
  }
  if (flags.json) std::cout << nlohmann::json{{"bench", "codec"}, {"goal_bytes_per_s", kGoal}, {"rows", rows}}.dump() << "\n";
  return 0;
}

}   // namespace
}   // namespace partway

int main(int argc, char** argv) { return partway::Main(argc, argv); }
