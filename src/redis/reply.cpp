#include "redis/reply.hpp"

#include <hiredis/hiredis.h>
#include <openssl/crypto.h>

#include <new>
#include <utility>

#include "base/printable.hpp"

namespace signet::redis {
namespace {

struct reader_freed {
  void operator()(redisReader* r) const noexcept { redisReaderFree(r); }
};

// What a reply is put together in. The objects that hiredis is given are places in it, so none is ever freed by itself.
struct builder {
  std::optional<reply> root = {};
  std::size_t elements = 0;
  bool is_too_large = false;
};

// The place of a task's object: an element of its parent, which has been made with all of its elements.
reply* place_of(const redisReadTask* task) {
  auto& made = *static_cast<builder*>(task->privdata);
  if (task->parent == nullptr) return &made.root.emplace();
  auto& siblings = static_cast<reply*>(task->parent->obj)->elements;
  const auto index = static_cast<std::size_t>(task->idx);
  return index < siblings.size() ? &siblings[index] : nullptr;
}

// hiredis is C: nothing is thrown through it, and null is "out of memory".
template <class F>
void* object_of(const redisReadTask* task, F&& fill) noexcept {
  try {
    reply* place = place_of(task);
    if (place == nullptr || !fill(*place)) return nullptr;
    return place;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void* create_string(const redisReadTask* task, char* text, std::size_t size) {
  return object_of(task, [&](reply& out) {
    switch (task->type) {
      case REDIS_REPLY_ERROR:
        out.what = reply::kind::error;
        break;
      case REDIS_REPLY_STATUS:
        out.what = reply::kind::status;
        break;
      default:
        out.what = reply::kind::string;
    }
    out.text.assign(text, size);
    return true;
  });
}

// The type of the count is another one from hiredis 1.0 on.
template <class Count>
void* create_array(const redisReadTask* task, Count count) {
  return object_of(task, [&](reply& out) {
    auto& made = *static_cast<builder*>(task->privdata);
    const auto wanted = static_cast<std::size_t>(count);
    std::size_t depth = 1;
    for (const auto* above = task->parent; above != nullptr; above = above->parent) ++depth;
    if (wanted > reply_reader::most_elements - made.elements || depth > reply_reader::deepest) {
      made.is_too_large = true;
      return false;
    }
    made.elements += wanted;
    out.what = reply::kind::array;
    out.elements.resize(wanted);
    return true;
  });
}

void* create_integer(const redisReadTask* task, long long number) {
  return object_of(task, [&](reply& out) {
    out.what = reply::kind::integer;
    out.number = number;
    return true;
  });
}

void* create_nil(const redisReadTask* task) {
  return object_of(task, [](reply&) { return true; });
}

redisReplyObjectFunctions* functions() {
  static redisReplyObjectFunctions all = [] {
    redisReplyObjectFunctions f{};
    f.createString = create_string;
    f.createArray = create_array;
    f.createInteger = create_integer;
    f.createNil = create_nil;
    f.freeObject = [](void*) {};
    return f;
  }();
  return &all;
}

}  // namespace

std::optional<std::string> encoded(const command& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* made = nullptr;
  const auto size = redisFormatCommandArgv(&made, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (size < 0 || made == nullptr) return {};
  std::string out(made, static_cast<std::size_t>(size));
  // It may hold a password.
  OPENSSL_cleanse(made, out.size());
  redisFreeCommand(made);
  return out;
}

struct reply_reader::impl {
  impl() : reader(redisReaderCreateWithFunctions(functions())) {
    if (!reader) throw std::bad_alloc();
    reader->privdata = &made;
  }

  builder made = {};
  // Since the last reply was whole.
  std::size_t fed = 0;
  std::unique_ptr<redisReader, reader_freed> reader;
};

reply_reader::reply_reader() : impl_(std::make_unique<impl>()) {}
reply_reader::reply_reader(reply_reader&&) noexcept = default;
reply_reader& reply_reader::operator=(reply_reader&&) noexcept = default;
reply_reader::~reply_reader() = default;

void reply_reader::feed(byte_view bytes) {
  impl_->fed += bytes.size();
  // That it failed is told by next().
  redisReaderFeed(impl_->reader.get(), bytes.text().data(), bytes.size());
}

result<std::optional<reply>> reply_reader::next() {
  auto& [made, fed, reader] = *impl_;
  const auto too_large = [] {
    return error(errc::limit_exceeded, "its answer is larger than " + std::to_string(most_octets >> 10) + " KiB or " +
                                           std::to_string(most_elements) + " elements, or deeper than " +
                                           std::to_string(deepest) + " arrays");
  };
  if (fed > most_octets + (std::size_t{64} << 10)) return too_large();
  void* whole = nullptr;
  if (redisReaderGetReply(reader.get(), &whole) != REDIS_OK) {
    if (made.is_too_large) return too_large();
    return error(errc::protocol_violation,
                 "what it answers is no reply of Redis (" + base::printable(reader->errstr) + ")",
                 "check that the port is that of Redis, and whether it speaks TLS");
  }
  if (whole == nullptr) return std::optional<reply>();
  // Types that came with later versions of the protocol, and that nobody asked for, are no object of ours.
  if (!made.root || whole != &*made.root)
    return error(errc::protocol_violation, "it answers with a type of reply that was not asked for");
  fed = 0;
  made.elements = 0;
  auto out = std::exchange(made.root, std::nullopt);
  return out;
}

bool reply_reader::is_empty() const noexcept {
  const auto& r = *impl_->reader;
  return r.err == 0 && r.pos == r.len && r.ridx == -1;
}

}  // namespace signet::redis
