// TFRecord: how TensorBoard's event files are cut into messages.
#pragma once

#include <string>
#include <string_view>

namespace fractal::tensorboard {

/// `bytes` as one record: their length, its checksum, the bytes, their checksum; numbers little-endian. The
/// checksums are CRC-32C, rotated and offset as TFRecord wants.
std::string record(std::string_view bytes);

} // namespace fractal::tensorboard
