// Preloaded into a broker: counts its syncs in the file that RW_SYNC_COUNT names (8 bytes, host order).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic uint64_t* counter;
static int (*real_fdatasync)(int);
static int (*real_fsync)(int);

__attribute__((constructor)) static void set_up(void) {
  real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  const char* name = getenv("RW_SYNC_COUNT");
  if (name == NULL) return;
  int file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, 8) != 0) return;
  void* at = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (at != MAP_FAILED) counter = at;
  close(file);
}

int fdatasync(int file) {
  if (counter) atomic_fetch_add(counter, 1);
  return real_fdatasync(file);
}

int fsync(int file) {
  if (counter) atomic_fetch_add(counter, 1);
  return real_fsync(file);
}
