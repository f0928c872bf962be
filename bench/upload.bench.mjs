// A file of 1 GB, uploaded by tus in one piece and as the body of a load: what the server's memory peaks at
// (VmHWM) beyond what it had at rest. Limit: 128 MB. YM_MB for less.
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { join } from 'node:path'
import { Server, folder, init, remove } from '../tests/e2e/support.mjs'
import { machine } from '../tests/e2e/peers.mjs'

const mb = Number(process.env.YM_MB ?? 1024)
const limit = 128
const place = folder('bench-upload')
const server = new Server(join(place, 'var'))
const kb = (what) => Number(new RegExp(`^${what}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1])

/** `mb` MiB of CSV, made while it leaves. */
function* csv() {
  const lines = []
  for (let i = 0; lines.length < 1024; i++) lines.push(`${String(i).padStart(12, '0')},${'数据'.repeat(168)}\n`)
  const piece = Buffer.from(lines.join(''))
  const head = Buffer.from('id,text\n')
  yield head
  for (let left = mb * 2 ** 20 - head.length; left > 0; left -= piece.length) yield left < piece.length ? piece.subarray(0, left) : piece
}
async function send(method, target, headers) {
  const answer = await fetch(server.url + target, { method, body: Readable.from(csv()), duplex: 'half', headers: { Authorization: `Bearer ${server.key}`, ...headers } })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${target}: ${answer.status} ${text}`)
  return { headers: answer.headers, text }
}

let missed = false
async function peak(name, body) {
  await server.up()
  const start = kb('VmHWM')
  const from = performance.now()
  await body()
  const took = (performance.now() - from) / 1000
  const more = (kb('VmHWM') - start) / 1024
  missed ||= more > limit
  console.log(`${name}: ${mb} MiB in ${took.toFixed(1)} s; the server's peak ${(start / 1024).toFixed(0)} MB → ${(kb('VmHWM') / 1024).toFixed(0)} MB, ${more.toFixed(1)} MB more = ${(more / limit).toFixed(2)} x the limit of ${limit} MB ${more <= limit ? 'kept' : 'MISSED'}`)
  await server.down()
}

try {
  init(server.data)
  console.log(`machine: ${machine()}`)
  await peak('tus, one PATCH', async () => {
    const tus = { 'Tus-Resumable': '1.0.0' }
    const made = await server.api('POST', '/api/v1/uploads', undefined, { ...tus, 'Upload-Length': String(mb * 2 ** 20), 'Upload-Metadata': `filename ${btoa('big.csv')}` })
    if (made.status !== 201) throw new Error(made.text)
    await send('PATCH', new URL(made.headers.get('location'), server.url).pathname, { ...tus, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' })
  })
  await peak('the body of a load', async () => {
    await server.dataset('bench.upload')
    await send('POST', '/api/v1/datasets/bench.upload/loads?file=big.csv', { 'Content-Type': 'text/csv' })
  })
} finally {
  await server.down()
  remove(place)
}
if (missed) process.exitCode = 1
