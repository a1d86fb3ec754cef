// Reads protobuf's wire format (protobuf.dev/programming-guides/encoding) out of bytes that lie in several pieces, without
// copying them together. Every read is checked against what is left; a failed read leaves the cursor anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace partway::wire {

// A position in the pieces and how many bytes may be read from it. Copies are cheap; the pieces must outlive them all.
class Cursor {
 public:
  Cursor() = default;
  explicit Cursor(std::span<const std::span<const std::byte>> pieces);

  size_t left() const { return left_; }
  bool ReadByte(uint8_t* value);
  bool ReadVarint(uint64_t* value);   // at most ten bytes
  bool Read(void* to, size_t size);
  bool ReadLittleEndian(uint64_t* value, size_t size);
  // The next `size` bytes as a cursor of their own; this one goes past them.
  bool Take(size_t size, Cursor* taken);
  void AppendTo(std::string* text);   // all that is left

 private:
  void SkipEmpty();
  std::span<const std::span<const std::byte>> pieces_;
  size_t piece_ = 0, offset_ = 0, left_ = 0;
};

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct Field {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t scalar = 0;   // all but kBytes
  Cursor body;           // kBytes
};

// False if the bytes are no field: cut short, number 0, or a group (which this protocol does not have).
bool ReadField(Cursor* cursor, Field* field);

void AppendVarint(std::string* text, uint64_t value);
void AppendTag(std::string* text, uint32_t number, WireType type);
void AppendField(std::string* text, Field field);

}   // namespace partway::wire
