// The portal in a real browser: a server with the demonstration, and Playwright over browser/*.spec.ts.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test, { after, before } from 'node:test'
import { Server, folder, init, remove, shared } from './support.mjs'

const place = folder('browser')
const server = new Server(join(place, 'var'))
const web = resolve(import.meta.dirname, '../../web')

before(async () => {
  init(server.data)
  await server.up()
  const demo = await server.demo()
  assert.equal(demo.code, 0, demo.out + demo.err)
})
after(async () => {
  await server.down()
  remove(place)
})

test('the pages keep what their tests promise', async () => {
  const accounts = readFileSync(join(server.data, 'demo-accounts.txt'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
  const of = (role) => accounts.find((account) => account[2] === role)
  const child = spawn(process.execPath, ['node_modules/@playwright/test/cli.js', 'test', ...process.argv.slice(2)], {
    cwd: web,
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_TEST_CONTEXT: undefined,
      YM_BASE_URL: server.url,
      YM_SHARED: shared,
      YM_STEWARD: of('steward')[0],
      YM_STEWARD_PASSWORD: of('steward')[1],
      YM_AUDITOR: of('auditor')[0],
      YM_AUDITOR_PASSWORD: of('auditor')[1],
      YM_ADMIN: of('administrator')[0],
      YM_ADMIN_PASSWORD: of('administrator')[1],
    },
  })
  assert.equal(await new Promise((done) => child.on('close', done)), 0, 'playwright: see above')
})
