// The row API on 10 million rows of 12 columns: 100 rows by a filter with their exact total, at 50
// requests a second, 500 different filters in turn: by the key or its beginning, on a field declared as
// indexed, and on another column (one at a time, and at 50/s where the same filters come again); and by
// a row's number, anywhere in the order of the key and of the file. Beside PostgreSQL with the same rows
// and an index of its own for each. Times are from the moment a request was due, so that waiting counts;
// CPU is that of the engine and of the server, since the machine may be shared. YM_ROWS, YM_SECONDS for
// less.
import { closeSync, chmodSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { Server, childrenOf, folder, init, pause, remove } from '../tests/e2e/support.mjs'
import { Postgres, machine, seconds } from '../tests/e2e/peers.mjs'

const rows = Number(process.env.YM_ROWS ?? 10_000_000)
const lasting = Number(process.env.YM_SECONDS ?? 10)
const rate = 50
const filters = 500
const place = folder('bench-rows')
chmodSync(place, 0o755)
const path = join(place, 'rows.csv')
const columns = ['id', 'region', 'name', 'day', 'amount', 'visits', 'ratio', 'open', 'kind', 'street', 'phone', 'note']

const scatter = (i) => Math.imul(i + 1, 2654435761) >>> 0
const key = (i) => String(scatter(i)).padStart(10, '0')
const region = (i) => String(420000 + (scatter(i ^ 0x5bd1e995) % filters))
function generate() {
  const file = openSync(path, 'w')
  let text = `${columns.join()}\n`
  for (let i = 0; i < rows; i++) {
    const day = `20${10 + (i % 15)}-${String(1 + (i % 12)).padStart(2, '0')}-${String(1 + (i % 28)).padStart(2, '0')}`
    text += `${key(i)},${region(i)},单位${i % 50000},${day},${((i * 37) % 1000000) / 100},${i % 5000},${(i % 1000) / 7},${i % 3 ? 'true' : 'false'},k${i % 20},街道${i % 900},027${String(scatter(i + 7) % 1e8).padStart(8, '0')},备注 ${i % 100}\n`
    if (text.length > 1 << 22) {
      writeSync(file, text)
      text = ''
    }
  }
  writeSync(file, text)
  closeSync(file)
}

const schema = {
  fields: [
    { name: 'id', type: 'string' },
    { name: 'region', type: 'string', indexed: true },
    { name: 'name', type: 'string' },
    { name: 'day', type: 'date' },
    { name: 'amount', type: 'number', scale: 2 },
    { name: 'visits', type: 'integer' },
    { name: 'ratio', type: 'number' },
    { name: 'open', type: 'boolean' },
    { name: 'kind', type: 'string' },
    { name: 'street', type: 'string' },
    { name: 'phone', type: 'string' },
    { name: 'note', type: 'string' },
  ],
  primaryKey: ['id'],
}

const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))]
const said = (ms) => {
  const sorted = [...ms].sort((a, b) => a - b)
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), n: sorted.length }
}
const line = (name, found, limit) =>
  console.log(
    `${name}: p50 ${found.p50.toFixed(0)} ms, p99 ${found.p99.toFixed(0)} ms of ${found.n}` +
      (found.engine === undefined ? '' : `, CPU ${found.engine.toFixed(1)} ms engine + ${found.server.toFixed(1)} ms server`) +
      (limit ? ` → ${(found.p99 / limit).toFixed(2)} x the limit of ${limit} ms ${found.p99 < limit ? 'kept' : 'MISSED'}` : ''),
  )

const server = new Server(join(place, 'var'))
// As a client that keeps its connections: 32, below what one address may have.
const agent = new Agent({ keepAlive: true, maxSockets: 32 })
function get(query) {
  return new Promise((done, fail) => {
    const asked = request(`${server.url}/api/v1/datasets/bench.rows/rows?limit=100${query}`, { agent, headers: { Authorization: `Bearer ${server.key}` } }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part) => (text += part))
      answer.on('end', () => (answer.statusCode === 200 ? done(JSON.parse(text)) : fail(new Error(`${query}: ${answer.statusCode} ${text}`))))
    })
    asked.on('error', fail).end()
  })
}
const ask = (where) => get(`&where=${encodeURIComponent(where)}`)
/** Milliseconds of CPU that a process has used. */
function cpu(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const cells = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(cells[11]) + Number(cells[12])) * 10
}
async function costing(body) {
  const [engine] = childrenOf(server.pid, 'yunmeng-engine')
  const before = [cpu(engine), cpu(server.pid)]
  const found = said(await body())
  return { ...found, engine: (cpu(engine) - before[0]) / found.n, server: (cpu(server.pid) - before[1]) / found.n }
}
/** Open loop: request n is due at n/50 s, whatever became of those before it. */
const atRate = (make) =>
  costing(async () => {
    const from = performance.now()
    const times = []
    await Promise.all(
      Array.from({ length: rate * lasting }, async (_, n) => {
        const due = from + (n * 1000) / rate
        await new Promise((go) => setTimeout(go, Math.max(0, due - performance.now())))
        await ask(make(n))
        times.push(performance.now() - due)
      }),
    )
    return times
  })
const oneByOne = (make, n) =>
  costing(async () => {
    const times = []
    for (let i = 0; i < n; i++) {
      const from = performance.now()
      await get(make(i))
      times.push(performance.now() - from)
    }
    return times
  })
