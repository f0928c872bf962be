// An engine that holds the tables of 5,000 datasets: from its start to its first answer, and its memory then, beside the
// limits of 5 s and 320 MB. Database and tables are as the server makes them (host/engine/child.c, data/quality/compile.c):
// loaded at the start, two a dataset, the quarantine's empty. YM_DATASETS changes the size; what is measured is a start over
// what is there.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { folder, pause, remove } from '../tests/e2e/support.mjs'
import { Engine, machine, rss } from '../tests/e2e/peers.mjs'

const datasets = Number(process.env.YM_DATASETS ?? 5000)
const limit = { seconds: 5, megabytes: 320 }
const place = folder('restart')
const together = 50
const safe = 'fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1'

async function gone(child) {
  while (child.exitCode === null && child.signalCode === null) await pause(20)
}
/** CPU seconds of a process. */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

let engine = new Engine()
try {
  mkdirSync(join(place, 'engine'))
  await engine.up(join(place, 'engine'))
  await engine.ask('CREATE DATABASE lake ENGINE = Atomic')
  for (let from = 0; from < datasets; from += together)
    await Promise.all(
      Array.from({ length: Math.min(together, datasets - from) }, async (_, i) => {
        const table = `lake.d${from + i}`
        await engine.ask(`CREATE TABLE ${table} (_version UInt32, _pos UInt64, code String, name Nullable(String), v Nullable(Float64), day Nullable(Date32),
          PROJECTION ppos (SELECT _pos, _part_offset ORDER BY _pos)) ENGINE = MergeTree PARTITION BY _version ORDER BY (code, _pos)
          SETTINGS ${safe}, index_granularity = 1024, min_compress_block_size = 8192, allow_nullable_key = 1`)
        await engine.ask(`CREATE TABLE lake.q${from + i} (_version UInt32, _pos UInt64, _why Array(String), raw Array(String))
          ENGINE = MergeTree PARTITION BY _version ORDER BY _pos SETTINGS ${safe}`)
        await engine.ask(`INSERT INTO ${table} SELECT 1, number, toString(number), 'x', number, today() FROM numbers(100)`)
      }),
    )
  engine.down()
  await gone(engine.child)

  engine = new Engine()
  const began = performance.now()
  await engine.up(join(place, 'engine'))
  const rows = Number(await engine.ask(`SELECT count() FROM lake.d${datasets - 1} WHERE _version = 1`))
  const seconds = (performance.now() - began) / 1000
  const { pid } = engine.child
  const megabytes = rss(pid)
  if (rows !== 100) throw new Error(`${rows} rows instead of 100`)
  console.log(
    `${machine()}; ${datasets} datasets: ready in ${seconds.toFixed(2)} s = ${(seconds / limit.seconds).toFixed(2)} x the limit of ${limit.seconds} s ` +
      `(${cpu(pid).toFixed(1)} s of CPU); ${megabytes} MB = ${(megabytes / limit.megabytes).toFixed(2)} x the limit of ${limit.megabytes} MB`,
  )
  process.exitCode = seconds <= limit.seconds && megabytes <= limit.megabytes ? 0 : 1
} finally {
  engine.down()
  if (engine.child) await gone(engine.child)
  remove(place)
}
