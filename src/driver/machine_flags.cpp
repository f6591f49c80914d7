// Two groups of the help: the commands that compute read data, too.
#include "driver/machine_flags.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/near_misses.hpp"
#include "driver/command_line.hpp"

namespace fractal::driver {

void add_machine_options(CommandLine& line, MachineFlags& flags) {
    CommandLine::Group data = line.group("Data");
    data.option("--data-dir", "DIR", flags.data_dir, "folder of the data set's files (or $FRACTAL_DATA)");
    CommandLine::Group machine = line.group("Machine");
    machine.option("--device", "cpu|cuda", flags.device, "what computes (cpu)");
    machine.option("--threads", "N", flags.threads, "threads of the processor (0, one for each core)")
        .whole_number(reflect::between(0, 4096));
}

void check_machine(const MachineFlags& flags) {
    static constexpr std::array<std::string_view, 2> devices{"cpu", "cuda"};
    if (!flags.device.empty() && std::ranges::find(devices, flags.device) == devices.end()) {
        throw UsageError(fmt::format("--device is {}: expected one of {}{}", flags.device,
                                     fmt::join(devices, ", "), did_you_mean(flags.device, devices)));
    }
}

Hardware hardware_of(const MachineFlags& flags, const RunSettings& settings) {
    return {.device = flags.device.empty() ? settings.device : flags.device,
            .threads = flags.threads < 0 ? settings.threads : flags.threads};
}

} // namespace fractal::driver
