// Event files: their bytes, and what becomes of them when a process is killed or a trial goes on.
// That TensorBoard itself reads them is tested by tests/exports/event_files.py.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "tensorboard/event_file.hpp"
#include "tensorboard/record.hpp"
#include "tensorboard/trial_events.hpp"
#include "unit/store_fixture.hpp"

using namespace fractal;
using namespace fractal::tensorboard;
using namespace fractal::store::testing;

namespace {

namespace fs = std::filesystem;

std::string joined(const TrialEvents& events) {
    std::string text;
    for (const std::string& record : events.records) text += record;
    return text;
}

store::Trial a_trial(std::int64_t id = 1) {
    const store::Request request = a_request(1);
    store::Trial trial{.id = id,
                       .subject = request.subject,
                       .conditions = request.conditions,
                       .recipe_label = request.recipe_label,
                       .recipe = request.recipe};
    trial.outcome.disposition = store::Disposition::running;
    trial.outcome.started = "2026-01-02T03:04:05Z";
    return trial;
}

std::vector<store::Epoch> epochs(int count) {
    std::vector<store::Epoch> epochs;
    for (int number = 1; number <= count; ++number) epochs.push_back(an_epoch(number, 0.1 * number));
    return epochs;
}

} // namespace

TEST_CASE("a record is length, checksum, bytes, checksum") {
    // As tf.io.TFRecordWriter writes b"123456789", whose CRC-32C is 0xe3069283.
    const std::string text = record("123456789");
    REQUIRE(text.size() == 8 + 4 + 9 + 4);
    CHECK(text.substr(0, 8) == std::string("\x09\0\0\0\0\0\0\0", 8));
    CHECK(text.substr(12, 9) == "123456789");
    const std::uint32_t crc = 0xe3069283U;
    const std::uint32_t masked = ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U;
    std::uint32_t written = 0;
    for (std::size_t i = 4; i-- > 0;) written = written << 8U | static_cast<unsigned char>(text[21 + i]);
    CHECK(written == masked);
}

TEST_CASE("a file grows by what is new, and is left alone when nothing is") {
    const TemporaryFolder folder;
    const fs::path file = folder.path() / "a" / "b" / "events";
    bring_up_to_date(file, events_of(a_trial(), epochs(1)));
    const std::string one = bytes_of(file);
    bring_up_to_date(file, events_of(a_trial(), epochs(3)));
    CHECK(bytes_of(file).starts_with(one));
    CHECK(bytes_of(file) == joined(events_of(a_trial(), epochs(3))));
    const auto written = fs::last_write_time(file);
    bring_up_to_date(file, events_of(a_trial(), epochs(3)));
    CHECK(fs::last_write_time(file) == written);
}

TEST_CASE("cut anywhere, or followed by anything, a file is mended") {
    const TemporaryFolder folder;
    const fs::path file = folder.path() / "events";
    const TrialEvents events = events_of(a_trial(), epochs(2));
    const std::string whole = joined(events);
    for (std::size_t size = 0; size <= whole.size(); size += 7) {
        std::ofstream(file, std::ios::binary) << whole.substr(0, size);
        bring_up_to_date(file, events);
        REQUIRE(bytes_of(file) == whole);
    }
    std::ofstream(file, std::ios::binary) << whole << std::string(100, '\0');
    bring_up_to_date(file, events);
    CHECK(bytes_of(file) == whole);
}

TEST_CASE("epochs that are trained anew take the place of those that were there") {
    const TemporaryFolder folder;
    const fs::path file = folder.path() / "events";
    bring_up_to_date(file, events_of(a_trial(), epochs(4)));
    std::vector<store::Epoch> anew = epochs(3);
    anew[2].train_loss = 9;
    const std::string kept = joined(events_of(a_trial(), epochs(2)));
    bring_up_to_date(file, events_of(a_trial(), anew));
    CHECK(bytes_of(file).starts_with(kept));
    CHECK(bytes_of(file) == joined(events_of(a_trial(), anew)));
}

TEST_CASE("an end is taken back when the trial goes on") {
    const TemporaryFolder folder;
    const fs::path file = folder.path() / "events";
    store::Trial failed = a_trial();
    failed.outcome.disposition = store::Disposition::failed;
    bring_up_to_date(file, events_of(failed, epochs(1)));
    bring_up_to_date(file, events_of(a_trial(), epochs(2)));
    CHECK(bytes_of(file) == joined(events_of(a_trial(), epochs(2))));
}

TEST_CASE("a trial that a search has paused has no end, so that its file only grows") {
    const TemporaryFolder folder;
    const fs::path file = folder.path() / "events";
    store::Trial paused = a_trial();
    paused.outcome.disposition = store::Disposition::paused;
    bring_up_to_date(file, events_of(paused, epochs(1)));
    const std::string before = bytes_of(file);
    bring_up_to_date(file, events_of(a_trial(), epochs(2)));
    CHECK(bytes_of(file).starts_with(before));
}

TEST_CASE("the file of another trial is refused and left as it is") {
    const TemporaryFolder folder;
    const fs::path file = folder.path() / "events";
    bring_up_to_date(file, events_of(a_trial(1), epochs(2)));
    const std::string before = bytes_of(file);
    CHECK_THROWS_AS(bring_up_to_date(file, events_of(a_trial(2), epochs(1))), DataError);
    CHECK(bytes_of(file) == before);
    std::ofstream(file) << "a letter";
    CHECK_THROWS_AS(bring_up_to_date(file, events_of(a_trial(2), epochs(1))), DataError);
    CHECK(bytes_of(file) == "a letter");
}
