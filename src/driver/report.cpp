// `fractal report`: a run as one HTML page, from its results alone.
#include <cstdio>
#include <filesystem>
#include <span>

#include <fmt/format.h>

#include "base/durable_file.hpp"
#include "driver/command_line.hpp"
#include "driver/picture.hpp"
#include "driver/program.hpp"
#include "driver/run_folder.hpp"
#include "driver/units.hpp"
#include "report/page.hpp"
#include "report/plotly.hpp"
#include "report/report_data.hpp"
#include "store/reader.hpp"

namespace fractal::driver {

int run_report(const Program& program, const std::vector<std::string>& arguments) {
    namespace fs = std::filesystem;
    std::string folder;
    std::string out;
    bool json = false;
    CommandLine line("report", "a run as one HTML page, to read in a browser, offline", "RUN [OPTION...]",
                     "  fractal report runs/first\n"
                     "  fractal report runs/first --out first.html\n"
                     "  fractal report runs/first --json | jq '.pools[0].order_effects.rows'\n");
    CommandLine::Group run = line.group("Run");
    run.argument("RUN", folder, "folder of the run; it may still be in progress").required();
    CommandLine::Group output = line.group("Output");
    const CommandLine::Option file =
        output.option("--out", "FILE", out, "file to write (RUN/report.html); - is the standard output");
    output.flag("--json", json, "a JSON object: what the page shows").excludes(file);
    if (!line.parse(arguments)) return 0;

    require_results(folder);
    const std::string plotly = json ? "" : report::plotly_javascript(); // before the work that it would spoil
    store::Reader reader(folder);
    const reflect::Json data = report::report_data(reader, program.registry, svg_of, folder);
    if (json) {
        fmt::print("{}\n", reflect::json_text(data));
        return 0;
    }
    const std::string page = report::page(data, plotly);
    if (out == "-") {
        std::fwrite(page.data(), 1, page.size(), stdout);
        return 0;
    }
    const fs::path path = out.empty() ? fs::path(folder) / "report.html" : fs::path(out);
    write_durably(path, page);
    fmt::print("wrote {} ({}): open it in a browser\n", path.string(),
               bytes_text(static_cast<std::int64_t>(page.size())));
    return 0;
}

} // namespace fractal::driver
