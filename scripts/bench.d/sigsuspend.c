// To be preloaded into a program that valgrind runs. The main thread of an asynchronous Swift program parks itself in
// sigsuspend(2), with a constant signal mask (libdispatch, _dispatch_sigsuspend). Valgrind writes to that mask, and dies of
// it: "the 'impossible' happened", seen with 3.19. pause(2) takes no mask, and the one in force is empty anyway.
#include <signal.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
  (void)mask;
  return pause();
}
