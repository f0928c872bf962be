// Rows that wait in the quarantine: why, and what a steward does with them, over the real server.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { Server, folder, init, remove } from './support.mjs'

const place = folder('quarantine')
const server = new Server(join(place, 'var'))

before(async () => {
  init(server.data)
  await server.up()
})
after(async () => {
  await server.down()
  remove(place)
})

const lines = (items) => items.join('\n') + '\n'

test('a reference is held against the current version of the other dataset, and the report names it', async () => {
  await server.dataset('ref.city', { fields: [{ name: 'code' }, { name: 'name' }], primaryKey: ['code'] })
  const reference = { fields: 'city', reference: { resource: 'ref.city', fields: 'code' } }
  await server.dataset('ref.person', { fields: [{ name: 'id' }, { name: 'city' }], primaryKey: ['id'], foreignKeys: [reference] })
  const rows = lines(['id,city', '1,4201', '2,4299', '3,'])
  const early = await server.load('ref.person', rows)
  assert.deepEqual([early.json.state, early.json.problem.code, early.json.problem.subject], ['refused', 'lake.reference', 'ref.city'])
  await server.load('ref.city', lines(['code,name', '4201,武汉']))
  await server.load('ref.city', lines(['code,name', '4201,武汉', '4202,黄石']))
  const load = await server.load('ref.person', rows)
  assert.equal(load.json.state, 'published', load.text)
  assert.deepEqual(load.json.report.reasons.map((one) => [one.code, one.column, one.examples]), [['reference', 'city', [{ line: 3, value: '4299' }]]])
  assert.deepEqual(load.json.report.references, [{ fields: ['city'], dataset: 'ref.city', their_fields: ['code'], version: 2 }])
  await server.dataset('ref_two.person', { fields: [{ name: 'city' }], foreignKeys: [reference] })
  await server.dataset('ref_two.secret', { fields: [{ name: 'code' }] }, { openness: 'closed' })
  await server.load('ref_two.secret', lines(['code', '1']))
  await server.dataset('ref.guess', {
    fields: [{ name: 'city' }], foreignKeys: [{ fields: 'city', reference: { resource: 'ref_two.secret', fields: 'code' } }],
  })
  assert.equal((await server.load('ref_two.person', lines(['city', '4202']))).json.state, 'published')
  // Whether a value is among another agency's closed rows is not told.
  assert.equal((await server.load('ref.guess', lines(['city', '1']))).json.problem.code, 'lake.reference')
})
