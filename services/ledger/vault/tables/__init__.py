"""The vault's SQL: `schema` installs it, `records` are the sealed identities, `lookups` who asked for one."""
