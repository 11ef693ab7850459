set(ENGINE_PKG libmariadb mysqlclient)
