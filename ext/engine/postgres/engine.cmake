set(ENGINE_PKG libpq)
