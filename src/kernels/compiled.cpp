// The passes for one instruction set and one type of map: this file is compiled once for each.
#include <array>
#include <type_traits>
#include <utility>

#include "kernels/compiled.hpp"
#include "kernels/passes.hpp"

namespace fractal::kernels {

namespace {

template <class Scalar, std::size_t index>
constexpr std::array<FusedJoin<Scalar>, 2> of_chain() {
    constexpr Chain chain = chain_at(index);
    constexpr Chain entry{.first_relu = chain.first_relu, .first_dropout = chain.first_dropout, .norm = true};
    const auto passes = [&]<bool pool>(std::bool_constant<pool>) {
        FusedJoin<Scalar> join{.forward = forward<chain, pool, Scalar>,
                               .backward = backward<chain, pool, Scalar>};
        if constexpr (chain.norm) {
            join.statistics = statistics<entry, Scalar>;
            join.reduce = reduce<chain, pool, Scalar>;
        }
        return join;
    };
    return {passes(std::false_type()), passes(std::true_type())};
}

template <class Scalar>
constexpr Table<Scalar> all() {
    return []<std::size_t... index>(std::index_sequence<index...>) {
        return Table<Scalar>{of_chain<Scalar, index>()...};
    }(std::make_index_sequence<chain_count>());
}

} // namespace

template <>
const Table<FRACTAL_SCALAR>& compiled<Isa::FRACTAL_ISA, FRACTAL_SCALAR>() {
    static constexpr Table<FRACTAL_SCALAR> table = all<FRACTAL_SCALAR>();
    return table;
}

} // namespace fractal::kernels
