// The engine's program by itself: what the server can rely on.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import test from 'node:test'
import { Engine } from './peers.mjs'
import { folder, remove } from './support.mjs'

test('it says where it listens however many files its tables hold open', async () => {
  const place = folder('engine')
  const engine = new Engine()
  try {
    // 1,500 files are open before its listener is: the numbers of a thousand datasets' files.
    await engine.up(join(place, 'engine'), { open: 1500 })
    assert.equal((await engine.ask('SELECT 1 + 1')).trim(), '2')
  } finally {
    if (engine.child) engine.down()
    remove(place)
  }
})
