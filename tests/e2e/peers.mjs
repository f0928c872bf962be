// Peers for tests and benches: a bare engine and a private PostgreSQL, both removed afterwards.
import { createHash, randomBytes } from 'node:crypto'
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { build } from './support.mjs'

export function machine() {
  const [cpu] = cpus()
  return `${cpus().length} x ${cpu.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`
}

export const seconds = async (body) => {
  const from = performance.now()
  await body()
  return (performance.now() - from) / 1000
}

/** Resident memory of a process in MB. */
export function rss(pid) {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return line ? Math.round(Number(line[1]) / 1024) : 0
}

/** yunmeng-engine alone, as an operator's own ClickHouse would be: user bench, a password, no header. */
export class Engine {
  /** `open`: so many files are open in it from the beginning. */
  async up(folder, { open = 0 } = {}) {
    this.folder = folder
    for (const name of ['config', 'store', 'files']) mkdirSync(join(folder, name), { recursive: true })
    this.password = randomBytes(16).toString('hex')
    writeFileSync(join(folder, 'config/config.xml'), `<clickhouse><listen_host>127.0.0.1</listen_host>
<http_port>0</http_port><tcp_port>0</tcp_port><users_config>users.xml</users_config>
<logger><console>true</console></logger><log-level>fatal</log-level>
</clickhouse>`)
    writeFileSync(join(folder, 'config/users.xml'), `<clickhouse><profiles><default><readonly>0</readonly></default><bench/></profiles>
<users><default><password/><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>
<bench><password_sha256_hex from_env="YM_ENGINE_PW_SHA256"/><networks><ip>127.0.0.1</ip></networks><profile>bench</profile><quota>default</quota><access_management>1</access_management></bench></users>
<quotas><default/></quotas></clickhouse>`)
    const nothing = openSync('/dev/null', 'r')
    this.child = spawn(join(build, 'bin/yunmeng-engine'), [join(folder, 'config/config.xml'), join(folder, 'store'), join(folder, 'files')], {
      env: { YM_ENGINE_PW_SHA256: createHash('sha256').update(this.password).digest('hex') },
      stdio: ['pipe', 'pipe', 'inherit', ...Array(open).fill(nothing)],
    })
    closeSync(nothing)
    this.port = await new Promise((done, fail) => {
      this.child.stdout.on('data', (bytes) => {
        const at = /http (\d+)/.exec(bytes)
        if (at) done(Number(at[1]))
      })
      this.child.on('exit', () => fail(new Error('the engine ended')))
    })
    return this
  }

  get url() {
    return `http://127.0.0.1:${this.port}`
  }

  async ask(sql) {
    const answer = await fetch(`${this.url}/?wait_end_of_query=1`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`bench:${this.password}`)}` },
      body: sql,
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(text)
    return text
  }

  down() {
    this.child.stdin.end()
  }
}

const pg = '/usr/lib/postgresql/15/bin/'

/** A private PostgreSQL under /tmp, as its own user: it refuses root. */
export class Postgres {
  up() {
    this.folder = mkdtempSync('/tmp/yunmeng-bench-pg-')
    const id = (what) => Number(spawnSync('id', [what, 'postgres'], { encoding: 'utf8' }).stdout)
    this.as = ['setpriv', `--reuid=${id('-u')}`, `--regid=${id('-g')}`, '--clear-groups']
    chownSync(this.folder, id('-u'), id('-g'))
    this.run(`${pg}initdb`, '-D', `${this.folder}/db`, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--locale=C')
    this.run(`${pg}pg_ctl`, '-D', `${this.folder}/db`, '-w', '-l', `${this.folder}/log`, '-o', `-k ${this.folder} -h ''`, 'start')
    return this
  }

  /** For store.url: a socket in its folder, no password, one database a test. */
  url(name) {
    this.ask(`CREATE DATABASE ${name}`)
    return `postgresql:///${name}?host=${encodeURIComponent(this.folder)}&user=bench`
  }

  run(...words) {
    const [program, ...args] = [...this.as, ...words]
    const done = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 << 20, stdio: ['ignore', 'pipe', 'pipe'] })
    if (done.status !== 0) throw new Error(done.stderr + done.stdout)
    return done.stdout
  }

  ask(sql) {
    return this.run(`${pg}psql`, '-h', this.folder, '-U', 'bench', '-d', 'postgres', '-qAtX', '-v', 'ON_ERROR_STOP=1', '-c', sql)
  }

  down() {
    try {
      this.run(`${pg}pg_ctl`, '-D', `${this.folder}/db`, '-m', 'immediate', 'stop')
    } finally {
      rmSync(this.folder, { recursive: true, force: true })
    }
  }
}
