// CSV of a whole version through the server, beside the engine's own answer to the same statement read
// by the same client. YM_ROWS for fewer rows than 3 million.
import { chmodSync, closeSync, createWriteStream, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Server, folder, init, remove } from '../tests/e2e/support.mjs'
import { Engine, machine } from '../tests/e2e/peers.mjs'

const rows = Number(process.env.YM_ROWS ?? 3_000_000)
const place = folder('bench-export')
chmodSync(place, 0o755)
mkdirSync(join(place, 'engine/files'), { recursive: true })
const path = join(place, 'rows.csv')
const fields = [
  { name: 'id', type: 'string' }, { name: 'name', type: 'string' }, { name: 'region', type: 'string' },
  { name: 'amount', type: 'number', scale: 2 }, { name: 'visits', type: 'integer' }, { name: 'day', type: 'date' },
  { name: 'note', type: 'string' },
]
const file = openSync(path, 'w')
let text = `${fields.map((field) => field.name).join()}\n`
for (let i = 0; i < rows; i++) {
  text += `${String(Math.imul(i + 1, 2654435761) >>> 0).padStart(10, '0')},单位${i % 5000},42${1000 + (i % 900)},${((i * 37) % 1e6) / 100},${i % 977},2026-01-${String(1 + (i % 28)).padStart(2, '0')},备注 ${i % 100}\n`
  if (text.length > 1 << 22) {
    writeSync(file, text)
    text = ''
  }
}
writeSync(file, text)
closeSync(file)

/** Bytes a second of an answer read to its end; the best of three. */
async function speed(get) {
  let best = 0
  let size = 0
  for (let turn = 0; turn < 3; turn++) {
    const from = performance.now()
    size = 0
    const answer = await get()
    if (!answer.ok) throw new Error(await answer.text())
    for await (const part of answer.body) size += part.length
    best = Math.max(best, size / (performance.now() - from) / 1000)
  }
  return { best, size }
}

const server = new Server(join(place, 'var'))
init(server.data)
await server.up()
await server.dataset('bench.export', { fields, primaryKey: ['id'] })
const load = server.cli(['load', 'bench.export', path, '--json'])
if (load.json?.rows_in !== rows) throw new Error(load.out + load.err)
const base = `${server.url}/api/v1/datasets/bench.export/export?format=`
const headers = { Authorization: `Bearer ${server.key}` }
const ours = await speed(() => fetch(`${base}csv`, { headers }))
await pipeline((await fetch(`${base}parquet`, { headers })).body, createWriteStream(join(place, 'engine/files/rows.parquet')))
const others = []
for (const format of ['ndjson', 'parquet', 'xlsx']) {
  if (format === 'xlsx' && rows > 1_048_575) continue
  others.push(`${format} ${(await speed(() => fetch(base + format, { headers }))).best.toFixed(0)} MB/s`)
}
await server.down()

const engine = await new Engine().up(join(place, 'engine'))
await engine.ask(`CREATE TABLE t ENGINE = MergeTree ORDER BY id AS SELECT * FROM file('${join(place, 'engine/files/rows.parquet')}', 'Parquet')`)
const sql = 'SELECT * FROM t ORDER BY id FORMAT CSVWithNames SETTINGS output_format_csv_crlf_end_of_line = 1, format_csv_null_representation = \'\''
const own = await speed(() => fetch(`${engine.url}/`, { method: 'POST', body: sql, headers: { Authorization: `Basic ${btoa(`bench:${engine.password}`)}` } }))
engine.down()
const ratio = ours.best / own.best
console.log(`machine: ${machine()}; ${rows} rows, ${(ours.size / 1e6).toFixed(0)} MB of CSV`)
console.log(`through the server ${ours.best.toFixed(0)} MB/s, the engine's own ${own.best.toFixed(0)} MB/s → ${ratio.toFixed(2)} of it (at least 0.60) ${ratio >= 0.6 ? 'kept' : 'MISSED'}`)
console.log(`besides: ${others.join(', ')}`)
remove(place)
