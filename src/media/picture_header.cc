#include "media/picture_header.h"

#include <cctype>
#include <cstdlib>
#include <optional>

#include "base/status.h"

namespace partway::media {
namespace {

// Bytes as numbers; past the end everything is 0, and callers check lengths where 0 would mean something.
int64_t Byte(std::string_view b, size_t i) { return i < b.size() ? static_cast<uint8_t>(b[i]) : 0; }
int64_t Big16(std::string_view b, size_t i) { return Byte(b, i) << 8 | Byte(b, i + 1); }
int64_t Big32(std::string_view b, size_t i) { return Big16(b, i) << 16 | Big16(b, i + 2); }
int64_t Little16(std::string_view b, size_t i) { return Byte(b, i) | Byte(b, i + 1) << 8; }
int64_t Little24(std::string_view b, size_t i) { return Little16(b, i) | Byte(b, i + 2) << 16; }
int64_t Little32(std::string_view b, size_t i) { return Little16(b, i) | Little16(b, i + 2) << 16; }

// ITU-T T.81, annex B: segments up to the start of scan; the frame header SOFn holds the size.
std::optional<PictureHeader> Jpeg(std::string_view b) {
  PictureHeader header{"JPEG", 0, 0};
  for (size_t at = 2; at + 4 <= b.size();) {
    if (Byte(b, at) != 0xff) return std::nullopt;
    const int64_t marker = Byte(b, at + 1);
    if (marker == 0xff) {   // fill byte
      ++at;
      continue;
    }
    const int64_t length = Big16(b, at + 2);
    if (length < 2) return std::nullopt;
    const bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame) {
      // A second frame header would let a decoder see another size than the one checked here.
      if (header.height != 0 || at + 9 > b.size()) return std::nullopt;
      header.height = Big16(b, at + 5), header.width = Big16(b, at + 7);
      if (header.height == 0 || header.width == 0) return std::nullopt;
    }
    at += 2 + static_cast<size_t>(length);
    if (marker == 0xda) {
      if (header.height == 0) return std::nullopt;
      header.complete = b.find("\xff\xd9", at) != std::string_view::npos;
      return header;
    }
  }
  return std::nullopt;
}

std::optional<PictureHeader> Ppm(std::string_view b) {
  int64_t numbers[2] = {0, 0};
  size_t at = 2;
  for (int64_t& number : numbers) {
    while (at < b.size() && (std::isspace(static_cast<uint8_t>(b[at])) || b[at] == '#')) {
      if (b[at] == '#') {
        while (at < b.size() && b[at] != '\n') ++at;
      } else {
        ++at;
      }
    }
    const size_t start = at;
    while (at < b.size() && std::isdigit(static_cast<uint8_t>(b[at])) && at - start < 10) number = number * 10 + (b[at++] - '0');
    if (at == start) return std::nullopt;
  }
  return PictureHeader{"PPM", numbers[1], numbers[0]};
}

std::optional<PictureHeader> WebP(std::string_view b) {
  const std::string_view chunk = b.substr(12, 4);
  if (chunk == "VP8X") return PictureHeader{"WebP", Little24(b, 27) + 1, Little24(b, 24) + 1};
  if (chunk == "VP8 ") return PictureHeader{"WebP", Little16(b, 28) & 0x3fff, Little16(b, 26) & 0x3fff};
  if (chunk == "VP8L") {
    const int64_t bits = Little32(b, 21);
    return PictureHeader{"WebP", (bits >> 14 & 0x3fff) + 1, (bits & 0x3fff) + 1};
  }
  return std::nullopt;
}

std::optional<PictureHeader> Bmp(std::string_view b) {
  if (Little32(b, 14) == 12) return PictureHeader{"BMP", Little16(b, 20), Little16(b, 18)};
  const auto edge = [&](size_t at) { return std::abs(static_cast<int64_t>(static_cast<int32_t>(Little32(b, at)))); };
  return PictureHeader{"BMP", edge(22), edge(18)};   // a negative height means rows from the top
}

}   // namespace

absl::StatusOr<PictureHeader> ReadPictureHeader(std::string_view b) {
  std::optional<PictureHeader> header;
  const char* format = nullptr;
  if (b.starts_with("\xff\xd8\xff")) {
    format = "JPEG", header = Jpeg(b);
  } else if (b.starts_with("\x89PNG\r\n\x1a\n")) {
    format = "PNG";
    if (b.size() >= 33 && b.substr(12, 4) == "IHDR") {
      header = PictureHeader{format, Big32(b, 20), Big32(b, 16), b.find("IEND", 33) != std::string_view::npos};
    }
  } else if (b.starts_with("BM") && b.size() >= 26) {
    format = "BMP", header = Bmp(b);
  } else if (b.starts_with("RIFF") && b.size() >= 30 && b.substr(8, 4) == "WEBP") {
    format = "WebP", header = WebP(b);
  } else if (b.starts_with("P6") || b.starts_with("P3") || b.starts_with("P5") || b.starts_with("P2")) {
    format = "PPM", header = Ppm(b);
  }
  if (format == nullptr) return InvalidArgument("not a JPEG, PNG, BMP, WebP or PPM picture");
  if (!header || header->height < 1 || header->width < 1) return InvalidArgument("its ", format, " header is damaged");
  return *header;
}

}   // namespace partway::media
