// Copies what the registry knows.
#include "driver/variant_row.hpp"

#include <fmt/format.h>

namespace fractal::driver {

std::string fingerprint_text(std::uint64_t fingerprint) { return fmt::format("{:016x}", fingerprint); }

VariantRow row_of(const Variant& variant) {
    return {.name = std::string(variant.name),
            .depth = variant.spec->depth,
            .columns = variant.spec->columns,
            .layer_order = std::string(order_name(variant.spec->order).view()),
            .parameters = variant.cost.parameters,
            .macs = variant.cost.macs,
            .activation_bytes = variant.cost.activation_bytes,
            .firings = variant.cost.firings,
            .longest_path = variant.cost.longest_path,
            .family = std::string(variant.family),
            .full_name = std::string(variant.full_name),
            .fingerprint = fingerprint_text(variant.fingerprint)};
}

store::Subject subject_of(const Variant& variant, std::int32_t classes) {
    const VariantRow row = row_of(variant);
    NetworkSpec net = *variant.spec;
    net.classes = classes;
    const Cost restated = classes == variant.spec->classes ? variant.cost : cost(net);
    return {.variant = row.name,
            .fingerprint = row.fingerprint,
            .family = row.family,
            .depth = row.depth,
            .columns = row.columns,
            .layer_order = row.layer_order,
            .parameters = restated.parameters,
            .macs = restated.macs,
            .activation_bytes = restated.activation_bytes};
}

} // namespace fractal::driver
