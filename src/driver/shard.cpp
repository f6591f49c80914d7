// Round robin.
#include "driver/shard.hpp"

#include <charconv>
#include <system_error>

#include <fmt/format.h>

#include "base/error.hpp"

namespace fractal::driver {
namespace {

bool read_number(const char*& at, const char* end, std::size_t& number) {
    const auto [rest, fault] = std::from_chars(at, end, number);
    at = rest;
    return fault == std::errc();
}

} // namespace

Shard parse_shard(const std::string& text) {
    Shard shard;
    const char* at = text.data();
    const char* const end = at + text.size();
    const bool read = read_number(at, end, shard.index) && at != end && *at++ == '/' &&
                      read_number(at, end, shard.count) && at == end;
    if (!read || shard.index < 1 || shard.index > shard.count) {
        throw UsageError(fmt::format("--shard is {}: expected a part such as 1/4, from 1/N to N/N", text));
    }
    return shard;
}

std::vector<store::Request> part_of(std::span<const store::Request> requests, Shard shard) {
    if (shard.count > requests.size()) {
        throw UsageError(fmt::format("--shard {}/{}: {} trials are asked for; divide them into {} at most",
                                     shard.index, shard.count, requests.size(), requests.size()));
    }
    std::vector<store::Request> part;
    for (std::size_t place = shard.index - 1; place < requests.size(); place += shard.count) {
        part.push_back(requests[place]);
    }
    return part;
}

} // namespace fractal::driver
