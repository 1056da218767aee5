// The whole job as a partner would write it without us: verify the access token, look the account's key up, open it,
// ask upstream, pass the allowed fields on. It keeps no record of creates, caches no list and limits nobody.
import { createDecipheriv } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import express from 'express'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import pino from 'pino'
import { Pool } from 'undici'

const { PORT, ISSUER, AUDIENCE, CLIENT_ID, UPSTREAM, DATABASE, KEY_FILE, LOG } = process.env

const sealingKey = Buffer.from(readFileSync(KEY_FILE, 'utf8').trim(), 'hex')
const store = new Database(DATABASE)
store.pragma('journal_mode = WAL')
const findAccount = store.prepare('SELECT email, sealed_key FROM accounts WHERE issuer = ? AND subject = ?')

const jwks = createRemoteJWKSet(new URL(`${ISSUER}.well-known/jwks.json`))
const upstream = new Pool(UPSTREAM, { connections: 256 })
const log = pino({ base: null }, pino.destination({ dest: LOG, sync: false, minLength: 4096 }))

const ALLOWED = ['database_id', 'database_name', 'type', 'region', 'primary_region', 'read_regions', 'port',
  'creation_time', 'state', 'modifying_state', 'endpoint', 'tls']

function allowed(database) {
  const out = {}
  for (const field of ALLOWED) {
    if (database[field] !== undefined) out[field] = database[field]
  }
  return out
}

// sealed_key is nonce (12 bytes), ciphertext, tag (16 bytes), bound to the subject.
function open(sealed, subject) {
  const decipher = createDecipheriv('aes-256-gcm', sealingKey, sealed.subarray(0, 12))
  decipher.setAAD(Buffer.from(subject))
  decipher.setAuthTag(sealed.subarray(sealed.length - 16))
  return decipher.update(sealed.subarray(12, sealed.length - 16), undefined, 'utf8') + decipher.final('utf8')
}

async function account(req, res, next) {
  const [scheme, token] = (req.get('authorization') ?? '').split(' ')
  if (scheme !== 'Bearer' || !token) return res.status(401).json({ error: 'token_missing' })
  let claims
  try {
    claims = (await jwtVerify(token, jwks, { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256'] })).payload
  } catch {
    return res.status(401).json({ error: 'token_invalid' })
  }
  if (claims.azp !== CLIENT_ID) return res.status(401).json({ error: 'token_invalid' })
  const row = findAccount.get(ISSUER, claims.sub)
  if (!row) return res.status(409).json({ error: 'connect_required' })
  const key = open(row.sealed_key, claims.sub)
  req.authorization = `Basic ${Buffer.from(`${row.email}:${key}`).toString('base64')}`
  next()
}

async function ask(req, method, path, body) {
  const answer = await upstream.request({
    method,
    path,
    headers: { authorization: req.authorization, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
  })
  if (answer.statusCode !== 200) {
    await answer.body.dump()
    return undefined
  }
  return answer.body.json()
}

const app = express()
app.disable('x-powered-by')
app.use((req, res, next) => {
  const begun = process.hrtime.bigint()
  res.on('finish', () => {
    const took = Number(process.hrtime.bigint() - begun) / 1e6
    log.info({ method: req.method, path: req.path, status: res.statusCode, ms: took })
  })
  res.set('Cache-Control', 'private, no-cache')
  res.set('X-Content-Type-Options', 'nosniff')
  next()
})

app.get('/api/v1/databases', account, async (req, res) => {
  const databases = await ask(req, 'GET', '/v2/redis/databases')
  if (!databases) return res.status(502).json({ error: 'upstream' })
  res.json({ databases: databases.map(allowed) }) // Express adds a weak ETag and answers 304
})

app.post('/api/v1/databases', account, express.json({ limit: '16kb' }), async (req, res) => {
  const { name, primary_region, plan } = req.body ?? {}
  if (typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name) || typeof primary_region !== 'string') {
    return res.status(422).json({ error: 'invalid' })
  }
  const body = { database_name: name, platform: 'aws', primary_region, tls: true, ...(plan && { plan }) }
  const database = await ask(req, 'POST', '/v2/redis/database', body)
  if (!database) return res.status(502).json({ error: 'upstream' })
  res.status(201).json(allowed(database))
})

app.use((error, _req, res, _next) => {
  log.error({ error: error.message })
  res.status(502).json({ error: 'upstream' })
})

app.listen(Number(PORT), '127.0.0.1')
