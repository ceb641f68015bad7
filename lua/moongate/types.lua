---@meta
-- What hooks are given and what `moon` offers, for editors that read LuaCATS annotations. Nothing
-- loads this file; docs/policy.md says what each of these does.

---@alias Provider "vertex" | "vertex-claude" | "anthropic" | "gemini"
---@alias Dialect "anthropic" | "vertex" | "vertex-claude" | "gemini" | "openai" | "plain"

---@class Request
---@field id fun(self: Request): string
---@field method fun(self: Request): string
---@field path fun(self: Request): string
---@field query fun(self: Request): string?
---@field args fun(self: Request): table<string, string|string[]>
---@field header fun(self: Request, name: string): string?
---@field headers fun(self: Request): table<string, string|string[]>
---@field set_header fun(self: Request, name: string, value: string|number|nil)
---@field remove_header fun(self: Request, name: string)
---@field strip fun(self: Request, set: HeaderSet): integer
---@field credential fun(self: Request): string?
---@field dialect fun(self: Request): Dialect
---@field operation fun(self: Request): string
---@field model fun(self: Request): string?
---@field stream fun(self: Request): boolean
---@field version fun(self: Request): string?
---@field project fun(self: Request): string?
---@field location fun(self: Request): string?
---@field client_address fun(self: Request): string
---@field is_tls fun(self: Request): boolean
---@field identity fun(self: Request): Identity?
---@field route fun(self: Request): Account?
---@field context fun(self: Request): table
---@field field fun(self: Request, name: string): any, string?
---@field body fun(self: Request): string?, string?
---@field set_body fun(self: Request, body: string|table)
---@field set_field fun(self: Request, name: string, value: any): boolean?, string?
---@field reject fun(self: Request, status: integer, text: string, after?: number, reason?: string)

---@class Response
---@field status fun(self: Response): integer
---@field header fun(self: Response, name: string): string?
---@field headers fun(self: Response): table<string, string|string[]>
---@field set_header fun(self: Response, name: string, value: string|number|nil)
---@field remove_header fun(self: Response, name: string)
---@field strip fun(self: Response, set: HeaderSet): integer
---@field request fun(self: Response): Request

---@class Event
---@field name fun(self: Event): string?
---@field data fun(self: Event): string
---@field json fun(self: Event): any, string?
---@field set_data fun(self: Event, data: string|table)
---@field text fun(self: Event): string
---@field set_text fun(self: Event, text: string)
---@field request fun(self: Event): Request

---@class Identity
---@field client fun(self: Identity): string
---@field kind fun(self: Identity): string
---@field service_type fun(self: Identity): "google" | "anthropic" | "any"
---@field allows_model fun(self: Identity, model?: string): boolean
---@field allows_provider fun(self: Identity, provider: Provider): boolean
---@field allows_address fun(self: Identity, address: string): boolean
---@field user fun(self: Identity): string?

---@class Account
---@field name fun(self: Account): string
---@field provider fun(self: Account): Provider
---@field kind fun(self: Account): string
---@field project fun(self: Account): string?
---@field serves fun(self: Account, model: string): boolean
---@field healthy fun(self: Account): boolean

---@class Secret
---@field reveal fun(self: Secret): string

---@class HeaderSet

---@class Dict
---@field get fun(self: Dict, key: string): string|number|boolean|nil
---@field set fun(self: Dict, key: string, value: any, ttl?: number): boolean, string?, boolean
---@field add fun(self: Dict, key: string, value: any, ttl?: number): boolean, string?, boolean
---@field replace fun(self: Dict, key: string, value: any, ttl?: number): boolean, string?, boolean
---@field incr fun(self: Dict, key: string, by: number, init?: number, ttl?: number): number?
---@field delete fun(self: Dict, key: string): boolean, string?
---@field expire fun(self: Dict, key: string, ttl: number): boolean, string?
---@field ttl fun(self: Dict, key: string): number?, string?
---@field get_keys fun(self: Dict, most?: integer): string[]
---@field flush_all fun(self: Dict)

---@class Metric
---@field inc fun(self: Metric, by?: number, ...: string|string[])
---@field dec fun(self: Metric, by?: number, ...: string|string[])
---@field set fun(self: Metric, value: number, ...: string|string[])
---@field observe fun(self: Metric, value: number, ...: string|string[])

---@class moon.accounts
---@field pick fun(request: Request, identity: Identity, ...: Provider): Account?, ...
---@field get fun(name: string, provider?: Provider): Account?
---@field list fun(provider?: Provider): Account[]
---@field token fun(account: Account): Secret?, string?

---@class moon.cache
---@field get fun(key: string): string?, string?
---@field set fun(key: string, value: string|number|boolean, ttl?: number): boolean?, string?
---@field add fun(key: string, value: string|number|boolean, ttl?: number): boolean?, string?
---@field delete fun(key: string): boolean?, string?
---@field incr fun(key: string, by: integer, ttl?: number): number?, string?

---@class moon.clients
---@field find fun(credential?: string): Identity?, string?, string?
---@field identity fun(described: table): Identity

---@class moon.config
---@field get fun(key: string): string|number|boolean
---@field all fun(): table<string, string|number|boolean>

---@class moon.crypto
---@field sha256 fun(text: string): string
---@field sha256_bin fun(text: string): string
---@field hmac_sha256 fun(key: string, text: string): string
---@field hex fun(bytes: string): string
---@field encode_base64 fun(bytes: string): string
---@field decode_base64 fun(text: string): string?
---@field encode_base64url fun(bytes: string): string
---@field decode_base64url fun(text: string): string?
---@field random fun(n: integer): string
---@field token fun(n: integer): string
---@field uuid fun(): string
---@field equal fun(a: string, b: string): boolean

---@class moon.http
---@field request fun(options: table): { status: integer, headers: table, body: string }?, string?

---@class moon.json
---@field null any
---@field decode fun(text: string): any, string?
---@field encode fun(value: any): string
---@field array fun(list?: table): table

---@class moon.jwt
---@field sign fun(key: string, claims: table, options?: { key_id: string }): string?, string?
---@field verify fun(key: string, token: string, options?: table): table?, string?

---@class Limit
---@field rate integer
---@field per? number
---@field burst? integer

---@class moon.limits
---@field take fun(name: string, limit: Limit, cost?: integer): boolean?, number|string, number?
---@field peek fun(name: string, limit: Limit, cost?: integer): boolean?, number|string, number?

---@class moon.log
---@field debug fun(message: string, fields?: table)
---@field info fun(message: string, fields?: table)
---@field warn fun(message: string, fields?: table)
---@field error fun(message: string, fields?: table)

---@class moon.map
---@field get fun(): table
---@field generation fun(): number

---@class moon.metrics
---@field counter fun(name: string, help?: string, labels?: string[]): Metric
---@field gauge fun(name: string, help?: string, labels?: string[]): Metric
---@field histogram fun(name: string, help?: string, labels?: string[], buckets?: number[]): Metric

---@class moon.time
---@field now fun(): number
---@field monotonic fun(): number
---@field utc fun(seconds?: number): string

---@class moon
---@field accounts moon.accounts
---@field cache moon.cache
---@field clients moon.clients
---@field config moon.config
---@field crypto moon.crypto
---@field http moon.http
---@field json moon.json
---@field jwt moon.jwt
---@field limits moon.limits
---@field log moon.log
---@field map moon.map
---@field metrics moon.metrics
---@field time moon.time
---@field header_set fun(names: string[]): HeaderSet
---@field shared fun(name: string): Dict
---@field sleep fun(seconds: number)
