#include "wire/cursor.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace partway::wire {

static_assert(std::endian::native == std::endian::little, "tensors travel as they lie in memory");

Cursor::Cursor(std::span<const std::span<const std::byte>> pieces) : pieces_(pieces) {
  for (const auto& piece : pieces) left_ += piece.size();
  SkipEmpty();
}

void Cursor::SkipEmpty() {
  while (piece_ < pieces_.size() && offset_ == pieces_[piece_].size()) {
    ++piece_;
    offset_ = 0;
  }
}

bool Cursor::ReadByte(uint8_t* value) {
  if (left_ == 0) return false;
  *value = static_cast<uint8_t>(pieces_[piece_][offset_]);
  ++offset_;
  --left_;
  SkipEmpty();
  return true;
}

bool Cursor::ReadVarint(uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    uint8_t byte;
    if (!ReadByte(&byte)) return false;
    if (shift == 63 && byte > 1) return false;
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool Cursor::Read(void* to, size_t size) {
  if (size > left_) return false;
  auto* out = static_cast<std::byte*>(to);
  left_ -= size;
  while (size > 0) {
    const std::span<const std::byte> rest = pieces_[piece_].subspan(offset_);
    const size_t n = std::min(size, rest.size());
    std::memcpy(out, rest.data(), n);
    out += n;
    size -= n;
    offset_ += n;
    SkipEmpty();
  }
  return true;
}

bool Cursor::ReadLittleEndian(uint64_t* value, size_t size) {
  *value = 0;
  return Read(value, size);
}

bool Cursor::Take(size_t size, Cursor* taken) {
  if (size > left_) return false;
  *taken = *this;
  taken->left_ = size;
  left_ -= size;
  while (size > 0) {
    const size_t n = std::min(size, pieces_[piece_].size() - offset_);
    size -= n;
    offset_ += n;
    SkipEmpty();
  }
  return true;
}

void Cursor::AppendTo(std::string* text) {
  const size_t size = left_, old = text->size();
  text->resize(old + size);
  Read(text->data() + old, size);
}

bool ReadField(Cursor* cursor, Field* field) {
  uint64_t tag;
  if (!cursor->ReadVarint(&tag) || tag > UINT32_MAX || (tag >> 3) == 0) return false;
  field->number = static_cast<uint32_t>(tag >> 3);
  field->type = static_cast<WireType>(tag & 7);
  switch (field->type) {
    case WireType::kVarint: return cursor->ReadVarint(&field->scalar);
    case WireType::kFixed64: return cursor->ReadLittleEndian(&field->scalar, 8);
    case WireType::kFixed32: return cursor->ReadLittleEndian(&field->scalar, 4);
    case WireType::kBytes: {
      uint64_t size;
      return cursor->ReadVarint(&size) && size <= cursor->left() && cursor->Take(static_cast<size_t>(size), &field->body);
    }
  }
  return false;
}

void AppendVarint(std::string* text, uint64_t value) {
  for (; value >= 0x80; value >>= 7) text->push_back(static_cast<char>(value | 0x80));
  text->push_back(static_cast<char>(value));
}

void AppendTag(std::string* text, uint32_t number, WireType type) {
  AppendVarint(text, (uint64_t{number} << 3) | static_cast<uint8_t>(type));
}

void AppendField(std::string* text, Field field) {
  AppendTag(text, field.number, field.type);
  switch (field.type) {
    case WireType::kVarint: AppendVarint(text, field.scalar); break;
    case WireType::kFixed64: text->append(reinterpret_cast<const char*>(&field.scalar), 8); break;
    case WireType::kFixed32: text->append(reinterpret_cast<const char*>(&field.scalar), 4); break;
    case WireType::kBytes:
      AppendVarint(text, field.body.left());
      field.body.AppendTo(text);
      break;
  }
}

}   // namespace partway::wire
