// An opaque value that an executor hands out: 8 bytes, counted, the same on both sides of the wall.
#pragma once

#include <utility>

namespace fractal {

/// What an executor derives its own values from.
struct Node {
    Node() = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    virtual ~Node() = default;

    long references = 0; ///< touched by one thread only, the one that walks
};

/// Shared ownership of a `Node`; the node goes with its last value.
class Value {
public:
    Value() = default;
    /// Takes a part in a node, a new one or one that is owned already; null makes a null value.
    explicit Value(Node* node) : node_(node) { retain(); }
    /// Shares the node.
    Value(const Value& other) : node_(other.node_) { retain(); }
    /// Takes the node over.
    Value(Value&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    /// Lets its node go for another's.
    Value& operator=(Value other) noexcept {
        std::swap(node_, other.node_);
        return *this;
    }
    ~Value() { release(); }

    /// Null for a value that was dropped and never computed.
    Node* node() const { return node_; }
    /// Whether there is a node.
    explicit operator bool() const { return node_ != nullptr; }

private:
    void retain() {
        if (node_ != nullptr) ++node_->references;
    }
    void release() {
        if (node_ != nullptr && --node_->references == 0) delete node_;
    }

    Node* node_ = nullptr;
};

static_assert(sizeof(Value) == 8);

} // namespace fractal
