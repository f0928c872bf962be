// Jobs as people meet them: a stream that breaks, a load that is stopped, a server that ends in the
// middle of one, what the clock begins.
import assert from 'node:assert/strict'
import { mkdirSync, existsSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import test, { after, before } from 'node:test'
import { Server, childrenOf, folder, init, pause, remove } from './support.mjs'

const place = folder('jobs')
const server = new Server(join(place, 'var'))

before(async () => {
  init(server.data)
  await server.up()
})
after(async () => {
  await server.down()
  remove(place)
})

/** A CSV that takes a while to check. */
function large(rows) {
  const lines = ['id,text']
  for (let i = 0; i < rows; i++) lines.push(`${i},第${i}行 ${'雲夢'.repeat(20)}`)
  return lines.join('\n') + '\n'
}

/** Reads a job's stream until `wanted` says it is enough; the events as [name, job]. */
async function stream(id, wanted) {
  const quit = new AbortController()
  const seen = []
  try {
    const answer = await fetch(`${server.url}/api/v1/jobs/${id}/events`, {
      headers: { Authorization: `Bearer ${server.key}` }, signal: quit.signal,
    })
    assert.equal(answer.headers.get('content-type'), 'text/event-stream')
    let text = ''
    for await (const bytes of answer.body) {
      text += Buffer.from(bytes).toString()
      const parts = text.split('\n\n')
      text = parts.pop()
      for (const part of parts) {
        const name = /^event: (.*)$/m.exec(part)?.[1]
        if (name) seen.push([name, JSON.parse(/^data: (.*)$/m.exec(part)[1])])
      }
      if (wanted(seen)) break
    }
  } catch (cause) {
    if (!quit.signal.aborted && !seen.length) throw cause
  } finally {
    quit.abort()
  }
  return seen
}

const running = async (dataset, rows) => {
  await server.dataset(dataset)
  const load = await server.load(dataset, large(rows), '', { Prefer: 'wait=0' })
  assert.equal(load.status, 201, load.text)
  return load.json
}
const loadOf = async (id) => (await server.api('GET', `/api/v1/loads/${id}`)).json
/** The load at its end; between its check and its publication it is `checked` for a moment. */
const settled = async (id) => {
  for (let i = 0; i < 1200; i++) {
    const load = await loadOf(id).catch(() => null)
    if (load && load.state !== 'received' && load.state !== 'checked') return load
    await pause(50)
  }
  assert.fail(`load ${id} does not end`)
}

test('a stream that broke is taken up again, also after a kill, and tells the end', { timeout: 120_000 }, async () => {
  const load = await running('jobs.stream', 150_000)
  const first = await stream(load.job.id, (seen) => seen.some(([, job]) => job.state === 'running' && job.done > 0))
  assert.equal(first.at(-1)[1].load, load.id, 'a job names the load that it makes')
  const second = await stream(load.job.id, (seen) => seen.length > 0)
  assert.ok(['running', 'waiting', 'done'].includes(second[0][1].state))
  await server.kill()
  await server.up()
  const third = await stream(load.job.id, (seen) => seen.at(-1)?.[0] === 'end')
  assert.equal(third.at(-1)[0], 'end')
  assert.equal(third.at(-1)[1].state, 'done', JSON.stringify(third.at(-1)))
  const late = await stream(load.job.id, (seen) => seen.at(-1)?.[0] === 'end')
  assert.deepEqual(late.map(([name]) => name), ['end'], 'who comes late hears the end at once')
  assert.equal((await settled(load.id)).state, 'published')
})

test('a load that a person stops is dropped, its file is kept, and the next may come', { timeout: 60_000 }, async () => {
  const load = await running('jobs.stop', 150_000)
  for (let i = 0; childrenOf(server.pid, 'reader').length === 0 && i < 200; i++) await pause(10)
  const stopped = await server.api('POST', `/api/v1/jobs/${load.job.id}/stop`)
  assert.equal(stopped.status, 200, stopped.text)
  const end = await settled(load.id)
  assert.deepEqual([end.state, end.problem.code], ['refused', 'lake.stopped'])
  await stream(load.job.id, (seen) => seen.at(-1)?.[0] === 'end')
  const job = await server.api('GET', `/api/v1/jobs/${load.job.id}`)
  assert.deepEqual([job.json.state, job.json.may], ['stopped', { stop: false, again: false }])
  const twice = await server.api('POST', `/api/v1/jobs/${load.job.id}/stop`)
  assert.deepEqual([twice.status, twice.json.code], [409, 'jobs.ended'])
  const again = await server.api('POST', `/api/v1/jobs/${load.job.id}/again`)
  assert.deepEqual([again.status, again.json.code], [409, 'jobs.once'])
  const next = await server.api('POST', `/api/v1/datasets/jobs.stop/loads?again=${load.id}`, undefined, { Prefer: 'wait=60' })
  assert.equal(next.json.state, 'published', next.text)
  assert.equal(next.json.report.rows_in, 150_000)
})

test('a server that ends in the middle of a load goes on with it', { timeout: 60_000 }, async () => {
  const load = await running('jobs.ended', 150_000)
  for (let i = 0; childrenOf(server.pid, 'reader').length === 0 && i < 200; i++) await pause(10)
  await server.down()
  await server.up()
  assert.equal((await settled(load.id)).state, 'published')
})

test('jobs are found by state, and who may act on them is told', async () => {
  const done = await server.api('GET', '/api/v1/jobs?state=done&limit=5')
  assert.ok(done.json.total >= 2 && done.json.items.every((job) => job.state === 'done'))
  assert.equal((await server.api('GET', '/api/v1/jobs?state=gone')).status, 400)
  const mine = await server.api('GET', '/api/v1/jobs?mine=true')
  assert.equal(mine.status, 200)
})

test('what the clock begins can be seen, changed and begun now: uploads that are over go', async () => {
  const all = await server.api('GET', '/api/v1/schedules')
  assert.deepEqual(all.json.items.map((one) => one.name), ['upkeep.backup', 'upkeep.jobs', 'upkeep.uploads', 'upkeep.versions'])
  const [, , uploads] = all.json.items
  assert.ok(Date.parse(uploads.next_at) > Date.now())
  const blind = await server.api('PATCH', '/api/v1/schedules/upkeep.uploads', { rule: 'workday 05:30' })
  assert.equal(blind.status, 428)
  const wrong = await server.api('PATCH', '/api/v1/schedules/upkeep.uploads', { rule: '5 5 5' }, { 'If-Match': uploads.etag })
  assert.deepEqual([wrong.status, wrong.json.code], [400, 'calendar.cron'])
  const changed = await server.api('PATCH', '/api/v1/schedules/upkeep.uploads', { rule: 'workday 05:30' }, { 'If-Match': uploads.etag })
  assert.equal(changed.json.rule, 'workday 05:30', changed.text)

  const made = await server.api('POST', '/api/v1/uploads', undefined, { 'Tus-Resumable': '1.0.0', 'Upload-Length': '3' })
  const over = made.json.id
  const young = (await server.api('POST', '/api/v1/uploads', undefined, { 'Tus-Resumable': '1.0.0', 'Upload-Length': '3' })).json.id
  const store = new DatabaseSync(join(server.data, 'control.db'))
  store.prepare('UPDATE upload SET expires = 1 WHERE id = ?').run(over)
  // A file whose row was never written, and an original that no version names; each old and young.
  const week = Date.now() / 1000 - 8 * 86400
  const incoming = join(server.data, 'incoming')
  const originals = join(server.data, 'originals')
  const lost = 'a'.repeat(32)
  const known = store.prepare('SELECT digest FROM version LIMIT 1').get().digest
  const [orphan, fresh] = ['0'.repeat(64), '0'.repeat(63) + '1']
  store.close()
  mkdirSync(join(originals, '00'), { recursive: true })
  writeFileSync(join(incoming, lost), 'x')
  writeFileSync(join(originals, '00', orphan), 'x')
  writeFileSync(join(originals, '00', fresh), 'x')
  for (const old of [join(incoming, lost), join(originals, '00', orphan), join(originals, known.slice(0, 2), known)])
    utimesSync(old, week, week)

  const job = await server.api('POST', '/api/v1/schedules/upkeep.uploads/run')
  assert.equal(job.status, 201, job.text)
  const end = await stream(job.json.id, (seen) => seen.at(-1)?.[0] === 'end')
  assert.equal(end.at(-1)[1].state, 'done', JSON.stringify(end.at(-1)))
  assert.deepEqual(
    [over, lost].map((id) => existsSync(join(incoming, id))).concat(existsSync(join(originals, '00', orphan))),
    [false, false, false],
  )
  assert.deepEqual(
    [existsSync(join(incoming, young)), existsSync(join(originals, '00', fresh)), existsSync(join(originals, known.slice(0, 2), known))],
    [true, true, true],
  )
  assert.equal((await server.api('GET', `/api/v1/uploads/${over}`)).status, 404)
})

test('the decreed year is there, is edited, and says how a date came about', async () => {
  const year = await server.api('GET', '/api/v1/calendar/2026')
  assert.equal(year.json.known, true)
  assert.match(year.json.source, /2026年部分节假日/)
  assert.equal(year.json.workdays, 248)
  const way = await server.api('GET', '/api/v1/workdays?from=2026-02-13&days=5')
  assert.equal(way.json.day, '2026-02-27')
  assert.deepEqual(way.json.steps.map((step) => step.why).filter((why) => why !== 'holiday'), ['make_up', 'weekday', 'weekday', 'weekday', 'weekday'])
  assert.equal(way.json.known, true)
  assert.equal((await server.api('GET', '/api/v1/workdays?from=2027-02-13&days=5')).json.known, false)
  const days = [{ day: '2027-01-01', works: false, name: '元旦' }]
  const put = await server.api('PUT', '/api/v1/calendar/2027', { source: '试验', days })
  assert.deepEqual([put.json.known, put.json.days], [true, days], put.text)
  assert.equal((await server.api('GET', '/api/v1/workdays?from=2026-12-31&days=1')).json.day, '2027-01-04')
  const foreign = await server.api('PUT', '/api/v1/calendar/2027', { days: [{ day: '2026-01-01', works: true }] })
  assert.deepEqual([foreign.status, foreign.json.code], [400, 'calendar.day'])
  const nobody = await fetch(`${server.url}/api/v1/calendar/2027`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: '{"days":[]}' })
  assert.equal(nobody.status, 401)
})