/** The parts of version 1 as they lie on the disk; those that a merge has replaced stay for a while. */
function parts() {
  const root = join(server.data, 'engine/store/store')
  const found = []
  for (const one of readdirSync(root))
    for (const table of readdirSync(join(root, one)))
      for (const part of readdirSync(join(root, one, table))) {
        const at = /^1_(\d+)_(\d+)_\d+(_\d+)?$/.exec(part)
        if (at) found.push([Number(at[1]), Number(at[2])])
      }
  return found
}
async function untilMerged() {
  const from = performance.now()
  for (;;) {
    const there = parts()
    const last = Math.max(...there.map(([, to]) => to))
    if (there.some(([first, to]) => first === 1 && to === last)) return (performance.now() - from) / 1000
    if (performance.now() - from > 600_000) throw new Error('the version did not become one part')
    await pause(1000)
  }
}

generate()
console.log(`machine: ${machine()}; ${rows} rows`)
init(server.data)
await server.up()
await server.dataset('bench.rows', schema)
const load = server.cli(['load', 'bench.rows', path, '--json'])
if (load.json?.rows_in !== rows || load.json.rows_quarantined !== 0) throw new Error(load.out + load.err)

const step = Math.max(1, Math.floor(rows / filters))
const byKey = (shift) => (n) => {
  const id = key((n % filters) * step + shift)
  return n % 2 ? `id = '${id}'` : `id starts with '${id.slice(0, 4)}'`
}
const byRegion = (n) => `region = '${420000 + (n % filters)}'`
const byOther = (n) => `visits = ${n % 5000}`
for (const where of ['region = \'420007\'', 'visits = 7']) {
  const page = await ask(where)
  const mine = where.startsWith('region') ? Array.from({ length: rows }, (_, i) => i).reduce((sum, i) => sum + (region(i) === '420007'), 0) : Math.ceil((rows - 7) / 5000)
  if (page.total !== mine) throw new Error(`${where}: ${page.total} is not ${mine}`)
}
await atRate((n) => `id = 'warm ${n}'`)
line('just published, by the key or its beginning, 50/s', await atRate(byKey(Math.floor(step / 2))))
console.log(`one part after ${(await untilMerged()).toFixed(0)} s more`)
line('by the key or its beginning, 50/s', await atRate(byKey(0)), 40)
const indexed = await atRate(byRegion)
line('by a field declared as indexed, 50/s', indexed, 60)
line('by another column, one at a time', await oneByOne((n) => `&where=${encodeURIComponent(byOther(n))}`, Math.min(filters, 50 * lasting)), 150)
line('by another column, 50/s, the same filters again', await atRate((n) => byOther(n % 20)), 150)
let seed = 1
const random = () => (seed = (seed * 48271) % 2147483647) % rows
for (const [name, sort, limit] of [
  ['from any row on, in the order of the key', '', 50],
  ['from any row on, in the order of the file', '&sort=_line', 100],
]) {
  const first = performance.now()
  await get(`&at=${Math.floor(rows / 2)}${sort}`)
  const took = performance.now() - first
  line(name, await oneByOne(() => `&at=${random()}${sort}`, 30 * lasting), limit)
  console.log(`  the first ask of a version: ${took.toFixed(0)} ms`)
}
await server.down()

const postgres = new Postgres().up()
const ours = 'id text, region text, name text, day date, amount numeric(18,2), visits bigint, ratio double precision, open boolean, kind text, street text, phone text, note text'
postgres.ask(`CREATE TABLE t (${ours})`)
postgres.ask(`\\copy t FROM '${path}' CSV HEADER`)
const took = await seconds(() => postgres.ask('ALTER TABLE t ADD PRIMARY KEY (id)'))
postgres.ask('CREATE INDEX t_region ON t (region, id)')
postgres.ask('VACUUM (ANALYZE) t')
/** pgbench: the same rows and total, at the same rate; its log has a line a transaction, with its lag. */
function peer(name, script) {
  const folder = postgres.folder
  const file = join(folder, `${name}.sql`)
  writeFileSync(file, script)
  chmodSync(file, 0o644)
  postgres.run('/usr/lib/postgresql/15/bin/pgbench', '-h', folder, '-U', 'bench', '-n', '-R', String(rate), '-T', String(lasting), '-c', '8', '-j', '2', '-M', 'prepared', '-f', file, '-l', `--log-prefix=${join(folder, name)}`, 'postgres')
  const times = []
  for (const log of readdirSync(folder).filter((one) => one.startsWith(`${name}.`) && one !== `${name}.sql`))
    for (const row of readFileSync(join(folder, log), 'utf8').trim().split('\n')) {
      const cells = row.split(' ').map(Number)
      if (cells.length > 2) times.push((cells[2] + (cells[6] ?? 0)) / 1000) // latency holds the lag already where a rate is kept
    }
  return said(times)
}
const regionPeer = peer('region', `\\set r random(0, ${filters - 1})\nSELECT count(*) FROM t WHERE region = (420000 + :r)::text;\nSELECT * FROM t WHERE region = (420000 + :r)::text ORDER BY id LIMIT 100;\n`)
line('PostgreSQL, index (region, id), 50/s', regionPeer)
console.log(`ours / PostgreSQL on the indexed field: ${(indexed.p99 / regionPeer.p99).toFixed(2)} x (its primary key took ${took.toFixed(0)} s)`)
postgres.down()
remove(place)
