// The registry as a table of a database in memory.
#include "driver/where.hpp"

#include <fmt/format.h>

#include "driver/variant_row.hpp"
#include "reflect/sql.hpp"
#include "store/condition.hpp"

namespace fractal::driver {
namespace {

store::Database table_of(const Registry& registry) {
    store::Database database(":memory:", store::Database::Mode::create);
    database.run(fmt::format("CREATE TABLE variants (\n{}    CHECK (name <> '')\n) STRICT; BEGIN",
                             reflect::sql_definitions<VariantRow>()));
    store::Statement add = database.prepare(fmt::format("INSERT INTO variants (rowid, {}) VALUES (?, {})",
                                                        reflect::sql_columns<VariantRow>(),
                                                        reflect::sql_parameters<VariantRow>()));
    std::int64_t row = 0;
    for (const Variant* variant : registry.all()) {
        add.bind(1, row++);
        int at = 2;
        reflect::bind_members(add, at, row_of(*variant));
        add.run();
    }
    database.run("COMMIT");
    return database;
}

} // namespace

std::vector<bool> where(const Registry& registry, const std::vector<std::string>& conditions) {
    std::vector<bool> holds(registry.all().size(), true);
    for (const std::string& condition : conditions) {
        std::vector<bool> here(holds.size(), false);
        for (const std::int64_t row : store::ids_where(table_of(registry), "variants", "rowid", condition)) {
            here.at(static_cast<std::size_t>(row)) = true;
        }
        for (std::size_t at = 0; at < holds.size(); ++at) {
            holds[at] = holds[at] && here[at];
        }
    }
    return holds;
}

} // namespace fractal::driver
