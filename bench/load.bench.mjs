// Load of 5 million rows x 10 columns (mixed types, 1 % bad) through upload, reader, checks and
// publication, beside the engine's own INSERT … SELECT FROM file() without checks and beside
// PostgreSQL's COPY of the same rows (the bad ones mended: it would stop at the first).
import { chmodSync, closeSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Server, childrenOf, folder, init, remove } from '../tests/e2e/support.mjs'
import { Engine, Postgres, machine, rss, seconds } from '../tests/e2e/peers.mjs'

const rows = Number(process.env.YM_ROWS ?? 5_000_000)
const place = folder('bench')
chmodSync(place, 0o755)
mkdirSync(join(place, 'engine/files'), { recursive: true })
const dirty = join(place, 'dirty.csv')
const clean = join(place, 'engine/files/clean.csv')
const names = 'id,name,region,amount,visits,ratio,day,seen_at,open,note'

function generate() {
  const [bad, good] = [openSync(dirty, 'w'), openSync(clean, 'w')]
  let [a, b] = [`${names}\n`, `${names}\n`]
  const cities = ['420102', '420281', '420502', '421002', '422801', '429004']
  for (let i = 0; i < rows; i++) {
    const id = (Math.imul(i + 1, 2654435761) >>> 0).toString().padStart(10, '0')
    const amount = ((i * 37) % 1_000_000) / 100
    const tail = `${cities[i % 6]},${amount.toFixed(2)},${i % 977},${(i % 1000) / 7},${day(i)},${day(i)} ${clock(i)},${i % 3 ? 'true' : 'false'},备注 ${i % 100}\n`
    b += `${id},单位${i % 5000},${tail}`
    a += i % 100 === 7 ? `${id},单位${i % 5000},${tail.replace(/,(\d+),/, ',x$1,')}` : `${id},单位${i % 5000},${tail}`
    if (a.length > 1 << 22) {
      writeSync(bad, a)
      writeSync(good, b)
      a = b = ''
    }
  }
  writeSync(bad, a)
  writeSync(good, b)
  closeSync(bad)
  closeSync(good)
}
const two = (n) => String(n).padStart(2, '0')
const day = (i) => `20${two(10 + (i % 15))}-${two(1 + (i % 12))}-${two(1 + (i % 28))}`
const clock = (i) => `${two(i % 24)}:${two(i % 60)}:${two((i * 7) % 60)}`

const fields = [
  { name: 'id', type: 'string', constraints: { pattern: '[0-9]{10}' } },
  { name: 'name', type: 'string', constraints: { required: true } },
  { name: 'region', type: 'string', semantic: 'region' },
  { name: 'amount', type: 'number', scale: 2, constraints: { minimum: 0 } },
  { name: 'visits', type: 'integer', constraints: { minimum: 0 } },
  { name: 'ratio', type: 'number' },
  { name: 'day', type: 'date' },
  { name: 'seen_at', type: 'datetime', format: '%Y-%m-%d %H:%M:%S' },
  { name: 'open', type: 'boolean' },
  { name: 'note', type: 'string' },
]

generate()
const server = new Server(join(place, 'var'))
init(server.data)
const ready = await seconds(() => server.up())
const [child] = childrenOf(server.pid, 'yunmeng-engine')
console.log(`machine: ${machine()}`)
console.log(`start to ready: ${ready.toFixed(2)} s; at rest: server ${rss(server.pid)} MB, engine ${rss(child)} MB`)
await server.dataset('bench.keyed', { fields, primaryKey: ['id'] })
await server.dataset('bench.plain', { fields })
let done
const keyed = await seconds(() => (done = server.cli(['load', 'bench.keyed', dirty, '--json'])))
if (done.json?.rows_in !== rows) throw new Error(done.out + done.err)
const plain = await seconds(() => (done = server.cli(['load', 'bench.plain', dirty, '--json'])))
console.log(`rows ${rows}, file ${(statSync(dirty).size / 1e6).toFixed(0)} MB, kept ${done.json.rows_kept}, quarantined ${done.json.rows_quarantined}`)
console.log(`after the loads: server ${rss(server.pid)} MB, engine ${rss(child)} MB`)
await server.down()

const engine = await new Engine().up(join(place, 'engine'))
const types = 'id String, name String, region String, amount Decimal(18,2), visits Int64, ratio Float64, day Date32, seen_at DateTime, open Bool, note String'
await engine.ask(`CREATE TABLE t (${types}) ENGINE = MergeTree ORDER BY id`)
const bare = await seconds(() => engine.ask(`INSERT INTO t SELECT * FROM file('${clean}', 'CSVWithNames', '${types}')`))
// The same into what a keyed dataset is (data/quality/compile.c): Nullable cells, small granules and
// the projection by row number, each part synced. What remains of the ratio are the checks.
const kept = 'id String, name String, region Nullable(String), amount Nullable(Decimal(18,2)), visits Nullable(Int64), ratio Nullable(Float64), day Nullable(Date32), seen_at Nullable(DateTime64(6)), open Nullable(Bool), note Nullable(String)'
await engine.ask(`CREATE TABLE k (_version UInt32, _pos UInt64, ${kept}, PROJECTION ppos (SELECT _pos, _part_offset ORDER BY _pos))
ENGINE = MergeTree PARTITION BY _version ORDER BY (id, _pos) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1,
min_rows_to_fsync_after_merge = 1, index_granularity = 1024, min_compress_block_size = 8192`)
const same = await seconds(() => engine.ask(`INSERT INTO k SELECT 1, rowNumberInAllBlocks(), * FROM file('${clean}', 'CSVWithNames', '${kept}')`))
engine.down()

const postgres = new Postgres().up()
const columns = 'id text, name text, region text, amount numeric(18,2), visits bigint, ratio double precision, day date, seen_at timestamp, open boolean, note text'
postgres.ask(`CREATE TABLE keyed (${columns.replace('id text', 'id text PRIMARY KEY')}); CREATE TABLE plain (${columns})`)
const copyPlain = await seconds(() => postgres.ask(`\\copy plain FROM '${clean}' CSV HEADER`))
const copyKeyed = await seconds(() => postgres.ask(`\\copy keyed FROM '${clean}' CSV HEADER`))
postgres.down()

const ratio = (ours, peer, limit) => `${(ours / peer).toFixed(2)} x (limit ${limit}) ${ours / peer <= limit ? 'kept' : 'MISSED'}`
console.log(`keyed load ${keyed.toFixed(1)} s, plain load ${plain.toFixed(1)} s`)
console.log(`engine's own INSERT … SELECT FROM file(), keyed, no checks: ${bare.toFixed(1)} s → ${ratio(keyed, bare, 2)}`)
console.log(`the same into a dataset's own kind of table, synced: ${same.toFixed(1)} s → ${(keyed / same).toFixed(2)} x`)
console.log(`PostgreSQL COPY, same primary key: ${copyKeyed.toFixed(1)} s → ${ratio(keyed, copyKeyed, 0.5)}`)
console.log(`PostgreSQL COPY, no key, no check: ${copyPlain.toFixed(1)} s → ${ratio(plain, copyPlain, 1.75)}`)
writeFileSync(join(place, 'done'), '')
remove(place)
