// Framing; Boost.CRC has the polynomial of CRC-32C.
#include "tensorboard/record.hpp"

#include <cstdint>

#include <boost/crc.hpp>

namespace fractal::tensorboard {
namespace {

template <typename Number>
std::string little_endian(Number number) {
    std::string bytes;
    for (std::size_t i = 0; i < sizeof number; ++i) {
        bytes += static_cast<char>((number >> (8 * i)) & 0xffU);
    }
    return bytes;
}

/// A checksum of data that may hold checksums itself is masked, or it would be weak.
std::uint32_t masked_checksum(std::string_view bytes) {
    boost::crc_optimal<32, 0x1edc6f41, 0xffffffff, 0xffffffff, true, true> crc;
    crc.process_bytes(bytes.data(), bytes.size());
    const auto sum = static_cast<std::uint32_t>(crc.checksum());
    constexpr std::uint32_t offset = 0xa282ead8U;
    return ((sum >> 15U) | (sum << 17U)) + offset;
}

} // namespace

std::string record(std::string_view bytes) {
    const std::string length = little_endian(std::uint64_t{bytes.size()});
    std::string text = length;
    text += little_endian(masked_checksum(length));
    text += bytes;
    text += little_endian(masked_checksum(bytes));
    return text;
}

} // namespace fractal::tensorboard
