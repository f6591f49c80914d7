// A variant as a row: the one list of what tables, JSON and sort keys say of it.
#pragma once

#include <cstdint>
#include <string>

#include <fractal/registry/variant.hpp>

#include "reflect/fields.hpp"
#include "store/rows.hpp"

namespace fractal::driver {

struct VariantRow {
    std::string name = {};
    std::int32_t depth = 0;
    std::int32_t columns = 0;
    std::string layer_order = {};
    std::int64_t parameters = 0;
    std::int64_t macs = 0;
    std::int64_t activation_bytes = 0;
    std::int64_t firings = 0;
    std::int64_t longest_path = 0;
    std::string family = {};
    std::string full_name = {};
    std::string fingerprint = {};
};

VariantRow row_of(const Variant& variant);

/// The fingerprint as the manifest and the results write it: 16 hexadecimal digits.
std::string fingerprint_text(std::uint64_t fingerprint);

/// What the results say of a variant that is trained on so many classes: its costs with a head for them.
store::Subject subject_of(const Variant& variant, std::int32_t classes);

} // namespace fractal::driver

template <>
struct fractal::reflect::Fields<fractal::driver::VariantRow> {
    using R = driver::VariantRow;
    static constexpr auto list = hana::make_tuple(
        field<"name", &R::name>("name of the variant"), field<"depth", &R::depth>("number of units"),
        field<"columns", &R::columns>("columns of each unit's fractal"),
        field<"layer_order", &R::layer_order>("layers of one firing, joined by dots"),
        field<"parameters", &R::parameters>("trainable scalars"),
        field<"macs", &R::macs>("multiply-accumulates of one image, forward"),
        field<"activation_bytes", &R::activation_bytes>("saved for the backward pass, of one image in fp32",
                                                        "bytes"),
        field<"firings", &R::firings>("applications of the layer order"),
        field<"longest_path", &R::longest_path>("firings from the input to the head, at most"),
        field<"family", &R::family>("family of the variant"),
        field<"full_name", &R::full_name>("the name that stands alone"),
        field<"fingerprint", &R::fingerprint>("canonical fingerprint of the network, hexadecimal"));
};
