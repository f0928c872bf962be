// The same way with an engine that the server did not start (engine.url) and a control store in
// PostgreSQL (store.url).
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { path } from './path.mjs'
import { Engine, Postgres } from './peers.mjs'

const engine = new Engine()
const postgres = new Postgres()
after(() => {
  engine.down()
  postgres.down()
})

path(async (data) => {
  await engine.up(join(data, 'elsewhere'))
  postgres.up()
  const secret = join(data, 'engine-password')
  writeFileSync(secret, `${engine.password}\n`, { mode: 0o600 })
  return `engine:
  url: ${engine.url}
  user: bench
  password_file: ${secret}
store.url: '${postgres.url('control')}'
`
}, false)
