// The trials that are to be trained, and what each needs, for those who send them to machines.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "driver/sweep.hpp"
#include "reflect/fields.hpp"
#include "store/rows.hpp"

namespace fractal::driver {

/// One trial that is still to be trained.
struct PlannedRow {
    std::int64_t trial = 0;
    std::string shard = {};
    std::string variant = {};
    std::uint64_t seed = 0;
    store::Disposition disposition = store::Disposition::pending;
    std::int32_t epochs = 0;
    std::int64_t macs = 0;
    std::int64_t memory_bytes = 0;
};

/// Rows of `plan`, in its order. `asked` are the trials that this command asked for, in their order; a
/// trial's place among them is its shard. The memory is that of a training step, or of an
/// evaluation that takes more, in fp32 under `memory_budget` (bytes; 0: what checkpointing
/// `auto` plans for on this machine's processor, and for others no limit) with the data set, which is opened;
/// autocast and fused kernels take less.
std::vector<PlannedRow> planned_rows(std::span<const Planned> plan, std::span<const store::Trial> asked,
                                     SweepData& data, std::int64_t memory_budget);

/// The rows as a table.
std::string planned_table(std::span<const PlannedRow> rows, bool colour);

} // namespace fractal::driver

template <>
struct fractal::reflect::Fields<fractal::driver::PlannedRow> {
    using R = driver::PlannedRow;
    static constexpr auto list = hana::make_tuple(
        field<"trial", &R::trial>("number in the results"),
        field<"shard", &R::shard>("what --shard is for this trial alone; empty: it was not asked for now"),
        field<"variant", &R::variant>("name of the variant"), field<"seed", &R::seed>("the recipe's seed"),
        field<"disposition", &R::disposition>("where it stands"),
        field<"epochs", &R::epochs>("epochs that it is to be trained for"),
        field<"macs", &R::macs>("multiply-accumulates of one image, forward"),
        field<"memory_bytes", &R::memory_bytes>("predicted peak of its tensors", "bytes"));
};
