// Seeded kills (-9) of server, engine or reader at random moments of upload, load and publish, while a
// reader watches: no accepted row lost, no half version seen. YM_KILLS kills (25), YM_SEED repeats one run.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { Server, childrenOf, folder, init, pause, random, remove } from './support.mjs'

const kills = Number(process.env.YM_KILLS ?? 25)
const first = Number(process.env.YM_SEED ?? 20261124)
const rowsEach = 20_000
const place = folder('kill')
const server = new Server(join(place, 'var'))

const schema = {
  fields: [
    { name: 'id', type: 'integer' },
    { name: 'round', type: 'integer' },
    { name: 'text', type: 'string' },
  ],
  primaryKey: ['id'],
}

/** A file whose every row says which round it is of: a mixed version would show. */
function fileOf(round) {
  const lines = ['id,round,text']
  for (let i = 0; i < rowsEach; i++) lines.push(`${(i * 7919) % rowsEach},${round},"第${round}轮 ${i}"`)
  return lines.join('\n') + '\n'
}

async function look() {
  const head = await server.api('GET', '/api/v1/datasets/kill.rows/rows?limit=1')
  if (head.status !== 200) return null
  const { version, items, total } = head.json
  const round = items[0].round
  const same = await server.api('GET', `/api/v1/datasets/kill.rows/rows?version=${version}&limit=1&where=${encodeURIComponent(`round = ${round}`)}`)
  return same.status === 200 ? { version, round: Number(round), total, same: same.json.total } : null
}

function judge(seen) {
  assert.equal(seen.total, rowsEach, `version ${seen.version} shows ${seen.total} rows`)
  assert.equal(seen.same, rowsEach, `version ${seen.version} mixes rounds`)
}

before(async () => {
  init(server.data)
  await server.up()
  await server.dataset('kill.rows', schema)
  const made = await server.load('kill.rows', fileOf(0))
  assert.equal(made.json?.state, 'published', made.text)
})
after(async () => {
  await server.down()
  remove(place)
})

async function killOne(dice) {
  const whom = ['server', 'engine', 'reader'][Math.floor(dice() * 3)]
  if (whom === 'server') {
    await server.kill()
    return whom
  }
  const part = whom === 'engine' ? 'yunmeng-engine' : 'reader'
  for (let i = 0; i < 40; i++) {
    const [pid] = childrenOf(server.pid, part)
    if (pid) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended between the look and the kill.
      }
      return whom
    }
    await pause(5)
  }
  return `${whom} (none ran)`
}

async function settled(load) {
  const until = Date.now() + 60_000
  for (;;) {
    const now = await server.api('GET', `/api/v1/loads/${load}`).catch(() => null)
    if (now?.status === 200 && !['received', 'checked'].includes(now.json.state)) return now.json
    assert.ok(Date.now() < until, `load ${load} does not end: ${now?.text}`)
    await pause(50)
  }
}

test(`P1, P2: ${kills} kills lose no accepted row and show no half version`, { timeout: kills * 30_000 }, async () => {
  const counts = {}
  let checks = 0
  for (let n = 0; n < kills; n++) {
    const seed = first + n
    const dice = random(seed)
    const round = n + 1
    let watching = true
    const watcher = (async () => {
      while (watching) {
        const seen = await look().catch(() => null)
        if (seen) {
          judge(seen)
          checks++
        }
        await pause(10)
      }
    })()
    const key = { 'Idempotency-Key': `round-${round}` }
    const send = server.load('kill.rows', fileOf(round), '', { ...key, Prefer: 'wait=0' }).catch(() => null)
    await pause(dice() * 700)
    const whom = await killOne(dice)
    counts[whom] = (counts[whom] ?? 0) + 1
    const answer = await send
    if (whom === 'server') await server.up()
    // An upload that was not accepted is sent again, as a client would; the key makes it one load.
    let load = answer?.status === 201 ? answer.json.id : null
    if (load === null) {
      const again = await server.load('kill.rows', fileOf(round), '', { ...key, Prefer: 'wait=0' })
      assert.equal(again.status, 201, `seed ${seed}: ${again.text}`)
      load = again.json.id
    }
    const end = await settled(load)
    assert.equal(end.state, 'published', `seed ${seed}: ${JSON.stringify(end.problem)}`)
    const { report } = end
    assert.equal(report.rows_in, report.rows_kept + report.rows_quarantined + report.duplicates_dropped)
    watching = false
    await watcher
    let seen
    for (let i = 0; i < 100 && !(seen = await look().catch(() => null)); i++) await pause(100)
    assert.ok(seen, `seed ${seed}: nothing can be read after the kill of ${whom}`)
    judge(seen)
    assert.equal(seen.round, round, `seed ${seed}: accepted rows are lost`)
  }
  console.log(`kills ${kills} ${JSON.stringify(counts)}, whole versions seen ${checks}, violations 0`)
})
