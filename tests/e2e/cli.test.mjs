// The commands that talk to a running server, and what scripts rely on: shapes, languages, exit codes.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { Server, folder, init, remove, run } from './support.mjs'

const data = folder('cli')
const server = new Server(join(data, 'var'))

before(async () => {
  init(server.data)
  await server.up()
})
after(async () => {
  await server.down()
  remove(data)
})

const schema = {
  fields: [
    { name: 'key', type: 'integer' },
    { name: 'text', type: 'string' },
    { name: 'share', type: 'number' },
  ],
  primaryKey: ['key'],
}
function file(name, text) {
  const path = join(data, name)
  writeFileSync(path, text)
  return path
}

test('the demonstration is loaded once, and said so the second time', async () => {
  const one = await server.demo(['--json'])
  assert.equal(one.code, 0, one.out + one.err)
  assert.ok(one.json.made > 20 && one.json.rows_quarantined > 20, one.out)
  const began = Date.now()
  const two = server.cli(['demo', '--json'])
  assert.deepEqual([two.code, two.json.made], [0, 0])
  assert.ok(Date.now() - began < 10_000)
  assert.match(server.cli(['demo']).out, /already/)
  const list = server.cli(['dataset', 'list', '--json']).json.items
  assert.equal(list.length, 55)
  const mounted = list.filter((one) => one.current)
  assert.equal(mounted.length, 42)
  assert.ok(mounted.every((one) => one.current.rows.kept > 20 && one.current.rows.quarantined > 0))
  const accounts = join(server.data, 'demo-accounts.txt')
  assert.equal(statSync(accounts).mode & 0o777, 0o600)
  assert.match(readFileSync(accounts, 'utf8'), /^chen_steward\t\S{16}\tsteward\tenvironment$/m)
})

test('persons of the demonstration do not exist', () => {
  const rows = JSON.parse(server.cli(['query', 'civil.subsidy_payment', '--limit', '0']).out)
  assert.ok(rows.length > 300)
  assert.ok(rows.every((row) => row.id_number.startsWith('99') && (row.phone === null || row.phone.startsWith('10'))))
})

test('CSV has quotes where RFC 4180 wants them, and all pages', async () => {
  await server.dataset('cli.quotes', schema)
  const path = file('quotes.csv', 'key,text,share\n1,"a ""b"", c\nd",0.1\n2,,1.5\n')
  assert.equal(server.cli(['load', 'cli.quotes', path]).code, 0)
  const read = server.cli(['query', 'cli.quotes', '--format', 'csv'])
  assert.equal(read.out, 'key,text,share\r\n1,"a ""b"", c\nd",0.1\r\n2,,1.5\r\n')
  await server.dataset('cli.many', schema)
  const lines = Array.from({ length: 2500 }, (_, i) => `${i},x,${i / 2}`)
  assert.equal(server.cli(['load', 'cli.many', file('many.csv', `key,text,share\n${lines.join('\n')}\n`)]).code, 0)
  const all = server.cli(['query', 'cli.many', '--limit', '0', '--sort', '-key', '--select', 'key', '--format', 'csv'])
  const keys = all.out.trim().split('\r\n').slice(1).map(Number)
  assert.equal(keys.length, 2500)
  assert.ok(keys.every((key, i) => key === 2499 - i))
  assert.equal(JSON.parse(server.cli(['query', 'cli.many', '--limit', '1001']).out).length, 1001)
})

test('a held load is not published, and the same key loads once', async () => {
  await server.dataset('cli.held', schema)
  const path = file('held.csv', 'key,text,share\n1,a,1\nx,b,1\n')
  const one = server.cli(['load', 'cli.held', path, '--key', 'k', '--hold', '--json'])
  assert.deepEqual([one.code, one.json.rows_quarantined, one.json.version], [1, 1, 1], one.out + one.err)
  assert.equal(one.err, '') // no bar where there is no terminal
  const two = server.cli(['load', 'cli.held', path, '--key', 'k', '--hold', '--json'])
  assert.deepEqual([two.code, two.json.version], [1, 1], two.out)
  assert.equal(server.cli(['dataset', 'show', 'cli.held', '--json']).json.current, null)
  assert.equal(server.cli(['load', 'cli.held', path, '--json']).code, 5)
})

