-- Dovecot's passdb and userdb on posternd, for Dovecot 2.3 and 2.4.
--
-- It relays each question to posternd by postern_lua.so, which checks who listens at the socket and keeps a deadline. It decides
-- nothing: only posternd's accept lets anybody in, and everything that is not a clear answer is a temporary failure, on which mail
-- programs keep their passwords and try again.
--
-- Run it in auth workers only (2.3: blocking=yes, 2.4: use_worker = yes), and never define a cache key for it.

local MODULE = "/usr/lib/postern/postern_lua.so"

-- Files of a site that are elsewhere. Dovecot 2.4: lua_settings { config = … module = … }; with 2.3 a script of one's own sets
-- the global postern_settings = { config = …, module = … } and runs this file by dofile().
local settings = postern_settings or {}
local converse

local function load_module()
  local path = settings.module or MODULE
  local found, why = package.loadlib(path, "postern_converse")
  if not found then error("cannot load " .. path .. ": " .. tostring(why)) end
  converse = found
end

function script_init(given)
  for name, value in pairs(given or {}) do
    if name ~= "config" and name ~= "module" then error("unknown setting in lua_settings: " .. tostring(name)) end
    settings[name] = value
  end
  load_module()
  return 0
end

-- Dovecot 2.4 has other names for some fields; a field that a release does not know is nil.
local function ask(flow, req, secret)
  return converse(
    flow,
    req.protocol or req.service or "",
    req.user or "",
    secret,
    req.remote_ip or req.rip,
    req.real_remote_ip or req.real_rip,
    req.local_ip or req.lip,
    req.secured,
    req.session,
    settings.config
  )
end

-- The answer to a lookup, with the words of a passdb or a userdb.
local function look_up(req, ok, unknown, failure, prefix)
  local kind, text, userdb = ask("lookup", req)
  if kind == "accept" then
    local fields = { user = text }
    for field, value in pairs(userdb) do fields[prefix .. field] = value end
    return ok, fields
  end
  if kind == "unknown" then return unknown, "unknown user" end
  req:log_error("posternd: " .. text)
  return failure, text
end

function auth_password_verify(req, password)
  local auth = dovecot.auth
  local kind, text, userdb = ask("login", req, password)
  if kind == "accept" then
    local fields = { user = text }
    for field, value in pairs(userdb) do fields["userdb_" .. field] = value end
    return auth.PASSDB_RESULT_OK, fields
  end
  if kind == "reject" then
    req:log_info("posternd refuses the login: " .. text)
    return auth.PASSDB_RESULT_PASSWORD_MISMATCH, text
  end
  if kind == "ignore" then return auth.PASSDB_RESULT_NEXT, "" end
  -- Dovecot logs the text.
  return auth.PASSDB_RESULT_INTERNAL_FAILURE, text
end

function auth_passdb_lookup(req)
  local auth = dovecot.auth
  local result, fields = look_up(
    req,
    auth.PASSDB_RESULT_OK,
    auth.PASSDB_RESULT_USER_UNKNOWN,
    auth.PASSDB_RESULT_INTERNAL_FAILURE,
    "userdb_"
  )
  -- There is a password, and it is not told: a mechanism that needs it finds none.
  if type(fields) == "table" then fields.nopassword = "y" end
  return result, fields
end

function auth_userdb_lookup(req)
  local auth = dovecot.auth
  return look_up(req, auth.USERDB_RESULT_OK, auth.USERDB_RESULT_USER_UNKNOWN, auth.USERDB_RESULT_INTERNAL_FAILURE, "")
end
