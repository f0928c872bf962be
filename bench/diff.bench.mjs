// The difference of two versions of 5 million rows through the API beside DuckDB, like for like: the exact counts, and
// the counts with the first page of 100 differences in the order of the key with both rows of each. DuckDB is at its
// best: of two forms, three turns each, in memory that it has warmed itself; ours is one HTTP question, the first that is
// asked of these versions (counts of two versions are kept afterwards), the counts by a page of one row. The versions are
// at rest: their parts were merged (lake.merge). Peak memory is the processes': the engine's over what it has at rest,
// DuckDB's whole. YM_ROWS for fewer.
import { spawnSync } from 'node:child_process'
import { chmodSync, closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Server, childrenOf, folder, init, pause, remove } from '../tests/e2e/support.mjs'
import { machine, rss, seconds } from '../tests/e2e/peers.mjs'

const rows = Number(process.env.YM_ROWS ?? 5_000_000)
const source = process.env.YM_SOURCE ?? resolve(import.meta.dirname, '..')
const place = folder('bench-diff')
chmodSync(place, 0o755)
const fields = [
  { name: 'id', type: 'string' }, { name: 'name', type: 'string' }, { name: 'region', type: 'string' },
  { name: 'amount', type: 'number', scale: 2 }, { name: 'visits', type: 'integer' }, { name: 'day', type: 'date' },
]
const names = fields.map((field) => field.name)

// Version 2: each 100th row is gone, 3 in 100 have another amount, and 1 in 100 is new.
function write(version) {
  const path = join(place, `${version}.csv`)
  const file = openSync(path, 'w')
  let text = `${names.join()}\n`
  let n = 0
  const add = (i, changed) => {
    text += `${String(Math.imul(i + 1, 2654435761) >>> 0).padStart(10, '0')},单位${i % 5000},42${1000 + (i % 900)},${((i * 37) % 1e6) / 100 + (changed ? 0.01 : 0)},${i % 977},2026-01-${String(1 + (i % 28)).padStart(2, '0')}\n`
      .replace(/,(\d+\.\d\d)\d+,/, ',$1,')
    n++
    if (text.length > 1 << 22) {
      writeSync(file, text)
      text = ''
    }
  }
  for (let i = 0; i < rows; i++) if (version === 1 || i % 100 !== 13) add(i, version === 2 && i % 100 < 3)
  if (version === 2) for (let i = rows; i < rows * 1.01; i++) add(i, false)
  writeSync(file, text)
  closeSync(file)
  return { path, n }
}
const versions = [write(1), write(2)]

const server = new Server(join(place, 'var'))
init(server.data)
await server.up()
await server.dataset('bench.diff', { fields, primaryKey: ['id'] })
for (const version of versions) {
  const load = server.cli(['load', 'bench.diff', version.path, '--json'])
  if (load.json?.rows_kept !== version.n) throw new Error(load.out + load.err)
}
// Parts are merged when nobody has loaded for 10 s; small versions have only one.
const merged = () => (server.run.err().match(/lake\.merged /g) ?? []).length
for (const until = Date.now() + 300_000; merged() < 2 && rows > 1_000_000; await pause(500))
  if (Date.now() > until) throw new Error('the versions were not merged')
