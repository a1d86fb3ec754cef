#include "codec/jpeg_payload.h"

#include "base/status.h"
#include "codec/byte_reader.h"
#include "codec/picture_planes.h"
#include "codec/plain_payload.h"
#include "media/jpeg.h"
#include "media/picture_header.h"
#include "media/source.h"

namespace partway::codec {

absl::Status EncodeJpegPayload(const Tensor& tensor, const PictureScale& scale, int quality, std::string* payload) {
  media::Picture picture{
      .name = "the input", .height = static_cast<int>(tensor.shape()[2]), .width = static_cast<int>(tensor.shape()[3])};
  std::vector<uint8_t> planes(tensor.floats().size());
  ToPlanes(tensor.floats(), scale, planes.data());
  picture.rgb.resize(planes.size());
  Interleave(planes, picture.rgb.data());
  ASSIGN_OR_RETURN(const std::string jpeg, media::EncodeJpeg(picture, quality));
  AppendPictureScale(scale, payload);
  *payload += jpeg;
  return absl::OkStatus();
}

absl::Status DecodeJpegPayload(const FramedValue& value, std::vector<uint8_t>* planes, float* out) {
  ByteReader reader(value.payload, value.payload_offset);
  ASSIGN_OR_RETURN(const PictureScale scale, ReadPictureScale(reader));
  const auto rest = reader.rest();
  const std::string_view bytes(reinterpret_cast<const char*>(rest.data()), rest.size());
  const int64_t height = value.header.shape[2], width = value.header.shape[3];
  const absl::StatusOr<media::PictureHeader> header = media::ReadPictureHeader(bytes);
  if (!header.ok() || std::string_view(header->format) != "JPEG") return reader.Error("a JPEG form without a JPEG in it");
  if (header->height != height || header->width != width) {
    return reader.Error("a JPEG of ", header->height, "x", header->width, " pixels for a picture of ", height, "x", width);
  }
  ASSIGN_OR_RETURN(const media::Picture picture,
                   media::DecodePicture(bytes, Concat("encoded frame, byte ", reader.offset()), height * width));
  if (picture.height != height || picture.width != width) return reader.Error("a JPEG that turns its picture");
  planes->resize(picture.rgb.size());
  Deinterleave(picture.rgb, planes->data());
  FromPlanes(*planes, scale, out);
  return absl::OkStatus();
}

}   // namespace partway::codec
