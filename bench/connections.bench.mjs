// An attack by very many connections: 5,000 that are kept open and idle, and 300 that ask for much and
// read a KiB a second, from 300 addresses of 127.0.0.0/8. Meanwhile a signed-in user works, 30 requests a
// second: his p99 beside his p99 without the attack, before and after it, in the same run. Limit: 2 x.
// YM_SECONDS for less.
import { fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Server, folder, init, remove } from '../tests/e2e/support.mjs'
import { machine, rss } from '../tests/e2e/peers.mjs'

const idle = 5000
const slow = 300
const lasting = Number(process.env.YM_SECONDS ?? 20)
const rate = 30

/** The attacker, a process of its own: opens all, says so, and counts at the end what is still open. */
async function attack({ port, id }) {
  const open = { idle: 0, slow: 0, refused: 0 }
  const one = (n, path, reads) =>
    new Promise((done) => {
      const address = reads ? `127.2.${n >> 7}.${1 + (n & 127)}` : `127.1.${(n / 25) >> 7}.${1 + (((n / 25) | 0) & 127)}`
      const socket = connect({ host: '127.0.0.1', port, localAddress: address, highWaterMark: 1024 })
      let begun = false
      const kind = reads ? 'slow' : 'idle'
      socket.on('connect', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`))
      socket.on('readable', () => {
        if (begun && reads) return // the timer reads
        const bytes = socket.read(reads ? 12 : undefined)
        if (!bytes || begun) return
        begun = true
        if (!String(bytes).startsWith('HTTP/1.1 200')) {
          open.refused++
          socket.destroy()
        } else open[kind]++
        if (reads) socket.timer = setInterval(() => socket.read(1024), 1000)
        done()
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        clearInterval(socket.timer)
        if (begun) open[kind]--
        else open.refused++
        done()
      })
    })
  for (let n = 0; n < idle; n += 50) await Promise.all(Array.from({ length: 50 }, (_, k) => one(n + k, '/health/live', false)))
  const where = (n) => (n % 4 ? `/api/v1/datasets/${id}/rows?limit=1000&at=${n * 100}` : `/api/v1/datasets/${id}/export?format=csv`)
  for (let n = 0; n < slow; n += 10) await Promise.all(Array.from({ length: 10 }, (_, k) => one(n + k, where(n + k), true)))
  process.send({ ...open })
  process.on('message', () => {
    process.send({ ...open })
    process.exit(0)
  })
}

if (process.argv[2] === 'attack') process.once('message', (what) => void attack(what))
else {
  const place = folder('bench-connections')
  const server = new Server(join(place, 'var'))
  await measure(place, server).finally(() => server.down())
  remove(place)
}

async function measure(place, server) {
  const rows = 100_000
  const path = join(place, 'rows.csv')
  const id = 'bench.connections'
  const lines = ['id,region,note']
  for (let i = 0; i < rows; i++) lines.push(`${String(i).padStart(8, '0')},${420000 + (i % 500)},${`备注${i} `.repeat(150)}`)
  writeFileSync(path, `${lines.join('\n')}\n`)
  init(server.data)
  await server.up()
  await server.dataset(id, { fields: [{ name: 'id', type: 'string' }, { name: 'region', type: 'string', indexed: true }, { name: 'note', type: 'string' }], primaryKey: ['id'] })
  const load = server.cli(['load', id, path, '--json'])
  if (load.json?.rows_kept !== rows) throw new Error(load.out + load.err)

  const account = { name: 'bench_steward', password: 'no-stranger-knows-it-9' }
  const made = await server.api('POST', '/api/v1/accounts', { ...account, display_name: 'Bench', role: 'steward', agency: 'bench' })
  if (made.status !== 201) throw new Error(made.text)
  const agent = new Agent({ keepAlive: true, maxSockets: 6 }) // as a browser
  const port = Number(new URL(server.url).port)
  const call = (method, target, headers = {}, body) =>
    new Promise((done, fail) => {
      const asked = request({ host: '127.0.0.1', port, agent, method, path: target, headers }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part) => (text += part))
        answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text }))
        answer.on('error', fail)
      })
      asked.on('error', fail).end(body)
    })
  const signed = await call('POST', '/api/v1/session', { 'Content-Type': 'application/json', Origin: server.url }, JSON.stringify(account))
  if (signed.status !== 201) throw new Error(signed.text)
  const Cookie = signed.headers['set-cookie'][0].split(';')[0]
  const asks = (n) =>
    [
      '/api/v1/session',
      '/api/v1/datasets?limit=20',
      `/api/v1/datasets/${id}`,
      `/api/v1/datasets/${id}/rows?limit=100&where=${encodeURIComponent(`id starts with '${String(n).padStart(5, '0')}'`)}`,
      `/api/v1/datasets/${id}/rows?limit=100&at=${(n * 7919) % rows}`,
      `/api/v1/datasets/${id}/export?format=csv&where=${encodeURIComponent(`id starts with '${String(n).padStart(6, '0')}'`)}`,
    ][n % 6]
  async function work(seconds) {
    const from = performance.now()
    const times = []
    let failed = 0
    await Promise.all(
      Array.from({ length: rate * seconds }, async (_, n) => {
        const due = from + (n * 1000) / rate
        await new Promise((go) => setTimeout(go, Math.max(0, due - performance.now())))
        const answer = await call('GET', asks(n), { Cookie }).catch((error) => ({ status: 0, text: String(error) }))
        if (answer.status !== 200 && failed++ === 0) console.log(`  refused: ${asks(n)} ${answer.status} ${answer.text.slice(0, 200)}`)
        times.push(performance.now() - due)
      }),
    )
    return { times, failed }
  }
  const p = (times, at) => [...times].sort((a, b) => a - b)[Math.floor(times.length * at)]
  const said = ({ times, failed }) => `p50 ${p(times, 0.5).toFixed(0)} ms, p99 ${p(times, 0.99).toFixed(0)} ms of ${times.length}, ${failed} refused`

  console.log(`machine: ${machine()}; server ${rss(server.pid)} MB`)
  await work(5)
  const before = await work(lasting)
  const attacker = fork(import.meta.filename, ['attack'])
  const heard = () => new Promise((done) => attacker.once('message', done))
  attacker.send({ port, id })
  const begun = await heard()
  const during = await work(lasting)
  const memory = rss(server.pid)
  attacker.send('end')
  const still = await heard()
  const after = await work(lasting)

  console.log(`open at the attack's begin: ${begun.idle} idle, ${begun.slow} that read slowly, ${begun.refused} refused; at its end ${still.idle} and ${still.slow}; server ${memory} MB`)
  console.log(`alone, before: ${said(before)}\nunder attack:  ${said(during)}\nalone, after:  ${said(after)}`)
  const ratio = p(during.times, 0.99) / p([...before.times, ...after.times], 0.99)
  console.log(`p99 under attack / alone: ${ratio.toFixed(2)} x (limit 2) ${ratio <= 2 && during.failed === 0 ? 'kept' : 'MISSED'}`)
  if (still.idle < idle * 0.99) throw new Error('the idle connections did not stay: this was no attack')
}
