# What signet::redis needs besides. Shared with the installed package, which asks for it with the component `redis`.
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
