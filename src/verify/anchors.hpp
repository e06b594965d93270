// Trust anchors, found by the name they bear.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>

#include "ossl/handles.hpp"

namespace signet {

// Equal for names that X509_NAME_cmp calls equal; the converse is for X509_NAME_cmp to say.
[[nodiscard]] std::uint64_t name_hash(byte_view name_der) noexcept;
[[nodiscard]] std::uint64_t name_hash(const X509_NAME* name);

class anchors {
 public:
  virtual ~anchors() = default;
  // Appends every certificate whose subject is `name`.
  virtual void find(const X509_NAME* name, std::vector<certificate>& into) const = 0;
  [[nodiscard]] virtual std::size_t size() const noexcept = 0;
  [[nodiscard]] virtual std::size_t skipped() const noexcept { return 0; }
  // All of them, parsed.
  [[nodiscard]] virtual std::vector<certificate> all() const = 0;
  // What they were made from, "memory, 1 certificate".
  [[nodiscard]] virtual std::string description() const { return origin; }
  // The same wherever the same certificates are read, in any order. Computed once.
  [[nodiscard]] virtual std::array<std::uint8_t, 32> digest() const;
  // Grows whenever they change.
  [[nodiscard]] virtual std::uint64_t generation() const { return 0; }

  std::string origin;

 private:
  mutable std::once_flag digested_;
  mutable std::array<std::uint8_t, 32> digest_{};
};

// Certificates already parsed.
class parsed_anchors final : public anchors {
 public:
  explicit parsed_anchors(std::vector<certificate> certificates);
  void find(const X509_NAME* name, std::vector<certificate>& into) const override;
  [[nodiscard]] std::size_t size() const noexcept override { return certificates_.size(); }
  [[nodiscard]] std::vector<certificate> all() const override { return certificates_; }

 private:
  std::vector<certificate> certificates_;
  std::unordered_multimap<std::uint64_t, std::size_t> by_name_;
};

// A PEM bundle of which only what is asked for is parsed, once. An entry whose frame or outer structure is broken is
// skipped and counted; one that stands there twice counts once. Threads may share it.
class indexed_bundle final : public anchors {
 public:
  explicit indexed_bundle(std::string pem);
  void find(const X509_NAME* name, std::vector<certificate>& into) const override;
  [[nodiscard]] std::size_t size() const noexcept override { return entries_.size(); }
  [[nodiscard]] std::size_t skipped() const noexcept override { return skipped_; }
  [[nodiscard]] std::vector<certificate> all() const override;

 private:
  struct entry {
    std::string_view base64;
    mutable std::shared_ptr<const certificate> parsed = {};
    mutable bool broken = false;
  };
  const certificate* parse(const entry& e) const;

  std::string pem_;
  std::vector<entry> entries_;
  std::unordered_multimap<std::uint64_t, std::size_t> by_name_;
  std::size_t skipped_ = 0;
  mutable std::mutex mutex_;
};

}  // namespace signet