test('what is wrong has its exit code, its words in the language, and JSON', () => {
  const none = server.cli(['query', 'no.dataset', '--json'])
  assert.deepEqual([none.code, none.json.problem.status], [4, 404])
  const zh = run(['query', 'market.enterprise', '--where', 'nothing = 1', '--data', server.data], { env: { LC_ALL: 'zh_CN.UTF-8' } })
  assert.equal(zh.code, 2)
  assert.match(zh.err, /^yunmeng: .*\p{Script=Han}/u)
  assert.equal(server.cli(['load', 'no.dataset', file('x.csv', 'a\n1\n')]).code, 4)
  assert.equal(server.cli(['load', 'market.enterprise', join(data, 'absent.csv')]).code, 4)
  assert.equal(server.cli(['load', 'market.enterprise', file('bad.csv', 'a,b\n1,"2\n'), '--json']).code, 2)
  assert.equal(run(['dataset', 'list', '--data', join(data, 'nowhere')]).code, 7)
  assert.equal(run(['dataset', 'list', '--server', 'http://127.0.0.1:1']).code, 7)
  assert.equal(run(['dataset', 'list', '--server', 'file:///etc']).code, 2)
  assert.equal(run(['user', 'list', '--server', server.url]).code, 3)
  assert.equal(run(['query']).code, 2)
})

test('each command has help with an example', () => {
  for (const name of ['serve', 'init', 'load', 'check', 'dataset', 'query', 'user', 'token', 'demo', 'config', 'version', 'help'])
    for (const [lang, word] of [['C.UTF-8', 'Example'], ['zh_CN.UTF-8', '示例']]) {
      const help = run([name, '--help'], { env: { LC_ALL: lang } })
      assert.equal(help.code, 0, name)
      if (name !== 'help') assert.match(help.out, new RegExp(`yunmeng ${name}[^]*${word}[^]*yunmeng`), name)
    }
})

test('an account is added, locked, opened again; its token works until it is dropped', async () => {
  const made = server.cli(['user', 'add', 'new_steward', '--role', 'steward', '--agency', 'market', '--generate', '--json'])
  assert.equal(made.code, 0, made.out + made.err)
  assert.equal(made.json.password.length, 16)
  const signIn = async (password) =>
    (await fetch(`${server.url}/api/v1/session`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name: 'new_steward', password }) })).status
  assert.equal(await signIn(made.json.password), 201)
  assert.equal(server.cli(['user', 'lock', 'new_steward']).code, 0)
  assert.notEqual(await signIn(made.json.password), 201)
  assert.equal(server.cli(['user', 'unlock', 'new_steward']).code, 0)
  assert.equal(server.cli(['user', 'lock', 'nobody']).code, 4)

  const token = server.cli(['token', 'add', 'nightly', '--days', '2', '--account', 'new_steward']).out.trim()
  assert.match(token, /^ym_/)
  const remote = (args) => run([...args, '--server', server.url, '--json'], { env: { YUNMENG_TOKEN: token } })
  const path = file('e.tsv', '统一社会信用代码\t企业名称\t成立日期\t注册资本（万元）\t登记状态\t区划\n91420102MA00000000\tx\t2020-01-01\t1\t存续\t420102\n')
  const load = remote(['load', 'market.enterprise', path])
  // Nothing passed: refused, and the report says why.
  assert.deepEqual([load.code, load.json.rows_quarantined, load.json.problem.code], [2, 1, 'lake.nothing_kept'], load.out + load.err)
  assert.equal(load.json.reasons[0].code, 'credit_code')
  assert.equal(remote(['load', 'civil.subsidy_payment', path]).code, 3)
  const { items } = remote(['token', 'list']).json
  assert.equal(items[0].title, 'nightly')
  assert.equal(remote(['token', 'drop', items[0].id]).code, 0)
  assert.equal(remote(['dataset', 'list']).code, 3)
})

test('the key of the machine\'s operator is for its own user only', () => {
  const path = join(server.data, 'run/server.json')
  assert.ok(existsSync(path))
  assert.equal(statSync(path).mode & 0o777, 0o600)
})
