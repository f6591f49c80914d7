// Looks at the exponents of numbers, whatever their width.
#include "weights/weight_values.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fractal/plan/fingerprint.hpp>

#include "base/error.hpp"

namespace fractal {

namespace {

using Bytes = std::vector<std::byte>;

/// The first of the numbers of which all bits of the exponent are set: infinities and what is no number.
template <class Word>
std::optional<std::size_t> first_not_finite(const Bytes& bytes, Word exponent) {
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(Word)) {
        Word number;
        std::memcpy(&number, bytes.data() + at, sizeof number);
        if ((number & exponent) == exponent) return at / sizeof(Word);
    }
    return std::nullopt;
}

std::optional<std::size_t> first_not_finite(TensorType type, const Bytes& bytes) {
    switch (type) {
        case TensorType::f16:
            return first_not_finite<std::uint16_t>(bytes, 0x7C00);
        case TensorType::bf16:
            return first_not_finite<std::uint16_t>(bytes, 0x7F80);
        case TensorType::f32:
            return first_not_finite<std::uint32_t>(bytes, 0x7F80'0000);
        case TensorType::f64:
            return first_not_finite<std::uint64_t>(bytes, 0x7FF0'0000'0000'0000);
        default: // whole numbers are finite
            return std::nullopt;
    }
}

} // namespace

std::uint64_t check_finite(const StoredTensors& stored) {
    std::vector<Bytes> tensors;
    read_tensor_data(stored, [&](const TensorEntry& entry) {
        return tensors.emplace_back(static_cast<std::size_t>(entry.bytes())).data();
    });
    detail::Fnv1a hash;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const TensorEntry& entry = stored.header.tensors[i];
        if (const auto at = first_not_finite(entry.type, tensors[i])) {
            throw DataError(fmt::format(
                "'{}': number {} of tensor '{}' is infinite or no number: expected the finite weights of a "
                "network; take those from before its training failed",
                stored.file.string(), *at + 1, entry.name));
        }
        hash.add(entry.name).add({reinterpret_cast<const char*>(tensors[i].data()), tensors[i].size()});
    }
    constexpr std::uint64_t kept_bits = (std::uint64_t{1} << 48) - 1;
    return std::max<std::uint64_t>((hash.value() >> 48) ^ (hash.value() & kept_bits), 1);
}

} // namespace fractal
