// The real programs for the tests of this folder: each test has its own data directory and ports.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const source = process.env.YM_SOURCE ?? resolve(import.meta.dirname, '../..')
export const build = process.env.YM_BUILD ?? join(source, 'build')
export const program = join(build, 'bin/yunmeng')
export const shared = process.env.YM_SHARED || resolve(source, '../shared')

/** A file of ../shared/data, or null where it is absent (the test is skipped then). */
export function real(name) {
  const path = join(shared, 'data', name)
  return existsSync(path) ? path : null
}

export function folder(name = 'test') {
  return mkdtempSync(join(tmpdir(), `yunmeng-${name}-`))
}

export function remove(path) {
  rmSync(path, { recursive: true, force: true })
}

/** mulberry32: numbers in [0, 1), small, seeded, the same on every machine. */
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Runs the command line to its end. `json` is the last line of stdout, where it is JSON. */
export function run(args, { env = {}, cwd } = {}) {
  const done = spawnSync(program, args, {
    cwd,
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
    encoding: 'utf8',
    maxBuffer: 256 << 20,
    timeout: 180_000,
  })
  let json
  try {
    json = JSON.parse(done.stdout.trim().split('\n').at(-1))
  } catch {
    // Not every answer is JSON.
  }
  return { code: done.status, signal: done.signal, out: done.stdout, err: done.stderr, json }
}

/** The same, without blocking: for what must go on beside it. */
export function start(args, { env = {} } = {}) {
  const child = spawn(program, args, {
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (bytes) => (out += bytes))
  child.stderr.on('data', (bytes) => (err += bytes))
  const ended = new Promise((done) =>
    child.on('close', (code, signal) => {
      let json
      try {
        json = JSON.parse(out.trim().split('\n').at(-1))
      } catch {
        // Not every answer is JSON.
      }
      done({ code, signal, out, err, json })
    }),
  )
  return { child, ended, out: () => out, err: () => err }
}

/** Makes a data directory; `config` is YAML beyond the defaults, there before init where it names a store. */
export function init(data, { demo = true, config = '' } = {}) {
  const more = config ? ['--config', join(data, '..', 'init.yaml')] : []
  if (config) writeFileSync(more[1], `zone: Asia/Shanghai\nprovince: '42'\ndemo: ${demo}\n${config}`)
  const done = run(['init', ...(demo ? ['--demo'] : []), '--data', data, '--json', ...more])
  if (done.code !== 0) throw new Error(`init: ${done.out}${done.err}`)
  if (config) writeFileSync(join(data, 'yunmeng.yaml'), readFileSync(more[1]))
  return done.json
}

export class Server {
  constructor(data) {
    this.data = data
  }

  /** Starts it and waits until it says that it is ready. */
  async up({ args = [], env = {}, wait = 60_000 } = {}) {
    this.run = start(['serve', '--listen', '127.0.0.1:0', '--data', this.data, ...args], { env })
    const until = Date.now() + wait
    let ready
    while (!(ready = /\{"ready": ?"([^"]+)"\}/.exec(this.run.out()))) {
      if (this.run.child.exitCode !== null || Date.now() > until)
        throw new Error(`the server did not get ready:\n${this.run.err()}`)
      await pause(20)
    }
    this.url = ready[1]
    this.key = JSON.parse(readFileSync(join(this.data, 'run/server.json'), 'utf8')).key
    return this
  }

  async api(method, path, body, headers = {}) {
    const bytes = typeof body === 'string' || body instanceof Uint8Array
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        ...(this.key ? { Authorization: `Bearer ${this.key}` } : {}),
        ...(body !== undefined && !bytes ? { 'Content-Type': 'application/json' } : {}),
        ...(bytes ? { 'Content-Type': 'text/csv' } : {}),
        ...headers,
      },
      body: body === undefined || bytes ? body : JSON.stringify(body),
    })
    const text = await answer.text()
    let json
    try {
      json = JSON.parse(text)
    } catch {
      // Not every answer is JSON.
    }
    return { status: answer.status, headers: answer.headers, text, json }
  }

  /** An agency and a dataset in it; what is there already stays. */
  async dataset(name, schema, more = {}) {
    const [space] = name.split('.')
    await this.api('POST', '/api/v1/agencies', {
      name: space,
      title: { zh: `${space}厅`, en: `Agency ${space}` },
      region: '420000',
    })
    const made = await this.api('POST', '/api/v1/datasets', {
      id: name,
      title: { zh: `${name}数据`, en: `Data of ${name}` },
      abstract: { zh: '测试', en: 'For a test' },
      theme: 'environment',
      openness: 'open',
      sharing: 'unconditional',
      update_cycle: 'day',
      ...(schema ? { schema } : {}),
      ...more,
    })
    if (made.status !== 201 && made.status !== 409) throw new Error(made.text)
    return made
  }

  load(dataset, body, query = '', headers = {}) {
    return this.api('POST', `/api/v1/datasets/${dataset}/loads?file=test.csv${query}`, body, {
      Prefer: 'wait=60',
      ...headers,
    })
  }

  cli(args) {
    return run([...args, '--data', this.data])
  }

  /** Loads the demonstration. Not by cli(): what the server logs meanwhile is more than a pipe holds that nobody reads. */
  demo(args = []) {
    return start(['demo', ...args, '--data', this.data]).ended
  }

  get pid() {
    return this.run.child.pid
  }

  async down() {
    if (this.run?.child.exitCode === null) this.run.child.kill('SIGTERM')
    return this.run?.ended
  }

  async kill() {
    this.run.child.kill('SIGKILL')
    return this.run.ended
  }
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms))

/** Children of a process, by the name in their command line. */
export function childrenOf(pid, part) {
  const found = []
  for (const line of spawnSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' }).stdout.split('\n')) {
    const [child, parent, ...args] = line.trim().split(/\s+/)
    if (Number(parent) === pid && args.join(' ').includes(part)) found.push(Number(child))
  }
  return found
}
