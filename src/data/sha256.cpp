// OpenSSL's digest.
#include "data/sha256.hpp"

#include <array>
#include <new>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/error.hpp"

namespace fractal::data {

struct Sha256::State {
    State() : context(EVP_MD_CTX_new()) {
        if (context == nullptr || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1)
            throw std::bad_alloc();
    }
    ~State() { EVP_MD_CTX_free(context); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    EVP_MD_CTX* context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;

void Sha256::add(std::span<const std::byte> bytes) {
    EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

std::string Sha256::text() {
    std::array<unsigned char, 32> digest{};
    EVP_DigestFinal_ex(state_->context, digest.data(), nullptr);
    return fmt::format("{:02x}", fmt::join(digest, ""));
}

std::string sha256_of(std::istream& stream, const std::filesystem::path& file, std::string_view start) {
    Sha256 digest;
    digest.add(std::as_bytes(std::span(start)));
    std::vector<char> part(std::size_t{1} << 20U);
    while (stream.read(part.data(), static_cast<std::streamsize>(part.size())) || stream.gcount() > 0) {
        digest.add(std::as_bytes(std::span(part).first(static_cast<std::size_t>(stream.gcount()))));
    }
    if (stream.bad()) throw IoError(fmt::format("'{}' cannot be read to its end", file.string()));
    return digest.text();
}

} // namespace fractal::data
