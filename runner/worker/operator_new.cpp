// operator new that throws where there is no memory. mimalloc's own, which would take its place,
// is compiled as C, knows no new handler and aborts: a trial would end by a signal, with no word of
// memory.
#include <cstdlib>
#include <new>

namespace {

// Asks the new handler, if there is one, until there is memory or it throws.
template <class Allocate>
void* persist(Allocate allocate) {
  for (;;) {
    if (void* memory = allocate()) return memory;
    const auto handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void* allocate(std::size_t size) {
  return persist([=] { return std::malloc(size == 0 ? 1 : size); });
}

void* allocate(std::size_t size, std::align_val_t alignment) {
  return persist([=] {
    return std::aligned_alloc(static_cast<std::size_t>(alignment), size == 0 ? 1 : size);
  });
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate(size, alignment);
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
