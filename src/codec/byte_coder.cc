#include "codec/byte_coder.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "base/status.h"
#include "codec/rans.h"

namespace partway::codec {
namespace {

constexpr int kShareBits = 12, kShares = 1 << kShareBits, kShareShift = 16 - kShareBits;
using Histogram = std::array<uint32_t, 256>;   // shares of 4096

std::array<Slice, 256> SlicesOf(const Histogram& shares) {
  std::array<Slice, 256> slices{};
  uint32_t start = 0;
  for (size_t s = 0; s < 256; start += shares[s++])
    slices[s] = {static_cast<uint16_t>(start << kShareShift), static_cast<uint16_t>((shares[s] << kShareShift) - 1)};
  return slices;
}

// Every symbol that occurs has a share, none has all of them (what is read is below 4096), and they add up.
Histogram SharesOf(const std::array<size_t, 256>& counts) {
  const size_t total = std::accumulate(counts.begin(), counts.end(), size_t{0});
  Histogram shares{};
  for (size_t s = 0; s < 256; ++s) {
    if (counts[s] > 0) shares[s] = static_cast<uint32_t>(std::max<uint64_t>(uint64_t{counts[s]} * kShares / total, 1));
  }
  int64_t rest = kShares - static_cast<int64_t>(std::accumulate(shares.begin(), shares.end(), uint64_t{0}));
  while (rest != 0) {   // the largest bears it, as far as it can
    const auto largest = std::max_element(shares.begin(), shares.end());
    const int64_t change = std::max(rest, 1 - static_cast<int64_t>(*largest));
    *largest = static_cast<uint32_t>(*largest + change);
    rest -= change;
  }
  const auto largest = std::max_element(shares.begin(), shares.end());
  if (*largest == kShares) {
    --*largest;
    ++shares[static_cast<size_t>(largest - shares.begin()) ^ 1];
  }
  return shares;
}

void AppendHistogram(const Histogram& shares, std::string* to) {
  for (size_t s = 0; s < 256; ++s) {
    AppendVarint(to, shares[s]);
    if (shares[s] > 0) continue;
    const size_t first = s;
    while (s + 1 < 256 && shares[s + 1] == 0) ++s;
    *to += static_cast<char>(s - first);
  }
}

absl::StatusOr<Histogram> ReadHistogram(ByteReader& reader) {
  Histogram shares{};
  uint32_t sum = 0;
  for (size_t s = 0; s < 256; ++s) {
    ASSIGN_OR_RETURN(const uint64_t share, reader.Varint(kShares - 1, "a share of a histogram"));
    shares[s] = static_cast<uint32_t>(share);
    sum += shares[s];
    if (share > 0) continue;
    ASSIGN_OR_RETURN(const uint8_t more, reader.Number<uint8_t>("a run of zeros in a histogram"));
    if (s + more > 255) return reader.Error("a histogram of more than 256 shares");
    s += more;
  }
  if (sum != kShares) return reader.Error("a histogram's shares add up to ", sum, " and not to ", kShares);
  return shares;
}

void EncodePlane(std::span<const std::byte> elements, size_t plane, size_t stride, std::string* coded) {
  const size_t count = elements.size() / stride;
  const auto symbol = [&](size_t i) { return static_cast<uint8_t>(elements[i * stride + plane]); };
  std::array<size_t, 256> counts{};
  for (size_t i = 0; i < count; ++i) ++counts[symbol(i)];
  const Histogram shares = SharesOf(counts);
  const std::array<Slice, 256> slices = SlicesOf(shares);
  std::string stream, packed(1, '\1');
  RansWriter writer;
  std::vector<Slice> taken(count);
  for (size_t i = 0; i < count; ++i) taken[i] = slices[symbol(i)];
  writer.Write(taken, kRansStates, &stream);
  AppendHistogram(shares, &packed);
  AppendVarint(&packed, stream.size());
  packed += stream;
  if (packed.size() < count + 1) {
    *coded += packed;
    return;
  }
  *coded += '\0';
  for (size_t i = 0; i < count; ++i) *coded += static_cast<char>(symbol(i));
}

absl::Status DecodePlane(ByteReader& reader, size_t plane, size_t stride, std::span<std::byte> elements) {
  const size_t count = elements.size() / stride;
  ASSIGN_OR_RETURN(const uint8_t kind, reader.Number<uint8_t>("a plane's kind"));
  if (kind > 1) return reader.Error("plane of kind ", int{kind});
  if (kind == 0) {
    ASSIGN_OR_RETURN(const auto bytes, reader.Take(count, "a plane"));
    for (size_t i = 0; i < count; ++i) elements[i * stride + plane] = bytes[i];
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Histogram shares, ReadHistogram(reader));
  ASSIGN_OR_RETURN(const uint64_t length, reader.Varint(UINT32_MAX, "the length of a plane's stream"));
  ASSIGN_OR_RETURN(const auto stream, reader.Take(length, "a plane's stream"));
  const std::array<Slice, 256> slices = SlicesOf(shares);
  std::array<uint8_t, kShares> symbols;
  for (size_t s = 0, at = 0; s < 256; at += shares[s++]) std::fill_n(symbols.begin() + at, shares[s], static_cast<uint8_t>(s));
  RansReader words;
  RansCursor rans;
  if (!words.Start(stream, kRansStates, &rans)) return reader.Error("a plane's stream of ", length, " bytes");
  for (size_t i = 0; i < count; ++i) {
    const uint8_t symbol = symbols[rans.Slot(i) >> kShareShift];
    elements[i * stride + plane] = std::byte{symbol};
    rans.Take(i, slices[symbol]);
  }
  return rans.Complete() ? absl::OkStatus() : reader.Error("a plane's stream is damaged");
}

}   // namespace

void EncodeBytes(std::span<const std::byte> elements, size_t element_bytes, std::string* coded) {
  for (size_t plane = 0; plane < element_bytes; ++plane) EncodePlane(elements, plane, element_bytes, coded);
}

absl::Status DecodeBytes(ByteReader& reader, size_t element_bytes, std::span<std::byte> elements) {
  for (size_t plane = 0; plane < element_bytes; ++plane) RETURN_IF_ERROR(DecodePlane(reader, plane, element_bytes, elements));
  return absl::OkStatus();
}

}   // namespace partway::codec
