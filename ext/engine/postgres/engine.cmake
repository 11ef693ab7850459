set(ENGINE_PKG libpq)
set(ENGINE_MODULE postgresql)
# helper.c runs the client library's blocking calls (name look-up, cancel) in a thread of their own.
find_package(Threads REQUIRED)
list(APPEND engine_targets Threads::Threads)