const [engine] = childrenOf(server.pid, 'yunmeng-engine')
await new Promise((go) => setTimeout(go, 8000)) // at rest it gives its free memory back
const before = rss(engine)
writeFileSync(`/proc/${engine}/clear_refs`, '5') // the peak counts from here
const ask = async (query) => {
  const answer = await server.api('GET', `/api/v1/datasets/bench.diff/diff?${query}`)
  if (answer.status !== 200) throw new Error(answer.text)
  return answer.json
}
let answer, reverse
// Nothing is kept of 1 → 2 when it is asked for with its page: the other direction was asked for first.
const counts_alone = await seconds(async () => (reverse = await ask('from=2&to=1&limit=1')))
const with_page = await seconds(async () => (answer = await ask('from=1&to=2&limit=100')))
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${engine}/status`, 'utf8'))[1]) / 1024 - before
const again = await seconds(() => ask('from=1&to=2&limit=100'))
const next = await seconds(() => ask(`from=1&to=2&limit=100&after=${encodeURIComponent(answer.next)}`))
const { counts } = answer
if (reverse.counts.added !== counts.removed || reverse.counts.changed !== counts.changed) throw new Error('the two directions do not agree')
await server.down()

const kept = spawnSync(join(source, 'scripts/npm-need'), ['deps/duckdb'], { cwd: source, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).stdout.trim()
const script = join(place, 'duck.mjs')
writeFileSync(script, `
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
const { DuckDBInstance } = createRequire(${JSON.stringify(`${kept}/package.json`)})('@duckdb/node-api')
const base = await (await DuckDBInstance.create(${JSON.stringify(join(place, 'duck.db'))})).connect()
const columns = "{'id': 'VARCHAR', 'name': 'VARCHAR', 'region': 'VARCHAR', 'amount': 'DECIMAL(18,2)', 'visits': 'BIGINT', 'day': 'DATE'}"
for (const n of [1, 2]) await base.run(\`CREATE TABLE v\${n} AS SELECT * FROM read_csv(${JSON.stringify(place)} || '/\${n}.csv', header = true, columns = \${columns}) ORDER BY id\`.replace(/"/g, "'"))
const kinds = 'count(*) FILTER (a.id IS NULL), count(*) FILTER (b.id IS NULL), count(*) FILTER (a.id IS NOT NULL AND b.id IS NOT NULL)'
const forms = {
  'row hash': \`SELECT \${kinds} FROM (SELECT id, hash(name, region, amount, visits, day) AS h FROM v1) a FULL OUTER JOIN (SELECT id, hash(name, region, amount, visits, day) AS h FROM v2) b ON a.id = b.id WHERE a.h IS DISTINCT FROM b.h\`,
  'columns': \`SELECT \${kinds} FROM v1 a FULL OUTER JOIN v2 b ON a.id = b.id WHERE a.id IS NULL OR b.id IS NULL OR (a.name, a.region, a.amount, a.visits, a.day) IS DISTINCT FROM (b.name, b.region, b.amount, b.visits, b.day)\`,
}
// The page: the first 100 differences by key with both rows. One statement that does both, and the same differences
// kept in a temporary table first, whichever is faster.
const inner = forms['row hash'].replace(kinds, 'coalesce(a.id, b.id) AS id, a.id IS NULL AS is_new, b.id IS NULL AS is_gone')
const page = 'SELECT d.*, a.*, b.* FROM (SELECT * FROM d ORDER BY id LIMIT 100) d LEFT JOIN v1 a ON a.id = d.id LEFT JOIN v2 b ON b.id = d.id ORDER BY d.id'
const count = 'SELECT count(*) FILTER (is_new), count(*) FILTER (is_gone), count(*) FILTER (NOT is_new AND NOT is_gone) FROM d'
const runs = {
  ...Object.fromEntries(Object.entries(forms).map(([name, sql]) => [name, async () => (await base.runAndReadAll(sql)).getRows()[0].map(Number)])),
  'page from a table': async () => {
    await base.run('CREATE OR REPLACE TEMP TABLE d AS ' + inner)
    const rows = (await base.runAndReadAll(count)).getRows()[0].map(Number)
    if ((await base.runAndReadAll(page)).getRows().length !== 100) throw new Error('no page')
    return rows
  },
  'page of a second statement': async () => {
    const rows = (await base.runAndReadAll(forms['row hash'])).getRows()[0].map(Number)
    const found = (await base.runAndReadAll('WITH d AS (' + inner + ') ' + page)).getRows()
    if (found.length !== 100) throw new Error('no page')
    return rows
  },
}
const out = {}
for (const [name, run] of Object.entries(runs)) for (let turn = 0; turn < 3; turn++) {
  const from = performance.now()
  const rows = await run()
  const took = (performance.now() - from) / 1000
  if (!out[name] || took < out[name].took) out[name] = { took, rows }
}
out.peak = Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
console.log(JSON.stringify(out))
`)
const done = spawnSync(process.execPath, [script], { encoding: 'utf8' })
if (done.status !== 0) throw new Error(done.stderr)
const { peak: theirs, ...forms } = JSON.parse(done.stdout)
for (const [name, form] of Object.entries(forms))
  if (form.rows.join() !== [counts.added, counts.removed, counts.changed].join()) throw new Error(`${name}: ${form.rows} is not ${JSON.stringify(counts)}`)
const best = (paged) => Object.entries(forms).filter(([name]) => name.startsWith('page') === paged).sort((a, b) => a[1].took - b[1].took)[0]
const say = (what, ours, [form, { took }]) =>
  `${what}: ${ours.toFixed(2)} s; DuckDB's best, ${form}: ${took.toFixed(2)} s → ${(ours / took).toFixed(2)} x (limit 0.7) ${ours / took <= 0.7 ? 'kept' : 'MISSED'}`
console.log(`machine: ${machine()}; ${versions.map((one) => one.n)} rows: ${JSON.stringify(counts)}`)
console.log(say('counts', counts_alone, best(false)))
console.log(say('counts and the first page of 100 with both rows', with_page, best(true)))
console.log(`the same page again ${again.toFixed(3)} s, the next one ${next.toFixed(3)} s`)
console.log(`memory of the engine over its rest ${peak.toFixed(0)} MB (limit 200) ${peak < 200 ? 'kept' : 'MISSED'}; DuckDB's process ${theirs.toFixed(0)} MB`)
remove(place)
