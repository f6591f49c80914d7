// Picks the table of an instruction set.
#include "kernels/fused_join.hpp"

#include <type_traits>

#include "kernels/compiled.hpp"

namespace fractal::kernels {

namespace {

template <class Scalar>
const Table<Scalar>& table_of(Isa isa) {
#if defined(__x86_64__)
    // Double is for tests: wider vectors of it are not worth compiling.
    if constexpr (!std::is_same_v<Scalar, double>) {
        if (isa == Isa::avx512) return compiled<Isa::avx512, Scalar>();
        if (isa == Isa::avx2) return compiled<Isa::avx2, Scalar>();
    }
#endif
    return compiled<Isa::portable, Scalar>();
}

} // namespace

template <class Scalar>
const FusedJoin<Scalar>& fused_join(Isa isa, Chain chain, bool pool) {
    return table_of<Scalar>(isa)[chain.index()][pool ? 1 : 0];
}

template const FusedJoin<float>& fused_join(Isa, Chain, bool);
template const FusedJoin<double>& fused_join(Isa, Chain, bool);
template const FusedJoin<BFloat16>& fused_join(Isa, Chain, bool);

} // namespace fractal::kernels
